"""Checkpoints of the audit trail (C2SP tlog-checkpoint): how many events there are and the root of their tree, signed.

The key is the recording system's and lies outside the database, so that whoever administers the database can neither make a
checkpoint nor change one. Below origin, size and root stands one more line, the digest of the last event, for those who follow
the linear chain without a tree; a log that is watched by a sigsum witness has no such line, because sigsum forbids it.

    csvgen/demo/1f2e3d4c5b6a7980
    57
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    head sha256:6d5f...

    — csvgen/demo/1f2e3d4c5b6a7980 Az3grl...
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from csvgen.canonical import Digest
from csvgen.config import Config
from csvgen.crypto.notes import NAME, Note, NoteKey, Verifier, read_verifiers, sign
from csvgen.errors import ConfigError, NotIntact

SIGSUM = "sigsum"
"""Value of [audit] origin for a log that a sigsum witness watches."""
_SIGSUM_ORIGIN = "sigsum.org/v1/tree/"
_ROOT_BYTES = 32
_SIZE = re.compile(r"0|[1-9]\d{0,18}")
_HEAD = "head "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State of a log: what a note says, whoever signed it."""

    origin: str
    size: int
    root: bytes
    """32 bytes, RFC 6962."""
    head: Digest | None = None
    """Digest of the last event, where the note tells it."""

    @property
    def text(self) -> str:
        below = f"{_HEAD}{self.head}\n" if self.head is not None else ""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n{below}"

    @property
    def name(self) -> str:
        """What a place that keeps checkpoints calls it: the size, so that names sort as the log grew."""
        return f"{self.size:012d}"


def read_checkpoint(note: Note, where: str = "checkpoint") -> Checkpoint:
    """What a note says. Raises NotIntact for a text that is no checkpoint; unknown further lines are skipped, as the text asks."""
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - origin, size, root
        raise NotIntact("this note is no checkpoint of a log", where=where)
    try:
        root = base64.b64decode(lines[2], validate=True)
        heads = [Digest(line.removeprefix(_HEAD)) for line in lines[3:] if line.startswith(_HEAD)]
    except ValueError:
        raise NotIntact("the root or head in this checkpoint cannot be read", where=where) from None
    if len(root) != _ROOT_BYTES or len(heads) > 1:
        raise NotIntact("the root or head in this checkpoint cannot be read", where=where)
    return Checkpoint(lines[0], int(lines[1]), root, heads[0] if heads else None)


def sign_checkpoint(size: int, root: bytes, head: Digest, key: NoteKey) -> Note:
    """The note of the recording system over a state of its log."""
    extended = not key.name.startswith(_SIGSUM_ORIGIN) and size
    return sign(Checkpoint(key.name, size, root, head if extended else None).text, key)


# ------------------------------------------------------------------ key


def key_file(config: Config) -> Path:
    """[audit] key, or <state>/checkpoint.key."""
    named = config.audit.get("key", "")
    return config.root / named if named else config.state / "checkpoint.key"


def trusted_keys_file(config: Config) -> Path:
    """`vkey` lines of this log and of its witnesses, beside the trust roots: whom this project, and any reader, believes."""
    return config.trust.with_name("checkpoints.vkey")


def checkpoint_key(config: Config) -> NoteKey:
    """The key of this log, made the first time. Raises ConfigError when the file is no Ed25519 key."""
    return key_at(key_file(config), lambda public: _origin(config, public))


def key_at(path: Path, origin: Callable[[bytes], str]) -> NoteKey:
    """The Ed25519 key in a file, made the first time; `origin` names its log, given the public key. Raises ConfigError."""
    if not path.exists():
        _make_key(path)
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError("this is no Ed25519 key in PEM", where=str(path), hint="openssl genpkey -algorithm ed25519")
    return NoteKey(origin(private.public_key().public_bytes_raw()), private)


def trusted_keys(config: Config) -> tuple[Verifier, ...]:
    """The keys this project believes for checkpoints; none when it has not made one yet."""
    path = trusted_keys_file(config)
    return read_verifiers(path.read_text(encoding="utf-8"), str(path)) if path.exists() else ()


def trust_key(config: Config, verifier: Verifier) -> bool:
    """Put a key among those that are believed; whether it was not there. Lines that stand there stay."""
    path = trusted_keys_file(config)
    if verifier in trusted_keys(config):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(verifier.vkey + "\n")
    return True


def _origin(config: Config, public: bytes) -> str:
    """The log's name. It holds a part of the key's digest, so that another database with another key never goes by this name."""
    if config.audit.get("origin", "") == SIGSUM:
        return _SIGSUM_ORIGIN + hashlib.sha256(public).hexdigest()
    if named := config.audit.get("origin", ""):
        if not NAME.fullmatch(named):
            raise ConfigError("origin is one word without a plus sign", where="[audit]", hint=f"{SIGSUM}, or an address you own")
        return named
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", config.project).strip("-") or "project"
    return f"csvgen/{slug}/{hashlib.sha256(public).hexdigest()[:16]}"


def _make_key(path: Path) -> None:
    data = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
