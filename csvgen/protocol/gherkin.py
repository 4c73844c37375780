"""Gherkin in: a feature file as test cases, with everything that would make a runner lie as a finding.

The reference parser reads the file; its pickles are the cases. Findings (PRT4xx) cover what a runner would pass over in
silence: an outline without rows, a placeholder nobody fills, a scenario without steps, two cases with one id, a case that
looks at nothing.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, cast

from csvgen.canonical import digest_bytes
from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.model.base import PHASES, Level, Phase
from csvgen.model.protocol import TECHNIQUES, Feature, Keyword, Step, TestCase

TC = re.compile(r"(TC-(?:IQ|OQ|PQ)-\d{4,})(?:\s+(.*))?", re.DOTALL)
_HEADER = re.compile(r"# csvgen: (generated from \S+; change the specification, not this file|fingerprint (\S+)|body (\S+))")
_PLACEHOLDER = re.compile(r"<[^<>\n]+>")
_KEYWORDS: dict[str, Keyword] = {"Context": "Given", "Action": "When", "Outcome": "Then"}
_WIDTH = 110
"""Width of prose in a feature file, for reading it side by side with its difference."""


def header(system: str, fingerprint: str, body: str) -> str:
    """The three comment lines above a generated body."""
    return (
        f"# csvgen: generated from requirements_specs/{system}; change the specification, not this file\n"
        f"# csvgen: fingerprint {fingerprint}\n"
        f"# csvgen: body {digest_bytes(body.encode('utf-8'))}\n"
    )


def split_header(text: str) -> tuple[str, str, str]:
    """Fingerprint, stated body digest and body of a generated file; two empty strings and the text for a hand-written one."""
    lines = text.split("\n", 3)
    matches = [_HEADER.fullmatch(line) for line in lines[:3]]
    if len(lines) < 4 or not all(matches):  # noqa: PLR2004 - three header lines and a body
        return "", "", text
    return str(cast("re.Match[str]", matches[1])[2]), str(cast("re.Match[str]", matches[2])[3]), lines[3]


def read_feature(text: str, path: str) -> tuple[Feature | None, list[Diagnostic]]:
    """One feature file. Returns None with findings when it is not Gherkin at all."""
    feature, findings = _read(text, path)
    return feature, list(findings)


@lru_cache(maxsize=4096)
def _read(text: str, path: str) -> tuple[Feature | None, tuple[Diagnostic, ...]]:
    """What is drafted now is most often what lies there: the same text is parsed once."""
    from gherkin.errors import CompositeParserException, ParserError
    from gherkin.pickles.compiler import Compiler

    findings: list[Diagnostic] = []

    def found(rule: str, line: int, message: str, hint: str = "") -> None:
        place = Location(path, line, 1)
        findings.append(Diagnostic(rule=rule, severity=Severity.ERROR, location=place, message=message, hint=hint))

    try:
        document = cast("dict[str, Any]", _parser()().parse(text))
    except (ParserError, CompositeParserException) as problem:
        errors = getattr(problem, "errors", [problem])
        for error in errors:
            place = getattr(error, "location", {}) or {}
            found("PRT410", int(place.get("line", 1)), f"not Gherkin: {str(error).split(': ', 1)[-1]}")
        return None, tuple(findings)
    if not document.get("feature"):
        found("PRT410", 1, "there is no Feature in this file")
        return None, tuple(findings)
    document["uri"] = path
    nodes = _Nodes(document["feature"])
    for scenario in nodes.scenarios:
        _check_scenario(scenario, found)
    pickles = cast("list[dict[str, Any]]", Compiler().compile(cast("Any", document)))
    cases = tuple(_case(pickle, nodes, path, found) for pickle in pickles)
    fingerprint, _, _ = split_header(text)
    phase = next((t for t in nodes.tags if t in PHASES), None)
    if phase is None:
        found("PRT411", 1, "the feature has no phase tag", "add @IQ, @OQ or @PQ above Feature")
    feature = Feature(
        path=path,
        phase=cast("Phase", phase or "OQ"),
        title=document["feature"]["name"],
        fingerprint=fingerprint,
        text=text,
        cases=tuple(c for c in cases if c is not None),
    )
    return feature, tuple(findings)


@cache
def _parser() -> Any:
    """The class of the reference parser, without what it does again for each line: a table of its fifty states, and a guard around questions
    that cannot fail. Tags, the language and the end of a rule can, and stay guarded.
    """
    from gherkin.parser import Parser

    class ByName(Parser):
        def start_rule(self, _context: Any, rule_type: str) -> None:
            self.ast_builder.start_rule(rule_type)

        def build(self, _context: Any, token: Any) -> None:
            self.ast_builder.build(token)

        def match_token(self, state: int, token: Any, context: Any) -> int:
            there = getattr(self, f"match_token_at_{state}", None)
            return cast("int", there(token, context) if there is not None else super().match_token(state, token, context))

    def asking(name: str) -> Any:
        def match(_self: Any, context: Any, token: Any) -> bool:
            return not token.eof() and bool(getattr(context.token_matcher, name)(token))

        return match

    for kind in _SURE:
        setattr(ByName, f"match_{kind}", asking(f"match_{kind}"))
    return ByName


_SURE = (
    "FeatureLine", "RuleLine", "BackgroundLine", "ScenarioLine", "ExamplesLine", "StepLine", "TableRow", "DocStringSeparator", "Comment",
    "Empty", "Other",
)  # fmt: skip
"""What a line may be, where asking raises nothing: whether it begins with a word or a sign."""


class _Nodes:
    """The nodes of a feature by id, with the rule each scenario stands under."""

    def __init__(self, feature: dict[str, Any]) -> None:
        self.tags = [t["name"].lstrip("@") for t in feature["tags"]]
        self.scenarios: list[dict[str, Any]] = []
        self.by_id: dict[str, dict[str, Any]] = {}
        self.rule_of: dict[str, str] = {}
        self.examples_of: dict[str, dict[str, Any]] = {}
        self._walk(feature["children"], "")

    def _walk(self, children: list[dict[str, Any]], rule: str) -> None:
        for child in children:
            if "rule" in child:
                self._walk(child["rule"]["children"], child["rule"]["name"])
            elif "background" in child:
                for step in child["background"]["steps"]:
                    self.by_id[step["id"]] = step
            elif "scenario" in child:
                scenario = child["scenario"]
                self.scenarios.append(scenario)
                self.by_id[scenario["id"]] = scenario
                self.rule_of[scenario["id"]] = rule
                for step in scenario["steps"]:
                    self.by_id[step["id"]] = step
                for examples in scenario["examples"]:
                    for row in examples.get("tableBody", []):
                        self.by_id[row["id"]] = row
                        self.examples_of[row["id"]] = examples


def _check_scenario(scenario: dict[str, Any], found: Any) -> None:
    line = scenario["location"]["line"]
    if not scenario["steps"]:
        found("PRT412", line, "a scenario without steps shows nothing, and a runner would call it passed")
    rows = [row for examples in scenario["examples"] for row in examples.get("tableBody", [])]
    outline = bool(scenario["examples"]) or "Outline" in scenario["keyword"] or "Template" in scenario["keyword"]
    if outline and not rows:
        found("PRT413", line, "an outline without rows runs nothing, or once with raw placeholders", "add a row to Examples")


def _case(pickle: dict[str, Any], nodes: _Nodes, path: str, found: Any) -> TestCase | None:
    scenario = nodes.by_id[pickle["astNodeIds"][0]]
    row = nodes.by_id.get(pickle["astNodeIds"][1]) if len(pickle["astNodeIds"]) > 1 else None
    line = (row or scenario)["location"]["line"]
    match = TC.fullmatch(pickle["name"])
    if match is None:
        found("PRT414", line, f"the case {pickle['name']!r} has no permanent id", "begin its name with TC-OQ-0001 (or <tc>)")
        return None
    tags = tuple(sorted({t["name"].lstrip("@") for t in pickle["tags"]}))
    steps = tuple(_steps(pickle, nodes))
    for step in steps:
        if left := _PLACEHOLDER.search(" ".join((step.text, step.doc, *(cell for r in step.table for cell in r)))):
            found("PRT415", step.line, f"the placeholder {left[0]} is filled by no column", "correct the name or add the column")
    if steps and not any(s.keyword == "Then" for s in steps):
        found("PRT416", line, f"{match[1]} has no Then: it looks at nothing and could not fail")
    examples = nodes.examples_of.get(row["id"]) if row else None
    return TestCase(
        id=match[1],
        title=(match[2] or "").strip(),
        phase=cast("Phase", next((t for t in tags if t in PHASES), "OQ")),
        requirements=tuple(t for t in tags if t.startswith("URS-")),
        risks=tuple(t for t in tags if t.startswith("RA-")),
        priority=cast("Level", next((t.removeprefix("risk-") for t in tags if t.startswith("risk-")), "low")),
        technique=next((t for t in TECHNIQUES if t in tags), "positive"),
        rule=nodes.rule_of.get(scenario["id"], ""),
        why=(examples or {}).get("name", ""),
        ports=tuple(t.removeprefix("needs-") for t in tags if t.startswith("needs-")),
        tags=tags,
        steps=steps,
        feature=path,
        line=line,
    )


def _steps(pickle: dict[str, Any], nodes: _Nodes) -> Iterator[Step]:
    keyword: Keyword = "Given"
    for step in pickle["steps"]:
        keyword = _KEYWORDS.get(step.get("type", ""), keyword)
        argument = step.get("argument") or {}
        table = tuple(tuple(c["value"] for c in r["cells"]) for r in (argument.get("dataTable") or {}).get("rows", ()))
        yield Step(
            keyword=keyword,
            text=step["text"],
            table=table,
            doc=(argument.get("docString") or {}).get("content", ""),
            line=nodes.by_id[step["astNodeIds"][0]]["location"]["line"],
        )


def cell(text: str) -> str:
    """A value as a table cell: backslash, bar and line break escaped, so that the parser gives it back unchanged."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "\\n")


def prose(label: str, text: str) -> list[str]:
    """Text of unknown content as description lines that no parser takes for a keyword, tag, table or comment."""
    words = f"{label}: {' '.join(text.split())}"
    first, *rest = textwrap.wrap(words, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [first, *(f"> {line}" for line in rest)]
