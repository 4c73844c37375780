"""Private keys at rest, and what a signature may be made with."""

from __future__ import annotations

import base64
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12

from csvgen.crypto import cms
from csvgen.crypto.keys import Algorithm, Credential, lock, read_pkcs12, signed_by, unlock
from csvgen.crypto.profile import DETACHED, outside_profile, parts
from csvgen.errors import CsvgenError, NotIntact, Refused

from .conftest import NOW, issue

SECRET = "correct horse, staple"


@pytest.fixture(scope="module")
def signers() -> dict[str, Credential]:
    made = {
        "ECDSA P-256": ec.generate_private_key(ec.SECP256R1()),
        "ECDSA P-384": ec.generate_private_key(ec.SECP384R1()),
        "RSA": rsa.generate_private_key(65537, 2048),
    }
    return {kind: issue("Ada Lovelace", key=key) for kind, key in made.items()}


@pytest.mark.parametrize("kind", list(Algorithm))
def test_each_kind_of_key_signs_and_verifies(signers, kind):
    credential = signers[kind]
    assert credential.algorithm is kind
    signed = cms.sign(b"record", credential, NOW)
    assert cms.verify(b"record", signed, "x").certificate == credential.certificate
    with pytest.raises(NotIntact, match="was changed"):
        cms.verify(b"recorD", signed, "x")


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("kind", list(Algorithm))
def test_openssl_verifies_each_kind(signers, kind, tmp_path):
    import datetime as dt
    import subprocess

    now = dt.datetime.now(dt.UTC)
    credential = issue("Ada Lovelace", key=signers[kind].key, since=now - dt.timedelta(days=1))
    (tmp_path / "a.p7s").write_bytes(cms.sign(b"record", credential, now))
    (tmp_path / "a").write_bytes(b"record")
    (tmp_path / "root.pem").write_bytes(credential.certificate.public_bytes(Encoding.PEM))
    command = "openssl cms -verify -binary -inform DER -in a.p7s -content a -CAfile root.pem -purpose any -out out"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP521R1()), ec.generate_private_key(ec.SECP256K1()), rsa.generate_private_key(65537, 1024)],
)
def test_other_keys_are_outside_the_profile(key):
    signed = cms.sign(b"record", issue("Ada Lovelace", key=key), NOW)
    with pytest.raises(NotIntact, match="none of ECDSA"):
        cms.verify(b"record", signed, "x")


@pytest.mark.parametrize("kind", list(Algorithm))
def test_every_byte_of_every_kind_is_signed_bound_or_constant(signers, kind):
    """Each byte changed once, by one bit: nothing verifies any more."""
    signed = cms.sign(b"record", signers[kind], NOW)
    assert outside_profile(signed, DETACHED) == ""
    passed = []
    for place in range(len(signed)):
        forged = bytearray(signed)
        forged[place] ^= 1 << place % 8
        try:
            cms.verify(b"record", bytes(forged), "x")
            passed.append(place)
        except NotIntact:
            pass
    assert passed == []


def test_signature_of_one_kind_in_the_container_of_another(signers):
    """The name of the algorithm follows from the key, so RSA cannot be called ECDSA nor the other way round."""
    from csvgen.crypto import profile

    signed = cms.sign(b"record", signers["RSA"], NOW)
    found = parts(signed, DETACHED)
    rsa_name, ecdsa_name = (profile._SIGNATURE[k] for k in (Algorithm.RSA, Algorithm.ECDSA_P256))
    at = signed.rindex(rsa_name)
    assert outside_profile(signed[:at] + ecdsa_name + signed[at + len(rsa_name) :], DETACHED)
    assert found.attributes["cms_algorithm_protection"].count(rsa_name[2:]) == 1


# ------------------------------------------------------------ at rest


@pytest.mark.parametrize("kind", list(Algorithm))
def test_key_file_opens_with_the_secret_alone(signers, kind):
    locked = lock(signers[kind], SECRET)
    assert signed_by(signers[kind].certificate, b"x", unlock(locked, SECRET).sign(b"x"))
    for wrong in (SECRET + ".", SECRET.upper(), "", "administrator"):
        with pytest.raises(Refused):
            unlock(locked, wrong)


def test_a_thief_of_the_file_finds_no_key_in_it(signers):
    """Not in the clear, and not under what OpenSSL or anybody tries without Argon2id."""
    credential = signers["ECDSA P-256"]
    plain = credential.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    number = credential.key.private_numbers().private_value.to_bytes(32, "big")
    locked = lock(credential, SECRET)
    assert number not in locked
    assert plain not in locked
    body = locked[len(b"csvgen-key/1\n") + 16 :]
    for guess in (None, b"", SECRET.encode(), b"csvgen", base64.b64encode(SECRET.encode())):
        with pytest.raises((ValueError, TypeError)):
            pkcs12.load_key_and_certificates(body, guess)


def test_same_secret_twice_gives_two_files(signers):
    assert lock(signers["RSA"], SECRET) != lock(signers["RSA"], SECRET)


def test_every_byte_of_a_key_file_counts(signers):
    """A damaged file is refused in plain words, or opens to the very same key; never to another."""
    credential = signers["ECDSA P-256"]
    locked = lock(credential, SECRET)
    for place in range(0, len(locked), 97):
        damaged = bytearray(locked)
        damaged[place] ^= 0x10
        try:
            opened = unlock(bytes(damaged), SECRET)
        except CsvgenError:
            continue
        assert opened.fingerprint == credential.fingerprint
        assert signed_by(credential.certificate, b"x", opened.sign(b"x"))


def test_key_of_another_certificate_is_refused(tmp_path, signers):
    """The library refuses to write such a file; a file edited by hand has key and certificate in bags of their own."""
    from csvgen.crypto import keys

    other = issue("Ada Lovelace").certificate
    with (
        patch.object(keys.pkcs12, "load_key_and_certificates", return_value=(signers["RSA"].key, other, [])),
        pytest.raises(Refused, match="not that of its certificate"),
    ):
        read_pkcs12(b"", b"abc")


@pytest.mark.needs("openssl")
def test_pkcs12_of_another_program(tmp_path, signers):
    import subprocess

    credential = signers["RSA"]
    (tmp_path / "key.pem").write_bytes(credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "c.pem").write_bytes(credential.certificate.public_bytes(Encoding.PEM))
    for arguments, accepted in (([], True), (["-legacy"], None)):
        out = tmp_path / "a.p12"
        command = [
            "openssl",
            "pkcs12",
            "-export",
            *arguments,
            "-inkey",
            "key.pem",
            "-in",
            "c.pem",
            "-out",
            str(out),
            "-passout",
            "pass:abc",
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        if accepted is None and done.returncode:
            continue
        try:
            assert read_pkcs12(out.read_bytes(), b"abc").fingerprint == credential.fingerprint
        except Refused:
            assert accepted is None
        with pytest.raises(Refused, match=r"could not be opened|not safe"):
            read_pkcs12(out.read_bytes(), b"abd")


def test_what_is_no_key_file():
    for data in (b"", b"hello", b"csvgen-key/1\n"):
        with pytest.raises(Refused):
            unlock(data, SECRET)
        with pytest.raises(Refused):
            read_pkcs12(data, b"abc")
    edwards = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(Refused, match="no ECDSA or RSA"):
        read_pkcs12(pkcs12.serialize_key_and_certificates(b"x", edwards, None, None, BestAvailableEncryption(b"abc")), b"abc")


def test_a_key_in_a_token_cannot_be_locked_away():
    class Token:
        def sign(self, data: bytes) -> bytes:
            return b""

    inside = Credential(Token(), issue("Ada Lovelace").certificate)
    with pytest.raises(Refused, match="never leaves its token"):
        lock(inside, SECRET)
    assert "Ada" in repr(inside)
    assert isinstance(inside.certificate, x509.Certificate)
