"""Make examples/house/templates: the form, the theme and the logo of a company that does not exist.

    python scripts/make_house_example.py            write the files
    python scripts/make_house_example.py --check    exit 1 if they are not what this script makes

The form begins as `csvgen template write --form` gives it; what a company would change in Word is changed here: its words, a picture, a
frame around the identification, a header and footer of its own, and the look of the tables of steps.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
from docx.shared import Mm, Pt, RGBColor
from PIL import Image, ImageDraw

from csvgen.canonical import normalised_zip, write
from csvgen.report.form_start import control, with_tags
from csvgen.report.form_tags import PREFIX
from csvgen.report.word import default_reference
from csvgen.report.word_xml import el, field, paragraph, qn, row, run, table

TARGET = Path(__file__).parents[1] / "examples" / "house" / "templates"
WINE, SAND = "7A1F3D", "F4EDE4"
THEME = f"""# The colours and the logo of Wineglass Pharma, a company that does not exist.
format = "csvgen.theme/1"

[colours]
accent = "{WINE}"
soft = "5A5048"
rule = "CDBFB0"
wash = "{SAND}"

[logo]
file = "logo.png"
"""


def logo() -> bytes:
    """A glass, from a few shapes: no type in it, so that no font of this machine is."""
    image = Image.new("RGB", (480, 160), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 159, 159), fill=f"#{WINE}")
    pen.pieslice((35, 0, 125, 95), 0, 180, fill="white")
    pen.rectangle((76, 90, 84, 132), fill="white")
    pen.rectangle((50, 130, 110, 138), fill="white")
    for n, width in enumerate((300, 220, 120)):
        pen.rectangle((185, 30 + 42 * n, 175 + width, 44 + 42 * n), fill=f"#{WINE}" if n == 0 else "#CDBFB0")
    out = io.BytesIO()
    image.quantize(8).save(out, "PNG", optimize=True)
    return out.getvalue()


def reference() -> bytes:
    """The form in the look of the company."""
    document: Any = docx.Document(io.BytesIO(with_tags(default_reference())))
    for name in ("Title", "Heading 1", "TOC Heading", "CSV Organisation"):
        document.styles[name].font.color.rgb = RGBColor.from_string(WINE)
    for name in ("Heading 2", "Heading 3", "CSV Label"):
        document.styles[name].font.color.rgb = RGBColor.from_string("5A5048")
    for style in document.styles:
        if style.type == 1 and style.name.startswith(("Title", "Heading")):
            style.font.name = "Georgia"
    document.styles["Title"].font.size = Pt(22)
    document.sections[0].top_margin = Mm(34)
    _first_page(document)
    _head(document)
    _steps(document)
    out = io.BytesIO()
    document.core_properties.author = "Wineglass Pharma (fictitious)"
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        return normalised_zip([(n, archive.read(n)) for n in archive.namelist()], first="[Content_Types].xml")


def _ids(document: Any) -> dict[str, str]:
    return {s.name.lower(): s.style_id for s in document.styles}


def _first_page(document: Any) -> None:
    """The company's picture and words on the first page, and a frame with a wash around the identification."""
    ids, body = _ids(document), document.element.body
    picture = document.add_paragraph()
    picture.add_run().add_picture(io.BytesIO(logo()), width=Mm(42))
    picture._p.getparent().remove(picture._p)  # noqa: SLF001 - moved to the beginning
    body.insert(0, picture._p)  # noqa: SLF001
    system = paragraph(ids["csv note"], run("Controlled document of the quality system. System: "), control("system"))
    body.insert(1, system)
    for made in body.findall(qn("w:tbl")):
        tags = [t.get(qn("w:val"), "") for t in made.iter(qn("w:tag"))]
        if tags[:1] == [f"{PREFIX}facts.name"]:
            _framed(made)
        if f"{PREFIX}approval.role" in tags:
            body.insert(
                body.index(made), paragraph(ids["csv note"], run("Signed in the order below; valid only with every signature."))
            )


def _framed(made: Any) -> None:
    sides = {"w:val": "single", "w:sz": "8", "w:space": "0", "w:color": WINE}
    frame = el("w:tblBorders", None, *(el(f"w:{side}", sides) for side in ("top", "left", "bottom", "right")))
    layout = made.tblPr.find(qn("w:tblLayout"))
    layout.addprevious(frame)
    layout.addnext(el("w:tblCellMar", None, *(el(f"w:{side}", {"w:w": "100", "w:type": "dxa"}) for side in ("left", "right"))))
    for size in made.iter(qn("w:tcPr")):
        size.append(el("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": SAND}))


def _head(document: Any) -> None:
    """Header and footer that say everything a page has to carry, by tags and fields."""
    ids, section = _ids(document), document.sections[0]
    strong = el("w:rPr", None, el("w:b"), el("w:color", {"w:val": WINE}))
    title = control("title")
    title.find(f".//{qn('w:r')}").insert(0, strong)
    widths = (300.0, 182.0)
    lines = _as_wide_as_the_page(table(ids["csv header"], widths, head=False))
    right = [
        paragraph(ids["header"], control("document-id"), run(", revision "), control("revision")),
        paragraph(ids["header"], control("status")),
    ]
    for line in right:
        line[0].append(el("w:jc", {"w:val": "right"}))
    left = [paragraph(ids["header"], title), paragraph(ids["header"], control("organisation"))]
    lines.append(row(widths, (left, right)))
    header = section.header
    header.is_linked_to_previous = False
    top = header._element  # noqa: SLF001 - python-docx has no other way
    top[:] = [lines, paragraph(ids["header"])]
    footer = section.footer
    footer.is_linked_to_previous = False
    number = paragraph(ids["footer"], run("Sheet "), field("PAGE", "1"), run(" / "), field("NUMPAGES", "1"))
    number[0].append(el("w:jc", {"w:val": "right"}))
    foot = _as_wide_as_the_page(table(ids["csv header"], widths, head=False))
    foot.append(row(widths, ([paragraph(ids["footer"], run("Wineglass SOP-QA-007, form 3 · "), control("footer"))], [number])))
    footer._element[:] = [foot, paragraph(ids["footer"])]  # noqa: SLF001
    page = section._sectPr  # noqa: SLF001
    for old in [c for c in page if c.tag in (qn("w:headerReference"), qn("w:footerReference"))]:
        # Written anew with prefixes of its own: those python-docx gives depend on what other libraries registered.
        name = "w:headerReference" if old.tag == qn("w:headerReference") else "w:footerReference"
        page.replace(old, el(name, {n: old.get(qn(n)) for n in ("w:type", "r:id")}))


def _as_wide_as_the_page(made: Any) -> Any:
    """A table of the whole width, on a landscape page too: a tab stands where it was set."""
    made.find(f"{qn('w:tblPr')}/{qn('w:tblW')}").attrib.update({qn("w:w"): "5000", qn("w:type"): "pct"})
    return made


def _steps(document: Any) -> None:
    """Tables of steps: a wine-red head with white letters, the verdict in the middle, expected results in italics."""
    for made in document.element.body.findall(qn("w:tbl")):
        tags = [t.get(qn("w:val"), "").removeprefix(PREFIX) for t in made.iter(qn("w:tag"))]
        if not tags[0].startswith(("script.", "executed.")):
            continue
        head, prototype = made.findall(qn("w:tr"))
        for cell in head.iter(qn("w:tc")):
            cell.find(qn("w:tcPr")).append(el("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": WINE}))
            for text in cell.iter(qn("w:r")):
                text.insert(0, el("w:rPr", None, el("w:color", {"w:val": "FFFFFF"})))
        for cell, tag in zip(prototype.iter(qn("w:tc")), tags, strict=True):
            if tag.endswith(".expected"):
                cell.find(f".//{qn('w:r')}").insert(0, el("w:rPr", None, el("w:i")))
            if tag.endswith((".verdict", ".step")):
                cell.find(f".//{qn('w:pPr')}").append(el("w:jc", {"w:val": "center"}))


def main() -> int:
    """Write or compare."""
    made = {"reference.docx": reference(), "theme.toml": THEME.encode(), "logo.png": logo()}
    if "--check" in sys.argv[1:]:
        odd = [n for n, data in made.items() if not (TARGET / n).is_file() or (TARGET / n).read_bytes() != data]
        if odd:
            sys.stderr.write(f"examples/house/templates differs from what this script makes: {', '.join(odd)}\n")
        return 1 if odd else 0
    for name, data in made.items():
        write(TARGET / name, data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
