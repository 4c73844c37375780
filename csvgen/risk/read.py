"""A scheme file -> Scheme, or findings with their places. The schemes that come with csvgen go the same way as a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from csvgen.diagnostics import Diagnostic, Severity
from csvgen.marks import Marked, Path, load
from csvgen.model.scheme import FirstSchemeFile, Scheme, SchemeFile
from csvgen.risk.check import Problem, scheme_problems

RULE = "RSK208"
"""The rule of every finding here that is not about YAML or hidden characters."""
_FIRST = "csvgen.risk-scheme/1"


def shipped() -> Mapping[str, Traversable]:
    """Name -> file of the schemes that come with csvgen."""
    folder = resources.files("csvgen.risk").joinpath("schemes")
    return {p.name.removesuffix(".yaml"): p for p in sorted(folder.iterdir(), key=lambda p: p.name)}


def read_scheme(data: bytes, file: str) -> tuple[Scheme | None, list[Diagnostic]]:
    """A scheme of a project, from the bytes of ``schemes/<name>.yaml``; `file` is that path, and its name is the scheme's.

    None with findings when it is not well formed, or has a hole, gap or overlap, or lets a worse rating lower the priority, or
    takes the name of a scheme that comes with csvgen: under one name a reader must find one table.
    """
    found, marked, findings = _read(data, file)
    if found is None or marked is None:
        return None, findings
    problems = []
    if found.id in shipped():
        hint = "give it a name and a version of its own"
        problems.append(Problem(("id",), f"{found.id} is the name of a scheme that comes with csvgen", hint))
    if found.id != PurePath(file).stem:
        problems.append(Problem(("id",), f"the file is {PurePath(file).name} but the scheme calls itself {found.id}"))
    return (None if problems else found), [_diagnostic(marked, p) for p in problems]


def read_shipped(data: bytes, file: str) -> tuple[Scheme | None, list[Diagnostic]]:
    """A scheme that comes with csvgen: the same checks, but for its name."""
    found, _, findings = _read(data, file)
    return found, findings


def _read(data: bytes, file: str) -> tuple[Scheme | None, Marked | None, list[Diagnostic]]:
    marked, findings = load(data, file)
    if marked is None:
        return None, None, findings
    raw, model = marked.value, SchemeFile
    first = isinstance(raw, dict) and raw.get("format") == _FIRST
    try:
        if first:
            words = {("class_" if key == "class" else key): value for key, value in raw.items()}
            found = FirstSchemeFile.model_validate(words).scheme
        else:
            found = model.model_validate(raw).scheme
    except ValidationError as problem:
        return None, marked, [_malformed(marked, e) for e in problem.errors(include_url=False)]
    problems = [_diagnostic(marked, p, first=first) for p in scheme_problems(found)]
    return (None if problems else found), marked, problems


def _diagnostic(marked: Marked, problem: Problem, *, first: bool = False) -> Diagnostic:
    path = _in_first(problem.path) if first else problem.path
    return Diagnostic(rule=RULE, severity=Severity.ERROR, location=marked.at(path), message=problem.message, hint=problem.hint)


def _in_first(path: Path) -> Path:
    """Where a place of the noun stands in a file of the first form."""
    match path:
        case ("computation", "classes", *rest):
            return ("class", *rest)
        case ("computation" | "scales", *rest):
            return tuple(rest)
        case _:
            return path


def _malformed(marked: Marked, error: ErrorDetails) -> Diagnostic:
    loc = tuple("class" if part == "class_" else part for part in error["loc"])
    key = str(loc[-1]) if loc else "the file"
    context: dict[str, Any] = error.get("ctx") or {}
    message, hint, where = error["msg"], "", marked.at(marked.known(loc))
    match error["type"]:
        case "missing":
            message = f"this key is missing: {key}"
        case "extra_forbidden":
            message, where = f"unknown key {key!r}", marked.key_at(marked.known(loc))
        case "literal_error":
            message, hint = f"{error['input']!r} has no place here", f"allowed: {context['expected']}"
        case "union_tag_invalid":
            message, hint = f"there is no computation {context['tag']!r}", f"allowed: {context['expected_tags']}"
        case "too_short" | "too_long":
            message = f"{key} has {context['actual_length']} entries; at least 2 grades or 1 band, at most 10 grades or 20 bands"
        case "tuple_type" | "mapping_type" | "dict_type" | "model_type" | "model_attributes_type":
            message = f"{key} must be {'a list' if error['type'] == 'tuple_type' else 'keys with values'}"
        case "string_pattern_mismatch":
            message = f"{error['input']!r} does not have the form of {key}"
        case "string_too_long":
            message = f"{key} is longer than {context['max_length']} characters"
    rule = error["type"] if error["type"].startswith("TXT") else RULE
    return Diagnostic(rule=rule, severity=Severity.ERROR, location=where, message=message, hint=hint)
