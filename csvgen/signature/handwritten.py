"""A signature by hand: what is registered of it, and what it may never be taken for.

A pen on paper is no electronic signature (21 CFR 11.3(b)(8)). What is electronic about it is a record that names the scan by its
digest and the place of the paper, and a second person's signature that the scan is a true copy. A picture alone, on any other
way, counts for nothing.
"""

from __future__ import annotations

from typing import Literal

from csvgen.errors import BadInput
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.model.people import PersonId
from csvgen.model.signature import DocumentRecord, RequiredSignature
from csvgen.model.spec import MeaningName

_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "pdf", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"II*\0", "tif", "image/tiff"),
    (b"MM\0*", "tif", "image/tiff"),
)
_LARGEST = 64 * 1024 * 1024


class Handwritten(Value):
    """content.json of a record of kind handwritten."""

    format: Literal["csvgen.handwritten/1"] = "csvgen.handwritten/1"
    record: str
    revision: int
    record_digest: Sha256
    """The record that was signed: the printed copy shows its content digest in the footer."""
    number: int
    """Station of the route."""
    meaning: MeaningName
    role: str
    printed_name: Line
    """Of the person who signed by hand, as written on the paper."""
    dated: Line
    """Date and time as written beside the signature, with its zone if one is written."""
    scan: str
    """Name of the scan beside this record."""
    scan_sha256: Sha256
    original: Line
    """Where the paper is kept."""
    registered_by: PersonId
    registrar: Line
    """Printed name of the person who registered the scan."""
    registered: Stamp

    def problem(self, document: DocumentRecord, station: RequiredSignature) -> str:
        """Why this is not the signature of that station of that document, or an empty string."""
        if station.by != "paper":
            return "this station signs electronically; a picture is never an electronic signature"
        if (self.record, self.revision, self.record_digest) != (document.id, document.revision, document.digest):
            return "stands on another record"
        if (self.number, self.meaning, self.role) != (station.number, station.meaning, station.role):
            return "is for another station"
        return ""

    def told(self, verified_by: str) -> str:
        """What every rendering says of it; never the words of an electronic signature."""
        proof = f"true copy verified by {verified_by}" if verified_by else "true copy NOT YET VERIFIED"
        return (
            f"handwritten on paper: {self.meaning} by {self.printed_name} ({self.role}), dated {self.dated}, "
            f"scan {self.scan_sha256}, original at {self.original}, {proof}"
        )


def scan_type(data: bytes, where: str) -> tuple[str, str]:
    """File extension and media type of a scan, by its first bytes. Raises BadInput for anything else than PDF, PNG, JPEG or TIFF."""
    if len(data) > _LARGEST:
        raise BadInput("the scan has more than 64 MiB", where=where, hint="scan at a lower resolution")
    for magic, extension, media_type in _KINDS:
        if data.startswith(magic):
            return extension, media_type
    raise BadInput("a scan is a PDF, PNG, JPEG or TIFF file", where=where)
