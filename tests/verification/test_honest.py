"""Honest histories that are not straight: a script revised between two runs, a run that broke off. They must verify.

A verification that calls an honest record false is as useless as one that believes a false record.
"""

from __future__ import annotations

from unittest.mock import patch

import pytest

from csvgen.clock import SystemClock
from csvgen.crypto import certificates
from csvgen.crypto.keys import read_pkcs12
from csvgen.model.verification import Outcome
from csvgen.verification.outside import read_outside
from csvgen.verification.package import verify_package
from csvgen.workflow import repetition, running
from csvgen.workflow.handover import hand_over, sign_handover, take_back
from csvgen.workflow.signing import Act

from ..flow.test_desk import Seat
from ..flow.test_ends import withdraw
from ..flow.test_handover import SECRET, Sponsor
from ..flow.test_paper import registered
from ..tiny import OPERATOR, Tiny, cheap_secrets, make_project, redraft, specification, write_specification
from .forging import Forger


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
    with patch.object(repetition, "unfinished", return_value=""):  # as csvgen 0.1 did; packages of that time must verify for ever
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


# ------------------------------------------------------------ ends and other hands


def failing(project, tmp_path) -> dict[str, str]:
    """What fails of a package of the project as it stands, apart from what a way that is not at its end leaves open."""
    roots = project.root / "trust" / "roots.pem"
    verification = verify_package(project.export(tmp_path / "package"), project.state.trust, read_outside(roots))
    assert not verification.invalid, verification.invalid
    return {c.name: c.detail for c in (*verification.failed, *verification.unknown)}


def test_order_withdrawn_and_issued_again(tiny, tmp_path):
    project = tiny("approved")
    project.order("IQ")
    withdraw(project, "nadia.corso", "TNY-XO-IQ-001", reason="the instance was not ready")
    project.order("IQ")
    project.configure("failures_to_lock", "3")
    project.run("IQ")
    assert not failing(project, tmp_path)


def test_withdrawal_taken_out_of_the_package_is_missed(tiny, tmp_path):
    """The trail tells of it; a revision that was withdrawn cannot come to life again."""
    project = tiny("approved")
    project.order("IQ")
    withdraw(project, "nadia.corso", "TNY-XO-IQ-001", reason="the instance was not ready")
    forger = Forger(project.export(tmp_path / "package"), project.seal)
    for path in forger.approvals.glob("TNY-XO-IQ-001/r1/withdrawn.*"):
        path.unlink()
    verification = verify_package(forger.repack(), project.state.trust, read_outside(project.root / "trust" / "roots.pem"))
    assert "signatures and audit trail tell of each other" in [c.name for c in verification.failed]


def test_declined_revision_and_the_one_after_it(tiny, tmp_path):
    project = tiny("founded")
    project.report("urs")
    Seat(project, "mara.ivens").sign("TNY-URS", meaning="declined", reason_code="unclear", reason="read it aloud")
    project.report("urs")
    project.sign_all("mara.ivens", "oskar.lindqvist", "ruth.amsel")
    assert not failing(project, tmp_path)


def _specified(tmp_path, change) -> Tiny:
    files = specification()
    change(files)
    made = Tiny(make_project(tmp_path / "project", files))
    made.found()
    made.report("urs")
    made.sign("mara.ivens", "TNY-URS")
    return made


def test_station_that_signed_by_hand(tmp_path):
    def change(files):
        files["protocol.yaml"]["routes"]["urs"]["stations"][1]["by"] = "paper"

    with cheap_secrets():
        project = _specified(tmp_path, change)
        sheet = registered(project)
        project.sign("ruth.amsel", sheet.id)
        project.sign("ruth.amsel", "TNY-URS")
        assert project.state.approved("urs")
        assert not failing(project, tmp_path)


def test_signer_of_another_organisation(tmp_path):
    """Believed by their own authority, which a reader has beside the roots; for a reader without it, unknown."""
    sponsor = Sponsor(SystemClock().now())

    def change(files):
        files["protocol.yaml"]["routes"]["urs"]["stations"][1]["role"] = "sponsor"
        files["system.yaml"]["roles"].append({"id": "sponsor", "name": "Sponsor", "responsibility": "Reviews."})

    with cheap_secrets():
        project = _specified(tmp_path, change)
        pem = certificates.pem([sponsor.credential.certificate]).decode("ascii")
        project.directory.register_external(OPERATOR, sponsor.account, pem)
        (project.root / "trust" / "external.pem").write_bytes(certificates.pem([sponsor.root.certificate]))
        told = hand_over(
            project.state, project.directory, project.clock, OPERATOR, "TNY-URS", "sponsor.brandt", tmp_path / "sent"
        )
        act = Act(meaning="reviewed", reason_code="remarks-stated", reason="one remark by letter", password="")
        sign_handover(tmp_path / "sent", told, read_pkcs12(sponsor.key_file(), SECRET), act, project.clock)
        take_back(project.state, project.directory, project.clock, OPERATOR, tmp_path / "sent")
        project.sign("ruth.amsel", "TNY-URS")
        assert not failing(project, tmp_path)
    (project.root / "trust" / "external.pem").unlink()
    outside = read_outside(project.root / "trust" / "roots.pem")
    verification = verify_package(tmp_path / "package", project.state.trust, outside)
    assert "signers are trusted" in [c.name for c in verification.unknown]
    assert not verification
