"""Cases written by hand: a drafted file that somebody makes their own with a reason, and ids for cases that nothing drafts.

Both live under the same ids, the same findings (PRT4xx) and the same matrix as what is drafted.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import BadInput, Refused
from csvgen.model.base import Phase, hazard
from csvgen.protocol.draft import Drafted
from csvgen.protocol.files import LOCK, State, alone, features, read_lock, read_protocol, standing, write_lock
from csvgen.protocol.gherkin import read_feature, split_header
from csvgen.protocol.lock import HAND, Adoption, Lock

_OURS = re.compile(r"\A(?:# csvgen: (?:written by hand|reason) [^\n]*\n)+")
_LONGEST = 400
"""Characters of a reason or key: one line of prose."""


@dataclass(frozen=True)
class Adopted:
    """What adopting a file comes to, before anything is written."""

    path: str
    before: Digest
    """Of the file as it was edited."""
    text: bytes
    lock: bytes
    cases: tuple[str, ...]
    left_out: tuple[str, ...]
    """Ids that drafting would give and the file does not hold."""


def adopt(folder: Path, path: str, reason: str, drafted: Drafted) -> Adopted:
    """An edited file as a hand-written one. `drafted` is what drafting now would give.

    Raises BadInput for a file that is not there, a reason that says nothing, or findings in the file; Refused when it was not edited.
    """
    there = dict(features(folder))
    if path not in there:
        raise BadInput(f"there is no feature file {path!r}", where=str(folder), hint="csvgen draft --check names the files")
    _one_line(reason, "a reason")
    old, new = there[path], drafted.files.get(path)
    lock = read_lock(folder)
    found = standing(path, old, new, lock.adopted.get(path))
    if found.state is not State.EDITED and not found.outdated:
        raise Refused(_not_edited(found.state, path), rule="PRT420", hint="csvgen draft --check tells how each file stands")
    fingerprint = split_header(new or old)[0]
    if not fingerprint:
        raise Refused(f"{path} was never drafted; it is hand-written already")
    _, _, body = split_header(old)
    feature, problems = read_feature(old, path)
    if feature is None or problems or not feature.cases:
        raise BadInput(
            problems[0].message if problems else "it holds no case", rule=problems[0].rule if problems else "",
            where=f"{path}:{problems[0].location.line}" if problems else path, hint="mend the file, then adopt it",
        )  # fmt: skip
    others = [d for d in read_protocol(folder, "")[1].errors if d.location.file == path]
    if others:
        raise BadInput(others[0].message, rule=others[0].rule, where=str(others[0].location), hint=others[0].hint)
    head = f"# csvgen: written by hand since it was adopted; its ids stand in {LOCK}\n# csvgen: reason {reason}\n"
    lock.adopt(path, Adoption(Digest(fingerprint), reason))
    cases = tuple(c.id for c in feature.cases)
    drafted_now, _ = read_feature(new, path) if new else (None, [])
    left = tuple(c.id for c in drafted_now.cases if c.id not in cases) if drafted_now is not None else ()
    text = (head + _OURS.sub("", body)).encode("utf-8")
    return Adopted(path, digest_bytes(old.encode("utf-8")), text, lock.data, cases, left)


def _not_edited(state: State, path: str) -> str:
    if state is State.BY_HAND:
        return f"{path} is hand-written already, and what it was drafted from has not changed"
    return f"{path} is {state}: nobody edited it, so there is nothing to adopt"


def number(folder: Path, phase: Phase, keys: Collection[str]) -> dict[str, str]:
    """Give cases written by hand their permanent ids: key -> id. A key that has one keeps it. Raises BadInput for a key that is no name."""
    for key in keys:
        _one_line(key, "a key")
    with alone(folder):
        lock = read_lock(folder)
        given = {key: _take(lock, phase, key) for key in keys}
        write_lock(folder, lock.data)
    return given


def _take(lock: Lock, phase: Phase, key: str) -> str:
    there = lock.active.get(HAND + key)
    if there is not None and not there.startswith(f"TC-{phase}-"):
        raise BadInput(f"the key {key!r} has the id {there} of another phase", hint="choose another key")
    return lock.take(phase, HAND + key)


def retire(folder: Path, tc: str) -> str:
    """End the use of an id that `number` gave. Returns its key. Raises Refused while a file holds it, or when drafting decides on it."""
    with alone(folder):
        lock = read_lock(folder)
        key = next((k for k, v in lock.active.items() if v == tc), "")
        if not key:
            raise BadInput(f"{tc} is not an active id of {LOCK}")
        if not key.startswith(HAND):
            raise Refused(f"{tc} belongs to a drafted case; drafting retires it when nothing asks for it any more")
        if tc in lock.held:
            raise Refused(f"{tc} still stands in a feature file", hint="take the case out of the file first")
        lock.retire(tc)
        write_lock(folder, lock.data)
    return key.removeprefix(HAND)


def _one_line(text: str, what: str) -> None:
    if not any(c.isalnum() for c in text):
        raise BadInput(f"{what} must say something")
    if found := hazard(text, newline=False):
        raise BadInput(f"{what} must be one line of printable text; it holds {found}")
    if len(text) > _LONGEST:
        raise BadInput(f"{what} may have {_LONGEST} characters")
