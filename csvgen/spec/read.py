"""One file as its value: strict YAML, then the model, entry by entry; every mistake a finding with its place.

An entry that cannot be built does not take the others with it: the rules still look at them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.marks import Marked, load
from csvgen.marks import Path as Place
from csvgen.spec.files import Kind

_ID = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+")
MOST = 500
"""Mistakes of a file that are listed; nobody mends more at a sitting, and a file made to hurt has hundreds of thousands."""


@dataclass
class Part:
    """What one file says."""

    file: str
    """Path as findings name it: <requirements folder>/<system>/urs/10.yaml."""
    kind: Kind
    marked: Marked | None = None
    value: Any = None
    """The model; None when the file as a whole cannot be built. Of a file with a list: the model with an empty list."""
    entries: list[tuple[int, Any]] = field(default_factory=list)
    """Index in the file and model of each entry that could be built."""
    findings: list[Diagnostic] = field(default_factory=list)
    nameless: bool = False
    """Some entry has no id that could be one, so that what other files name may be meant by it."""
    untold: int = 0
    """Mistakes beyond those that are listed."""
    names: list[tuple[str, int, int]] = field(default_factory=list)
    """Id, line and column of each top-level entry that has an id, sound or not."""

    @property
    def sound(self) -> bool:
        return self.value is not None and not self.findings

    def at(self, path: Place) -> Location:
        """Where the value at `path` stands; of a block of keys or entries, where its name stands."""
        if self.marked is None:
            return Location(self.file, 0, 0)
        key = self.marked.key_marks.get(path)
        value = self.marked.marks.get(path)
        if key is not None and value is not None and value[0] != key[0]:
            return Location(self.file, *key)
        return self.marked.at(path)


def read_part(data: bytes, file: str, kind: Kind) -> Part:
    """Parse and validate one file."""
    marked, findings = load(data, file)
    part = Part(file, kind, marked, findings=findings)
    if marked is None:
        return part
    raw = marked.value
    if kind.entry is None:
        part.value = _built(kind.model, raw, (), part)
    else:
        entries = raw.get(kind.entries) if isinstance(raw, dict) else None
        listed = isinstance(entries, list) and len(entries) > 0
        shell = {**raw, kind.entries: []} if listed else raw
        part.value = _built(kind.model, shell, (), part, lenient=kind.entries if listed else "")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            built = _built(kind.entry, entry, (kind.entries, index), part)
            if built is not None:
                part.entries.append((index, built))
            elif not (isinstance(entry, dict) and isinstance(entry.get("id"), str) and _ID.fullmatch(entry["id"])):
                part.nameless = True
    part.findings += [d for d in (_cut(marked, *comment) for comment in marked.cut) if d is not None]
    if part.untold:
        message = f"{part.untold} more mistakes in this file are not listed"
        part.findings.append(
            Diagnostic(
                rule="SPC012",
                severity=Severity.ERROR,
                location=Location(file, 1, 1),
                message=message,
                hint="mend those listed first",
            )
        )
    for path, identity in _names(raw) if kind.name not in _NAMES_OF_THEIR_OWN else ():
        place = part.at(path)
        part.names.append((identity, place.line, place.column))
    return part


def _built(model: type[BaseModel], raw: Any, prefix: Place, part: Part, *, lenient: str = "") -> Any:
    assert part.marked is not None  # the caller has parsed it
    try:
        return model.model_validate(raw)
    except ValidationError as problem:
        errors = [
            e for e in problem.errors(include_url=False) if not (lenient and e["loc"] == (lenient,) and e["type"] == "too_short")
        ]
        # A list whose entries cannot be built counts as short, too; that says nothing new.
        within = {e["loc"][:length] for e in errors for length in range(len(e["loc"]))}
        told = [e for e in errors if e["type"] != "too_short" or e["loc"] not in within]
        room = max(0, MOST - len(part.findings))
        part.findings += [finding(part.marked, model, e, prefix) for e in told[:room]]
        part.untold += len(told[room:])
        if errors:
            return None
        return model.model_construct(**raw)  # an empty list only because its entries are read one by one


def _cut(marked: Marked, path: Place, place: tuple[int, int], rest: str) -> Diagnostic | None:
    """A text that ends at a # which was probably meant to be part of it. A comment stands two blanks away and says so with '# '."""
    if rest.startswith("  ") and rest.lstrip().startswith(("# ", "##")):
        return None
    key = next((str(p) for p in reversed(path) if isinstance(p, str)), "this text")
    words = rest.strip()
    return Diagnostic(
        rule="YML012", severity=Severity.ERROR, location=Location(marked.file, *place),
        message=f"{key} ends here: YAML takes {_short(words)!r} for a comment",
        hint="put the whole text in quotes; a comment stands two blanks behind the value and begins with '# '",
    )  # fmt: skip


_NAMES_OF_THEIR_OWN = {"system", "suppressions"}
"""Kinds whose lists name things of their own (SPC011), or ids that stand elsewhere."""


def _names(raw: Any) -> Iterator[tuple[Place, str]]:
    if not isinstance(raw, dict):
        return
    for key, entries in raw.items():
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                yield (key, index, "id"), entry["id"]


_RULES = {
    "missing": ("SPC003", "this key is missing: {field}"),
    "extra_forbidden": ("SPC002", "unknown key {field!r}"),
    "literal_error": ("SPC004", "{input!r} is not one of: {expected}"),
    "union_tag_invalid": ("SPC004", "{tag!r} is not one of: {expected_tags}"),
    "union_tag_not_found": ("SPC003", "this key is missing: type"),
    "string_pattern_mismatch": ("SPC005", "{input!r} does not have the form of this field"),
    "string_too_long": ("SPC005", "this text is longer than {max_length} characters"),
    "too_short": ("SPC005", "at least {min_length} entry is needed"),
}
_SHAPES = {
    "string_type": "a text",
    "tuple_type": "a list",
    "list_type": "a list",
    "mapping_type": "keys with values",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}
_COMPUTED = {"class", "risk_class", "risk_priority"}


def finding(marked: Marked, model: type[BaseModel], error: ErrorDetails, prefix: Place = ()) -> Diagnostic:
    """One error of the model as a finding: its place in the file, what is allowed there, and what was probably meant."""
    kind = error["type"]
    loc = (*prefix, *error["loc"])
    path = marked.known(loc if kind != "missing" else loc[:-1])
    field_name = str(loc[-1]) if loc else ""
    context = {**(error.get("ctx") or {}), "field": field_name, "input": _short(error.get("input"))}
    hint = ""
    if kind.startswith(("TXT", "SPC")):
        rule, message = kind, error["msg"]
    elif kind in _SHAPES:
        rule, message = "SPC007", f"this must be {_SHAPES[kind]}"
    elif kind not in _RULES:
        rule, message = "SPC007", f"this must be another kind of value: {error['msg']}"
    else:
        rule, text = _RULES[kind]
        message = text.format(**context)
    location = marked.at(path)
    if kind == "extra_forbidden":
        location = marked.key_at(path)
        hint = _key_hint(model, error, field_name)
    elif kind == "literal_error":
        near = difflib.get_close_matches(str(error.get("input")), _quoted(str(context.get("expected", ""))), n=1)
        hint = f"did you mean {near[0]!r}?" if near else ""
        if field_name == "gamp" and error.get("input") == "2":
            hint = "category 2 (firmware) was retired with GAMP 4; use 3, 4 or 5"
    elif kind == "string_pattern_mismatch":
        hint = _form_hint(error, field_name)
    elif kind == "missing":
        hint = _meaning(model, error["loc"])
    return Diagnostic(rule=rule, severity=Severity.ERROR, location=location, message=message, hint=hint)


def _key_hint(model: type[BaseModel], error: ErrorDetails, field_name: str) -> str:
    if field_name in _COMPUTED or (field_name == "priority" and model.__name__ == "Risk"):
        return "class and priority are computed from the ratings; remove this key"
    allowed = _keys(model, error["loc"][:-1])
    near = difflib.get_close_matches(field_name, allowed, n=1)
    if error.get("input") == "" and not near:
        return "a comma inside { } begins a new key; put the text in quotes"
    hint = f"did you mean {near[0]!r}? " if near else ""
    return hint + (f"allowed: {', '.join(allowed)}" if allowed else "")


def _form_hint(error: ErrorDetails, field_name: str) -> str:
    """The same text in the form that is asked for, if that is all that is wrong with it; else what the form is."""
    given, pattern = error.get("input"), str((error.get("ctx") or {}).get("pattern", ""))
    if isinstance(given, str):
        joined = "-".join(given.split())
        for tried in (joined, joined.lower(), joined.upper()):
            if tried != given and re.search(pattern, tried):
                return f"did you mean {tried!r}?"
    return _PATTERN_HINTS.get(field_name, f"pattern: {pattern}")


def _meaning(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """What is to be written under a key that is missing."""
    inner = _model_at(model, loc[:-1])
    found = inner.model_fields.get(str(loc[-1])) if inner is not None and loc else None
    return found.description or "" if found is not None else ""


_PATTERN_HINTS = {
    "id": "ids of requirements, risks and functions look like URS-QC-014; names of parts like ac-1",
    "pattern": "name@version, for example audit-entry@1",
    "role": "the id of a role of system.yaml: lower-case words joined by hyphens, for example process-owner",
    "rating": "a grade of the risk scheme, in lower case: low, medium, high, or 7",
}


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at a place of a model."""
    inner = _model_at(model, loc)
    return list(inner.model_fields) if inner is not None else []


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model at a place inside a model. Where one of several may stand, the path of the error names which, by its type."""
    current: list[type[BaseModel]] = [model]
    for part in loc:
        tagged = [m for m in current if len(current) > 1 and part in _tags(m)]
        if tagged:
            current = tagged
        elif isinstance(part, str):
            inner = [i for m in current if part in m.model_fields for i in _inner(m.model_fields[part].annotation)]
            current = inner or current
    return current[0] if current else None


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    """Words of the key `type` that choose this model among several."""
    return get_args(model.model_fields["type"].annotation) if "type" in model.model_fields else ()


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _inner(annotation: Any) -> list[type[BaseModel]]:
    """The models inside tuple[...], X | None and the like."""
    if _is_model(annotation):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in _inner(argument)]


def _quoted(text: str) -> list[str]:
    return [part.strip("' ") for part in text.replace(" or ", ",").split(",")]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
