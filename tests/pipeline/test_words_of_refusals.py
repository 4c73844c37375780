"""What the system says to whoever entered something wrong: in words of the field, never in those of a library."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field, ValidationError

from csvgen.model.base import Line, Value, first_fault
from csvgen.pipeline.sources import SOURCE_ID, as_day


class Form(Value):
    id: str = Field(pattern=SOURCE_ID)
    period: Literal["expiry", "retest"] = "expiry"
    grade: str = Field(default="A", min_length=1, max_length=100)
    name: Line = "n"
    day: Annotated[str, AfterValidator(as_day)] = "2026-11-21"


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({}, "id: is missing"),
        ({"id": "pr-1"}, "id: is not written as it must be: a capital letter, then 1 to 39 capital letters, digits or hyphens"),
        ({"id": "PR-1", "period": "shelf life"}, "period: must be 'expiry' or 'retest'"),
        ({"id": "PR-1", "grade": "x" * 101}, "grade: has more than 100 characters"),
        ({"id": "PR-1", "grade": ""}, "grade: has fewer characters than 1"),
        ({"id": "PR-1", "colour": "red"}, "colour: is not known here"),
        ({"id": "PR-1", "day": "2027-02-29"}, "day: 2027-02-29 is no day of the calendar"),
        ({"id": "PR-1", "day": "2027-W09-1"}, "day: a day is written like 2026-11-21, not '2027-W09-1'"),
        ({"id": "PR-1", "day": "20270901"}, "day: a day is written like 2026-11-21, not '20270901'"),
        ({"id": "PR-1", "day": "２０２６-11-23"}, "day: a day is written like 2026-11-21, not '２０２６-11-23'"),
        ({"id": "PR-1", "day": "2026-11-23\n"}, "day: a day is written like 2026-11-21, not '2026-11-23\\n'"),
    ],
)
def test_a_refusal_is_told_in_words_of_the_field(entered, words):
    with pytest.raises(ValidationError) as problem:
        Form.model_validate(entered)
    assert first_fault(problem.value) == words


def test_words_of_our_own_stand_without_those_of_the_library():
    with pytest.raises(ValidationError) as problem:
        Form.model_validate({"id": "PR-1", "name": "a\0b"})
    assert first_fault(problem.value).startswith("name: this must be one line of printable text")
