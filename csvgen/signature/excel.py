"""Signatures in Excel workbooks (.xlsx), with the contract of `word`."""

from __future__ import annotations

import datetime as dt

from csvgen.canonical import Digest
from csvgen.crypto.keys import Credential
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature import office, office_inspect
from csvgen.signature.excel_content import EXCEL
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.office_found import OfficeInspection, OfficeSignature

__all__ = ["OfficeInspection", "OfficeSignature", "inspect", "refusals", "sign", "without_signatures"]


def sign(
    xlsx: bytes,
    credential: Credential,
    *,
    line_id: str | None,
    manifestation: Manifestation,
    moment: dt.datetime,
    authority: TimeAuthority | None = None,
    unique_ids: bool = True,
    words: Wording = IN_ENGLISH,
) -> bytes:
    """The workbook with one more signature over every part of it, as `word.sign` and with its errors.

    `line_id` is the id of a signature line on one of its sheets (`csvgen.report.excel.draw` makes them).
    """
    return office.sign(
        xlsx, EXCEL, credential, line_id=line_id, manifestation=manifestation, moment=moment, authority=authority,
        unique_ids=unique_ids, words=words,
    )  # fmt: skip


def inspect(xlsx: bytes, trust: Trust, *, times: Trust | None = None) -> OfficeInspection:
    """Check all signatures of a workbook. Never raises, whatever the bytes: what is odd is a problem.

    `times` says whose time stamps are believed, where that is not `trust`.
    """
    return office_inspect.inspect(xlsx, trust, EXCEL, times)


def refusals(xlsx: bytes) -> tuple[str, ...]:
    """What would keep a workbook from being signed, each with its place. Raises BadInput for what is no sound Office package."""
    return office.found(xlsx, EXCEL)


def without_signatures(xlsx: bytes) -> Digest:
    """Digest over all parts as they were before any signature, as `word.without_signatures`."""
    return office.without_signatures(xlsx)
