"""Log-ins at the organisation's identity provider that are under way: who began which, what for, and what came back.

One at a time for a browser that is not logged in, and for a session: a newer one makes the older worthless. What is begun is bound to
the cookie it was begun with, and ends after a few minutes. The protocol is spoken by `identity.sign_on`; nothing of it is here.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from csvgen.clock import Clock
from csvgen.errors import Refused
from csvgen.identity.id_token import Asked, Proof
from csvgen.identity.sign_on import Provider
from csvgen.identity.sign_on_settings import Settings

CALLBACK = "/sign-on/callback"
"""Where the provider sends browsers back to; registered there behind the origin of the room."""
SECONDS = 300
"""So long a person may take at the provider, and so long the proof serves afterwards."""
_MOST, _AT_ONCE = 1_000, 4
_HYBRID = "[sign_on] response = code id_token: this provider answers in a way that only the command line takes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a log-in at the provider is for. It serves that and nothing else."""

    what: Literal["log-in", "sign", "withdraw", "second"]
    then: str = "/"
    """Where to go on, an address of the room."""
    record: str = ""
    digest: str = ""
    """Of the record that was shown; for a second person which question of which sitting."""
    meaning: str = ""
    reason_code: str = ""
    reason: str = ""
    """As stated before anybody was asked to log in; secrets are none of it."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What is answered with a second person, as it stood when they said that it is as they see it, or is not."""

    def serves(self, what: str, record: str, digest: str) -> bool:
        return (self.what, self.record, self.digest) == (what, record, digest)


@dataclass(frozen=True, slots=True)
class Begun:
    provider: Provider
    asked: Asked
    purpose: Purpose
    at: float


@dataclass(frozen=True, slots=True)
class Proved:
    """What the provider proved for one act of one session; used up by trying."""

    proof: Proof
    purpose: Purpose
    at: float


class SignOns:
    """What is under way in one room. Raises ConfigError at once for settings that cannot be meant."""

    def __init__(self, table: Mapping[str, str], root: Path, clock: Clock) -> None:
        self._settings = Settings.read(table, root) if table else None
        self._clock = clock
        self._begun: dict[str, Begun] = {}
        self._proved: dict[str, Proved] = {}
        self._lock = threading.Lock()
        self._asking = threading.BoundedSemaphore(_AT_ONCE)

    @property
    def configured(self) -> bool:
        return self._settings is not None

    @property
    def why_not(self) -> str:
        """Why people cannot sign on in the room although the project has a provider; empty when they can."""
        return _HYBRID if self._settings is not None and self._settings.response != "code" else ""

    def begin(self, binding: str, redirect_uri: str, purpose: Purpose) -> str:
        """Ask for a fresh log-in; the address for the browser. What was begun under the same binding before is void."""
        if self._settings is None or self.why_not:
            raise Refused("nobody signs on in this room", hint=self.why_not or "[sign_on] in csvgen.toml", rule="RR-N01")
        if not self._asking.acquire(blocking=False):
            raise Refused("many people are signing on at this moment", hint="try again in some seconds")
        try:
            provider = Provider.discovered(self._settings)
            asked = provider.ask(redirect_uri, self._clock.now())
        finally:
            self._asking.release()
        with self._lock:
            self._begun.pop(binding, None)
            self._begun[binding] = Begun(provider, asked, purpose, self._now)
            while len(self._begun) > _MOST:
                self._begun.pop(next(iter(self._begun)))
        return asked.url

    def finish(self, bindings: tuple[str, ...], state: str, query: str) -> tuple[Purpose, Proof]:
        """The proof that an answer is, for what it was asked. Raises Refused for an answer that nobody here waits for, once for each."""
        begun = self._taken(bindings, state)
        if begun is None:
            raise Refused(
                "no log-in at the identity provider is under way in this browser, or it took too long", rule="RR-N01",
                hint="begin again; one is under way at a time, and for five minutes",
            )  # fmt: skip
        return begun.purpose, begun.provider.finish(begun.asked, f"{begun.asked.redirect_uri}?{query}", self._clock.now())

    def _taken(self, bindings: tuple[str, ...], state: str) -> Begun | None:
        with self._lock:
            for binding in bindings:
                begun = self._begun.get(binding)
                if begun is not None and hmac.compare_digest(begun.asked.state.encode(), state.encode()):
                    del self._begun[binding]
                    return begun if self._now - begun.at <= SECONDS else None
        return None

    # ------------------------------------------------------------ proofs of acts

    def keep(self, session: str, purpose: Purpose, proof: Proof) -> None:
        with self._lock:
            self._proved[session] = Proved(proof, purpose, self._now)
            while len(self._proved) > _MOST:
                self._proved.pop(next(iter(self._proved)))

    def held(self, session: str, what: str, record: str, digest: str) -> Proved | None:
        """The proof a session holds for this act on this record, if it does."""
        with self._lock:
            found = self._proved.get(session)
        fits = found is not None and found.purpose.serves(what, record, digest) and self._now - found.at <= SECONDS
        return found if fits else None

    def take(self, session: str, what: str, record: str, digest: str) -> Proved | None:
        """The same, and it is gone: one log-in serves one attempt."""
        found = self.held(session, what, record, digest)
        with self._lock:
            self._proved.pop(session, None)
        return found

    def leave(self, session: str) -> None:
        with self._lock:
            self._proved.pop(session, None)
            self._begun.pop(of_session(session), None)

    @property
    def _now(self) -> float:
        return self._clock.now().timestamp()


def of_session(session: str) -> str:
    """Under what a log-in for an act of a session is begun."""
    return f"session {session}"


def of_door(open_token: str) -> str:
    """Under what a log-in is begun in a browser that is not logged in: the token its cookie stands for."""
    return f"door {open_token}"
