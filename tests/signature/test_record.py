"""The signature record: what it says is what the person's key signed, and no byte of it can be otherwise."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest
from pydantic import ValidationError

from csvgen.canonical import canonical_json, digest
from csvgen.clock import parsed
from csvgen.crypto import certificates, cms
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.signature import MEANINGS, REASONS, SCHEME, STATEMENTS, SignatureRecord
from csvgen.signature.record import make, read
from csvgen.signature.routing import standing

from .signing import document, signed


@pytest.fixture(scope="module")
def one(pki):
    return signed(pki, document(pki), 0)


def test_what_was_signed_is_read_back(pki, one):
    again = read(one.body, one.cms, "x")
    assert again.record == one.record
    assert (again.digest, again.name) == (one.digest, "01-p-0001")
    assert again.judged(pki.trust).trusted is True
    assert again.judged(Trust.none).trusted is None, "without a root nothing is known"


def test_every_item_of_11_50_is_in_the_signed_bytes(one):
    said = json.loads(one.body)
    assert said["printed_name"] == "Ada Lovelace"
    assert said["meaning"] in MEANINGS
    assert said["statement"] == MEANINGS["authored"]
    assert said["signed"].endswith("Z")
    assert {"person", "role", "reason", "components", "record_digest", "revision", "certificate", "audit_head"} <= said.keys()
    assert said["format"] == "csvgen.signature/2"
    assert (said["reason_code"], said["scheme"], said["audit_root"]) == ("initial-issue", SCHEME, digest("root"))


# ------------------------------------------------------------ formats


def test_record_of_the_first_format_is_written_and_read_as_it_was(pki):
    """What an earlier csvgen signed has these keys and no others; so has its digest."""
    old = signed(pki, document(pki), 0, format="csvgen.signature/1")
    assert set(json.loads(old.body)) == {
        "format", "record", "revision", "record_digest", "number", "meaning", "statement", "reason", "person", "printed_name", "role",
        "signed", "offset", "components", "first_in_session", "certificate", "previous", "audit_count", "audit_head", "demonstration",
    }  # fmt: skip
    assert read(old.body, old.cms, "x").record == old.record
    assert old.record.why == "read", "without a code the words stand alone"


@pytest.mark.parametrize(
    "more",
    [{"reason_code": "initial-issue"}, {"audit_root": digest("root")}, {"scheme": SCHEME}, {"signer": "external"}, {"meaning": "declined"},
     {"evidence": {"issuer": "x"}}],
)  # fmt: skip
def test_first_format_says_nothing_it_does_not_know(pki, more):
    with pytest.raises(ValidationError):
        signed(pki, document(pki), 0, format="csvgen.signature/1", **more)


@pytest.mark.parametrize(
    "less",
    [
        {"reason_code": None},
        {"reason_code": "because"},
        {"reason_code": "fit-for-purpose"},
        {"audit_root": None},
        {"scheme": None},
    ],
)
def test_second_format_needs_code_scheme_and_root(pki, less):
    """A code of another meaning is none: `fit-for-purpose` says nothing about authorship."""
    with pytest.raises(ValidationError):
        signed(pki, document(pki), 0, **less)


def test_every_meaning_has_a_statement_and_codes():
    assert set(REASONS) == set(STATEMENTS)
    assert set(MEANINGS) < set(STATEMENTS)
    assert all(len(codes) >= 2 for codes in REASONS.values()), "with one code there is nothing to choose"


# ------------------------------------------------------------ attacks on a signature


def test_signature_copied_to_another_record_or_revision_does_not_stand(pki, one):
    """The signature is whole; it says itself that it stands elsewhere (21 CFR 11.70, copied)."""
    for other in (document(pki, id="TNY-FS"), document(pki, revision=2), document(pki, content=digest("other words"))):
        assert any("stands on another record" in p for p in standing(other, (one,), pki.trust).problems)


def test_two_evidence_files_that_are_swapped_belong_to_neither(pki):
    on = document(pki)
    first = signed(pki, on, 0)
    second = signed(pki, on, 1, (first,))
    for body, other in ((first.body, second.cms), (second.body, first.cms)):
        with pytest.raises(NotIntact):
            read(body, other, "x")


@pytest.mark.parametrize(
    "changed",
    [
        {"printed_name": "Ada Byron"},
        {"signed": "2020-01-01T00:00:00.000000Z"},
        {"meaning": "approved", "reason_code": "conditional"},
    ],
)
def test_changed_name_time_or_meaning_signed_anew_by_a_thief_is_not_the_person(pki, attacker, one, changed):
    """Who can write files but has no key can only sign with a key of their own, and no root vouches for it."""
    values = {**one.record.model_dump(), **changed}
    with pytest.raises(NotIntact):
        read(canonical_json(values), one.cms, "x")
    mine = attacker.people[0]
    forged = canonical_json({**values, "certificate": mine.fingerprint})
    try:
        taken = read(forged, cms.sign(forged, mine, parsed(values["signed"])), "x")
    except NotIntact:
        return  # the name is not even that of the forged certificate
    assert taken.judged(pki.trust).trusted is False


def test_certificate_of_another_person_with_the_same_name(pki):
    """Two people are called Ada Lovelace; the one signs for the other. Name and root are right, the id is not."""
    namesake = certificates.issue_person(
        pki.root, person="p-0099", printed_name="Ada Lovelace", organisation="Example Ltd", now=pki.now
    )
    on = document(pki)
    honest = signed(pki, on, 0)
    forged = canonical_json({**honest.record.model_dump(), "certificate": namesake.fingerprint})
    with pytest.raises(NotIntact, match="another person id"):
        read(forged, cms.sign(forged, namesake, parsed(honest.record.signed)), "x")


def test_authority_of_another_organisation_cannot_make_a_certificate_for_one_of_ours(pki, attacker):
    """It may write our ids into its certificates; it is believed for external signers only."""
    on = document(pki)
    forged = signed(attacker, on, 0)
    assert forged.judged(pki.trust, attacker.trust).trusted is False
    outsider = signed(attacker, on, 0, signer="external")
    assert outsider.judged(pki.trust, attacker.trust).trusted is True
    assert outsider.judged(pki.trust, pki.trust).trusted is False, "our own authority has not issued it"


@pytest.mark.parametrize("field", sorted(set(SignatureRecord.model_fields) - {"format"}))
def test_no_field_can_be_changed(one, field):
    said = json.loads(one.body)
    before = said.get(field, "")
    said[field] = not before if isinstance(before, bool) else before + 1 if isinstance(before, int) else [] if before else ["x"]
    if isinstance(before, str):
        said[field] = before[:-1] if before else "x"
    if isinstance(before, str) and before:
        said[field] = before[:-1] + ("0" if before[-1] != "0" else "1")
    with pytest.raises(NotIntact):
        read(canonical_json(said), one.cms, "x")


def test_no_byte_of_record_or_signature_can_be_changed(one):
    dice = random.Random(7)
    for data, which in ((one.body, 0), (one.cms, 1)):
        for place in dice.sample(range(len(data)), 60):
            files = [one.body, one.cms]
            files[which] = data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]
            with pytest.raises(NotIntact):
                read(*files, "x")


@pytest.mark.parametrize("body", [b"", b"{}\n", b"null\n", b"\xff", b"[[[["])
def test_other_bytes_are_no_record_even_with_a_good_signature(pki, body):
    with pytest.raises(NotIntact):
        read(body, cms.sign(body, pki.people[0], pki.now), "x")


def test_same_words_in_another_spelling_are_not_the_record(pki, one):
    loose = json.dumps(json.loads(one.body), indent=1).encode()
    with pytest.raises(NotIntact):
        read(loose, cms.sign(loose, pki.people[0], pki.now), "x")


def test_nobody_signs_under_another_name(pki):
    other = {"person": "p-0002"}, {"printed_name": "Jürgen Großmann-Øst"}, {"certificate": pki.people[1].fingerprint}
    for changed in other:
        with pytest.raises(NotIntact):
            signed(pki, document(pki), 0, **changed)


def test_system_never_signs_for_a_person(pki, one):
    record = one.record.model_copy(
        update={
            "person": "",
            "printed_name": certificates.common_name(pki.system.certificate),
            "certificate": pki.system.fingerprint,
        }
    )
    with pytest.raises(NotIntact, match="a system can never sign"):
        make(record, pki.system)


def test_record_signed_at_another_time_than_it_says(pki, one):
    import datetime as dt

    late = cms.sign(one.body, pki.people[0], pki.now + dt.timedelta(hours=1))
    with pytest.raises(NotIntact, match="different times"):
        read(one.body, late, "x")


def test_signature_of_an_unknown_authority_is_intact_but_not_trusted(pki, attacker):
    forged = signed(attacker, document(attacker), 0)
    assert read(forged.body, forged.cms, "x").judged(pki.trust).trusted is False


@pytest.mark.parametrize("meaning", ["agreed", "Approved", ""])
def test_meanings_are_a_closed_list(pki, meaning):
    with pytest.raises(ValidationError):
        signed(pki, document(pki), 0, meaning=meaning)


@pytest.mark.needs("openssl")
def test_openssl_agrees(pki, one, tmp_path):
    """An inspector checks it with a tool that is not ours."""
    (tmp_path / "r.json").write_bytes(one.body)
    (tmp_path / "r.p7s").write_bytes(one.cms)
    (tmp_path / "root.pem").write_bytes(certificates.pem(pki.trust.roots))
    command = f"{shutil.which('openssl')} cms -verify -binary -inform DER -in r.p7s -content r.json -CAfile root.pem -purpose any -out /dev/null"
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "r.json").write_bytes(one.body.replace(b"read", b"rea "))
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode != 0
