"""Who answers: the service itself, another real server, an emulator or a stub. Said by the settings, contradicted by the answers."""

from __future__ import annotations

from typing import Literal

from csvgen.errors import ConfigError
from csvgen.model.base import Line, Value
from csvgen.views import Unanswered

Kind = Literal["real server", "emulator", "stub"]

WORTH: dict[str, str] = {
    "real server": "a real server answered",
    "emulator": "an emulator answered: it shows the shape of our calls, not the behaviour of the service",
    "stub": "a stub of our own answered: it shows the shape of our calls and nothing of the service",
}
SAYS = "X-Csvgen-Counterpart"
"""Header by which a stub says what it is: ``stub; NAME; VERSION``. No service sends it."""


class Counterpart(Value):
    """What stands on the other side, with its version and, where it is a program at hand, the digest of its file."""

    kind: Kind
    name: Line
    version: Line
    digest: Line = "(not known)"

    @property
    def words(self) -> str:
        """As it stands in the source of every observation."""
        return f"{self.kind} {self.name} {self.version}"


def declared(said: Counterpart | None, own: bool, what: str) -> Counterpart:
    """The counterpart of settings. `own`: the address is the vendor's own. Raises ConfigError where another address says nothing."""
    if said is not None:
        return said
    if own:
        return Counterpart(kind="real server", name=what, version="service")
    raise ConfigError(
        f"the settings name an address for {what} that is not the vendor's own, and do not say what answers there",
        hint="counterpart: {kind: real server | emulator | stub, name: ..., version: ...}",
    )


def contradicted(said: Counterpart, header: str | None, where: str) -> None:
    """Raises Unanswered when an answer says that it comes of a stub and the settings say otherwise: nothing is passed off as real."""
    if header and said.kind != "stub":
        kind, _, name = header.partition(";")
        raise Unanswered(
            f"the settings say that a {said.kind} answers, and the answer says that it is a {kind.strip()[:40]} ({name.strip()[:80]})",
            where=where, hint="counterpart: {kind: stub, ...}",
        )  # fmt: skip
