"""What `csvgen check` says of documents before there is one: characters without a font, and a language of the project's own."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.errors import ConfigError
from csvgen.report import html, neutral, outline, pdf, readback, readback_html, readback_pdf, readback_word, word
from csvgen.report.before import before_documents
from csvgen.report.compose import compose
from csvgen.report.markdown import escape
from csvgen.templates import Templates, shipped

from ..tiny import make_project, specification
from .material import material
from .test_fonts import HAN, tiny_font

LANGUAGE = "eo"
"""Nobody speaks it here: each phrase is the English one backwards by words, so that none is left as it was."""


def turned(phrase: str) -> str:
    return "\n".join(" ".join(f"{w[:-1]}x{w[-1:]}" if w.isalpha() else w for w in line.split(" ")) for line in phrase.split("\n"))


def own_language(templates: Path) -> dict[str, dict[str, str]]:
    """A whole language, made by a script: words and templates."""
    english = tomllib.loads((shipped() / "wording" / "en.toml").read_text(encoding="utf-8"))
    words = {part: {phrase: turned(phrase) for phrase in english[part]} for part in ("phrases", "sentences")}
    shutil.copytree(shipped() / "documents" / "de", templates / "documents" / LANGUAGE)
    save(templates, words)
    return words


def save(templates: Path, words: dict[str, dict[str, str]]) -> None:
    (templates / "wording").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(
        {"format": "csvgen.wording/1", **words}, allow_unicode=True, sort_keys=False, width=10_000, default_style='"'
    )
    (templates / "wording" / f"{LANGUAGE}.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path) -> Path:
    """The specification of the tiny project in that language."""
    files = specification()
    files["system.yaml"] |= {"language": LANGUAGE}
    return make_project(tmp_path / "project", files)


def said(root: Path) -> list[str]:
    found = before_documents(root / "requirements_specs", "tiny", root / "templates")
    return [f"{d.rule} {d.location.file}:{d.location.line} {d.message}" for d in found]


# ------------------------------------------------------------------ a language of the project's own


def test_a_language_without_a_file_is_refused(root):
    (told,) = said(root)
    assert told.startswith("SYS713 tiny/system.yaml:")
    assert f"the project has no templates/wording/{LANGUAGE}.yaml" in told
    done = CliRunner().invoke(cli, ["-C", str(root), "check"], standalone_mode=False)
    assert (done.return_value, "SYS713" in done.output) == (1, True)


def test_a_whole_one_is_taken_and_everything_it_lacks_is_listed(root):
    templates = root / "templates"
    words = own_language(templates)
    assert said(root) == []
    del words["phrases"]["Approval"]
    words["phrases"]["Run {run}"] = "rux {rux}"
    words["phrases"]["Approvals"] = "x"
    words["sentences"]["class {number}"] = " "
    save(templates, words)
    (templates / "documents" / LANGUAGE / "plan.md.j2").unlink()
    assert sorted(told.partition(": ")[2] for told in said(root)) == sorted(
        [
            "phrases: the places of 'Run {run}' are not those of 'rux {rux}'",
            "phrases lack 'Approval'",
            "phrases: csvgen says nothing like 'Approvals'",
            "sentences lack 'class {number}'",
            f"there is no template documents/{LANGUAGE}/plan.md.j2",
        ]
    )
    m = material("urs")
    m = replace(m, spec=replace(m.spec, system=m.spec.system.model_copy(update={"language": LANGUAGE})))
    with pytest.raises(ConfigError, match="is not complete: phrases lack 'Approval'"):
        compose(m, Templates(templates, escape))


@pytest.mark.parametrize("kind", ["oq-report", "risk"])
def test_its_documents_are_read_back_without_the_project(tmp_path, kind):
    words = own_language(tmp_path / "templates")
    m = material(kind)
    m = replace(m, spec=replace(m.spec, system=m.spec.system.model_copy(update={"language": LANGUAGE})))
    m = replace(m, history=[], timeline=())
    report = compose(m, Templates(tmp_path / "templates", escape))
    shutil.rmtree(tmp_path / "templates")
    again = neutral.read(neutral.kept(report))
    assert again == report
    wanted = readback.of_outline(outline.outline(again))
    assert wanted.words.say("Approval") == words["phrases"]["Approval"] == "Approvaxl"
    assert readback.differences(wanted, readback_word.read(word.draw(report))) == []
    assert readback_pdf.differences(wanted, pdf.draw(report)) == []
    assert readback.differences(wanted, readback_html.read(html.draw(report))[0]) == []


def test_its_file_is_named_in_what_a_document_was_made_from(tmp_path):
    own_language(tmp_path / "templates")
    own = Templates(tmp_path / "templates", escape).own
    assert f"wording/{LANGUAGE}.yaml" in own
    assert f"documents/{LANGUAGE}/plan.md.j2" in own


# ------------------------------------------------------------------ characters


def test_a_character_of_no_font_is_told_by_check_with_its_place(tmp_path):
    files = specification()
    files["system.yaml"] |= {"organisation": f"Werk {HAN[0]} (µ ± ≤ ✓ Ω я)"}
    files["plan.yaml"] |= {"training": f"Everybody reads {HAN[0]}."}
    root = make_project(tmp_path / "project", files)
    path = root / "requirements_specs" / "tiny" / "system.yaml"
    path.write_text(f"# a comment prints nothing: {HAN[1]}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    told = said(root)
    assert len(told) == 1
    assert told[0].startswith("FNT001 tiny/")
    assert f"U+{ord(HAN[0]):04X}" in told[0]
    assert told[0].endswith(", in 2 texts")
    templates = root / "templates"
    templates.mkdir()
    tiny_font(templates / "han.ttf", HAN)
    (templates / "theme.toml").write_text('format = "csvgen.theme/1"\n[fonts]\nfurther = ["han.ttf"]\n', encoding="utf-8")
    assert said(root) == [], "the theme names a font that has it"


def test_a_specification_in_plain_letters_costs_nothing(tmp_path):
    assert said(make_project(tmp_path / "project")) == []
