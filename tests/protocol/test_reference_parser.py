"""Feature files are read by the reference parser, without its guards around questions that cannot fail: what it says is what it says with them."""

from __future__ import annotations

from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.protocol.gherkin import _SURE, _parser

LINES = st.sampled_from(
    [
        "Feature: f", "Rule: r", "Background:", "Scenario: s", "Scenario Outline: o", "Examples:", "Example: e", "Given a thing", "When it",
        "Then it is <n>", "And more", "* star", "| a | b |", "| n |", "| 1 |", "| a \\\\| b | \\\\n |", '"""', "```json", "# a comment", "# language: de",
        "# language: nowhere", "@one @two", "@with space and no sign", "@", "free text", "", "   ", "Funktionalität: f", "Angenommen x", "\t@tab",
    ]
)  # fmt: skip


def said(parser: Parser, text: str) -> object:
    """The document, or every error with its place."""
    try:
        return parser.parse(text)
    except CompositeParserException as problem:
        return [(type(e).__name__, str(e), e.location) for e in problem.errors]
    except ParserException as problem:
        return [(type(problem).__name__, str(problem))]


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=16), st.booleans())
def test_it_says_what_the_reference_says(lines: list[str], begun: bool) -> None:
    text = "\n".join(["Feature: f", *lines] if begun else lines)
    assert said(_parser()(), text) == said(Parser(), text)


def test_errors_of_each_kind_are_among_them() -> None:
    """What raises is guarded still: tags, a language, cells of unlike number, a line nobody expects."""
    for line, error in (
        ("@with space and no sign", "ParserException"),
        ("# language: nowhere\nFeature: f", "NoSuchLanguageException"),
        ("Feature: f\n  Scenario: s\n    Given x\n      | a |\n      | a | b |", "AstBuilderException"),
        ("Feature: f\n  Scenario: s\n    Given x\n  nothing of ours", "UnexpectedTokenException"),
    ):
        found = said(_parser()(), line)
        assert found == said(Parser(), line)
        assert isinstance(found, list) and found[0][0] == error, found


def test_only_questions_that_cannot_fail_are_asked_without_a_guard() -> None:
    assert not {"TagLine", "Language", "EOF"} & set(_SURE)
    for kind in _SURE:
        assert getattr(Parser, f"match_{kind}") is not getattr(_parser(), f"match_{kind}"), (
            "the reference knows it under another name"
        )
