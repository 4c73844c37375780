"""Each rule of good documentation practice, with a package or record that violates it, and the honest package that violates none."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.diagnostics import Severity
from csvgen.model.attended import Correction, Flag, Performer
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Component, Verdict
from csvgen.report import neutral, readback
from csvgen.report.outline import outline
from csvgen.verification import gdp
from csvgen.verification.gdp import RULES, Package, lint, read
from csvgen.verification.gdp_runs import canned

from .conftest import light_copy
from .forging import Forger

NADIA = Performer(person="nadia.corso", printed_name="Nadia Corso (fictitious)", role="tester")
RUTH = Performer(person="ruth.amsel", printed_name="Ruth Amsel (fictitious)", role="quality")
PAVEL = Performer(person="pavel.broz", printed_name="Pavel Broz (fictitious)", role="reviewer")


@pytest.fixture(scope="module")
def honest(stages) -> Package:
    return read(stages.package())


# ------------------------------------------------------------------ one thing changed in what was read


def with_material(package: Package, **changes) -> Package:
    return Package(replace(package.material, **changes))


def run_changed(package: Package, name: str, change: Callable[[Evidence], Evidence]) -> Package:
    return with_material(package, runs=tuple(change(r) if r.run == name else r for r in package.material.runs))


def case_changed(package: Package, name: str = "OQ-001", number: int = 0, **update) -> Package:
    def change(run: Evidence) -> Evidence:
        results = list(run.results)
        results[number] = results[number].model_copy(update=update)
        return replace(run, results=tuple(results))

    return run_changed(package, name, change)


def step_changed(package: Package, step: int = 1, name: str = "OQ-001", number: int = 0, **update) -> Package:
    run = next(r for r in package.material.runs if r.run == name)
    steps = list(run.results[number].steps)
    steps[step] = steps[step].model_copy(update=update)
    return case_changed(package, name, number, steps=tuple(steps))


def seen(package: Package, **update) -> Package:
    run = next(r for r in package.material.runs if r.run == "OQ-001")
    first = run.results[0].steps[1].observations[0].model_copy(update=update)
    return step_changed(package, observations=(first,))


def attached(package: Package, **update) -> Package:
    run = next(r for r in package.material.runs if r.run == "OQ-001")
    kept = run.results[0].steps[1].attachments[0].model_copy(update=update)
    return step_changed(package, attachments=(kept,))


def attached_twice_by_hand(package: Package) -> Package:
    run = next(r for r in package.material.runs if r.run == "OQ-001")
    kept = run.results[0].steps[1].attachments[0]
    first = step_changed(package, step=1, by=NADIA)
    return step_changed(first, step=0, by=NADIA, attachments=(kept.model_copy(update={"id": "TC-OQ-0001.1.1"}),))


def renumbered(package: Package) -> Package:
    first, second = next(r for r in package.material.runs if r.run == "OQ-001").results[0].steps
    return case_changed(package, steps=(first, second.model_copy(update={"number": 3})))


def record_changed(package: Package, identity: str, change: Callable) -> Package:
    approvals = tuple(change(a) if a.document.id == identity else a for a in package.material.approvals)
    return with_material(package, approvals=approvals)


def signature_changed(package: Package, identity: str, number: int, **update) -> Package:
    def change(approval):
        signatures = list(approval.signatures)
        record = signatures[number].record.model_copy(update=update)
        signatures[number] = replace(signatures[number], record=record)
        return replace(approval, signatures=tuple(signatures))

    return record_changed(package, identity, change)


def investigation_changed(package: Package, **update) -> Package:
    d = package.deviations[0]
    record = d.record.model_copy(update={"investigation": d.record.investigation.model_copy(update=update)})
    return forced(package, "deviations", (replace(d, record=record), *package.deviations[1:]))


def forced(package: Package, name: str, value: object) -> Package:
    made = Package(package.material)
    made.__dict__[name] = value
    return made


def target_changed(package: Package, run: str, *, at_end: bool) -> Package:
    other = Component(name="audit", version="9.9", sha256="sha256:" + "9" * 64)
    qualified = next(r.target_start for r in package.material.runs if r.run == "IQ-002")

    def change(found: Evidence) -> Evidence:
        state = qualified.model_copy(update={"components": (other, *qualified.components[1:])})
        return replace(found, **({"target_end": state} if at_end else {"target_start": state, "target_end": state}))

    return run_changed(package, run, change)


def configured(package: Package, run: str) -> Package:
    """A run on a system with another configured value."""
    qualified = next(r.target_start for r in package.material.runs if r.run == "IQ-002")
    (name, _), *rest = sorted(qualified.configuration, key=lambda pair: pair[0] != "failures_to_lock")
    state = qualified.model_copy(update={"configuration": ((name, "99"), *rest)})
    return run_changed(package, run, lambda found: replace(found, target_start=state, target_end=state))


# ------------------------------------------------------------------ one thing changed in what a document says


def text_changed(package: Package, identity: str, old: str, new: str, times: int = -1) -> Package:
    """The text of a document with other words, read as the rules read it."""

    def changed(document):
        path = package.folder / "documents" / f"{document.id}-r{document.revision}{neutral.ENDING}"
        body = path.read_text(encoding="utf-8")
        assert old in body, old
        value = neutral.read(body.replace(old, new, times).encode())
        return readback.of_outline(outline(value))

    return forced(package, "texts", tuple((d, changed(d) if d.id == identity else t) for d, t in package.texts))


def page_taken(package: Package, to: Path) -> Package:
    folder = Path(shutil.copytree(package.folder, to / "pages"))
    path = folder / "documents" / "TNY-OQR-r1.pdf"
    with pikepdf.open(io.BytesIO(path.read_bytes())) as pdf:
        del pdf.pages[2]
        pdf.save(path)
    return with_material(package, folder=folder)


def first_row(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


# ------------------------------------------------------------------ the table: a violation for every rule

SIGNED_LATE = "2999-01-01T00:00:00.000000Z"
LONG_AGO = "2001-01-01T00:00:00.000000Z"
VIOLATIONS: dict[str, tuple[Callable[[Package], Package], str]] = {
    "GDP101": (
        lambda p: case_changed(p, verdict=Verdict.NOT_RUN, steps=(), reason=""),
        "TC-OQ-0001 was planned in OQ-001, is NOT_RUN",
    ),
    "GDP102": (lambda p: step_changed(p, observations=()), "TC-OQ-0001 step 2 in OQ-001 is PASSED with a blank actual result"),
    "GDP103": (
        lambda p: seen(p, comparison="judged", actual="PASSED: as expected."),
        "'PASSED: as expected.' says that it was well",
    ),
    "GDP104": (renumbered, "TC-OQ-0001 in OQ-001 has the steps 1, 3"),
    "GDP105": (lambda p: with_material(p, runs=tuple(r for r in p.material.runs if r.run != "IQ-001")), "there is no run IQ-001"),
    "GDP111": (lambda p: case_changed(p, finished=None), "TC-OQ-0001 in OQ-001 has no time of its begin or of its end"),
    "GDP112": (lambda p: case_changed(p, performed_by=(NADIA, PAVEL)), "was carried out by Nadia Corso"),
    "GDP113": (
        lambda p: step_changed(p, flags=(Flag(kind="interrupted", words="begun again after 3 h"),)),
        "begun again after 3 h; no reason is given",
    ),
    "GDP114": (
        lambda p: step_changed(p, corrections=(Correction(actual="2", verdict="FAILED", why="ok", by=NADIA, at=LONG_AGO),)),
        "was corrected without a reason that says something (it says 'ok')",
    ),
    "GDP121": (
        lambda p: case_changed(
            p,
            steps=tuple(
                s.model_copy(update={"observations": (), "attachments": ()}) for s in p.material.runs[-1].results[0].steps
            ),
        ),
        "TC-OQ-0001 passed in OQ-001 without evidence",
    ),
    "GDP122": (lambda p: attached(p, id="TC-OQ-0002.2.1"), "the evidence TC-OQ-0002.2.1 lies with TC-OQ-0001 step 2"),
    "GDP123": (lambda p: attached(p, captured=LONG_AGO), "was captured 2001-01-01"),
    "GDP124": (attached_twice_by_hand, "is the same file as at TC-OQ-0001 step 1 in OQ-001"),
    "GDP125": (
        lambda p: seen(p, actual="9", source="one.txt"),
        "'9' was observed in one.txt, and the evidence TC-OQ-0001.2.1 does not hold it",
    ),
    "GDP126": (
        lambda p: text_changed(p, "TNY-OQR", '"OQ-001","TC-OQ-0001.2.1"', '"OQ-001","TC-OQ-0001.2.9"'),
        "the attachment TC-OQ-0001.2.1 (TC-OQ-0001 step 2, OQ-001) does not stand in the index",
    ),
    "GDP127": (
        lambda p: attached(p, media_type="image/png", kind="screenshot"),
        "the picture TC-OQ-0001.2.1 (one.txt) in OQ-001 is not shown: it cannot be read as image/png",
    ),
    "GDP135": (lambda p: configured(p, "OQ-001"), "OQ-001 was executed with another configuration than IQ-002: failures_to_lock"),
    "GDP131": (lambda p: forced(p, "deviations", ()), "TC-IQ-0001 is FAILED in IQ-001 and has no deviation"),
    "GDP132": (
        lambda p: with_material(p, runs=tuple(r for r in p.material.runs if r.run != "IQ-002")),
        "DEV-001 asks for a retest of TC-IQ-0001",
    ),
    "GDP133": (lambda p: target_changed(p, "OQ-001", at_end=False), "OQ-001 was executed on other components than IQ-002: audit"),
    "GDP134": (lambda p: target_changed(p, "IQ-002", at_end=True), "version or configuration changed while IQ-002 was executed"),
    "GDP201": (
        lambda p: run_changed(p, "OQ-001", lambda r: replace(r, plan=r.plan.model_copy(update={"created": LONG_AGO}))),
        "begin of OQ-001 (2001-01-01T00:00:00.000000Z) is before issue of OQ-001",
    ),
    "GDP202": (
        lambda p: signature_changed(p, "TNY-URS", 0, signed=SIGNED_LATE),
        "dated 2999-01-01T00:00:00.000000Z, after the package was made",
    ),
    "GDP211": (lambda p: signature_changed(p, "TNY-RUN-OQ-001", 1, person="nadia.corso"), "executed OQ-001 and reviewed it"),
    "GDP212": (
        lambda p: case_changed(p, performed_by=(RUTH,)),
        "Ruth Amsel (fictitious) executed the OQ and approved its report",
    ),
    "GDP213": (lambda p: signature_changed(p, "TNY-URS", 0, person="ruth.amsel"), "wrote and approved TNY-URS"),
    "GDP214": (
        lambda p: signature_changed(p, "TNY-VP", 0, person="ruth.other"),
        "stands for the accounts ruth.amsel, ruth.other",
    ),
    "GDP221": (lambda p: investigation_changed(p, root_cause="n/a"), "the root cause of DEV-001 says only 'n/a'"),
    "GDP222": (
        lambda p: with_material(p, approvals=tuple(a for a in p.material.approvals if a.document.id != "TNY-RUN-OQ-001")),
        "OQ-001 is reported on and has no executed record",
    ),
    "GDP301": (lambda p: text_changed(p, "TNY-VP", first_row("Needed."), ""), "TNY-VP: a blank cell"),
    "GDP302": (
        lambda p: text_changed(
            p, "TNY-VP", '["Heading",{"anchor":""', '["Heading",{"anchor":"","level":1,"text":"Void"}],["Heading",{"anchor":""', 1
        ),
        "the section '",
    ),
    "GDP303": (
        lambda p: text_changed(p, "TNY-URS", "The first file shall say 1.", "The first file shall say TBD."),
        "TNY-URS still says 'TBD'",
    ),
    "GDP311": (
        lambda p: text_changed(p, "TNY-OQR", '["Planned cases","2"]', '["Planned cases","9"]'),
        "9 cases are planned, and the verdicts add up to 2",
    ),
    "GDP313": (
        lambda p: with_material(
            p, spec=replace(p.material.spec, system=p.material.spec.system.model_copy(update={"version": "1.1"}))
        ),
        "TNY-OQR is about version 1.0; the specification is of version 1.1",
    ),
    "GDP321": (
        lambda p: text_changed(p, "TNY-OQR", '["Passed in their last run","2"]', '["Passed in their last run","1"]'),
        "1 of 2 cases passed",
    ),
    "GDP322": (lambda p: text_changed(p, "TNY-OQR", '["TC-OQ-0002","Said', '["TC-OQ-0009","Said'), "leaves out TC-OQ-0002"),
}


def told(package: Package, code: str) -> list[str]:
    return [d.message for d in lint(package).items if d.rule == code]


def test_an_honest_package_has_no_finding(honest):
    assert [(d.rule, d.message) for d in lint(honest).items] == []


@pytest.mark.slow
def test_old_packages_have_none_either(kept):
    assert lint(read(kept.folder)).items == ()


@pytest.mark.parametrize("code", VIOLATIONS)
def test_a_violation_is_told_under_its_code(honest, code):
    change, words = VIOLATIONS[code]
    messages = told(change(honest), code)
    assert any(words in message for message in messages), messages


def test_a_page_taken_out_is_told(honest, tmp_path):
    messages = told(page_taken(honest, tmp_path), "GDP312")
    assert any(m.startswith("page 3 of ") and " is numbered 4 of " in m for m in messages), messages


def test_every_rule_has_its_violation_here(honest):
    lint(honest)
    assert set(VIOLATIONS) | {"GDP312"} == set(RULES)


@pytest.mark.parametrize(
    "text",
    ["as expected", "As Expected.", "OK", "ok!", '"', "ditto", "✓", "Result as described", "see above", "n/a", "-", "Done."],
)
def test_words_that_say_nothing(text):
    assert canned(text)


@pytest.mark.parametrize(
    "text", ["1", "94.9 %", "locked after 3 failures", "passes 5 of 5 wells", "the button is grey", "OK button is shown", "NaN"]
)
def test_words_that_say_what_was_seen(text):
    assert not canned(text)


def test_an_observation_of_a_program_is_never_a_canned_word(honest):
    """What a system answered may well be "ok"; it was compared, not written by anybody."""
    assert told(seen(honest, expected="ok", actual="ok"), "GDP103") == []


# ------------------------------------------------------------------ the command, on a whole package


def invoke(*arguments: object):
    return CliRunner().invoke(cli, [str(a) for a in arguments], standalone_mode=False)


def test_the_command_finds_a_violation_in_a_package_that_somebody_sealed_again(stages, tmp_path):
    """An attachment dated back in the journal, by somebody with the keys of the system."""
    forger = Forger(light_copy(stages.package(), tmp_path / "package"), stages.at("oq-closed").seal)

    def dated_back(entry):
        result = entry["content"].get("result") or {}
        for step in result.get("steps", [result]):
            for item in step.get("attachments", ()):
                item["captured"] = LONG_AGO

    forger.rewrite_run("OQ-001", dated_back)
    forger.repack()
    done = invoke("gdp", forger.folder, "--format", "json")
    assert done.return_value == 1
    found = {d["rule"]: d for d in json.loads(done.stdout)}
    assert found["GDP123"]["about"].startswith("TC-OQ-000")
    assert found["GDP123"]["file"] == "runs/OQ-001"
    text = invoke("gdp", forger.folder)
    assert "error GDP123" in text.stdout


def test_the_command_is_content_with_an_honest_package_and_says_what_it_does_not_say(stages):
    done = invoke("gdp", stages.package())
    assert done.return_value == 0
    assert done.stdout == ""
    assert "37 rules: 0 errors, 0 warnings" in done.stderr
    assert "csvgen verify" in done.stderr


def test_a_changed_package_and_something_else_are_refused(stages, tmp_path):
    folder = light_copy(stages.package(), tmp_path / "package")
    path = folder / "matrix.json"
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data + b" ")
    assert "changed since it was sealed" in str(invoke("gdp", folder).exception)
    assert "is no package" in str(invoke("gdp", stages.package() / "runs" / "OQ-001").exception)


def test_warnings_alone_are_findings_only_when_asked(honest, monkeypatch, stages):
    lint(honest)
    monkeypatch.setattr(gdp, "RULES", {"GDP112": (Severity.WARNING, lambda _: iter([gdp.Hit("runs/x", "x", "handed over")]))})
    assert invoke("gdp", stages.package()).return_value == 0
    assert invoke("gdp", stages.package(), "--strict").return_value == 1
