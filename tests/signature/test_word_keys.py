"""Keys of every kind, time stamps, and what others think of them: xmlsec1, OpenSSL, LibreOffice. On Word documents and workbooks."""

from __future__ import annotations

import base64
import datetime as dt
import re
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from csvgen.crypto import certificates, token_keys
from csvgen.crypto.keys import Credential
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.token_keys import Place
from csvgen.crypto.trust import Trust
from csvgen.signature import xml

from ..counterparts import xmlsec
from ..counterparts.openssl_tsa import openssl_tsa
from ..counterparts.softhsm import PIN, softhsm
from .conftest import PEOPLE
from .office_material import SIG1, SIG2, changed, parts_of, swap

KEYS = {
    "ECDSA P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ECDSA P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 3072": lambda: rsa.generate_private_key(65537, 3072),
}


def certified(pki, key, number: int = 0):
    person, name, *_ = PEOPLE[number]
    return certificates.certify_person(
        pki.root, key, person=person, printed_name=name, organisation="Example Ltd", now=pki.now,
        until=pki.now + dt.timedelta(days=900), publishes=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def credentials(pki) -> dict[str, Credential]:
    made = {}
    for name, make in KEYS.items():
        key = make()
        made[name] = Credential(key, certified(pki, key.public_key()))
    return made


@pytest.fixture(scope="module")
def tsa(tmp_path_factory):
    with openssl_tsa(tmp_path_factory.mktemp("tsa")) as found:
        yield found


@pytest.fixture(scope="module")
def authority(tsa) -> TimeAuthority:
    return TimeAuthority(tsa.url, tsa.roots)


@pytest.fixture(scope="module")
def stamped(offices, authority) -> dict[str, tuple[bytes, bytes]]:
    """Each file signed once with a time stamp, and a second time by somebody else, with one too."""
    made = {}
    for kind, office in offices.items():
        one = office.sign(office.stages[0], 0, office.lines[0], authority=authority)
        made[kind] = (one, office.sign(one, 1, office.lines[1], authority=authority))
    return made


@pytest.mark.needs("xmlsec1")
@pytest.mark.parametrize("name", KEYS)
def test_a_signature_with_any_key_is_verified_by_xmlsec(office, credentials, name, tmp_path):
    signed = office.sign(office.stages[0], 0, office.lines[0], by=credentials[name])
    found = office.inspect(signed)
    assert (found.faults, found.signatures[0].trusted) == ((), True)
    assert xmlsec.verify(parts_of(signed)[SIG1], credentials[name].certificate, tmp_path) == (5, 5)
    forged = parts_of(changed(signed, {SIG1: swap(b"<SignatureComments>M", b"<SignatureComments>N")}))[SIG1]
    with pytest.raises(AssertionError):
        xmlsec.verify(forged, credentials[name].certificate, tmp_path)


@pytest.mark.needs("xmlsec1")
@pytest.mark.parametrize("number", range(3))
def test_xmlsec_verifies_every_signature_of_a_file(office, tmp_path, number):
    part = parts_of(office.stages[3])[f"_xmlsignatures/sig{number + 1}.xml"]
    certificate = office.pki.people[number].certificate
    assert xmlsec.verify(part, certificate, tmp_path) == ((5, 5), (5, 5), (4, 4))[number]


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_takes_every_kind_of_key_one_after_the_other(libreoffice, offices, credentials):
    files = {}
    for kind, office in offices.items():
        data = office.stages[0]
        for by in credentials.values():
            data = office.sign(data, 0, None, by=by)
        assert office.inspect(data).faults == ()
        files[f"keys.{kind}"] = data
    for found in libreoffice(files).values():
        assert [(s["valid"], s["certificate"]) for s in found] == [(True, 0)] * len(KEYS)


@pytest.mark.needs("softhsm2-util", "soffice", "uno", "certutil")
def test_a_key_that_never_leaves_its_token_signs(libreoffice, offices, pki, tmp_path):
    files = {}
    with softhsm(tmp_path / "hsm") as hsm:
        place = Place(hsm.token("ada"), b"\x01")
        certificate = certified(pki, token_keys.make_key(place, PIN, hsm.driver))
        token_keys.keep_certificate(place, certificate, PIN, hsm.driver)
        with token_keys.opened(place, certificate, PIN, hsm.driver) as credential:
            for kind, office in offices.items():
                files[f"token.{kind}"] = office.sign(office.stages[0], 0, office.lines[0], by=credential)
                found = office.inspect(files[f"token.{kind}"])
                assert (found.faults, found.signatures[0].trusted) == ((), True)
    assert all(s["valid"] and s["certificate"] == 0 for found in libreoffice(files).values() for s in found)


# ------------------------------------------------------------------ time stamps (XAdES-T)


def test_a_time_stamp_proves_the_time_to_whoever_believes_its_authority(offices, stamped, tsa, pki):
    for kind, (one, two) in stamped.items():
        believing = Trust(tsa.roots)
        for data, count in ((one, 1), (two, 2)):
            found = offices[kind].room.inspect(data, pki.trust, times=believing)
            assert (found.faults, len(found.signatures)) == ((), count)
            assert all(abs(s.proven - pki.now) < dt.timedelta(hours=1) for s in found.signatures)
            assert all("Second test time-stamp authority" in s.proof and s.trusted for s in found.signatures)
        found = offices[kind].inspect(two)
        assert found.faults == ()
        assert [(s.proven, s.proof.partition(":")[0]) for s in found.signatures] == [
            (None, "a time stamp that proves nothing")
        ] * 2


@pytest.mark.needs("openssl", "xmlsec1")
def test_others_verify_token_and_signature(office, stamped, tsa, tmp_path):
    """OpenSSL the token over the canonical SignatureValue, xmlsec1 the rest as before."""
    part = parts_of(stamped[office.kind][0])[SIG1]
    root = etree.fromstring(part)
    value = root.find(f"{{{xml.DS}}}SignatureValue").text
    (tmp_path / "value").write_bytes(
        b'<SignatureValue xmlns="http://www.w3.org/2000/09/xmldsig#">' + value.encode() + b"</SignatureValue>"
    )
    (tmp_path / "token").write_bytes(base64.b64decode(root.find(f".//{{{xml.XADES}}}EncapsulatedTimeStamp").text))
    (tmp_path / "root.pem").write_bytes(certificates.pem(tsa.roots))
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        tmp_path / "value",
        "-in",
        tmp_path / "token",
        "-token_in",
        "-CAfile",
        tmp_path / "root.pem",
    ]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout, done.stderr
    assert xmlsec.verify(part, office.pki.people[0].certificate, tmp_path) == (5, 5)


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_takes_stamped_signatures(libreoffice, stamped):
    said = libreoffice({f"{name}.{kind}": data for kind, both in stamped.items() for name, data in zip("ab", both, strict=True)})
    assert {name: [(s["valid"], s["certificate"]) for s in found] for name, found in said.items()} == {
        "a.docx": [(True, 0)], "b.docx": [(True, 0)] * 2, "a.xlsx": [(True, 0)], "b.xlsx": [(True, 0)] * 2,
    }  # fmt: skip


BEGIN, END = b"<xd:UnsignedProperties>", b"</xd:UnsignedProperties>"
STAMPS = {
    "taken off": (lambda c, _: re.sub(BEGIN + b".*" + END, b"", c), "was taken off"),
    "put in twice": (lambda c, _: re.sub(b"(" + BEGIN + b".*" + END + b")", rb"\1\1", c), "bytes that nobody signed"),
    "two tokens": (lambda c, _: re.sub(rb"(<xd:SignatureTimeStamp>.*</xd:SignatureTimeStamp>)", rb"\1\1", c), "bytes that nobody signed"),
    "of another signature": (lambda c, o: c.replace(token(c), token(o)), "other data"),
    "something behind": (lambda c, _: c.replace(b"</xd:SignatureTimeStamp>", b"</xd:SignatureTimeStamp><xd:CounterSignature></xd:CounterSignature>"), "nobody signed"),
    "an id": (lambda c, _: c.replace(b"<xd:SignatureTimeStamp>", b'<xd:SignatureTimeStamp Id="x">'), "bytes that nobody signed"),
    "white space": (lambda c, _: c.replace(BEGIN, BEGIN + b" "), "bytes that nobody signed"),
    "a comment": (lambda c, _: c.replace(BEGIN, BEGIN + b"<!-- x -->"), "nobody signed"),
    "text": (lambda c, _: c.replace(BEGIN, BEGIN + b"approved"), "nobody signed"),
    "another canonical form": (lambda c, _: re.sub(BEGIN + rb"(.*)REC-xml-c14n-20010315", BEGIN + rb"\1REC-xml-c14n-20010315#WithComments", c), "bytes that nobody signed"),
    "elsewhere": (lambda c, _: re.sub(b"(" + BEGIN + b".*" + END + b")(.*</xd:QualifyingProperties>)", rb"\2\1", c), "XML|nobody signed"),
    "a token that is none": (lambda c, _: c.replace(token(c), b"MAA="), "token"),
}  # fmt: skip


def token(part: bytes) -> bytes:
    return re.search(rb"<xd:EncapsulatedTimeStamp>([^<]*)<", part)[1]


@pytest.mark.parametrize("name", STAMPS)
def test_nothing_but_the_token_may_stand_in_its_place(office, stamped, tsa, pki, name):
    change, words = STAMPS[name]
    other = parts_of(stamped[office.kind][1])[SIG2]
    forged = changed(stamped[office.kind][0], {SIG1: lambda c: change(c, other)})
    for times in (Trust(tsa.roots), None):
        found = office.room.inspect(forged, pki.trust, times=times)
        assert re.search(words, "; ".join(found.faults)), found.faults


def test_a_token_with_one_bit_changed_is_noticed_without_believing_anybody(office, stamped, pki):
    data = stamped[office.kind][0]
    der = base64.b64decode(token(parts_of(data)[SIG1]))
    for place in range(0, len(der), len(der) // 40):
        bad = bytearray(der)
        bad[place] ^= 4
        forged = changed(data, {SIG1: lambda c, bad=bad: c.replace(token(c), base64.b64encode(bytes(bad)))})
        assert office.room.inspect(forged, pki.trust).faults, place


def test_a_time_stamp_keeps_a_signature_whose_certificate_was_revoked_later(office, stamped, tsa, pki):
    later = pki.now + dt.timedelta(days=1)
    with_list = Trust(pki.trust.roots, (revoked(pki, pki.people[0].certificate, later),))
    plain, proven = office.stages[1], stamped[office.kind][0]
    assert office.inspect(plain, with_list).signatures[0].trusted is False
    found = office.room.inspect(proven, with_list, times=Trust(tsa.roots)).signatures[0]
    assert (found.trusted, found.proven is not None) == (True, True)
    assert office.room.inspect(proven, with_list).signatures[0].trusted is False  # nobody believed, nothing proven


def revoked(pki, certificate, when: dt.datetime):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(when).build()
    made = x509.CertificateRevocationListBuilder().issuer_name(pki.root.certificate.subject).last_update(when)
    made = made.next_update(when + dt.timedelta(days=30)).add_revoked_certificate(entry)
    return made.sign(pki.root.key, hashes.SHA256())


def test_without_an_answer_of_the_authority_nothing_is_signed(office, tsa):
    from csvgen.errors import CsvgenError

    nowhere = TimeAuthority("http://127.0.0.1:9/", tsa.roots)
    with pytest.raises(CsvgenError, match="no time stamp"):
        office.sign(office.stages[0], 0, office.lines[0], authority=nowhere)


def test_a_revoked_certificate_is_not_trusted_and_says_why(office, pki):
    with_list = Trust(pki.trust.roots, (revoked(pki, pki.people[0].certificate, pki.now - dt.timedelta(days=1)),))
    found = office.inspect(office.stages[1], with_list).signatures[0]
    assert (found.trusted, "was revoked" in found.distrust) == (False, True)
