"""Attackers with keys. What one key can do, the signatures of the people whose keys were not stolen must undo.

The seal key of the recorder lies on a machine and can be stolen; a person's key lies under that person's password. Each
attack makes everything consistent again that its keys can make consistent: only then does it show what really protects.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, read_canonical
from csvgen.clock import parsed
from csvgen.crypto.certificates import pem
from csvgen.crypto.trust import Trust
from csvgen.evidence.read import read_run
from csvgen.model.signature import MEANINGS, SignatureRecord
from csvgen.model.verification import Outcome, Verification
from csvgen.signature import record as signature_record
from csvgen.signature.approvals import read_approval
from csvgen.verification.package import verify_package

from ..tiny import SYSTEM, clean_environment
from .conftest import light_copy
from .forging import Forger, passing


@pytest.fixture
def owner(stages):
    """The project the package was made from: it holds every key."""
    return stages.at("oq-closed")


@pytest.fixture
def forger(stages, owner, tmp_path) -> Forger:
    """A copy of the package in the hands of somebody who stole the seal key."""
    return Forger(light_copy(stages.package(), tmp_path / "package"), owner.seal)


def verify(folder: Path, owner) -> Verification:
    return verify_package(folder, owner.state.trust)


def found(verification: Verification, *names: str) -> None:
    """Not verified, and by these checks among others; never by a mere difference of the files."""
    assert not verification
    failed = {c.name: c.detail for c in verification.failed}
    for name in names:
        assert any(name in f for f in failed), failed
    assert not any("every file is there" in f for f in failed), (
        "the attacker made the manifest right; something else must find it"
    )


def test_package_of_the_owner_verifies(stages, owner):
    """Else nothing below would prove anything."""
    verification = verify(stages.package(), owner)
    assert verification, verification.failed


def test_attacker_can_make_files_and_manifest_agree(forger, owner):
    """The forger's tools are good ones: changing nothing and sealing anew verifies."""
    forger.rewrite_run("OQ-001", lambda entry: None)
    forger.rewrite_trail(lambda events: events)
    verification = verify(forger.repack(), owner)
    assert verification, verification.failed


# ------------------------------------------------------------ the seal key stolen: runs


def test_failed_verdict_made_to_pass(forger, owner):
    forger.rewrite_run("IQ-001", passing)
    found(
        verify(forger.repack(), owner), "approved documents say what the package says", "runs and audit trail tell of each other"
    )


def test_failed_verdict_made_to_pass_and_the_trail_brought_in_line(forger, owner):
    """The trail is only a chain; what fixes its past are the signatures made after it, each naming the state it had."""
    forger.rewrite_run("IQ-001", passing)
    sealed = read_canonical((forger.folder / "runs" / "IQ-001" / "seal.json").read_bytes())

    def edit(events):
        for event in events:
            if event["action"] == "run-seal" and event["record"] == "IQ-001":
                from csvgen.canonical import digest

                event["changes"] = [
                    {"field": "seal", "new": digest(sealed), "old": ""},
                    {"field": "PASSED", "new": "1", "old": ""},
                ]
        return events

    forger.rewrite_trail(edit)
    found(verify(forger.repack(), owner), "approved documents say", "signatures and audit trail tell of each other")


def test_observed_value_changed_under_its_verdict(forger, owner):
    def change(entry):
        for step in (entry["content"].get("result") or {}).get("steps", []):
            for seen in step["observations"]:
                seen["actual"] = "something else"

    forger.rewrite_run("OQ-001", change)
    found(verify(forger.repack(), owner), "verdicts follow from what was observed", "approved documents say")


def test_failing_step_left_out_of_a_passed_case(forger, owner):
    """A case with fewer steps than were approved has not passed, whatever the steps that are there say."""

    def change(entry):
        result = entry["content"].get("result") or {}
        if "steps" in result:
            result["steps"] = [s for s in result["steps"] if s["keyword"] == "Then"][:1]
            result["steps"][0]["number"] = 1

    forger.rewrite_run("OQ-001", change)
    found(verify(forger.repack(), owner), "verdicts follow from what was observed")


def test_case_planned_away(forger, owner):
    """A complete run without the case that would have failed."""

    def plan(value):
        value["planned"] = value["planned"][:1]

    folder = forger.folder / "runs" / "OQ-001"
    journal = folder / "journal.main.jsonl"
    kept = [line for line in journal.read_bytes().splitlines(keepends=True) if b"TC-OQ-0002" not in line]
    entries = [json.loads(line) for line in kept]
    forger.write(journal, b"".join(canonical_json({**e, "seq": n}) for n, e in enumerate(entries, 1)))
    forger.rewrite_run("OQ-001", lambda entry: None, plan)
    found(verify(forger.repack(), owner), "what ran is what was approved and ordered", "matrix follows")


def test_seal_taken_from_a_failed_run_so_that_it_does_not_count(forger, owner):
    for name in ("seal.json", "seal.p7s"):
        (forger.folder / "runs" / "IQ-001" / name).unlink()
    found(verify(forger.repack(), owner), "runs and audit trail tell of each other", "approved documents say")


def test_failed_run_removed(forger, owner):
    shutil.rmtree(forger.folder / "runs" / "IQ-001")
    found(
        verify(forger.repack(), owner),
        "run numbers have no gap",
        "what ran is what was approved and ordered",
        "runs and audit trail",
    )


@pytest.mark.parametrize("action", ["run-begin", "run-seal"])
def test_run_that_the_trail_tells_of_twice(forger, owner, action):
    """Executed again under its own number until it passed: the folder is the last one, the trail tells of each."""

    def again(events):
        one = next(e for e in events if e["action"] == action and e["record"] == "IQ-001")
        return [*events, dict(one)]

    forger.rewrite_trail(again)
    verification = verify(forger.repack(), owner)
    found(verification, "runs and audit trail tell of each other")
    assert any(
        f"IQ-001: the trail tells 2 times that it {words}" in c.detail
        for c in verification.failed
        for words in ("began", "was sealed")
    )


KEPT = "keeping of runs is what the audit trail tells"


def keeping(folder: Path, **changed: str) -> dict[str, str]:
    """What the trail tells of OQ-001 kept in a bucket, all of it right unless changed."""
    run = read_run(folder / "runs" / "OQ-001")
    assert run.seal is not None
    files = sum(p.is_file() for p in Path(run.folder).rglob("*")) + 1
    return {"store": "s3://bucket/e/", "seal": str(run.digest), "until": "2099-01-01", "files": str(files), **changed}


def tell(forger: Forger, facts: dict[str, str], record: str = "OQ-001", **changed: str) -> None:
    """An event more at the end of the trail, where the seal key alone fixes it."""

    def more(events):
        told = [{"field": name, "old": "", "new": value} for name, value in facts.items()]
        return [*events, {**events[-1], "action": "run-keep", "record": record, "changes": told, **changed}]

    forger.rewrite_trail(more)


def test_keeping_that_is_as_told_holds(forger, owner):
    tell(forger, keeping(forger.folder))
    verification = verify(forger.repack(), owner)
    assert [c.name for c in verification.failed] == ["records are as many as the manifest counts"], "there is an event more"
    (check,) = (c for c in verification.checks if c.name == KEPT)
    assert check.outcome is Outcome.HOLDS
    assert "OQ-001 in s3://bucket/e/ until 2099-01-01; of IQ-001, IQ-002 no keeping is told" in check.detail


@pytest.mark.parametrize(
    ("facts", "event", "words"),
    [
        ({"seal": "sha256:" + "0" * 64}, {}, "was kept under another seal than the run has"),
        ({"files": "2"}, {}, "was kept with 2 files, and has"),
        ({"until": "2020-01-01"}, {}, "is kept until 2020-01-01, and was sealed"),
        ({}, {"record": "OQ-009"}, "was kept, and no sealed run of this name is in the package"),
        ({}, {"at": "2020-01-01T00:00:00.000000Z"}, "was kept before it was sealed"),
    ],
    ids=["seal", "files", "until", "run", "time"],
)
def test_keeping_that_is_not_as_told(forger, owner, facts, event, words):
    tell(forger, keeping(forger.folder, **facts), **event)
    verification = verify(forger.repack(), owner)
    found(verification, KEPT)
    assert any(words in c.detail for c in verification.failed), verification.failed


def test_failed_run_removed_with_everything_that_tells_of_it_and_the_rest_renumbered(forger, owner):
    shutil.rmtree(forger.folder / "runs" / "IQ-001")
    for identity in ("TNY-XO-IQ-001", "TNY-RUN-IQ-001", "TNY-DEV-001"):
        forger.drop_record(identity)
    (forger.folder / "runs" / "IQ-002").rename(forger.folder / "runs" / "IQ-001")
    forger.rewrite_run("IQ-001", lambda entry: None, lambda plan: plan.update(run="IQ-001"))
    gone = ("IQ-001", "TNY-XO-IQ-001 r1", "TNY-RUN-IQ-001 r1", "TNY-DEV-001 r1")
    forger.rewrite_trail(lambda events: [e for e in events if e["record"] not in gone])
    found(
        verify(forger.repack(), owner),
        "what ran is what was approved and ordered",
        "approved documents say",
        "documents were made from what they name",
        "signatures and audit trail tell of each other",
    )


def test_deviation_removed(forger, owner):
    forger.drop_record("TNY-DEV-001")
    found(verify(forger.repack(), owner), "every result that is not a pass has its deviation", "signatures and audit trail")


def test_disposition_of_nothing(forger, owner):
    """The run that opened a deviation made to pass: the signed disposition stays behind and tells."""
    forger.rewrite_run("IQ-001", passing)
    verification = verify(forger.repack(), owner)
    found(verification, "every result that is not a pass has its deviation")
    assert any("TNY-DEV-001 is dispositioned, but no run opens it" in c.detail for c in verification.failed)


# ------------------------------------------------------------ the seal key stolen: specification, protocol, matrix


def test_requirement_reworded(forger, owner):
    path = forger.folder / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    forger.write(path, path.read_bytes().replace(b"shall say 2.", b"may say anything. It shall."))
    found(verify(forger.repack(), owner), "approved documents say what the package says", "matrix follows")


def test_expected_value_changed_in_the_script(forger, owner):
    path = forger.folder / "protocols" / SYSTEM / "OQ" / "URS-TNY-003.feature"
    forger.write(path, path.read_bytes().replace(b"says 2", b"says 3"))
    found(verify(forger.repack(), owner), "approved documents say", "what ran is what was approved and ordered", "matrix follows")


def test_environment_of_the_pq_changed(forger, owner):
    path = forger.folder / "requirements_specs" / SYSTEM / "pq" / "pq.yaml"
    forger.write(path, path.read_bytes().replace(b"The same.", b"Somewhere."))
    found(verify(forger.repack(), owner), "approved documents say")


def test_matrix_made_better_than_the_runs(forger, owner):
    def change(matrix):
        for row in matrix["rows"]:
            row["coverage"] = "passed"
        matrix["gaps"] = []

    forger.edit_json(forger.folder / "matrix.json", change)
    found(verify(forger.repack(), owner), "matrix follows from specification, protocol and runs")


def test_workbook_made_better_than_the_matrix(forger, owner):
    """An inspector opens the workbook, not the JSON beside it."""
    import openpyxl

    path = forger.folder / "matrix.xlsx"
    book = openpyxl.load_workbook(path)
    for row in book["Matrix"].iter_rows():
        for cell in row:
            if cell.value == "gap":
                cell.value = "passed"
    path.unlink()
    book.save(path)
    found(verify(forger.repack(), owner), "workbook shows the same matrix")


# ------------------------------------------------------------ the seal key stolen: documents


def test_report_replaced_by_one_with_another_verdict(forger, owner):
    """The same pages with one word painted over, sealed by the real seal: no person's signature is in it."""
    import io

    import pikepdf

    from csvgen.signature.pdf import seal
    from csvgen.signature.pdf_inspect import unsigned_length

    path = forger.folder / "documents" / "TNY-IQR-r1.pdf"
    data = path.read_bytes()
    with pikepdf.open(io.BytesIO(data[: unsigned_length(data)])) as file:
        file.pages[0].contents_add(b"q 1 1 1 rg 72 700 300 40 re f Q", prepend=False)
        out = io.BytesIO()
        file.save(out)
    forger.write(path, seal(out.getvalue(), owner.seal, owner.clock.now()))
    verification = verify(forger.repack(), owner)
    found(verification, "PDF files carry exactly the signatures of their records")
    assert any("TNY-IQR-r1.pdf" in c.detail for c in verification.failed)


def test_page_painted_over_after_the_signatures(forger, owner):
    """An incremental update leaves every signed byte as it was."""
    import io

    from pyhanko.pdf_utils.generic import pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    path = forger.folder / "documents" / "TNY-IQR-r1.pdf"
    writer = IncrementalPdfFileWriter(io.BytesIO(path.read_bytes()))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page[pdf_name("/Rotate")] = page.get("/Rotate", 0)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    forger.write(path, out.getvalue())
    found(verify(forger.repack(), owner), "PDF files carry exactly the signatures of their records")


def test_word_rendition_of_another_document(forger, owner):
    documents = forger.folder / "documents"
    forger.write(documents / "TNY-VP-r1.docx", (documents / "TNY-RA-r1.docx").read_bytes())
    verification = verify(forger.repack(), owner)
    found(verification, "Word files carry exactly the signatures of their records")
    assert any("TNY-VP-r1.docx: is not the document that the record names" in c.detail for c in verification.failed)


def test_pdf_and_record_of_two_documents_exchanged(forger, owner):
    documents = forger.folder / "documents"
    first, second = ((documents / f"TNY-{code}-r1.pdf").read_bytes() for code in ("VP", "RA"))
    forger.write(documents / "TNY-VP-r1.pdf", second)
    forger.write(documents / "TNY-RA-r1.pdf", first)
    found(verify(forger.repack(), owner), "PDF files carry exactly the signatures of their records")


def test_report_removed_so_that_the_next_phase_began_too_early(forger, owner):
    forger.drop_record("TNY-IQR")
    for path in (forger.folder / "documents").glob("TNY-IQR-*"):
        path.unlink()
    found(
        verify(forger.repack(), owner), "phases began after the one before was closed", "documents were made from what they name"
    )


# ------------------------------------------------------------ the seal key stolen: signatures


def test_signature_taken_away(forger, owner):
    for path in (forger.approvals / "TNY-IQR" / "r1").glob("02-*"):
        path.unlink()
    found(verify(forger.repack(), owner), "signature records are intact", "PDF files carry exactly", "signatures and audit trail")


def test_signature_moved_to_another_record(forger, owner):
    source, target = forger.approvals / "TNY-VP" / "r1", forger.approvals / "TNY-RA" / "r1"
    for name in ("01-ruth.amsel.json", "01-ruth.amsel.p7s"):
        forger.write(target / name, (source / name).read_bytes())
    verification = verify(forger.repack(), owner)
    found(verification, "signature records are intact", "signatures and audit trail tell of each other")
    assert any("stands on another record" in c.detail for c in verification.failed)


def test_record_changed_under_its_signatures(forger, owner):
    folder = forger.approvals / "TNY-DEV-001" / "r1"
    forger.edit_json(folder / "content.json", lambda c: c["investigation"].update(impact="None whatever."))
    found(verify(forger.repack(), owner), "signature records are intact")


def test_fewer_signatures_asked_for(forger, owner):
    """A record that asks for one signature less is another record."""
    folder = forger.approvals / "TNY-IQR" / "r1"
    for path in folder.glob("02-*"):
        path.unlink()
    forger.edit_json(folder / "document.json", lambda d: d.update(signatures=d["signatures"][:1]))
    found(verify(forger.repack(), owner), "signature records are intact", "records ask for the signatures their route asks for")


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_audit_trail_truncated(forger, owner, cut):
    """Down to the last signature of a person the trail is fixed by it; the tail after that rests on the seal, and the check says so."""
    before = json.loads((forger.folder / "package.json").read_bytes())["audit_count"]
    fixed = max(s.record.audit_count for a in owner.state.approvals for s in a.signatures)
    forger.rewrite_trail(lambda events: events[:-cut])
    verification = verify(forger.repack(), owner)
    if before - cut > fixed:
        detail = next(c.detail for c in verification.checks if c.name == "audit trail is unbroken")
        assert f"fix the first {fixed}, the seal alone the last {before - cut - fixed}" in detail
    else:
        found(verification, "signatures and audit trail tell of each other")


def test_event_edited_in_the_past(forger, owner):
    def edit(events):
        events[20]["reason"] = "nothing of importance"
        return events

    forger.rewrite_trail(edit)
    found(verify(forger.repack(), owner), "signatures and audit trail tell of each other")


def test_signature_ascribed_to_somebody_else_in_the_trail(forger, owner):
    """The last signature is fixed by no later one; its event must name its signer all the same."""

    def edit(events):
        last = [e for e in events if e["action"] == "sign"][-1]
        last["person"] = "pavel.broz"
        return events

    forger.rewrite_trail(edit)
    verification = verify(forger.repack(), owner)
    found(verification, "signatures and audit trail tell of each other")
    assert any("the trail tells of pavel.broz" in c.detail for c in verification.failed)


# ------------------------------------------------------------ keys of people stolen


def sign_as(owner, forger: Forger, person: str, document: str, **changed: str):
    """A signature by a stolen person's key on a record of the package, in the place of the one that is there."""
    folder = forger.approvals / document / "r1"
    approval = read_approval(folder)
    old = approval.signatures[-1].record
    credential = owner.credential(person)
    account = owner.directory.account(person)
    values = old.model_dump() | {
        "person": person, "printed_name": account.printed_name, "certificate": credential.fingerprint,
        "statement": MEANINGS[old.meaning], **changed,
    }  # fmt: skip
    made = signature_record.make(SignatureRecord.model_validate(values), credential)
    for path in folder.glob(f"{old.number:02d}-*"):
        path.unlink()
    (folder / f"{made.name}.json").write_bytes(made.body)
    (folder / f"{made.name}.p7s").write_bytes(made.cms)
    return approval.signatures[-1], made


def test_persons_key_alone_cannot_seal_the_package(forger, owner):
    """The manifest made right, and sealed with the only key at hand: a person's."""
    sign_as(owner, forger, "ruth.amsel", "TNY-OQR", reason="in haste")
    verification = verify(forger.repack(owner.credential("ruth.amsel")), owner)
    found(verification, "seal of the package is intact and valid", "signatures and audit trail tell of each other")
    assert any("a seal must be a system's" in c.detail for c in verification.failed)


def test_persons_key_alone_cannot_change_the_manifest(forger, owner):
    sign_as(owner, forger, "ruth.amsel", "TNY-OQR", reason="in haste")
    verification = verify(forger.folder, owner)
    assert any("every file is there" in c.name for c in verification.failed)
    seal = (forger.folder / "package.p7s").read_bytes()
    forger.repack()
    forger.write(forger.folder / "package.p7s", seal)
    assert any("seal of the package" in c.name for c in verify(forger.folder, owner).failed)


def test_signature_in_a_role_the_signer_does_not_hold(forger, owner):
    """Seal key and the tester's own key: the tester approves as quality, and the trail is made to tell of it."""
    old, made = sign_as(owner, forger, "nadia.corso", "TNY-OQR")

    def edit(events):
        for event in events:
            for change in event["changes"]:
                if change["new"] == str(old.digest):
                    change["new"] = str(made.digest)
                    event |= {"person": "nadia.corso", "printed_name": made.record.printed_name}
        return events

    forger.rewrite_trail(edit)
    found(
        verify(forger.repack(), owner),
        "signers held the role they signed in",
        "PDF files carry exactly",
        "Word files carry exactly",
    )


def test_same_person_in_two_roles_kept_apart(forger, owner):
    sign_as(owner, forger, "mara.ivens", "TNY-IQR")
    verification = verify(forger.repack(), owner)
    found(verification, "signature records are intact")
    assert any("may not sign it as approved" in c.detail for c in verification.failed)


# ------------------------------------------------------------ everything signed anew, with an authority of the attacker's own


@pytest.fixture
def forged(stages) -> Path:
    """The whole package made again by somebody who has none of the keys: the same names, times and documents, one lie.

    The attacker makes a root that calls itself like the true one, issues a certificate to each name, composes and signs every
    record at a plausible time, and takes over the journals; in the first run the failure is made to pass, so that there is
    neither a deviation nor a retest.
    """
    return stages.counterfeit() / "package"


def test_counterfeit_is_perfect_but_for_its_root(forged, owner):
    """With the attacker's own root all checks hold: nothing but trust from outside can tell it from the true package."""
    from csvgen.crypto.trust import read_trust

    own = read_trust((forged.parent / "trust" / "roots.pem").read_bytes(), "own")
    believing = verify_package(forged, own)
    assert believing, believing.failed
    assert json.loads((forged / "runs" / "IQ-001" / "seal.json").read_bytes())["summary"]["verdicts"] == {"PASSED": 1}


def test_counterfeit_is_not_trusted_with_the_true_root(forged, owner):
    verification = verify(forged, owner)
    assert not verification
    assert verification.failed
    assert all("trusted" in c.name for c in verification.failed), "it is perfect otherwise"
    assert len(verification.failed) == 4
    assert "NOT VERIFIED" in verification.bottom_line


def test_counterfeit_without_any_root_is_not_verified(forged):
    verification = verify_package(forged, Trust.none)
    assert not verification
    assert not verification.failed
    assert {c.outcome for c in verification.unknown} == {Outcome.UNKNOWN}


@pytest.mark.parametrize("place", ["inside", "beside"])
def test_roots_that_come_with_the_package_are_not_believed(forged, tmp_path, place):
    """The attacker sends roots and a csvgen.toml along, and the reader runs the command right there."""
    folder = light_copy(forged, tmp_path / "parcel" / "package")
    own = (forged.parent / "trust" / "roots.pem").read_bytes()
    trust = "trust/roots.pem" if place == "inside" else "../roots.pem"
    target = (folder / trust).resolve()
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(own)
    (folder / "csvgen.toml").write_text(f'[csvgen]\ntrust = "{trust}"\n', encoding="utf-8")
    for arguments, cwd in ((["verify", "."], folder), (["-C", str(folder), "verify", str(folder)], tmp_path)):
        command = [sys.executable, "-m", "csvgen", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=cwd)
        assert done.returncode == 1
        assert "trust roots: none given" in done.stdout


def test_true_root_beside_a_false_one_believes_only_its_own(forged, stages, owner):
    """Two roots may be trusted at once; each vouches for what it issued."""
    from csvgen.crypto.trust import read_trust

    both = read_trust(pem(owner.state.trust.roots) + (forged.parent / "trust" / "roots.pem").read_bytes(), "both")
    assert verify_package(stages.package(), both)
    assert not verify_package(forged, owner.state.trust)
    assert parsed(json.loads((forged / "package.json").read_bytes())["made"])
