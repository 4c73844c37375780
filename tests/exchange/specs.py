"""A small system on disk, and requirements as hypothesis makes them: any text the language allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from csvgen.exchange.export import Export, gather
from csvgen.exchange.model import Entry
from csvgen.exchange.yaml_text import dump
from csvgen.model.base import hazard
from csvgen.model.urs import Requirement

SYSTEM = "desk"

FIRST = """\
# Requirements of the desk.
format: csvgen.urs/1
requirements:
  - id: URS-D-001   # kept for ever
    title: Keeping of files
    statement: >-
      The desk shall keep every file that arrives
      unaltered.
    rationale: |
      The file is the record.
      Nothing else is.
    category: data-integrity
    clauses: ["11.10(a)", '11.10(c)']
    gxp: "yes"
    phase: OQ
    criteria:
      - id: ac-1
        title: Kept
        pattern: file-integrity@1
        parameters: {file: a.txt, limits: ["1.10", "0123"]}
      # in words
      - id: ac-2
        title: Refused when changed
        given: [a file, "a change: any"]
        when: [it is read]
        then: [it is refused]
        technique: negative
  - id: URS-D-002
    title: "=1+1 is text"
    importance: should
    statement: The desk shall show 1.10 as 1.10.
    rationale: "@home -1 +1"
    category: function
    gxp: "no"
    phase: OQ
    covered: {by: SOP-1, reason: It is done by hand.}
"""
SECOND = """\
format: csvgen.urs/1
requirements:
- id: URS-D-003
  title: Trail
  statement: The desk shall keep a trail.
  rationale: None can be rebuilt later.
  category: audit-trail
  gxp: "yes"
  phase: PQ
  drafted: {generator: some model, version: "1.0"}
  origin: trail.docx, paragraph 4
  attributes:
    Owner: QA
    Note: |-
      one
       two
"""
RISKS = """\
format: csvgen.risk/1
risks:
  - {id: RA-D-1, requirements: [URS-D-001, URS-D-003], failure_mode: A file is lost}
"""


def desk(root: Path) -> Path:
    """The folder of specifications with one system of two files."""
    specs = root / "requirements_specs"
    for name, text in (("urs/a.yaml", FIRST), ("urs/b.yaml", SECOND), ("risk/r.yaml", RISKS), ("system.yaml", "")):
        path = specs / SYSTEM / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return specs


def gathered(specs: Path) -> Export:
    return gather(specs, SYSTEM, "csvgen test")


def entry(**fields: Any) -> Entry:
    from csvgen.diagnostics import Location

    return Entry(fields=fields, place=Location("in.csv", 2, 1))


# ------------------------------------------------------------------ any requirement

_CHARS = st.characters(exclude_categories=("Cc", "Cs", "Co", "Cf", "Zl", "Zp", "Cn"))
_NASTY = st.sampled_from([
    "=1+1", "+1", "-1", "@a", "'x", "''", "1.10", "0123", "_x0041_", "_x005F_x0041_", "<a&b>", "]]>", "#N/A", '"q"', ";", ",", "[a", "{b}",
    "yes", "null", "a: b", "# c", "- d", "|", ">-", "%s", "\\n", "TRUE", "2024-01-01", "&amp;", "`", "~", " lead", "trail ", "ü𝄞é",
])  # fmt: skip
LINE = (st.text(_CHARS, min_size=1, max_size=40) | _NASTY | st.lists(_NASTY, min_size=1, max_size=4).map(" ".join)).filter(
    lambda t: bool(t.strip()) and not hazard(t, newline=False)
)
TEXT = st.lists(LINE | st.just(""), min_size=1, max_size=5).map("\n".join).filter(lambda t: bool(t.strip()))
ANY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=20) | _NASTY
"""A parameter of a pattern is any text at all."""
NAME = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
PARAMETERS = st.dictionaries(
    NAME, ANY | st.lists(ANY, max_size=3) | st.lists(st.dictionaries(NAME, ANY, min_size=1, max_size=3), min_size=1, max_size=3), max_size=3
)  # fmt: skip


def _without(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if v is not None}


CRITERION = st.fixed_dictionaries({
    "title": LINE, "pattern": st.none() | st.just("audit-entry@1"), "parameters": st.none() | PARAMETERS,
    "given": st.none() | st.lists(LINE, max_size=3), "when": st.none() | st.lists(LINE, max_size=2), "then": st.none() | st.lists(LINE, max_size=2),
    "technique": st.none() | st.sampled_from(["positive", "negative", "boundary"]),
    "inputs": st.none() | st.fixed_dictionaries({"a": st.fixed_dictionaries({"type": st.just("decimal"), "value": LINE, "unit": LINE})}),
}).map(_without)  # fmt: skip
REQUIREMENT = st.fixed_dictionaries({
    "title": LINE, "statement": TEXT, "rationale": TEXT, "category": st.sampled_from(["function", "e-signature"]),
    "clauses": st.none() | st.lists(LINE, max_size=4), "gxp": st.sampled_from(["yes", "no"]), "phase": st.sampled_from(["IQ", "OQ", "PQ"]),
    "priority": st.none() | st.sampled_from(["must", "should"]), "verification": st.none() | st.sampled_from(["test", "procedure"]),
    "covered": st.none() | st.fixed_dictionaries({"by": LINE, "reason": TEXT}),
    "criteria": st.none() | st.lists(CRITERION, max_size=3).map(lambda cs: [{"id": f"ac-{n}", **c} for n, c in enumerate(cs)]),
    "impact": st.none() | st.lists(st.sampled_from(["patient-safety", "data-integrity"]), max_size=2),
    "drafted": st.none() | st.fixed_dictionaries({"generator": LINE, "version": LINE}),
    "origin": st.none() | LINE, "attributes": st.none() | st.dictionaries(LINE, TEXT, max_size=3),
}).map(_without)  # fmt: skip
REQUIREMENTS = st.lists(REQUIREMENT, min_size=1, max_size=4).map(
    lambda rs: [{"id": f"URS-H-{n:03}", **r} for n, r in enumerate(rs, 1)]
)


def written(root: Path, requirements: list[dict[str, Any]]) -> Path:
    """A system with these requirements, each of which the model takes."""
    for fields in requirements:
        Requirement.model_validate(fields)
    path = root / "requirements_specs" / SYSTEM / "urs" / "a.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump({"format": "csvgen.urs/1", "requirements": requirements}), encoding="utf-8", newline="")
    return root / "requirements_specs"
