"""OpenSSL as a time-stamp authority: `openssl ts -reply` behind a small server of the standard library, on loopback.

The second opinion beside certomancer: other code, ECDSA instead of RSA, an accuracy, and signingCertificateV2.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_SETTINGS = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
"""No `certs`: OpenSSL 3.0 writes two embedded certificates in an order that is no DER."""

_USAGE = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
    key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass
class OpensslTsa:
    folder: Path
    url: str
    roots: tuple[x509.Certificate, ...]
    certificate: x509.Certificate
    tamper: Any = None
    """A function over the bytes of an answer, for tests that stand between authority and client."""
    status: int = 200


def make_root(now: dt.datetime, name: str = "Second test root") -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = _builder(subject, subject, key, now, 3650).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    made = made.add_extension(_USAGE, critical=True)
    return key, made.sign(key, hashes.SHA256())


def make_authority_certificate(
    root: tuple[ec.EllipticCurvePrivateKey, x509.Certificate], key: _Key, now: dt.datetime, *,
    usages: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,), critical: bool = True, days: int = 3650,
) -> x509.Certificate:  # fmt: skip
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Second test time-stamp authority")])
    made = _builder(subject, root[1].subject, key, now, days)
    if usages:
        made = made.add_extension(x509.ExtendedKeyUsage(usages), critical=critical)
    return made.sign(root[0], hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: _Key, now: dt.datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


@contextlib.contextmanager
def openssl_tsa(folder: Path, **certificate: Any) -> Iterator[OpensslTsa]:
    """A running authority. Further arguments go to the making of its certificate, to make a bad one."""
    folder.mkdir(parents=True, exist_ok=True)
    now = certificate.pop("now", dt.datetime.now(dt.UTC))
    root = make_root(now)
    key = ec.generate_private_key(ec.SECP256R1())
    made = make_authority_certificate(root, key, now, **certificate)
    (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "tsa.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(_SETTINGS.format(folder=folder))
    found = OpensslTsa(folder, "", (root[1],), made)
    lock = threading.Lock()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                (folder / "question.tsq").write_bytes(question)
                command = ["openssl", "ts", "-reply", "-config", folder / "tsa.cnf", "-queryfile", folder / "question.tsq"]
                subprocess.run([*map(str, command), "-out", str(folder / "answer.tsr")], check=True, capture_output=True)
                answer = (folder / "answer.tsr").read_bytes()
            answer = found.tamper(answer) if found.tamper else answer
            self.send_response(found.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Only errors are worth a line."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
