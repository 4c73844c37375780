"""Whom a reader believes: paths, validity, use, and what an authority has taken back."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from csvgen.crypto import certificates
from csvgen.crypto.certificates import pem
from csvgen.crypto.trust import Trust, chain_file, read_chain, read_trust, trust_at
from csvgen.errors import BadInput

from .conftest import DAY, EMAIL, NOW, SERVER, issue, name, revocations, usage


def trusting(*roots, **more) -> Trust:
    return Trust(tuple(r.certificate for r in roots), **more)


# ------------------------------------------------------------ paths


def test_path_over_an_authority_between(corporate):
    root, between, ada = corporate
    judged = trusting(root).judge(ada.certificate, NOW, intermediates=[between.certificate])
    assert (judged.trusted, judged.reason, judged.root) == (True, "", root.certificate)
    assert trusting(root, intermediates=(between.certificate,)).judge(ada.certificate, NOW).trusted is True


def test_without_the_authority_between_there_is_no_path(corporate):
    root, _, ada = corporate
    assert trusting(root).judge(ada.certificate, NOW).trusted is False


def test_without_a_root_nothing_is_known(corporate):
    assert Trust.none.judge(corporate[2].certificate, NOW).trusted is None


def test_an_authority_between_is_not_believed_by_itself(corporate):
    _, between, ada = corporate
    other = issue("Other root", ca=True)
    assert trusting(other).judge(ada.certificate, NOW, intermediates=[between.certificate]).trusted is False


def test_root_of_the_same_name_and_another_key(corporate):
    _, between, ada = corporate
    twin = issue("Works root", ca=True)
    assert trusting(twin).judge(ada.certificate, NOW, intermediates=[between.certificate]).trusted is False


def test_path_longer_than_the_authority_allows():
    root = issue("Root", ca=True, depth=0)
    below = issue("Below", root, ca=True)
    ada = issue("Ada Lovelace", below)
    assert trusting(root).judge(ada.certificate, NOW, intermediates=[below.certificate]).trusted is False


def test_a_person_cannot_issue():
    """Mallory's own certificate is good; what she issues with it is not."""
    root = issue("Root", ca=True)
    mallory = issue("Mallory", root)
    forged = issue("Ada Lovelace", mallory)
    judged = trusting(root).judge(forged.certificate, NOW, intermediates=[mallory.certificate])
    assert judged.trusted is False


@pytest.mark.parametrize(
    "what",
    [{"constraints": False, "ca": True}, {"ca": True, "uses": usage("digital_signature")}, {"uses": usage("key_cert_sign")}],
)
def test_an_issuer_that_may_not_issue(what):
    root = issue("Root", ca=True)
    between = issue("Between", root, **what)
    ada = issue("Ada Lovelace", between)
    assert trusting(root).judge(ada.certificate, NOW, intermediates=[between.certificate]).trusted is False


# ------------------------------------------------------------ the certificate itself


def test_self_signed_with_the_same_subject(corporate):
    root, between, ada = corporate
    forged = issue(ada.certificate.subject)
    assert trusting(root, intermediates=(between.certificate,)).judge(forged.certificate, NOW).trusted is False
    assert trusting(forged).judge(forged.certificate, NOW).trusted is False, "a person cannot be a root, not even among the roots"


def test_authority_used_as_a_person(corporate):
    root, between, _ = corporate
    for authority in (root, between):
        judged = trusting(root).judge(authority.certificate, NOW)
        assert judged.trusted is False
        assert "an authority's" in judged.reason


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"extended": (SERVER,)}, "another use"),
        ({"extended": (ExtendedKeyUsageOID.TIME_STAMPING,)}, "another use"),
        ({"uses": usage("key_encipherment")}, "not for signatures"),
        ({"uses": None}, "no trusted root"),
        ({"since": NOW + DAY}, "not yet valid"),
        ({"since": NOW - 3 * DAY, "until": NOW - DAY}, "had expired"),
    ],
)
def test_a_certificate_that_may_not_sign_or_not_now(made, words):
    root = issue("Root", ca=True)
    judged = trusting(root).judge(issue("Ada Lovelace", root, **made).certificate, NOW)
    assert judged.trusted is False
    assert words in judged.reason


@pytest.mark.parametrize("extended", [(), (EMAIL,), (SERVER, EMAIL), (x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),)])
def test_uses_that_are_good_for_documents(extended):
    root = issue("Root", ca=True)
    assert trusting(root).judge(issue("Ada Lovelace", root, extended=extended).certificate, NOW).trusted is True


def test_root_that_had_expired():
    root = issue("Root", ca=True, until=NOW - DAY, since=NOW - 9 * DAY)
    assert trusting(root).judge(issue("Ada Lovelace", root).certificate, NOW).trusted is False


def test_time_stamp_authorities_are_judged_by_their_own_use():
    root = issue("Root", ca=True)
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    good = issue("Stamps", root, extended=(stamping,), critical=True)
    assert trusting(root).judge(good.certificate, NOW, use="time stamps").trusted is True
    assert trusting(root).judge(good.certificate, NOW).trusted is False, "it signs no documents"
    loose = issue("Stamps", root, extended=(stamping,))
    assert trusting(root).judge(loose.certificate, NOW, use="time stamps").trusted is False, "RFC 3161, 2.3: critical"
    person, mixed = issue("Ada Lovelace", root), issue("Both", root, extended=(stamping, EMAIL))
    assert trusting(root).judge(person.certificate, NOW, use="time stamps").trusted is False
    assert trusting(root).judge(mixed.certificate, NOW, use="time stamps").trusted is False, (
        "RFC 3161, 2.3: for time stamps alone"
    )


# ------------------------------------------------------------ revocation


def test_revoked_counts_from_the_revocation_when_the_time_is_proven(corporate):
    root, between, ada = corporate
    crl = revocations(between, (ada, NOW))
    believing = trusting(root, intermediates=(between.certificate,), crls=(crl,))
    before, after = NOW - DAY / 2, NOW + DAY / 2
    assert believing.judge(ada.certificate, before, proven=True).trusted is True
    assert believing.judge(ada.certificate, after, proven=True).trusted is False
    assert believing.judge(ada.certificate, NOW, proven=True).trusted is False, "the moment of the revocation is too late"
    judged = believing.judge(ada.certificate, before)
    assert judged.trusted is False, "a thief of the key could have chosen the time"
    assert "nothing but the signer's own clock" in judged.reason
    assert (judged.revoked_at, judged.known_until) == (NOW, NOW)


def test_suspected_earlier_than_revoked(corporate):
    root, between, ada = corporate
    crl = revocations(between, (ada, NOW), suspected=NOW - DAY / 2)
    believing = trusting(root, intermediates=(between.certificate,), crls=(crl,))
    assert believing.judge(ada.certificate, NOW - DAY / 4, proven=True).trusted is False
    assert believing.judge(ada.certificate, NOW - 3 * DAY / 4, proven=True).trusted is True


def test_revoked_authority_takes_its_people_with_it(corporate):
    root, between, ada = corporate
    crl = revocations(root, (between, NOW))
    assert trusting(root, intermediates=(between.certificate,), crls=(crl,)).judge(ada.certificate, NOW).trusted is False


def test_a_list_counts_only_for_the_authority_that_signed_it(corporate):
    """Mallory can neither revoke Ada nor, by a list of her own, make her good again."""
    root, between, ada = corporate
    imposter = issue("Works issuing", ca=True)
    forged = revocations(imposter, (ada, NOW))
    empty, true = revocations(imposter, issued=NOW + DAY), revocations(between, (ada, NOW))
    believing = trusting(root, intermediates=(between.certificate,))
    assert believing.plus(Trust((), (forged,))).judge(ada.certificate, NOW).trusted is True
    assert believing.plus(Trust((), (true, empty))).judge(ada.certificate, NOW).trusted is False


def test_a_list_signed_by_one_who_may_not_sign_lists():
    root = issue("Root", ca=True, uses=usage("key_cert_sign"))
    ada = issue("Ada Lovelace", root, publishes=True)
    assert trusting(root, crls=(revocations(root, (ada, NOW)),)).judge(ada.certificate, NOW).trusted is None


def test_older_list_brought_back_changes_nothing(corporate):
    root, between, ada = corporate
    old, new = revocations(between, issued=NOW - DAY), revocations(between, (ada, NOW))
    for order in ((old, new), (new, old)):
        assert trusting(root, intermediates=(between.certificate,), crls=order).judge(ada.certificate, NOW).trusted is False


def test_a_list_that_is_missing_is_no_trust():
    root = issue("Root", ca=True)
    ada = issue("Ada Lovelace", root, publishes=True)
    judged = trusting(root).judge(ada.certificate, NOW)
    assert judged.trusted is None
    assert "no list of them is at hand" in judged.reason
    assert trusting(root, crls=(revocations(root),)).judge(ada.certificate, NOW).trusted is True


# ------------------------------------------------------------ whose a certificate is


@pytest.fixture(scope="module")
def ours():
    return certificates.make_root("Fictitious Works", NOW, demonstration=False)


def said(ours, credential, person):
    """Our authority's word on whose key it is."""
    return certificates.certify_person(
        ours, credential.certificate.public_key(), person=person, printed_name="Ada Lovelace", organisation="Fictitious Works",
        now=NOW, until=NOW + 300 * DAY, publishes=False,
    )  # fmt: skip


def test_certificate_of_our_own_authority_names_its_person(ours):
    ada = certificates.issue_person(ours, person="a.lovelace", printed_name="Ada Lovelace", organisation="Works", now=NOW)
    assert trusting(ours).judge_person(ada.certificate, "a.lovelace", NOW).trusted is True
    assert trusting(ours).judge_person(ada.certificate, "b.lovelace", NOW).trusted is False


def test_certificate_of_another_authority_needs_our_word(ours, corporate):
    root, between, ada = corporate
    believing = trusting(ours, root, intermediates=(between.certificate,))
    judged = believing.judge_person(ada.certificate, "a.lovelace", NOW)
    assert judged.trusted is False
    assert "no authority of this project says" in judged.reason
    bound = believing.plus(Trust((), intermediates=(said(ours, ada, "a.lovelace"),)))
    assert bound.judge_person(ada.certificate, "a.lovelace", NOW).trusted is True
    assert bound.judge_person(ada.certificate, "b.lovelace", NOW).trusted is False


def test_another_person_of_the_same_name_from_the_same_authority(ours, corporate):
    root, between, ada = corporate
    namesake = issue("Ada Lovelace", between)
    bound = trusting(ours, root, intermediates=(between.certificate, said(ours, ada, "a.lovelace")))
    assert bound.judge(namesake.certificate, NOW).trusted is True, "a good certificate"
    assert bound.judge_person(namesake.certificate, "a.lovelace", NOW).trusted is False, "of somebody else"


def test_another_authority_cannot_speak_of_our_ids(ours):
    """It may write whatever it likes into its certificates, in the very form of ours."""
    root = issue("Works root", ca=True)
    forged = issue(name("Ada Lovelace", unit="People", serial="a.lovelace"), root)
    assert certificates.person_id(forged.certificate) == "a.lovelace"
    believing = trusting(ours, root)
    assert believing.judge(forged.certificate, NOW).trusted is True
    assert believing.judge_person(forged.certificate, "a.lovelace", NOW).trusted is False


def test_our_word_taken_back(ours, corporate):
    root, between, ada = corporate
    word = said(ours, ada, "a.lovelace")
    entry = x509.RevokedCertificateBuilder().serial_number(word.serial_number).revocation_date(NOW - DAY / 4).build()
    from cryptography.hazmat.primitives import hashes

    crl = (
        x509.CertificateRevocationListBuilder().issuer_name(ours.certificate.subject).last_update(NOW).next_update(NOW + DAY)
        .add_revoked_certificate(entry).sign(ours.key, hashes.SHA256())
    )  # fmt: skip
    bound = trusting(ours, root, intermediates=(between.certificate, word), crls=(crl,))
    assert bound.judge_person(ada.certificate, "a.lovelace", NOW).trusted is False
    assert bound.judge(ada.certificate, NOW).trusted is True


# ------------------------------------------------------------ files


def test_trust_file_with_what_lies_beside_it(tmp_path, corporate):
    root, between, ada = corporate
    path = tmp_path / "roots.pem"
    assert trust_at(path) is Trust.none
    path.write_bytes(pem([root.certificate]))
    assert trust_at(path).judge(ada.certificate, NOW).trusted is False
    crl = revocations(between, (ada, NOW))
    chain_file(path).write_bytes(pem([between.certificate]) + revocations(between).public_bytes(Encoding.PEM))
    assert trust_at(path).judge(ada.certificate, NOW).trusted is True
    chain_file(path).write_bytes(pem([between.certificate]) + crl.public_bytes(Encoding.PEM))
    assert trust_at(path).judge(ada.certificate, NOW).trusted is False
    assert read_chain(crl.public_bytes(Encoding.DER), "x").crls == (crl,)


def test_nothing_beside_the_trust_file_becomes_a_root(tmp_path, corporate):
    """Whoever can write the plain data puts a root of their own there."""
    root, _, _ = corporate
    evil = issue("Evil root", ca=True)
    path = tmp_path / "roots.pem"
    path.write_bytes(pem([root.certificate]))
    chain_file(path).write_bytes(pem([evil.certificate]))
    assert trust_at(path).roots == (root.certificate,)
    assert trust_at(path).judge(issue("Ada Lovelace", evil).certificate, NOW).trusted is False


def test_files_that_are_no_trust(corporate):
    _, between, ada = corporate
    for data, words in (
        (b"", "no certificate"), (b"hello", "no certificate"), (pem([ada.certificate]), "no authority"), (pem([between.certificate]), "no root"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a PEM file"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            read_trust(data, "roots.pem")


@pytest.mark.parametrize(
    "part",
    [
        x509.DeltaCRLIndicator(1),
        x509.IssuingDistributionPoint(None, None, True, False, frozenset([x509.ReasonFlags.key_compromise]), False, False),
        x509.IssuingDistributionPoint(None, None, False, False, None, True, False),
    ],
)
def test_a_list_that_tells_only_a_part_is_refused(corporate, part):
    crl = revocations(corporate[1], extension=part)
    with pytest.raises(BadInput, match="revocation list"):
        read_chain(crl.public_bytes(Encoding.PEM), "roots.chain.pem")


# ------------------------------------------------------------ as others judge


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("taken", [False, True])
def test_openssl_judges_alike(tmp_path, taken):
    import datetime as dt

    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    root = issue("Root", ca=True, since=now - DAY)
    between = issue("Between", root, ca=True, since=now - DAY)
    ada = issue("Ada Lovelace", between, since=now - DAY, publishes=True)
    crls = (revocations(root, issued=now), revocations(between, *([(ada, now)] if taken else []), issued=now))
    (tmp_path / "roots.pem").write_bytes(pem([root.certificate]))
    (tmp_path / "roots.chain.pem").write_bytes(pem([between.certificate]) + b"".join(c.public_bytes(Encoding.PEM) for c in crls))
    (tmp_path / "ada.pem").write_bytes(pem([ada.certificate]))
    command = [
        "openssl",
        "verify",
        "-CAfile",
        "roots.pem",
        "-untrusted",
        "roots.chain.pem",
        "-CRLfile",
        "roots.chain.pem",
        "-crl_check_all",
    ]
    done = subprocess.run([*command, "-purpose", "any", "ada.pem"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ("certificate revoked" in done.stderr) is taken, done.stderr
    assert (done.returncode == 0) is not taken
    assert trust_at(tmp_path / "roots.pem").judge(ada.certificate, now).trusted is not taken
