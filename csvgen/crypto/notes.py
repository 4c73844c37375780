"""Signed notes (C2SP signed-note): a text with Ed25519 signatures of one or more keys below it, for people and programs to read.

    csvgen/demo/1f2e3d4c5b6a7980
    57
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — csvgen/demo/1f2e3d4c5b6a7980 Az3grl...

Two kinds of signatures are known: over the text (type 1), and a cosignature of a witness with the time it was given (type 4,
C2SP tlog-cosignature, cosignature/v1). A verifier is configured with keys that came from outside, as `vkey` lines
``name+key id+key``. Signatures of other keys are ignored, as the specification asks; a wrong one of a known key is an error.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from csvgen.errors import BadInput, NotIntact

ED25519, COSIGNATURE = 1, 4
"""Signature types."""
_KEY_BYTES, _SIGNATURE_BYTES, _ID_BYTES = 32, 64, 4
_LARGEST, _MOST = 1_000_000, 100
"""Bytes of a note; signatures of one."""
_DASH = "\u2014 "
NAME = re.compile(r"[^\s+\x00-\x20\x7f]{1,255}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that is believed: its name, the kind of signature it makes, and the 32 bytes of an Ed25519 public key."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.kind not in {ED25519, COSIGNATURE} or len(self.public) != _KEY_BYTES:
            raise ValueError("not a key of a signed note")

    @property
    def key_id(self) -> bytes:
        """The four bytes a signature names its key by, together with the name."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The one line that hands the key to others."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A private key with its name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, ED25519, self.private.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Line:
    """One signature of a note."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class Vouched:
    """A signature that holds, by a key that is believed."""

    by: Verifier
    moment: dt.datetime | None = None
    """When a witness says that it cosigned, to the second; None for other signatures."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, and the signatures below it. Holding one says nothing about them: see `vouched`."""

    text: str
    lines: tuple[Line, ...]

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(map(str, self.lines))).encode("utf-8")

    def cosigned(self, lines: Iterable[Line]) -> Note:
        """With further signatures below; one that stands there is not repeated."""
        return replace(self, lines=tuple(dict.fromkeys((*self.lines, *lines))))

    def vouched(self, verifiers: Iterable[Verifier], where: str = "") -> tuple[Vouched, ...]:
        """The signatures of known keys, each of which must hold. Raises NotIntact when one does not, or there is none."""
        known = {(v.name, v.key_id): v for v in verifiers}
        pairs = [(known[line.name, line.key_id], line) for line in self.lines if (line.name, line.key_id) in known]
        if not pairs:
            raise NotIntact("no key that is believed signed this note", where=where)
        return tuple(_vouched(self.text, verifier, line, where) for verifier, line in pairs)


def sign(text: str, key: NoteKey) -> Note:
    """A note with one signature."""
    if not text.endswith("\n") or _odd(text):
        raise ValueError("the text of a note ends in a newline and holds no other control character")
    return Note(text, (Line(key.name, key.verifier.key_id, key.private.sign(text.encode("utf-8"))),))


def cosign(text: str, key: NoteKey, moment: dt.datetime) -> Line:
    """A witness's signature over the text of a checkpoint and the time, to the second."""
    seconds = int(moment.timestamp())
    verifier = Verifier(key.name, COSIGNATURE, key.verifier.public)
    return Line(key.name, verifier.key_id, seconds.to_bytes(8, "big") + key.private.sign(_witnessed(text, seconds)))


def read_note(data: bytes, where: str = "note") -> Note:
    """The one reading of these bytes. Raises NotIntact for what is no signed note, or spelt in another way."""
    try:
        whole = data.decode("utf-8") if len(data) <= _LARGEST else ""
    except UnicodeDecodeError:
        whole = ""
    text, blank, below = whole.rpartition("\n\n")
    if not blank or _odd(whole) or not text:
        raise NotIntact("this is no signed note", where=where)
    note = Note(text + "\n", read_lines(below, where))
    if not note.lines or bytes(note) != data:
        raise NotIntact("this is not the one spelling of a signed note", where=where)
    return note


def read_lines(text: str, where: str) -> tuple[Line, ...]:
    """Signature lines, as below a note and in the answer of a witness. Raises NotIntact."""
    lines = text.removesuffix("\n").split("\n") if text else []
    if len(lines) > _MOST:
        raise NotIntact("a note with more signatures than anybody gives", where=where)
    return tuple(_line(line, where) for line in lines)


def read_verifiers(text: str, where: str) -> tuple[Verifier, ...]:
    """`vkey` lines; blank lines and lines that begin with # are for people. Raises BadInput."""
    lines = [line.strip() for line in text.splitlines()]
    return tuple(dict.fromkeys(_verifier(line, where) for line in lines if line and not line.startswith("#")))


def _verifier(line: str, where: str) -> Verifier:
    try:
        name, _, encoded = line.split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        found = Verifier(name, raw[0], raw[1:])
    except (ValueError, IndexError):
        found = None
    if found is None or found.vkey != line:
        hint = "NAME+KEY ID+KEY, as a log or witness gives it"
        raise BadInput(f"this is no key of a signed note: {line[:60]!r}", where=where, hint=hint)
    return found


def _line(line: str, where: str) -> Line:
    try:
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise NotIntact("a signature line of the note cannot be read", where=where) from None
    if dash + " " != _DASH or not NAME.fullmatch(name) or len(raw) <= _ID_BYTES:
        raise NotIntact("a signature line of the note cannot be read", where=where)
    return Line(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def _vouched(text: str, by: Verifier, line: Line, where: str) -> Vouched:
    value, message, moment = line.value, text.encode("utf-8"), None
    if by.kind == COSIGNATURE:
        seconds, value = int.from_bytes(value[:8], "big"), value[8:]
        message = _witnessed(text, seconds)
        moment = _moment(seconds, line.name, where)
    try:
        Ed25519PublicKey.from_public_bytes(by.public).verify(value, message)
    except (InvalidSignature, ValueError):
        raise NotIntact(f"the signature of {line.name} does not belong to this note", where=where) from None
    return Vouched(by, moment)


def _moment(seconds: int, name: str, where: str) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise NotIntact(f"the cosignature of {name} names a time that cannot be", where=where) from None


def _witnessed(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _odd(text: str) -> bool:
    return any(c < " " and c != "\n" for c in text)
