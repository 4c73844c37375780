"""Characters: Greek, Cyrillic and signs are drawn, what a house names a font for too, and what no font has is told before it is drawn."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from csvgen.errors import BadInput
from csvgen.model.picture import Bar, Bars, Picture
from csvgen.model.report import Bullets, Column, Facts, Heading, Paragraph, Report, Table
from csvgen.report import html, neutral, outline, pdf, readback, readback_html, readback_pdf, readback_word, word
from csvgen.report.compose import compose
from csvgen.report.fonts import Face, characters, width
from csvgen.report.fonts.further import further, signs, used
from csvgen.report.glyphs import missing_glyphs, with_glyphs
from csvgen.report.markdown import escape
from csvgen.report.text import shown, wrap
from csvgen.report.theme import PLAIN, read_theme
from csvgen.templates import Templates

from ..counterparts.verapdf import verdicts
from .material import material
from .outside import page_texts
from .sample import report

HAN = "质量控制放行"
SIGNS = "✓✗☐☑⚠"


def tiny_font(path: Path, text: str, *, postscript: bool = False) -> Path:
    """A font with a square for each of these characters, one em wide."""
    names = [".notdef", *(f"u{ord(c):04X}" for c in text)]
    build = FontBuilder(1000, isTTF=not postscript)
    build.setupGlyphOrder(names)
    build.setupCharacterMap({ord(c): f"u{ord(c):04X}" for c in text})
    pen = TTGlyphPen(None)
    for n, point in enumerate(((100, 0), (100, 800), (900, 800), (900, 0))):
        (pen.lineTo if n else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    if not postscript:
        build.setupGlyf(dict.fromkeys(names, square))
    build.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    build.setupHorizontalHeader(ascent=880, descent=-120)
    build.setupNameTable({"familyName": "Tiny Han", "styleName": "Regular", "psName": "TinyHan-Regular"})
    build.setupOS2()
    build.setupPost()
    build.font.save(str(path))
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """Templates of a house with a font for its Chinese words."""
    folder = tmp_path_factory.mktemp("house") / "templates"
    folder.mkdir()
    tiny_font(folder / "han.ttf", HAN)
    (folder / "theme.toml").write_text('format = "csvgen.theme/1"\n[fonts]\nfurther = ["han.ttf"]\n', encoding="utf-8")
    return folder


def saying(*texts: str) -> Report:
    columns = (Column("Id", 0.3, "id"), Column("Seen", 0.7))
    blocks = (Heading(1, texts[0]), *(Paragraph(t) for t in texts), Bullets(texts), Facts((("Name", texts[-1]),)))
    return replace(report(banner=""), blocks=(*blocks, Table(columns, tuple((f"R-{n}", t) for n, t in enumerate(texts)), "Seen")))


def reads_back(document: Report, data: bytes) -> list[str]:
    return readback_pdf.differences(readback.of_outline(outline.outline(document)), data)


def embedded(data: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(data)) as file:
        return {
            str(o.FontName).partition("+")[2] for o in file.objects if isinstance(o, pikepdf.Dictionary) and "/FontFile2" in o
        }


# ------------------------------------------------------------------ what there is


def test_greek_cyrillic_and_signs_of_the_field_are_there_in_every_face():
    text = "αβγδΔΣΩμλ жЯЩъы µ ± ≤ ≥ ≠ ° ² ∞ √ → •"
    assert set(text) - {" "} <= characters()
    assert shown(text) == text
    assert set(SIGNS) <= signs().advances.keys()
    assert not set(SIGNS) & characters()


def test_signs_are_drawn_and_embedded(tmp_path):
    document = with_glyphs(saying(f"Done {SIGNS}", "✓ checked"), PLAIN.fonts)
    assert document.glyphs == "".join(sorted(SIGNS))
    data = pdf.draw(document)
    assert reads_back(document, data) == []
    assert embedded(data) >= {"CsvgenSymbols", "LiberationSans"}
    assert data == pdf.draw(document)
    assert missing_glyphs(document).items == ()


@pytest.mark.needs("pdftotext", "pdffonts")
def test_poppler_reads_them_too(tmp_path, house):
    document = with_glyphs(saying(f"{HAN} ✓"), read_theme(house).fonts)
    path = tmp_path / "x.pdf"
    path.write_bytes(pdf.draw(document, read_theme(house)))
    assert f"{HAN} ✓" in "".join(page_texts(path))
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert any("TinyHan" in line for line in fonts)
    assert all(line.split()[-5] == "yes" for line in fonts), "every font lies in the file"


def test_a_font_of_the_house_lends_its_characters_everywhere(house):
    theme = read_theme(house)
    long = f"{HAN} and words " * 40
    document = with_glyphs(saying(HAN, long), theme.fonts)
    assert document.glyphs == "".join(sorted(set(HAN)))
    data = pdf.draw(document, theme)
    assert reads_back(document, data) == []
    assert "TinyHan-Regular" in embedded(data)
    wanted = readback.of_outline(outline.outline(document))
    assert readback.differences(wanted, readback_word.read(word.draw(document))) == []
    assert readback.differences(wanted, readback_html.read(html.draw(document))[0]) == []
    assert missing_glyphs(document).items == ()


def test_lines_are_cut_by_the_widths_of_the_font(house):
    fonts = read_theme(house).fonts
    with used(fonts):
        assert width(HAN, Face.SANS, 10) == pytest.approx(60)
        assert [len(line) for line in wrap(HAN, 31, Face.SANS, 10)] == [3, 3]
    assert len(wrap(HAN, 31, Face.SANS, 10)) == 2, "without the font as wide as high, and never an error"


# ------------------------------------------------------------------ what there is not


def test_a_character_of_no_font_is_told_with_its_place_and_printed_as_its_number():
    document = with_glyphs(saying("plain", f"Lot {HAN[0]}", f"{HAN[0]}{HAN[1]}"), PLAIN.fonts)
    assert document.glyphs == ""
    first, second = missing_glyphs(document).items
    assert (first.rule, first.severity) == ("FNT001", "warning")
    told = first.message + second.message
    for part in (f"U+{ord(HAN[0]):04X}", f"U+{ord(HAN[1]):04X}", "CJK UNIFIED IDEOGRAPH", "section 'plain'", "in all"):
        assert part in told, part
    assert "theme.toml" in first.hint
    data = pdf.draw(document)
    assert reads_back(document, data) == []
    printed = "".join(r.text for r in readback_pdf.runs(data)[1])
    assert f"[U+{ord(HAN[0]):04X}]" in printed


def test_the_place_names_table_row_and_column():
    column = (Column("Id", 0.3, "id"), Column("Observed", 0.7))
    document = replace(
        report(banner=""), blocks=(Heading(1, "Results"), Table(column, (("TC-1", "fine"), ("TC-2", "≤ 中")), "Readings"))
    )
    (found,) = missing_glyphs(document).items
    assert "section 'Results', table 'Readings', row 'TC-2', column Observed" in found.message


def test_hidden_characters_are_no_finding_and_right_to_left_letters_are_never_lent(tmp_path):
    font = further(tiny_font(tmp_path / "rtl.ttf", "אב"))
    document = with_glyphs(saying("a\u202eb", "שלום אב"), (font,))
    assert document.glyphs == ""
    found = missing_glyphs(document).items
    assert {f.message[:6] for f in found} == {f"U+{ord(c):04X}" for c in "שלוםאב"}
    assert all("right to left" in f.hint for f in found)


def test_pictures_do_without_and_say_so(house):
    theme = read_theme(house)
    picture = Picture("Runs", HAN, Bars((Bar(HAN, (("passed", 1, "good"),)),)))
    document = with_glyphs(replace(report(banner=""), blocks=(Heading(1, HAN), picture)), theme.fonts)
    assert {f.message[:6] for f in missing_glyphs(document).items} == {f"U+{ord(c):04X}" for c in HAN}
    assert "pictures" in missing_glyphs(document).items[0].hint
    assert reads_back(document, pdf.draw(document, theme)) == []


def test_a_document_is_not_drawn_without_the_font_it_was_composed_with(house):
    document = with_glyphs(saying(HAN), read_theme(house).fonts)
    with pytest.raises(BadInput, match=r"no font at hand has U\+"):
        pdf.draw(document)


@pytest.mark.parametrize("kind", ["absent", "nonsense", "postscript", "outside"])
def test_a_font_that_cannot_lie_in_a_file_is_refused(tmp_path, kind):
    name = "../x.ttf" if kind == "outside" else "x.ttf"
    if kind == "nonsense":
        (tmp_path / "x.ttf").write_bytes(b"\0\1\0\0" + b"\xff" * 40)
    if kind == "postscript":
        data = bytearray(tiny_font(tmp_path / "x.ttf", HAN).read_bytes())
        at = data.index(b"glyf")
        data[at : at + 4] = b"CFF "
        (tmp_path / "x.ttf").write_bytes(bytes(data))
    (tmp_path / "theme.toml").write_text(f'format = "csvgen.theme/1"\n[fonts]\nfurther = ["{name}"]\n', encoding="utf-8")
    with pytest.raises(BadInput):
        read_theme(tmp_path)


# ------------------------------------------------------------------ bound, and read back without the font


def test_what_a_font_lends_is_bound_and_read_back_without_it(house):
    own = Templates(house, escape)
    m = material("urs")
    system = m.spec.system.model_copy(update={"organisation": f"{HAN} GmbH"})
    m = replace(m, spec=replace(m.spec, system=system))
    lent, plain = compose(m, own), compose(m, Templates(None, escape))
    assert set(HAN) <= set(lent.glyphs)
    assert lent.digest != plain.digest
    assert f"[U+{ord(HAN[0]):04X}]" in outline.outline(plain).report.organisation
    again = neutral.read(neutral.kept(lent))
    assert again == lent
    assert outline.outline(again).report.organisation == f"{HAN} GmbH"
    assert {"theme.toml", "han.ttf"} <= set(own.own)
    assert b'"glyphs"' not in neutral.kept(compose(material("urs"), own))


@pytest.mark.slow
@pytest.mark.needs("java")
def test_verapdf_finds_a_lent_font_as_it_should_be(house):
    theme = read_theme(house)
    document = with_glyphs(saying(f"{HAN} {SIGNS}"), theme.fonts)
    data = {"lent.pdf": pdf.draw(document, theme)}
    assert verdicts(data, "3b") == {"lent.pdf": ()}
    assert verdicts(data, "ua1") == {"lent.pdf": ()}
