"""Make templates/reference.docx: the styles, page and margins of every Word document csvgen draws.

    python scripts/make_reference_docx.py            write the file
    python scripts/make_reference_docx.py --check    exit 1 if the file is not what this script makes

The file is written from here, part by part, so that nothing is in it that is not meant. Its text only lists the styles:
a reference document is used for its look, its text is ignored. Arial and Courier New have the metrics of the Liberation
fonts of the PDF and are on every office computer.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from csvgen.canonical import normalised_zip, write
from csvgen.report import look
from csvgen.report.word_package import CHARACTER_STYLES, PARAGRAPH_STYLES, TABLE_STYLES

TARGET = Path(__file__).parents[1] / "templates" / "reference.docx"
SANS, MONO = "Arial", "Courier New"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SIDE = round(look.SIDE * 20)
TEXT_WIDTH = round(look.MEASURE * 20)


@dataclass(frozen=True)
class Style:
    """A paragraph style; lengths in points."""

    name: str
    size: float = look.BODY
    bold: bool = False
    italic: bool = False
    colour: str = look.INK
    font: str = SANS
    before: float = 0.0
    after: float = 0.0
    left: float = 0.0
    hanging: float = 0.0
    right: float = 0.0
    keep: bool = False
    outline: int = 0
    """1 to 3 for headings."""
    tabs: tuple[float, ...] = ()
    bar: str = ""
    """Colour of a bar on the left."""
    frame: str = ""
    """Colour of a frame all around; the text is centred."""
    lead: float = look.LEAD
    base: str = "Normal"

    @property
    def id(self) -> str:
        """The id other parts of the file refer to."""
        return self.name.replace(" ", "") if self.name.startswith("CSV") else self.name.title().replace(" ", "")


NUMBER = (28.0, 34.0, 40.0)  # room for two digits even in the wider font a reader may have instead
HEADINGS = tuple(
    Style(
        f"heading {n}", look.HEADINGS[n - 1], bold=True, colour=look.ACCENT if n == 1 else look.INK,
        before=(24.0, 15.0, 12.0)[n - 1], after=(4.0, 2.0, 2.0)[n - 1], left=NUMBER[n - 1], hanging=NUMBER[n - 1], keep=True,
        outline=n, tabs=(NUMBER[n - 1],),
    )
    for n in (1, 2, 3)
)  # fmt: skip
STYLES = (
    Style("Title", look.TITLE, bold=True, colour=look.ACCENT, before=44.0, after=4.0, lead=1.2),
    Style("Subtitle", look.SUBTITLE, after=40.0),
    *HEADINGS,
    Style("TOC Heading", look.HEADINGS[0], bold=True, colour=look.ACCENT, after=6.0, keep=True, outline=1),
    Style("Body Text", before=6.0),
    Style("List Bullet", before=3.0, left=22.0, hanging=14.0, tabs=(22.0,)),
    Style("List Number", before=3.0, left=28.0, hanging=20.0, tabs=(28.0,)),  # room for a number of two figures
    Style("Quote", italic=True, before=6.0, left=24.0, right=24.0),
    Style("caption", look.LABEL, bold=True, colour=look.SOFT, before=10.0, after=4.0, keep=True),
    Style("header", look.SMALL),
    Style("footer", look.SMALL, colour=look.SOFT),
    Style("toc 1", bold=True, before=6.0, left=22.0, hanging=22.0, tabs=(22.0,)),
    Style("toc 2", before=1.5, left=56.0, hanging=34.0, tabs=(56.0,)),
    Style("CSV Organisation", bold=True, colour=look.SOFT, before=40.0),
    Style("CSV Label", look.LABEL, bold=True, colour=look.SOFT, before=14.0, after=4.0, keep=True),
    Style("CSV Note", before=6.0, left=12.0, bar=look.ACCENT),
    Style("CSV Warning", bold=True, before=6.0, left=12.0, bar=look.ALARM),
    Style("CSV Code", round(look.BODY * look.MONO * 2) / 2, font=MONO, before=6.0, left=12.0),
    Style("CSV Banner", look.LABEL, bold=True, colour=look.ALARM, after=6.0, frame=look.ALARM),
    Style("CSV Cell", look.CELL),
    Style("CSV Cell Head", look.CELL, bold=True),
    Style("CSV Cell Label", look.CELL, colour=look.SOFT),
    Style("CSV Cell Code", round(look.CELL * look.MONO * 2) / 2, font=MONO),
    Style("CSV Cell Small", round(look.TIMELINE[0] * 2) / 2),
    Style("CSV Gap", 4.0, lead=1.0),
)
CHARACTERS = {
    "Hyperlink": look.Tone("link", look.ACCENT),
    "Strong": look.PLAIN, "CSV Good": look.GOOD, "CSV Bad": look.BAD, "CSV Open": look.OPEN, "CSV Quiet": look.QUIET,
}  # fmt: skip


def fonts(name: str) -> str:
    """One font for every script."""
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:cs="{name}" w:eastAsia="{name}"/>'


def run_properties(style: Style) -> str:
    """Font, weight, colour and size of a style."""
    size = round(style.size * 2)
    return (
        f"<w:rPr>{fonts(style.font)}{'<w:b/>' if style.bold else ''}{'<w:i/>' if style.italic else ''}"
        f'<w:color w:val="{style.colour}"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
    )


def border(side: str, colour: str, size: int, space: int) -> str:
    """A rule; `size` in eighths of a point, `space` to the text in points."""
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/>'


def paragraph_properties(style: Style) -> str:
    """Spacing, indents, tabs and borders of a style, in the order the schema asks for."""
    parts = ["<w:keepNext/><w:keepLines/>" if style.keep else ""]
    sides = ""
    if style.frame:
        sides = "".join(border(side, style.frame, 12, 4) for side in ("top", "left", "bottom", "right"))
    elif style.bar:
        sides = border("left", style.bar, 18, 8)
    parts.append(f"<w:pBdr>{sides}</w:pBdr>" if sides else "")
    stops = "".join(f'<w:tab w:val="left" w:pos="{round(stop * 20)}"/>' for stop in style.tabs)
    parts.append(f"<w:tabs>{stops}</w:tabs>" if stops else "")
    before, after, line = (round(value) for value in (style.before * 20, style.after * 20, style.lead / 1.15 * 240))
    parts.append(f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>')
    left, right, hanging = (round(value * 20) for value in (style.left, style.right, style.hanging))
    if style.frame:
        left = right = 120  # so that the frame ends at the margins, as the tables do
    parts.append(f'<w:ind w:left="{left}" w:right="{right}" w:hanging="{hanging}"/>')
    parts.append('<w:jc w:val="center"/>' if style.frame else "")
    parts.append(f'<w:outlineLvl w:val="{style.outline - 1}"/>' if style.outline else "")
    return f"<w:pPr>{''.join(parts)}</w:pPr>"


def paragraph_style(style: Style) -> str:
    """A paragraph style."""
    following = '<w:next w:val="BodyText"/>' if style.outline else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{style.id}"><w:name w:val={quoteattr(style.name)}/>'
        f'<w:basedOn w:val="{style.base}"/>{following}<w:qFormat/>{paragraph_properties(style)}{run_properties(style)}</w:style>'
    )


def character_style(name: str, tone: look.Tone) -> str:
    """A character style in the colours of a tone; all but links are bold."""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{tone.wash}"/>' if tone.wash else ""
    bold = "" if name == "Hyperlink" else "<w:b/>"
    return (
        f'<w:style w:type="character" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="DefaultParagraphFont"/><w:qFormat/>'
        f'<w:rPr>{bold}<w:color w:val="{tone.ink}"/>{shade}</w:rPr></w:style>'
    )


@dataclass(frozen=True)
class TableStyle:
    """Rules (side, colour, eighths of a point) and padding (top, left, bottom, right; points) of a table."""

    rules: tuple[tuple[str, str, int], ...]
    padding: tuple[float, float, float, float]
    head: bool = False


THIN = (("bottom", look.RULE, 4), ("insideH", look.RULE, 4))
TABLES = {
    "CSV Table": TableStyle(THIN, (look.PAD,) * 4, head=True),
    "CSV Timeline": TableStyle(THIN, (look.TIGHT, look.PAD, look.TIGHT, look.PAD), head=True),
    "CSV Facts": TableStyle(THIN, (look.PAD, 0, look.PAD, look.PAD)),
    "CSV Header": TableStyle((("bottom", look.ACCENT, 6),), (0, 0, 1, 0)),
    "CSV Footer": TableStyle((("top", look.RULE, 4),), (3, 0, 0, 0)),
}


def table_style(name: str, style: TableStyle) -> str:
    """A table style."""
    rules = "".join(border(side, colour, size, 0) for side, colour, size in style.rules)
    sides = zip(("top", "left", "bottom", "right"), style.padding, strict=True)
    margins = "".join(f'<w:{side} w:w="{round(points * 20)}" w:type="dxa"/>' for side, points in sides)
    first = (
        f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>{border("bottom", look.ACCENT, 8, 0)}</w:tcBorders>'
        f'<w:shd w:val="clear" w:color="auto" w:fill="{look.WASH}"/></w:tcPr></w:tblStylePr>'
    )
    return (
        f'<w:style w:type="table" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/><w:basedOn w:val="TableNormal"/>'
        f"<w:qFormat/><w:tblPr><w:tblBorders>{rules}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>"
        f"{first if style.head else ''}</w:style>"
    )


def styles_part() -> str:
    """The part that holds all styles."""
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{fonts(SANS)}<w:sz w:val="19"/><w:szCs w:val="19"/>'
        '<w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr></w:pPrDefault></w:docDefaults>'
    )
    roots = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" '
        'w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="0" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    made = [
        *map(paragraph_style, STYLES),
        *(character_style(name, tone) for name, tone in CHARACTERS.items()),
        *(table_style(name, style) for name, style in TABLES.items()),
    ]
    return f'{HEAD}<w:styles xmlns:w="{W}">{defaults}{roots}{"".join(made)}</w:styles>'


def document_part() -> str:
    """The part that holds the text: a list of the styles, each in its own look, and the page."""

    def line(style: str, text: str) -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>'

    about = "csvgen takes page size, margins, styles, header and footer from this file. This text is ignored."
    samples = [line("Title", "Reference document"), line("BodyText", about), *(line(s.id, s.name) for s in STYLES)]
    edge = round(look.EDGE * 20)
    page = (
        f'<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="{edge + 640}" w:right="{SIDE}" w:bottom="{edge + 640}" '
        f'w:left="{SIDE}" w:header="{edge}" w:footer="{edge}" w:gutter="0"/></w:sectPr>'
    )
    return f'{HEAD}<w:document xmlns:w="{W}"><w:body>{"".join(samples)}{page}</w:body></w:document>'


def parts() -> dict[str, str]:
    """Name -> content of every part of the package."""
    settings = (
        '<w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/><w:compat>'
        '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    )
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{WORD_TYPE}.{kind}+xml"/>'
        for part, kind in (("document", "document.main"), ("styles", "styles"), ("settings", "settings"))
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{name}" Target="{name}.xml"/>'
        for n, name in enumerate(("styles", "settings"), 1)
    )
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "word/document.xml": document_part(),
        "word/styles.xml": styles_part(),
        "word/settings.xml": f'{HEAD}<w:settings xmlns:w="{W}">{settings}</w:settings>',
    }


def reference() -> bytes:
    """The bytes of the reference document."""
    made = {name.lower() for name in (*(style.name for style in STYLES), *CHARACTERS, *TABLES)}
    missing = {name for name in (*PARAGRAPH_STYLES, *CHARACTER_STYLES, *TABLE_STYLES) if name.lower() not in made}
    assert not missing, missing
    return normalised_zip(((name, text.encode("utf-8")) for name, text in parts().items()), first="[Content_Types].xml")


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        same = TARGET.is_file() and TARGET.read_bytes() == reference()
        print(f"{TARGET.name} is {'up to date' if same else 'not what this script makes: run it'}")
        sys.exit(0 if same else 1)
    write(TARGET, reference())
    print(f"{TARGET.name} written")
