"""xmlsec1: another implementation of XML signatures and canonical XML, as judge of the core of an Office signature.

lxml alone would agree with itself even where it is wrong. The manifest is left out (xmlsec1 knows nothing of packages); SignedInfo,
its value, and every object SignedInfo covers are judged.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_IDS = ("http://www.w3.org/2000/09/xmldsig#:Object", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties")


def verify(signature: bytes, certificate: x509.Certificate, folder: Path) -> tuple[int, int]:
    """How many references of SignedInfo hold, and how many there are. Raises AssertionError where the signature value does not hold."""
    (folder / "sig.xml").write_bytes(signature)
    key = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "key.pem").write_bytes(key)
    ids = [part for name in _IDS for part in ("--id-attr:Id", name)]
    command = [
        "xmlsec1",
        "--verify",
        "--ignore-manifests",
        "--pubkey-pem",
        str(folder / "key.pem"),
        *ids,
        str(folder / "sig.xml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    counted = re.search(r"SignedInfo References \(ok/all\): (\d+)/(\d+)", said)
    assert counted, said
    return int(counted[1]), int(counted[2])
