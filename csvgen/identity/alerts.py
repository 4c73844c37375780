"""Alerts: attempts at unauthorised use are reported at once to a named contact (21 CFR 11.300(d)).

An alert is a record (`alert/<number>`), written in the transaction of the event it tells of, and sent after the commit, so that no
mail server holds up the records. What could not be sent stays due, which is an event too, and is tried again at the next act. One
message carries everything due. It says who, what, when and where; never what was tried as a secret.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol

from csvgen.audit.ledger import Change, Ledger
from csvgen.canonical import write_once
from csvgen.clock import Clock, shown, stored
from csvgen.diagnostics import one_line
from csvgen.model.audit import Actor
from csvgen.model.base import Line, Stamp, Value

_SECONDS = 10.0
"""Patience with a mail server; well inside the 60 s in which a contact is told."""
_LIMIT = 200
"""Alerts one message spells out; a flood is told by its number."""


class Alert(Value):
    """Something a contact has to know."""

    at: Stamp
    about: Line
    """Account, or what was claimed to be one."""
    what: Line
    why: Line
    source: Line
    owner: str = ""
    """Address of the account's owner, when they have to know too."""
    state: Literal["due", "told"] = "due"

    @property
    def line(self) -> str:
        return one_line(f"{shown(self.at)}  {self.what}  {self.about}  {self.why}  ({self.source})")


class Sink(Protocol):
    """A way to tell somebody."""

    def send(self, message: EmailMessage) -> None:
        """Raises OSError (smtplib's errors are among them) when nobody was told."""


@dataclass(frozen=True)
class Mail:
    """An SMTP server of the organisation."""

    host: str
    port: int

    def send(self, message: EmailMessage) -> None:
        import smtplib

        with smtplib.SMTP(self.host, self.port, timeout=_SECONDS) as server:
            if refused := server.send_message(message):
                raise smtplib.SMTPRecipientsRefused(refused)  # one of several: those who were left out count


@dataclass(frozen=True)
class Outbox:
    """A folder another program empties: one file for each message, written once."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = sum(1 for _ in self.folder.glob("*.eml")) + 1
        while (path := self.folder / f"{number:06}-{os.getpid()}.eml").exists():
            number += 1
        write_once(path, message.as_bytes())


@dataclass(frozen=True)
class Bell:
    """Whom to tell, and how. Without one, alerts are events only."""

    contact: str
    sinks: tuple[Sink, ...]
    management: str = ""
    system: str = "csvgen"

    def message(self, alerts: Sequence[Alert]) -> EmailMessage:
        """One message with everything due."""
        mail = EmailMessage()
        owners = {a.owner for a in alerts if a.owner}
        mail["From"] = self.contact
        mail["To"] = ", ".join(dict.fromkeys([self.contact, *filter(None, [self.management]), *sorted(owners)]))
        first = alerts[0]
        more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
        mail["Subject"] = one_line(f"[{self.system}] security: {first.what} {first.about}{more}")[:200]
        told = [a.line for a in alerts[:_LIMIT]]
        rest = [f"and {len(alerts) - _LIMIT} more; see the audit trail"] if len(alerts) > _LIMIT else []
        mail.set_content("\n".join(["Security events of the records:", "", *told, *rest, ""]))
        return mail


def raise_alert(
    change: Change, bell: Bell | None, clock: Clock, *, about: str, what: str, why: str, source: str, owner: str = ""
) -> None:
    """Put an alert on record beside the event it tells of, when there is somebody to tell."""
    if bell is None:
        return
    number = change.head.count + 1
    alert = Alert(at=stored(clock.now()), about=about, what=what, why=one_line(why)[:400] or what, source=source, owner=owner)
    change.put("alert", f"{number:012}", alert.model_dump(), action="alert")


def due(ledger: Ledger) -> dict[str, Alert]:
    """Alerts nobody was told of yet, by number."""
    found = {v.id: Alert.model_validate(v.content) for v in ledger.all("alert")}
    return {number: alert for number, alert in found.items() if alert.state == "due"}


def tell(ledger: Ledger, bell: Bell | None, actor: Actor) -> bool:
    """Send what is due. Whether nothing is due any more; a failure is an event and keeps everything due."""
    if bell is None or not (waiting := due(ledger)):
        return True
    message, problem = bell.message(list(waiting.values())), ""
    for sink in bell.sinks:
        try:
            sink.send(message)
        except OSError as failure:
            problem = f"{type(sink).__name__.lower()}: {one_line(str(failure))[:200] or type(failure).__name__}"
    with ledger.change(actor) as change:
        if problem:
            change.note("alert-not-delivered", "", reason=problem, facts={"due": str(len(waiting)), "to": str(message["To"])})
            return False
        for number, alert in waiting.items():
            new = alert.model_copy(update={"state": "told"})
            change.put("alert", number, new.model_dump(), action="alert-delivered", reason=f"told {message['To']}")
    return True
