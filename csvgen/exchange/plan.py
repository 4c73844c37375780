"""What an import would do to the requirements of a system, before anything is written: `held`, `plan`; and doing it: `apply`.

    existing = held(root, "qc-release")              what stands in urs/*.yaml, word for word
    found    = plan(existing, entries, columns)      added, changed, unchanged, absent, in conflict
    print(as_text(found))                            or as_json
    apply(found, folder / "urs" / "imported.yaml")   edits in place; new requirements go to the named file

Nothing is ever deleted: a requirement the file does not speak of is reported as absent and stays. A plan with a conflict
is not carried out at all, unless the caller asks for the rest of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from csvgen.canonical import Digest, digest, digest_bytes, place, stage
from csvgen.errors import BadInput, Refused
from csvgen.exchange.changes import FIELDS, Base, Change, Conflict, Held, Plan, held
from csvgen.exchange.model import Entry
from csvgen.exchange.yaml_edit import edited
from csvgen.exchange.yaml_text import dump
from csvgen.marks import load
from csvgen.model.urs import Requirement

__all__ = [
    "Base",
    "Change",
    "Conflict",
    "Held",
    "Plan",
    "apply",
    "fields_digest",
    "held",
    "in_order",
    "plan",
    "problems",
    "texts",
]

_DEFAULTS = {"priority": "must", "verification": "test"}
"""Saying these is the same as saying nothing; a test holds them to the model."""
_EMPTY: tuple[Any, ...] = (None, "", [], {}, ())
_PROSE = frozenset({"statement", "rationale"})
"""Line breaks at the ends of these mean nothing (`csvgen.model.base.Text`)."""
_FORMAT = "csvgen.urs/1"


def fields_digest(fields: Mapping[str, Any]) -> Digest:
    """Digest of what a requirement says; the order of keys and what goes without saying do not enter it."""
    said = {name: _said(name, fields.get(name)) for name in FIELDS}
    return digest({name: value for name, value in said.items() if value is not None})


def plan(
    existing: Sequence[Held], incoming: Sequence[Entry], columns: Collection[str], bases: Mapping[str, Base] | None = None
) -> Plan:
    """Compare what stands in the specification with what an imported file says.

    `columns`: names of the fields the file speaks of. A column an entry has no value for means that it has none; a field
    that is no column stays as it is, so leave out what a reader assumed. A field that goes without saying (priority must, an
    empty list) is not a difference. `bases`: id of an entry -> what it was when csvgen exported the file. With it, an entry nobody
    touched since changes nothing; one that changed on both sides, and one whose id was changed, is a conflict.
    """
    found = _Comparison(existing, incoming, frozenset(columns) - {"id"}, bases or {})
    for entry in incoming:
        found.compare(replace(entry, fields={k: v for k, v in entry.fields.items() if v not in _EMPTY}))
    return found.plan()


class _Comparison:
    def __init__(
        self, existing: Sequence[Held], incoming: Sequence[Entry], columns: frozenset[str], bases: Mapping[str, Base]
    ) -> None:
        self._existing = {h.id: h for h in existing}
        self._twice = {i for i, n in Counter(h.id for h in existing).items() if n > 1}
        self._count = Counter(e.id for e in incoming)
        self._columns, self._bases = columns, bases
        self._added: list[Entry] = []
        self._changes: list[Change] = []
        self._unchanged: list[str] = []
        self._conflicts: list[Conflict] = []

    def compare(self, entry: Entry) -> None:
        if (why := self._refusal(entry)) is not None:
            self._conflict(entry, why)
        elif (there := self._existing.get(entry.id)) is not None:
            self._against(entry, there)
        elif not (wrong := problems(entry.fields)):
            self._added.append(entry)
        else:
            self._conflict(entry, *wrong)

    def plan(self) -> Plan:
        return Plan(
            added=tuple(self._added),
            changes=tuple(self._changes),
            unchanged=tuple(self._unchanged),
            absent=tuple(h for i, h in self._existing.items() if i not in self._count),
            conflicts=tuple(self._conflicts),
        )

    def _refusal(self, entry: Entry) -> str | None:
        if not entry.id:
            return "this requirement has no id"
        if (n := self._count[entry.id]) > 1:
            return f"the id stands in the imported file {n} times"
        if entry.id in self._twice:
            return "the id stands in the specification more than once"
        base = self._bases.get(entry.id)
        if base is not None and base.id != entry.id and base.id not in self._count:
            return f"the id was {base.id} when this was exported; ids are never changed"
        return None

    def _against(self, entry: Entry, there: Held) -> None:
        changes = [
            Change(held=there, field=name, old=there.fields.get(name), new=_new(name, there, entry), source=entry.place)
            for name in _ordered(self._columns)
            if _said(name, there.fields.get(name)) != _said(name, entry.fields.get(name))
        ]
        base = self._bases.get(entry.id)
        if base is not None and base.id != entry.id:
            base = None  # a row copied and given the id of another one
        if not changes or (base is not None and base.digest == fields_digest(entry.fields)):
            self._unchanged.append(entry.id)
        elif base is not None and base.digest != fields_digest(there.fields):
            names = ", ".join(c.field for c in changes)
            self._conflict(entry, f"changed in the specification since the export, and here too ({names}); export again")
        elif wrong := problems(_with(there.fields, changes)):
            self._conflict(entry, *wrong)
        else:
            self._changes += changes

    def _conflict(self, entry: Entry, *reasons: str) -> None:
        for why in reasons:
            place = entry.places.get(why.partition(":")[0].partition(".")[0], entry.place)
            self._conflicts.append(Conflict(id=entry.id, place=place, why=why))


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda n: (FIELDS.index(n) if n in FIELDS else len(FIELDS), n))


def _said(name: str, value: Any) -> Any:
    """A value for comparing: None where it says nothing, or nothing beyond the default."""
    if isinstance(value, str) and name in _PROSE:
        value = value.strip("\n")
    if name == "criteria" and isinstance(value, list):
        value = [_criterion(c) for c in value]
    return None if value in _EMPTY or value == _DEFAULTS.get(name) else value


def _criterion(value: Any) -> Any:
    """A criterion without what goes without saying."""
    if not isinstance(value, dict):
        return value
    return {k: v for k, v in value.items() if v not in _EMPTY and (k, v) != ("technique", "positive")}


def _settled(name: str, old: Any, new: Any) -> Any:
    """A new value with the spelling of the old one where both say the same."""
    if name in _PROSE and isinstance(old, str) and isinstance(new, str):
        body = new.strip("\n")
        return old[: len(old) - len(old.lstrip("\n"))] + body + old[len(old.rstrip("\n")) :]
    if name == "criteria" and isinstance(old, list) and isinstance(new, list):
        there = {c.get("id"): c for c in old if isinstance(c, dict)}
        return [_completed(there.get(c.get("id"), {}), c) if isinstance(c, dict) else c for c in new]
    return new


def _new(name: str, there: Held, entry: Entry) -> Any:
    return _settled(name, there.fields.get(name), entry.fields.get(name))


def _completed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A criterion with those keys of the old one that say nothing, as a file may hold them."""
    idle = {k: v for k, v in old.items() if k not in new and k not in _criterion(old)}
    return {k: (idle | dict(new))[k] for k in (*(k for k in old if k in new or k in idle), *(k for k in new if k not in old))}


def _with(fields: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    said = dict(fields) | {c.field: c.new for c in changes}
    return {name: value for name, value in said.items() if value is not None}


def problems(fields: Mapping[str, Any]) -> list[str]:
    """Why these fields are no requirement; nothing when they are one."""
    try:
        Requirement.model_validate(fields)
    except ValidationError as problem:
        errors = problem.errors(include_url=False)
        return [f"{'.'.join(str(p) for p in e['loc'])}: {_words(e['type'], e['msg'], e)}" for e in errors]
    return []


def _words(kind: str, message: str, error: Mapping[str, Any]) -> str:
    if kind in {"enum", "literal_error"}:
        words = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        return f"{error['input']!r} is not one of {', '.join(words)}"
    return {"missing": "a value is needed here", "extra_forbidden": "there is no field of this name"}.get(kind, message)


# ------------------------------------------------------------------ carrying out


def apply(plan: Plan, new_file: Path, *, partial: bool = False) -> tuple[Path, ...]:
    """Write what `plan` says; gives the files written. New requirements are put at the end of `new_file`.

    Raises Refused, and writes nothing, when the plan holds a conflict (unless `partial`) or a file was changed since it was
    read; BadInput when a file cannot be edited without touching what lies around the value.
    """
    if plan.conflicts and not partial:
        first = plan.conflicts[0]
        raise Refused(
            f"{len(plan.conflicts)} conflict(s); nothing was written. First: {first.id} {first.why}", where=str(first.place)
        )
    made = texts(plan, new_file)
    staged = [(stage(path, data), path) for path, data in made.items()]
    try:
        _unchanged_since(plan)
        for temporary, path in staged:
            place(temporary, path)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
    return tuple(made)


def texts(plan: Plan, new_file: Path) -> dict[Path, bytes]:
    """What `apply` would write: file -> its bytes. Raises as `apply` does."""
    changes: dict[Path, list[Change]] = {}
    for change in plan.changes:
        changes.setdefault(change.held.file, []).append(change)
    entries = [in_order(e.fields) for e in plan.added]
    if plan.added and not new_file.exists():
        made = {new_file: dump({"format": _FORMAT, "requirements": entries}).encode("utf-8")}
        return made | {path: _edited(path, some, []) for path, some in changes.items()}
    paths = dict.fromkeys((*changes, *([new_file] if plan.added else [])))
    return {path: _edited(path, changes.get(path, []), entries if path == new_file else []) for path in paths}


def _edited(path: Path, changes: Sequence[Change], entries: Sequence[Mapping[str, Any]]) -> bytes:
    """The bytes of a file with these changes and further entries; all else in it stays as it is."""
    data = path.read_bytes()
    if any(c.held.digest != digest_bytes(data) for c in changes):
        raise Refused("this file was changed since it was read; nothing was written", where=str(path), hint="import again")
    marked, findings = load(data, path.name)
    value = marked.value if marked is not None else None
    if not isinstance(value, dict) or not isinstance(value.get("requirements"), list):
        raise BadInput(findings[0].message if findings else "this file has no list of requirements", where=str(path))
    listed = list(value["requirements"])
    for change in changes:
        number = change.held.path[-1]
        assert isinstance(number, int)
        key = "importance" if change.held.older and change.field == "priority" else change.field
        listed[number] = _replaced(listed[number], key, change.new)
    return edited(data, value | {"requirements": [*listed, *entries]}, str(path))


def _unchanged_since(plan: Plan) -> None:
    """Once more just before the files get their names: computing takes time, and an editor may be open."""
    for path, read in {c.held.file: c.held.digest for c in plan.changes}.items():
        if digest_bytes(path.read_bytes()) != read:
            raise Refused("this file was changed since it was read; nothing was written", where=str(path), hint="import again")


def _replaced(fields: Mapping[str, Any], key: str, new: Any) -> dict[str, Any]:
    """The fields with another value for a key; a new key stands behind those that come before it in the model."""
    if new is None or key in fields:
        return {k: (new if k == key else v) for k, v in fields.items() if k != key or new is not None}
    before = [k for k in fields if k in FIELDS[: FIELDS.index(key)]]
    names = list(fields)
    names.insert(names.index(before[-1]) + 1 if before else len(names), key)
    return {k: (new if k == key else fields[k]) for k in names}


def in_order(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields in the order of the model."""
    return {name: fields[name] for name in _ordered(fields)}
