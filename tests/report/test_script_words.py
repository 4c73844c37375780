"""The reader's test of the printed script: whoever knows no code finds what is done, what is looked at, and what must be seen."""

from __future__ import annotations

from dataclasses import replace

from csvgen.model.protocol import Protocol
from csvgen.model.report import Facts, Paragraph, Table
from csvgen.report.case_blocks import scripts

from .material import material


def blocks(**changes: object) -> list[object]:
    made = material("oq-protocol")
    assert made.protocol is not None
    features = tuple(replace(f, text="Feature: x", **changes) for f in made.protocol.features)  # type: ignore[arg-type]
    return list(scripts(Protocol(system="x", features=features), "OQ", made.spec))


def test_every_step_is_a_precondition_an_action_or_a_check() -> None:
    tables = [b for b in blocks() if isinstance(b, Table)]
    assert tables
    for found in tables:
        for row in found.rows:
            _, kind, instruction, expected = row
            assert kind in {"Precondition", "Action", "Check"}
            assert not instruction.startswith(("Given ", "When ", "Then "))
            assert (instruction == "Compare with the expected result.") == (kind == "Check")
            assert (expected == "none; what happens is recorded") == (kind != "Check")
            assert not expected.startswith("Then ")


def test_how_to_read_a_script_is_told_before_the_first() -> None:
    first = blocks()[0]
    assert isinstance(first, Paragraph)
    assert "Checks decide whether the case passes" in first.text


def test_the_criterion_stands_above_its_script() -> None:
    heads = [b for b in blocks() if isinstance(b, Facts)]
    assert heads
    assert all(("Criterion", "ac-1") in h.rows for h in heads)


def test_a_script_written_by_hand_says_so_and_why() -> None:
    told = [b.text for b in blocks(fingerprint="", adopted="The rig needs it.") if isinstance(b, Paragraph)]
    assert any("written by hand" in t and t.endswith("Why it was changed by hand: The rig needs it.") for t in told)
    drafted = [b.text for b in blocks(fingerprint="sha256:1") if isinstance(b, Paragraph)]
    assert not any("written by hand" in t for t in drafted)
