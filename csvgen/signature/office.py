"""Signing Office files: what Word documents and Excel workbooks have in common.

Office has no free signing library for Python, so the format is written here with lxml and cryptography; what stands in
which part is in `office_part`, `opc` and `xmldsig`, what may not be in a signed file in `office_content`. One thing Office's
format cannot do, whoever signs: the last signature, taken out, leaves no trace in the file, so the record says which signatures
it needs. Each signature of csvgen names those before it, its record, and the whole file it stands on.
"""

from __future__ import annotations

import datetime as dt
import re

from csvgen.canonical import Digest
from csvgen.crypto.keys import Credential
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature import signer, xml
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.office_content import Kind, refusals
from csvgen.signature.office_inspect import inspect
from csvgen.signature.office_part import Ground, Line, Order, signature_xml
from csvgen.signature.opc import Package
from csvgen.signature.stamp import refuse_unprintable

_LINE_ID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_PICTURE_ROOM = 120
"""Characters of a reason that the picture of a signature line holds beside everything else; Office's dialogue shows more."""
_LINE = "{urn:schemas-microsoft-com:office:office}signatureline"


def sign(
    data: bytes,
    kind: Kind,
    credential: Credential,
    *,
    line_id: str | None,
    manifestation: Manifestation,
    moment: dt.datetime,
    authority: TimeAuthority | None,
    unique_ids: bool,
    words: Wording = IN_ENGLISH,
) -> bytes:
    """The file with one more signature over every part of it; see `word.sign`."""
    signer.refuse_unfit_person(credential, manifestation, moment)
    try:
        package = Package.read(data)
        earlier = package.signature_parts()
        if odd := refusals(package, kind):
            raise Refused(
                f"this {kind.name} could show something else than is signed: {odd[0]}", hint=f"take it out ({len(odd)} in all)"
            )
        line = _line(package, line_id, manifestation, words) if line_id is not None else None
        if line and earlier and any(s.line_id.upper() == line.id.upper() for s in inspect(data, Trust.none, kind).signatures):
            raise Refused(f"the signature line {line.id} is signed already", hint="every signature has a line of its own")
        package = package.in_our_spelling()
        order = Order(
            number=len(earlier) + 1,
            package=package,
            manifestation=manifestation,
            moment=moment,
            line=line,
            authority=authority,
            ground=Ground.of(package, earlier, stamped=authority is not None),
            unique_ids=unique_ids,
            words=words,
        )
        signed = package.with_signature(signature_xml(order, credential)).to_bytes()
    except NotIntact as problem:
        raise BadInput(f"this {kind.name} cannot be signed: {problem.message}", where=problem.where) from None
    if problems := inspect(signed, Trust.none, kind).faults:
        raise Refused(f"the file would not verify with this signature: {problems[0]}", hint="start from the unsigned file again")
    return signed


def found(data: bytes, kind: Kind) -> tuple[str, ...]:
    """What would keep the file from being signed, each with its place. Raises BadInput for a file that is no sound Office package."""
    try:
        return refusals(Package.read(data), kind)
    except NotIntact as problem:
        raise BadInput(f"this is not a sound Office file: {problem.message}", where=problem.where) from None


def without_signatures(data: bytes) -> Digest:
    """Digest over all parts as they were before any signature; see `word.without_signatures`."""
    try:
        return Package.read(data).digest_without_signatures()
    except NotIntact as problem:
        raise BadInput(f"this is not a sound Office file: {problem.message}", where=problem.where) from None


def _line(package: Package, line_id: str, manifestation: Manifestation, words: Wording) -> Line:
    """The named signature line with its pictures. Raises Refused when the file has no such line."""
    from csvgen.report.lines import NOT_VALID, line_picture

    known = {i for name, content in package.parts.items() if name.endswith((".xml", ".vml")) for i in _line_ids(name, content)}
    if not _LINE_ID.fullmatch(line_id) or line_id.upper() not in known:
        raise Refused(
            f"the document has no signature line {line_id}",
            hint=f"its lines are {', '.join(sorted(known))}" if known else "it has none at all",
        )
    refuse_unprintable(manifestation)
    shown, alarm = manifestation.lines(_PICTURE_ROOM, words), words.say(NOT_VALID)
    return Line(line_id, line_picture(shown, kind="signed"), line_picture(shown, kind="invalid", alarm=alarm))


def _line_ids(name: str, content: bytes) -> set[str]:
    if b"signatureline" not in content:
        return set()
    return {element.get("id", "").upper() for element in xml.parse(content, name).iter(_LINE)}
