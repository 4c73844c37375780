"""A person carries out cases at a real pseudo-terminal: what is asked, what is refused, and what stands in the record afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from csvgen.evidence.read import standing
from csvgen.model.execution import Verdict

from ..tiny import OPERATOR, runner
from .conftest import ACTUAL, HAND, ME, VERDICT, Sitting, clean_environment, newest, only

OTHER = "pavel.broz"


def test_a_whole_case_passes_and_the_record_says_who_saw_what(project):
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is green")
    sitting.answers("one label came out")
    sitting.child.expect_exact(ACTUAL)
    before = sitting.shown.getvalue()
    assert before.rindex('EXPECTED     the label reads "LOT 7"') > before.rindex("step 3 of 3"), (
        "the expected result stands there before anything can be answered"
    )
    sitting.child.sendline("LOT 7 in black letters")
    sitting.type((VERDICT, "p"))
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 0, shown
    for words in ("TC-PQ-0101 label", "URS-TNY-002: The first file shall say 1.", "RA-TNY-002", "step 2 of 3", "can be read"):
        assert words in shown
    assert tiny.password(ME) not in shown
    run, result = newest(tiny), only(tiny)
    assert run.sealed and result.verdict is Verdict.PASSED
    assert [s.by.person for s in result.steps] == [ME] * 3
    assert [p.printed_name for p in result.performed_by] == ["Nadia Corso (fictitious)"]
    last = result.steps[2]
    assert (last.observations[0].expected, last.observations[0].actual) == (last.text, "passed: LOT 7 in black letters")
    assert last.observations[0].source == "Nadia Corso (fictitious) (nadia.corso)"
    assert [f.kind for f in last.flags] == ["too-fast"], "nobody reads, looks and writes within two seconds"


def test_blank_is_refused_failed_is_noted_and_stopping_needs_a_reason(project):
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is green")
    for nothing in ("", "   ", "\u3164\u200b", "..."):
        sitting.type((ACTUAL, nothing))
        sitting.child.expect_exact("may not be blank")
    sitting.type((ACTUAL, "no label came"), (VERDICT, "x"), (VERDICT, "f"), ("Note for the deviation", "told the owner"))
    sitting.type(("g go on", ""), ("g go on", "s"), ("Reason for stopping", " "), ("Reason for stopping", "out of paper"))
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 1, shown
    result = only(tiny)
    assert (result.verdict, result.reason) == (Verdict.FAILED, "failed: no label came")
    assert [s.verdict for s in result.steps] == [Verdict.PASSED, Verdict.FAILED, Verdict.NOT_RUN]
    assert result.steps[1].note == "told the owner"
    assert result.steps[2].reason == "stopped after step 2 by Nadia Corso (fictitious) (nadia.corso): out of paper"
    assert newest(tiny).sealed, "what failed is kept"


def test_blocked_and_not_executed_need_a_reason_and_neither_passes(project):
    """RR-X08, of people."""
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("there is no power", "b")
    sitting.type(("Reason why it was blocked", ""), ("Reason why it was blocked", "the room has no power"), ("g go on", "g"))
    sitting.answers("left out", "n")
    sitting.type(
        ("Reason why it was not executed", "-"), ("Reason why it was not executed", "no use without power"), ("g go on", "g")
    )
    sitting.answers("the label of yesterday reads LOT 7")
    sitting.finish_case()
    code, _ = sitting.end()
    assert code == 1
    result = only(tiny)
    assert [s.verdict for s in result.steps] == [Verdict.BLOCKED, Verdict.NOT_RUN, Verdict.PASSED]
    assert [s.reason for s in result.steps[:2]] == ["blocked: the room has no power", "not executed: no use without power"]
    assert result.verdict is Verdict.BLOCKED


def test_a_correction_keeps_the_first_answer_and_the_verdict_is_worked_out_anew(project):
    """RR-X07."""
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is red", "f")
    sitting.type(("Note for the deviation", ""), ("g go on", "g"), (ACTUAL, "c"), ("Number of the step", "1"))
    sitting.type(("Corrected actual result", "the lamp is green"), (VERDICT, "p"))
    sitting.type(("Why the first answer was wrong", ""), ("Why the first answer was wrong", "looked at the other printer"))
    sitting.answers("one label came out")
    sitting.answers("LOT 7")
    sitting.type(("Enter finishes", "c"), ("Number of the step", "3"), ("Corrected actual result", "LOT 1"), (VERDICT, "f"))
    sitting.type(("Note for the deviation", ""), ("Why the first answer", "read it again in better light"))
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 1, shown
    result = only(tiny)
    first, _, last = result.steps
    assert (first.verdict, first.observations[0].actual) == (Verdict.PASSED, "passed: the lamp is green")
    (kept,) = first.corrections
    assert (kept.actual, kept.verdict, kept.why, kept.by.person) == (
        "failed: the lamp is red", "FAILED", "looked at the other printer", ME,
    )  # fmt: skip
    assert "verdict-lifted" in [f.kind for f in first.flags]
    assert (last.verdict, last.corrections[0].actual, result.verdict) == (Verdict.FAILED, "passed: LOT 7", Verdict.FAILED)
    assert newest(tiny).sealed


def test_files_are_hashed_and_a_used_or_old_one_is_flagged_with_a_reason(project, tmp_path):
    """RR-X04, of files that people attach."""
    tiny = project(HAND)
    fresh, old = tmp_path / "photo \x1b[31m.txt", tmp_path / "old.txt"
    old.write_text("seen long ago", encoding="utf-8")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    sitting = Sitting(tiny)
    sitting.type((ACTUAL, "a"), ("File (blank", str(tmp_path / "none.txt")))
    sitting.child.expect_exact("Not attached: there is no such file")
    sitting.child.expect_exact(ACTUAL)
    fresh.write_text("seen now", encoding="utf-8")
    sitting.child.sendline("a")
    (tmp_path / "link.txt").symlink_to(fresh)
    sitting.type(("File (blank", str(tmp_path / "link.txt")))
    sitting.child.expect_exact("attached TC-PQ-0101.1.1")
    sitting.answers("the lamp is green")
    sitting.type((ACTUAL, "a"), ("File (blank", str(tmp_path / "link.txt")))
    sitting.child.expect_exact("the same file serves TC-PQ-0101 step 1 of this run")
    sitting.type(("Reason why it is evidence here", ""), ("Reason why it is evidence here", "one picture shows both"))
    sitting.child.expect_exact("which is not while the step went on")
    sitting.type(("Reason why it is evidence here", "taken a step before"))
    sitting.answers("one label came out")
    sitting.type((ACTUAL, "a"), ("File (blank", str(old)), ("Reason why it is evidence here", "the reference label"))
    sitting.answers("LOT 7")
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 0, shown
    steps = only(tiny).steps
    assert [a.name for s in steps for a in s.attachments] == ["link.txt", "link.txt", "old.txt"]
    assert [a.size for s in steps for a in s.attachments] == [8, 8, 13]
    told = {f.kind: (f.words.partition(":")[0], f.reason) for s in steps for f in s.flags if f.reason}
    assert told == {
        "file-used-before": ("TC-PQ-0101.2.1", "one picture shows both"),
        "file-time": ("TC-PQ-0101.3.1", "the reference label"),
    }
    again = Sitting(tiny)
    again.type((ACTUAL, "a"), ("File (blank", str(old)))
    again.child.expect_exact("the same file serves the run dev-")
    again.kill()


def test_paused_and_gone_on_with_nothing_is_asked_twice(project):
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is green")
    sitting.type((ACTUAL, "q"))
    code, shown = sitting.end()
    assert code == 1
    run = newest(tiny)
    assert (run.seal, run.waits, run.problems) == (None, True, ())
    assert "is paused, not sealed" in shown and f"--resume {run.run}" in shown
    assert "paused at" in run.results[0].reason and run.results[0].verdict is Verdict.ERROR, "unfinished is never passed"
    again = Sitting(tiny, "--resume", run.run)
    again.child.expect_exact("GOES ON: paused at")
    again.child.expect_exact("in step 2; 1 of 3 steps are answered")
    again.answers("one label came out")
    again.answers("LOT 7")
    again.finish_case()
    code, shown = again.end()
    assert code == 0, shown
    assert "step 1 of 3" not in shown
    run = newest(tiny)
    assert run.sealed and sorted(run.seal.heads) == ["attended-001", "attended-002"]
    (result,) = run.results
    assert result.verdict is Verdict.PASSED and len(result.steps) == 3
    assert result.started < result.steps[1].started, "the case began in the first segment"
    assert [f.words[:22] for f in result.steps[1].flags if f.kind == "interrupted"] == ["begun again: paused at"]
    first = (tiny.root / "output" / "tiny" / "runs" / run.run / "journal.attended-002.jsonl").read_text(encoding="utf-8")
    assert json.loads(first.split("\n")[0])["content"]["follows"] == {"attended-001": run.seal.heads["attended-001"]}
    third = Sitting(tiny, "--resume", run.run)
    code, shown = third.end()
    assert (code, "has ended and is sealed" in shown) == (1, True)


def test_killed_in_a_step_and_gone_on_with_by_somebody_else(project):
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is green")
    sitting.type((ACTUAL, "one label came out"))
    sitting.child.expect_exact(VERDICT)
    sitting.kill()
    run = newest(tiny)
    assert (run.seal, run.waits) == (None, True)
    again = Sitting(tiny, "--resume", run.run)
    again.child.expect_exact("GOES ON: the process ended there without a word, in step 2")
    meanwhile = Sitting(tiny, "--resume", run.run)
    code, shown = meanwhile.end()
    assert (code, "somebody attends" in shown) == (1, True)
    again.answers("one label came out")
    again.answers("LOT 7")
    again.finish_case()
    code, shown = again.end()
    assert code == 0, shown
    assert [s.verdict for s in only(tiny).steps] == [Verdict.PASSED] * 3
    assert any("without a word" in f.words for f in only(tiny).steps[1].flags)


def test_a_segment_goes_on_from_the_journal_as_it_was(project):
    """An answer changed between two segments, its chain mended: the next segment does not go on from it."""
    from csvgen.canonical import canonical_json, digest_bytes, read_canonical

    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is red", "p")
    sitting.type((ACTUAL, "q"))
    sitting.end()
    run = newest(tiny)
    again = Sitting(tiny, "--resume", run.run)
    again.answers("one label came out")
    again.type((ACTUAL, "q"))
    again.end()
    path = tiny.root / "output" / "tiny" / "runs" / run.run / "journal.attended-001.jsonl"
    head, lines = digest_bytes(path.with_name("run.json").read_bytes()), []
    for line in path.read_bytes().replace(b"the lamp is red", b"the lamp is GREEN").splitlines(keepends=True):
        entry = {**read_canonical(line), "prev": head}
        lines.append(canonical_json(entry))
        head = digest_bytes(lines[-1])
    path.write_bytes(b"".join(lines))
    assert standing(path.parent).evidence.problems == (
        "journal of attended-002: goes on from another journal of attended-001 than is there",
    )
    third = Sitting(tiny, "--resume", run.run)
    code, shown = third.end()
    assert (code, "is damaged and cannot go on" in shown) == (1, True)


def test_hostile_text_commands_no_terminal_and_is_recorded_spelled_out(project):
    tiny = project(HAND.replace("a label is printed", "a label is printed\u202e \x1b]0;owned\x07"))
    sitting = Sitting(tiny)
    sitting.answers("green \x1b[2J\x1b[1;1Hall passed \u202eTOL")
    sitting.child.expect_exact("step 1: PASSED")
    sitting.type((ACTUAL, "c"), ("Number of the step", ""))
    sitting.answers("fine: b\u0000yte")
    sitting.answers("LOT 7")
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 0, shown
    assert "\x1b" not in shown and "\u202e" not in shown.replace("\u202eTOL", "", 1), "the echo of the terminal apart"
    assert only(tiny).steps[0].observations[0].actual == r"passed: green \u001b[2J\u001b[1;1Hall passed \u202eTOL"


@pytest.mark.parametrize("who", ["wrong password", "no right", "technical", "no terminal"])
def test_only_a_person_with_the_right_attends(project, who):
    tiny = project(HAND)
    if who == "no terminal":
        command = [sys.executable, "-m", "csvgen", "-C", str(tiny.root), "run", "--attended"]
        done = subprocess.run(
            command, input=f"{ME}\n{tiny.password(ME)}\n", capture_output=True, text=True, check=False, env=clean_environment()
        )
        code, shown, words = done.returncode, done.stderr, "is an act of a person and needs a terminal"
        assert code == 2
    elif who == "technical":
        from ..flow.test_terminal import Screen

        code, shown = Screen(tiny.root, "run", "--attended", env=runner(tiny.root)).end()
        words = "a technical account cannot attend"
    else:
        sitting = Sitting(tiny, person=OTHER) if who == "no right" else None
        if sitting is None:
            from ..flow.test_terminal import Screen

            sitting = Screen(tiny.root, "run", "--attended")
            sitting.type(("User id", ME), ("Password", "wrong wrong wrong"))
        code, shown = sitting.end()
        words = "may not execute protocols" if who == "no right" else "csvgen:"
    assert code in (1, 2) and words in shown, shown
    assert "Traceback" not in shown
    assert not (tiny.root / "output").exists(), "nothing was begun"
    refused = [e.action for e in tiny.ledger.events() if "refused" in e.action or "failed" in e.action]
    assert bool(refused) == (who != "no terminal")


def test_who_is_locked_meanwhile_answers_nothing_more(project):
    """The session is looked at with every answer: whoever left, idled away or was locked proves again who they are, or is out."""
    tiny = project(HAND)
    sitting = Sitting(tiny)
    sitting.answers("the lamp is green")
    sitting.child.expect_exact(ACTUAL)
    tiny.directory.set_state(OPERATOR, ME, "locked", "left the company")
    sitting.child.sendline("one label came out")
    for _ in range(3):
        sitting.type(("User id", ME), ("Password", tiny.password(ME)))
    code, shown = sitting.end()
    assert (code, "could not be authenticated again" in shown or "is paused, not sealed" in shown) == (1, True)
    assert newest(tiny).waits
    assert [s.verdict for s in only(tiny).steps] == [Verdict.PASSED], "what was typed after the lock is no answer"
