"""The attack list as one table: attack, what the attacker holds, and the check that names it.

The attacker can write every file. `files`: and holds no key. `seal`: and stole the seal key of the recorder, so that the manifest and
the seals of runs are right again after each attack; only then does it show what protects beside them. Keys of people, the key of
the log and the time-stamp authority are out of reach, and so is what the reader brings: trust roots and a copy of the anchor.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.audit import merkle
from csvgen.audit.checkpoint import checkpoint_key, sign_checkpoint
from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import parsed
from csvgen.crypto import certificates, cms, revocation
from csvgen.crypto.trust import read_chain, trust_at
from csvgen.model.signature import SignatureRecord
from csvgen.signature import record as signature_record
from csvgen.signature.approvals import read_approval
from csvgen.verification.outside import read_outside
from csvgen.verification.package import verify_package

from ..tiers import each
from .anchored import Anchored
from .conftest import light_copy
from .forging import Forger, passing

Attack = Callable[[Forger, Anchored], None]


def _folder(forger: Forger, document: str) -> Path:
    return forger.approvals / document / "r1"


def _edit_signature(forger: Forger, **changed: str) -> None:
    """The words of a signature record, without the key that signed them."""
    forger.edit_json(_folder(forger, "TNY-IQR") / "02-ruth.amsel.json", lambda record: record.update(changed))


# ------------------------------------------------------------ attacks


def edit_everything(forger: Forger, world: Anchored) -> None:
    """A verdict, its journal, its seal, the matrix, the trail, the manifest: every digest right again."""
    forger.rewrite_run("IQ-001", passing)
    forger.rewrite_trail(lambda events: events)


def copy_signature_to_another_record(forger: Forger, world: Anchored) -> None:
    for suffix in ("json", "p7s"):
        source = _folder(forger, "TNY-VP") / f"01-ruth.amsel.{suffix}"
        forger.write(_folder(forger, "TNY-RA") / source.name, source.read_bytes())


def copy_signature_to_another_revision(forger: Forger, world: Anchored) -> None:
    old, new = _folder(forger, "TNY-VP"), forger.approvals / "TNY-VP" / "r2"
    shutil.copytree(old, new)
    forger.edit_json(new / "document.json", lambda d: d.update(revision=2, title="Another plan"))
    for form in ("pdf", "docx"):
        shutil.copy(forger.folder / "documents" / f"TNY-VP-r1.{form}", forger.folder / "documents" / f"TNY-VP-r2.{form}")


def cut_signature_out(forger: Forger, world: Anchored) -> None:
    for suffix in ("json", "p7s"):
        (_folder(forger, "TNY-IQR") / f"02-ruth.amsel.{suffix}").unlink()


def change_name(forger: Forger, world: Anchored) -> None:
    _edit_signature(forger, printed_name="Mara Ivens (fictitious)", person="mara.ivens")


def change_time(forger: Forger, world: Anchored) -> None:
    _edit_signature(forger, signed="2026-01-02T03:04:05.000000Z")


def change_meaning(forger: Forger, world: Anchored) -> None:
    _edit_signature(forger, meaning="reviewed")


def swap_evidence(forger: Forger, world: Anchored) -> None:
    files = sorted((forger.folder / "runs").glob("OQ-001/evidence/*/*"))
    first, second = files[0].read_bytes(), files[1].read_bytes()
    forger.write(files[0], second)
    forger.write(files[1], first)


def replay_old_checkpoint(forger: Forger, world: Anchored) -> None:
    """The newest checkpoint has the content of an old one; both are signed."""
    notes = sorted((forger.folder / "audit" / "checkpoints").glob("*.note"))
    forger.write(notes[-1], notes[0].read_bytes())


def take_checkpoints_away(forger: Forger, world: Anchored) -> None:
    for path in sorted((forger.folder / "audit" / "checkpoints").glob("*"))[2:]:
        if path.suffix != ".vkey":
            path.unlink()


def take_time_stamps_from_another_checkpoint(forger: Forger, world: Anchored) -> None:
    tokens = sorted((forger.folder / "audit" / "checkpoints").glob("*.tst"))
    forger.write(tokens[-1], tokens[0].read_bytes())


def truncate_tail(forger: Forger, world: Anchored) -> None:
    forger.rewrite_trail(lambda events: events[:-2])


def truncate_into_signatures(forger: Forger, world: Anchored) -> None:
    forger.rewrite_trail(lambda events: events[:-8])


def roll_back(forger: Forger, world: Anchored) -> None:
    """The whole package of yesterday under today's name: honest in every byte."""
    shutil.rmtree(forger.folder)
    light_copy(world.yesterday, forger.folder)


def second_trail_with_the_same_head(forger: Forger, world: Anchored) -> None:
    """Two trails: an event of the past rewritten, the chain made anew, the last event left as it was but for its link."""

    def edit(events: list[dict]) -> list[dict]:
        events[15]["person"], events[15]["printed_name"] = "nobody", "Nobody"
        return events

    forger.rewrite_trail(edit)


def event_put_in(forger: Forger, world: Anchored) -> None:
    forger.rewrite_trail(lambda events: [*events[:30], {**events[30], "reason": "put in"}, *events[30:]])


def events_exchanged(forger: Forger, world: Anchored) -> None:
    forger.rewrite_trail(lambda events: [*events[:40], events[41], events[40], *events[42:]])


def event_removed(forger: Forger, world: Anchored) -> None:
    forger.rewrite_trail(lambda events: events[:50] + events[51:])


def time_of_event_changed(forger: Forger, world: Anchored) -> None:
    def edit(events: list[dict]) -> list[dict]:
        events[60]["at"] = "2025-01-01T00:00:00.000000Z"
        return events

    forger.rewrite_trail(edit)


def _sign_again(forger: Forger, credential, **changed: str) -> None:
    """The last signature of the IQ report made again by another credential, and the trail made to tell of it."""
    folder = _folder(forger, "TNY-IQR")
    old = read_approval(folder).signatures[-1]
    values = old.record.model_dump() | {"certificate": credential.fingerprint, **changed}
    made = signature_record.make(SignatureRecord.model_validate(values), credential)
    for path in folder.glob("02-*"):
        path.unlink()
    (folder / f"{made.name}.json").write_bytes(made.body)
    (folder / f"{made.name}.p7s").write_bytes(made.cms)

    def edit(events: list[dict]) -> list[dict]:
        for change in (c for e in events for c in e["changes"]):
            if change["new"] == str(old.digest):
                change["new"] = str(made.digest)
        return events

    forger.rewrite_trail(edit)


def _issue(world: Anchored, root, now: dt.datetime, **more):
    return certificates.issue_person(
        root, person="ruth.amsel", printed_name="Ruth Amsel (fictitious)", organisation="Example (fictitious)", now=now, **more
    )


def certificate_of_another_with_the_same_name(forger: Forger, world: Anchored) -> None:
    """The right name and id, from an authority of the attacker's own that goes by the true name."""
    now = parsed(read_approval(_folder(forger, "TNY-IQR")).signatures[-1].record.signed)
    root = certificates.make_root("Example (fictitious)", now - dt.timedelta(days=1), demonstration=True)
    _sign_again(forger, _issue(world, root, now - dt.timedelta(hours=1)))


def _own_root(world: Anchored):
    """The true root's key, as its custodian has it: for certificates that were honestly issued and then expired or revoked."""
    from csvgen.crypto.keys import unlock

    from ..tiny import PASSPHRASE

    return unlock((world.owner.config.state / "root.key").read_bytes(), PASSPHRASE)


def second_certificate_of_the_same_person(forger: Forger, world: Anchored) -> None:
    """From the true authority, in the true name; but the account never had it."""
    now = parsed(read_approval(_folder(forger, "TNY-IQR")).signatures[-1].record.signed)
    _sign_again(forger, _issue(world, _own_root(world), now - dt.timedelta(hours=1)))


def expired_certificate(forger: Forger, world: Anchored) -> None:
    now = parsed(read_approval(_folder(forger, "TNY-IQR")).signatures[-1].record.signed)
    _sign_again(forger, _issue(world, _own_root(world), now - dt.timedelta(days=800), years=1))


def pdf_painted_over(forger: Forger, world: Anchored) -> None:
    import io

    from pyhanko.pdf_utils.generic import pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    path = forger.folder / "documents" / "TNY-OQR-r1.pdf"
    writer = IncrementalPdfFileWriter(io.BytesIO(path.read_bytes()))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page[pdf_name("/Rotate")] = page.get("/Rotate", 0)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    forger.write(path, out.getvalue())


def pdf_cut_back_before_the_last_signature(forger: Forger, world: Anchored) -> None:
    path = forger.folder / "documents" / "TNY-IQR-r1.pdf"
    data = path.read_bytes()
    forger.write(path, data[: data.rstrip().rindex(b"%%EOF", 0, -6) + 6])


def word_with_an_added_part(forger: Forger, world: Anchored) -> None:
    import zipfile

    path = forger.folder / "documents" / "TNY-OQR-r1.docx"
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/more.xml", "<more/>")


def word_with_two_bodies(forger: Forger, world: Anchored) -> None:
    import warnings
    import zipfile

    path = forger.folder / "documents" / "TNY-OQR-r1.docx"
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("word/document.xml", archive.read("word/document.xml").replace(b"1", b"2"))


ALL_DIFFER = "the trail continues every state that others saw"
TABLE: list[tuple[Attack, str]] = [
    (edit_everything, "runs and audit trail tell of each other"),
    (edit_everything, "approved documents say what the package says"),
    (copy_signature_to_another_record, "signature records are intact, valid, on their record and complete"),
    (copy_signature_to_another_revision, "signature records are intact, valid, on their record and complete"),
    (cut_signature_out, "signature records are intact, valid, on their record and complete"),
    (cut_signature_out, "signatures and audit trail tell of each other"),
    (cut_signature_out, "PDF files carry exactly the signatures of their records"),
    (change_name, "signature records are intact, valid, on their record and complete"),
    (change_time, "signature records are intact, valid, on their record and complete"),
    (change_meaning, "signature records are intact, valid, on their record and complete"),
    (swap_evidence, "runs are sealed, their journals unbroken, their evidence there"),
    (replay_old_checkpoint, "checkpoints are signed by keys that are believed"),
    (take_checkpoints_away, "checkpoints that the trail tells of are here"),
    (take_time_stamps_from_another_checkpoint, "time stamps hold"),
    (truncate_tail, "the trail is as long as others saw it"),
    (truncate_into_signatures, "signatures and audit trail tell of each other"),
    (roll_back, "the trail is as long as others saw it"),
    (second_trail_with_the_same_head, ALL_DIFFER),
    (event_put_in, ALL_DIFFER),
    (events_exchanged, ALL_DIFFER),
    (event_removed, ALL_DIFFER),
    (time_of_event_changed, ALL_DIFFER),
    (certificate_of_another_with_the_same_name, "signers are trusted"),
    (second_certificate_of_the_same_person, "signers held the role they signed in"),
    (second_certificate_of_the_same_person, "PDF files carry exactly the signatures of their records"),
    (expired_certificate, "signers are trusted"),
    (pdf_painted_over, "PDF files carry exactly the signatures of their records"),
    (pdf_cut_back_before_the_last_signature, "PDF files carry exactly the signatures of their records"),
    (word_with_an_added_part, "Word files carry exactly the signatures of their records"),
    (word_with_two_bodies, "Word files carry exactly the signatures of their records"),
]
"""With the seal key stolen; the reader brings roots, keys and the anchor's checkpoints."""
ATTACKS = list(dict.fromkeys(attack for attack, _ in TABLE))


@pytest.fixture
def forger(anchored: Anchored, tmp_path: Path) -> Forger:
    return Forger(light_copy(anchored.package, tmp_path / "package"), anchored.owner.seal)


def test_honest_package_verifies_with_everything_a_reader_can_bring(anchored):
    """Else nothing below would prove anything; and with keys and anchor nothing is missing any more."""
    verification = anchored.verify(anchored.package, anchor=True)
    assert verification, verification.failed
    assert not verification.missing
    assert {s.state for s in verification.signatures} == {"VALID"}


def test_tools_of_the_forger_leave_no_trace(forger, anchored):
    forger.rewrite_run("OQ-001", lambda entry: None)
    verification = anchored.verify(forger.repack(), anchor=True)
    assert verification, verification.failed


@pytest.mark.parametrize(("attack", "check"), each(3, TABLE), ids=lambda v: getattr(v, "__name__", v))
def test_seal_key_stolen(attack, check, forger, anchored):
    attack(forger, anchored)
    folder = forger.folder if attack is roll_back else forger.repack()
    verification = anchored.verify(folder, anchor=True)
    assert not verification
    failed = [c.name for c in verification.failed]
    assert check in failed, failed
    assert "every file is there, unchanged, and nothing else" not in failed, "the manifest is right again"
    assert verification.bottom_line.startswith("NOT VERIFIED")


@pytest.mark.parametrize("attack", each(4, (a for a in ATTACKS if a is not roll_back)), ids=lambda v: v.__name__)
def test_no_key_at_all(attack, forger, anchored):
    """The manifest made right, under the seal that was there: it is not its seal any more, whatever was changed below it."""
    seal = (forger.folder / "package.p7s").read_bytes()
    attack(forger, anchored)
    forger.write(forger.repack() / "package.p7s", seal)
    failed = [c.name for c in anchored.verify(forger.folder).failed]
    assert "seal of the package" in failed


def test_roll_back_without_anchor_cannot_be_known_and_that_is_said(anchored):
    verification = anchored.verify(anchored.yesterday)
    assert verification, "an honest package of yesterday"
    assert any("--anchor" in m for m in verification.missing)
    assert "--anchor" in verification.bottom_line


def test_without_keys_checkpoints_prove_nothing_and_that_is_said(anchored):
    verification = verify_package(anchored.package, anchored.believed)
    assert verification
    assert any("checkpoints.vkey" in m for m in verification.missing)
    told = {c.name: c for c in verification.checks}["checkpoints are signed by keys that are believed"]
    assert (told.outcome, "no key" in told.detail) == ("note", True)


def test_excised_signature_is_listed_as_invalid(forger, anchored):
    """Without the seal key: the manifest still names the file."""
    cut_signature_out(forger, anchored)
    verification = anchored.verify(forger.folder)
    (gone,) = [s for s in verification.signatures if "TNY-IQR r1 02-ruth.amsel" in s.subject]
    assert (gone.state, gone.person) == ("INVALID", "ruth.amsel")
    assert "is not here" in gone.reasons[0]


@pytest.mark.parametrize(("attack", "reason"), [(change_name, "changed"), (change_time, "changed"), (change_meaning, "changed")])
def test_changed_signature_is_listed_as_invalid_with_name_and_reason(attack, reason, forger, anchored):
    attack(forger, anchored)
    verification = anchored.verify(forger.repack())
    (bad,) = [s for s in verification.signatures if s.state == "INVALID" and s.form == "record"]
    assert bad.printed_name
    assert bad.intact == "no"
    assert any(reason in r for r in bad.reasons)
    assert "signatures INVALID" in verification.bottom_line


def test_manifest_that_counts_otherwise(forger, anchored):
    old = json.loads((forger.folder / "package.json").read_bytes())
    body = canonical_json({**old, "counts": {**old["counts"], "runs": 3}})
    forger.write(forger.folder / "package.json", body)
    forger.write(forger.folder / "package.p7s", cms.sign(body, forger.seal, parsed(old["made"])))
    (failed,) = anchored.verify(forger.folder).failed
    assert failed.name == "records are as many as the manifest counts"
    assert failed.detail == "runs: the manifest says 3, 4 are there"


# ------------------------------------------------------------ seal key and log key stolen


def _checkpoints_anew(forger: Forger, world: Anchored, change: Callable[[list[dict]], list[dict]]) -> None:
    """A changed trail under new checkpoints of the true log key, and the trail made to tell of them; the time stamps are gone."""
    folder = forger.folder / "audit" / "checkpoints"
    key = checkpoint_key(world.owner.config)
    for path in folder.glob("*.tst"):
        path.unlink()

    def edit(events: list[dict]) -> list[dict]:
        done: list[dict] = []
        bodies: list[bytes] = []
        for number, event in enumerate(change(events), 1):
            if event["action"] == "checkpoint":
                note = sign_checkpoint(
                    len(bodies), merkle.root([merkle.leaf_hash(b) for b in bodies]), digest_bytes(bodies[-1]), key
                )
                forger.write(folder / f"{len(bodies):012d}.note", bytes(note))
                for fact in event["changes"]:
                    fact["new"] = {"note": digest_bytes(bytes(note)), "size": str(len(bodies))}.get(fact["field"], fact["new"])
            previous = digest_bytes(bodies[-1]) if bodies else digest_bytes(b"")
            bodies.append(canonical_json({**event, "seq": number, "previous": previous}))
            done.append(event)
        return done

    forger.rewrite_trail(edit)


def _past(events: list[dict]) -> list[dict]:
    events[15]["reason"] = "rewritten"
    return events


def _tail(events: list[dict]) -> list[dict]:
    """After the last signature of a person: who exported the package."""
    (export,) = [e for e in events[-4:] if e["action"] == "export-package"]
    export["printed_name"] = "Somebody else"
    return events


def test_seal_and_log_key_stolen_what_people_signed_stands(forger, anchored):
    """A past that a later signature fixes cannot be written anew, whatever keys of machines were stolen; no anchor is needed."""
    _checkpoints_anew(forger, anchored, _past)
    failed = [c.name for c in anchored.verify(forger.repack()).failed]
    assert "signatures and audit trail tell of each other" in failed
    assert "the trail continues every state that others saw" in failed


def test_seal_and_log_key_stolen_the_tail_is_found_by_the_anchor_only(forger, anchored):
    """What nobody signed after can be written anew by a thief of both keys; the place outside holds another checkpoint of that size."""
    _checkpoints_anew(forger, anchored, _tail)
    folder = forger.repack()
    alone = anchored.verify(folder)
    assert alone, "nothing inside can tell; the bottom line says what is missing"
    assert any("--anchor" in m for m in alone.missing)
    assert any("proven time" in m for m in alone.missing), "and the time stamps are gone"
    with_anchor = anchored.verify(folder, anchor=True)
    found_ = {c.name: c.detail for c in with_anchor.failed}
    assert "two trails: " in found_["the trail continues every state that others saw"]


# ------------------------------------------------------------ a revoked certificate


def _reader_with_revocation(anchored: Anchored, to: Path, since: dt.datetime) -> Path:
    """A reader's trust folder with a newer list: the certificate of the approver was revoked then."""
    trust = Path(shutil.copytree(anchored.trust, to))
    signer = read_approval(anchored.package / "protocols" / "tiny" / "approvals" / "TNY-IQR" / "r1").signatures[-1]
    entry = revocation.Revocation(signer.certificate.serial_number, since, "key-compromise")
    chain = read_chain((trust / "roots.chain.pem").read_bytes(), "chain")
    root = _own_root(anchored)
    made = revocation.revoke(revocation.newest(chain, root.certificate), root, entry, since)
    (trust / "roots.chain.pem").write_bytes(revocation.written(chain, crl=made))
    return trust


def _made(package: Path) -> dt.datetime:
    return parsed(json.loads((package / "package.json").read_bytes())["made"])


def _read_by(trust: Path, package: Path):
    return verify_package(package, trust_at(trust / "roots.pem"), read_outside(trust / "roots.pem"))


def test_revoked_before_the_time_stamp(anchored, tmp_path):
    """Revoked while signing went on: what the person's key signed counts for nothing."""
    signed = read_approval(anchored.package / "protocols" / "tiny" / "approvals" / "TNY-IQR" / "r1").signatures[-1]
    trust = _reader_with_revocation(anchored, tmp_path / "trust", parsed(signed.record.signed) - dt.timedelta(seconds=1))
    verification = _read_by(trust, anchored.package)
    assert "signers are trusted" in [c.name for c in verification.failed]
    bad = [s for s in verification.signatures if s.trusted == "no" and s.form == "record"]
    assert {s.person for s in bad} == {"ruth.amsel"}
    assert all("revoked" in "; ".join(s.reasons) for s in bad)


def test_revoked_after_a_proven_time_counts_as_it_did(anchored, tmp_path):
    """The time-stamp authority saw the trail before the key was lost; so the thief cannot have made these signatures."""
    trust = _reader_with_revocation(anchored, tmp_path / "trust", _made(anchored.package) + dt.timedelta(days=1))
    records = [s for s in _read_by(trust, anchored.package).signatures if s.form == "record"]
    assert {s.trusted for s in records} == {"yes"}
    assert {s.time_proven for s in records} == {"yes"}


def test_revoked_later_without_a_proven_time_is_not_believed(anchored, tmp_path):
    """The same package, for a reader who believes no time-stamp authority: nothing but the signer's own clock tells the time."""
    trust = _reader_with_revocation(anchored, tmp_path / "trust", _made(anchored.package) + dt.timedelta(days=1))
    (trust / "time-stamps.pem").unlink()
    verification = _read_by(trust, anchored.package)
    bad = [s for s in verification.signatures if s.trusted == "no" and s.form == "record"]
    assert {s.person for s in bad} == {"ruth.amsel"}
    assert any("signer's own clock" in r for s in bad for r in s.reasons)
