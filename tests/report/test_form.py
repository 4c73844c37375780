"""A company's own Word template filled by its content controls: words where the tags stand, rows by their prototype, and read back."""

from __future__ import annotations

import copy
import datetime as dt
import io
import re
import runpy
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from lxml import etree

from csvgen.canonical import normalised_zip
from csvgen.cli import cli
from csvgen.errors import BadInput
from csvgen.model.report import ApprovalPage, Report
from csvgen.report import neutral, readback, readback_word, word
from csvgen.report.form_check import problems
from csvgen.report.form_read import fixed_text
from csvgen.report.form_start import control, with_tags
from csvgen.report.form_tags import IN_PLACE, KNOWN, PREFIX, SPECIMENS
from csvgen.report.lines import signature_line_id
from csvgen.report.outline import outline
from csvgen.report.readback import Grid, Line
from csvgen.report.text import shown
from csvgen.report.word_xml import el, paragraph, run
from csvgen.signature import word as signing

from ..signature.conftest import Pki
from .material import report_of
from .sample import HOSTILE, report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "examples" / "house" / "templates"
FORM = (HOUSE / "reference.docx").read_bytes()
START = with_tags(word.default_reference())


def on(form: bytes, document: Report) -> Report:
    return replace(document, form=fixed_text(form))


def differences(document: Report, data: bytes) -> list[str]:
    return readback.differences(readback.of_outline(outline(document)), readback_word.read(data))


def edited(data: bytes, change, part: str = "word/document.xml") -> bytes:
    """A Word file with one part changed as a tree."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    root = etree.fromstring(parts[part])
    change(root)
    parts[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return normalised_zip(list(parts.items()), first="[Content_Types].xml")


def body(data: bytes):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return etree.fromstring(archive.read("word/document.xml"))[0]


def tagged(root, tag: str):
    return [s for s in root.iter(f"{W}sdt") if s.find(f"{W}sdtPr/{W}tag").get(f"{W}val") == PREFIX + tag]


def text(element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{W}t"))


@pytest.fixture(scope="module")
def poisoned() -> Report:
    """A document with text that means harm in its cover too."""
    own = report_of("oq-report", poisoned=True)
    return on(FORM, replace(own, organisation=HOSTILE[0], title=HOSTILE[1], subtitle=HOSTILE[2]))


@pytest.fixture(scope="module")
def filled(poisoned) -> bytes:
    return word.draw(poisoned, FORM)


# ------------------------------------------------------------------ filled


def test_everything_stands_where_its_tag_stood_and_hostile_text_is_text(poisoned, filled):
    root = body(filled)
    for tag, wanted in (("title", poisoned.title), ("organisation", poisoned.organisation), ("content-digest", poisoned.content)):
        (found,) = tagged(root, tag)
        lines = "\n".join(shown(wanted).split("\n")).replace("\n", "")
        assert text(found) == lines
    assert "Controlled document of the quality system." in text(root)
    assert not re.findall(rf"{PREFIX}[a-z.-]+", text(root)), "a place was not filled"


@pytest.mark.parametrize(
    ("kind", "form"),
    [("plan", FORM), ("oq-protocol", FORM), ("oq-report", START), ("training-log", START)],
    ids=lambda v: v if isinstance(v, str) else len(v),
)
def test_every_document_on_a_form_reads_back_and_can_be_signed(kind, form):
    document = on(form, report_of(kind, poisoned=True))
    data = word.draw(document, form)
    assert differences(document, data) == []
    assert signing.refusals(data) == ()
    assert data == word.draw(document, form)


def test_rows_repeat_the_prototype_with_its_formatting(poisoned, filled):
    prototype = tagged(body(FORM), "facts.name")[0].getparent().getparent().getparent()
    shade = prototype.find(f".//{W}shd").attrib
    plan = outline(poisoned)
    names = tagged(body(filled), "facts.name")
    assert [text(n) for n in names] == [name for name, _ in plan.identification]
    for name in names:
        row = next(name.iterancestors(f"{W}tr"))
        assert [s.attrib for s in row.iter(f"{W}shd")] == [shade] * 2
    roles = [text(r) for r in tagged(body(filled), "approval.role")]
    assert roles == [shown(s.role) for s in poisoned.slots]
    assert len(roles) > 1


def test_tables_of_steps_look_as_the_specimen(filled):
    head = next(t for t in body(FORM).iter(f"{W}tbl") if tagged(t, "executed.step"))
    wine = head.find(f".//{W}shd").get(f"{W}fill")
    steps = [t for t in body(filled).iter(f"{W}tbl") if len(t.find(f"{W}tr").findall(f"{W}tc")) == len(SPECIMENS["executed"])]
    shaded = [t for t in steps if t.find(f"{W}tr/{W}tc/{W}tcPr/{W}shd") is not None]
    assert len(shaded) > 2
    for made in shaded:
        first, *rest = made.findall(f"{W}tr")
        assert {s.get(f"{W}fill") for s in first.iter(f"{W}shd")} == {wine}
        assert first.find(f"{W}trPr/{W}tblHeader") is not None
        for row in (r for r in rest if len(r.findall(f"{W}tc")) == len(SPECIMENS["executed"])):
            assert row.findall(f"{W}tc")[2].find(f".//{W}rPr/{W}i") is not None
            assert row.find(f"{W}trPr/{W}cantSplit") is not None
        columns = [int(c.get(f"{W}w")) for c in made.iter(f"{W}gridCol")]
        assert sum(columns) > 13_000, "a wide chapter has wide tables"


def test_a_filled_control_is_locked_and_bound_to_nothing(poisoned):
    def bind(root):
        properties = tagged(root, "title")[0].find(f"{W}sdtPr")
        for name in ("showingPlcHdr", "placeholder", "dataBinding"):
            properties.append(etree.Element(f"{W}{name}"))
        properties.append(etree.Element("{http://schemas.microsoft.com/office/word/2012/wordml}dataBinding"))
        properties.insert(0, el("w:rPr", None, el("w:b")))

    form = edited(FORM, bind)
    data = word.draw(on(form, poisoned), form)
    controls = list(body(data).iter(f"{W}sdt"))
    ids = [c.find(f"{W}sdtPr/{W}id").get(f"{W}val") for c in controls]
    assert len(set(ids)) == len(ids)
    for made in controls:
        lock = made.find(f"{W}sdtPr/{W}lock")
        place = made.find(f"{W}sdtPr/{W}tag").get(f"{W}val") == f"{PREFIX}approval.signature"
        assert place or lock.get(f"{W}val") == "sdtContentLocked"
    title = tagged(body(data), "title")[0].find(f"{W}sdtPr")
    assert {etree.QName(c).localname for c in title} == {"rPr", "alias", "tag", "id", "lock"}
    assert tagged(body(data), "title")[0].find(f".//{W}sdtContent//{W}rPr/{W}b") is not None
    assert signing.refusals(data) == ()
    assert differences(on(form, poisoned), data) == []


def test_people_sign_on_the_lines_of_the_form():
    document = on(FORM, report_of("oq-report"))
    data = word.draw(document, FORM)
    pki = Pki.make(dt.datetime.now(dt.UTC).replace(microsecond=0))
    for n in range(2):
        line = signature_line_id(document.id, document.revision, f"signature-{n + 1}")
        data = pki.sign_word(data, n, line)
    seen = signing.inspect(data, pki.trust)
    assert seen.faults == ()
    assert len(seen.signatures) == 2
    assert differences(document, data) == []


def test_a_form_without_rows_for_signatures_and_without_tags_in_its_header_has_them_from_csvgen():
    def bare(root):
        approval = next(t for t in root.iter(f"{W}tbl") if tagged(t, "approval.role"))
        approval.getparent().remove(approval)

    def untagged(root):
        for sdt in list(root.iter(f"{W}sdt")):
            sdt.getparent().remove(sdt)

    form = edited(FORM, bare)
    for name in ("word/header1.xml", "word/footer1.xml"):
        form = edited(form, untagged, name)
    document = on(form, report())
    data = word.draw(document, form)
    assert differences(document, data) == []
    assert any(p.text == "Approval" for p in readback_word.read(data).pieces if isinstance(p, Line))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "QC-OQR-001 · Revision 2" in archive.read("word/header1.xml").decode()


def test_a_document_that_nobody_signs_says_so_in_the_row():
    document = report()
    unsigned = on(FORM, replace(document, blocks=(ApprovalPage(()), *document.blocks[1:])))
    data = word.draw(unsigned, FORM)
    assert differences(unsigned, data) == []
    assert [text(r) for r in tagged(body(data), "approval.role")] == ["No signature is required on this document."]


# ------------------------------------------------------------------ changed afterwards


def _other_value(root):
    next(tagged(root, "title")[0].iter(f"{W}t")).text = "Another title"


def _more_words(root):
    root[0].insert(0, paragraph("Normal", run("This system need not be validated.")))


def _fewer_words(root):
    note = next(p for p in root[0] if "Controlled document" in text(p))
    next(note.iter(f"{W}t")).text = ""


def _other_fact(root):
    next(tagged(root, "facts.value")[1].iter(f"{W}t")).text = "7"


def _row_gone(root):
    row = next(tagged(root, "facts.value")[1].iterancestors(f"{W}tr"))
    row.getparent().remove(row)


def _other_role(root):
    next(tagged(root, "approval.role")[0].iter(f"{W}t")).text = "Nobody"


def _in_the_body(root):
    next(t for t in root.iter(f"{W}t") if t.text == "PASSED").text = "FAILED"


def _before_the_mark(root):
    start = next(c for c in root[0] if c.tag == f"{W}bookmarkStart")
    start.addprevious(paragraph("Normal", run("Put in.")))


def _control_gone(root):
    made = tagged(root, "official")[0]
    made.getparent().remove(made)


CHANGES = {
    _other_value: "'Another title' stands at csvgen:title", _more_words: "own words", _fewer_words: "own words",
    _other_fact: "the form, facts", _row_gone: "the form, facts", _other_role: "the form, approval",
    _in_the_body: "'FAILED' stands where 'PASSED' belongs", _before_the_mark: "'Put in.'", _control_gone: "csvgen:official",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_one_word_another_anywhere_is_named(change):
    document = on(FORM, report())
    data = word.draw(document, FORM)
    assert any(CHANGES[change] in fault for fault in differences(document, edited(data, change)))


def test_a_header_that_says_otherwise_is_named():
    document = on(FORM, report())
    data = word.draw(document, FORM)

    def other(root):
        next(tagged(root, "revision")[0].iter(f"{W}t")).text = "9"

    assert any("csvgen:revision" in fault for fault in differences(document, edited(data, other, "word/header1.xml")))


def test_the_words_of_the_form_are_bound_and_without_a_form_nothing_changes():
    plain, own = report(), on(FORM, report())
    assert plain.digest != own.digest
    assert b'"form"' not in neutral.kept(plain)
    assert neutral.read(neutral.kept(own)) == own
    assert report_of("urs").form == ()
    assert differences(plain, word.draw(own, FORM)) != []


# ------------------------------------------------------------------ what is wrong with a form


def _add(tag, block=True):
    return lambda root: root[0].insert(
        0, control(tag, block=block, style="Normal") if block else paragraph("Normal", control(tag))
    )


def _drop(tag):
    def change(root):
        for made in tagged(root, tag):
            made.getparent().remove(made)

    return change


def _body_in_table(root):
    made = tagged(root, "body")[0]
    cell = next(root.iter(f"{W}tc"))
    cell.insert(1, made)


def _date_picker(root):
    tagged(root, "title")[0].find(f"{W}sdtPr").append(etree.Element(f"{W}date"))


def _two_rows(root):
    row = next(tagged(root, "facts.name")[0].iterancestors(f"{W}tr"))
    other = copy.deepcopy(row)
    row.addnext(other)
    for made, tag in ((row, "facts.value"), (other, "facts.name")):
        gone = tagged(made, tag)[0]
        gone.getparent().remove(gone)


def _other_order(root):
    row = next(tagged(root, "script.kind")[0].iterancestors(f"{W}tr"))
    row.append(row.findall(f"{W}tc")[0])


def _two_sections(root):
    root[0].insert(0, el("w:p", None, el("w:pPr", None, el("w:sectPr"))))


def _link(root):
    root[0].insert(0, el("w:p", None, el("w:hyperlink", {"r:id": "rId999"}, run("x"))))


WRONG = {
    "unknown": (_add("titel"), "there is no tag csvgen:titel", "csvgen:title"),
    "missing": (_drop("subtitle"), "a control tagged csvgen:subtitle is missing", "Content Control"),
    "no body": (_drop("body"), "csvgen:body is missing", "--form"),
    "no facts": (lambda r: [_drop(t)(r) for t in IN_PLACE["facts"]], "a prototype row tagged csvgen:facts.name is missing", ""),
    "half a row": (_drop("approval.meaning"), "the prototype row of approval has no control tagged csvgen:approval.meaning", ""),
    "twice": (_add("title", block=False), "csvgen:title stands 2 times in the document", "all but one"),
    "body in a table": (_body_in_table, "csvgen:body stands inside of something", "outside of tables"),
    "kind": (_date_picker, "csvgen:title is a control of the kind date", "plain text"),
    "two rows": (_two_rows, "the controls of facts do not stand in one row", ""),
    "order": (_other_order, "the columns of script stand in another order", "script.step"),
    "sections": (_two_sections, "more than one section", "section breaks"),
    "link": (_link, "cannot be kept in it", "write addresses as text"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_form_is_told_with_its_mend_and_nothing_is_drawn_on_it(name):
    change, message, hint = WRONG[name]
    form = edited(FORM, change)
    found = [p for p in problems(form) if message in p.message]
    assert found, problems(form)
    assert hint in found[0].hint
    with pytest.raises(BadInput, match=re.escape(message)):
        word.draw(report(), form)


def test_a_header_with_some_of_its_tags_is_told():
    form = edited(FORM, _drop("status"), "word/header1.xml")
    assert [p.message for p in problems(form)] == ["header and footer together do not carry all that every page must"]


def test_the_form_to_begin_with_has_every_tag_of_the_document(tmp_path):
    found = {s.find(f"{W}sdtPr/{W}tag").get(f"{W}val").removeprefix(PREFIX) for s in body(START).iter(f"{W}sdt")}
    assert found <= set(KNOWN)
    assert {t for tags in (*IN_PLACE.values(), *SPECIMENS.values()) for t in tags} <= found
    assert problems(START) == ()
    assert problems(word.default_reference()) == ()


def test_template_write_and_check_from_the_command_line(tmp_path):
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "house"\n', encoding="utf-8")
    (tmp_path / "templates").mkdir()
    target = tmp_path / "templates" / "reference.docx"

    def run_it(*words):
        return CliRunner().invoke(cli, ["-C", str(tmp_path), "template", *words], standalone_mode=False)

    assert run_it("write", "--form", str(target)).return_value == 0
    assert target.read_bytes() == START
    assert run_it("check").return_value == 0
    target.write_bytes(edited(START, _drop("official")))
    told = run_it("check")
    assert told.return_value == 1
    assert "TPL004" in told.output
    assert "csvgen:official is missing" in told.output


def test_what_nobody_could_sign_is_told_before_anything_is_composed(tmp_path):
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "house"\n', encoding="utf-8")
    (tmp_path / "templates").mkdir()

    def today(root):
        root[0].insert(0, el("w:p", None, el("w:fldSimple", {"w:instr": " DATE "}, run("1 January"))))

    (tmp_path / "templates" / "reference.docx").write_bytes(edited(FORM, today))
    told = CliRunner().invoke(cli, ["-C", str(tmp_path), "template", "check"], standalone_mode=False)
    assert told.return_value == 1
    assert "TPL005" in told.output
    assert "DATE" in told.output


def test_the_example_is_what_its_script_makes(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["make_house_example.py", "--check"])
    with pytest.raises(SystemExit) as told:
        runpy.run_path(str(ROOT / "scripts" / "make_house_example.py"), run_name="__main__")
    assert told.value.code == 0, capsys.readouterr().err
    assert docx.Document(io.BytesIO(FORM)).core_properties.author == "Wineglass Pharma (fictitious)"


def test_grids_of_the_body_are_those_of_the_plain_drawing():
    document = on(FORM, report_of("oq-protocol"))
    plain = [p for p in readback_word.read(word.draw(document)).pieces if isinstance(p, Grid)]
    own = [p for p in readback_word.read(word.draw(document, FORM)).pieces if isinstance(p, Grid)]
    assert len(own) > 5
    assert own == plain[-len(own) :]
    assert len(plain) - len(own) == 3, "identification, digests and signatures stand in the form"
