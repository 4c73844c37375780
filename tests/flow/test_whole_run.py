"""A run that did not go as a run must: it drifted, it was abandoned, the test runner broke. Each opens one deviation of the run as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from csvgen.canonical import read_canonical
from csvgen.cli import cli
from csvgen.errors import BadInput, Refused
from csvgen.evidence.hold import hold
from csvgen.evidence.read import read_run
from csvgen.model.audit import Actor
from csvgen.model.deviation import WHOLE_RUN
from csvgen.model.execution import Verdict
from csvgen.model.package import PackageManifest
from csvgen.verification.evidence import Material
from csvgen.verification.history import told_runs
from csvgen.verification.package import verify_package
from csvgen.workflow import gates, running
from csvgen.workflow.repetition import Asked

from ..tiny import Tiny, cheap_secrets, clean_environment, once

TESTER = Actor("nadia.corso", "Nadia Corso (fictitious)", "tester", "test")
MEDDLER = """
import pytest

@pytest.fixture(autouse=True)
def meddled(request):
    there = (ROOT / "meddle").is_file()
    target = request.getfixturevalue("target") if there else None
    yield
    if there:
        assert target.configure("failures_to_lock", (ROOT / "meddle").read_text().strip(), "by somebody").accepted
"""


def _drift(project) -> None:
    project.configure("failures_to_lock", "3")
    steps = project.root / "protocols" / "tiny" / "conftest.py"
    steps.write_text(steps.read_text(encoding="utf-8") + MEDDLER, encoding="utf-8")
    project.approve_protocols("IQ")  # step code is approved
    (project.root / "meddle").write_text("5", encoding="utf-8")
    evidence = project.execute("IQ")
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED]
    (project.root / "meddle").unlink()


@pytest.fixture
def drifted(stages, tmp_path):
    """IQ-001: its one case passed, and the value it had looked at was changed before the run ended."""
    with cheap_secrets():
        yield _stage(stages, "drifted", _drift).copy(tmp_path / "project")


def _stage(stages, name: str, make) -> Tiny:
    """A stage of our own after the protocols are approved, made once."""

    def work(folder: Path) -> None:
        with cheap_secrets():
            make(stages.at("approved").copy(folder))

    return Tiny(once(stages.root / name, work))


def words(project, document: str) -> str:
    (path,) = (project.root / "output" / "tiny" / "documents" / document / "r1").glob("*.pdf")
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


# ------------------------------------------------------------ drift


def test_rr_x09_drift_opens_a_deviation_although_every_case_passed(drifted):
    (opened,) = drifted.state.opened
    assert (opened.id, opened.run, opened.case, opened.verdict) == ("DEV-001", "IQ-001", WHOLE_RUN, "IRREGULAR")
    assert "configuration failures_to_lock: '3' at the start of main, '5' at the end of main" in opened.actual
    assert opened.original == drifted.state.run("IQ-001").digest
    assert drifted.state.conclusion("IQ").outcome == "not eligible"
    with pytest.raises(Refused, match="without signed disposition: DEV-001"):
        drifted.order("IQ")
    with pytest.raises(Refused, match="without signed disposition: DEV-001"):
        drifted.order("IQ", "TC-IQ-0001")
    (event,) = [e for e in drifted.ledger.events() if e.action == "run-seal"]
    assert "failures_to_lock" in {c.field: c.new for c in event.changes}["irregular"]


def test_rr_x09_drift_accepted_with_a_restriction_restricts_the_phase(drifted):
    drifted.dispose("DEV-001", decision="accept-with-restriction", restriction="no lot before the next IQ")
    found = drifted.state.conclusion("IQ")
    assert (found.outcome, found.restrictions) == (
        "eligible with restrictions", ("IQ-001 as a whole (DEV-001): no lot before the next IQ",),
    )  # fmt: skip
    with pytest.raises(Refused, match="DEV-001 decided on IQ-001 as a whole: accept-with-restriction"):
        drifted.order("IQ")


def test_rr_x09_drift_rejected_leaves_nothing_that_counts(drifted):
    drifted.dispose("DEV-001", decision="reject")
    assert drifted.state.conclusion("IQ").reasons == ("TC-IQ-0001 NOT_RUN",)
    assert drifted.state.matrix.rows[0].coverage == "gap"
    with pytest.raises(Refused, match="no repetition"):
        drifted.order("IQ")


def test_rr_x09_drift_retested_and_the_package_holds(drifted, tmp_path):
    drifted.dispose("DEV-001", decision="retest")
    assert drifted.state.conclusion("IQ").outcome == "not eligible", "what is to be repeated does not count meanwhile"
    assert gates.may_order(drifted.state, "IQ", Asked(("TC-IQ-0001",))) == "", "any case of the run may be ordered by name"
    drifted.configure("failures_to_lock", "3")
    drifted.execute("IQ")
    assert [o.id for o in drifted.state.opened] == ["DEV-001"]
    assert drifted.state.latest("TNY-XO-IQ-002").content["released_by"] == ["DEV-001"]
    with pytest.raises(Refused, match="executed completely in IQ-002"):
        drifted.order("IQ")
    drifted.review("IQ-001", "IQ-002")
    drifted.close_phase("IQ")
    assert drifted.state.conclusion("IQ").outcome == "eligible"
    text = words(drifted, "TNY-IQR")
    assert "DEV-001 IQ-001 as a whole" in text
    assert "Faults of runs as a whole" in text
    assert "First and last result of every case with more than one" in text
    verification = verify_package(drifted.export(tmp_path / "package"), drifted.state.trust)
    assert verification, verification.failed


def test_drift_of_an_engineering_run_is_told_and_opens_nothing(drifted):
    """As a command: the words on the terminal, and an exit code that is not fine although every case passed."""
    drifted.configure("failures_to_lock", "3")
    (drifted.root / "meddle").write_text("4", encoding="utf-8")
    before = drifted.state.opened
    done = subprocess.run(
        [sys.executable, "-m", "csvgen", "run", "IQ"],
        cwd=drifted.root,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 1
    assert "configuration failures_to_lock: '3' at the start of main, '4' at the end of main" in done.stderr
    assert drifted.state.opened == before


# ------------------------------------------------------------ abandoned


def _break_off(project) -> None:
    project.order("IQ")
    with patch.object(running, "seal", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        project.run("IQ")
    journal = project.root / "output" / "tiny" / "runs" / "IQ-001" / "journal.main.jsonl"
    journal.write_bytes(journal.read_bytes()[:-10])


@pytest.fixture
def broken_off(stages, tmp_path):
    """IQ-001: executed, its last line torn, never sealed."""
    with cheap_secrets():
        yield _stage(stages, "broken-off", _break_off).copy(tmp_path / "project")


def abandon(project, reason: str = "the machine lost power"):
    return running.abandon(project.state, "IQ-001", reason, project.ledger, project.clock, TESTER)


def test_rr_x03_run_that_was_never_sealed_blocks_orders_until_it_is_closed(broken_off):
    with pytest.raises(Refused, match=r"IQ-001 began and was never sealed \(.*cut off.*csvgen abandon IQ-001"):
        broken_off.order("IQ")
    with pytest.raises(Refused, match="IQ-001 began and was never sealed"):
        broken_off.report("iq-report")
    told = CliRunner().invoke(cli, ["-C", str(broken_off.root), "status"], standalone_mode=False).output
    assert "IQ-001 began and was never sealed" in told
    evidence = abandon(broken_off)
    assert (evidence.sealed, evidence.aborted, evidence.seal.complete, evidence.seal.aborted_by) == (
        True,
        True,
        False,
        "nadia.corso",
    )
    assert [f.partition(": ")[0] for f in evidence.seal.faults] == ["journal.main.jsonl"]
    (opened,) = broken_off.state.opened
    assert (opened.case, opened.verdict) == (WHOLE_RUN, "ABORTED")
    assert "the machine lost power" in opened.actual
    assert "of 1 planned: 0 PASSED, 1 neither passed nor unexecuted: TC-IQ-0001 FAILED" in opened.actual, (
        "no failure goes unseen with it"
    )
    assert broken_off.state.matrix.runs == {}, "it counts for nothing"
    with pytest.raises(Refused, match="without signed disposition: DEV-001"):
        broken_off.order("IQ")
    (event,) = [e for e in broken_off.ledger.events() if e.action == "run-abandon"]
    assert (event.person, event.record, event.reason) == ("nadia.corso", "IQ-001", "the machine lost power")


@pytest.mark.parametrize("decision", ["reject", "accept-with-restriction"])
def test_rr_x03_only_a_retest_releases_a_new_order_after_an_aborted_run(broken_off, decision):
    abandon(broken_off)
    broken_off.dispose("DEV-001", decision=decision, restriction="none is possible")
    for cases in ((), ("TC-IQ-0001",)):
        with pytest.raises(Refused, match=f"DEV-001 decided on IQ-001 as a whole: {decision}"):
            broken_off.order("IQ", *cases)


def test_rr_x03_aborted_run_is_kept_reviewed_reported_and_verified(broken_off, tmp_path):
    abandon(broken_off)
    broken_off.dispose("DEV-001", decision="retest")
    broken_off.configure("failures_to_lock", "3")
    broken_off.execute("IQ")
    with pytest.raises(Refused, match="not signed as performed and reviewed: IQ-001, IQ-002"):
        broken_off.report("iq-report")
    broken_off.review("IQ-001", "IQ-002")
    assert broken_off.state.latest("TNY-RUN-IQ-001").content["irregular"][0].startswith("closed as aborted by nadia.corso")
    broken_off.close_phase("IQ")
    assert broken_off.state.conclusion("IQ").outcome == "eligible"
    assert "Runs closed as aborted IQ-001" in words(broken_off, "TNY-IQR")
    package = broken_off.export(tmp_path / "package")
    verification = verify_package(package, broken_off.state.trust)
    assert verification, verification.failed
    (note,) = [c for c in verification.checks if c.name == "runs that were closed as aborted"]
    assert "IQ-001 by nadia.corso: the machine lost power" in note.detail
    _trail_and_seal_tell_of_each_other(broken_off, package)


def _trail_and_seal_tell_of_each_other(project, package: Path) -> None:
    """Who closed it, and that it was closed so and not sealed: in the seal and in the trail, or it is told."""
    manifest = PackageManifest.model_validate(read_canonical((package / "package.json").read_bytes()))
    material = Material.read(package, manifest, project.state.approvals, project.state.trust)
    events = list(project.ledger.events())
    assert told_runs(material, events) == []
    for changed, words in (
        ({"person": "ci-runner"}, "closed as aborted by nadia.corso, and the trail tells of ci-runner"),
        ({"action": "run-seal"}, "closed as aborted by nadia.corso, and the trail tells of nobody"),
        ({"action": "log-in"}, "the trail tells that it was never sealed"),
    ):
        other = [e.model_copy(update=changed) if e.action == "run-abandon" else e for e in events]
        assert any(words in fault for fault in told_runs(material, other)), words


def test_every_later_change_of_an_aborted_run_is_found(broken_off):
    """The fault it was closed with is no cover: mended, spread or added to, it is told."""
    folder = broken_off.root / "output" / "tiny" / "runs" / "IQ-001"
    abandon(broken_off)
    assert read_run(folder).problems == ()
    journal = folder / "journal.main.jsonl"
    kept = journal.read_bytes()
    lines = kept.splitlines(keepends=True)
    for changed in (
        kept + b"}\n",
        kept[:-1],
        b"".join(lines[:-1]),
        b"".join(lines[1:]),
        kept.replace(b"FAILED", b"PASSED", 1),
        b"",
    ):
        journal.write_bytes(changed)
        assert "journal.main.jsonl was changed after sealing" in read_run(folder).problems
    journal.write_bytes(b"".join(lines[:-1]))
    assert any("fault that is not there any more" in p for p in read_run(folder).problems), "mended behind everybody's back"
    journal.write_bytes(kept)
    (folder / "more.txt").write_text("x", encoding="utf-8")
    assert read_run(folder).problems == ("more.txt is not part of the sealed run",)


def test_what_cannot_be_abandoned(broken_off):
    folder = broken_off.root / "output" / "tiny" / "runs" / "IQ-001"
    with pytest.raises(BadInput, match="the reason"):
        abandon(broken_off, "...")
    with hold(folder), pytest.raises(Refused, match="still being executed"):
        abandon(broken_off)
    assert not (folder / "seal.json").exists()
    assert not [e for e in broken_off.ledger.events() if e.action == "run-abandon"]
    abandon(broken_off)
    with pytest.raises(Refused, match="what is sealed stays what it is"):
        abandon(broken_off)
    with pytest.raises(Refused, match="there is no run IQ-009"):
        running.abandon(broken_off.state, "IQ-009", "gone", broken_off.ledger, broken_off.clock, TESTER)


def test_abandoning_takes_an_authenticated_person(broken_off):
    """A technical account executes; it does not decide that a run is given up."""
    command = [sys.executable, "-m", "csvgen", "abandon", "IQ-001", "--reason", "it hangs"]
    token = {"CSVGEN_ACCOUNT": "ci-runner", "CSVGEN_TOKEN_FILE": str(broken_off.root / "ci-runner.token")}
    for more in ({}, token):
        done = subprocess.run(
            command, cwd=broken_off.root, capture_output=True, text=True, check=False, env=clean_environment() | more
        )
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
    assert broken_off.state.run("IQ-001").seal is None


# ------------------------------------------------------------ the test runner


def test_a_runner_that_was_killed_is_recorded_told_and_opens_a_deviation(tiny):
    """Really killed, in its last moment: every case passed, and still the run did not end with results."""
    project = tiny("approved")
    project.configure("failures_to_lock", "3")
    steps = project.root / "protocols" / "tiny" / "conftest.py"
    killer = "\nimport os, signal\nimport pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_unconfigure(): os.kill(os.getpid(), signal.SIGKILL)\n"
    steps.write_text(steps.read_text(encoding="utf-8") + killer, encoding="utf-8")
    project.approve_protocols("IQ")  # step code is approved
    evidence = project.execute("IQ")
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED]
    assert evidence.seal.ended == "pytest did not end with results: it was killed by the signal SIGKILL"
    assert [(o.case, o.actual) for o in project.state.opened] == [(WHOLE_RUN, evidence.seal.ended)]
    assert project.state.conclusion("IQ").outcome == "not eligible"
