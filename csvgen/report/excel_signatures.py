"""The sheet "Signatures" of a workbook: a row for each signature, with the line that shows it once it is there.

A signature line is a VML picture (ECMA-376 Part 4, `o:signatureline`) over a cell. openpyxl writes none, so the drawing is put into
the finished package. Until the signature is there the picture names role and meaning; Office and LibreOffice then show the picture
that the signature itself carries, with name, time and meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from csvgen.model.report import SignatureSlot
from csvgen.report.lines import LINE, UNTOLD, empty_line, signature_line_id
from csvgen.report.word_xml import Element, qn, shape_kind, signature_line
from csvgen.report.wording import IN_ENGLISH, Wording

SHEET = "Signatures"
TITLES = ("No.", "Meaning", "Role", "Who may sign", "Statement", "Signature")
WIDTHS = (5.0, 13.0, 18.0, 26.0, 36.0, 46.0)
"""In characters; the last column is as wide as a signature line with its margins."""
ROW = LINE[1] + 14.0
"""Height of a row in points."""
_PIXELS = 96 / 72
_INSET = 6
"""Between the edge of the cell and its line, in pixels."""
_FIRST_SHAPE = 1025
_EXCEL = "urn:schemas-microsoft-com:office:excel"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AFTER = ("legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst")
"""What may stand behind `legacyDrawing` in a sheet (ISO/IEC 29500-1, 18.3.1.99)."""


def who_may_sign(slot: SignatureSlot, separation: Sequence[tuple[str, str]], wording: Wording = IN_ENGLISH) -> str:
    """Who may fill a row; `separation`: pairs of meanings that two different people have to sign."""
    others = dict.fromkeys(a if b == slot.meaning else b for a, b in separation if slot.meaning in {a, b} and a != b)
    rest = [wording.say("not the person who signs as {meaning}", meaning=other) for other in others]
    return "; ".join((wording.say("A person with the role {role}, trained and released to sign", role=slot.role), *rest))


def with_lines(
    parts: Mapping[str, bytes],
    sheet: str,
    slots: Sequence[SignatureSlot],
    *,
    first: int,
    record: str,
    revision: int,
    untold: str = UNTOLD,
) -> dict[str, bytes]:
    """The parts of a workbook with a signature line over the last column of each row of a sheet part.

    `first`: number of the row of the first slot. The lines have the ids of `signature_line_id`.
    """
    folder, _, name = sheet.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels"
    pictures = {f"xl/media/line{slot.number}.png": empty_line(slot.role, slot.meaning, untold) for slot in slots}
    return {
        **parts,
        **pictures,
        sheet: _drawn_on(parts[sheet]),
        rels: _related({"rIdLines": ("vmlDrawing", "/xl/drawings/vmlDrawing1.vml")}),
        "xl/drawings/vmlDrawing1.vml": _drawing(slots, first, record, revision),
        "xl/drawings/_rels/vmlDrawing1.vml.rels": _related(
            {f"rId{n}": ("image", f"/{picture}") for n, picture in enumerate(pictures, 1)}
        ),
        "[Content_Types].xml": _with_types(parts["[Content_Types].xml"]),
    }


def _drawing(slots: Sequence[SignatureSlot], first: int, record: str, revision: int) -> bytes:
    root = etree.Element("xml", nsmap={"v": qn("v:x")[1:-2], "o": qn("o:x")[1:-2], "x": _EXCEL})
    root.append(shape_kind())
    for n, slot in enumerate(slots):
        guid = signature_line_id(record, revision, slot.field)
        shape = signature_line("", guid, LINE, signer=slot.role, title=slot.meaning, instructions=slot.statement)
        shape.set("id", f"_x0000_s{_FIRST_SHAPE + n}")
        shape.set("style", f"position:absolute;{shape.get('style')}")
        image = shape[0]
        del image.attrib[qn("r:id")]
        image.set(qn("o:relid"), f"rId{n + 1}")
        shape.append(_place(first + n - 1))
        root.append(shape)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["v", "o", "x"])
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))


def _place(row: int) -> Element:
    """Where a line stands: column, pixels into it, row from 0, pixels into it; then the same of its other corner."""
    column, (width, height) = len(TITLES) - 1, (round(length * _PIXELS) for length in LINE)
    data = etree.Element(f"{{{_EXCEL}}}ClientData", ObjectType="Pict")
    for tag, text in (
        ("SizeWithCells", None),
        ("Anchor", f"{column}, {_INSET}, {row}, {_INSET}, {column}, {_INSET + width}, {row}, {_INSET + height}"),
        ("CF", "Pict"),
        ("AutoPict", None),
    ):
        etree.SubElement(data, f"{{{_EXCEL}}}{tag}").text = text
    return data


def _drawn_on(sheet: bytes) -> bytes:
    root = etree.fromstring(sheet)
    behind = next((child for child in root if etree.QName(child).localname in _AFTER), None)
    drawing = etree.Element(f"{{{_MAIN}}}legacyDrawing", {f"{{{_OFFICE}}}id": "rIdLines"}, nsmap={"r": _OFFICE})
    root.insert(root.index(behind) if behind is not None else len(root), drawing)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))


def _related(targets: Mapping[str, tuple[str, str]]) -> bytes:
    root = etree.Element(f"{{{_LINKS}}}Relationships", nsmap={None: _LINKS})
    for name, (kind, target) in targets.items():
        etree.SubElement(root, f"{{{_LINKS}}}Relationship", Id=name, Type=f"{_OFFICE}/{kind}", Target=target)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))


def _with_types(types: bytes) -> bytes:
    root = etree.fromstring(types)
    known = {element.get("Extension") for element in root}
    for extension, kind in (("png", "image/png"), ("vml", _VML)):
        if extension not in known:
            root.insert(0, etree.Element(f"{{{_TYPES}}}Default", Extension=extension, ContentType=kind))
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))
