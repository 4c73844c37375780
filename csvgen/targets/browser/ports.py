"""The ports over a described browser system. What the description does not describe is NotOffered: the case is BLOCKED and says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from csvgen.errors import Refused
from csvgen.ports import (
    AccountView,
    AuditEntry,
    ClockReading,
    ComponentState,
    Outcome,
    RecordCopy,
    RecordView,
    Secret,
    SignatureAttack,
    SignatureView,
    TestAccount,
    TrailAttack,
)  # fmt: skip
from csvgen.targets.browser.description import Act, Description, Listing, Place, RecordPages, Refusal, View
from csvgen.targets.browser.pages import Browser, NotTaken, Refusing, Seen
from csvgen.targets.http.description import Kept
from csvgen.targets.http.places import filled
from csvgen.targets.http.ports import described, moment
from csvgen.views import NotOffered, Unreachable

Given = Mapping[str, Any]


class Desk:
    """Somebody at the browser, who does as the description says, and keeps a picture of each look."""

    def __init__(self, browser: Browser, said: Description) -> None:
        self.browser = browser
        self.said = said

    def act(self, session: str | None, act: Act, given: Given, what: str) -> Outcome:
        """Something that is accepted or refused."""
        with self.browser.page(session) as page:
            return self.on(page, act, given, what, lambda: self.browser.carry_out(page, act.steps, given, self.refusals(act)))

    def on(self, page: Any, act: Act, given: Given, what: str, do: Callable[[], None]) -> Outcome:
        """As `act`, on a page, with something to be done."""
        try:
            do()
            seen = self.browser.settled(page, act.accepted, self.refusals(act), given)
        except NotTaken as kept:
            seen = Seen(False, str(kept), "input")
        except Refusing as early:
            seen = early.seen
        self.browser.picture(page, f"{what}: {'accepted' if seen.accepted else 'refused'}")
        if not seen.accepted:
            return Outcome(False, seen.words, "", {"kind": seen.kind})
        told = {**given, **{name: self.browser.text(page, place, given) for name, place in act.tells.items()}}
        return Outcome(True, seen.words or "done", filled(act.reference, told) if act.reference else "")

    def refusals(self, act: Act) -> tuple[Refusal, ...]:
        """How an act may be refused."""
        return self.said.refused if act.refused is None else act.refused

    def view(self, session: str | None, view: View, given: Given, what: str, read: Callable[[Any], Any]) -> Any:
        """What is read of a page; None where the system says that there is no such thing. Raises Refused as the ports do."""
        absent = () if view.absent is None else (Refusal(shown=view.absent, kind="input"),)
        with self.browser.page(session) as page:
            try:
                self.browser.carry_out(page, view.steps, given, (*absent, *self.said.refused))
                seen = self.browser.settled(page, view.shown, (*absent, *self.said.refused), given)
            except Refusing as early:
                seen = early.seen
            self.browser.picture(page, what)
            if seen.accepted:
                return read(page)
            if absent and self.browser.refusal(page, absent, given) is not None:
                return None
            problem = Refused(seen.words)
            problem.kind = seen.kind  # type: ignore[attr-defined]
            raise problem

    def rows(self, session: str | None, listing: Listing, given: Given, what: str) -> list[dict[str, str]]:
        """Each row of a list as text."""
        found = self.view(
            session, listing, given, what, lambda page: self.browser.rows(page, filled(listing.rows, given), listing.each)
        )
        return found or []


class _Port:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said = desk.said


class BrowserInstallation(_Port):
    """ports.Installation, as far as pages show it to anybody; nothing is told of the storage."""

    def components(self) -> tuple[ComponentState, ...]:
        if self._said.installation is None or (listing := self._said.installation.components) is None:
            return ()
        rows = self._desk.rows(None, listing, {}, "components")
        return tuple(ComponentState(r["name"], "component", r["version"], r.get("sha256", "")) for r in rows)

    def configuration(self) -> Mapping[str, str]:
        if self._said.installation is None or (listing := self._said.installation.configuration) is None:
            return {}
        return {r["name"]: r["value"] for r in self._desk.rows(None, listing, {}, "configuration")}

    def clock(self) -> ClockReading:
        view = described(None if self._said.installation is None else self._said.installation.clock, "installation.clock")
        said = described(
            self._desk.view(None, view, {}, "clock", lambda page: self._desk.browser.text(page, view.utc, {})),
            "installation.clock that is there",
        )
        utc, offset = moment(said)
        return ClockReading(utc, offset, view.source)

    def storage(self) -> Mapping[str, str]:
        return {}


class BrowserAccess(_Port):
    """ports.Access. A session is a window of its own; it stays open when somebody logs out, so that the system itself has to refuse it."""

    def __init__(self, desk: Desk, secret: Callable[[Kept], Secret]) -> None:
        super().__init__(desk)
        self._secret = secret

    def test_account(self, role: str) -> TestAccount:
        account = self._said.accounts[role]
        return TestAccount(account.user_id, account.printed_name, role, self._secret(account.password))

    def _acts(self, verb: str) -> Any:
        return described(getattr(self._said.access, verb), f"access.{verb}")

    def log_in(self, user_id: str, password: Secret) -> Outcome:
        act, browser = self._acts("log_in"), self._desk.browser
        session = browser.fresh()
        with browser.page(session) as page:
            given = {"user_id": user_id, "password": password}
            outcome = self._desk.on(
                page,
                act,
                given,
                f"log-in of {user_id}",
                lambda: browser.carry_out(page, act.steps, given, self._desk.refusals(act)),
            )
        if outcome.accepted:
            return Outcome(True, outcome.message, session, outcome.facts)
        browser.drop(session)
        return outcome

    def log_out(self, session: str) -> Outcome:
        return self._desk.act(session, self._acts("log_out"), {}, "log-out")

    def whoami(self, session: str) -> Outcome:
        act = self._acts("whoami")
        keep, self._desk.browser.keep = (
            self._desk.browser.keep,
            None,
        )  # asked before every step; a picture of each would hide the others
        try:
            return self._desk.act(session, act, {}, "who is logged in")
        finally:
            self._desk.browser.keep = keep

    def create_account(self, session: str, user_id: str, printed_name: str, roles: tuple[str, ...], password: Secret) -> Outcome:  # noqa: ARG002
        raise NotOffered("the description has no accounts to be made; they are prepared by the administrator")

    def retire_account(self, session: str, user_id: str, reason: str) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered("the description has no accounts to be retired")

    def set_password(self, session: str, password: Secret) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered("the description has no change of password")

    def accounts(self, session: str) -> tuple[AccountView, ...]:
        rows = self._desk.rows(session, self._acts("accounts"), {}, "accounts")
        return tuple(AccountView(r["user_id"], r["printed_name"], tuple(r["roles"].split()), r["state"]) for r in rows)


class _OfRecords(_Port):
    def _kind(self, record: str) -> tuple[RecordPages, dict[str, str]]:
        kind, _, identity = record.partition("/")
        if kind not in self._said.records or not identity:
            kind, identity = next(iter(self._said.records)), record
        return self._said.records[kind], {"record": record, "id": identity}


def _number(text: str, what: str) -> int:
    if not text.isdecimal():
        raise Unreachable(f"{what} is {text!r}, no number")
    return int(text)


class BrowserRecords(_OfRecords):
    """ports.Records."""

    def read(self, session: str, record: str) -> RecordView | None:
        pages, given = self._kind(record)
        where = pages.read

        def one(page: Any) -> RecordView:
            def told(place: Place | None, otherwise: str) -> str:
                return otherwise if place is None else self._desk.browser.text(page, place, given)

            fields = {name: told(place, "") for name, place in where.fields.items()}
            return RecordView(
                record, _number(told(where.version, "1"), f"the version of {record}"), told(where.state, "(not said)"), fields
            )

        found: RecordView | None = self._desk.view(session, where, given, f"record {record}", one)
        return found

    def history(self, session: str, record: str) -> tuple[RecordView, ...]:
        pages, given = self._kind(record)
        rows = self._desk.rows(
            session, described(pages.history, "history of this kind of record"), given, f"versions of {record}"
        )
        return tuple(
            RecordView(
                record, _number(r.get("version", "1"), f"a version of {record}"), r.get("state", "(not said)"),
                {name.removeprefix("field:"): value for name, value in r.items() if name.startswith("field:")},
            )
            for r in rows
        )  # fmt: skip

    def change(self, session: str, record: str, field: str, value: str, reason: str) -> Outcome:
        pages, given = self._kind(record)
        act = described(pages.change, "change of this kind of record")
        return self._desk.act(session, act, {**given, "field": field, "value": value, "reason": reason}, f"change of {record}")

    def delete(self, session: str, record: str, reason: str) -> Outcome:
        pages, given = self._kind(record)
        act = described(pages.delete, "delete of this kind of record")
        return self._desk.act(session, act, {**given, "reason": reason}, f"deletion of {record}")

    def copy(self, session: str, record: str) -> RecordCopy | None:  # noqa: ARG002 - the port gives it
        raise NotOffered("nothing is downloaded through the browser: copies of records are not described")


class BrowserTrail(_Port):
    """ports.AuditTrail, as a page shows it."""

    def entries(self, session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        trail = described(self._said.audit_trail, "audit_trail")
        rows = self._desk.rows(session, trail.entries, {"record": record, "after": str(after)}, "audit trail")
        made = tuple(self._entry(row, trail.actions) for row in rows)
        return tuple(sorted((e for e in made if e.number > after and record in ("", e.record)), key=lambda e: e.number))

    @staticmethod
    def _entry(row: Mapping[str, str], actions: Mapping[str, str]) -> AuditEntry:
        at, offset = moment(row.get("at", ""))
        said = row.get("action", "")
        return AuditEntry(
            _number(row.get("number", ""), "the number of an audit entry"), at, offset, row.get("user_id", ""), row.get("printed_name", ""),
            actions.get(said, said), row.get("record", ""), row.get("field", ""), row.get("old", ""), row.get("new", ""), row.get("reason", ""),
        )  # fmt: skip

    def export(self, session: str) -> bytes:  # noqa: ARG002 - the port gives it
        raise NotOffered("nothing is downloaded through the browser: no export is described")

    def export_outcome(self, session: str) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered("nothing is downloaded through the browser: no export is described")

    def attack(self, session: str, manner: TrailAttack) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered(
            f"the attack {manner} needs the rights of the application on its database, which nobody has from outside"
        )

    def integrity(self, session: str) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered("no check of the audit trail is described")


class BrowserSigning(_OfRecords):
    """ports.Signing."""

    def sign(self, session: str, record: str, meaning: str, reason: str, user_id: str, password: Secret) -> Outcome:
        pages, given = self._kind(record)
        told = {**given, "meaning": meaning, "reason": reason, "user_id": user_id, "password": password}
        return self._desk.act(session, described(pages.sign, "sign of this kind of record"), told, f"signature on {record}")

    def review_packet(self, session: str, record: str) -> RecordCopy:  # noqa: ARG002 - the port gives it
        raise NotOffered("nothing is downloaded through the browser: no packet is described")

    def signatures(self, session: str, record: str) -> tuple[SignatureView, ...]:
        pages, given = self._kind(record)
        listing = described(pages.signatures, "signatures of this kind of record")
        return tuple(self._signature(r) for r in self._desk.rows(session, listing, given, f"signatures of {record}"))

    @staticmethod
    def _signature(row: Mapping[str, str]) -> SignatureView:
        at, offset = moment(row.get("at", ""))
        status = row.get("status", "")
        return SignatureView(
            row.get("printed_name", ""), row.get("user_id", ""), at, offset, row.get("meaning", ""), status == "valid", status
        )

    def manifestation(self, session: str, record: str, form: str) -> str:
        """The page of the record, as its reader sees it."""
        if form != "page":
            raise NotOffered(f"there is no form {form!r}")
        pages, given = self._kind(record)
        found = self._desk.view(
            session,
            pages.read,
            given,
            f"record {record} with its signatures",
            lambda page: str(page.locator("body").inner_text()),
        )
        return str(described(found, f"page of {record}"))

    def forms(self) -> tuple[str, ...]:
        return ("page",)

    def falsify(self, session: str, record: str, manner: SignatureAttack, other: str) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered(f"the falsification {manner} needs the database of the system, which nobody has from outside")


class BrowserEntry(_Port):
    """ports.Entry."""

    def forms(self, session: str) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002 - the port gives it
        return {name: tuple(form.fields) for name, form in self._said.forms.items()}

    def enter(self, session: str, form: str, values: Mapping[str, str], reason: str) -> Outcome:
        act, browser = self._said.forms[form], self._desk.browser
        refusals = self._desk.refusals(act)
        places = {field: act.fields[field] for field in values}
        given = {"reason": reason, **values}
        with browser.page(session) as page:

            def fill() -> None:
                browser.carry_out(page, act.steps, given, refusals)
                seen = browser.settled(page, next(iter(act.fields.values())), refusals, given)
                if not seen.accepted:
                    raise Refusing(seen)
                for field, place in places.items():
                    browser.fill(page, place, values[field])
                if act.reason is not None:
                    browser.fill(page, act.reason, reason)
                browser.picture(page, f"form {form}: filled in")
                browser.carry_out(page, act.submit, given, refusals)

            outcome = self._desk.on(page, act, given, f"form {form}", fill)
        shown = {f"shown:{k}": v for k, v in act.display.items()}
        return Outcome(True, outcome.message, outcome.reference, shown) if outcome.accepted else outcome
