"""A time-stamp authority inside the test process, whose clock and certificates the test chooses. A stub: real ones are in test_pdf_time.py."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(**set_to_true: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    names += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: set_to_true.get(name, False) for name in names})


def issue(common_name: str, key, issuer, *extensions, start: dt.datetime, end: dt.datetime, serial: int = 0) -> x509.Certificate:
    """A certificate; `issuer` is (certificate, key) or None for a root. `extensions` are (value, critical)."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer[0].subject if issuer else _name(common_name))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


@dataclass
class Tsa:
    """What pdf.sign and pdf_archive want of a TimeAuthority: url, roots, stamp_digest."""

    now: dt.datetime
    end: dt.datetime
    """End of the certificate."""
    start: dt.datetime | None = None
    root: tuple = ()
    key: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    name: str = "Test time stamps (fictitious)"
    url: str = "http://time.invalid"
    change: object = bytes
    """Applied to each token."""
    asked: int = 0

    def __post_init__(self) -> None:
        start = self.start or self.now - dt.timedelta(days=1)
        if not self.root:
            key = ec.generate_private_key(ec.SECP256R1())
            ca = [(x509.BasicConstraints(ca=True, path_length=None), True), (_usage(key_cert_sign=True, crl_sign=True), True)]
            root = issue("Test time root", key, None, *ca, start=start, end=self.now + dt.timedelta(days=36500))
            self.root = (root, key)
        uses = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
        own = [(x509.BasicConstraints(ca=False, path_length=None), True), (_usage(digital_signature=True), True), uses]
        self.certificate = issue(self.name, self.key, self.root, *own, start=start, end=self.end)

    @property
    def roots(self) -> tuple:
        return (self.root[0],)

    def crl(self, *revoked: x509.Certificate, at: dt.datetime) -> x509.CertificateRevocationList:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root[0].subject)
        builder = builder.last_update(at).next_update(at + dt.timedelta(days=30))
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(at).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.root[1], hashes.SHA256())

    def stamp_digest(self, sha256: bytes) -> bytes:
        self.asked += 1
        return self.change(self._token(sha256))

    def _token(self, sha256: bytes) -> bytes:
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": sha256}
        info = tsp.TSTInfo({
            "version": "v1", "policy": "1.2.3.4", "message_imprint": imprint, "serial_number": self.asked,
            "gen_time": self.now.replace(microsecond=0), "accuracy": {"seconds": 1},
        }).dump()  # fmt: skip
        der = self.certificate.public_bytes(Encoding.DER)
        named = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(der).digest()})]})
        attributes = cms.CMSAttributes([
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
            {"type": "signing_certificate_v2", "values": [named]},
        ])  # fmt: skip
        read = asn1_x509.Certificate.load(der)
        elliptic = isinstance(self.key, ec.EllipticCurvePrivateKey)
        scheme = (ec.ECDSA(hashes.SHA256()),) if elliptic else (padding.PKCS1v15(), hashes.SHA256())
        signer = {
            "version": "v1", "digest_algorithm": {"algorithm": "sha256"}, "signed_attrs": attributes,
            "sid": {"issuer_and_serial_number": {"issuer": read.issuer, "serial_number": read.serial_number}},
            "signature_algorithm": {"algorithm": "sha256_ecdsa" if elliptic else "rsassa_pkcs1v15"},
            "signature": self.key.sign(attributes.dump(), *scheme),
        }  # fmt: skip
        above = asn1_x509.Certificate.load(self.roots[0].public_bytes(Encoding.DER))
        data = cms.SignedData({
            "version": "v3", "digest_algorithms": [{"algorithm": "sha256"}], "certificates": [read, above],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)}, "signer_infos": [signer],
        })  # fmt: skip
        return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
