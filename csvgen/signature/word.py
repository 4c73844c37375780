"""Signatures in Office files: the same functions sign a Word document and an Excel workbook.

Office has no free signing library for Python, so the format is written here with lxml and cryptography; what stands in
which part is in `office`, `opc` and `xmldsig`. Two things Office's format cannot do, whoever signs: signatures removed or
put in another order leave no trace in the file, so the record says which signatures it needs and each names its record and
time; and the document properties (author, title) stay open, so a received file is also compared by `without_signatures`.
"""

from __future__ import annotations

import datetime as dt
import re

from csvgen.canonical import Digest
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.signature import opc, signer, xml
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.office import Line, Order, signature_xml
from csvgen.signature.opc import Package
from csvgen.signature.stamp import refuse_unprintable
from csvgen.signature.word_inspect import WordInspection, WordSignature, inspect

__all__ = ["WordInspection", "WordSignature", "inspect", "sign", "without_signatures"]

_LINE_ID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_PICTURE_ROOM = 120
"""Characters of a reason that the picture of a signature line holds beside everything else; Word's dialogue shows more."""
_LINE = "{urn:schemas-microsoft-com:office:office}signatureline"


def sign(
    docx: bytes,
    credential: Credential,
    *,
    line_id: str | None,
    manifestation: Manifestation,
    moment: dt.datetime,
    unique_ids: bool = True,
) -> bytes:
    """The file with one more signature over every part of it; earlier signatures stay as they are.

    `line_id` is the id (``{GUID}``) of the visible signature line to fill, None for a signature without a line.
    `unique_ids` gives a third and each further signature ids that LibreOffice needs and the standard does not foresee
    (see `office`); without it every signature has the ids of the standard.
    Raises BadInput for a file that is no sound Office package, Refused for an unfit certificate (see `signer`), an unknown
    or already filled line, or a file whose earlier signatures do not hold.
    """
    signer.refuse_unfit_person(credential, manifestation, moment)
    try:
        package = Package.read(docx)
        earlier = package.signature_parts()
        line = _line(package, line_id, manifestation) if line_id is not None else None
        package = package if earlier else _tidied(package)
        if line is not None and any(s.line_id.upper() == line.id.upper() for s in inspect(docx, Trust.none).signatures):
            raise Refused(f"the signature line {line.id} is signed already", hint="every signature has a line of its own")
        order = Order(
            number=len(earlier) + 1,
            package=package,
            manifestation=manifestation,
            moment=moment,
            line=line,
            unique_ids=unique_ids,
        )
        signed = _with_signature(package, earlier, signature_xml(order, credential)).to_bytes()
    except NotIntact as problem:
        raise BadInput(f"this Office file cannot be signed: {problem.message}", where=problem.where) from None
    if problems := inspect(signed, Trust.none).faults:
        raise Refused(f"the file would not verify with this signature: {problems[0]}", hint="start from the unsigned file again")
    return signed


def without_signatures(docx: bytes) -> Digest:
    """Digest over all parts as they were before any signature; equal for an unsigned file and each signed form of it.

    Names and contents of all parts, document properties included, content types and relationships by what they say.
    Raises BadInput for a file that is no sound Office package.
    """
    try:
        return Package.read(docx).digest_without_signatures()
    except NotIntact as problem:
        raise BadInput(f"this is not a sound Office file: {problem.message}", where=problem.where) from None


def _line(package: Package, line_id: str, manifestation: Manifestation) -> Line:
    """The named signature line with its pictures. Raises Refused when the document has no such line."""
    from csvgen.report.lines import line_picture

    known = {i for name, content in package.parts.items() if name.endswith(".xml") for i in _line_ids(name, content)}
    if not _LINE_ID.fullmatch(line_id) or line_id.upper() not in known:
        raise Refused(
            f"the document has no signature line {line_id}",
            hint=f"its lines are {', '.join(sorted(known))}" if known else "it has none at all",
        )
    refuse_unprintable(manifestation)
    shown = manifestation.lines(_PICTURE_ROOM)
    return Line(line_id, line_picture(shown, kind="signed"), line_picture(shown, kind="invalid"))


def _line_ids(name: str, content: bytes) -> set[str]:
    if b"signatureline" not in content:
        return set()
    return {element.get("id", "").upper() for element in xml.parse(content, name).iter(_LINE)}


def _tidied(package: Package) -> Package:
    """The package with its lists of relationships written without white space.

    The standard drops white space there before digesting, xmlsec (and with it LibreOffice) digests it: without any, all
    readers agree. Only before the first signature: later the lists may not change any more.
    """
    changed = {}
    for part in filter(opc.is_relationships, package.parts):
        root = xml.new(xml.RELATIONSHIPS, "Relationships")
        for r in package.relationships(part):
            mode = {} if r.mode == "Internal" else {"TargetMode": r.mode}
            xml.add(root, "Relationship", Id=r.id, Type=r.type, Target=r.target, **mode)
        changed[part] = xml.document(root)
    return package.with_parts(changed)


def _with_signature(package: Package, earlier: tuple[str, ...], signature: bytes) -> Package:
    """Put a signature part into the package: the part, its content type, and the two relationships that lead to it."""
    name = f"sig{len(earlier) + 1}.xml"
    part = f"{opc.FOLDER}{name}"
    if part in package.parts:
        raise NotIntact(f"{part} is in use, though there are {len(earlier)} signatures")
    types = xml.parse(package.parts[opc.CONTENT_TYPES], opc.CONTENT_TYPES)
    if package.default_types.get("sigs", opc.ORIGIN_TYPE) != opc.ORIGIN_TYPE:
        raise NotIntact("the file uses the extension .sigs for something else")
    if "sigs" not in package.default_types:
        types.insert(0, xml.new(xml.CONTENT_TYPES, "Default", Extension="sigs", ContentType=opc.ORIGIN_TYPE))
    xml.add(types, "Override", PartName=part, ContentType=opc.SIGNATURE_TYPE)
    changed = {opc.CONTENT_TYPES: xml.document(types), part: signature}
    if not earlier:
        changed[opc.ORIGIN] = b""
        changed[opc.ROOT_RELATIONSHIPS] = _with_relationship(
            package.parts.get(opc.ROOT_RELATIONSHIPS), opc.TO_ORIGIN, opc.ORIGIN[1:]
        )
    changed[opc.ORIGIN_RELATIONSHIPS] = _with_relationship(
        package.parts.get(opc.ORIGIN_RELATIONSHIPS) if earlier else None, opc.TO_SIGNATURE, name
    )
    return package.with_parts(changed)


def _with_relationship(rels: bytes | None, kind: str, target: str) -> bytes:
    root = xml.new(xml.RELATIONSHIPS, "Relationships") if rels is None else xml.parse(rels, "")
    taken = {element.get("Id") for element in xml.elements(root)}
    number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    xml.add(root, "Relationship", Id=f"rId{number}", Type=kind, Target=target)
    return xml.document(root)
