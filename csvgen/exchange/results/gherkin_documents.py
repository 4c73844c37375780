"""Features and pickles of a run, by the reference parser: real feature files where their wording was executed, and one made from the record for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from csvgen.diagnostics import one_line
from csvgen.errors import NotIntact
from csvgen.exchange.results.copied import AS_RECORDED, Case, Copy, clean
from csvgen.model.execution import StepResult
from csvgen.protocol.gherkin import TC

MEDIA_TYPE = "text/x.cucumber.gherkin+plain"
NO_STEP = "no step of this case was recorded"
_KEYWORDS = ("Given", "When", "Then")


@dataclass(frozen=True)
class Document:
    """A feature file as source, tree and pickles."""

    uri: str
    text: str
    tree: Mapping[str, Any]
    pickles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Case -> pickle; only cases of the run."""


def documents(copy: Copy) -> Iterator[Document]:
    """Every feature file that holds executed wording, in order of their paths; at the end what stands in none."""
    ids = _Ids()
    of_feature: dict[str, set[str]] = {}
    rest: list[Case] = []
    for case in copy.cases:
        if case.feature in copy.features:
            of_feature.setdefault(case.feature, set()).add(case.id)
        else:
            rest.append(case)
    for path in sorted(of_feature):
        tree, pickles = _compiled(copy.features[path], path, ids)
        named = ((TC.fullmatch(p["name"]), p) for p in pickles)
        found = {m[1]: p for m, p in named if m is not None and m[1] in of_feature[path]}
        yield Document(path, copy.features[path], tree, found)
    if rest:
        uri, text = f"as-recorded/{copy.run}.feature", _recorded(copy, rest)
        tree, pickles = _compiled(text, uri, ids)
        if len(pickles) != len(rest):
            raise NotIntact("the cases of this run cannot be told as Gherkin", where=str(copy.folder))
        yield Document(uri, text, tree, {case.id: pickle for case, pickle in zip(rest, pickles, strict=True)})


class _Ids:
    """Names of nodes: counted, so that the same run gives the same names."""

    def __init__(self) -> None:
        self._last = 0

    def get_next_id(self) -> str:
        self._last += 1
        return str(self._last)


def _compiled(text: str, uri: str, ids: _Ids) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from gherkin.ast_builder import AstBuilder
    from gherkin.parser import Parser
    from gherkin.pickles.compiler import Compiler

    tree = cast("dict[str, Any]", Parser(AstBuilder(cast("Any", ids))).parse(text))
    tree["uri"] = uri
    return tree, cast("list[dict[str, Any]]", Compiler(cast("Any", ids)).compile(cast("Any", tree)))


def _recorded(copy: Copy, cases: list[Case]) -> str:
    """A feature of what the journals hold. Each name and step is one line that begins with our keyword, whatever is in it."""
    lines = [f"Feature: {_line(copy.run)} as recorded", f"  {AS_RECORDED}", ""]
    for case in cases:
        lines.append(f"  Scenario: {_line(case.name)}")
        lines += [f"    {_keyword(step)} {_line(step.text)}" for step in case.result.steps] or [f"    * {NO_STEP}"]
        lines.append("")
    return "\n".join(lines)


def _line(text: str) -> str:
    return one_line(clean(text)).strip() or "(nothing)"


def _keyword(step: StepResult) -> str:
    return step.keyword if step.keyword in _KEYWORDS else "*"
