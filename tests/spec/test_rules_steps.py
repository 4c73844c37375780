"""Rules about typed values and steps."""

from __future__ import annotations

from typing import Any

import pytest

from csvgen.catalog.units import nearest, units
from csvgen.model import spec as noun
from csvgen.spec.check import RULES
from csvgen.spec.registry import Context, Hit

ROLES = [{"id": "analyst", "name": "Analyst", "responsibility": "Works."}]


def criterion(value: dict[str, Any] | None, *, technique: str = "positive", **steps: list[str]) -> noun.Requirement:
    inputs = {"x": value} if value is not None else {}
    c = {"id": "ac-1", "title": "T", "technique": technique, "when": ["it is {x}"] if inputs else [], "inputs": inputs, **steps}
    values = {
        "id": "URS-P-001",
        "title": "A",
        "statement": "The probe shall.",
        "rationale": "R.",
        "category": "function",
        "gxp": "yes",
    }
    return noun.Requirement.model_validate({**values, "phase": "OQ", "criteria": [c]})


def context() -> Context:
    system = noun.System.model_construct(roles=tuple(noun.Role.model_validate(r) for r in ROLES))
    return Context(folder="probe", system=system)


def hits(code: str, r: noun.Requirement) -> list[Hit]:
    return list(RULES[code].check(r, context()))


INPUT_CODES = ("URS123", "URS124", "URS125", "URS126", "URS127", "URS128", "URS129", "URS130", "URS131", "URS138")


def decimal(value: str = "1.00", unit: str = "mg", **more: str) -> dict[str, str]:
    return {"type": "decimal", "value": value, "unit": unit, **more}


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("URS123", decimal("1,0"), "positive", "value"),
    ("URS123", decimal("1e3"), "positive", "value"),
    ("URS123", decimal("NaN"), "negative", "value"),
    ("URS123", decimal("１"), "positive", "value"),  # a full-width digit
    ("URS123", decimal(low="a"), "positive", "low"),
    ("URS123", decimal(resolution="0"), "positive", "resolution"),
    ("URS123", {"type": "duration", "value": "-1", "unit": "s"}, "positive", "value"),
    ("URS124", decimal("0.89", low="0.90"), "positive", "value"),
    ("URS124", decimal("1.21", high="1.20"), "positive", "value"),
    ("URS125", decimal(low="2", high="1"), "negative", "low"),
    ("URS125", decimal(low="2", high="1"), "positive", "low"),
    ("URS125", decimal(low="2", high="1"), "boundary", "low"),
    ("URS138", decimal("1.00", low="0.90", high="1.20"), "boundary", "value"),
    ("URS138", decimal("1.22", high="1.20"), "boundary", "value"),
    ("URS138", decimal("1.04", high="1.00", resolution="0.02"), "boundary", "value"),
    ("URS138", decimal("1.00", low="0.90", high="1.20"), "negative", "value"),
    ("URS138", {"type": "duration", "value": "5", "unit": "s", "high": "30"}, "boundary", "value"),
    ("URS126", decimal(unit="mcg"), "positive", "unit"),
    ("URS126", decimal(unit="MG"), "positive", "unit"),
    ("URS127", {"type": "enumeration", "value": "gren", "values": ["green", "red"]}, "positive", "value"),
    ("URS128", {"type": "role", "value": "analist"}, "positive", "value"),
    ("URS131", decimal("1.005", resolution="0.01"), "positive", "value"),
]


@pytest.mark.parametrize(("code", "value", "technique", "key"), BAD)
def test_typed_value_with_a_mistake(code: str, value: dict[str, Any], technique: str, key: str) -> None:
    found = {c: hits(c, criterion(value, technique=technique)) for c in INPUT_CODES}
    assert [h.at for h in found.pop(code)] == [("criteria", 0, "inputs", "x", key)]
    assert not any(found.values()), "one mistake, one code"


GOOD: list[tuple[dict[str, Any], str]] = [
    (decimal("1.20", low="0.90", high="1.20", resolution="0.01"), "positive"),
    (decimal("-5", unit="Cel", low="-10.0"), "positive"),
    (decimal("9.9", high="1.20"), "negative"),
    (decimal("1.21", high="1.20"), "boundary"),
    (decimal("1.20", high="1.20"), "boundary"),
    (decimal("1.19", high="1.20"), "boundary"),
    (decimal("1.02", high="1.00", resolution="0.02"), "boundary"),
    (decimal("1.00"), "boundary"),
    (decimal("1.00"), "negative"),
    (decimal("0", unit="1"), "positive"),
    (decimal("0.3", resolution="0.1"), "positive"),  # 0.3 / 0.1 is no whole number in binary
    (decimal("7.2", unit="[pH]"), "positive"),
    ({"type": "duration", "value": "0.5", "unit": "h"}, "positive"),
    ({"type": "enumeration", "value": "blue", "values": ["green", "red"]}, "negative"),
    ({"type": "role", "value": "analyst"}, "positive"),
]


@pytest.mark.parametrize(("value", "technique"), GOOD)
def test_sound_typed_value(value: dict[str, Any], technique: str) -> None:
    assert not any(hits(c, criterion(value, technique=technique)) for c in INPUT_CODES)


def test_a_choice_that_stands_twice() -> None:
    value = {"type": "enumeration", "value": "red", "values": ["red", "green", "red"]}
    assert [h.at[-2:] for h in hits("URS127", criterion(value))] == [("values", 2)]


def test_steps_and_inputs_name_each_other() -> None:
    both = criterion(decimal(), given=["a {y} is there"], when=["it is on"])
    assert [h.at for h in hits("URS129", both)] == [("criteria", 0, "given", 0)]
    assert [h.at for h in hits("URS130", both)] == [("criteria", 0, "inputs", "x")]
    assert hits("URS129", criterion(None, then=['the answer is "{}" or {"key": 1} or {1,3} or {two words}'])) == []


@pytest.mark.parametrize("written", ["{X}", "{ x }", "{x }", "{x_}"])
def test_a_name_in_braces_that_is_written_otherwise(written: str) -> None:
    r = criterion(decimal(), when=[f"it is {written}"])
    found = hits("URS129", r)
    assert [h.at for h in found] == [("criteria", 0, "when", 0)]
    assert written in found[0].message
    assert "{x}" in found[0].hint
    assert hits("URS130", r) == []


def test_a_name_in_braces_that_is_no_input_at_all() -> None:
    assert len(hits("URS129", criterion(None, then=["the answer is {Raw}"]))) == 1


def test_units_are_spelled_once() -> None:
    listed = list(units())
    assert len(listed) == len(set(listed)) > 120
    assert {c for u in listed for c in u if not c.isascii()} == set("µ°Ω")
    assert {"lx", "°F", "%{RH}"} <= set(listed)
    for written, meant in (("deg C", "Cel"), ("℃", "Cel"), ("ºC", "Cel"), ("%RH", "%{RH}"), ("lux", "lx")):
        assert nearest(written) == (meant,)
    assert all(u.strip() == u for u in listed)
    assert nearest("mcg") == ("ug",)
    assert nearest("mg/l") == ("mg/L",)
    assert nearest("furlong/fortnight") == ()
    assert units()["µg"] == units()["ug"] == "mass"
    assert "\u03bcg" not in units()  # the Greek letter that looks the same
    assert nearest("\u03bcg") == ("ug",)


def test_every_unit_that_a_hint_or_a_document_names_is_in_the_list() -> None:
    from csvgen.catalog.files import read

    data = read("units")
    assert set(data["meant"].values()) <= units().keys()
    assert data["says"].keys() <= units().keys()
    assert not data["meant"].keys() & units().keys()


TRAPS = ["the following:", "it goes on\\", "@slow is set", "the brace { is here"]


@pytest.mark.parametrize("line", TRAPS)
def test_trap(line: str) -> None:
    assert [h.at for h in hits("PRT408", criterion(None, given=[line]))] == [("criteria", 0, "given", 0)]


SAYS_NOTHING = [
    "the lot is processed successfully", "it works", "the result is correct", "the report is displayed correctly", "no error occurs",
    "all goes on without errors.", "the value is as expected", "the test passes", "the result is valid", "it meets the requirement",
    "the pump runs as it should", "it works as it should", "it works as\u00a0 intended",
]  # fmt: skip
SAYS_SOMETHING = [
    'the screen shows "processed successfully"', "the signature is valid", 'the answer is "correct"', "the state is closed",
    'the error "no errors" is shown', "the works number is 5", "the test passes the file on", "the result is valid until Monday",
]  # fmt: skip


@pytest.mark.parametrize("line", SAYS_NOTHING)
def test_check_that_says_nothing(line: str) -> None:
    assert len(hits("PRT409", criterion(None, then=[line]))) == 1
    assert hits("PRT409", criterion(None, when=[line])) == []


@pytest.mark.parametrize("line", SAYS_SOMETHING)
def test_check_that_can_be_looked_at(line: str) -> None:
    assert hits("PRT409", criterion(None, then=[line])) == []


def test_keywords_of_a_story() -> None:
    values = {"id": "PQ-P-01", "title": "T", "process": "P.", "end_users": ["A"], "covers": ["URS-P-001"]}
    steps = [
        "Given it is on",
        "When Then it rings",
        "Then all is fine",
        "And it works",
        "When somebody works",
        "But it works as intended",
    ]
    s = noun.Scenario.model_validate({**values, "steps": steps})
    assert [h.at for h in RULES["PRT430"].check(s, context())] == [("steps", 1)]
    assert [h.at for h in RULES["PRT409"].check(s, context())] == [("steps", 2), ("steps", 3)]
