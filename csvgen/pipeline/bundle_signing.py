"""One signature over a folder of step code (OpenSSF model-signing 1.x: in-toto statement in a DSSE envelope, sigstore bundle 0.3).

The signer is a person with a certificate of the instance's own authority, so that who built is in the signature and not in a field.
Nothing is asked of the network. Their verifier decides; what we add is the name of every file that differs, and that no file stands
outside the statement (their hashing leaves out paths the signer asked it to, and everything below ``.git``).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from csvgen.canonical import Digest, digest_file
from csvgen.crypto.certificates import pem
from csvgen.crypto.keys import Credential
from csvgen.errors import BadInput, NotIntact, Refused

MOST_FILES = 2_000
_LONGEST = 4_000_000
"""Bytes of a signature: two thousand files take less than one tenth."""


def files_of(folder: Path) -> dict[str, Digest]:
    """Relative path -> digest of every file. Raises BadInput for what can lead out of the folder or hide from a reader.

    Those are: links, devices and pipes, names that begin with a point or are not plain text, compiled code.
    """
    found: dict[str, Digest] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise BadInput(f"the bundle holds a symbolic link: {name[:200]!r}")
        if not path.is_dir() and not path.is_file():
            raise BadInput(f"the bundle holds something that is no file: {name[:200]!r}")
        if path.name.startswith(".") or not name.isprintable() or "\\" in name:
            raise BadInput(f"the bundle holds a hidden or unreadable name: {name[:200]!r}")
        if path.name == "__pycache__" or path.suffix == ".pyc":
            raise BadInput(f"the bundle holds compiled code: {name[:200]!r}; it would run instead of what was signed")
        if path.is_file():
            found[name] = digest_file(path)
        if len(found) > MOST_FILES:
            raise BadInput(f"the bundle holds more than {MOST_FILES} files")
    return found


def sign(folder: Path, credential: Credential, root: x509.Certificate) -> bytes:
    """A signature over every file of a folder, with the certificates up to the root. Raises BadInput as `files_of`."""
    from model_signing import signing

    files_of(folder)
    with tempfile.TemporaryDirectory() as place, _key_of(credential) as key:
        public = Path(place)
        (public / "signer.pem").write_bytes(pem([credential.certificate]))
        (public / "chain.pem").write_bytes(pem([*credential.chain, root]))
        signer = signing.Config().use_certificate_signer(  # type: ignore[no-untyped-call]
            private_key=key, signing_certificate=public / "signer.pem", certificate_chain=[public / "chain.pem"]
        )
        signer.sign(folder, public / "signature")
        return (public / "signature").read_bytes()


def verify(folder: Path, signature: bytes, root: x509.Certificate) -> x509.Certificate:
    """The certificate of whoever signed exactly these files; whether that person may is the caller's question.

    Raises NotIntact, naming each file changed, added, missing or renamed; Refused when no authority of the instance stands behind
    the signer; BadInput as `files_of`.
    """
    signer, stated = _read(signature)
    there = files_of(folder)
    problem = _judged(folder, signature, root)
    if differences := _differences(stated, there):
        raise NotIntact(f"the bundle is not what was signed: {'; '.join(differences)}")
    if problem:
        raise NotIntact(f"the bundle is not what was signed: {problem}")
    return signer


def _judged(folder: Path, signature: bytes, root: x509.Certificate) -> str:
    """What the verifier of model-signing says; empty when the signature holds. Raises Refused for a stranger, NotIntact for forgery."""
    from model_signing import verifying
    from OpenSSL.crypto import X509StoreContextError

    with tempfile.TemporaryDirectory() as place:
        roots, kept = Path(place) / "root.pem", Path(place) / "signature"
        roots.write_bytes(pem([root]))
        kept.write_bytes(signature)
        verifier = verifying.Config().use_certificate_verifier(certificate_chain=[roots])  # type: ignore[no-untyped-call]
        try:
            verifier.verify(folder, kept)
        except X509StoreContextError:
            raise Refused("the bundle was signed by somebody this instance does not know", rule="RR-G02") from None
        except InvalidSignature:
            raise NotIntact("the signature of the bundle is not its signer's") from None
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            return str(problem)[:400] or type(problem).__name__
    return ""


def _read(signature: bytes) -> tuple[x509.Certificate, dict[str, Digest]]:
    """Signer and stated files of a signature that nobody has judged yet. Raises NotIntact when it is none."""
    try:
        if len(signature) > _LONGEST:
            raise ValueError("too long")  # noqa: TRY301 - one way out for every form of nonsense
        bundle = json.loads(signature)
        first = bundle["verificationMaterial"]["x509CertificateChain"]["certificates"][0]["rawBytes"]
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"], validate=True))
        resources = statement["predicate"]["resources"]
        stated = {str(r["name"]): Digest(f"{r['algorithm']}:{r['digest']}") for r in resources}
        if len(stated) != len(resources) or any(_leads_out(name) for name in stated):
            raise ValueError("names")  # noqa: TRY301
        return x509.load_der_x509_certificate(base64.b64decode(first, validate=True)), stated
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, binascii.Error, RecursionError):
        raise NotIntact("this is not a model-signing signature over a folder of files") from None


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or not path.parts


def _differences(stated: Mapping[str, Digest], there: Mapping[str, Digest]) -> list[str]:
    """Every difference by the name of its file."""
    missing, added = [n for n in stated if n not in there], [n for n in there if n not in stated]
    renamed = {old: new for old in missing for new in added if stated[old] == there[new]}
    return [
        *(f"changed: {n}" for n in sorted(stated) if n in there and stated[n] != there[n]),
        *(f"renamed: {old} to {new}" for old, new in sorted(renamed.items())),
        *(f"added: {n}" for n in sorted(added) if n not in renamed.values()),
        *(f"missing: {n}" for n in sorted(missing) if n not in renamed),
    ]


@contextmanager
def _key_of(credential: Credential) -> Iterator[Path]:
    """The private key as a path that can be read once: a pipe, because the library takes a file and a key must never be one."""
    data = credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)  # a few hundred bytes: less than any pipe holds
        yield Path(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
