"""Private keys with their certificates, at rest only under their owner's secret.

Our own keys are ECDSA P-256 throughout: signing costs 0.02 s where RSA-3072 costs 0.3 s, and Word, LibreOffice, poppler and
OpenSSL all verify it. Keys that an organisation issued may also be ECDSA P-384 or RSA; each signs over SHA-256.

At rest a key lies in a PKCS#12 file (AES-256) under a passphrase that Argon2id derives from the secret: whoever
steals the file has to spend memory on every guess, which PBKDF2, all that PKCS#12 itself offers, does not ask for. A key in a
token does not lie here at all: a credential is asked to sign, never for its key.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import Refused

_MAGIC, _SALT_BYTES = b"csvgen-key/1\n", 16

_ROUNDS = 1_000
"""PBKDF2 rounds inside the PKCS#12: its passphrase has 256 random-looking bits, guessing it is hopeless with any number."""

SoftwareKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class TokenKey(Protocol):
    """A private key that never leaves its token."""

    def sign(self, data: bytes) -> bytes:
        """A signature over the SHA-256 of `data`: ECDSA in DER (RFC 3279, 2.2.3), or RSA PKCS#1 v1.5 (RFC 8017, 8.2)."""


class Algorithm(StrEnum):
    """What a signature can be made with; always over SHA-256."""

    ECDSA_P256 = "ECDSA P-256"
    ECDSA_P384 = "ECDSA P-384"
    RSA = "RSA"


_CURVES = {"secp256r1": Algorithm.ECDSA_P256, "secp384r1": Algorithm.ECDSA_P384}
_RSA_BITS = range(2048, 8193)
"""Shorter ones are broken or soon will be; longer ones are a way to keep a verifier busy."""


@dataclass(frozen=True)
class Credential:
    """A private key or what holds it, its certificate, and the certificates up to (not including) the root."""

    holder: SoftwareKey | TokenKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        return f"Credential({self.certificate.subject.rfc4514_string()})"

    @property
    def key(self) -> SoftwareKey:
        """The key itself, to lock it away. Raises Refused for one that never leaves its token."""
        if isinstance(self.holder, SoftwareKey):
            return self.holder
        raise Refused("this private key never leaves its token")

    @property
    def algorithm(self) -> Algorithm:
        return algorithm(self.certificate)

    @property
    def fingerprint(self) -> Digest:
        return fingerprint(self.certificate)

    def sign(self, data: bytes) -> bytes:
        """A signature over the SHA-256 of `data`: ECDSA in DER, or RSA PKCS#1 v1.5."""
        match self.holder:
            case ec.EllipticCurvePrivateKey():
                return self.holder.sign(data, ec.ECDSA(hashes.SHA256()))
            case rsa.RSAPrivateKey():
                return self.holder.sign(data, PKCS1v15(), hashes.SHA256())
            case _:
                return self.holder.sign(data)


def algorithm(certificate: x509.Certificate) -> Algorithm:
    """What a certificate's key signs with. Raises Refused for a key that is not accepted here."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS:
        return Algorithm.RSA
    raise Refused("the signer's key is none of ECDSA P-256, ECDSA P-384 and RSA of 2048 to 8192 bits")


def signed_by(certificate: x509.Certificate, data: bytes, value: bytes) -> bool:
    """Whether `value` is this certificate's signature over the SHA-256 of `data`. Raises Refused for a key not accepted here."""
    algorithm(certificate)
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def fingerprint(certificate: x509.Certificate) -> Digest:
    return digest_bytes(certificate.public_bytes(Encoding.DER))


def public_bytes(certificate: x509.Certificate) -> bytes:
    """The public key (DER SubjectPublicKeyInfo): two certificates over one key have the same."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def lock(credential: Credential, secret: str | None) -> bytes:
    """A key file under `secret`; None (plain PKCS#12) only for the seal key of a system, in a file only the system reads."""
    encryption: KeySerializationEncryption = NoEncryption()
    header = b""
    if secret is not None:
        salt = os.urandom(_SALT_BYTES)
        header = _MAGIC + salt
        encryption = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(_ROUNDS)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(_derived(secret, salt))
        )
    return header + pkcs12.serialize_key_and_certificates(
        b"csvgen", credential.key, credential.certificate, credential.chain, encryption
    )


def unlock(data: bytes, secret: str | None) -> Credential:
    """Open a key file. Raises Refused when the secret is not the owner's or the file is damaged."""
    passphrase = None
    if secret is not None:
        if not data.startswith(_MAGIC) or len(data) <= len(_MAGIC) + _SALT_BYTES:
            raise Refused("this is not a locked key file")
        data = data.removeprefix(_MAGIC)
        passphrase, data = _derived(secret, data[:_SALT_BYTES]), data[_SALT_BYTES:]
    return read_pkcs12(data, passphrase)


def read_pkcs12(data: bytes, passphrase: bytes | None) -> Credential:
    """A key with its certificate, as other programs hand it over (RFC 7292). Raises Refused when it cannot be opened or used."""
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(data, passphrase)
    except ValueError:
        raise Refused("the private key could not be opened with this secret") from None
    except UnsupportedAlgorithm:
        raise Refused("the key file is locked in a way that is not safe any more", hint="export it anew, with AES") from None
    if not isinstance(key, SoftwareKey) or certificate is None:
        raise Refused("the key file holds no ECDSA or RSA key with a certificate")
    algorithm(certificate)
    made = Credential(key, certificate, tuple(chain))
    if not signed_by(certificate, _MAGIC, made.sign(_MAGIC)):
        raise Refused("the private key in the file is not that of its certificate")
    return made


def _derived(secret: str, salt: bytes) -> bytes:
    """Argon2id (RFC 9106) with 19 MiB and two passes, one of the settings OWASP calls equal in strength."""
    kdf = Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=19_456)
    return base64.urlsafe_b64encode(kdf.derive(secret.encode("utf-8")))
