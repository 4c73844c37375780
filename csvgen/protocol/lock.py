"""protocols.lock: permanent case ids. Append only; an id is never given out twice, a retired one never again.

One JSON object a line: ``{"key": "URS-QC-008/ac-1/limits/value=105.05", "tc": "TC-OQ-0031"}``. A line with ``retired``
ends the use of an id; the same key drafted again later gets a new one. Keys of cases written by hand begin with ``hand/``.

``{"adopted": "OQ/URS-QC-008.feature", "fingerprint": "sha256:...", "reason": "..."}`` says that this file is written by hand from
here on, under the ids it has, and why; the same with ``ended`` in place of fingerprint and reason, that it is drafted again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from csvgen.canonical import Digest, canonical_json, read_canonical
from csvgen.errors import BadInput, NotIntact
from csvgen.model.base import Phase

_ID = re.compile(r"TC-(IQ|OQ|PQ)-(\d{4,})")
_FEATURE = re.compile(r"[^/]+/[^/]+\.feature")
HAND = "hand/"
"""How the key of a case begins that nothing drafts."""


@dataclass(frozen=True)
class Adoption:
    """A drafted file that somebody made their own."""

    fingerprint: Digest
    """Of what it had been drafted from."""
    reason: str


@dataclass
class Lock:
    """The ids given out so far. `take` adds; `data` is the whole file again, or of a partial lock what is to be appended."""

    _lines: list[str] = field(default_factory=list)
    _active: dict[str, str] = field(default_factory=dict)
    _highest: dict[str, int] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _live: set[str] = field(default_factory=set)
    adopted: dict[str, Adoption] = field(default_factory=dict)
    """Path -> adoption in force."""
    held: frozenset[str] = frozenset()
    """Ids that stand in files written by hand: drafting never retires them."""
    _withdrawn: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes, where: str) -> Lock:
        """Raises BadInput for a line that cannot be read, an id given out twice, or a retirement of nothing."""
        lock = cls()
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            try:
                good = lock._enter(read_canonical(line), line.decode("utf-8"))
            except (NotIntact, KeyError, TypeError, ValueError):
                good = False
            if not good:
                raise BadInput("this line of the lock is damaged or contradicts an earlier one", where=f"{where}:{number}",
                               hint="the lock is append-only; restore it from version control")  # fmt: skip
        return lock

    @classmethod
    def partial(cls, active: Mapping[str, str], highest: Mapping[str, int], held: frozenset[str] = frozenset()) -> Lock:
        """A lock that knows only some of the active ids, and the highest number of each phase; its `data` is what follows the rest."""
        ordered = dict(sorted(active.items(), key=lambda pair: (len(pair[1]), pair[1])))
        return cls(_active=ordered, _highest=dict(highest), _ids=set(ordered.values()), _live=set(ordered.values()), held=held)

    def copy(self) -> Lock:
        """Another one that knows the same."""
        return Lock(
            list(self._lines),
            dict(self._active),
            dict(self._highest),
            set(self._ids),
            set(self._live),
            dict(self.adopted),
            self.held,
            dict(self._withdrawn),
        )

    def _enter(self, entry: Any, line: str) -> bool:
        """Take in one line; whether it fits the lines before it."""
        if "adopted" in entry:
            return self._enter_adoption(entry, line)
        tc, key, retired = entry["tc"], entry["key"], "retired" in entry
        expected = {"tc": tc, "key": key, **({"retired": "yes"} if retired else {})}
        if not (isinstance(key, str) and _ID.fullmatch(tc) and entry == expected):
            return False
        if (retired and self._active.get(key) != tc) or (not retired and (tc in self._ids or key in self._active)):
            return False
        self._note(tc, key, line, retired=retired)
        return True

    def _enter_adoption(self, entry: Any, line: str) -> bool:
        path = entry["adopted"]
        if not (isinstance(path, str) and _FEATURE.fullmatch(path)):
            return False
        if entry == {"adopted": path, "ended": "yes"}:
            self._lines.append(line)
            return self.adopted.pop(path, None) is not None
        found = Adoption(Digest(entry["fingerprint"]), entry["reason"])
        if entry != _adoption(path, found) or not found.reason.strip():
            return False
        self._lines.append(line)
        self.adopted[path] = found
        return True

    def _append(self, tc: str, key: str, *, retired: bool) -> None:
        entry = {"key": key, "tc": tc, **({"retired": "yes"} if retired else {})}
        self._note(tc, key, canonical_json(entry).decode("utf-8"), retired=retired)

    def _note(self, tc: str, key: str, line: str, *, retired: bool) -> None:
        self._lines.append(line)
        if retired:
            del self._active[key]
            self._live.discard(tc)
            self._withdrawn[tc] = key
            return
        self._active[key] = tc
        self._ids.add(tc)
        self._live.add(tc)
        _, phase, number = tc.split("-")
        self._highest[phase] = max(self._highest.get(phase, 0), int(number))

    def take(self, phase: Phase, key: str) -> str:
        """The id of a key: the one it has, or the next of its phase."""
        if key not in self._active:
            self._append(f"TC-{phase}-{self._highest.get(phase, 0) + 1:04d}", key, retired=False)
        return self._active[key]

    def keep_only(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Retire every active id whose key is not among `keys` and that nobody keeps by hand; returns the retired ids."""
        kept = set(keys)
        gone = sorted(
            (tc, key) for key, tc in self._active.items() if key not in kept and tc not in self.held and not key.startswith(HAND)
        )
        for tc, key in gone:
            self._append(tc, key, retired=True)
        return tuple(tc for tc, _ in gone)

    def retire(self, tc: str) -> str:
        """End the use of one id; returns its key. Raises KeyError when it is not active."""
        key = next((k for k, v in self._active.items() if v == tc), None)
        if key is None:
            raise KeyError(tc)
        self._append(tc, key, retired=True)
        return key

    def adopt(self, path: str, adoption: Adoption) -> None:
        """From here on a file is written by hand."""
        self._lines.append(canonical_json(_adoption(path, adoption)).decode("utf-8"))
        self.adopted[path] = adoption

    def __contains__(self, tc: str) -> bool:
        return tc in self._live

    @property
    def active(self) -> Mapping[str, str]:
        """Key -> id, in the order they were given out."""
        return self._active

    @property
    def withdrawn(self) -> tuple[tuple[str, str], ...]:
        """Each id that was retired and the key it had, by id."""
        return tuple(sorted(self._withdrawn.items()))

    @property
    def highest(self) -> Mapping[str, int]:
        """Phase -> the highest number ever given out."""
        return self._highest

    @property
    def data(self) -> bytes:
        return "".join(self._lines).encode("utf-8")


def ended(path: str) -> bytes:
    """The line by which an adopted file is drafted again."""
    return canonical_json({"adopted": path, "ended": "yes"})


def adoptions(data: bytes) -> dict[str, Adoption]:
    """The adoptions in force of a lock that was read already, without reading all of it again."""
    lines = [line for line in data.splitlines(keepends=True) if line.startswith(b'{"adopted":')]
    return Lock.read(b"".join(lines), "protocols.lock").adopted


def _adoption(path: str, adoption: Adoption) -> dict[str, str]:
    return {"adopted": path, "fingerprint": str(adoption.fingerprint), "reason": adoption.reason}
