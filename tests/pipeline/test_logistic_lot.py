"""The logistic method of the shipped master data, on constructed data with an exact answer.

The curve is y = 2.05 - 200 / (100 + x): A = 0.05, B = 1, C = 100, D = 2.05. At the levels below it has two decimals exactly, so the fit
goes through every point; wells at 1.25 and 1.26875 are 150 and 156 ng/mL, together 153, the label claim.
"""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

CURVE = {"0": "0.05", "25": "0.45", "60": "0.80", "100": "1.05", "150": "1.25", "300": "1.55"}


def plate(*wells: str, curve: dict[str, str] = CURVE, blank: str = "0.05") -> bytes:
    rows = [f"blank,B1,,{blank}"]
    rows += [f"standard,STD{n},{x},{y}" for x, y in curve.items() for n in (1, 2)]
    rows += [f"sample,S1,1,{well}" for well in wells]
    return "\n".join(["#qc-plate/1", "kind,id,level_or_dilution,signal", *rows, f"end,{len(rows)}", ""]).encode()


def processed(lab, content: bytes):
    lab.ingest("E-1", content, method="ELI-01")
    return lab.process("E-1")


def test_the_answer_is_exact(lab) -> None:
    assert processed(lab, plate("1.25", "1.26875")).accepted
    (test,) = lab.view("E-1").tests
    assert (test.reported, test.unit, test.verdict) == ("100", "%", "in specification")
    assert abs(Decimal(test.unrounded) - 100) < Decimal("1e-20")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (plate("1.25", "1.26875", blank="0.07"), "mean signal of the blanks is 0.07"),
        (plate("1.25"), "wells"),
        (plate("1.05", "1.45"), "CV|scatter|coefficient|deviation"),
        (plate("1.25", "1.26875", curve={x: y for x, y in CURVE.items() if x != "60"}), "60"),
    ],
)
def test_what_is_not_suitable_gives_no_result(lab, content: bytes, why: str) -> None:
    told = processed(lab, content)
    assert not told.accepted
    assert re.search(why, told.message), told.message
    assert lab.view("E-1").tests == ()
