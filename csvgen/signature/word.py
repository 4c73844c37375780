"""Signatures in Word documents (.docx)."""

from __future__ import annotations

import datetime as dt

from csvgen.canonical import Digest
from csvgen.crypto.keys import Credential
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature import office, office_inspect
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.office_found import OfficeInspection, OfficeSignature
from csvgen.signature.word_content import WORD

__all__ = ["OfficeInspection", "OfficeSignature", "inspect", "refusals", "sign", "without_signatures"]


def sign(
    docx: bytes,
    credential: Credential,
    *,
    line_id: str | None,
    manifestation: Manifestation,
    moment: dt.datetime,
    authority: TimeAuthority | None = None,
    unique_ids: bool = True,
    words: Wording = IN_ENGLISH,
) -> bytes:
    """The file with one more signature over every part of it; earlier signatures stay as they are.

    `line_id` is the id (``{GUID}``) of the visible signature line to fill, None for a signature without a line.
    `authority` puts a time stamp on the signature (XAdES-T). `unique_ids` gives a third and each further signature ids that
    LibreOffice needs and the standard does not foresee (see `office_part`); without it every signature has the ids of the
    standard. `words`: of the language of the document. Raises BadInput for a file that is no sound Office package; Refused for an unfit certificate (see `signer`), an
    unknown or already filled line, a file that could show something else than is signed, or one whose earlier signatures do
    not hold; NoTimeStamp when the authority gives none.
    """
    return office.sign(
        docx, WORD, credential, line_id=line_id, manifestation=manifestation, moment=moment, authority=authority,
        unique_ids=unique_ids, words=words,
    )  # fmt: skip


def inspect(docx: bytes, trust: Trust, *, times: Trust | None = None) -> OfficeInspection:
    """Check all signatures of a document. Never raises, whatever the bytes: what is odd is a problem.

    `times` says whose time stamps are believed, where that is not `trust`.
    """
    return office_inspect.inspect(docx, trust, WORD, times)


def refusals(docx: bytes) -> tuple[str, ...]:
    """What would keep a document from being signed, each with its place. Raises BadInput for what is no sound Office package."""
    return office.found(docx, WORD)


def without_signatures(docx: bytes) -> Digest:
    """Digest over all parts as they were before any signature; equal for an unsigned file and each signed form of it.

    Names and contents of all parts, document properties included, content types and relationships by what they say.
    Raises BadInput for a file that is no sound Office package.
    """
    return office.without_signatures(docx)
