"""The risk assessment under each scheme: its scales and tables in full, every rating with its reason, and what is only claimed."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from csvgen.model.report import Facts, Report, Table
from csvgen.model.risk import Risk
from csvgen.report import pdf, word
from csvgen.report.compose import compose
from csvgen.report.markdown import escape
from csvgen.risk.read import read_scheme
from csvgen.risk.scheme import scheme
from csvgen.templates import Templates
from csvgen.trace.content import specification_content

from .material import material
from .outside import packed, page_texts

HOSTILE = "a | b : c"
OWN = f"""\
format: csvgen.risk-scheme/2
id: site-csa
version: "2"
title: "{HOSTILE}"
note: Site decision.
scales:
  severity:
    title: "{HOSTILE}"
    meaning: Harm.
    grades:
      - {{grade: fine, label: "{HOSTILE}", meaning: Nothing.}}
      - {{grade: bad, label: "=1+1", meaning: Harm.}}
computation: {{kind: single, priority: {{fine: low, bad: high}}}}
"""
GIVEN: dict[str, tuple[dict[str, str], dict[str, str] | None]] = {
    "gamp5-two-step": ({"severity": "high", "probability": "medium", "detectability": "low"}, {"probability": "low", "detectability": "high"}),
    "rpn-1-3": ({"severity": "3", "probability": "2", "detectability": "3"}, {"probability": "1", "detectability": "2"}),
    "rpn-1-5": ({"severity": "5", "probability": "4", "detectability": "4"}, {"probability": "1", "detectability": "2"}),
    "rpn-1-10": ({"severity": "10", "probability": "4", "detectability": "9"}, {"probability": "2", "detectability": "3"}),
    "opendevstack": ({"severity": "high", "probability": "medium", "detectability": "after-impact", "relevance": "r2"},
                     {"probability": "low", "detectability": "before-impact"}),
    "opendevstack-no-occurrence": ({"severity": "high", "detectability": "after-impact", "relevance": "r2"}, {"detectability": "immediate"}),
    "fda-csa": ({"severity": "high"}, None),
    "site-csa": ({"severity": "bad"}, None),
}  # fmt: skip
RESULT = {
    "gamp5-two-step": ("class 1\npriority high", "Residual: class 2, priority low (claimed)"),
    "rpn-1-3": ("RPN 18\npriority high", "Residual: RPN 6, priority medium (claimed)"),
    "rpn-1-5": ("RPN 80, critical\npriority high", "Residual: RPN 10, priority low (claimed)"),
    "rpn-1-10": ("RPN 360\npriority high", "Residual: RPN 60, priority medium (claimed)"),
    "opendevstack": (
        "RPN 36, OpenDevStack priority 1\npriority high",
        "Residual: RPN 12, OpenDevStack priority 2, priority medium (claimed)",
    ),
    "opendevstack-no-occurrence": (
        "RPN 18, OpenDevStack priority 1\npriority high",
        "Residual: RPN 6, OpenDevStack priority 2, priority medium (claimed)",
    ),
    "fda-csa": ("high process risk\npriority high", ""),
    "site-csa": ("=1+1\npriority high", ""),
}
MARKS = {"severity": "S", "probability": "P", "detectability": "D", "relevance": "R"}


def document(name: str, **changes: Any) -> Report:
    """The risk assessment of the example, with one risk, rated by the scheme of that name."""
    source = material("risk")
    initial, residual = GIVEN[name]

    def ratings(of: dict[str, str], why: str) -> dict[str, Any]:
        return {factor: {"rating": grade, "reason": f"{why} {factor}."} for factor, grade in of.items()}

    content = {
        "id": "RA-QC-001", "requirements": [source.spec.requirements[0].id], "failure_mode": "It fails", "cause": "c", "effect": "e",
        "controls": ["a test"], **ratings(initial, "First"), **changes,
    }  # fmt: skip
    content |= {} if residual is None else {"residual": ratings(residual, "Then")}
    own, findings = read_scheme(OWN.encode(), "schemes/site-csa.yaml")
    assert own is not None, findings
    schemes = {"site-csa": own} if name == "site-csa" else {}
    spec = replace(source.spec, scheme=name, schemes=schemes, risks=(Risk.model_validate(content),))
    return compose(replace(source, spec=spec, content=specification_content("risk", spec)), Templates(None, escape))


def tables(report: Report) -> dict[str, Table]:
    return {b.caption: b for b in report.blocks if isinstance(b, Table)}


def facts(report: Report) -> dict[str, str]:
    return {name: value for b in report.blocks if isinstance(b, Facts) for name, value in b.rows}


def row(report: Report) -> tuple[str, ...]:
    return next(t for caption, t in tables(report).items() if caption.startswith("Functional risk assessment")).rows[0]


@pytest.mark.parametrize("name", GIVEN)
def test_ratings_reasons_and_claims(name: str) -> None:
    initial, residual = GIVEN[name]
    _, _, ratings, result, controls = row(document(name))
    alone = "Process risk" if name == "fda-csa" else HOSTILE
    marks = MARKS if len(initial) > 1 else {"severity": alone}
    assert set(ratings.split("\n")) == {f"{marks[f]} {grade}: First {f}." for f, grade in initial.items()}
    assert result == RESULT[name][0]
    label = ["With these controls:"] if residual else []
    expected = ["a test", *label, *(f"{marks[f]} {grade}: Then {f}." for f, grade in (residual or {}).items()), RESULT[name][1]]
    assert controls.split("\n") == [line for line in expected if line]


def test_challenge() -> None:
    how = {"challenge": {"how": "A byte of the store is changed.", "fault": "flip-byte"}}
    assert row(document("fda-csa", **how))[4] == "a test\nChallenge: A byte of the store is changed. (fault flip-byte)"
    without = {"challenge": {"how": "The clock is set back."}}
    assert row(document("fda-csa", **without))[4] == "a test\nChallenge: The clock is set back."


@pytest.mark.parametrize("name", GIVEN)
def test_the_scheme_is_named_with_its_digest_and_its_sources(name: str) -> None:
    told = facts(document(name))
    digest, note = told["Digest of the scheme"], told.get("Where the values come from", "")
    if name == "site-csa":
        assert (told["Scheme"], note) == (f"{HOSTILE}, site-csa version 2", "Site decision.")
        return
    assert told["Scheme"] == f"{scheme(name).title}, {name} version {scheme(name).version}"
    assert (digest, note) == (scheme(name).digest, scheme(name).note)
    assert all(told[s.title] == s.meaning for s in scheme(name).scales.rated.values())


def test_matrices_of_the_two_steps() -> None:
    found = tables(document("gamp5-two-step"))
    classes = found["Risk class = severity x probability (1 is the worst)"]
    assert [c.title for c in classes.columns] == ["Severity", "probability low", "probability medium", "probability high"]
    assert classes.rows == (("severity high", "2", "1", "1"), ("severity medium", "3", "2", "1"), ("severity low", "3", "3", "2"))
    priorities = found["Risk priority = class x detectability"]
    assert [c.title for c in priorities.columns] == ["Class", "detectability high", "detectability medium", "detectability low"]
    assert priorities.rows == (
        ("class 1", "medium", "high", "high"), ("class 2", "low", "medium", "high"), ("class 3", "low", "low", "medium"),
    )  # fmt: skip
    assert not [caption for caption in found if "best grade" in caption], "three levels that say themselves"


@pytest.mark.parametrize(
    ("name", "caption", "rows"),
    [
        ("rpn-1-5", "Risk priority number = severity x probability x detectability",
         (("1 to 12", "-", "low"), ("13 to 36", "-", "medium"), ("37 to 75", "-", "high"), ("76 to 125", "critical", "high"))),
        ("opendevstack", "Risk priority number = severity of impact x probability of occurrence x probability of detection x gxp relevance",
         (("1 to 4", "OpenDevStack priority 3", "low"), ("6 to 16", "OpenDevStack priority 2", "medium"), ("17 to 54", "OpenDevStack priority 1", "high"))),
        ("fda-csa", "Risk priority by process risk", (("high process risk", "high"), ("process risk not high", "low"))),
    ],
)  # fmt: skip
def test_tables_of_the_others(name: str, caption: str, rows: tuple[tuple[str, ...], ...]) -> None:
    assert tables(document(name))[caption].rows == rows


@pytest.mark.parametrize("name", [n for n in GIVEN if n != "gamp5-two-step"])
def test_every_grade_is_explained(name: str) -> None:
    scales = tables(document(name))
    found = [t for caption, t in scales.items() if caption.endswith("from the best grade to the worst")]
    assert len(found) == len(GIVEN[name][0]) - (name == "opendevstack"), (
        "OpenDevStack leaves the meaning of occurrence to the project"
    )
    assert all(len(t.rows) >= 2 for t in found)
    if name == "rpn-1-10":
        assert [r[0] for r in found[0].rows] == [str(n) for n in range(1, 11)]
    if name == "opendevstack":
        assert [r[0] for r in found[1].rows] == ["immediate = 1", "before-impact = 2", "after-impact = 3"]


@pytest.mark.parametrize("name", GIVEN)
def test_it_can_be_drawn_as_word_and_pdf(name: str) -> None:
    report = document(name)
    for block in report.blocks:
        if isinstance(block, Table):
            assert sum(c.width for c in block.columns) == pytest.approx(1)
            assert all(len(r) == len(block.columns) and all(cell.strip() for cell in r) for r in block.rows), block.caption
    with zipfile.ZipFile(io.BytesIO(word.draw(report))) as archive:
        assert b"First severity." in archive.read("word/document.xml")
    assert pdf.draw(report).startswith(b"%PDF-")


@pytest.mark.needs("pdftotext")
@pytest.mark.parametrize("name", ["rpn-1-10", "opendevstack", "site-csa"])
def test_poppler_reads_it_back(name: str, tmp_path) -> None:
    path = tmp_path / "risk.pdf"
    path.write_bytes(pdf.draw(document(name)))
    text = "".join(packed(page) for page in page_texts(path))
    assert packed(RESULT[name][0].split("\n")[0]) in text
    assert packed("First severity.") in text


def test_the_content_of_the_document_follows_the_scheme_of_the_project() -> None:
    source = material("risk").spec
    own, _ = read_scheme(OWN.encode(), "schemes/site-csa.yaml")
    changed, _ = read_scheme(OWN.replace("fine: low", "fine: medium").encode(), "schemes/site-csa.yaml")
    assert own is not None and changed is not None
    first, second = (replace(source, scheme="site-csa", schemes={"site-csa": s}) for s in (own, changed))
    assert specification_content("risk", first) != specification_content("risk", second)
    assert first.digest != second.digest
