"""What changed in a record since it was signed: field by field, with both values. Pure functions over JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

VOID = "VOID"
_KEYS = ("id", "case", "run", "number", "meaning")
"""By what an entry of a list is known, so that one that was put in does not change all that follow."""
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that is not what it was when it was signed."""

    path: str
    """``urs/URS-QC-001/statement``."""
    old: str
    """What was signed; empty when there was nothing."""
    new: str
    """What is there now; empty when it was taken away."""

    @property
    def told(self) -> str:
        """One line; long values are shortened, and say so."""
        if not self.old:
            return f"{self.path}: added {_short(self.new)}"
        return (
            f"{self.path}: {_short(self.old)} -> {_short(self.new)}" if self.new else f"{self.path}: removed {_short(self.old)}"
        )


def changes(before: Any, now: Any) -> tuple[Changed, ...]:
    """Every field in which two JSON values differ, in the order of the older one; empty when they say the same."""
    return tuple(_differences("", before, now))


def _differences(path: str, before: Any, now: Any) -> Iterator[Changed]:
    old, new = _named(before), _named(now)
    if old is None or new is None or isinstance(before, list) is not isinstance(now, list):
        if before != now or type(before) is not type(now):  # 1 and True are equal here, and not the same in JSON
            yield Changed(path or "content", _text(before), _text(now))
        return
    for name in dict.fromkeys((*old, *new)):
        inner = f"{path}/{name}" if path else name
        if name not in new:
            yield Changed(inner, _text(old[name]), "")
        elif name not in old:
            yield Changed(inner, "", _text(new[name]))
        else:
            yield from _differences(inner, old[name], new[name])
    if list(old) != list(new) and sorted(old) == sorted(new) and not isinstance(before, Mapping):
        yield Changed(f"{path}, order", ", ".join(old), ", ".join(new))


def _named(value: Any) -> dict[str, Any] | None:
    """The entries of an object or of a list, each by a name; None for a value without entries."""
    if isinstance(value, Mapping):
        return {str(k): v for k, v in value.items()}
    if not isinstance(value, list):
        return None
    names = [_name(entry, number) for number, entry in enumerate(value, 1)]
    if len(set(names)) < len(names):
        names = [str(number) for number in range(1, len(value) + 1)]
    return dict(zip(names, value, strict=True))


def _name(entry: Any, number: int) -> str:
    key = next((k for k in _KEYS if isinstance(entry, Mapping) and isinstance(entry.get(k), str)), None)
    return str(entry[key]) if key else str(number)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value or "(empty text)"
    if value is None:
        return "(nothing)"
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items()) or "(nothing)"
    if isinstance(value, list):
        return "; ".join(_text(v) for v in value) or "(nothing)"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} [shortened]")
