"""What is flagged of what people type, without a terminal: words, files, speed, and a session beyond its time box."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.canonical import digest_bytes
from csvgen.clock import FixedClock, stored
from csvgen.deviation.open import of_case
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.attended import Begun
from csvgen.evidence.read import read_run
from csvgen.execution.attended_answers import Known, harmless, says_nothing, spoken, too_fast
from csvgen.execution.attended_recorder import AttendedRecorder
from csvgen.execution.attended_session import SessionCase
from csvgen.execution.observe import judge
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.attended import Performer
from csvgen.model.execution import CaseResult, RunPlan, StepResult, Verdict
from csvgen.model.protocol import Step, TestCase
from csvgen.protocol.charter import steps as charter_steps
from csvgen.report import attended_blocks
from csvgen.verification.evidence import _other_steps

ME = Performer(person="nadia.corso", printed_name="Nadia Corso (fictitious)", role="tester")
START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("letter", "pfbn")
def test_only_a_passed_judgement_holds_and_only_with_words(letter: str) -> None:
    assert judge("judged", "it reads 7", spoken(letter, "it reads 7")) == (letter == "p")
    assert not judge("judged", "it reads 7", spoken(letter, " "))
    assert not judge("judged", "it reads 7", "it reads 7")


@pytest.mark.parametrize("typed", ["", "  ", "...", "-", "\u200b", "\u3164", "\x1b", "\u2800\u2060"])
def test_what_no_eye_can_read_says_nothing(typed: str) -> None:
    assert says_nothing(typed)


def test_text_is_kept_and_harmless() -> None:
    assert harmless(" 7.35 \u00b0C, \u4e2d\u6587 ") == "7.35 \u00b0C, \u4e2d\u6587"
    assert harmless("a\x1b[2Jb\u202ec\u3164d\x00") == r"a\u001b[2Jb\u202ec\u3164d\u0000"


def test_words_of_the_expectation_and_words_said_before_are_flagged() -> None:
    known = Known()
    known.said["as it should be"] = "TC-PQ-0101 step 1"
    assert [f.kind for f in known.of_words("the label reads 7", "The  label reads 7")] == ["actual-is-expected"]
    assert [f.words for f in known.of_words("x", "As it should be")] == ["the same words stand at TC-PQ-0101 step 1"]
    assert not list(known.of_words("the label reads 7", "it reads 7"))


def test_a_file_of_another_run_and_a_file_of_another_time_are_flagged(tmp_path: Path) -> None:
    data = b"a picture"
    for run in ("OQ-001", "OQ-002"):
        path = tmp_path / run / attachment_path(digest_bytes(data))
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    known, minute = Known(tmp_path, "OQ-002"), dt.timedelta(minutes=1)
    window = (stored(START), stored(START + minute))
    assert [f.words for f in known.of_file(data, START, *window)] == ["the same file serves the run OQ-001"]
    for changed in (START - minute, START + 2 * minute):
        assert [f.kind for f in known.of_file(b"another", changed, *window)] == ["file-time"]
    assert not list(known.of_file(b"another", START + minute, *window))


def test_two_seconds_are_too_fast_and_three_are_not() -> None:
    assert [f.kind for f in too_fast(1.9)] == ["too-fast"]
    assert not list(too_fast(3.0))


# ------------------------------------------------------------ a session and its time box


def session(
    tmp_path: Path, seconds: float, typed: list[str], part: Begun | None = None
) -> tuple[SessionCase, list[str], AttendedRecorder]:
    texts = charter_steps(SimpleNamespace(id="URS-P-001"), SimpleNamespace(time_box="30"))
    steps = tuple(Step(keyword="When", text=t.split(" ", 1)[1]) for t in texts)
    case = TestCase(
        id="TC-OQ-0001", title="session", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="",
        ports=(), tags=("attended", "charter"), steps=steps,
    )  # fmt: skip
    recorder = AttendedRecorder(case, FixedClock(START, seconds), None, None, "attended-001", part)
    shown: list[str] = []
    desk = SimpleNamespace(
        show=lambda *lines: shown.extend(lines), tell=lambda *lines: shown.extend(lines),
        ask=lambda prompt, *_: (shown.append(prompt), typed.pop(0))[1],
    )  # fmt: skip
    attendant = SimpleNamespace(desk=desk, by=ME, known=Known())
    made = SessionCase(SimpleNamespace(), SimpleNamespace(), case, recorder, SimpleNamespace(), attendant)  # type: ignore[arg-type]
    return made, shown, recorder


@pytest.mark.parametrize(("seconds", "beyond"), [(60.0, False), (600.0, True)])
def test_a_session_beyond_its_time_box_is_told_and_flagged(tmp_path: Path, seconds: float, beyond: bool) -> None:
    """The clock goes on by so many seconds at each reading; a handful of readings are taken."""
    made, shown, recorder = session(tmp_path, seconds, ["n seen", "i broken", "d"])
    result = made.step(2, made.case.steps[1], None, {})
    assert result.verdict is Verdict.PASSED
    assert [f.kind for f in result.flags] == (["time-box"] if beyond else [])
    assert any("BEYOND THE TIME BOX" in line for line in shown) == beyond
    assert any("longer than its time box of 30" in line for line in shown) == beyond
    assert [e.kind for e in recorder.session] == ["note", "issue"]


def test_time_before_a_pause_counts(tmp_path: Path) -> None:
    done = StepResult(number=1, keyword="Given", text="read", verdict=Verdict.PASSED)
    part = Begun(started=stored(START), steps=(done,), interrupted=2, how="paused", spent=31 * 60.0)
    made, _, _ = session(tmp_path, 1.0, ["n seen", "d"], part)
    assert {f.kind for f in made.step(2, made.case.steps[1], None, {}).flags} == {"time-box", "interrupted"}


def test_every_issue_stands_in_the_deviation_and_every_note_in_the_report(tmp_path: Path) -> None:
    made, _, recorder = session(tmp_path, 1.0, ["n lists are fine", "i sorting loses a line", "i no unit", "d"])
    made.step(2, made.case.steps[1], None, {})
    made.step(4, made.case.steps[3], None, {})
    result = recorder.finish()
    assert result.verdict is Verdict.FAILED and result.reason == "2 issue(s): 1) sorting loses a line; 2) no unit"
    opened = of_case(result)
    printed = repr(list(attended_blocks.told(result))) + repr(attended_blocks.facts(result))
    for issue in ("sorting loses a line", "no unit"):
        assert issue in opened.actual
        assert issue in printed
    assert "lists are fine" in printed
    assert ME.shown in printed


# ------------------------------------------------------------ what waits for a person


@pytest.mark.parametrize(("carried_out", "closed", "waits"), [(2, True, True), (1, True, False), (2, False, False)])
def test_a_run_waits_for_a_person_when_its_automated_part_is_whole(
    tmp_path: Path, carried_out: int, closed: bool, waits: bool
) -> None:
    """One that was interrupted, politely or not, is ordered anew: a person does not go on with half of it."""
    cases = [
        TestCase(
            id=f"TC-OQ-000{n}", title="t", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="",
            ports=(), tags=(), steps=(Step(keyword="Then", text="it is there"),),
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    plan = RunPlan(
        run="OQ-001", system="probe", phase="OQ", mode="formal", protocol=digest_bytes(b""), target="none", scope="complete",
        planned=planned(cases), attended=(cases[2].id,), created=stored(START), account="ci",
    )  # fmt: skip
    write_plan(tmp_path / "OQ-001", plan)
    recorder = WorkerRecorder(tmp_path / "OQ-001", "main", FixedClock(START, 1), tmp_path)
    for case in cases[:carried_out]:
        recorder.case(case).finish()
    recorder.close()
    if not closed:  # the process died before its last line
        journal = tmp_path / "OQ-001" / "journal.main.jsonl"
        journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    evidence = read_run(tmp_path / "OQ-001")
    assert (evidence.problems, evidence.waits) == ((), waits)


# ------------------------------------------------------------ what a package is asked


def test_what_a_person_should_have_done_is_not_passed_without_one() -> None:
    """A journal that lets an attended case pass without a person, or without its second person, is found (RR-X06)."""
    case = TestCase(
        id="TC-OQ-0001", title="t", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="", ports=(),
        tags=("attended", "witness"), steps=(Step(keyword="Then", text="it is there"),),
    )  # fmt: skip
    material = SimpleNamespace(protocol=SimpleNamespace(case={case.id: case}))
    other = Performer(person="pavel.broz", printed_name="Pavel Broz (fictitious)", role="reviewer")

    def faults(**more: object) -> str:
        from csvgen.execution.observe import observation

        seen = observation("judged by a person", "judged", "it is there", "passed: it is", source="x")
        step = StepResult(number=1, keyword="Then", text="it is there", verdict=Verdict.PASSED, observations=(seen,), **more)  # type: ignore[arg-type]
        people = (step.by,) if step.by else ()
        result = CaseResult(case=case.id, case_digest=case.digest, verdict=Verdict.PASSED, steps=(step,), performed_by=people)
        return "; ".join(_other_steps(material, result))  # type: ignore[arg-type]

    assert "no person did" in faults()
    assert "asks for a second person" in faults(by=ME)
    assert faults(by=ME, witness=other) == ""


def test_who_carries_a_case_out_is_approved_with_its_words() -> None:
    """Else a tag taken away would leave an approval standing over a case that no person carries out any more."""
    plain = TestCase(
        id="TC-OQ-0001", title="t", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="", ports=(),
        tags=("OQ",), steps=(Step(keyword="Then", text="it is there"),),
    )  # fmt: skip
    from dataclasses import replace

    kinds = [
        plain,
        *(
            replace(plain, tags=t)
            for t in (("attended",), ("attended", "charter"), ("attended", "witness"), ("attended", "witness-1"))
        ),
    ]
    assert len({str(k.digest) for k in kinds}) == len(kinds)
    assert replace(plain, tags=("OQ", "witness")).digest == plain.digest, "what is not attended keeps its digest"
