"""Who sits here: what the room keeps of each browser that is logged in, and the tokens of its forms.

The cookie holds an id and nothing else. Identity decides whether the session behind it goes on; a seat adds the browser it was
begun with and the token every form of it carries.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass, field
from hashlib import sha256

_SAID = 8
"""Messages that wait to be shown to one visitor, at most."""


@dataclass
class Seat:
    """One browser of one session."""

    session: str
    agent: str
    """Digest of what the browser calls itself: a cookie in another browser opens nothing."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    said: list[str] = field(default_factory=list)
    """What is told on the next page, once."""
    acted: int = 0
    """The moment after the last act: nothing from before it is shown here (`Snapshots.moment`)."""
    place: dict[str, str] = field(default_factory=dict)
    """Where the person was last in each record: the bookmark of a review."""

    def __repr__(self) -> str:
        return f"Seat({self.session[:8]}...)"

    def tell(self, words: str) -> None:
        self.said = [*self.said, words][-_SAID:]

    def told(self) -> list[str]:
        found, self.said = self.said, []
        return found


class Seats:
    """All seats, and the tokens of forms that are filled in before anybody is logged in."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seats: dict[str, Seat] = {}
        self._lock = threading.Lock()

    def take(self, session: str, agent: str) -> Seat:
        """A new seat for a session that has just begun."""
        seat = Seat(session, digest_of(agent))
        with self._lock:
            self._seats[session] = seat
        return seat

    def of(self, session: str, agent: str) -> Seat | None:
        """The seat behind a cookie, if it was given to this browser."""
        with self._lock:
            seat = self._seats.get(session)
        return seat if seat is not None and hmac.compare_digest(seat.agent, digest_of(agent)) else None

    def leave(self, session: str) -> None:
        with self._lock:
            self._seats.pop(session, None)

    def before(self, nonce: str) -> str:
        """The token of a form that a browser with this cookie gets before it is logged in."""
        return hmac.new(self._key, nonce.encode("utf-8"), sha256).hexdigest()


def digest_of(agent: str) -> str:
    return sha256(agent.encode("utf-8")).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compared in the time of the longer one, whatever is wrong."""
    return hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8"))
