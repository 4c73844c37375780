"""A house's own look: its theme in PDF and Word, and csvgen template check, which says what cannot be used before anything is drawn."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pikepdf
import pytest
from click.testing import CliRunner
from PIL import Image

from csvgen.cli import cli
from csvgen.errors import BadInput
from csvgen.report import look, pdf, word
from csvgen.report.theme import PLAIN, contrast, read_theme
from csvgen.templates import Templates

from .sample import report
from .test_pictures import EVERY, holding

WINE = "7A1F3D"
THEME = f'format = "csvgen.theme/1"\n[colours]\naccent = "{WINE}"\n[logo]\nfile = "logo.png"\n'


@pytest.fixture
def project(tmp_path) -> Path:
    """A project whose house has wine-red headings, a logo and a reference document of its own."""
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "house"\n', encoding="utf-8")
    folder = tmp_path / "templates"
    (folder / "documents").mkdir(parents=True)
    (folder / "theme.toml").write_text(THEME, encoding="utf-8")
    Image.new("RGBA", (300, 90), (122, 31, 61, 255)).save(folder / "logo.png")
    document = docx.Document(io.BytesIO(word.default_reference()))
    document.sections[0].header.paragraphs[0].text = "House of Examples"
    document.styles["Heading 1"].font.color.rgb = docx.shared.RGBColor.from_string(WINE)
    document.save(str(folder / "reference.docx"))
    return tmp_path


def checked(project: Path):
    return CliRunner().invoke(cli, ["-C", str(project), "template", "check"], standalone_mode=False)


def painted(data: bytes) -> set[tuple[float, ...]]:
    """Every colour text and lines are drawn in."""
    with pikepdf.open(io.BytesIO(data)) as file:
        return {
            tuple(round(float(x), 3) for x in operands)
            for page in file.pages
            for operands, operator in pikepdf.parse_content_stream(page)
            if str(operator) in ("rg", "RG")
        }


def parts(colour: str) -> tuple[float, ...]:
    return tuple(round(int(colour[n : n + 2], 16) / 255, 3) for n in (0, 2, 4))


def near(colour: str, found: set[tuple[float, ...]]) -> bool:
    return any(all(abs(a - b) < 0.003 for a, b in zip(parts(colour), one, strict=False)) for one in found if len(one) == 3)


def test_the_colours_and_the_logo_of_a_house_stand_in_its_pdf_and_the_words_stay(project):
    theme = read_theme(project / "templates")
    plain, own = (pdf.draw(report(), t) for t in (PLAIN, theme))
    assert near(look.ACCENT, painted(plain))
    assert near(WINE, painted(own))
    assert not near(look.ACCENT, painted(own))
    assert near(look.BAD.ink, painted(own))
    assert own == pdf.draw(report(), theme)
    with pikepdf.open(io.BytesIO(own)) as file:
        assert len(file.pages[0].get_images()) == 1
        assert f"Logo of {report().organisation}" in {
            str(o.Alt) for o in file.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o
        }
        with pikepdf.open(io.BytesIO(plain)) as other:
            assert len(file.pages) == len(other.pages)


def test_pictures_in_word_take_the_colours_and_the_reference_gives_the_rest(project):
    folder = project / "templates"
    data = word.draw(holding(*EVERY), (folder / "reference.docx").read_bytes(), read_theme(folder))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        images = [
            Image.open(io.BytesIO(archive.read(n))).convert("RGB") for n in archive.namelist() if n.startswith("word/media/")
        ]
        assert "House of Examples" in archive.read("word/header1.xml").decode()
        assert WINE.encode() in archive.read("word/styles.xml")
    wanted = tuple(int(WINE[n : n + 2], 16) for n in (0, 2, 4))
    colours = {c for image in images for _, c in image.getcolors(10_000_000)}
    assert any(max(abs(a - b) for a, b in zip(c, wanted, strict=True)) < 8 for c in colours)


def test_a_theme_is_named_in_what_a_document_was_made_from(project):
    assert set(Templates(project / "templates", str).own) == {"reference.docx", "theme.toml", "logo.png"}


def test_a_whole_house_is_fine(project):
    (project / "templates" / "documents" / "plan.md.j2").write_text("# {{ plan.purpose }}\n", encoding="utf-8")
    found = checked(project)
    assert found.return_value == 0, found.output
    assert "3 templates of the project looked at, 0 findings" in found.output


def test_everything_wrong_is_told_at_once(project):
    folder = project / "templates"
    document = docx.Document(str(folder / "reference.docx"))
    for name in ("CSV Note", "Heading 2"):
        style = document.styles[name].element
        style.getparent().remove(style)
    document.save(str(folder / "reference.docx"))
    (folder / "theme.toml").write_text(THEME.replace(WINE, "FFEEAA"), encoding="utf-8")
    (folder / "documents" / "urs.md.j2").write_text("# {{ broken\n", encoding="utf-8")
    found = checked(project)
    assert found.return_value == 1
    for part in ("TPL001", "CSV Note", "Heading 2", "TPL002", "contrast", "TPL003", "urs.md.j2:1", "4 findings"):
        assert part in found.output, part


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", 'format = "csvgen.theme/2"', THEME.replace("logo.png", "../../etc/passwd.png"), THEME + "extra = 1\n",
        THEME.replace(WINE, "red"), THEME.replace("logo.png", "absent.png"), THEME.replace("logo.png", "theme.png"),
    ],
)  # fmt: skip
def test_a_theme_that_says_what_it_cannot_is_refused(project, text):
    (project / "templates" / "theme.toml").write_text(text, encoding="utf-8")
    (project / "templates" / "theme.png").write_bytes(b"no picture")
    with pytest.raises(BadInput):
        read_theme(project / "templates")
    assert checked(project).return_value == 1


def test_csvgens_own_look_has_the_contrast_it_asks_of_a_theme():
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    for ink in (look.ACCENT, look.SOFT, look.ALARM, *(t.ink for t in look.TONES)):
        assert contrast(ink, look.PAPER) >= 4.5


def test_template_write_gives_the_reference_and_overwrites_nothing(project):
    runner = CliRunner()
    target = project / "mine.docx"
    assert runner.invoke(cli, ["-C", str(project), "template", "write", str(target)], standalone_mode=False).return_value == 0
    assert target.read_bytes() == word.default_reference()
    again = runner.invoke(cli, ["-C", str(project), "template", "write", str(target)], standalone_mode=False)
    assert isinstance(again.exception, BadInput)
