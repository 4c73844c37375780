"""What is typed in is taken as it was typed, or not at all: whole numbers, days, unseen characters, keys in other spellings."""

from __future__ import annotations

import datetime as dt

import pytest

from csvgen.errors import BadInput, Refused
from csvgen.pipeline.materials import read_material
from csvgen.pipeline.methods import read_method
from csvgen.pipeline.sources import as_day

from .test_materials import PROTEIN

METHOD = """id: MET-1
title: Example
retests: {retests}
potency: {{model: linear, label_claim: "1000", unit: ug/mL, r_squared: "0.990", low: "95", high: "105", decimals: {decimals}}}
"""


@pytest.mark.parametrize("typed", ["1_2", " 12", "12 ", "012", "+12", "12.0", "1e1", "\uff11\uff12", "", "0x0c"])
def test_a_whole_number_is_typed_as_one(typed: str) -> None:
    with pytest.raises(BadInput, match="not a whole number"):
        read_material(PROTEIN.replace("months: 24", f'months: "{typed}"'))
    with pytest.raises(BadInput, match="not a whole number"):
        read_method(METHOD.format(retests=f'"{typed}"', decimals=1))
    with pytest.raises(BadInput, match="not a whole number"):
        read_method(METHOD.format(retests=2, decimals=f'"{typed}"'))


def test_whole_numbers_are_read_and_limits_still_named() -> None:
    assert read_material(PROTEIN).months == 24
    read = read_method(METHOD.format(retests=10, decimals=0))
    assert (read.retests, read.potency and read.potency.decimals) == (10, 0)
    with pytest.raises(BadInput, match="greater than or equal to 0"):
        read_method(METHOD.format(retests=2, decimals=-1))


@pytest.mark.parametrize("field", ["grade: Ph. Eur.", "laboratory: Example Laboratory"])
@pytest.mark.parametrize("unseen", ["\\u202e", "\\u200b", "\\0", "\\n"])
def test_what_is_printed_on_a_certificate_has_nothing_unseen_in_it(field: str, unseen: str) -> None:
    name = field.partition(":")[0]
    line = next(text for text in PROTEIN.splitlines() if text.startswith(name))
    with pytest.raises(BadInput, match=f"{name}: .*one line of printable text"):
        read_material(PROTEIN.replace(line, f'{name}: "Ph.{unseen}Eur."'))
    assert read_material(PROTEIN.replace(line, f'{name}: ""')) is not None


@pytest.mark.parametrize(
    "text", ["20261121", "2026-W47-6", "2026-11-21T00:00", "2026-1-2", "21.11.2026", "2027-02-29", " 2026-11-21"]
)
def test_a_day_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError):
        as_day(text)


def test_a_day_is_kept_as_it_was_entered() -> None:
    assert as_day("2028-02-29") == "2028-02-29"


def days(lab, ahead: int) -> str:
    return (lab.clock.now().date() + dt.timedelta(days=ahead)).isoformat()


def test_a_procedure_does_not_end_before_it_begins(lab) -> None:
    register, session = lab.app.conditions.register_procedure, lab.session("quality")
    with pytest.raises(Refused, match="before it begins"):
        register(session, "SOP-9", "Cleaning", "1", days(lab, 5), days(lab, 4), "new")
    assert register(session, "SOP-9", "Cleaning", "1", days(lab, 5), days(lab, 5), "new").accepted
    assert register(session, "SOP-9", "Cleaning", "1a", days(lab, 5), "", "new").accepted
    with pytest.raises(Refused, match="on record already"):
        register(session, "SOP-9", "Cleaning", "1A", days(lab, 6), "", "in capital letters")


@pytest.mark.parametrize(
    ("number", "said"), [("CAL-7", "registered"), ("cal-7", "registered"), ("CAL-7 ", "not a certificate number")]
)
def test_the_number_of_a_certificate_is_taken_in_every_spelling(lab, number: str, said: str) -> None:
    calibrate, session = lab.app.sources.calibrate, lab.session("administrator")
    told = (days(lab, -1), days(lab, 300))
    assert calibrate(session, "PR-001", "CAL-7", *told, b"page 1", "yearly").accepted
    assert calibrate(session, "PR-001", "CAL-8", *told, b"page 2", "corrected").accepted
    with pytest.raises(BadInput, match=said):
        calibrate(session, "PR-001", number, *told, b"page 3", "again")
    assert calibrate(session, "HP-001", "CAL-7", *told, b"page 4", "of another instrument").accepted
