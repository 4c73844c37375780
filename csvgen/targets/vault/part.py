"""Vault through hvac over the guarded transport. Probes read metadata; the value of a secret is behind a path that no probe may ask.

Only `lookup` reads a value: it hands a credential to another probe, and its own guard lets nothing but that one path through.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import StringConstraints

from csvgen.clock import Clock
from csvgen.extras import how_to_add
from csvgen.model.base import Value
from csvgen.model.counterpart import Counterpart, Said
from csvgen.targets.databricks.settings import Url
from csvgen.targets.probing.counterpart import SAYS, contradicted, declared, short
from csvgen.targets.probing.credentials import Lookup, Reference, secret
from csvgen.targets.probing.facts import Measured, facts, inside, need
from csvgen.targets.probing.part import Part, Probe
from csvgen.targets.probing.reader import Guard, guarded
from csvgen.targets.skew import in_step
from csvgen.views import Fact, Unanswered

Place = Annotated[str, StringConstraints(pattern=r"^[\w.-]+(?:/[\w.-]+)+$", max_length=200)]
PATHS = (
    r"/v1/sys/(?:health|seal-status|auth|audit|mounts)",
    r"/v1/auth/token/lookup-self",
    r"/v1/[\w.-]+/metadata/[\w./-]+",
)
"""What probes may read. ``/data/``, where the values are, is not among it."""


class Vault(Value):
    """One Vault, and the places of the secrets that the system refers to."""

    url: Url
    token: Reference
    counterpart: Said | None = None
    secrets: tuple[Place, ...] = ()
    """``mount/path`` of secrets in key-value stores of version 2."""


class Client:
    """An hvac client every way out of which is guarded."""

    def __init__(self, settings: Vault, answers: Counterpart, paths: Sequence[str], clock: Clock) -> None:
        try:
            import hvac
        except ImportError:
            raise Unanswered("hvac is not installed here", hint=how_to_add("vault")) from None
        self._answers = answers
        self._clock = clock
        session = guarded(Guard(paths, settings.url))
        session.hooks["response"].append(self._seen)
        self._client = hvac.Client(
            url=settings.url, token=secret(settings.token).reveal(), session=session, timeout=30, allow_redirects=False
        )

    def _seen(self, answer: Any, *_arguments: Any, **_options: Any) -> None:
        contradicted(self._answers, answer.headers.get(SAYS), "vault")
        in_step(self._clock, answer.headers.get("Date"), "vault")

    def source(self, path: str) -> str:
        """How an observation names a call, and who answered."""
        return f"GET {path} [{short(self._answers)}]"

    def get(self, path: str) -> Any:
        """The answer as JSON; None where Vault answers that there is nothing."""
        import hvac.exceptions
        import requests

        where = f"vault {path}"
        try:
            answer = self._client.adapter.get(path)
        except hvac.exceptions.InvalidPath:
            return None
        except hvac.exceptions.Forbidden:
            raise Unanswered("the token of the probes is not accepted, or has no right to read this", where=where) from None
        except hvac.exceptions.Unauthorized:
            raise Unanswered("the credentials are missing, wrong or expired", where=where) from None
        except hvac.exceptions.RateLimitExceeded:
            raise Unanswered("throttled: too many requests", where=where) from None
        except hvac.exceptions.VaultDown:
            raise Unanswered("the Vault is sealed or in standby", where=where) from None
        except hvac.exceptions.VaultError as problem:
            raise Unanswered(f"the server answered with an error ({type(problem).__name__})", where=where) from None
        except (requests.RequestException, ValueError) as problem:
            raise Unanswered(f"no network, or nobody answers ({type(problem).__name__})", where=where) from None
        if not isinstance(answer, dict):
            raise Unanswered("the answer is no JSON: another program answers here", where=where)
        return answer


def server(v: Client) -> tuple[Fact, ...]:
    """Whether it is open for work, which version it is, and whether what it does is written down."""
    seal, audit = inside(v.get("/v1/sys/seal-status"), where="vault"), inside(v.get("/v1/sys/audit"), where="vault")
    devices = audit.get("data", audit)
    return facts(
        v.source("/v1/sys/seal-status"),
        {
            "sealed": bool(seal.get("sealed")),
            "version": seal.get("version"),
            "key shares needed": Measured(int(seal.get("t") or 0), "shares"),
        },
    ) + facts(
        v.source("/v1/sys/audit"), {"audit devices": [n for n, d in devices.items() if isinstance(d, dict) and "type" in d]}
    )


def token(v: Client) -> tuple[Fact, ...]:
    """What the token of the probes is. The root token would prove nothing of rights."""
    data = inside(v.get("/v1/auth/token/lookup-self"), "data", where="vault")
    policies = data.get("policies", ())
    return facts(
        v.source("/v1/auth/token/lookup-self"),
        {
            "policies of the probes": policies,
            "probed as root": "root" in policies,
            "token lives": Measured(int(data.get("ttl") or 0), "s"),
        },
    )


def secrets(v: Client, places: Sequence[str]) -> tuple[Fact, ...]:
    """Whether each secret is there, and when it was last renewed. Its value stays where it is."""
    made: tuple[Fact, ...] = ()
    for place in places:
        mount, _, inner = place.partition("/")
        path = f"/v1/{mount}/metadata/{inner}"
        answer = v.get(path)
        data = inside(answer, "data", where=path) if answer else {}
        current = str(data.get("current_version") or "")
        latest = data.get("versions", {}).get(current, {})
        there = bool(answer) and not latest.get("destroyed") and not latest.get("deletion_time")
        made += facts(
            v.source(path),
            {f"{place} is there": there, f"version of {place}": current, f"{place} renewed": latest.get("created_time")},
        )
    return made


def part(settings: Vault, clock: Clock) -> Part:
    """Server, token and places of secrets."""
    answers = declared(settings.counterpart, own=False, what="Vault")

    @cache
    def v() -> Client:
        return Client(settings, answers, PATHS, clock)

    def places() -> tuple[str, ...]:
        need(settings.secrets, "vault.secrets")
        return settings.secrets

    probes: dict[str, Probe] = {
        "server": lambda: server(v()), "token": lambda: token(v()), "secrets": lambda: secrets(v(), places()),
    }  # fmt: skip
    return Part("vault", f"vault {urlsplit(settings.url).hostname}", probes, dict.fromkeys(probes, lambda: answers))


def lookup(settings: Vault, clock: Clock) -> Lookup:
    """How another part gets a credential that lies in Vault: by its place, through a guard for that path alone."""
    answers = declared(settings.counterpart, own=False, what="Vault")

    def find(place: str) -> str:
        where, _, field = place.partition("#")
        mount, _, inner = where.partition("/")
        path = f"/v1/{mount}/data/{inner}"
        answer = Client(settings, answers, (path.replace(".", r"\."),), clock).get(path)
        if answer is None:
            raise Unanswered(f"no credentials: Vault has nothing at {where}")
        value = inside(answer, "data", "data", where=f"vault {path}").get(field)
        if not isinstance(value, str) or not value:
            raise Unanswered(f"no credentials: {where} in Vault has no field {field}")
        return value

    return find
