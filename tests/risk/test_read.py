"""A scheme of a project, from its file: read with every check, and each finding at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.canonical import digest
from csvgen.risk import read
from csvgen.risk.read import read_scheme
from csvgen.risk.scheme import rate

FILE = "requirements_specs/probe/schemes/site-fmea.yaml"
OWN = """\
format: csvgen.risk-scheme/2
id: site-fmea
version: "3"
title: FMEA of the site
note: Decided by the site in QMS-17.
scales:
  severity:
    title: Severity
    meaning: Harm.
    grades:
      - {grade: slight, label: slight, number: "1"}
      - {grade: grave, label: grave, number: "5"}
  probability:
    title: Probability
    meaning: How often.
    grades:
      - {grade: "1", label: rare}
      - {grade: "2", label: often}
computation:
  kind: product
  bands:
    - {low: "1", high: "2", priority: low}
    - {low: "5", high: "5", priority: medium}
    - {low: "6", high: "10", priority: high, label: act now}
"""
SHIPPED = Path(read.__file__).parent / "schemes"


def test_a_scheme_of_a_project() -> None:
    found, findings = read_scheme(OWN.encode(), FILE)
    assert not findings
    assert found is not None
    assert (found.id, found.version, found.note) == ("site-fmea", "3", "Decided by the site in QMS-17.")
    assert rate(found, {"severity": "grave", "probability": "1"}).priority == "medium"
    assert rate(found, {"severity": "grave", "probability": "2"}).risk_class == "RPN 10, act now"


def test_its_digest_follows_every_word_but_no_layout() -> None:
    found, _ = read_scheme(OWN.encode(), FILE)
    same, _ = read_scheme(("# a remark\n" + OWN).encode(), FILE)
    other, _ = read_scheme(OWN.replace("QMS-17", "QMS-18").encode(), FILE)
    assert found is not None and same is not None and other is not None
    assert found.digest == same.digest != other.digest
    assert found.digest != digest("own")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('high: "2", priority: low}', 'high: "1", priority: low}', 22, "2 lies in no band (severity slight x probability 2 = 2)"),
        ('low: "5", high: "5"', 'low: "2", high: "5"', 23, "2 lies in two bands, 1 to 2 and 2 to 5"),
        ("priority: medium", "priority: low", 0, ""),
        ("priority: low", "priority: high", 20, "severity slight, probability 1 is high (RPN 1), but severity grave, probability 1 is medium (RPN 5)"),
        ("grade: grave, label", "grade: slight, label", 12, "severity has the grade slight twice"),
        ('number: "5"', 'number: "0"', 12, "'0' does not have the form of number"),
        ("label: rare}", 'label: rare, number: "3"}', 18, "probability goes from 1 = 3 back to 2 = 2"),
        ("kind: product", "kind: sum", 20, "there is no computation 'sum'"),
        ("priority: medium", "priority: middling", 23, "'middling' has no place here"),
        ("note: Decided by the site in QMS-17.\n", "", 1, "this key is missing: note"),
        ("label: act now", "colour: red", 24, "unknown key 'colour'"),
        ("csvgen.risk-scheme/2", "csvgen.risk-scheme/3", 1, "'csvgen.risk-scheme/3' has no place here"),
        ("csvgen.risk-scheme/2", "csvgen.risk-scheme/1", 5, "unknown key 'note'"),
        ("id: site-fmea", "id: site", 2, "the file is site-fmea.yaml but the scheme calls itself site"),
        ('      - {grade: "2", label: often}\n', "", 17, "grades has 1 entries"),
        ("meaning: Harm.", "meaning: \u202eHarm.", 9, "TXT901"),
        ("title: FMEA of the site", "title: FMEA\ntitle: FMEA", 5, "stands here again"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_is_said_at_its_place(old: str, new: str, line: int, said: str) -> None:
    assert OWN.count(old) == 1
    found, findings = read_scheme(OWN.replace(old, new).encode(), FILE)
    assert (found is None) == bool(findings) == bool(line)
    if line:
        told = [(d.location.file, d.location.line, d.rule, d.message) for d in findings]
        assert any((at, where) == (FILE, line) and (said in message or said == rule) for at, where, rule, message in told), told


def test_no_project_takes_the_name_of_a_shipped_scheme() -> None:
    """Two tables under one name: no reader of a risk assessment could tell which one rated."""
    data = (SHIPPED / "rpn-1-5.yaml").read_bytes()
    found, findings = read_scheme(data, "schemes/rpn-1-5.yaml")
    assert found is None
    assert "rpn-1-5 is the name of a scheme that comes with csvgen" in findings[0].message
    renamed, findings = read_scheme(data.replace(b"id: rpn-1-5", b"id: rpn-site"), "schemes/rpn-site.yaml")
    assert renamed is not None, findings


def test_a_project_may_use_the_first_form_too() -> None:
    text = (SHIPPED / "gamp5-two-step.yaml").read_text(encoding="utf-8").replace("id: gamp5-two-step", "id: site-gamp")
    found, findings = read_scheme(text.encode(), "schemes/site-gamp.yaml")
    assert found is not None, findings
    assert rate(found, {"severity": "low", "probability": "low", "detectability": "low"}).priority == "medium"
    holed = text.replace(', high: "2"}', "}")
    assert holed != text
    found, findings = read_scheme(holed.encode(), "schemes/site-gamp.yaml")
    assert found is None
    line = next(n for n, row in enumerate(holed.split("\n"), 1) if row.startswith("  low:"))
    assert (findings[0].rule, findings[0].location.line) == ("RSK208", line)
    assert findings[0].message == "there is no class for severity low, probability high"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"a: [", b"\xff", b"text", b"format: csvgen.risk-scheme/1", b"scales: {severity: {}}"]
)
def test_no_bytes_make_it_fall_over(data: bytes) -> None:
    found, findings = read_scheme(data, FILE)
    assert found is None
    assert findings
