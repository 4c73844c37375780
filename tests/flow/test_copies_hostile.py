"""Copies of single scripts and deviations with hostile text in every field of what was recorded: it stays text, in its place, in its folder."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from lxml import etree
from pydantic import BaseModel

from csvgen.model.attended import Correction, Flag, Performer
from csvgen.model.execution import Attachment
from csvgen.model.report import Report
from csvgen.model.unscripted import SessionEntry
from csvgen.report import pdf, readback, readback_pdf, readback_word, word
from csvgen.report.outline import outline
from csvgen.workflow import copies

from ..report.sample import HOSTILE

BAD = " ".join(HOSTILE)
FREE = frozenset({
    "reason", "text", "what", "expected", "actual", "source", "unit", "name", "note", "words", "why", "printed_name", "root_cause", "impact",
    "correction", "change_reference", "restriction", "account", "account_owner", "instance",
})  # fmt: skip
"""Fields that hold words of people, of systems and of files."""
STAMP = "2026-11-21T11:00:00.000000Z"
SHA = "sha256:" + "a" * 64


def poisoned(value: Any) -> Any:
    """The same value with hostile words in every field that is free; ids, verdicts, times and digests stay."""
    if isinstance(value, tuple):
        return tuple(map(poisoned, value))
    if not isinstance(value, BaseModel):
        return value
    changed = {
        n: BAD if n in FREE and isinstance(v, str) else poisoned(v) for n, v in value if n in FREE or not isinstance(v, str)
    }
    return value.model_copy(update=changed)


def told_by_people(run):
    """A run whose first case a person carried out: notes, flags, a correction and a picture, all of it recorded."""
    by = Performer(person="nadia.corso", printed_name="x", role="tester")
    first, *rest = run.results
    step = first.steps[-1].model_copy(
        update={
            "note": "x", "by": by, "witness": by,
            "flags": (Flag(kind="interrupted", words="x", reason="x"),),
            "corrections": (Correction(actual="x", verdict="FAILED", why="x", by=by, at=STAMP),),
            "attachments": (Attachment(id=f"{first.case}.1.1", name="x", media_type="image/png", size=9, sha256=SHA, captured=STAMP),),
        }
    )  # fmt: skip
    entry = SessionEntry(number=1, kind="note", at=STAMP, text="x", by=by)
    result = first.model_copy(update={"steps": (*first.steps[:-1], step), "performed_by": (by,), "session": (entry,)})
    return replace(run, results=(result, *rest))


@pytest.fixture(scope="module")
def state(stages):
    found = stages.at("oq-closed").state
    assert found.deviations, "read before the runs are changed: what was signed stays what it was"
    found.__dict__["deviations"] = tuple(replace(d, record=poisoned(d.record)) for d in found.deviations)
    runs = (told_by_people(run) for run in found.runs)
    found.__dict__["runs"] = tuple(
        replace(run, results=poisoned(run.results), plan=poisoned(run.plan), target_start=poisoned(run.target_start))
        for run in runs
    )
    return found


def the_same(made: Report) -> None:
    """Both files say word for word what the copy says, hold nothing that acts, and every hostile word is in them."""
    plan = readback.of_outline(outline(made))
    docx, printed = word.draw(made), pdf.draw(made)
    assert readback.differences(plan, readback_word.read(docx, "copy.docx")) == []
    assert readback_pdf.differences(plan, printed) == []
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        for name in (n for n in archive.namelist() if n.endswith((".xml", ".rels"))):
            etree.fromstring(archive.read(name))
            assert b"example.invalid" not in archive.read(name) or not name.endswith(".rels"), "a link out of a text"
        body = archive.read("word/document.xml").decode()
    for tag in ("&lt;script&gt;", "=HYPERLINK(", "{{ jinja }}", "[U+202E]", "&lt;/w:t&gt;"):
        assert tag in body, tag
    with pikepdf.open(io.BytesIO(printed)) as file:
        assert not [
            o for o in file.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") in ("/JavaScript", "/Launch", "/URI")
        ]


def test_a_copy_of_a_script_with_hostile_text_in_every_field(state):
    made = copies.script(state, "TC-IQ-0001", "IQ-001")
    text = str(made.blocks)
    for field in (
        "Notes of the session",
        "Corrected answers",
        "To be looked at",
        "Notes for the deviation",
        "Pictures kept as evidence",
    ):
        assert field in text, field
    the_same(made)


def test_a_copy_of_a_deviation_with_hostile_text_in_every_field(state):
    the_same(copies.deviation(state, "DEV-001"))


@pytest.mark.parametrize("case", ["../../../etc/passwd", "a/b\\c:d*?", "W" * 400, "\u202ecod\n.exe", "CON "])
def test_a_copy_lies_in_its_folder_whatever_its_case_is_called(state, case):
    run, *others = state.runs
    first, *rest = run.results
    renamed = replace(run, results=(first.model_copy(update={"case": case}), *rest))
    odd = replace(state)
    odd.__dict__.update(state.__dict__, runs=(renamed, *others))
    made = copies.script(odd, case)
    folder = odd.config.documents("tiny").with_name("copies")
    for path in copies.save(odd, made):
        assert path.resolve().parent == folder.resolve()
        assert path.is_file()
        assert path.name.isascii()
        assert len(path.name) < 160
