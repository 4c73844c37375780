"""The gates of the flow: what may be composed, ordered, executed and closed when, and by what it is opened."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from csvgen.errors import Refused
from csvgen.model.execution import Verdict

from ..tiny import clean_environment, redraft, specification, write_specification

# ------------------------------------------------------------ before anything is executed


def test_protocol_is_not_composed_before_the_specification_is_approved(tiny):
    project = tiny("founded")
    project.report("plan", "urs", "fs", "risk")
    with pytest.raises(Refused, match=r"not approved.*TNY-VP, TNY-URS, TNY-FS, TNY-RA, SOP-TNY-01") as refusal:
        project.report("iq-protocol")
    assert refusal.value.rule == "RR-F06"
    assert project.state.latest("TNY-IQP") is None


def test_one_missing_signature_on_one_document_keeps_the_gate_shut(tiny):
    project = tiny("founded")
    project.report("plan", "urs", "fs", "risk")
    project.publisher().procedure("SOP-TNY-01")
    project.sign_all("mara.ivens", "oskar.lindqvist")
    project.sign("ruth.amsel", "TNY-VP", "TNY-URS", "TNY-RA", "SOP-TNY-01")
    with pytest.raises(Refused, match=r"not approved in their current revision: TNY-FS$|: TNY-FS "):
        project.report("iq-protocol")


def test_evidence_that_is_no_markdown_is_verified_by_signature_too(tiny):
    files = specification()
    covered = {"by": "audit report", "reason": "The supplier showed it.", "document": "procedures/audit.pdf"}
    files["urs/urs.yaml"]["requirements"][3]["covered"] = covered
    project = tiny("founded")
    write_specification(project.root, files)
    (project.root / "requirements_specs" / "tiny" / "procedures" / "audit.pdf").write_bytes(b"%PDF-1.7 shown")
    redraft(project.root)
    project.report("plan", "urs", "fs", "risk")
    record = project.publisher().procedure("audit.pdf")
    assert record is not None
    assert [(r.media_type, r.file) for r in record.renditions] == [
        ("application/pdf", "requirements_specs/tiny/procedures/audit.pdf")
    ]
    assert project.publisher().procedure("audit.pdf") is None, "nothing changed"
    with pytest.raises(Refused, match=r"not approved.*audit\.pdf"):
        project.report("iq-protocol")


def test_unapproved_protocol_is_refused_in_a_formal_run(tiny):
    project = tiny("specified")
    project.report("iq-protocol")
    with pytest.raises(Refused, match="TNY-IQP is not approved") as refusal:
        project.order("IQ")
    assert refusal.value.rule == "RR-F02"
    with pytest.raises(Refused, match="no execution of the IQ is ordered"):
        project.run("IQ")
    assert not project.state.runs


def test_protocol_files_edited_after_drafting_are_not_composed(tiny):
    project = tiny("specified")
    feature = project.root / "protocols" / "tiny" / "IQ" / "IQ-TNY-01.feature"
    feature.write_text(feature.read_text(encoding="utf-8").replace('"<expected>"', '"5"'), encoding="utf-8")
    with pytest.raises(Refused, match=r"not as drafted: IQ/IQ-TNY-01\.feature"):
        project.report("iq-protocol")


def test_wording_changed_after_approval_is_not_executed(tiny):
    project = tiny("approved")
    project.order("IQ")
    feature = project.root / "protocols" / "tiny" / "IQ" / "IQ-TNY-01.feature"
    text = feature.read_text(encoding="utf-8")
    feature.write_text(text.replace("| failures_to_lock | 3 ", "| failures_to_lock | 5 "), encoding="utf-8")
    with pytest.raises(Refused, match="not approved in its current revision"):
        project.run("IQ")
    assert not project.state.runs, "a refused run must not begin"


def test_order_that_nobody_issued_is_not_executed(tiny):
    project = tiny("approved")
    project.publisher().order("IQ", (), "ci-runner", "tomas.feld")
    with pytest.raises(Refused, match="TNY-XO-IQ-001 is not issued"):
        project.run("IQ")
    with pytest.raises(Refused, match="TNY-XO-IQ-001 is not executed yet"):
        project.publisher().order("IQ", (), "ci-runner", "tomas.feld")


def test_without_the_trust_root_nothing_is_approved(tiny):
    project = tiny("approved")
    project.order("IQ")
    (project.root / "trust" / "roots.pem").unlink()
    with pytest.raises(Refused, match=r"not trusted|not approved"):
        project.run("IQ")


# ------------------------------------------------------------ the order of the phases


def test_oq_is_refused_until_the_iq_report_is_approved(tiny):
    project = tiny("iq-failed")
    with pytest.raises(Refused, match="IQ is not closed: its report TNY-IQR is not approved"):
        project.order("OQ")


def test_phases_open_one_after_the_other(tiny):
    project = tiny("iq-closed")
    with pytest.raises(Refused, match="OQ is not closed"):
        project.order("PQ")
    assert project.order("OQ") == "TNY-XO-OQ-001"


def test_closed_oq_opens_the_pq(tiny):
    project = tiny("oq-closed")
    evidence = project.execute("PQ")
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED]


def test_report_composed_but_not_signed_does_not_close_a_phase(tiny):
    project = tiny("oq-closed")
    report = project.state.latest("TNY-OQR")
    for path in (project.root / "protocols" / "tiny" / "approvals" / "TNY-OQR" / f"r{report.document.revision}").glob("01-*"):
        path.unlink()
    with pytest.raises(Refused, match="OQ is not closed"):
        project.order("PQ")


def test_signed_conditional_release_is_the_only_way_round(tiny):
    project = tiny("iq-failed")
    project.publisher().conditional_release("IQ", "the value does not touch the function", ("the IQ is closed before the PQ",))
    with pytest.raises(Refused, match="IQ is not closed"):
        project.order("OQ")  # composed is not enough
    project.sign("oskar.lindqvist", "TNY-CR-IQ")
    with pytest.raises(Refused, match="IQ is not closed"):
        project.order("OQ")  # half signed is not enough
    project.sign("ruth.amsel", "TNY-CR-IQ")
    assert project.order("OQ") == "TNY-XO-OQ-001"
    content = project.state.latest("TNY-CR-IQ").content
    assert content["conditions"] == ["the IQ is closed before the PQ"]
    with pytest.raises(Refused, match="OQ is not closed"):
        project.order("PQ")  # it opens one phase, not all


def test_oq_is_not_executed_on_another_installation_than_the_qualified_one(tiny):
    """RR-X09, before the run."""
    project = tiny("iq-closed")
    project.order("OQ")
    project.configure("failures_to_lock", "4")
    with pytest.raises(Refused, match="not the one qualified: configuration failures_to_lock is '4'") as refusal:
        project.run("OQ")
    assert refusal.value.rule == "RR-X09"
    assert project.state.run("OQ-001") is None


# ------------------------------------------------------------ deviations and repetition


def test_failed_case_is_not_repeated_before_its_disposition_is_signed(tiny):
    project = tiny("iq-failed")
    case = project.state.opened[0].case
    with pytest.raises(Refused, match="without signed disposition: DEV-001"):
        project.order("IQ", case)
    with pytest.raises(Refused, match="without signed disposition: DEV-001"):
        project.order("IQ")
    project.investigate("DEV-001", retest=(case,))
    with pytest.raises(Refused, match="without signed disposition"):
        project.order("IQ", case)  # written down is not signed
    project.sign_all("tomas.feld")
    with pytest.raises(Refused, match="without signed disposition"):
        project.order("IQ", case)  # half signed is not signed
    project.sign_all("ruth.amsel")
    assert project.order("IQ", case) == "TNY-XO-IQ-002"


def test_failed_retest_needs_a_disposition_of_its_own(tiny):
    """One disposition releases one repetition that may fail; it is no licence to repeat until it passes."""
    project = tiny("iq-failed")
    case = project.state.opened[0].case
    project.dispose("DEV-001", retest=(case,))
    project.execute("IQ", case)  # nothing was corrected: it fails again
    assert [o.id for o in project.state.opened] == ["DEV-001", "DEV-002"]
    with pytest.raises(Refused, match="without signed disposition: DEV-002"):
        project.order("IQ", case)


def test_disposition_releases_only_the_cases_it_names(tiny):
    project = tiny("iq-failed")
    project.dispose("DEV-001", decision="accept-with-restriction", restriction="not used")
    with pytest.raises(Refused, match="no signed disposition releases a retest of TC-IQ-0001"):
        project.order("IQ", "TC-IQ-0001")


def test_report_waits_for_reviews_and_dispositions(tiny):
    project = tiny("iq-failed")
    with pytest.raises(Refused, match="not signed as performed and reviewed: IQ-001"):
        project.report("iq-report")
    project.review("IQ-001")
    with pytest.raises(Refused, match="without signed disposition: DEV-001"):
        project.report("iq-report")


@pytest.mark.parametrize("decision", [{"decision": "reject"}, {"decision": "accept-with-restriction", "restriction": "not used"}])
def test_phase_in_which_nothing_passed_does_not_open_the_next(tiny, decision):
    """Its only case failed. Accepted by two signatures, it still shows nothing."""
    project = tiny("iq-failed")
    project.dispose("DEV-001", **decision)
    project.review("IQ-001")
    project.close_phase("IQ")
    assert project.state.conclusion("IQ").outcome == "not eligible"
    with pytest.raises(Refused, match="IQ was concluded as not eligible"):
        project.order("OQ")


def test_run_is_never_executed_twice(tiny):
    project = tiny("iq-closed")
    project.order("OQ")
    folder = project.root / "output" / "tiny" / "runs"
    assert project.run("OQ").run == "OQ-001"
    with pytest.raises(Refused, match="no execution of the OQ is ordered"):
        project.run("OQ")
    with pytest.raises(Refused, match="executed completely in OQ-001; order a retest"):
        project.order("OQ")
    assert sorted(p.name for p in folder.iterdir()) == ["IQ-001", "IQ-002", "OQ-001"]


def test_run_whose_folder_was_taken_away_is_not_executed_again(tiny):
    """Otherwise a failed run could be repeated under its own number until it passes, and nobody would see how often."""
    project = tiny("iq-failed")
    shutil.rmtree(project.root / "output" / "tiny" / "runs" / "IQ-001")
    count = project.ledger.head().count
    with pytest.raises(Refused, match=r"IQ-001 began on .* by the audit trail") as refusal:
        project.run("IQ")
    assert refusal.value.rule == "RR-X03"
    assert project.ledger.head().count == count
    assert not (project.root / "output" / "tiny" / "runs" / "IQ-001").exists()


def test_deviations_keep_their_numbers_when_an_earlier_phase_is_repeated(tiny):
    """A number that a person signed must not come to mean another deviation because of a later run."""
    project = tiny("iq-closed")
    (project.root / "two.txt").write_text("3\n", encoding="utf-8")
    project.execute("OQ")
    before = {o.id: (o.run, o.case) for o in project.state.opened}
    assert before["DEV-002"] == ("OQ-001", "TC-OQ-0002")
    project.configure("failures_to_lock", "5")
    project.execute("IQ", "TC-IQ-0001")  # released by DEV-001; now it fails
    after = {o.id: (o.run, o.case) for o in project.state.opened}
    assert after == {**before, "DEV-003": ("IQ-003", "TC-IQ-0001")}


# ------------------------------------------------------------ revisions


def test_change_of_the_specification_makes_what_was_approved_stale(tiny):
    project = tiny("approved")
    files = specification()
    files["urs/urs.yaml"]["requirements"][1]["statement"] = "The first file shall say exactly 1."
    write_specification(project.root, files)
    redraft(project.root)
    state = project.state
    assert not state.approved("urs")
    assert state.approved("plan")
    with pytest.raises(Refused, match="TNY-URS"):
        project.report("oq-protocol")
    project.report("urs")
    assert project.state.latest("TNY-URS").document.revision == 2
    assert not project.state.latest("TNY-URS").signatures, "a new revision begins without signatures"
    assert len([a for a in project.state.approvals if a.document.id == "TNY-URS"]) == 2, "the earlier revision stays"


def test_record_that_went_stale_cannot_be_signed_any_more(tiny):
    project = tiny("founded")
    project.report("urs")
    files = specification()
    files["urs/urs.yaml"]["requirements"][1]["title"] = "Another number"
    write_specification(project.root, files)
    redraft(project.root)
    assert project.sign("mara.ivens") == []


def test_document_that_says_the_same_gets_no_new_revision(tiny):
    project = tiny("specified")
    files = specification()
    files["urs/urs.yaml"] = dict(reversed(files["urs/urs.yaml"].items()))
    write_specification(project.root, files)  # another order of keys: other bytes, the same content
    assert project.publisher().document("urs") is None
    assert project.state.approved("urs")


def test_environment_of_the_pq_is_part_of_its_approval(tiny):
    project = tiny("approved")
    files = specification()
    files["pq/pq.yaml"]["environment"] = "Quite another machine."
    write_specification(project.root, files)
    redraft(project.root)
    state = project.state
    assert not state.approved("pq-protocol")
    assert state.approved("oq-protocol")


def test_order_overtaken_by_a_new_wording_is_issued_anew(tiny):
    """Otherwise the phase could neither be executed nor ordered again."""
    project = tiny("approved")
    project.order("IQ")
    files = specification()
    files["installation.yaml"]["sections"][0]["items"][0]["title"] = "Failures until lock"
    write_specification(project.root, files)
    redraft(project.root)
    project.report("fs")  # the baseline is part of it
    project.sign_all("ruth.amsel")
    project.report("iq-protocol")
    project.sign_all("ruth.amsel")
    with pytest.raises(Refused, match="issued for another wording"):
        project.run("IQ")
    assert project.order("IQ") == "TNY-XO-IQ-001"
    assert project.state.latest("TNY-XO-IQ-001").document.revision == 2
    assert project.run("IQ").run == "IQ-001"


# ------------------------------------------------------------ what is left behind


def test_formal_run_is_told_in_the_trail_and_names_its_order(tiny):
    project = tiny("iq-failed")
    run = project.state.run("IQ-001")
    order = project.state.latest("TNY-XO-IQ-001")
    assert (run.plan.mode, run.plan.order, run.plan.account) == ("formal", order.document.digest, "ci-runner")
    events = [e for e in project.ledger.events() if e.record == "IQ-001"]
    assert [e.action for e in events] == ["run-begin", "run-seal"]
    assert {e.person for e in events} == {"ci-runner"}
    assert str(run.digest) in {c.new for c in events[1].changes}


def test_refusals_leave_nothing_behind(tiny):
    project = tiny("specified")
    before = sorted(p.relative_to(project.root) for p in (project.root / "protocols").rglob("*"))
    count = project.ledger.head().count
    for phase in ("IQ", "OQ", "PQ"):
        with pytest.raises(Refused):
            project.publisher().order(phase, (), "ci-runner", "tomas.feld")
        with pytest.raises(Refused):
            project.run(phase)
    assert sorted(p.relative_to(project.root) for p in (project.root / "protocols").rglob("*")) == before
    assert project.ledger.head().count == count


def test_engineering_run_counts_for_nothing(tiny):
    from csvgen.workflow.engineering import engineering_run

    project = tiny("iq-closed")
    evidence, code = engineering_run(
        project.config, "tiny", [str(project.root / "protocols" / "tiny" / "OQ")], project.said.append
    )
    assert code == 0
    assert {r.verdict for r in evidence.ends} == {Verdict.PASSED}
    assert (
        json.loads((project.root / "output" / "tiny" / "runs" / evidence.run / "run.json").read_bytes())["mode"] == "engineering"
    )
    rows = {r.requirement: r for r in project.state.matrix.rows}
    assert rows["URS-TNY-002"].coverage == "gap", "an engineering run shows nothing"
    with pytest.raises(Refused, match="no sealed formal run of the OQ"):
        project.report("oq-report")


def test_another_account_than_the_order_names_does_not_execute_it(tiny):
    project = tiny("approved")
    project.order("IQ")
    with pytest.raises(Refused, match="to be executed by ci-runner, not by mara") as refused:
        project.run("IQ", "mara")
    assert refused.value.rule == "RR-D01"
    assert not project.state.runs


def test_records_of_another_project_of_the_same_name_are_refused(tiny, tmp_path):
    """A fresh project of the same name on the same account would otherwise show the people and the trail of the first."""
    from csvgen.config import load_config
    from csvgen.errors import ConfigError
    from csvgen.workflow.keys import refuse_foreign_records

    project = tiny("founded")
    refuse_foreign_records(project.config)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "csvgen.toml").write_text(f'[csvgen]\nproject = "tiny"\nrecords = "{project.config.records}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="belong to another project"):
        refuse_foreign_records(load_config(fresh, environ={}))
    done = subprocess.run(
        [sys.executable, "-m", "csvgen", "audit", "show"],
        cwd=fresh,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "belong to another project" in done.stderr
