"""The life of a lot: every pair of state and act, in the table and in the application."""

from __future__ import annotations

import itertools

import pytest

from csvgen.errors import Refused
from csvgen.pipeline import life

POSSIBLE = {  # written down a second time on purpose
    ("registered", "ingest"): "registered",
    ("processed", "ingest"): "processed",
    ("reviewed", "ingest"): "processed",
    ("registered", "process"): "processed",
    ("processed", "process"): "processed",
    ("processed", "reviewed"): "reviewed",
    ("reviewed", "released"): "released",
    ("reviewed", "rejected"): "rejected",
    ("registered", "change"): "registered",
    ("processed", "change"): "processed",
    ("reviewed", "change"): "processed",
    ("processed", "investigated"): "processed",
    ("reviewed", "investigated"): "processed",
    ("registered", "reintegrate"): "registered",
    ("processed", "reintegrate"): "processed",
    ("registered", "set aside"): "registered",
    ("processed", "set aside"): "processed",
}
PAIRS = list(itertools.product(life.STATES, life.ACTS))


@pytest.mark.parametrize(("state", "act"), PAIRS)
def test_table(state: life.State, act: life.Act) -> None:
    if (state, act) in POSSIBLE:
        assert life.after("L-1", state, act) == POSSIBLE[state, act]
    else:
        with pytest.raises(Refused, match=f"lot L-1 cannot .*: it is (already )?{state}"):
            life.after("L-1", state, act)


@pytest.mark.parametrize(
    ("state", "act", "words"),
    [
        ("registered", "reviewed", "lot L-1 cannot be signed as reviewed: it is registered; still missing: processing"),
        ("registered", "released", "lot L-1 cannot be released: it is registered; still missing: processing, review signature"),
        ("processed", "released", "lot L-1 cannot be released: it is processed; still missing: review signature"),
        ("processed", "rejected", "lot L-1 cannot be rejected: it is processed; still missing: review signature"),
        ("released", "released", "lot L-1 cannot be released: it is already released"),
        ("released", "rejected", "lot L-1 cannot be rejected: it is already released"),
        ("reviewed", "process", "lot L-1 cannot be processed: it is already reviewed"),
        ("released", "change", "lot L-1 cannot be changed: it is already released"),
        ("rejected", "change", "lot L-1 cannot be changed: it is already rejected"),
        ("reviewed", "reintegrate", "lot L-1 cannot have its integration changed: it is already reviewed"),
        ("released", "investigated", "lot L-1 cannot have a result invalidated: it is already released"),
        ("reviewed", "set aside", "lot L-1 cannot have a file set aside: it is already reviewed"),
        ("rejected", "ingest", "lot L-1 cannot take another file: it is already rejected"),
    ],
)
def test_words(state: life.State, act: life.Act, words: str) -> None:
    with pytest.raises(Refused) as caught:
        life.after("L-1", state, act)
    assert caught.value.message == words


@pytest.mark.parametrize(("state", "act"), [p for p in PAIRS if p[1] not in ("investigated", "reintegrate", "set aside")])
def test_application(lab, state: str, act: str) -> None:
    """The acts left out have files of tests of their own: test_investigation, test_reintegration, test_setting_aside."""
    lab.bring("L-1", state, signal="0.900" if state == "rejected" else "1.000")
    assert lab.view("L-1").state == state
    acts = {
        "ingest": lambda: lab.ingest("L-1", lab.peaks(Main="99.9", A="0.1"), "peaks.csv", instrument="HP-001"),
        "process": lambda: lab.process("L-1"),
        "change": lambda: lab.app.records.change(lab.session("analyst"), "L-1", "comment", "x", "label"),
    }
    do = acts.get(act, lambda: lab.sign("L-1", act, {"reviewed": "reviewer"}.get(act, "quality")))
    if (state, act) in POSSIBLE and (state, act) != ("processed", "process"):
        assert do().accepted
        assert lab.view("L-1").state == POSSIBLE[state, act]
    else:  # a processed lot may be processed once more only for what has no result yet
        with pytest.raises(Refused):
            do()
        assert lab.view("L-1").state == state
        assert any(e.action.endswith("-refused") and e.record == "lot/L-1" for e in lab.events())
