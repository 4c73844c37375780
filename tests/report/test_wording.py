"""Documents in a second language: every fixed word of a document is in it, and nothing the project wrote is touched."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import csvgen.report.compose as compose_module
from csvgen.catalog.clauses import clauses
from csvgen.errors import ConfigError
from csvgen.model.base import PHASES
from csvgen.model.counterpart import NOT_SAID, Counterpart
from csvgen.model.report import Bullets, Facts, Heading, Paragraph, Report, Table
from csvgen.model.signature import MEANINGS
from csvgen.model.system import Classification, Measure, Stage
from csvgen.model.urs import Category, Requirement, Verification
from csvgen.report import (
    html,
    look,
    outline,
    pdf,
    pdf_unsigned,
    readback,
    readback_html,
    readback_pdf,
    readback_word,
    word,
    wording,
)
from csvgen.report.case_blocks import titles
from csvgen.report.compose import BANNER, STATUS, Material, compose
from csvgen.report.fonts import Face, width
from csvgen.report.markdown import escape
from csvgen.report.wording import in_language, joined, languages, own, places, say
from csvgen.templates import Templates, shipped
from csvgen.trace.content import COMPOSED, content_of
from csvgen.verification import gdp_documents
from csvgen.verification.documents import PDF

from .material import material, report_of
from .sample import HOSTILE

ROOT = Path(__file__).parents[2]
KINDS = sorted(COMPOSED)
_ENGLISH = re.compile(
    r"\b(the|of|and|is|are|by|with|without|none|yes|no|not|every|for|from|to|where|what|which|has|have|it|its|on|be)\b",
    re.IGNORECASE,
)


def phrases(language: str) -> dict[str, str]:
    return tomllib.loads((shipped() / "wording" / f"{language}.toml").read_text(encoding="utf-8"))["phrases"]


def sentences(language: str) -> dict[str, str]:
    return tomllib.loads((shipped() / "wording" / f"{language}.toml").read_text(encoding="utf-8"))["sentences"]


def places_of(phrase: str) -> bool:
    return any(places(phrase))


def in_german(kind: str, *, poisoned: bool = False, **changes: Any) -> Material:
    m = material(kind, poisoned=poisoned)
    system = m.spec.system.model_copy(update={"language": "de", **changes})
    return replace(
        m,
        spec=replace(m.spec, system=system),
        history=[(a, b, say("initial issue")) for a, b, _ in m.history],
    )


def german(kind: str, *, poisoned: bool = False) -> Report:
    return compose(in_german(kind, poisoned=poisoned), Templates(None, escape))


def texts(report: Report) -> Iterator[str]:
    """Every text on the pages of a report."""
    reading = readback.of_outline(outline.outline(report))
    yield from reading.furniture
    for piece in reading.pieces:
        match piece:
            case readback.Line():
                yield piece.text
            case readback.Grid():
                yield from piece.titles
                yield from (cell for row in piece.rows for cell in row)
            case readback.Drawn():
                yield from (piece.words, piece.alt)


# ------------------------------------------------------------------ the files


def test_english_is_complete_and_says_itself():
    assert languages() == ("en", "de")
    assert all(key == value for key, value in phrases("en").items())


@pytest.mark.parametrize("language", [x for x in languages() if x != "en"])
def test_a_language_has_every_phrase_and_its_places_and_no_other(language):
    english, said = phrases("en") | sentences("en"), phrases(language) | sentences(language)
    assert list(said) == list(english)
    for phrase, told in said.items():
        assert sorted(places(told)) == sorted(places(phrase)), phrase
        assert told.strip()
        assert told.count("\n") == phrase.count("\n")


def _words_of_the_code() -> tuple[set[str], set[str]]:
    """Every text constant of the rooms that speak, and those that are handed to `say`."""
    every, said = set[str](), set[str]()
    for path in [
        *(ROOT / "csvgen" / "report").glob("*.py"),
        *(ROOT / "csvgen" / "workflow").glob("*.py"),
        *(ROOT / "csvgen" / "model").glob("*.py"),
        *(ROOT / "csvgen" / "trace").glob("*.py"),
        ROOT / "csvgen" / "spec" / "proposal.py",
        ROOT / "csvgen" / "signature" / "manifestation.py",
        ROOT / "csvgen" / "audit" / "export.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                every.add(node.value)
                every |= {part.strip().split(":")[0] for part in node.value.split("|")}
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "say" and node.args:
                chosen = [node.args[0].body, node.args[0].orelse] if isinstance(node.args[0], ast.IfExp) else [node.args[0]]
                said |= {c.value for c in chosen if isinstance(c, ast.Constant)}
    return every, said


def test_every_phrase_of_the_code_is_in_the_files_and_none_is_left_over():
    every, said = _words_of_the_code()
    known = set(phrases("en"))
    assert len(said) > 60
    assert said <= known
    made = {p for p in known if p.startswith(("added {", "changed {", "removed {", "{number} signature", "template of"))}
    made |= {f"{factor} {{grade}}" for factor in ("severity", "probability", "detectability", "class")}
    made |= {f"{k}: what was attached for one and is not drawn" for k in ("Control chart", "Calibration")}
    made |= {f"{p} {what}" for p in PHASES for what in ("protocol", "report")}
    policy = {p for p in known if p.startswith("Effort follows risk.")}
    words = {
        w
        for text in every
        for w in (text, text.replace("-", " "), text.upper().replace("-", " "), text.replace("-", " ").capitalize())
    }
    letters = {"S", "P", "D", "R"}
    assert known - words - made - policy - letters == set()


def test_the_closed_vocabularies_of_a_specification_have_words():
    known = phrases("de")
    priority = get_args(Requirement.model_fields["priority"].annotation)
    kinds = get_args(Classification.model_fields["kind"].annotation)
    measures = [m.replace("-", " ") for m in get_args(Measure.model_fields["name"].annotation)]
    categories = ["Electronic signature" if c == "e-signature" else c.replace("-", " ").capitalize() for c in get_args(Category)]
    for phrase in (
        *get_args(Verification),
        *get_args(Stage),
        *priority,
        *kinds,
        *measures,
        *categories,
        *MEANINGS.values(),
        STATUS,
        BANNER,
    ):
        assert phrase in known, phrase


def test_the_german_templates_ask_for_the_same_blocks_and_values():
    names = {p.name for p in (shipped() / "documents").glob("*.j2")}
    assert names == {p.name for p in (shipped() / "documents" / "de").glob("*.j2")}
    for kind in sorted(name.removesuffix(".md.j2") for name in names):
        there, here = ((shipped() / "documents" / folder / f"{kind}.md.j2").read_text(encoding="utf-8") for folder in (".", "de"))
        for pattern in (r"```block\n([a-z-]+)\n```", r"\{%.*?%\}", r"\{\{.*?\}\}", r"^#+ ", r"^---$", r"^(?:- |\d+\.)"):
            wanted, found = (re.findall(pattern, t, re.MULTILINE) for t in (there, here))
            assert wanted == found, (kind, pattern)


# ------------------------------------------------------------------ the documents


def _said_by_the_project(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _said_by_the_project([getattr(value, n) for n in type(value).model_fields])
    elif isinstance(value, dict):
        yield from _said_by_the_project([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _said_by_the_project(item)
    elif hasattr(value, "__slots__") or hasattr(value, "__dict__"):
        names = getattr(value, "__slots__", None) or vars(value)
        yield from _said_by_the_project(
            [getattr(value, n) for n in names if not n.startswith("_") and not callable(getattr(value, n, None))]
        )


def _without(text: str, theirs: list[str]) -> str:
    for words in theirs:
        if words.lower() in text.lower():
            text = re.sub(re.escape(words), " ", text, flags=re.IGNORECASE)
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_no_english_is_left_but_what_the_project_wrote_or_a_regulation_says(kind):
    m = in_german(kind)
    report = compose(m, Templates(None, escape))
    assert report.language == "de"
    theirs = {*_said_by_the_project(m.spec), *_said_by_the_project(m.protocol), *_said_by_the_project(list(m.references))}
    theirs |= {*_said_by_the_project([*m.runs, *m.deviations, *m.documents, *m.people, *m.signatures])}
    theirs |= {c.heading for c in clauses().values()} | {"Signed by:"}  # words of a form in the answer of a system
    theirs |= {*titles(m.protocol).values()} if m.protocol else set()
    longest = sorted((" ".join(t.split()) for t in theirs if len(t) > 3), key=len, reverse=True)
    told = [t for t in dict.fromkeys(texts(report)) if t not in theirs]
    assert [t for t in (_without(t, longest) for t in told if _ENGLISH.search(t)) if _ENGLISH.search(t)] == []
    of_english = {k for k, v in phrases("de").items() if k != v and " " in k and not places_of(k)}
    assert [t for t in told if _without(t, longest) in of_english] == []
    plain = [_without(t, longest) for t in dict.fromkeys(texts(report_of(kind))) if _ENGLISH.search(t)]
    assert sum(bool(_ENGLISH.search(t)) for t in plain) > 4, "the same search finds English where it is"


@pytest.mark.parametrize("language", ["en", "de"])
def test_who_answered_is_told_in_the_language_of_the_document(language):
    """A real run names its counterparts; in English the report says what the record says."""
    answered = (
        Counterpart(kind="real server", name="Pipeline", version="1.0", digest="sha256:77"),
        Counterpart(kind="emulator", name="moto", version="5.1"),
        Counterpart(kind="stub", name="Attrappe", version="1"),
        NOT_SAID,
    )
    m = in_german("iq-report") if language == "de" else material("iq-report")
    runs = [replace(r, target_start=r.target_start.model_copy(update={"counterparts": answered})) for r in m.runs]
    report = compose(replace(m, runs=runs), Templates(None, escape))
    name = {"en": "Counterpart", "de": "Gegenstelle"}[language]
    told = [value for b in report.blocks if isinstance(b, Facts) for n, value in b.rows if n == name]
    assert len(told) >= len(answered)
    if language == "en":
        assert told[: len(answered)] == [c.words for c in answered]
    else:
        assert [t for t in told if _ENGLISH.search(t)] == []
        assert any("EIN EMULATOR" in t for t in told)


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_is_wider_than_its_column(kind):
    """Titles, ids and verdicts of tables are never cut within a word, in no language that ships."""
    for report in (german(kind), report_of(kind)):
        for chapter in outline.outline(report).chapters:
            total = look.PAGE[1 if chapter.wide else 0] - 2 * look.SIDE
            for block in (p.block for p in chapter.parts if isinstance(p.block, Table)):
                shared = 1.07 if any(c.kind == "place" for c in block.columns) else 1.0  # a PDF adds the column of pages
                for n, column in enumerate(block.columns):
                    room = column.width * total / shared - 2 * look.PAD
                    cells = [(column.title, Face.BOLD)]
                    cells += [
                        (row[n], Face.BOLD if column.kind == "verdict" else Face.SANS)
                        for row in block.rows
                        if column.kind in ("id", "place", "verdict")
                    ]
                    words = {(word, face) for text, face in cells for word in text.split()}
                    assert [w for w, face in words if width(w, face, look.CELL) > room] == [], (
                        block.caption,
                        column.title,
                        report.language,
                    )


@pytest.mark.parametrize("kind", ["urs", "oq-protocol"])
def test_a_german_document_reads_back_from_word_pdf_and_screen(kind):
    report = german(kind, poisoned=True)
    wanted = readback.of_outline(outline.outline(report))
    assert readback.differences(wanted, readback_word.read(word.draw(report))) == []
    assert readback_pdf.differences(wanted, pdf.draw(report)) == []
    page = html.draw(report)
    assert readback.differences(wanted, readback_html.read(page)[0]) == []
    assert b'<html lang="de">' in page
    other = replace(report, language="")
    assert readback_pdf.differences(readback.of_outline(outline.outline(other)), pdf.draw(report)) != []


def test_what_the_project_wrote_stays_word_for_word_though_it_is_a_phrase_of_csvgen():
    m = in_german("fs")
    first = m.spec.functions[0].model_copy(update={"title": "Requirement", "behaviour": "none", "design": "{number} Approval"})
    m = replace(m, spec=replace(m.spec, functions=(first, *m.spec.functions[1:])))
    report = compose(m, Templates(None, escape))
    assert any(b.text == f"{first.id} Requirement" for b in report.blocks if isinstance(b, Heading))
    facts = next(b for b in report.blocks if isinstance(b, Facts) and dict(b.rows).get("Setzt um"))
    assert dict(facts.rows)["Verhalten"] == "none"
    assert dict(facts.rows)["Entwurf"] == "{number} Approval"


def test_a_phrase_without_a_word_is_named_and_nothing_is_composed(monkeypatch):
    less = {k: v for k, v in phrases("de").items() if k not in ("Role", "Kept: {how_long}")}
    monkeypatch.setattr(compose_module, "wording_for", lambda language, _: wording.Wording(language, less))
    with pytest.raises(ConfigError, match="'Role'"):
        german("oq-protocol")


def test_a_text_that_nobody_called_a_phrase_or_the_projects_own_is_refused():
    report = replace(report_of("urs"), blocks=(Paragraph("Something made up in the code."), Heading(1, own("Title of ours"))))
    with pytest.raises(ConfigError, match="made up in the code"):
        in_language(report, "de")
    assert in_language(report, "").blocks[0] == Paragraph("Something made up in the code.")


def test_a_value_is_no_phrase_and_no_place():
    value = joined(", ", (say("none"), "none", HOSTILE[0], say("risks {risks}", risks="{risks} none")))
    report = replace(report_of("urs"), blocks=(Facts(((say("Role"), value),)),))
    (facts,) = in_language(report, "de").blocks
    assert facts.rows == (("Rolle", f"keine, none, {HOSTILE[0]}, Risiken {{risks}} none"),)
    assert all(type(t) is str for row in facts.rows for t in row)


def test_composed_reports_hold_plain_texts_only():
    for report in (german("urs"), report_of("urs")):
        for block in report.blocks:
            found = (
                [*block.items]
                if isinstance(block, Bullets)
                else [t for r in block.rows for t in r]
                if isinstance(block, Table)
                else []
            )
            assert all(type(t) is str for t in found)


# ------------------------------------------------------------------ what is bound, what is told


@pytest.mark.parametrize("kind", ["urs", "oq-protocol", "oq-report"])
def test_the_language_is_bound_and_english_says_nothing(kind):
    m = material(kind)

    def content(**language: str) -> str:
        spec = replace(m.spec, system=m.spec.system.model_copy(update=language))
        return content_of(kind, spec, m.protocol, lambda: m.matrix, m.runs, m.deviations)

    assert content() == content(language="en")
    assert content() != content(language="de")
    assert "language" not in m.spec.system.model_dump()


def test_the_mark_of_an_empty_box_is_in_the_language_too():
    said = phrases("de")[pdf_unsigned.WORD]
    assert set(said) - {" "} <= set(pdf_unsigned._LETTERS)
    boxes = [pdf_unsigned.strokes(226, 82, w) for w in (said, pdf_unsigned.WORD)]
    assert boxes[0] != boxes[1]
    lefts = [float(x) for x in re.findall(rb"([\d.-]+) [\d.]+ m", boxes[0])]
    assert 0 < min(lefts) < max(lefts) < 226


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """As much of a package as the rules about documents look at, with one German document."""
    folder = tmp_path_factory.mktemp("package")
    report = german("oq-protocol")
    (folder / "documents").mkdir()
    (folder / "documents" / "x.pdf").write_bytes(pdf.draw(report))
    reading = readback.of_outline(outline.outline(report))
    record = SimpleNamespace(
        id=report.id, revision=report.revision, kind="oq-protocol", system_version="1.0.0", renditions=(SimpleNamespace(file="x.pdf", media_type=PDF),),
    )  # fmt: skip
    return SimpleNamespace(folder=folder, texts=((record, reading),), material=material("oq-protocol"))


@pytest.mark.parametrize("rule", ["pages", "named_version", "empty_section", "placeholder"])
def test_rules_of_good_documentation_read_german(package, rule):
    assert [h.message for h in getattr(gdp_documents, rule)(package)] == []


def test_and_find_what_is_wrong_in_german(package):
    ((record, reading),) = package.texts
    other = SimpleNamespace(**{**vars(record), "revision": 7, "system_version": "9"})
    wrong = SimpleNamespace(folder=package.folder, texts=((other, reading),), material=package.material)
    assert any("does not carry" in h.message for h in gdp_documents.pages(wrong))
    told = [h.message for h in gdp_documents.named_version(wrong)]
    assert any("says Revision 1" in t for t in told)
    assert any("does not name the version 9" in t for t in told)
    english = SimpleNamespace(
        folder=package.folder, texts=((record, replace(reading, words=wording.IN_ENGLISH)),), material=package.material
    )
    assert any("is numbered not at all" in h.message for h in gdp_documents.pages(english))
