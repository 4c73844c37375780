"""Steps are looked up by the fixed text of their phrases: quicker than trying every one, and with the same answer."""

from __future__ import annotations

import random

import pytest
from pytest_bdd import parsers

from csvgen.execution import compat
from csvgen.steps.common import phrase


def number(text: str) -> int:
    return int(text)


number.pattern = r"\d+"  # type: ignore[attr-defined]
PHRASES = [
    phrase('{role} opens "{record}" of {n:d} pages'), phrase('"{name}" is there'), phrase("{role} waits"), phrase("the limit is {x:g} mg (a) {b} end"),
    parsers.parse("The Value {v} is {n:d}"), parsers.parse("{a} and {b:w}"), parsers.parse("set {{{v}}} to {x}"), parsers.parse("a {v} with {w.x} dots"),
    parsers.cfparse("items {many:Number+}", extra_types={"Number": number}), parsers.re(r"(?P<who>\w+) (opens|closes) it"), parsers.parse("plain words"), parsers.parse("Straße {v}"), parsers.parse("{anything}"),
]  # fmt: skip
TEXTS = [
    'anna opens "R-1" of 3 pages', 'ANNA OPENS "R-1" OF 3 PAGES', '"x" is there', "anna waits", "the limit is 1.5 mg (a) q end", "the value 7 is 3",
    "THE VALUE 7 IS 3", "one and two", "set {a} to b", "SET {a} TO b", "a thing with b dots", "items 3", "items 3, 4", "Bert closes it", "plain words",
    "PLAIN WORDS", "straße 7", "STRASSE 7", "Straße 7", "the limit \u212a", "nothing of the kind", "",
]  # fmt: skip


class Context:
    def __init__(self, parser: object) -> None:
        self.type, self.parser = None, parser


def index_of(parsers_: list) -> compat.StepIndex:
    made = compat.StepIndex.__new__(compat.StepIndex)
    made._patterns, made._filed, made._lengths = [], {}, {}
    for parser in parsers_:
        made.add(str(parser.name), Context(parser))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_what_fits_is_among_the_candidates_in_the_order_it_was_found(seed: int) -> None:
    some = random.Random(seed).sample(PHRASES, len(PHRASES))
    index = index_of(some)
    for text in TEXTS:
        fitting = [p.name for p in some if p.is_matching(text)]
        kept = [name for name, context in index._candidates(text) if context.parser.is_matching(text)]
        assert kept == fitting, text


def test_every_phrase_of_the_test_is_fitted_by_a_text() -> None:
    assert [p.name for p in PHRASES if not any(p.is_matching(t) for t in TEXTS)] == []


@pytest.mark.parametrize(
    ("fixed", "wanted"),
    [
        (("the value ", " is ", ""), "value"),
        (("prefix", "suffix only"), "only"),
        (("", " opens it"), "opens"),
        (("", "ed by ", "and"), "by"),
        (("plain words",), "plain"),
        (("", ""), ""),
    ],
)
def test_patterns_are_filed_by_a_word_that_stands_whole_in_their_texts(fixed: tuple[str, ...], wanted: str) -> None:
    assert compat._word(fixed) == wanted


def test_few_are_tried() -> None:
    assert len(index_of(PHRASES)._candidates("the value 7 is 3")) < len(PHRASES) / 2


@pytest.mark.parametrize(
    ("parser", "wanted"),
    [
        (parsers.parse("The Value {v} is {n:d}"), ("the value ", " is ", "")),
        (parsers.parse("set {{{v}}} to {x}"), ("set ",)),
        (parsers.re("anything"), ("",)),
        (parsers.parse("Straße {v}"), ("",)),
        (phrase('{role} opens "{record}"'), ("", " opens ", "")),
    ],
)
def test_the_fixed_parts_of_a_phrase(parser: object, wanted: tuple[str, ...]) -> None:
    assert compat.fixed_parts(parser) == wanted
