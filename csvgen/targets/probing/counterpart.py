"""Who answers: the service itself, another real server, an emulator or a stub. Said by the settings, contradicted by the answers."""

from __future__ import annotations

from csvgen.errors import ConfigError
from csvgen.model.counterpart import Counterpart
from csvgen.views import Unanswered

SAYS = "X-Csvgen-Counterpart"
"""Header by which a stub says what it is: ``stub; NAME; VERSION``. No service sends it."""


def short(found: Counterpart) -> str:
    """As it stands in the source of every observation."""
    return f"{found.kind} {found.name} {found.version}"


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


def answers_as_moto(address: str) -> bool:
    """Whether the page that only moto's server has is there: no settings make a real server of it."""
    import requests

    try:
        found = requests.get(f"{address.rstrip('/')}/moto-api/", timeout=5, allow_redirects=False)
    except requests.RequestException:
        return False
    return found.status_code == requests.codes.ok and b"Moto" in found.content
