"""A pattern bound to the parameters of a criterion: what is wrong with them, and the rows each script gets."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from csvgen.errors import BadInput, CsvgenError
from csvgen.patterns.catalogue import ParameterRule, Pattern, Script, catalogue
from csvgen.patterns.rows import GENERATORS, Row, decimal

_PHRASES = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - step text is not HTML


def find(name: str) -> Pattern:
    """Raises BadInput naming the patterns there are."""
    known = catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise BadInput(f"there is no pattern {name!r}", hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}")
    return known[name]


def problems(pattern: Pattern, given: Mapping[str, Any], oracles: Collection[str], files: Collection[str]) -> Iterator[str]:
    """Every way in which the parameters of a criterion do not fit its pattern."""
    rules = {p.name: p for p in pattern.parameters}
    for name in given:
        if name not in rules:
            near = difflib.get_close_matches(name, rules, n=1)
            yield f"{pattern.name} has no parameter {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; it has: {', '.join(rules)}")
    for name, rule in rules.items():
        if name not in given:
            if rule.required == "yes":
                yield f"{pattern.name} needs the parameter {name!r}: {rule.about}"
            continue
        yield from _value_problems(rule, given[name], oracles, files)


def _value_problems(rule: ParameterRule, value: Any, oracles: Collection[str], files: Collection[str]) -> Iterator[str]:
    match rule.kind:
        case "text" | "decimal" | "oracle" | "file" if not isinstance(value, str):
            yield f"the parameter {rule.name!r} must be one text"
        case "decimal":
            try:
                decimal(value, rule.name)
            except BadInput as problem:
                yield problem.message
        case "oracle" if value not in oracles:
            yield f"the parameter {rule.name!r} names the oracle {value!r}, which is not under oracles/"
        case "file" if f"data/{value}" not in files:
            yield f"the parameter {rule.name!r} names the file {value!r}, which is not under data/"
        case "list" if not (isinstance(value, tuple) and value and all(isinstance(v, str) for v in value)):
            yield f"the parameter {rule.name!r} must be a list of texts"
        case "table":
            yield from _table_problems(rule, value, files)
    for text in _texts(value):
        if any(c in text for c in "<>\n\r"):
            yield f"the parameter {rule.name!r} holds {text!r}; <, > and line breaks cannot stand in a Gherkin step"


def _table_problems(rule: ParameterRule, value: Any, files: Collection[str]) -> Iterator[str]:
    if not (isinstance(value, tuple) and value and all(isinstance(v, Mapping) for v in value)):
        yield f"the parameter {rule.name!r} must be a table: a list of rows with the keys {', '.join(rule.columns)}"
        return
    for number, row in enumerate(value, 1):
        if set(row) != set(rule.columns):
            yield f"row {number} of {rule.name!r} has the keys {', '.join(row)}; it needs {', '.join(rule.columns)}"
        elif "file" in row and f"data/{row['file']}" not in files:
            yield f"row {number} of {rule.name!r} names the file {row['file']!r}, which is not under data/"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _texts(part)


def rows_of(script: Script, given: Mapping[str, Any]) -> tuple[Row, ...]:
    """The rows of a script, worked out from the parameters. A script without rows has one empty row."""
    if script.generator is not None:
        rows = GENERATORS[script.generator]({k: v for k, v in given.items() if isinstance(v, str)})
    elif script.rows is not None:
        value = given.get(script.rows, ())
        rows = tuple(r if isinstance(r, Mapping) else {script.rows: r} for r in value)
    else:
        return ({},)
    return tuple(r for r in rows if all(r.get(k) == v for k, v in script.when.items()))


def wanted(script: Script, given: Mapping[str, Any]) -> bool:
    """Whether a script takes part, given which optional parameters are there."""
    return (script.needs is None or script.needs in given) and (script.unless is None or script.unless not in given)


def phrase(step: str, given: Mapping[str, Any]) -> str:
    """A step phrase with its ``{{ parameters }}`` filled in. Columns (``<name>``) stay for Gherkin."""
    try:
        return _PHRASES.from_string(step).render({k.replace("-", "_"): v for k, v in given.items()})
    except TemplateError as problem:
        raise CsvgenError(f"step phrase {step!r} cannot be filled: {problem}") from None
