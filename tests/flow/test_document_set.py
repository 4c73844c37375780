"""The documents around a validation, composed, signed and packed: what each waits for, and what makes it void."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.canonical import read_canonical
from csvgen.cli import forms
from csvgen.crypto.trust import Trust, trust_at
from csvgen.errors import BadInput, ConfigError, Refused
from csvgen.model.audit import Event
from csvgen.model.package import PackageManifest
from csvgen.model.report import Facts, Table
from csvgen.model.verification import Outcome
from csvgen.signature.approvals import load
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material as VerifiedMaterial
from csvgen.verification.history import derived
from csvgen.verification.outside import read_outside
from csvgen.verification.package import verify_package
from csvgen.verification.people_told import check_people_told
from csvgen.verification.trail import read_bodies
from csvgen.workflow import copies, gates, set_gates
from csvgen.workflow.set_told import signature_log

from ..tiny import Stages, Tiny, cheap_secrets, once, runner

VSR, RC, DVL, TSL = "TNY-VSR", "TNY-RC", "TNY-DVL", "TNY-TSL"


@pytest.fixture(scope="module")
def kept(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A validation at its end: every phase closed, log and list of trained people signed, summed up and released."""

    def make(folder: Path) -> None:
        tiny = stages.at("oq-closed").copy(folder)
        with cheap_secrets():
            tiny.execute("PQ")
            tiny.review("PQ-001")
            tiny.close_phase("PQ")
            tiny.report("training-log", "deviation-log")
            tiny.sign_all("ruth.amsel")
            tiny.report("validation-summary")
            tiny.sign_all("ruth.amsel")
            tiny.report("release-certificate")
            tiny.sign_all("ruth.amsel")

    return once(tmp_path_factory.mktemp("set") / "closed", make)


@pytest.fixture
def closed(kept: Path, tmp_path: Path):
    with cheap_secrets():
        yield Tiny(Path(shutil.copytree(kept, tmp_path / "closed")))


def fact(report, name: str) -> str:
    return next(value for b in report.blocks if isinstance(b, Facts) for key, value in b.rows if key == name)


# ------------------------------------------------------------ gates


def test_nothing_is_told_of_executions_before_there_is_one(tiny):
    project = tiny("approved")
    for kind in ("deviation-log", "evidence-index", "regulatory-assessment", "validation-summary"):
        with pytest.raises(Refused, match="there is no sealed formal run to tell of") as refusal:
            project.report(kind)
        assert refusal.value.rule == "RR-F06"
    assert project.publisher().document("system-description") is not None, "the system is there before it is executed"


def test_the_summary_waits_for_every_report_and_the_certificate_for_the_summary(tiny):
    project = tiny("oq-closed")
    with pytest.raises(Refused, match=f"{VSR} cannot be composed yet: not approved in their current revision: TNY-PQR"):
        project.report("validation-summary")
    with pytest.raises(Refused, match=f"{RC} cannot be composed yet: {VSR} is not approved"):
        project.report("release-certificate")


def test_the_summary_waits_for_what_was_put_up_and_for_what_the_plan_asks_for(closed):
    assert set_gates.before_set(closed.state, "validation-summary") == ""
    closed.report("evidence-index")
    waits = "not approved in their current revision: TNY-EVI"
    assert set_gates.before_set(closed.state, "validation-summary") == waits
    state = closed.state
    first, *rest = state.spec.plan.deliverables
    asked = first.model_copy(update={"kinds": ("supplier-assessment",), "needed": "yes"})
    spec = replace(state.spec, plan=state.spec.plan.model_copy(update={"deliverables": (asked, *rest)}))
    assert "supplier-assessment" in set_gates.needed(replace(state, spec=spec))
    not_asked = asked.model_copy(update={"needed": "no"})
    spec = replace(state.spec, plan=state.spec.plan.model_copy(update={"deliverables": (not_asked, *rest)}))
    assert "supplier-assessment" not in set_gates.needed(replace(state, spec=spec))


def test_a_validation_that_is_not_eligible_is_not_released(closed, monkeypatch):
    state = closed.state
    assert set_gates.before_set(state, "release-certificate") == ""
    state.__dict__["overall"] = replace(state.overall, outcome="not eligible", reasons=("PQ: TC-PQ-0001 FAILED",))
    assert (
        set_gates.before_set(state, "release-certificate")
        == "the validation was concluded as not eligible: PQ: TC-PQ-0001 FAILED"
    )


def test_who_executed_neither_reviews_nor_approves_what_sums_the_executions_up(closed):
    state = closed.state
    for name in (VSR, RC, DVL):
        assert gates.performers(state, state.latest(name).document)["nadia.corso"].startswith(("issued", "performed"))
    closed.report("system-description")
    assert gates.performers(closed.state, closed.state.latest("TNY-SD").document) == {}


# ------------------------------------------------------------ what they bind


def test_all_is_approved_and_a_later_document_makes_the_summary_void(closed):
    state = closed.state
    assert all(state.approved(k) for k in ("training-log", "deviation-log", "validation-summary", "release-certificate"))
    document = state.latest(VSR).document
    assert {"TNY-PQR r1", "TNY-DVL r1", "TNY-TSL r1", "run PQ-001, seal", "matrix"} <= document.derived_from.keys()
    assert state.latest(RC).document.derived_from[f"{VSR} r1"] == document.digest
    closed.report("evidence-index")
    state = closed.state
    assert not state.approved("validation-summary"), "a document it does not tell of"
    assert [c.path for c in state.void(state.latest(VSR)) if "EVI" in c.path], "and it is told which"


def test_a_withdrawn_report_takes_the_summary_with_it(closed):
    from .test_ends import withdraw

    withdraw(closed, "ruth.amsel", "TNY-PQR")
    assert not closed.state.approved("validation-summary")
    assert "TNY-PQR" in set_gates.before_set(closed.state, "validation-summary")


def test_the_same_is_not_composed_twice(closed):
    assert closed.publisher().document("validation-summary") is None
    assert closed.publisher().document("training-log") is None


def test_the_package_with_the_set_is_verified(closed, tmp_path):
    package = closed.export(tmp_path / "package")
    assert {p.name for p in (package / "documents").glob("TNY-DVL*")} == {
        f"TNY-DVL-r1{e}" for e in (".pdf", ".docx", "-tables.xlsx", ".text.json", ".html")
    }
    trust = closed.config.trust
    whole = verify_package(package, trust_at(trust), read_outside(trust))
    assert whole, [c for c in whole.checks if c.outcome is Outcome.FAILS]
    signed = {s.subject for s in whole.signatures if s.subject.startswith(("documents/TNY-VSR", "documents/TNY-DVL"))}
    assert len(signed) >= 5, signed


def material_of(state, **changed):
    """What the checks of order read, with the composition of one record moved."""
    approvals = tuple(
        replace(a, document=a.document.model_copy(update=changed[a.document.kind])) if a.document.kind in changed else a
        for a in state.approvals
    )
    return SimpleNamespace(approvals=approvals, runs=state.runs, challenges=())


def test_a_summary_that_was_composed_before_a_report_was_approved_is_a_fault(closed):
    state = closed.state
    assert derived(material_of(state)) == []
    early = state.latest("TNY-OQR").completed
    faults = derived(material_of(state, **{"validation-summary": {"composed": early}}))
    assert f"{VSR} r1: stands on TNY-PQR r1, which was not approved when it was composed" in faults
    assert not [f for f in faults if "TNY-OQR" in f], "approved at that moment"


def test_an_approval_of_other_numbers_is_a_fault(closed):
    """A summary whose content was worked out from other results than the package holds: the rule is applied anew."""
    state = closed.state
    assert state.content("validation-summary") == state.latest(VSR).document.content
    fewer = replace(state)
    fewer.__dict__["runs"] = tuple(r for r in state.runs if r.plan.phase != "PQ")
    assert fewer.content("validation-summary") != state.latest(VSR).document.content
    assert fewer.overall.outcome == "not eligible"
    assert state.overall.outcome == "eligible"


# ------------------------------------------------------------ copies of single records


def test_the_executed_script_shows_what_was_observed_in_the_run_that_is_named(closed):
    state = closed.state
    first = copies.script(state, "TC-IQ-0001", "IQ-001")
    assert (fact(first, "Verdict"), fact(first, "Executed record")) == ("FAILED", "approved")
    steps = next(b for b in first.blocks if isinstance(b, Table) and b.columns[0].title == "Step")
    failed = next(row for row in steps.rows if row[4] == "FAILED")
    assert (failed[3].split("\n")[0], failed[6]) == ("5", "DEV-001")
    signed = next(b for b in first.blocks if isinstance(b, Table) and b.caption == "Signatures on TNY-RUN-IQ-001")
    assert [(row[1], row[2].partition(" (")[0]) for row in signed.rows] == [
        ("performed", "Nadia Corso"),
        ("reviewed", "Pavel Broz"),
    ]
    assert fact(copies.script(state, "TC-IQ-0001"), "Verdict") == "PASSED", "without a run, the last"
    assert first.official == "elsewhere"
    for case, run in (("TC-IQ-0001", "IQ-009"), ("TC-NO-0001", "")):
        with pytest.raises(BadInput):
            copies.script(state, case, run)


def test_the_form_of_a_deviation_is_its_record_with_its_signatures(closed):
    form = copies.deviation(closed.state, "DEV-001")
    record = closed.state.latest("TNY-DEV-001")
    assert form.content == record.document.digest
    assert (fact(form, "Expected"), fact(form, "Observed"), fact(form, "Disposition")) == ("3", "5", "retest")
    signed = next(b for b in form.blocks if isinstance(b, Table) and b.caption == "Signatures on TNY-DEV-001")
    assert [row[1] for row in signed.rows] == ["responsible", "approved"]
    with pytest.raises(BadInput, match="there is no deviation 'DEV-009'"):
        copies.deviation(closed.state, "DEV-009")


def test_commands_draw_copies_and_tell_what_is_proposed(closed):
    def csvgen(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "csvgen", "-C", str(closed.root), "report", *arguments]
        return subprocess.run(command, cwd=closed.root, env=runner(closed.root), capture_output=True, text=True, check=False)

    drawn = csvgen("script", "TC-IQ-0001", "--run", "IQ-001")
    assert drawn.returncode == 0, drawn.stderr
    files = [Path(line) for line in drawn.stdout.splitlines()]
    assert [f.name for f in files] == ["TNY-TS-TC-IQ-0001-IQ-001.pdf", "TNY-TS-TC-IQ-0001-IQ-001.docx"]
    assert files[0].read_bytes().startswith(b"%PDF-")
    proposed = csvgen("--proposed")
    assert proposed.returncode == 1, "the plan of the tiny system decides nothing about most documents"
    assert "validation-summary       proposed: needed" in proposed.stdout
    with pytest.raises(ConfigError, match="script of what"):
        forms.copies(closed.state, "script", (), "")
    with pytest.raises(ConfigError, match="--run is for script"):
        forms.copies(closed.state, "deviation-form", ("DEV-001",), "IQ-001")


@pytest.fixture(scope="module")
def packed(kept: Path, tmp_path_factory: pytest.TempPathFactory):
    """The package of that validation, what it holds, and the events of its trail."""
    folder = tmp_path_factory.mktemp("packed")
    with cheap_secrets():
        package = Tiny(Path(shutil.copytree(kept, folder / "closed"))).export(folder / "package")
    manifest = PackageManifest.model_validate(read_canonical((package / "package.json").read_bytes()))
    approvals = load(package / "protocols" / "tiny" / "approvals")
    events = [Event.model_validate(read_canonical(body)) for body in read_bodies(package / "audit" / "events.jsonl")]
    return package, VerifiedMaterial.read(package, manifest, approvals, Trust.none), events


def people_told(packed, change: Callable[[Event], Event | None] = lambda e: e) -> list[str]:
    """What verification finds of the training log, with the events of the trail changed."""
    package, read, events = packed
    checks = Checks()
    check_people_told(package, read, [new for event in events if (new := change(event)) is not None], checks)
    (found,) = checks.result().checks
    return [] if found.outcome is Outcome.HOLDS else [found.detail]


def retrained(event: Event) -> Event:
    """The same event with another day of training."""
    told = tuple(
        c.model_copy(update={"new": c.new.replace("20", "21", 1)}) if c.field == "training" else c for c in event.changes
    )
    return event.model_copy(update={"changes": told})


def test_the_people_of_the_log_are_worked_out_again_from_the_trail_of_the_package(packed):
    assert people_told(packed) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (retrained, "does not tell of"),
        (lambda e: None if e.record == "account/nadia.corso" else e, "Nadia Corso"),
        (lambda e: None if e.record == "account/ci-runner" else e, "ci-runner"),
        (lambda e: None if (e.action, e.record) == ("publish", f"{TSL} r1") else e, "does not tell when it was put up"),
    ],
    ids=["trained", "person", "machine", "never"],
)
def test_a_log_that_tells_of_people_otherwise_than_the_trail_is_found(packed, change, words):
    (found,) = people_told(packed, change)
    assert words in found


def test_every_signature_of_every_revision_is_in_the_log(closed):
    log = signature_log(closed.state)
    counted = sum(
        len(a.signatures)
        for a in closed.state.approvals
        if a.document.kind not in ("training-log", "deviation-log", "validation-summary", "release-certificate")
    )
    assert len(log) == counted
    assert {s.person for s in log} >= {"nadia.corso", "pavel.broz", "ruth.amsel"}
