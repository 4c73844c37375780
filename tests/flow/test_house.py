"""A company with its own form, theme, font and language: drafted, put up, signed, packed, and held against its records."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.crypto.trust import trust_at
from csvgen.model.signature import OWN_TEMPLATE
from csvgen.report import neutral, readback_pdf
from csvgen.signature import word as signing
from csvgen.verification import gdp
from csvgen.verification.equal import BOOKS, FILES
from csvgen.verification.verify import verify_package

from ..report.test_fonts import HAN, tiny_font
from ..report.test_form import body, tagged, text
from ..tiny import REPOSITORY, Tiny, cheap_secrets, redraft, runner, specification, write_specification

HOUSE = REPOSITORY / "examples" / "house" / "templates"


@pytest.fixture(scope="module")
def house(stages, tmp_path_factory) -> Iterator[Tiny]:
    """The tiny project in the hands of that company, its specification and protocols signed."""
    with cheap_secrets():
        project = stages.at("founded").copy(tmp_path_factory.mktemp("house") / "project")
        templates = project.root / "templates"
        shutil.copytree(HOUSE, templates)
        tiny_font(templates / "han.ttf", HAN)
        theme = templates / "theme.toml"
        theme.write_text(theme.read_text(encoding="utf-8") + '\n[fonts]\nfurther = ["han.ttf"]\n', encoding="utf-8")
        files = specification()
        files["system.yaml"] |= {"language": "de", "organisation": f"Weinglas Pharma {HAN[:2]} (erfunden) ✓"}
        write_specification(project.root, files)
        redraft(project.root)
        project.approve_specification()
        project.approve_protocols("IQ", "OQ")
        yield project


@pytest.fixture(scope="module")
def packed(house, tmp_path_factory) -> Path:
    return house.export(tmp_path_factory.mktemp("packed") / "package")


def test_its_templates_are_fine(house):
    told = CliRunner().invoke(cli, ["-C", str(house.root), "template", "check"], standalone_mode=False)
    assert (told.return_value, "2 templates of the project looked at, 0 findings" in told.output) == (0, True), told.output


def test_what_was_signed_is_what_the_records_say(packed, house):
    shutil.copy(house.config.trust, packed.parent / "roots.pem")
    checks = {c.name: c for c in verify_package(packed, trust_at(packed.parent / "roots.pem")).checks}
    assert checks[FILES].outcome == "holds", checks[FILES].detail
    assert checks[BOOKS].outcome in ("holds", "note")
    assert "6 documents word for word" in checks[FILES].detail


def test_nothing_is_to_be_said_of_its_documents(packed):
    found = gdp.lint(gdp.read(packed))
    assert [f"{f.rule} {f.message}" for f in found.items if f.rule.startswith("GDP3")] == []


def test_every_document_is_in_german(packed):
    said = {}
    for path in sorted((packed / "documents").glob(f"*{neutral.ENDING}")):
        report = neutral.read(path.read_bytes(), path.name)
        said[report.id] = report.language
        assert set(HAN[:2]) <= set(report.glyphs)
        printed = "".join(
            r.text for r in readback_pdf.runs((packed / "documents" / path.name.replace(neutral.ENDING, ".pdf")).read_bytes())[1]
        )
        squeezed = "".join(printed.split())
        assert ("Seite1von" in squeezed, "Page1of" in squeezed) == (True, False)
        assert HAN[:2] in squeezed
    assert said == dict.fromkeys(("TNY-VP", "TNY-RA", "TNY-URS", "TNY-FS", "TNY-IQP", "TNY-OQP"), "de")


def test_the_words_of_the_company_stand_around_each_word_file_and_it_is_signed(packed, house):
    files = sorted((packed / "documents").glob("*.docx"))
    assert len(files) == 6
    for path in files:
        data = path.read_bytes()
        root = body(data)
        assert "Controlled document of the quality system." in text(root)
        assert text(tagged(root, "organisation")[0]).startswith("Weinglas Pharma")
        seen = signing.inspect(data, house.state.trust)
        assert seen.faults == ()
        assert len(seen.signatures) == len(tagged(root, "approval.role"))


def test_form_theme_and_font_are_named_in_what_a_document_was_made_from(house):
    for approval in house.state.approvals:
        if approval.document.kind != "procedure":
            named = {n.rpartition(" ")[2] for n in approval.document.derived_from if n.startswith(OWN_TEMPLATE)}
            assert named == {"reference.docx", "theme.toml", "logo.png", "han.ttf"}


def test_a_character_of_no_font_is_told_by_the_command_that_composes(stages, tmp_path):
    with cheap_secrets():
        project = stages.at("founded").copy(tmp_path / "project")
        files = specification()
        files["system.yaml"] |= {"intended_use": f"It holds {HAN[0]} numbers."}
        write_specification(project.root, files)
        redraft(project.root)
        told = CliRunner().invoke(
            cli, ["-C", str(project.root), "report", "urs", "fs"], env=runner(project.root), standalone_mode=False
        )
    assert told.return_value == 0, told.output
    assert told.output.count("FNT001") == 2
    assert f"U+{ord(HAN[0]):04X}" in told.output
    assert "section 'System', 'Intended use'" in told.output
    again = CliRunner().invoke(cli, ["-C", str(project.root), "report", "urs"], env=runner(project.root), standalone_mode=False)
    assert "unchanged" in again.output
    assert "FNT001" not in again.output
