"""What in a Word document could show something else than was signed (ISO/IEC 29500-1, 17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from csvgen.signature.office_content import Kind, office_parts
from csvgen.signature.xml import Element

_TYPE = "wordprocessingml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_BINDINGS = (f"{{{_W}}}dataBinding", "{http://schemas.microsoft.com/office/word/2012/wordml}dataBinding")
_FALSE = {"0", "false", "off", "none"}
_FIELDS = frozenset(
    {
        "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "PAGEREF", "REF", "NOTEREF", "TOC", "TC", "XE", "INDEX", "SEQ",
        "STYLEREF", "HYPERLINK", "LISTNUM", "SYMBOL",
    }
)  # fmt: skip
"""Fields whose result follows from the signed text alone. Not among them: dates, properties, and what fetches or runs anything."""
_REFUSED: Mapping[str, str] = {
    "altChunk": "another document, imported when it is opened",
    "subDoc": "another document, shown as part of this one",
    "object": "an embedded object",
    "control": "an active control",
    "attachedTemplate": "a template that is fetched when it is opened",
    "linkStyles": "styles that are fetched when it is opened",
    "mailMerge": "text from a data source",
    "updateFields": "an order to compute all fields anew when it is opened",
    "ins": "tracked changes", "del": "tracked changes", "moveFrom": "tracked changes", "moveTo": "tracked changes",
    "rPrChange": "tracked changes", "pPrChange": "tracked changes", "tblPrChange": "tracked changes",
    "sectPrChange": "tracked changes", "tcPrChange": "tracked changes", "trPrChange": "tracked changes",
    "cellIns": "tracked changes", "cellDel": "tracked changes", "numberingChange": "tracked changes",
    "ffData": "a form field",
    "movie": "a film",
    "frameset": "frames that show other files",
    "saveThroughXslt": "a transformation of the text",
    "embedRegular": "an embedded typeface", "embedBold": "an embedded typeface", "embedItalic": "an embedded typeface",
    "embedBoldItalic": "an embedded typeface",
}  # fmt: skip
_HIDING = ("vanish", "specVanish", "webHidden")


def odd(_part: str, root: Element) -> Iterator[str]:
    """What could show something else than was signed."""
    for tag in _BINDINGS:
        if next(root.iter(tag), None) is not None:
            yield "text bound to data elsewhere in the file"
    for name, what in _REFUSED.items():
        if next(root.iter(_tag(name)), None) is not None:
            yield what
    for name in _HIDING:
        if any(element.get(_tag("val"), "1").lower() not in _FALSE for element in root.iter(_tag(name))):
            yield "hidden text"
    for code in _codes(root):
        word = code.split(maxsplit=1)[0].upper() if code.strip() else "a field without a name"
        if word not in _FIELDS:
            yield f"a field that is computed when it is opened ({word[:40]})"
    if any(
        element.get(_tag("dirty"), "0").lower() not in _FALSE
        for tag in ("fldChar", "fldSimple")
        for element in root.iter(_tag(tag))
    ):
        yield "a field to be computed anew when it is opened"


def _codes(root: Element) -> Iterator[str]:
    """The instructions of all fields, simple ones and those written in pieces; text of an inner field is a field of its own."""
    for element in root.iter(_tag("fldSimple")):
        yield element.get(_tag("instr"), "")
    open_fields: list[list[str]] = []
    for element in root.iter(_tag("fldChar"), _tag("instrText")):
        if element.tag == _tag("instrText"):
            if not open_fields:
                yield "an instruction outside of a field"
            else:
                open_fields[-1].append(element.text or "")
            continue
        kind = element.get(_tag("fldCharType"))
        if kind == "begin":
            open_fields.append([])
        elif kind == "end" and open_fields:
            yield "".join(open_fields.pop())
    for pieces in open_fields:
        yield "".join(pieces)


def _tag(name: str) -> str:
    return f"{{{_W}}}{name}"


WORD = Kind(
    "Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    {
        **office_parts(
            _TYPE, styles="styles", settings="settings", webSettings="webSettings", fontTable="fontTable", numbering="numbering",
            header="header", footer="footer", footnotes="footnotes", endnotes="endnotes",
        ),
        "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects": frozenset(
            {"application/vnd.ms-word.stylesWithEffects+xml"}
        ),
    },
    odd,
)  # fmt: skip
