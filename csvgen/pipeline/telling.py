"""The audit trail and the review packet as lines that people read at a terminal. Pure.

Nothing is left out that a person has to know; what is long and not meant for eyes (digests, encoded bytes, large tables of values) stands
there shortened, and the last line says how many values that are and how to see them whole.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import shown
from csvgen.errors import BadInput
from csvgen.pipeline.sheet import readable
from csvgen.pipeline.words import words
from csvgen.ports import AuditEntry

WIDTH = 116
LONGEST = 100
"""Characters of a table of values of a new record; of a changed one every character is told."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{100,}")
_VERSION = "sha256"
"""The field of an event that holds the digest of the new version of the record."""


@dataclass
class Lines:
    """Lines, and how many values in them stand shortened."""

    lines: list[str] = field(default_factory=list)
    shortened: int = 0

    def block(self, name: str, value: str, indent: str) -> None:
        """A named value, over as many lines as it takes."""
        text = f"{name}: {value}" if name else value
        self.lines += textwrap.wrap(
            text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}    ", break_long_words=False, break_on_hyphens=False
        ) or [indent]

    def short(self, value: str, longest: int = 0) -> str:
        """A value as it is shown: digests and encoded bytes shortened; with `longest` large tables of values too."""
        whole = words(parsed(value)) or value
        told = _ENCODED.sub(_encoded, _DIGEST.sub(lambda found: f"{found[0][:19]}...", whole))
        if longest and len(told) > longest and parsed(value) != value:
            parts = told[:longest].rpartition(", ")[0] or told[:longest]
            told = f"{parts} ... ({len(parsed(value))} in all)"
        self.shortened += told != whole
        return told

    def end(self, how: str) -> None:
        """The line that says what is not shown whole."""
        if self.shortened:
            self.lines.append(
                f"{self.shortened} values are shortened here, and the digests of record versions left out; whole: {how}"
            )


def parsed(text: str) -> Any:
    """The value a text holds, if it is an object or a list as records are written; else the text itself.

    A text of a person that only looks like one (a key twice, blanks) is shown as it was typed.
    """
    if text[:1] not in ("{", "["):
        return text
    try:
        value = json.loads(text)
        return value if canonical_json(value).decode("utf-8").strip() == text.strip() else text
    except (ValueError, BadInput):
        return text


def _encoded(found: re.Match[str]) -> str:
    return f"({len(found[0])} characters, {str(digest_bytes(found[0].encode()))[:19]}...)"


# ------------------------------------------------------------ the trail


def trail(entries: Iterable[AuditEntry], how: str, above: Collection[str] = ()) -> Lines:
    """A line or a small block for each event. `entries` begin with the first event of each record they tell of.

    `above` are records whose only version stands above the trail, field by field: their first values are not told twice.
    """
    made, known, people = Lines(), set[str](), dict[str, str]()
    for _, group in groupby(entries, key=lambda e: e.number):
        event = list(group)
        first = event[0]
        people[first.user_id] = first.printed_name
        _event(made, event, new=first.record not in known, above=first.record in above)
        if first.field:  # a refused attempt at a record does not make it
            known.add(first.record)
    if people:
        made.block("People", ", ".join(f"{user} is {name}" for user, name in sorted(people.items())), "")
    made.end(how)
    return made


def fields(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """A line for each field of each event, nothing shortened."""
    for e in entries:
        what = f" {e.field}: {e.old or '-'} -> {e.new}" if e.field else ""
        yield f"{e.number:>6} {shown(e.at)} {e.user_id} {e.action} {e.record}{what}{f'  ({e.reason})' if e.reason else ''}"


def _event(made: Lines, event: Sequence[AuditEntry], *, new: bool, above: bool) -> None:
    first = event[0]
    reason = f"  ({first.reason})" if first.reason else ""
    head = f"{first.number:>6} {shown(first.at)} {first.user_id}  {first.action} {first.record}"
    changes = [e for e in event if e.field and e.field != _VERSION]
    if new and changes and above:
        made.block("", f"{head}, new, as shown above{reason}", "")
        return
    if new and changes:
        made.block("", f"{head}{reason}", "")
        said = {"[]", "{}", first.user_id, first.printed_name, first.record, first.record.partition("/")[2]}
        told = (f"{e.field} {made.short(e.new, LONGEST)}" for e in changes if e.new not in said)
        made.block("new", "; ".join(told), " " * 9)
        return
    changed = [f"{name}: {made.short(old) or '-'} -> {made.short(now) or '-'}" for name, old, now in _changed(changes)]
    if len(changed) <= 1:
        made.block("", f"{head} {''.join(changed)}".rstrip() + reason, "")
        return
    made.block("", f"{head}{reason}", "")
    for one in changed:
        made.block("", one, " " * 9)


def _changed(changes: Sequence[AuditEntry]) -> Iterator[tuple[str, str, str]]:
    """Each changed value by its full name; of a table or list of named things those that differ."""
    for entry in changes:
        yield from differences(entry.field, entry.old, entry.new)


def differences(name: str, old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """What differs between two values of a field: the value itself, or the entries of a table that are not alike in both."""
    before, after = _table(old), _table(new)
    if before is None or after is None:
        yield name, old, new
        return
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield f"{name}.{key}", _text(before.get(key)), _text(after.get(key))


def _table(text: str) -> Mapping[str, Any] | None:
    """A value as named entries; None when it is something else."""
    value = parsed(text) if text else {}
    if isinstance(value, list) and all(isinstance(v, dict) and "name" in v for v in value):
        named = {str(v["name"]): v for v in value}
        return named if len(named) == len(value) else None
    return value if isinstance(value, dict) else None


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical_json(value).decode("utf-8").strip()


# ------------------------------------------------------------ records


def record(made: Lines, kind: str, content: Mapping[str, Any]) -> None:
    """The fields of a record, those without a value left out; of a lot its rows."""
    rows = readable(kind, content) if kind == "lot" else _fields(content)
    for name, value in rows:
        made.block(name, made.short(value), "    ")


def _fields(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            yield from ((f"{name} {number}", words(_own(one, content))) for number, one in enumerate(value, 1))
        elif told := words(value):
            yield name, told


def _own(part: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """A step of a run without the parameters that the run as a whole tells already."""
    told = whole.get("parameters") or {}
    own = {k: v for k, v in (part.get("parameters") or {}).items() if told.get(k) != v}
    return {**part, "parameters": own}
