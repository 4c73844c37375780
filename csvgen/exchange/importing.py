"""From what a reader found to requirements of a system: `drafted` completes and checks them, `planned` compares them with what is there.

What a file does not say is assumed by a rule that is shown with its count; what cannot be a requirement becomes a leftover with
its reason. Values are worked out from the file alone: no regulation and no rationale is invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from csvgen.diagnostics import Location
from csvgen.errors import ConfigError
from csvgen.exchange.changes import FIELDS, Held, Plan
from csvgen.exchange.export import Own
from csvgen.exchange.model import PLACEHOLDER, Entry, Leftover, Read
from csvgen.exchange.naming import cleaned, made_valid, short_title
from csvgen.exchange.plan import in_order, plan, problems
from csvgen.exchange.readers.base import Aside, Columns, TableRead, text
from csvgen.exchange.words import allowed, category_of, cite, close
from csvgen.marks import load

ORIGINAL = "Original id"
ASSUMED = "Assumed on import"
"""Attribute that lists the fields nobody gave: neither the file nor --set. A person removes it after looking at them."""
_JUDGED = frozenset({"statement", "rationale", "category", "gxp", "priority", "phase", "verification"})
"""Fields that say something nobody said when they are assumed; a title of the first words says what the file says."""
SETTABLE = ("title", "rationale", "category", "gxp", "priority", "phase", "verification")
"""Fields that --set may give where the file says nothing."""
_PARTS = frozenset({"criteria", "drafted", "attributes"})
"""What a test suite adds to a requirement that stands elsewhere."""
_SILENT = {"priority": "must", "verification": "test"}
"""What goes without saying in urs/*.yaml; assumed, shown, and not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person said about the import, beside the files."""

    prefix: str = "URS"
    number: bool = False
    """Whether requirements without an id are numbered under the prefix."""
    given: Mapping[str, str] = field(default_factory=dict)
    drafted: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that would be written, and everything that would not; see `csvgen.exchange.report`."""

    reads: tuple[Read, ...]
    entries: tuple[Entry, ...]
    leftovers: tuple[Leftover, ...]
    """Content that is not imported, each with its reason."""
    asides: tuple[Leftover, ...]
    """What is no requirement, and remarks on how the file was read."""
    assumed: Mapping[tuple[str, str], int]
    """(field, value) -> number of entries the file says nothing about."""
    changed: Mapping[str, int]
    """What was made plain in texts -> how often."""
    renamed: tuple[tuple[str, str, Location], ...]
    """Id in the file, id here, place."""
    carried: Mapping[str, int]
    """Attribute -> number of entries that carry it."""


class _Refused(Exception):
    """One entry cannot become a requirement."""


def drafted(reads: Sequence[Read], existing: Sequence[Held], asked: Asked) -> Draft:
    """Complete the entries of files into requirements of a system that holds `existing`."""
    work = _Work({h.id: h for h in existing}, asked)
    for read in reads:
        columns = read.columns if isinstance(read, TableRead) else ()
        for entry in read.entries:
            work.add(entry, columns)
    entries = work.checked()
    said = [leftover for read in reads for leftover in read.leftovers]
    carried = Counter(name for e in entries for name in e.fields.get("attributes", {}) if name != ASSUMED)
    return Draft(
        reads=tuple(reads),
        entries=entries,
        leftovers=(*(s for s in said if not isinstance(s, Aside)), *work.leftovers),
        asides=tuple(s for s in said if isinstance(s, Aside)),
        assumed=dict(sorted(work.assumed_in(entries).items())),
        changed=dict(work.changes),
        renamed=tuple((o, e.id, e.place) for e in entries if (o := e.fields.get("attributes", {}).get(ORIGINAL))),
        carried=dict(carried),
    )


def returned(own: Own, risks: Mapping[str, Sequence[str]]) -> Draft:
    """One of our own exports, come back: its entries are taken word for word, and nothing is assumed.

    `risks`: id of a requirement -> ids of its risks, as the specification says them; a copy does not change them.
    """
    asides, leftovers = [], list(own.leftovers)
    for name, (said, place) in own.risks.items():
        if sorted(said.split()) == sorted(risks.get(name, ())):
            continue
        why = "the column risks is not read back: risks name their requirements in risk/*.yaml"
        if name in risks:
            leftovers.append(Leftover(place=place, text=f"risks of {name}: {' '.join(said.split()) or '(none)'}", why=why))
        else:
            asides.append(Aside(place=place, text=f"risks of {name}: {' '.join(said.split())}", why=why))
    return Draft(
        reads=(own,), entries=own.entries, leftovers=tuple(leftovers), asides=tuple(asides), assumed={}, changed={}, renamed=(),
        carried={},
    )  # fmt: skip


def planned(draft: Draft, existing: Sequence[Held]) -> Plan:
    """What writing the draft would change in the specification."""
    own = draft.reads[0] if draft.reads else None
    if isinstance(own, Own):
        return plan(existing, draft.entries, own.columns, own.bases)
    return plan(existing, draft.entries, FIELDS)


def readable(made: Mapping[Path, bytes]) -> None:
    """Raises ConfigError for a file that the specification's reader would refuse, before it is written."""
    for path, data in made.items():
        marked, findings = load(data, path.name)
        if marked is None:
            message = f"so much does not go into one file: {findings[0].message}"
            raise ConfigError(message, where=path.name, hint="import parts of it, each with --into another file")


class _Work:
    def __init__(self, existing: Mapping[str, Held], asked: Asked) -> None:
        self._existing, self._asked = existing, asked
        self._made: list[tuple[Entry, dict[str, str]]] = []
        self._parts: list[Entry] = []
        self._number = 0
        self.leftovers: list[Leftover] = []
        self.changes: Counter[str] = Counter()

    def add(self, entry: Entry, columns: Sequence[Columns] = ()) -> None:
        try:
            fields = self._cleaned(entry)
            raw = fields.pop("id", "")
            identity = made_valid(raw, self._asked.prefix) if raw else self._numbered()
        except (_Refused, ValueError) as problem:
            self._refuse(entry, str(problem))
            return
        if raw and raw.strip() != identity:
            fields["attributes"] = {ORIGINAL: raw.strip(), **fields.get("attributes", {})}
        if set(fields) <= _PARTS and "criteria" in fields:
            self._parts.append(replace(entry, fields={"id": identity, **fields}))
            return
        assumed: dict[str, str] = {} if raw else {"id": f"numbered under {self._asked.prefix}"}
        unknown = self._complete(fields, raw, entry.place, self._existing.get(identity), assumed)
        self._unknown(unknown, entry.place, columns)
        self._made.append((replace(entry, fields={"id": identity, **fields}), assumed))

    def _unknown(self, words: Mapping[str, str], place: Location, columns: Sequence[Columns]) -> None:
        """Words of the file for a closed set that are not understood, with row and column; --set answers for the whole file."""
        for name, said in words.items():
            if name in self._asked.given:
                continue
            here = [c for c in columns if c.place.file == place.file and c.place.line <= place.line]
            column = next((k for c in reversed(here) for k, f in c.fields.items() if f == name), name)
            why = f"{name} is one of {', '.join(allowed(name))}: write one of them, or say --set {name}=VALUE"
            self.leftovers.append(Leftover(place=place, text=f"{column}: {said}", why=why))

    def checked(self) -> tuple[Entry, ...]:
        """The entries that are valid requirements, each id once; test cases joined to the requirements they name."""
        self._join()
        same: dict[str, list[Entry]] = {}
        for entry, _ in self._made:
            same.setdefault(entry.id, []).append(entry)
        kept = []
        for entry, _ in self._made:
            others = [e for e in same[entry.id] if e is not entry]
            if others:
                raw = entry.fields.get("attributes", {}).get(ORIGINAL, entry.id)
                self._refuse(
                    entry, f"{raw} becomes {entry.id}, and so does what stands at {_at(others[0].place)}; an id is given once"
                )
            elif wrong := problems(entry.fields):
                self._refuse(entry, "; ".join(wrong))
            else:
                kept.append(replace(entry, fields=in_order(entry.fields)))
        return tuple(kept)

    def assumed_in(self, entries: Sequence[Entry]) -> Counter[tuple[str, str]]:
        kept = {e.id for e in entries}
        return Counter(item for e, assumed in self._made if e.id in kept for item in assumed.items())

    # -------------------------------------------------- one entry

    def _refuse(self, entry: Entry, why: str) -> None:
        self.leftovers.append(Leftover(place=entry.place, text=_said(entry.fields), why=why))

    def _numbered(self) -> str:
        if not self._asked.number:
            raise _Refused("a requirement without an id: --prefix URS-NAME numbers such requirements")
        while True:
            self._number += 1
            identity = f"{self._asked.prefix}-{self._number:03}"
            if identity not in self._existing:
                return identity

    def _cleaned(self, entry: Entry) -> dict[str, Any]:
        """Fields with plain text. A hidden character in the id or statement refuses the entry; elsewhere only that piece."""
        fields: dict[str, Any] = {}
        for name, value in entry.fields.items():
            if name == "attributes":
                fields[name] = self._attributes(entry, value)
            elif not isinstance(value, str):
                fields[name] = value
            else:
                try:
                    fields[name] = value.strip() if name == "id" else cleaned(value, self.changes)
                except ValueError as problem:
                    if name == "statement":
                        raise _Refused(str(problem)) from None
                    self.leftovers.append(Leftover(place=entry.place, text=value, why=f"{name}: {problem}"))
        return {k: v for k, v in fields.items() if v not in ("", {}, [])}

    def _attributes(self, entry: Entry, given: Mapping[str, str]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, value in given.items():
            try:
                kept[" ".join(cleaned(name, self.changes).split())] = cleaned(value, self.changes)
            except ValueError as problem:
                self.leftovers.append(Leftover(place=entry.place, text=f"{name}: {value}", why=f"attribute: {problem}"))
        return {k: v for k, v in kept.items() if k and v}

    def _complete(
        self, fields: dict[str, Any], raw: str, place: Location, held: Held | None, assumed: dict[str, str]
    ) -> dict[str, str]:
        """Put in what the file does not say: from what stands in the specification already, else by assumption.

        Gives the words of the file that are not understood, by their field.
        """
        attributes: dict[str, str] = dict(fields.get("attributes", {}))
        statement = fields.get("statement", "")
        if title := fields.get("title"):
            fields["title"] = " ".join(title.split())
            if title == raw:
                del fields["title"]  # a title that repeats the id says nothing
        unknown = close(fields, attributes)
        cite(fields, attributes, statement, assumed)
        if self._asked.drafted is not None and "drafted" not in fields:
            fields["drafted"] = dict(self._asked.drafted)
        said = frozenset(fields)
        if held is not None:
            attributes = {**held.fields.get("attributes", {}), **attributes}
            fields.update({k: v for k, v in held.fields.items() if k not in fields})
        for name, value, shown in self._rest(attributes, statement):
            if name not in fields:
                assumed.setdefault(name, f"{shown}, for a word that is not understood" if name in unknown else shown)
                if value != _SILENT.get(name):
                    fields[name] = value
        self._mark(attributes, assumed, said, new=held is None)
        fields.setdefault("origin", _at(place))
        if attributes:
            fields["attributes"] = attributes
        return unknown

    def _mark(self, attributes: dict[str, str], assumed: Mapping[str, str], said: frozenset[str], *, new: bool) -> None:
        """List what was assumed; what went without saying before, or was looked at and struck off the list, is not put on it again."""
        listed = {name for part in attributes.pop(ASSUMED, "").split(",") if (name := part.strip()) and name not in said}
        for name in assumed:
            if name in _JUDGED and name not in self._asked.given and (new or name not in _SILENT):
                listed.add(name)
        if listed:
            attributes[ASSUMED] = ", ".join(sorted(listed))

    def _rest(self, attributes: Mapping[str, str], statement: str) -> list[tuple[str, str, str]]:
        """Field, value and how the value is shown, for everything a requirement needs."""
        given = [(name, value, value) for name, value in self._asked.given.items()]
        category = category_of(attributes.get("Section", ""), statement) or "function"
        title = (short_title(statement), "the first words of the statement") if statement else (PLACEHOLDER, PLACEHOLDER)
        return [
            *given,
            ("statement", PLACEHOLDER, PLACEHOLDER),
            ("title", *title),
            ("rationale", PLACEHOLDER, PLACEHOLDER),
            ("category", category, category),
            ("gxp", "yes", "yes"),
            ("phase", "OQ", "OQ"),
            *((n, v, v) for n, v in _SILENT.items()),
        ]

    # -------------------------------------------------- test cases

    def _join(self) -> None:
        """Criteria of test cases go to the requirement they name: one of this import, else one of the specification."""
        said: dict[tuple[str, str], tuple[Any, Location]] = {}
        for given in self._parts:
            part = self._first(given, said)
            if not part.fields["criteria"]:
                continue
            index = next((i for i, (e, _) in enumerate(self._made) if e.id == part.id), None)
            held = self._existing.get(part.id)
            if index is not None:
                entry, assumed = self._made[index]
                self._made[index] = (replace(entry, fields=self._with(entry.fields, part)), assumed)
            elif held is not None:
                self._made.append((replace(part, fields=self._with(held.fields, part)), {}))
            else:
                self._refuse(part, f"these test cases name {part.id}, which neither the system nor this import has")

    def _first(self, part: Entry, said: dict[tuple[str, str], tuple[Any, Location]]) -> Entry:
        """Test cases without those that another file of this import says otherwise; these are left over."""
        kept: dict[str, Any] = {"criteria": [], "attributes": {}}
        items = [(c["id"], c, "criteria") for c in part.fields["criteria"]]
        items += [(k, v, "attributes") for k, v in part.fields.get("attributes", {}).items()]
        for name, value, where in items:
            before, place = said.setdefault((part.id, name), (value, part.place))
            if before != value:
                why = f"{part.id}: {name} stands otherwise at {_at(place)}; give the test case an id of its own"
                self.leftovers.append(Leftover(place=part.place, text=text(value), why=why))
            elif where == "criteria":
                kept[where].append(value)
            else:
                kept[where][name] = value
        return replace(part, fields={**part.fields, **kept})

    def _with(self, fields: Mapping[str, Any], part: Entry) -> dict[str, Any]:
        new = {c["id"]: c for c in part.fields["criteria"]}
        kept = [new.pop(c["id"], c) for c in fields.get("criteria", [])]
        found = {**fields, "criteria": [*kept, *new.values()]}
        if "drafted" in part.fields:
            found["drafted"] = part.fields["drafted"]
        if more := {k: v for k, v in part.fields.get("attributes", {}).items() if k != ORIGINAL}:
            found["attributes"] = {**fields.get("attributes", {}), **more}
        return found


def _said(fields: Mapping[str, Any]) -> str:
    """An entry as one text, for showing what was left out."""
    text = " ".join(str(fields[k]) for k in ("id", "title", "statement") if k in fields)
    return text or ", ".join(f"{k}: {v}" for k, v in fields.items())


def _at(place: Location) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file
