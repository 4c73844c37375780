"""Honest histories that are not straight: a script revised between two runs, a run that broke off. They must verify.

A verification that calls an honest record false is as useless as one that believes a false record.
"""

from __future__ import annotations

from unittest.mock import patch

import pytest

from csvgen.model.verification import Outcome
from csvgen.verification.package import verify_package
from csvgen.workflow import running

from ..tiny import redraft, specification, write_specification


def test_script_revised_after_a_failure_and_repeated(tiny, tmp_path):
    """The first run was executed in the wording that was approved then; it stays evidence of that, and no more."""
    project = tiny("iq-failed")
    files = specification()
    files["installation.yaml"]["sections"][0]["items"][0]["expected"] = "5"
    write_specification(project.root, files)
    redraft(project.root)
    project.report("fs")
    project.sign_all("ruth.amsel")
    project.approve_protocols("IQ", "OQ", "PQ")
    project.dispose("DEV-001", cause="script", retest=("TC-IQ-0001",))
    assert project.execute("IQ", "TC-IQ-0001").seal.summary.verdicts == {"PASSED": 1}
    project.review("IQ-001", "IQ-002")
    project.close_phase("IQ")
    assert project.state.conclusion("IQ").outcome == "eligible"
    attempts = project.state.matrix.rows[0].links[0].attempts
    assert [(a.run, str(a.verdict)) for a in attempts] == [("IQ-001", "NOT_RUN"), ("IQ-002", "PASSED")]
    assert "another wording" in attempts[0].reason
    verification = verify_package(project.export(tmp_path / "package"), project.state.trust)
    assert verification, verification.failed


def test_run_that_broke_off_is_kept_and_counts_for_nothing(tiny, tmp_path):
    project = tiny("approved")
    project.order("IQ")
    with patch.object(running, "seal", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        project.run("IQ")
    broken = project.state.run("IQ-001")
    assert broken.seal is None
    assert not project.state.opened, "a run that was never sealed opens no deviation"
    project.configure("failures_to_lock", "3")
    project.execute("IQ")
    assert [r.run for r in project.state.runs] == ["IQ-001", "IQ-002"]
    verification = verify_package(project.export(tmp_path / "package"), project.state.trust)
    assert verification, verification.failed
    note = next(c for c in verification.checks if c.name == "runs that were never sealed")
    assert (note.outcome, "IQ-001" in note.detail) == (Outcome.NOTE, True)


def test_conditional_release_explains_an_early_phase(tiny, tmp_path):
    project = tiny("iq-failed")
    project.publisher().conditional_release("IQ", "no influence", ("closed before the PQ",))
    project.sign_all("oskar.lindqvist", "ruth.amsel")
    project.configure("failures_to_lock", "3")
    project.execute("OQ")
    verification = verify_package(project.export(tmp_path / "package"), project.state.trust)
    failed = {c.name: c.detail for c in verification.failed}
    assert not any("phases" in name for name in failed), failed
    assert list(failed) == ["every result that is not a pass has its deviation, signed before a retest"], (
        "the open deviation of the IQ is told"
    )
