"""What is beside the documents, in German: the index page and README of a package, a copy of the audit trail, the box of a signature."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.audit.export import TrailCopy
from csvgen.audit.selection import Selection, moment
from csvgen.canonical import Digest, digest_bytes, read_canonical
from csvgen.catalog.clauses import clauses
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.audit import Change, Event, Head
from csvgen.model.package import PackageManifest
from csvgen.model.report import Paragraph
from csvgen.report import html_index, neutral
from csvgen.report.before import shared_language
from csvgen.report.lines import line_picture
from csvgen.report.trail import draw_trail, trail_report
from csvgen.report.wording import IN_ENGLISH, in_language, own, wording
from csvgen.signature.approvals import load
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.stamp import appearance
from csvgen.templates import shipped
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material
from csvgen.verification.index import check_index
from csvgen.workflow import pack, package, partial
from csvgen.workflow.renditions import words_of

from ..report.material import report_of
from ..report.test_wording import _ENGLISH, german, texts
from .conftest import light_copy

GERMAN = wording("de")


def english_in(texts: list[str], theirs: list[str]) -> list[str]:
    """Texts with an English word in them, or that are a phrase in English, once the words of the record are taken out."""
    known = {k for k, v in GERMAN.phrases.items() if k != v and " " in k}
    found = []
    for text in texts:
        left = text
        for words in sorted(theirs, key=len, reverse=True):
            left = left.replace(words, " ")
        if _ENGLISH.search(left) or any(k in left for k in known):
            found.append(left)
    return found


# ------------------------------------------------------------------ a package


def in_german(state):
    """The state of a project as if its system asked for German."""
    spec = replace(state.spec, system=state.spec.system.model_copy(update={"language": "de"}))
    made = replace(state, spec=spec)
    made.__dict__.update({name: getattr(state, name) for name in ("approvals", "runs", "matrix", "deviations", "imports")})
    return made


@pytest.fixture
def packed(stages, tmp_path) -> tuple[Path, object]:
    """A package with the guides of a German project, and the state they were written from."""
    folder, state = light_copy(stages.package(), tmp_path / "package"), in_german(stages.at("oq-closed").state)
    for name, data in (
        ("index.html", html_index.draw(pack._index(folder, state, "2026-11-21T08:33:01.000000Z", GERMAN), GERMAN)),
        ("README.txt", package._readme(state, "2026-11-21T08:33:01.000000Z").encode("utf-8")),
    ):
        (folder / name).unlink()
        (folder / name).write_bytes(data)
    return folder, state


def words_on(page: str) -> list[str]:
    """Every text of a page of HTML, and every label of one."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|data-title)="([^"]*)"', body)
    return [" ".join(t.split()) for t in (*re.split(r"<[^>]*>", body), *labels) if t.strip()]


def test_a_german_index_page_holds_no_english(packed, stages):
    folder, state = packed
    page = (folder / "index.html").read_text(encoding="utf-8")
    theirs = [a.document.title for a in state.approvals] + [state.spec.system.organisation, state.spec.system.name]
    theirs += [g.detail for g in state.matrix.gaps if g.kind in html_index.OWN_DETAIL]
    commands = [*html_index._COMMANDS, "csvgen verify . --trust VERTRAUENSORDNER"]
    assert '<html lang="de">' in page
    assert english_in(words_on(page), theirs + commands) == []
    english = (stages.package() / "index.html").read_text(encoding="utf-8")
    assert len(english_in(words_on(english), theirs + commands)) > 10, "the same search finds English where it is"
    assert re.findall('href="([^"]*)"', page) == re.findall('href="([^"]*)"', english), "and it leads to the same files"


def checked(folder: Path, language: str):
    manifest = PackageManifest.model_validate(read_canonical((folder / "package.json").read_bytes(), ""))
    material = Material.read(folder, manifest, load(folder / "protocols" / "tiny" / "approvals"), Trust.none)
    system = material.spec.system.model_copy(update={"language": language})
    checks = Checks()
    check_index(folder, replace(material, spec=replace(material.spec, system=system)), checks)
    return checks.result().checks[0]


def test_a_german_index_is_held_against_the_package(packed, stages):
    folder, _ = packed
    assert checked(folder, "de").outcome == "holds"
    path = folder / "index.html"
    data = path.read_bytes()
    for old, new in ((b">2 von 2<", b">3 von 3<"), (b">Wiederholung<", b">offen<"), (b'bad">FAILED 1', b'good">PASSED 1')):
        assert old in data
        path.unlink()
        path.write_bytes(data.replace(old, new, 1))
        assert checked(folder, "de").outcome == "fails", old
    path.unlink()
    path.write_bytes((stages.package() / "index.html").read_bytes())
    assert checked(folder, "de").outcome == "holds", "a package of before, whose page was English in every language"


def test_the_readme_of_a_german_package_says_the_same_in_german(packed, stages):
    folder, state = packed
    told, english = ((f / "README.txt").read_text(encoding="utf-8") for f in (folder, stages.package()))
    commands = [line.partition(":")[2] for line in told.splitlines() if "openssl" in line or "sha256sum" in line]
    commands += ["docs/verify-without-csvgen.md"]
    assert english_in(told.splitlines(), [*commands, state.spec.system.name]) == []
    assert len(english_in(english.splitlines(), [*commands, state.spec.system.name])) > 20
    for pattern in (r"\{%.*?%\}", r"\{\{.*?\}\}", r"^  [a-z][a-z_./, 0-9-]*?  ", r"openssl [a-z]+ .* -in ", r"(?<= )docs/\S+"):
        here, there = (
            re.findall(pattern, (shipped() / "package" / name).read_text(encoding="utf-8"), re.MULTILINE)
            for name in ("README.txt.j2", "de/README.txt.j2")
        )
        assert here == there != [], pattern


def test_a_german_partial_copy_holds_no_english_but_what_was_recorded(packed, stages):
    _, german_state = packed
    english_state = stages.at("oq-closed").state

    def drawn(state):
        requirement = state.spec.requirements[0]
        cases = [c for c in state.protocol.cases if requirement.id in c.requirements]
        executed = [(run, r) for run in state.runs for r in run.results if r.case in {c.id for c in cases}]
        assert executed
        report = partial._report(
            state, requirement, cases, executed, made="2026-11-21T08:33:01.000000Z", content=f"sha256:{'4' * 64}"
        )
        theirs = [requirement.title, requirement.statement, state.spec.system.organisation, state.spec.system.name]
        theirs += [c.heading for c in clauses().values()] + [r.reason for _, r in executed if r.reason]
        theirs += [text for c in cases for text in (c.title, *(f"{s.keyword} {s.text}" for s in c.steps))]
        return report, english_in(list(texts(report)), theirs)

    report, left = drawn(german_state)
    assert left == []
    assert report.language == "de"
    assert report.banner.startswith("TEILKOPIE - nur die Anforderung URS-TNY-")
    report, left = drawn(english_state)
    assert report.banner.startswith("PARTIAL COPY - only requirement URS-TNY-")
    assert len(left) > 5


# ------------------------------------------------------------------ a copy of the trail


def event(seq: int, **changed: object) -> Event:
    values = {
        "seq": seq, "at": "2026-11-21T08:33:01.000000Z", "offset": "+01:00", "person": "ruth.amsel", "printed_name": "Ruth Amsel",
        "role": "quality", "action": "modify", "record": "lot/7", "version": 2, "reason": "weighed again with the other scale",
        "changes": (Change(field="mass", old="", new="7 mg"),), "source": "host", "csvgen": "0.9", "previous": f"sha256:{'0' * 64}",
    }  # fmt: skip
    return Event(**{**values, **changed})


def copy_of(selection: Selection, *events: Event) -> TrailCopy:
    root = Digest(f"sha256:{'1' * 64}")
    return TrailCopy(selection, tuple((b"{}", e) for e in events), Head(9, root), root, "2026-11-21T08:33:01.000000Z")


FILTERS = {
    "whole": Selection(),
    "partial": Selection("lot/", "ruth.amsel", "modify", moment("2026-01-01"), moment("2026-12-31", end=True), "scale"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_german_copy_of_the_trail_holds_no_english_but_what_was_recorded(name):
    copy = copy_of(FILTERS[name], event(1), event(2, clock="1", changes=()))
    report = trail_report(copy, "Werk Nord", GERMAN)
    assert report.language == "de"
    theirs = [e.reason for _, e in copy.events]
    assert english_in(list(texts(report)), theirs) == []
    assert len(english_in(list(texts(trail_report(copy, "Werk Nord"))), theirs)) > 4
    said = " ".join(texts(report))
    assert "mass: (nichts) -> 7 mg" in said
    assert "weighed again with the other scale" in said, "what a person wrote stays as it was written"
    assert ("TEILKOPIE: Aufzeichnung lot/, Person ruth.amsel" in report.banner) == (name == "partial")
    english = trail_report(copy, "Werk Nord")
    assert english.banner == (f"PARTIAL COPY: {copy.selection}" if copy.selection.partial else "")


@pytest.mark.needs("pdftotext")
def test_every_page_of_a_german_partial_copy_carries_its_filter(tmp_path):
    copy = copy_of(FILTERS["partial"], *(event(n) for n in range(1, 90)))
    (tmp_path / "copy.pdf").write_bytes(draw_trail(copy, "Werk Nord", GERMAN))
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "copy.pdf", "-"], capture_output=True, check=True, text=True)
    pages = done.stdout.split("\f")[:-1]
    assert len(pages) > 2
    assert all("TEILKOPIE: Aufzeichnung lot/" in page and re.search(r"Seite \d+ von \d+", page) for page in pages)


def test_a_copy_is_in_the_language_that_all_systems_of_the_project_ask_for(tmp_path):
    def system(name: str, text: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "system.yaml").write_text(f"id: {name}\n{text}", encoding="utf-8")

    assert shared_language(tmp_path) == ""
    system("one", "language: de\n")
    assert shared_language(tmp_path) == "de"
    system("two", "")
    assert shared_language(tmp_path) == ""
    system("two", "language: de\n")
    assert shared_language(tmp_path) == "de"


# ------------------------------------------------------------------ the box of a signature


def shown(**changed: object) -> Manifestation:
    values = {
        "printed_name": "Ruth Amsel", "role": "quality", "meaning": "approved", "reason": "Geprüft und für gut befunden. " * 12,
        "signed": "2026-11-21T08:33:01.000000Z", "record_id": "QCR-VP", "revision": 1,
        "record_digest": Digest(f"sha256:{'2' * 64}"), "demonstration": True,
    }  # fmt: skip
    return Manifestation(**{**values, **changed})


@pytest.mark.needs("pdftotext")
def test_the_box_of_a_signature_is_german_in_a_german_document(tmp_path):
    (tmp_path / "box.pdf").write_bytes(appearance(shown(), 226, 82, GERMAN))
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "box.pdf", "-"], capture_output=True, check=True, text=True)
    told = " ".join(done.stdout.split())
    for line in ("Bedeutung: approved (genehmigt)", "Unterschrieben: 2026-11-21 08:33:01 +00:00", "[gekürzt]", "VORFÜHRUNG"):
        assert line in told
    assert english_in([*shown().lines(words=GERMAN), shown().statement(words=GERMAN), shown().statement(255, GERMAN)], []) == []
    assert shown().lines()[1] == "Meaning: approved"
    assert shown().lines(40)[2].endswith(" [shortened]")
    assert len(shown().statement(255, GERMAN)) <= 255


@pytest.mark.parametrize("meaning", ["authored", "reviewed", "approved", "responsible", "issued", "performed", "verified"])
def test_every_meaning_has_a_german_word_and_keeps_its_own(meaning):
    line = shown(meaning=meaning).lines(words=GERMAN)[1]
    assert re.fullmatch(rf"Bedeutung: {meaning} \([a-zäöü]+\)", line)


def test_the_picture_of_a_line_in_word_warns_in_german():
    lines = shown().lines(60, GERMAN)
    english, german = (
        line_picture(lines, kind="invalid", alarm=a) for a in ("", GERMAN.say("INVALID: this signature does not hold"))
    )
    assert english != german


def test_the_words_of_a_box_are_those_the_document_was_drawn_with(tmp_path):
    def kept(report) -> SimpleNamespace:
        data = neutral.kept(report)
        (tmp_path / f"{report.id}-r{report.revision}{neutral.ENDING}").write_bytes(data)
        return SimpleNamespace(id=report.id, revision=report.revision, text=digest_bytes(data))

    assert words_of(tmp_path, kept(report_of("urs"))) == IN_ENGLISH
    record = kept(german("urs"))
    assert words_of(tmp_path, record) == GERMAN
    ours = wording("de").phrases | {"Meaning: {meaning}": "Sens: {meaning}"}
    french = in_language(replace(report_of("urs"), blocks=(Paragraph(own("X")),)), replace(GERMAN, language="fr", phrases=ours))
    assert shown().lines(words=words_of(tmp_path, kept(french)))[1].startswith("Sens: approved")
    assert words_of(tmp_path / "nowhere", record) == IN_ENGLISH
    changed = SimpleNamespace(id=record.id, revision=record.revision, text=f"sha256:{'3' * 64}")
    with pytest.raises(NotIntact, match="not the text that the document record names"):
        words_of(tmp_path, changed)
