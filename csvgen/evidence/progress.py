"""A run while it goes on: its journals followed as they grow. Only whole lines are looked at, and nothing is proved: that is for `read_run`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from csvgen.evidence.read import SEAL

_LARGEST = 8_000_000
"""Bytes of a journal looked at in one go; the rest comes with the next look."""


@dataclass(frozen=True, slots=True)
class Going:
    """A case that was begun and has not ended."""

    case: str
    worker: str
    step: str
    """Number and words of the step that was begun last; empty between steps."""
    since: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, by its journals."""

    planned: int
    finished: int
    verdicts: dict[str, int]
    going: tuple[Going, ...]
    last: str
    """Time of the newest line; empty when there is none."""
    lines: int
    sealed: bool
    unreadable: tuple[str, ...]
    """Journals with a line that cannot be read; nothing behind it is looked at."""


@dataclass
class _Tail:
    """One journal as far as it was read."""

    at: int = 0
    broken: bool = False
    verdicts: Counter[str] = field(default_factory=Counter)
    going: dict[str, Going] = field(default_factory=dict)
    last: str = ""
    lines: int = 0


class Follower:
    """Looks at the journals of one run folder again and again; each look reads only what came since."""

    def __init__(self, folder: Path, planned: int) -> None:
        self._folder = folder
        self._planned = planned
        self._tails: dict[str, _Tail] = {}

    def look(self) -> Progress:
        for path in sorted((*self._folder.glob("journal.*.jsonl"), *self._folder.glob("shards/*/journal.*.jsonl"))):
            name = path.relative_to(self._folder).as_posix()
            _read(path, self._tails.setdefault(name, _Tail()))
        tails = self._tails.values()
        verdicts: Counter[str] = sum((t.verdicts for t in tails), Counter())
        return Progress(
            planned=self._planned,
            finished=verdicts.total(),
            verdicts=dict(sorted(verdicts.items())),
            going=tuple(g for t in tails for g in t.going.values()),
            last=max((t.last for t in tails), default=""),
            lines=sum(t.lines for t in tails),
            sealed=(self._folder / SEAL).exists(),
            unreadable=tuple(name for name, t in sorted(self._tails.items()) if t.broken),
        )


def _read(path: Path, tail: _Tail) -> None:
    if tail.broken:
        return
    try:
        with path.open("rb") as stream:
            stream.seek(tail.at)
            data = stream.read(_LARGEST)
    except OSError:
        tail.broken = True
        return
    whole = data.rfind(b"\n") + 1
    for line in data[:whole].splitlines():
        try:
            _take(tail, path.name.split(".")[1], json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            tail.broken = True
            return
        tail.lines += 1
    tail.at += whole


def _take(tail: _Tail, worker: str, entry: dict[str, object]) -> None:
    kind, content, at = entry["kind"], entry["content"], str(entry["at"])
    if not isinstance(content, dict):
        raise TypeError("a line without content")
    tail.last = max(tail.last, at)
    if kind in ("case-started", "case-resumed"):
        tail.going[str(content["case"])] = Going(str(content["case"]), worker, "", at)
    elif kind == "step-started":
        name = str(content["case"])
        tail.going[name] = Going(name, worker, f"{content['number']} {content['keyword']} {content['text']}", at)
    elif kind == "step":
        name = str(content["case"])
        tail.going[name] = Going(name, worker, "", at)
    elif kind == "case-finished":
        result = content["result"]
        tail.going.pop(str(result["case"]), None)
        tail.verdicts[str(result["verdict"])] += 1
