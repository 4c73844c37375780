"""Executing again after a fault of the script or a change: released by signature, and what stays has a written reason."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.cli.project import Project
from csvgen.errors import BadInput, Refused
from csvgen.identity.admission import Admission
from csvgen.model.execution import Verdict
from csvgen.verification.evidence import Material, disposed
from csvgen.verification.history import repetitions
from csvgen.verification.package import verify_package
from csvgen.workflow import gates, repetition, telling
from csvgen.workflow.engineering import engineering_run

from ..tiny import OPERATOR, Tiny, cheap_secrets, once, redraft, specification, write_specification

WHY = "The first number is read by its own step; nothing of it was reworded."


def reword(project, *then: str) -> None:
    """The script of the second number says something else: in the specification, and drafted."""
    files = specification()
    files["urs/urs.yaml"]["requirements"][2]["criteria"][0]["then"] = list(then)
    write_specification(project.root, files)
    redraft(project.root)


def approve(project) -> None:
    project.report("urs")
    project.sign_all("mara.ivens", "oskar.lindqvist", "ruth.amsel")
    project.report("oq-protocol")
    project.sign_all("mara.ivens", "ruth.amsel")


def order(project, *cases: str, **more: str) -> str:
    made = project.publisher().order("OQ", cases, "ci-runner", "tomas.feld", **more)
    project.sign_all("nadia.corso")
    return made.id


@pytest.fixture
def faulty(stages, tmp_path):
    """OQ-001: the second case failed because its script expects the wrong number; the disposition says so, and is signed."""

    def make(folder: Path) -> None:
        with cheap_secrets():
            project = stages.at("iq-closed").copy(folder)
            (project.root / "two.txt").write_text("3\n", encoding="utf-8")
            assert [r.verdict for r in project.execute("OQ").results] == [Verdict.PASSED, Verdict.FAILED]
            project.dispose("DEV-002", cause="script", retest=("TC-OQ-0002",))

    with cheap_secrets():
        yield Tiny(once(stages.root / "script-fault", make)).copy(tmp_path / "project")


def test_script_fault_takes_a_new_revision_and_a_rationale_before_its_retest(faulty, tmp_path):
    with pytest.raises(
        Refused, match="DEV-002 found a fault of the script, and TNY-OQP is still the revision OQ-001 was executed from"
    ):
        order(faulty, "TC-OQ-0002")
    reword(faulty, "the file two.txt says 3")
    with pytest.raises(Refused, match="TNY-OQP is not approved in its current revision"):
        order(faulty, "TC-OQ-0002")  # written is not approved
    approve(faulty)
    assert repetition.changed(faulty.state, "OQ") == ("TC-OQ-0002",)
    with pytest.raises(Refused, match="revised since OQ-001; say in writing why the results of the 1 cases"):
        order(faulty, "TC-OQ-0002")
    with pytest.raises(BadInput, match="the rationale of the carry-over says nothing"):
        order(faulty, "TC-OQ-0002", carry_over="...")
    faulty.review("OQ-001")
    assert "no order says why the results of 1 unchanged cases carry over" in gates.may_compose(faulty.state, "oq-report")
    order(faulty, "TC-OQ-0002", carry_over=WHY)
    content = faulty.state.latest("TNY-XO-OQ-002").content
    assert (content["released_by"], content["carried"], content["carry_over"]) == (["DEV-002"], ["TC-OQ-0001"], WHY)
    assert [r.verdict for r in faulty.run("OQ").results] == [Verdict.PASSED]
    faulty.review("OQ-002")
    faulty.close_phase("OQ")
    assert faulty.state.conclusion("OQ").outcome == "eligible"
    (pdf,) = (faulty.root / "output" / "tiny" / "documents" / "TNY-OQR" / "r1").glob("*.pdf")
    text = " ".join(subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout.split())
    assert "Repetitions: what released them, and what carried over" in text
    assert "1 cases not executed again: The first number is read by its own step" in text
    package = faulty.export(tmp_path / "package")
    verification = verify_package(package, faulty.state.trust)
    assert verification, verification.failed
    _verify_finds_what_is_missing(faulty, verification)


def _verify_finds_what_is_missing(project, verification) -> None:
    """Each part of the release taken out of a package that is otherwise sound, one at a time."""
    assert "repetitions were released, and what stayed was given a reason" in [c.name for c in verification.checks]
    state = project.state
    true = Material(
        None,
        state.spec,
        state.protocol,
        state.approvals,
        tuple(r for r in state.runs if r.plan.mode == "formal"),
        state.trust,
        state.config.root,
    )
    found = disposed(true)
    assert repetitions(true, found) == []

    def with_order(**said: object) -> Material:
        changed = tuple(
            dataclasses.replace(a, content={**a.content, **said}) if a.document.id == "TNY-XO-OQ-002" else a
            for a in true.approvals
        )
        return dataclasses.replace(true, approvals=changed)

    old = next(a for a in true.approvals if a.document.id == "TNY-XO-OQ-001").content["document"]
    for material, words in (
        (with_order(carry_over=""), "nobody says why"),
        (with_order(carried=[]), "names other cases whose results carry over"),
        (with_order(released_by=[]), "neither a disposition nor a change"),
        (with_order(released_by=["DEV-009"]), "DEV-009 released no retest"),
        (with_order(document=old), "found a fault of the script, and no new revision"),
    ):
        assert any(words in fault for fault in repetitions(material, found)), words
    open_ones = tuple(dataclasses.replace(d, signed=False) for d in found)
    assert any("DEV-002 released no retest by signature" in fault for fault in repetitions(true, open_ones))


def test_wording_changed_after_a_complete_run_is_ordered_by_its_change(tiny, monkeypatch):
    """As the command does it: without any deviation a change reference releases it, and only what has no result in its wording."""
    project = tiny("oq-closed")
    reword(project, "the file two.txt says 2", "the file one.txt says 1")
    approve(project)
    assert project.state.conclusion("OQ").reasons == ("TC-OQ-0002 NOT_RUN",)
    with pytest.raises(Refused, match="TC-OQ-0002; a case whose wording changed needs a disposition or a change reference"):
        order(project, "TC-OQ-0002", carry_over=WHY)
    monkeypatch.setattr(Project, "admit", lambda *_: Admission(OPERATOR, "order", None))
    monkeypatch.setattr(Project, "keep_up", lambda _: None)
    command = ["-C", str(project.root), "order", "OQ", "--changed", "--account", "ci-runner", "--carry-over", WHY]
    done = CliRunner().invoke(cli, [*command, "--change-reference", "CHG-7"], standalone_mode=False)
    assert done.exception is None, done.exception
    content = project.state.latest("TNY-XO-OQ-002").content
    assert (content["retest"], content["change_reference"], content["released_by"]) == (["TC-OQ-0002"], "CHG-7", [])
    project.sign_all("nadia.corso")
    project.run("OQ")
    assert project.state.conclusion("OQ").outcome == "eligible"
    again = CliRunner().invoke(cli, command, standalone_mode=False)
    assert isinstance(again.exception, BadInput)
    assert "every case of the OQ has a result in its present wording" in str(again.exception)


def test_change_releases_no_failure(faulty):
    """A failed case takes a disposition for its retest; a change of something else is no way round it."""
    faulty.dispose("DEV-002", cause="system", decision="reject")
    with pytest.raises(Refused, match="no signed disposition releases a retest of TC-OQ-0002"):
        order(faulty, "TC-OQ-0002", change="CHG-8")
    assert gates.may_order(faulty.state, "OQ", repetition.Asked(("TC-OQ-0001",), "CHG-8")) == "", (
        "what passed may be shown once more"
    )
    assert "has no case TC-OQ-0099" in gates.may_order(faulty.state, "OQ", repetition.Asked(("TC-OQ-0099",), "CHG-8"))


def test_engineering_runs_after_the_approval_stay_and_are_told_in_the_report(tiny):
    """Whoever tried until it passed cannot show the last attempt only; before the approval trying is free."""
    project = tiny("specified")
    oq = [str(project.root / "protocols" / "tiny" / "OQ")]
    before, _ = engineering_run(project.config, "tiny", oq, project.said.append)
    project.approve_protocols("OQ")
    (project.root / "two.txt").write_text("3\n", encoding="utf-8")
    after, code = engineering_run(project.config, "tiny", oq, project.said.append)
    assert code == 1
    assert {r.run for r in project.state.runs} == {before.run, after.run}, "both are kept"
    (row,) = telling.engineering(project.state, "OQ")
    assert (row[0], row[2], row[3]) == (after.run, "2 cases: 1 FAILED, 1 PASSED", str(after.digest))
    assert telling.engineering(project.state, "IQ") == []
    material = project.publisher()._material("oq-report", "TNY-OQR", 1, after.plan.created, after.digest)
    assert material.engineering == [row]


def test_conditional_release_opens_the_execution_too(tiny):
    """Signed, it opens order and run of the next phase; the phase it is about stays open, and is told."""
    project = tiny("iq-failed")
    project.configure("failures_to_lock", "3")
    project.publisher().conditional_release("IQ", "corrected; the retest follows", ("the IQ is closed before the PQ",))
    project.sign("oskar.lindqvist", "TNY-CR-IQ")
    with pytest.raises(Refused, match="IQ is not closed"):
        project.order("OQ")
    project.sign("ruth.amsel", "TNY-CR-IQ")
    assert project.execute("OQ").seal.complete
    assert project.state.conclusion("IQ").outcome == "not eligible"
    assert any(d.open for d in project.state.deviations)
