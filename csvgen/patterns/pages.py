"""The page of a pattern: what it shows, what it takes and finds, and its scripts as drafted from its example. Markdown, from the data alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from csvgen.patterns.bind import phrase, rows_of, wanted
from csvgen.patterns.catalogue import Pattern, Script, catalogue
from csvgen.patterns.faults import ROOMS, faults

_INTRODUCTION = """\
# Verification patterns

Made by `python scripts/make_pattern_pages.py` from `csvgen/patterns/data`; `csvgen explain NAME` shows one page.

A pattern turns the parameters of an acceptance criterion into scripts. It names the classes of input it tells apart, where the expected
value comes from, and the faults that a protocol made from it must detect. All examples are data of an example system.
"""


def page(pattern: Pattern) -> str:
    """Everything a person needs in order to choose a pattern and to fill in its parameters."""
    return "\n".join(_page(pattern)) + "\n"


def book() -> str:
    """The pages of all patterns, behind a list of them, and the faults before the end."""
    patterns = catalogue().values()
    parts = [_INTRODUCTION, *(f"- [{p.name}](#{_anchor(p.name, p.title)}) {p.title}: {_listed(p.clauses)}" for p in patterns), ""]
    parts += [page(p) for p in patterns]
    return "\n".join([*parts, "# Faults", "", *_faults(), ""])


def _anchor(name: str, title: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    kept = (c for c in f"{name}: {title}".lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _page(p: Pattern) -> Iterator[str]:
    yield from (f"## {p.name}: {p.title}", "", p.purpose, "")
    if p.help:
        yield from (f"When to use it: {p.help}", "")
    yield f"- Clauses: {_listed(p.clauses)}"
    yield f"- Ports of the target: {', '.join(p.ports)}"
    yield f"- Tested at every depth: {', '.join(p.floor) or 'what the depth policy asks for'}"
    if p.oracle:
        yield f"- Oracle: {p.oracle}"
    yield from ("", "### Parameters", "")
    yield from _parameters(p)
    yield from ("", "### Partitions", "")
    yield from (f"- {c.name} ({'valid' if c.valid == 'yes' else 'invalid'}): {c.what}" for c in p.partitions)
    yield from ("", "### Boundaries", "")
    yield from _boundaries(p)
    yield from ("", "### Faults it must detect", "")
    yield from (f"- {name}: {faults()[name].broken} Seen: {faults()[name].seen}" for name in p.faults)
    yield from ("", "### Criterion of the example", "", "```yaml", *criterion_lines(p), "```")
    yield from ("", "### Scripts drafted from the example", "", "```gherkin", *_scripts(p), "```", "")


def _listed(clauses: Sequence[str]) -> str:
    return ", ".join(clauses) or "none"


def _parameters(p: Pattern) -> Iterator[str]:
    if not p.parameters:
        yield "None: the pattern needs to be told nothing."
    for rule in p.parameters:
        kind = f"{rule.kind} with the columns {', '.join(rule.columns)}" if rule.columns else rule.kind
        optional = "" if rule.required == "yes" else ", may be left out"
        example = p.example.get(rule.name)
        shown = "" if example is None else f" Example: {_inline(example)}"
        yield f"- {rule.name} ({kind}{optional}): {rule.about}{shown}"


def _inline(value: Any) -> str:
    """An example in one line; of a table its first row."""
    match value:
        case str():
            return value
        case [Mapping() as row, *_]:
            return "; ".join(f"{k} {v}" for k, v in row.items())
        case _:
            return ", ".join(value)


def _boundaries(p: Pattern) -> Iterator[str]:
    found = [s for s in p.scripts if s.technique.startswith("boundary")]
    for script in found:
        yield f"- {script.title}: {phrase(script.why, p.example)}"
    if not found:
        yield p.absent.get("boundary", "None.")


def criterion_lines(p: Pattern) -> Iterator[str]:
    """The example as it stands in urs/*.yaml."""
    yield from ("- id: ac-1", f"  title: {p.title}", f"  pattern: {p.name}")
    if p.example:
        yield from ("  parameters:", *parameter_lines(p.example, "    "))


def parameter_lines(given: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Parameters as YAML: every text in quotes, a row of a table on one line."""
    for name, value in given.items():
        match value:
            case str():
                yield f"{indent}{name}: {_quoted(value)}"
            case [Mapping(), *_]:
                yield f"{indent}{name}:"
                yield from (f"{indent}  - {row_line(row)}" for row in value)
            case _:
                yield f"{indent}{name}: [{', '.join(_quoted(v) for v in value)}]"


def row_line(row: Mapping[str, str]) -> str:
    """A row of a table on one line of YAML."""
    return f"{{{', '.join(f'{_key(k)}: {_quoted(v)}' for k, v in row.items())}}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _key(name: str) -> str:
    return _quoted(name) if name in {"y", "n", "yes", "no", "on", "off"} else name


def _scripts(p: Pattern) -> Iterator[str]:
    first = True
    for script in p.scripts:
        if wanted(script, p.example) and (rows := rows_of(script, p.example)):
            yield from () if first else ("",)
            yield from _outline(p, script, rows)
            first = False


def _outline(p: Pattern, script: Script, rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    yield f"# {script.technique}: {phrase(script.why, p.example)}"
    yield f"Scenario Outline: <tc> {script.title}"
    yield from (f"  {phrase(step, p.example)}" for step in script.steps)
    table = [["tc", *script.columns], *(["TC-...", *(row[c].replace("|", "\\|") for c in script.columns)] for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    yield "  Examples:"
    yield from (f"    | {' | '.join(v.ljust(w) for v, w in zip(row, widths, strict=True))} |" for row in table)


def _faults() -> Iterator[str]:
    """All faults, room by room, each with the patterns that must detect it."""
    demanded = {name: [p.name for p in catalogue().values() if name in p.faults] for name in faults()}
    for room in ROOMS:
        listed = [f for f in faults().values() if f.room == room]
        if listed:
            yield from (f"## {room}", "")
            yield from (f"- {f.name}: {f.broken} Seen: {f.seen} ({', '.join(demanded[f.name])})" for f in listed)
            yield ""
