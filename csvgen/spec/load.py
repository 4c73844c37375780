"""Read a system's specification: strict YAML, then the models, then the rules; all findings at once, each with its place.

requirements_specs/<system>/system.yaml plan.yaml installation.yaml protocol.yaml
                            urs/*.yaml fs/*.yaml risk/*.yaml pq/*.yaml oracles/*.yaml
                            data/** procedures/**      files bound by their digest
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from csvgen.canonical import Digest, digest_file
from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.errors import ConfigError
from csvgen.marks import Marked, load
from csvgen.marks import Path as Place
from csvgen.model import spec as noun
from csvgen.model.spec import Spec
from csvgen.spec import rules

SINGLE: Mapping[str, type[BaseModel]] = {
    "system.yaml": noun.System,
    "plan.yaml": noun.Plan,
    "installation.yaml": noun.Installation,
    "protocol.yaml": noun.ProtocolSettings,
}
MANY: Mapping[str, type[BaseModel]] = {
    "urs": noun.Urs,
    "fs": noun.FunctionalSpec,
    "risk": noun.RiskAssessment,
    "pq": noun.Scenarios,
    "oracles": noun.Oracles,
}
OPTIONAL = frozenset({"oracles", "pq", "fs"})
BOUND = ("data", "procedures")
"""Folders whose files enter the specification by their digest."""

_LISTS = {"urs": "requirements", "fs": "functions", "risk": "risks", "pq": "scenarios", "oracles": "oracles"}

M = TypeVar("M", bound=BaseModel)


@dataclass
class Loaded:
    """A specification, if it could be built, and all findings about it."""

    spec: Spec | None
    findings: Findings
    sources: dict[str, list[str]] = field(default_factory=dict)
    """File -> its lines, for showing a finding in its context."""

    @property
    def usable(self) -> bool:
        """Built, and no finding is an error."""
        return self.spec is not None and not self.findings.errors


def systems(root: Path) -> tuple[str, ...]:
    """Names of the systems specified below `root`, sorted."""
    return tuple(sorted(p.parent.name for p in root.glob("*/system.yaml"))) if root.is_dir() else ()


def load_system(root: Path, system: str) -> Loaded:
    """Load one system. Raises ConfigError only when its folder is not there; everything else is a finding."""
    folder = root / system
    if not folder.is_dir():
        known = ", ".join(systems(root)) or "none"
        raise ConfigError(f"no system {system!r} under {root.name}/", hint=f"systems there: {known}")
    reader = _Reader(root)
    single = {name: reader.read(folder / name, model) for name, model in SINGLE.items()}
    many = {kind: [reader.read(p, model) for p in sorted((folder / kind).glob("*.yaml"))] for kind, model in MANY.items()}
    for kind, found in many.items():
        if not found and kind not in OPTIONAL:
            reader.missing(folder / kind, f"no {kind}/*.yaml here")
    reader.unknown_files(folder)
    complete = all(single.values()) and all(all(found) for found in many.values())
    spec = _assemble(folder, single, many, reader) if complete and not reader.broken else None
    if spec is not None:
        reader.findings += rules.check(spec, system)
    return Loaded(spec, Findings.of(reader.findings), reader.sources)


def _assemble(folder: Path, single: dict[str, Any], many: dict[str, list[Any]], reader: _Reader) -> Spec:
    def merged(kind: str, attribute: str) -> tuple[Any, ...]:
        return tuple(sorted((item for part in many[kind] for item in getattr(part, attribute)), key=lambda item: item.id))

    schemes = {part.scheme for part in many["risk"]}
    if len(schemes) > 1:
        reader.findings.append(
            Diagnostic(
                rule="RSK205",
                severity=Severity.ERROR,
                location=Location(f"{folder.parent.name}/{folder.name}/risk", 0, 0),
                message=f"risk files name {len(schemes)} schemes: {', '.join(sorted(schemes))}",
                hint="one scheme a system; schemes are never mixed",
            )
        )
    return Spec(
        system=single["system.yaml"],
        plan=single["plan.yaml"],
        requirements=merged("urs", "requirements"),
        functions=merged("fs", "functions"),
        scheme=min(schemes),
        raters=tuple(sorted({r for part in many["risk"] for r in part.raters})),
        risks=merged("risk", "risks"),
        installation=single["installation.yaml"],
        environment="\n".join(part.environment for part in many["pq"]),
        scenarios=merged("pq", "scenarios"),
        oracles=merged("oracles", "oracles"),
        settings=single["protocol.yaml"],
        files=bound_files(folder),
        places=reader.places,
    )


def bound_files(folder: Path) -> dict[str, Digest]:
    """Path below the system's folder -> digest, for every file that the specification binds."""
    return {
        path.relative_to(folder).as_posix(): digest_file(path)
        for name in BOUND
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


class _Reader:
    """Reads files one by one and gathers what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.findings: list[Diagnostic] = []
        self.sources: dict[str, list[str]] = {}
        self.places: dict[str, Location] = {}
        self.broken = False

    def read(self, path: Path, model: type[M]) -> M | None:
        """One file as its model; None when it cannot be, with findings."""
        name = f"{self._root.name}/{path.relative_to(self._root).as_posix()}"
        try:
            data = path.read_bytes()
        except OSError as problem:
            self.missing(path, f"cannot be read: {problem.strerror}")
            return None
        marked, findings = load(data, name)
        self.findings += findings
        if marked is None:
            self.broken = True
            return None
        self.sources[name] = data.decode("utf-8-sig").split("\n")
        try:
            value = model.model_validate(marked.value)
        except ValidationError as problem:
            self.broken = True
            self.findings += [_finding(marked, model, e) for e in problem.errors(include_url=False)]
            return None
        self._remember(marked)
        if path.name in SINGLE:
            for key_path in marked.key_marks:
                if len(key_path) <= 2:  # noqa: PLR2004 - keys and their keys: protocol.routes.plan
                    self.places.setdefault(".".join(map(str, (path.stem, *key_path))), marked.key_at(key_path))
        return value

    def missing(self, path: Path, message: str) -> None:
        self.broken = True
        name = f"{self._root.name}/{path.relative_to(self._root).as_posix()}"
        self.findings.append(Diagnostic(rule="SPC001", severity=Severity.ERROR, location=Location(name, 0, 0), message=message))

    def unknown_files(self, folder: Path) -> None:
        """A file nobody reads is a requirement nobody tests."""
        for path in sorted(folder.rglob("*.y*ml")):
            parts = path.relative_to(folder).parts
            if (len(parts) == 1 and parts[0] in SINGLE) or (len(parts) == 2 and parts[0] in MANY) or parts[0] in BOUND:  # noqa: PLR2004
                continue
            name = f"{self._root.name}/{path.relative_to(self._root).as_posix()}"
            near = difflib.get_close_matches(parts[0], [*SINGLE, *MANY], n=1)
            self.findings.append(
                Diagnostic(
                    rule="SPC008",
                    severity=Severity.ERROR,
                    location=Location(name, 0, 0),
                    message="this file has no place in a specification and would be ignored",
                    hint=f"did you mean {near[0]}?" if near else "move it below data/ or remove it",
                )
            )

    def _remember(self, marked: Marked) -> None:
        """Where each id stands; a second one of the same id is a finding with both places."""
        for path, value in _ids(marked.value, ()):
            place = marked.at(path)
            if value in self.places and len(path) == 3:  # noqa: PLR2004 - (list, index, "id")
                first = self.places[value]
                self.findings.append(
                    Diagnostic(
                        rule="SPC006",
                        severity=Severity.ERROR,
                        location=place,
                        message=f"the id {value} is taken; first at {first.file}:{first.line}",
                        hint="ids are unique over the whole system and never reused",
                    )
                )
            self.places.setdefault(value, place)
            for key in ("title", "statement", "clauses", "criteria", "verification", "requirements", "implements", "covers"):
                if (*path[:-1], key) in marked.marks:
                    self.places.setdefault(f"{value}.{key}", marked.at((*path[:-1], key)))


def _ids(value: Any, path: Place) -> Iterator[tuple[Place, str]]:
    """Every top-level entry's id, and nested ids (criteria, items) as parent/child."""
    if not isinstance(value, dict):
        return
    for key, entries in value.items():
        if not isinstance(entries, list):
            continue
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                where = (*path, key, index, "id")
                yield where, entry["id"] if not path else f"{value['id']}/{entry['id']}"
                yield from _ids(entry, where[:-1])


_RULES = {
    "missing": ("SPC003", "this key is missing: {field}"),
    "extra_forbidden": ("SPC002", "unknown key {field!r}"),
    "literal_error": ("SPC004", "{input!r} is not one of: {expected}"),
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
}


def _finding(marked: Marked, model: type[BaseModel], error: ErrorDetails) -> Diagnostic:
    kind = error["type"]
    path = _known(marked, error["loc"]) if kind != "missing" else _known(marked, error["loc"][:-1])
    field_name = str(error["loc"][-1]) if error["loc"] else ""
    context = {**(error.get("ctx") or {}), "field": field_name, "input": _short(error.get("input"))}
    hint = ""
    if kind.startswith("TXT"):
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
        allowed = _keys(model, error["loc"][:-1])
        near = difflib.get_close_matches(field_name, allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        hint += f"allowed: {', '.join(allowed)}" if allowed else ""
        if error.get("input") == "" and not near:
            hint = "a comma inside { } begins a new key; put the text in quotes"
        if field_name in {"class", "priority", "risk_class", "risk_priority"}:
            hint = "class and priority are computed from the ratings; remove this key"
    elif kind == "literal_error":
        near = difflib.get_close_matches(str(error.get("input")), _quoted(str(context.get("expected", ""))), n=1)
        hint = f"did you mean {near[0]!r}?" if near else ""
    elif kind == "string_pattern_mismatch":
        hint = _PATTERN_HINTS.get(field_name, f"pattern: {context.get('pattern', '')}")
    return Diagnostic(rule=rule, severity=Severity.ERROR, location=location, message=message, hint=hint)


_PATTERN_HINTS = {
    "id": "ids of requirements, risks and functions look like URS-QC-014; names of parts like ac-1",
    "pattern": "name@version, for example audit-entry@1",
}


def _known(marked: Marked, loc: tuple[int | str, ...]) -> Place:
    """The part of an error's path that exists in the file (unions add steps of their own)."""
    path: Place = ()
    for part in loc:
        if (*path, part) in marked.marks or (*path, part) in marked.key_marks:
            path = (*path, part)
    return path


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at a place of a model."""
    current: Any = model
    for part in loc:
        if (
            isinstance(part, str)
            and isinstance(current, type)
            and issubclass(current, BaseModel)
            and part in current.model_fields
        ):
            current = _inner(current.model_fields[part].annotation)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _inner(annotation: Any) -> Any:
    """The model inside tuple[...], X | None and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _inner(argument)) is not None:
            return found
    return None


def _quoted(text: str) -> list[str]:
    return [part.strip("' ") for part in text.replace(" or ", ",").split(",")]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
