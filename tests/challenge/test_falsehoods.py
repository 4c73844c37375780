"""What can be untrue of an answer, which phrases there are, and what counts as having noticed."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from csvgen.challenge.falsehoods import falsehoods, swapped, texts
from csvgen.challenge.falsifying import Diverged, Replayed, Witness
from csvgen.challenge.phrases import covering, library, used
from csvgen.challenge.plan import Selection, demands, executable, rows, sweep
from csvgen.config import load_config
from csvgen.evidence.challenge_results import kill
from csvgen.model.challenge import Trial, TrialRecord
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict
from csvgen.patterns.faults import faults
from csvgen.ports import AuditEntry, LotView, Outcome, TestResult
from csvgen.workflow.state import read_state

from ..tiny import REPOSITORY

ENTRY = AuditEntry(7, "2026-11-21T08:33:01.123456Z", "+00:00", "u", "U", "change", "L", "f", "1.50", "1.51", "why")
TEST = TestResult("purity", "99.51", "99.5", "%", ">= 98.0", "pass")
VALUES = [
    True, 3, "1.50", "", "words", "2026-11-21T08:33:01.123456Z", "sha256:" + "a" * 64, b"bytes", b'{"a": [1, "x"]}', ("a", "b"), {"k": "v"},
    Outcome(True, "fine", "R1", {"kind": "rule"}), (ENTRY, ENTRY), LotView("L", "released", "pass", (TEST,), {"f": "d"}, {}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_every_falsehood_is_another_value_of_the_same_kind(value):
    found = [other for _, other in falsehoods(value)]
    assert found and all(type(other) is type(value) for other in found)
    assert all(other != value for other in found)


def test_falsehoods_reach_every_part():
    lot = LotView("L", "released", "pass", (TEST,), {"f": "d"}, {})
    told = [words for words, _ in falsehoods(lot)]
    assert {"state: text altered", "tests: emptied", "tests: 1 of 1: verdict: text altered", "files: f: text altered"} <= set(
        told
    )
    assert ("accepted: turned", Outcome(False, "fine")) in list(falsehoods(Outcome(True, "fine")))


def test_where_nothing_is_something_is_invented():
    empty = LotView("L", "released", "", (), {}, {})
    invented = next(other for words, other in falsehoods(empty) if words == "tests: one invented")
    assert len(invented.tests) == 1 and isinstance(invented.tests[0], TestResult)
    (_, entries), *_ = falsehoods((), tuple[AuditEntry, ...])
    assert isinstance(entries[0], AuditEntry)


def test_a_value_the_case_knows_is_put_in_the_place_of_another():
    assert ("replaced by the lot", ("x", "LOT")) in [
        (w.partition(": ")[2], v) for w, v in swapped(("x", "y"), {"the lot": "LOT"})
    ]


def test_what_is_invented_where_nothing_is_can_hold_something():
    lots = [other for _, other in falsehoods(None, LotView | None)]
    assert any(lot.tests for lot in lots) and all(isinstance(lot, LotView) for lot in lots)


def test_a_pdf_has_falsehoods_of_its_pages():
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(made)
    found = dict(falsehoods(made.getvalue()))
    assert len(PdfReader(io.BytesIO(found["last page twice"])).pages) == 2
    assert "first page missing" not in found, "a PDF without any page is not one that could be handed out"
    assert set(dict(falsehoods(b"%PDF-1.7 torn"))) == {"one byte changed", "cut off", "emptied", "bytes altered"}


def test_the_texts_of_an_answer_are_found_wherever_they_stand():
    assert list(texts(LotView("L-000001", "released", "", (TEST,), {"f": "digest-1"}, {}), least=8)) == [
        "L-000001",
        "released",
        "digest-1",
    ]


# ------------------------------------------------------------ what counts


def result(verdict: Verdict, keyword: str, *, holds: bool | None) -> CaseResult:
    seen = (
        () if holds is None else (Observation(what="w", comparison="equal", expected="1", actual="2", source="s", holds=holds),)
    )
    step = StepResult(number=1, keyword=keyword, text="t", verdict=verdict, observations=seen)
    return CaseResult(case="TC-OQ-0001", case_digest="sha256:" + "0" * 64, verdict=verdict, steps=(step,))


TRIAL = TrialRecord(
    plan=Trial(challenge="CH-001", trial="T002", system="s", manner="fault", fault="f", target="t", planned=(), created="2026-11-21T08:33:01.123456Z"),
    results=(), seedings=(), falsifications=(), baselines=(), problems=(),
)  # fmt: skip


def test_only_a_then_that_failed_by_an_observation_counts():
    assert kill(TRIAL, result(Verdict.FAILED, "Then", holds=False)) is not None
    for other in (
        result(Verdict.FAILED, "When", holds=False), result(Verdict.FAILED, "Given", holds=False), result(Verdict.FAILED, "Then", holds=None),
        result(Verdict.ERROR, "Then", holds=False), result(Verdict.BLOCKED, "Then", holds=None), result(Verdict.PASSED, "Then", holds=True),
    ):  # fmt: skip
        assert kill(TRIAL, other) is None, other.verdict


# ------------------------------------------------------------ the worked example


@pytest.fixture(scope="module")
def example():
    return read_state(load_config(REPOSITORY), "qc-release")


NOT_IN_USE = {
    'lot "{lot}" is restored identically': "of an older pattern; the worked example shows its restores by a newer one",
    'the platform tells "{subject}" as "{expected}"': "of platforms; the worked example has none, tests/targets/platforms/ falsifies what they answer",
    'the audit trail tells of one refused log-in of the "{role}" more': "of any system's log-ins; examples/stability-tool uses it",
    **dict.fromkeys(
        (
            "each entry of the audit trail stands in the export",
            'that record shows "{field}" as "{value}"',
            "that record carries no signature",
            'that record carries the signature of the "{role}" as "{meaning}", and it is {state}',
            'the audit trail tells that the "{role}" changed "{field}" of that record from "{old}" to "{new}" because "{reason}"',
        ),
        "of any system's records; examples/lims-http uses it, and its planted defects turn it red in tests/targets/test_lims_example.py",
    ),
}
"""Phrases of the library that no script of the worked example uses, with the reason. The list may only get shorter."""


def test_every_then_of_the_library_is_in_use_or_explained(example):
    assert set(library()) - set(used(executable(example.protocol))) == set(NOT_IN_USE)


def test_few_cases_use_every_phrase(example):
    cases = executable(example.protocol)
    few = covering(cases)
    assert set(used(few)) == set(used(cases)) and len(few) < len(cases) / 2


def test_every_row_names_a_fault_there_is_and_has_scripts_that_must_notice_it(example):
    made = rows(example.spec, example.protocol, Selection())
    assert {r.risk for r in made} == {r.id for r in example.spec.risks if r.challenge and r.challenge.fault}
    demanded = demands(example.spec, executable(example.protocol))
    for row in made:
        assert row.fault in faults(), row
        assert any(row.fault in demanded[case] for case in row.cases), (
            f"no pattern of the scripts of {row.risk} lists {row.fault}"
        )


def test_the_fault_most_scripts_wait_for_comes_first():
    demanded = {"a": ("x",), "b": ("x", "y"), "c": ("y",), "d": ("y",)}
    assert sweep(("a", "b", "c", "d"), demanded, {}) == ("y", ("b", "c", "d"))
    assert sweep(("b",), demanded, {"b": ["x", "y"]}) is None


class _System:
    """A system that gives out another one, as a restore does."""

    name = "suv"

    def __init__(self, instance: str) -> None:
        self.instance = instance

    def port(self, name: str) -> object:
        return self

    def restored(self, environment: str) -> object:
        return _System(f"{self.instance} from {environment}")

    def whoami(self, session: str) -> Outcome:
        return Outcome(True, f"{session} at {self.instance}")

    def close(self) -> None:
        """Nothing was started."""


def test_what_a_system_that_was_given_out_answers_is_written_down_and_can_be_falsified():
    witness = Witness(_System("A"))
    there = witness.port("Continuity").restored("backup")
    assert there.port("Access").whoami("S").message == "S at A from backup"
    replayed = Replayed(witness, list(witness.calls)).port("Continuity").restored("backup")
    assert (replayed.instance, replayed.port("Access").whoami("S").message) == ("A from backup", "S at A from backup")
    with pytest.raises(Diverged):
        Replayed(witness, list(witness.calls)).port("Access").whoami("S")  # was asked there, not here
    given, asked = witness.calls
    assert {other.instance for _, other in falsehoods(given.answer)} > {"A from backup"}
    turned = replace(asked, answer=Outcome(False, "no"))
    assert not Replayed(witness, [given, turned]).port("Continuity").restored("backup").port("Access").whoami("S").accepted


def test_pages_tell_what_a_finding_means():
    from csvgen.spec.pages import titles

    sources = [p.read_text(encoding="utf-8") for p in (REPOSITORY / "csvgen").rglob("*.py")]
    named = {code for n in range(1, 11) if any((code := f"CHL{n:03d}") in s for s in sources)}
    assert named and named <= set(titles())


def test_released_code_knows_nothing_of_what_breaks_it():
    files = [p for p in Path(REPOSITORY / "csvgen").rglob("*.py") if "csvgen_faults" in p.read_text(encoding="utf-8")]
    assert not files
