"""Attempts at unauthorised use: counted by account and by source, each in the transaction that reads the count (21 CFR 11.300(d)).

An account locks after failures in a row, until an administrator opens it. A source (host and program) is slowed, whatever the
accounts it tries: after a number of failures each further one doubles the time in which nothing from there is looked at.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from csvgen.audit.ledger import Change
from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.model.people import Policy

_SOURCE = "source"
_COUNT = "failures"


def waiting(change: Change, source: str, now: dt.datetime, policy: Policy) -> float:
    """Seconds a source has still to wait."""
    kept = change.read_secret(_SOURCE, key(source))
    if not kept or not policy.source_failures:
        return 0.0
    state = json.loads(kept)
    beyond = int(state["count"]) - policy.source_failures
    if beyond < 0:
        return 0.0
    wait = min(2.0 ** min(beyond, 30), float(policy.source_wait_seconds))
    return max(0.0, wait - (now - parsed(state["last"])).total_seconds())


def count_source(change: Change, source: str, now: dt.datetime, policy: Policy) -> int:
    """One more failure from a source; after its longest wait without one, counting begins anew."""
    kept = change.read_secret(_SOURCE, key(source))
    state: dict[str, Any] = json.loads(kept) if kept else {"count": 0, "last": stored(now)}
    quiet = (now - parsed(state["last"])).total_seconds() > policy.source_wait_seconds
    count = 1 if quiet else int(state["count"]) + 1
    change.keep_secret(_SOURCE, key(source), json.dumps({"count": count, "last": stored(now)}))
    return count


def count_account(change: Change, person: str) -> int:
    """One more failure of an account since the last success."""
    count = counted(change, person) + 1
    change.keep_secret(person, _COUNT, str(count))
    return count


def counted(change: Change, person: str) -> int:
    """Failures of an account since the last success."""
    return int(change.read_secret(person, _COUNT) or "0")


def key(source: str) -> str:
    """Under which name a source is kept: without the number of the process, which a guesser changes at will."""
    return digest_bytes(source.partition(", process ")[0].encode("utf-8")).removeprefix("sha256:")[:40]
