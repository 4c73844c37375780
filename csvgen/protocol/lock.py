"""protocols.lock: permanent case ids. Append only; an id is never given out twice, a retired one never again.

One JSON object a line: ``{"key": "URS-QC-008/ac-1/limits/value=105.05", "tc": "TC-OQ-0031"}``. A line with ``retired``
ends the use of an id; the same key drafted again later gets a new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from csvgen.canonical import canonical_json, read_canonical
from csvgen.errors import BadInput, NotIntact
from csvgen.model.base import Phase

_ID = re.compile(r"TC-(IQ|OQ|PQ)-(\d{4,})")


@dataclass
class Lock:
    """The ids given out so far. `take` adds; `lines` is the whole file again."""

    _lines: list[str] = field(default_factory=list)
    _active: dict[str, str] = field(default_factory=dict)
    _highest: dict[str, int] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, data: bytes, where: str) -> Lock:
        """Raises BadInput for a line that cannot be read, an id given out twice, or a retirement of nothing."""
        lock = cls()
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            try:
                entry = read_canonical(line)
                tc, key, retired = entry["tc"], entry["key"], "retired" in entry
                match = _ID.fullmatch(tc)
                good = (
                    match is not None
                    and isinstance(key, str)
                    and entry in ({"tc": tc, "key": key}, {"tc": tc, "key": key, "retired": "yes"})
                )
            except (NotIntact, KeyError, TypeError):
                good = False
            if (
                not good
                or (retired and lock._active.get(key) != tc)
                or (not retired and (tc in lock._ids or key in lock._active))
            ):
                raise BadInput("this line of the lock is damaged or contradicts an earlier one", where=f"{where}:{number}",
                               hint="the lock is append-only; restore it from version control")  # fmt: skip
            lock._append(tc, key, retired=retired)
        return lock

    def _append(self, tc: str, key: str, *, retired: bool) -> None:
        entry = {"key": key, "tc": tc, **({"retired": "yes"} if retired else {})}
        self._lines.append(canonical_json(entry).decode("utf-8"))
        if retired:
            del self._active[key]
            return
        self._active[key] = tc
        self._ids.add(tc)
        _, phase, number = tc.split("-")
        self._highest[phase] = max(self._highest.get(phase, 0), int(number))

    def take(self, phase: Phase, key: str) -> str:
        """The id of a key: the one it has, or the next of its phase."""
        if key not in self._active:
            self._append(f"TC-{phase}-{self._highest.get(phase, 0) + 1:04d}", key, retired=False)
        return self._active[key]

    def keep_only(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Retire every active id whose key is not among `keys`; returns the retired ids."""
        kept = set(keys)
        gone = sorted((tc, key) for key, tc in self._active.items() if key not in kept)
        for tc, key in gone:
            self._append(tc, key, retired=True)
        return tuple(tc for tc, _ in gone)

    def __contains__(self, tc: str) -> bool:
        return tc in self._active.values()

    @property
    def active(self) -> Mapping[str, str]:
        """Key -> id, in the order they were given out."""
        return self._active

    @property
    def data(self) -> bytes:
        return "".join(self._lines).encode("utf-8")
