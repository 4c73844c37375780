"""Sessions: a continuous period of controlled access of one person, and everything that ends it (21 CFR 11.200(a)(1))."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from dataclasses import dataclass, field

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.model.people import Account, Policy


def new_id() -> str:
    """192 random bits; never taken from outside, so that nobody can prepare a session for another to log in to."""
    return secrets.token_urlsafe(24)


@dataclass
class Session:
    """A continuous period of controlled access of one person, in one process (21 CFR 11.200(a)(1)(i))."""

    id: str
    account: Account
    started: dt.datetime
    last_used: dt.datetime
    signings: int = 0
    ended: str = ""
    """Why it ended; empty while it goes on."""
    source: str = ""
    """Host and program it was begun from."""
    place: str = ""
    """Terminal where one person works at a time; empty where many are served."""
    generation: str = ""
    """Of the person's credentials, when it began."""
    process: int = field(default_factory=os.getpid)
    kept: bool = False
    """Whether other processes of the same person may go on with it; a signing there takes all components anew."""

    def __repr__(self) -> str:
        return f"Session({self.id[:8]}..., {self.account.id})"


def ending(session: Session, now: dt.datetime, source: str, account: Account | None, generation: str, policy: Policy) -> str:  # noqa: PLR0911
    """Why a session cannot go on, or an empty string: each condition of RR-N04 that can be seen from outside."""
    if session.ended:
        return session.ended
    if session.process != os.getpid():
        return "the process is another one"
    if session.source != source:
        return "the host or program is another one"
    if (now - session.last_used).total_seconds() >= policy.idle_seconds:
        return f"idle for {policy.idle_seconds} s or more"
    if (now - session.started).total_seconds() >= policy.session_seconds:
        return f"open for {policy.session_seconds} s or more"
    if account is None or account.state != "active":
        return f"account {account.state if account else 'unknown'}"
    if account.roles != session.account.roles:
        return "roles changed"
    if generation != session.generation:
        return "credential changed"
    return ""


# ------------------------------------------------------------ a session that several commands share


def owner_of(identity: str) -> str:
    """Under what a kept session lies in the database: the digest of its id, so that reading the database opens none."""
    return "session:" + digest_bytes(identity.encode("utf-8")).removeprefix("sha256:")


def written(session: Session) -> str:
    """What is kept of a session."""
    return json.dumps(
        {
            "person": session.account.id, "roles": list(session.account.roles), "started": stored(session.started),
            "last_used": stored(session.last_used), "source": session.source, "place": session.place,
            "generation": session.generation, "ended": session.ended,
        }
    )  # fmt: skip


def read(identity: str, kept: str, account: Account) -> Session:
    """The session as it was left; in this process nothing was signed in it yet."""
    state = json.loads(kept)
    return Session(
        identity, account.model_copy(update={"roles": tuple(state["roles"])}), parsed(state["started"]), parsed(state["last_used"]),
        ended=state["ended"], source=state["source"], place=state["place"], generation=state["generation"], kept=True,
    )  # fmt: skip


def person_of(kept: str) -> str:
    """Whose session was kept."""
    return str(json.loads(kept)["person"])
