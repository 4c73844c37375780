"""Findings as people and machines want them: text with a caret, concise lines, JSON, GitHub annotations, SARIF 2.1.0, JUnit XML.

All take the same values and none of them judges anything.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree as ET

from csvgen import __version__
from csvgen.diagnostics import Diagnostic, Severity, one_line

Title = Callable[[str], str]
"""Code of a rule -> what it is about, in one line."""


_SHOWN = 160
"""Characters of a line that are shown."""


def render_text(items: Sequence[Diagnostic], sources: Mapping[str, Sequence[str]] | None = None) -> str:
    """``file:line:col: severity RULE message``, the line with a caret when `sources` holds it, and the hint."""
    lines: list[str] = []
    for d in items:
        lines.append(_head(d))
        source = (sources or {}).get(d.location.file, ())
        if 0 < d.location.line <= len(source):
            text, blanks = _pointed(source[d.location.line - 1], max(d.location.column, 1))
            lines.append(f"  {d.location.line:>5} | {text}")
            lines.append(f"        | {' ' * blanks}^")
        if d.hint:
            lines.append(f"        = hint: {one_line(d.hint)}")
    return "\n".join(lines)


def render_concise(items: Sequence[Diagnostic]) -> str:
    """One line a finding, its hint at the end."""
    return "\n".join(_head(d) + (f" | hint: {one_line(d.hint)}" if d.hint else "") for d in items)


def _head(d: Diagnostic) -> str:
    return f"{one_line(str(d.location))}: {d.severity} {d.rule} {one_line(d.message)}"


def _pointed(line: str, column: int) -> tuple[str, int]:
    """A line as it is shown, and the cells left of what stands at `column`. Of a long line the part around that place is shown."""
    begin = 0 if column <= _SHOWN - 40 else column - _SHOWN // 2
    part = line.rstrip("\r")[begin : begin + _SHOWN].replace("\t", " ")
    return one_line(part), sum(map(_cells, one_line(part[: column - 1 - begin])))


def _cells(char: str) -> int:
    """Width of a printable character on a terminal."""
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def render_github(items: Sequence[Diagnostic]) -> str:
    """GitHub Actions workflow commands; a file name or message cannot end its field or begin a command of its own."""
    kind = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}

    def escaped(text: str) -> str:
        return one_line(text).replace("%", "%25")

    def name(text: str) -> str:
        return escaped(text).replace(":", "%3A").replace(",", "%2C")

    return "\n".join(
        f"::{kind[d.severity]} file={name(d.location.file)},"
        + (f"line={d.location.line},col={d.location.column}," if d.location.line else "")
        + f"title={d.rule}::{escaped(d.message + (' | hint: ' + d.hint if d.hint else ''))}"
        for d in items
    )


def as_json(items: Sequence[Diagnostic]) -> list[dict[str, object]]:
    return [
        {
            "rule": d.rule,
            "about": d.about,
            "severity": str(d.severity),
            "file": d.location.file,
            "line": d.location.line,
            "column": d.location.column,
            "message": d.message,
            "hint": d.hint,
        }
        for d in items
    ]


def render_json(items: Sequence[Diagnostic]) -> str:
    return json_text(as_json(items))


def json_text(value: object) -> str:
    """JSON that no terminal acts upon: a character that cannot be seen stands as its number, also half of a pair in a file name."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render_sarif(items: Sequence[Diagnostic], aside: Sequence[tuple[Diagnostic, str]], title: Title) -> str:
    """SARIF 2.1.0 (OASIS), as code scanning services read it; what was set aside is there with its reason. Lines and columns count from 1, columns in code points."""
    everything = [*((d, None) for d in items), *aside]
    codes = sorted({d.rule for d, _ in everything})
    rules = [
        {"id": code, "shortDescription": {"text": title(code)}, "help": {"text": f"csvgen explain {code}"}} for code in codes
    ]
    results = [
        {
            "ruleId": d.rule,
            "ruleIndex": codes.index(d.rule),
            "level": _SARIF_LEVEL[d.severity],
            "message": {"text": d.message + (f" Hint: {d.hint}" if d.hint else "")},
            "locations": [{"physicalLocation": _sarif_place(d)}],
            "partialFingerprints": {"about/v1": f"{d.rule}:{d.about or d.location.file}"},
            **({"suppressions": [{"kind": "external", "status": "accepted", "justification": reason}]} if reason else {}),
        }
        for d, reason in everything
    ]
    run = {
        "tool": {"driver": {"name": "csvgen", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json_text({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _sarif_place(d: Diagnostic) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(d.location.file)}}
    if d.location.line:
        place["region"] = {"startLine": d.location.line, "startColumn": max(d.location.column, 1)}
    return place


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path))


def render_junit(items: Sequence[Diagnostic], files: Sequence[str], *, strict: bool = False) -> str:
    """JUnit XML: one suite a file, one case a finding; a file without findings is one case that passed.

    Errors fail, and with `strict` warnings too: what fails here is what makes the command fail. The others say their words and pass.
    """
    failing = {Severity.ERROR, *((Severity.WARNING,) if strict else ())}
    root = ET.Element("testsuites", name="csvgen check")
    for file in sorted({*files, *(d.location.file for d in items)}):
        found = [d for d in items if d.location.file == file]
        failed = sum(d.severity in failing for d in found)
        suite = ET.SubElement(
            root, "testsuite", name=one_line(file), tests=str(max(len(found), 1)), failures=str(failed), errors="0", skipped="0"
        )
        for d in found:
            name = f"{d.rule} {d.location.line}:{d.location.column} {d.message}"
            case = ET.SubElement(suite, "testcase", classname=one_line(file), name=one_line(name))
            if d.severity not in failing:
                ET.SubElement(case, "system-out").text = one_line(f"{d.location}: {d.severity} {d.rule} {d.message}")
            else:
                failure = ET.SubElement(case, "failure", type=str(d.severity), message=one_line(d.message))
                failure.text = one_line(
                    f"{d.location}: {d.severity} {d.rule} {d.message}" + (f" Hint: {d.hint}" if d.hint else "")
                )
        if not found:
            ET.SubElement(suite, "testcase", classname=one_line(file), name="no findings")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)
