"""A pattern bound to the parameters of a criterion: what is wrong with them, and the rows each script gets."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from csvgen.errors import BadInput, CsvgenError
from csvgen.model.base import PLACEHOLDER, hazard
from csvgen.patterns.catalogue import ParameterRule, Pattern, Script, catalogue
from csvgen.patterns.machine import MACHINES
from csvgen.patterns.rows import GENERATORS, Row, decimal
from csvgen.patterns.tables import Strength, combined, faults_of

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

IQ_PATTERNS: Mapping[str, str] = {
    "component": "installed-component@1",
    "package": "installed-package@1",
    "configuration": "configuration-value@1",
    "time-source": "time-source@1",
    "storage": "storage-protection@1",
    "platform": "platform-state@1",
}
"""Kind of a baseline item -> the pattern that compares it."""


@cache
def _phrases() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@lru_cache(maxsize=1024)
def _compiled(step: str) -> Template:
    return _phrases().from_string(step)


def find(name: str) -> Pattern:
    """Raises BadInput naming the patterns there are."""
    known = catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise BadInput(f"there is no pattern {name!r}", hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}")
    return known[name]


def problems(pattern: Pattern, given: Mapping[str, Any], oracles: Collection[str], files: Collection[str]) -> Iterator[str]:
    """Every way in which the parameters of a criterion do not fit its pattern. What is still to be written is judged when it is."""
    found = list(_parameter_problems(pattern, given, oracles, files))
    yield from found or (() if _unwritten(given) else _row_problems(pattern, given))


def _parameter_problems(
    pattern: Pattern, given: Mapping[str, Any], oracles: Collection[str], files: Collection[str]
) -> Iterator[str]:
    rules = {p.name: p for p in pattern.parameters}
    for name in given:
        if name not in rules:
            near = difflib.get_close_matches(name, rules, n=1)
            yield f"{pattern.name} has no parameter {name!r}" + (
                f"; did you mean {near[0]!r}?" if near else f"; it has: {', '.join(rules)}"
            )
    for name, rule in rules.items():
        if name not in given:
            if rule.required == "yes":
                yield f"{pattern.name} needs the parameter {name!r}: {rule.about}"
            continue
        if not _unwritten(given[name]):
            yield from _value_problems(rule, given[name], oracles, files)


def _unwritten(value: Any) -> bool:
    """Whether a text in it is still to be written: the placeholder is a finding of its own (URS110)."""
    return PLACEHOLDER in set(_texts(value))


def _row_problems(pattern: Pattern, given: Mapping[str, Any]) -> Iterator[str]:
    """Rows that cannot be worked out, and rows that are the same case twice: permanent ids hang on the key columns."""
    told: set[str] = set()  # scripts that share a table share its faults
    for script in (s for s in pattern.scripts if wanted(s, given)):
        if script.factors:
            found = set(faults_of(script, given)) - told
            told |= found
            yield from sorted(found)
            continue
        try:
            keys = [tuple(row[name] for name in script.key) for row in rows_of(script, given)]
        except BadInput as problem:
            yield problem.message
            return
        if twice := [key for key, count in Counter(keys).items() if count > 1]:
            yield f"{pattern.name} {script.id}: two rows have the same {' and '.join(script.key)}: {', '.join(twice[0])}"


def _value_problems(rule: ParameterRule, value: Any, oracles: Collection[str], files: Collection[str]) -> Iterator[str]:
    match rule.kind:
        case "text" | "decimal" | "oracle" | "file" if not isinstance(value, str):
            yield f"the parameter {rule.name!r} must be one text"
        case "decimal":
            yield from _decimal_problems(rule, value)
        case "oracle" if value not in oracles:
            yield f"the parameter {rule.name!r} names the oracle {value!r}, which is not under oracles/"
        case "file" if f"data/{value}" not in files:
            yield f"the parameter {rule.name!r} names the file {value!r}, which is not under data/"
        case "list" if not (isinstance(value, tuple) and value and all(isinstance(v, str) for v in value)):
            yield f"the parameter {rule.name!r} must be a list of texts"
        case "table":
            yield from _table_problems(rule, value, oracles, files)
        case "constraints" | "rules":
            yield from _partial_problems(rule, value)
    for text in _texts(value):
        if found := unfit(text):
            yield f"the parameter {rule.name!r} holds {text!r}; {found}"


def _decimal_problems(rule: ParameterRule, value: str) -> Iterator[str]:
    try:
        decimal(value, rule.name)
    except BadInput as problem:
        yield problem.message


def unfit(text: str) -> str:
    """Why a value cannot stand in a step or a table as it is, or an empty string.

    A quotation mark would end the argument it stands in, angle brackets name a column, and a table drops outer blanks.
    """
    if found := hazard(text, newline=False):
        return f"{found} cannot stand in a Gherkin step"
    if text != text.strip():
        return "blanks at its ends would be lost in a Gherkin table"
    return "<, > and quotation marks cannot stand in a Gherkin step" if any(c in text for c in '<>"') else ""


def _table_problems(rule: ParameterRule, value: Any, oracles: Collection[str], files: Collection[str]) -> Iterator[str]:
    if not (isinstance(value, tuple) and value and all(isinstance(v, Mapping) for v in value)):
        yield f"the parameter {rule.name!r} must be a table: a list of rows with the keys {', '.join(rule.columns)}"
        return
    for number, row in enumerate(value, 1):
        if set(row) != set(rule.columns):
            yield f"row {number} of {rule.name!r} has the keys {', '.join(row)}; it needs {', '.join(rule.columns)}"
        elif "file" in row and f"data/{row['file']}" not in files:
            yield f"row {number} of {rule.name!r} names the file {row['file']!r}, which is not under data/"
        elif "oracle" in row and row["oracle"] not in oracles:
            yield f"row {number} of {rule.name!r} names the oracle {row['oracle']!r}, which is not under oracles/"


def _partial_problems(rule: ParameterRule, value: Any) -> Iterator[str]:
    """Constraints and rules: rows with some of the columns. A constraint says which it is, what it forbids, and why."""
    if not (isinstance(value, tuple) and value and all(isinstance(v, Mapping) for v in value)):
        yield f"the parameter {rule.name!r} must be a list of rows with some of the keys {', '.join(rule.columns)}"
        return
    said = {"id", "reason"} if rule.kind == "constraints" else set()
    for number, row in enumerate(value, 1):
        if lost := sorted(said - set(row)):
            yield f"row {number} of {rule.name!r} has no {lost[0]}"
        elif strange := sorted(set(row) - {"id", "reason"} - set(rule.columns)):
            yield f"row {number} of {rule.name!r} has the key {strange[0]!r}; it may have {', '.join(rule.columns)}"
        elif not set(row) - {"id", "reason"}:
            yield f"row {number} of {rule.name!r} names no column"


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
    """The rows of a script, worked out from the parameters. A script without rows has one empty row.

    Factors are combined in pairs, as an example of them; how a protocol combines them is for its depth policy.
    """
    if script.factors:
        return chosen(script, combined(script, given, Strength()).rows)
    if script.generator is not None and script.generator in MACHINES:
        rows = MACHINES[script.generator](given)
    elif script.generator is not None:
        rows = GENERATORS[script.generator]({k: v for k, v in given.items() if isinstance(v, str)})
    elif script.rows is not None:
        value = given.get(script.rows, ())
        rows = tuple(r if isinstance(r, Mapping) else {script.rows: r} for r in value)
    else:
        return ({},)
    return chosen(script, rows)


def chosen(script: Script, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows that a script wants of a table that several share."""
    return tuple(r for r in rows if all(r.get(k) == v for k, v in script.when.items()))


def wanted(script: Script, given: Mapping[str, Any]) -> bool:
    """Whether a script takes part, given which optional parameters are there."""
    return (script.needs is None or script.needs in given) and (script.unless is None or script.unless not in given)


def phrase(step: str, given: Mapping[str, Any]) -> str:
    """A step phrase with its ``{{ parameters }}`` filled in. Columns (``<name>``) stay for Gherkin."""
    from jinja2 import TemplateError

    if "{" not in step:
        return step  # most are plain text, and compiling takes longer than all else that drafting does
    try:
        return _compiled(step).render({k.replace("-", "_"): v for k, v in given.items()})
    except TemplateError as problem:
        raise CsvgenError(f"step phrase {step!r} cannot be filled: {problem}") from None
