"""Rules about the small files: system.yaml, suppliers.yaml, protocol.yaml, installation.yaml; and about what nobody drafts."""

from __future__ import annotations

from typing import Any

import pytest

from csvgen.diagnostics import Severity
from csvgen.model import spec as noun
from csvgen.spec.check import RULES
from csvgen.spec.registry import Context, Hit, Index, Item

COMPONENT = {"id": "core", "name": "Core", "gamp": "4", "reason": "Configured."}
ROLE_IDS = ("process-owner", "quality", "validation-lead")
SYSTEM: dict[str, Any] = {
    "format": "csvgen.system/1",
    "id": "probe",
    "name": "Probe",
    "version": "1.0",
    "prefix": "PRB",
    "organisation": "Example (fictitious)",
    "intended_use": "Tests.",
    "classification": {"kind": "closed", "reason": "One owner."},
    "components": [COMPONENT],
    "roles": [{"id": r, "name": r, "responsibility": "As named."} for r in ROLE_IDS],
}
PLACE = {"id": "p", "name": "P", "purpose": "Work", "likeness": "It is."}
RECORD = {"id": "result", "name": "Result", "predicate": ["21 CFR 211.188"], "required": "yes", "reason": "Kept."}
NODE = {"id": "store", "name": "Store", "stages": ["creation", "storage"], "records": ["result"]}
WHOLE = {
    "owner": "validation-lead",
    "process_owner": "process-owner",
    "quality": "quality",
    "environments": [PLACE],
    "records": [RECORD],
    "data_flow": {"nodes": [NODE]},
}


def system(**more: object) -> noun.System:
    return noun.System.model_validate({**SYSTEM, **more})


def context(**more: Any) -> Context:
    return Context(folder="probe", **more)


def found(code: str, thing: object, **more: Any) -> list[Hit]:
    return list(RULES[code].check(thing, context(**more)))


# ------------------------------------------------------------------ system.yaml


@pytest.mark.parametrize("left_out", list(WHOLE))
def test_what_is_left_out_is_named(left_out: str) -> None:
    hits = found("SYS709", system(**{k: v for k, v in WHOLE.items() if k != left_out}))
    assert [h.message for h in hits] == [f"system.yaml leaves out {left_out}"]


def test_all_gaps_are_one_finding_and_none_is_none() -> None:
    assert [h.message for h in found("SYS709", system())] == [
        "system.yaml leaves out owner, process_owner, quality, environments, records"
    ]
    assert found("SYS709", system(**WHOLE)) == []


def test_a_system_may_keep_no_records() -> None:
    more = {k: v for k, v in WHOLE.items() if k != "data_flow"}
    assert found("SYS709", system(**{**more, "records": []})) == []


@pytest.mark.parametrize("cited", ["see SOP", "as always", "our quality manual"])
def test_a_predicate_rule_that_is_none(cited: str) -> None:
    assert [h.at for h in found("SYS710", system(records=[{**RECORD, "predicate": ["21 CFR 211.188", cited]}]))] == [
        ("records", 0, "predicate", 1)
    ]


@pytest.mark.parametrize("cited", ["211.188", "21 CFR 58.130", "EU GMP Chapter 4", "§ 15 AMWHV", "ISO 13485:2016, 4.2.5", "Regulation (EU) 2017/745", "TBD"])  # fmt: skip
def test_a_predicate_rule_that_is_one(cited: str) -> None:
    assert found("SYS710", system(records=[{**RECORD, "predicate": [cited]}])) == []


def test_the_version_of_a_new_specification() -> None:
    assert len(found("SYS711", system(version="0.0"))) == 1
    assert found("SYS711", system(version="0.0.1")) == []


@pytest.mark.parametrize("name", ["Reproduction lab", "Pre-production", "Non-production", "Routing"])
def test_no_production(name: str) -> None:
    assert len(found("SYS704", system(environments=[{**PLACE, "name": name}]))) == 1


@pytest.mark.parametrize(
    "more", [{"name": "Production"}, {"id": "prod"}, {"id": "site-production"}, {"purpose": "Routine release"}]
)
def test_production(more: dict[str, str]) -> None:
    assert found("SYS704", system(environments=[{**PLACE, **more}])) == []


def test_two_nodes_with_one_id() -> None:
    other = {**NODE, "name": "Other"}
    hits = found("SPC011", system(**{**WHOLE, "data_flow": {"nodes": [NODE, other]}}))
    assert [h.at for h in hits] == [("data_flow", "nodes", 1, "id")]


# ------------------------------------------------------------------ suppliers.yaml


def suppliers(**more: object) -> noun.Suppliers:
    one = {
        "id": "acme",
        "name": "Acme (fictitious)",
        "delivers": ["core"],
        "assessed_by": "audit",
        "outcome": "accepted",
        "reason": "R.",
    }
    return noun.Suppliers.model_validate({"format": "csvgen.suppliers/1", "suppliers": [{**one, **more}]})


@pytest.mark.parametrize("named", [{}, {"supplier": "acme"}])
def test_a_supplier_is_found_by_what_it_delivers(named: dict[str, str]) -> None:
    s = system(components=[{**COMPONENT, **named}])
    assert len(found("SYS702", s, suppliers=suppliers(outcome="rejected"))) == 1
    assert len(found("SYS705", s, suppliers=suppliers(outcome="open"))) == 1
    assert len(found("SYS705", s, suppliers=suppliers(assessed_by="none"))) == 1
    assert found("SYS702", s, suppliers=suppliers()) == found("SYS705", s, suppliers=suppliers()) == []


# ------------------------------------------------------------------ protocol.yaml


def settings(depth: dict[str, list[str]] | None = None, **routes: list[str]) -> noun.ProtocolSettings:
    full = ["positive", "negative", "boundary"]
    stations = {kind: [{"meaning": "approved", "role": r} for r in roles] for kind, roles in routes.items()}
    values = {
        "format": "csvgen.protocol-settings/1",
        "target": "self",
        "depth": depth or {"low": ["positive"], "medium": full, "high": full},
        "routes": {kind.replace("_", "-"): {"title": "T", "stations": s} for kind, s in stations.items()},
        "separation": [{"first": "authored", "second": "approved", "reason": "R."}],
    }
    return noun.ProtocolSettings.model_validate(values)


@pytest.mark.parametrize(
    ("depth", "at"),
    [
        ({"low": ["positive"], "medium": ["positive"], "high": []}, ["high"]),
        ({"low": [], "medium": [], "high": []}, ["low", "medium", "high"]),
        ({"low": ["positive", "negative", "boundary"], "medium": ["positive"], "high": ["positive"]}, ["medium", "high"]),
        ({"low": ["negative"], "medium": ["positive"], "high": ["positive", "negative"]}, ["medium"]),
    ],
)
def test_a_worse_priority_asks_for_no_less(depth: dict[str, list[str]], at: list[str]) -> None:
    assert [h.at for h in found("PRT407", settings(depth))] == [("depth", level) for level in at]


def test_sound_depths() -> None:
    assert found("PRT407", settings()) == []
    assert found("PRT407", settings({level: ["positive"] for level in ("low", "medium", "high")})) == []


def test_owner_and_quality_are_taken_by_the_names_of_their_roles() -> None:
    p = settings(risk=["quality"], pq_report=["quality", "process-owner"])
    hits = found("APR608", p, system=system())
    assert [h.at for h in hits] == [("routes", "risk", "stations")]
    assert "process-owner" in hits[0].message
    declared = system(process_owner="process-owner", quality="quality")
    assert found("APR608", p, system=declared) == []  # APR603 says so
    assert len(found("APR603", p, system=declared)) == 1


# ------------------------------------------------------------------ installation.yaml


def baseline(*items: dict[str, str]) -> noun.Installation:
    one = {"title": "A", "kind": "configuration", "subject": "a", "expected": "1", "source": "release note"}
    listed = [{"id": f"i{n}", **one, **item} for n, item in enumerate(items)]
    sections = [{"id": f"IQ-P-0{n}", "title": "S", "requirement": "URS-P-003", "items": [i]} for n, i in enumerate(listed)]
    return noun.Installation.model_validate({"format": "csvgen.installation/1", "release": "R", "sections": sections})


def test_two_items_with_one_id() -> None:
    i = baseline({}, {"subject": "b"})
    both = i.sections[0].items + i.sections[1].items
    together = i.model_copy(update={"sections": (i.sections[0].model_copy(update={"items": (both[0], both[0])}),)})
    assert [h.at for h in found("INS505", together)] == [("sections", 0, "items", 1, "id")]
    assert found("INS505", baseline({"id": "x"}, {"id": "x"})) == []  # of two sections


def test_one_thing_with_two_expected_values() -> None:
    assert [h.at for h in found("INS506", baseline({}, {"expected": "2"}))] == [("sections", 1, "items", 0, "expected")]
    assert found("INS506", baseline({}, {})) == found("INS506", baseline({}, {"expected": "2", "kind": "package"})) == []


@pytest.mark.parametrize("expected", ["1.0", "sha256:abc", "SHA256:" + "0" * 64, "0" * 64])
def test_a_component_without_a_digest(expected: str) -> None:
    assert len(found("INS504", baseline({"kind": "component", "expected": expected}))) == 1
    assert found("INS504", baseline({"kind": "package", "expected": expected})) == []


def test_a_component_with_its_digest() -> None:
    assert found("INS504", baseline({"kind": "component", "expected": f"sha256:{'0' * 64}"})) == []


# ------------------------------------------------------------------ what nobody drafts


def item(kind: str, identity: str, **says: object) -> Item:
    return Item(kind, identity, "f.yaml", (1, 1), {}, says)


def needed(phase: str, criteria: int, *others: Item) -> set[str]:
    r = item("requirement", "URS-P-001", phase=phase, criteria=criteria, verification="test")
    index = Index([r, *others], complete=True)
    return {code for code in ("URS102", "URS137") if list(RULES[code].check(index, context()))}


SECTION = item("section", "IQ-P-01", requirement="URS-P-001")
SCENARIO = item("scenario", "PQ-P-01", covers=["URS-P-001"])


def test_each_phase_is_drafted_from_its_own_place() -> None:
    assert needed("OQ", 0) == needed("OQ", 0, SECTION, SCENARIO) == {"URS102"}
    assert needed("IQ", 0) == needed("IQ", 0, SCENARIO) == {"URS102"}
    assert needed("PQ", 0) == needed("PQ", 0, SECTION) == {"URS102"}
    assert needed("IQ", 1) == needed("IQ", 1, SCENARIO) == needed("PQ", 1) == needed("PQ", 2, SECTION) == {"URS137"}
    assert needed("PQ", 1, SCENARIO) == needed("IQ", 1, SECTION) == {"URS137"}, "a scenario beside them does not draft them"
    assert needed("OQ", 1) == needed("IQ", 0, SECTION) == needed("PQ", 0, SCENARIO) == set()


# ------------------------------------------------------------------ schemes


def test_a_scheme_whose_file_is_broken_is_said_once() -> None:
    a = noun.RiskAssessment.model_construct(scheme="site", raters=(), risks=())
    assert len(found("RSK203", a)) == 1
    assert found("RSK203", a, broken_schemes=("site",)) == []


def test_an_item_that_implements_nothing_is_said_to() -> None:
    f = item("function", "FS-P-01", implements=["FS-P-99"])
    said = list(RULES["FSP251"].check(Index([f], complete=True), context()))
    assert [h.message for h in said] == ["FS-P-01 names FS-P-99, which is neither a requirement nor an item"]


def test_a_note_is_neither_error_nor_warning() -> None:
    assert RULES["CIT304"].severity is Severity.NOTE
