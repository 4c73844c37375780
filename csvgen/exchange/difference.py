"""What differs between two values of text, lists and mappings, as small steps: `steps`.

A step is as deep as it can be, so that a change of one word in one criterion is one step and nothing around it is touched.
Lists of mappings with ids are matched by id; other lists by the longest run of equal entries.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from csvgen.canonical import canonical_json
from csvgen.marks import Path


@dataclass(frozen=True, slots=True)
class Step:
    """One change. `path` speaks of the old value: its keys and its places in lists.

    ``set``: another value at `path`. ``add``: the key at the end of `path` is new. ``cut``: the key or entry goes.
    ``insert``: a new entry before the one at `path`; several before the same one come in their order.
    """

    kind: Literal["set", "add", "cut", "insert"]
    path: Path
    old: Any = None
    new: Any = None
    after: str | None = None
    """Of ``add``: the key of the old mapping that the new one comes after."""


def steps(old: Any, new: Any, path: Path = ()) -> Iterator[Step]:
    """The steps that make `new` of `old`; none when they are equal."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and old and new and old.keys() & new.keys():
        for key in old:
            if key not in new:
                yield Step("cut", (*path, key), old=old[key])
            else:
                yield from steps(old[key], new[key], (*path, key))
        after: str | None = None
        for key in new:
            if key in old:
                after = key
            else:
                yield Step("add", (*path, key), new=new[key], after=after)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _in_list(old, new, path)
    else:
        yield Step("set", path, old=old, new=new)


def _in_list(old: list[Any], new: list[Any], path: Path) -> Iterator[Step]:
    names = _ids(old), _ids(new)
    by_id = names[0] is not None and names[1] is not None
    left, right = names if by_id else ([canonical_json(v) for v in old], [canonical_json(v) for v in new])
    assert left is not None and right is not None  # noqa: PT018 - by_id says it
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    found: list[Step] = []
    kept = 0
    for tag, a, b, c, d in matcher.get_opcodes():
        pairs = tag == "replace" and (not by_id or b - a == d - c)  # as many as before: an id was changed
        both = min(b - a, d - c) if pairs or tag == "equal" else 0
        for n in range(both):
            found += steps(old[a + n], new[c + n], (*path, a + n))
        kept += both
        found += (Step("cut", (*path, n), old=old[n]) for n in range(a + both, b))
        found += (Step("insert", (*path, b), new=new[n]) for n in range(c + both, d))
    if not kept:
        found = [Step("set", path, old=old, new=new)]
    if len(old) == len(new) and not by_id:
        # An entry that becomes like its neighbour is one change, not an entry that went and another that came.
        in_place = [s for n, (one, other) in enumerate(zip(old, new, strict=True)) for s in steps(one, other, (*path, n))]
        found = in_place if kept and len(in_place) <= len(found) else found
    yield from found


def _ids(entries: Sequence[Any]) -> list[str] | None:
    """The ids of a list of mappings that each have one of their own, or None."""
    found = [e.get("id") if isinstance(e, dict) else None for e in entries]
    ids = [i for i in found if isinstance(i, str)]
    return ids if len(ids) == len(entries) == len(set(ids)) else None
