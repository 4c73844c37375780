"""Keys of every kind sign a PDF: ECDSA and RSA, from a file as an organisation hands it out, and on a token that never gives it away."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from csvgen.crypto import certificates, token_keys
from csvgen.crypto.keys import Credential, read_pkcs12
from csvgen.crypto.token_keys import Place
from csvgen.crypto.trust import Trust
from csvgen.signature import pdf

from ..counterparts.softhsm import PIN, softhsm
from .conftest import PEOPLE
from .test_pdf_attacks import run
from .times import Tsa

KEYS = {
    "ECDSA P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 4096": lambda: rsa.generate_private_key(65537, 4096),
}


def certified(pki, key):
    person, name, *_ = PEOPLE[0]
    return certificates.certify_person(
        pki.root, key, person=person, printed_name=name, organisation="Example Ltd", now=pki.now,
        until=pki.now + dt.timedelta(days=900), publishes=False,
    )  # fmt: skip


def signed(pki, make, credential):
    tsa = Tsa(pki.now, pki.now + dt.timedelta(days=700))
    data = pdf.sign(
        pdf.seal(make.pdf(1), pki.system, pki.now), credential, field="signature-1", manifestation=pki.manifestation(0),
        moment=pki.now, authority=tsa, trust=pki.trust,
    )  # fmt: skip
    return data, Trust(tsa.roots)


def check(pki, data, times, tmp_path):
    found = pdf.inspect(data, pki.trust, times=times)
    assert found.faults == ()
    assert [s.trusted for s in found.signatures] == [True, True]
    assert all(s.proven for s in found.signatures)
    (tmp_path / "signed.pdf").write_bytes(data)
    assert run("pdfsig", "-nocert", tmp_path / "signed.pdf").count("Signature is Valid.") == 2


@pytest.mark.needs("pdfsig")
@pytest.mark.parametrize("name", KEYS)
def test_a_key_out_of_a_pkcs12_file_signs(pki, make, tmp_path, name):
    key = KEYS[name]()
    certificate = certified(pki, key.public_key())
    file = pkcs12.serialize_key_and_certificates(b"card", key, certificate, None, BestAvailableEncryption(b"secret of the file"))
    credential = read_pkcs12(file, b"secret of the file")
    assert isinstance(credential, Credential)
    check(pki, *signed(pki, make, credential), tmp_path)


@pytest.mark.needs("pdfsig", "softhsm2-util")
def test_a_key_that_never_leaves_its_token_signs(pki, make, tmp_path):
    with softhsm(tmp_path / "hsm") as hsm:
        place = Place(hsm.token("ada"), b"\x01")
        certificate = certified(pki, token_keys.make_key(place, PIN, hsm.driver))
        token_keys.keep_certificate(place, certificate, PIN, hsm.driver)
        with token_keys.opened(place, certificate, PIN, hsm.driver) as credential:
            found = signed(pki, make, credential)
    check(pki, *found, tmp_path)
