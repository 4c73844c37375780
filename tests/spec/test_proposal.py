"""Which documents are proposed, from category, risk, complexity, novelty and suppliers; and what the plan decides beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csvgen.model.spec import Component, Deliverable, Supplier
from csvgen.spec.proposal import Proposed, proposed

from ..report.material import spec_with


def part(name: str = "part", gamp: str = "3", **more: object) -> Component:
    return Component.model_validate({"id": name, "name": name, "gamp": gamp, "reason": "Because.", **more})


def of(kind: str, *parts: Component, risks: bool = False, **changes: object) -> Proposed:
    """The proposal for one kind, of a system of these parts and without risks of high priority, unless asked for."""
    spec = spec_with(())
    system = spec.system.model_copy(update={"components": parts or (part(),), **changes})
    spec = replace(spec, system=system, risks=spec.risks if risks else ())
    return next(p for p in proposed(spec) if p.kind == kind)


@pytest.mark.parametrize(
    ("gamp", "design", "functions", "pq", "matrix"),
    [
        ("1", "not needed", "optional", "optional", "optional"),
        ("3", "not needed", "optional", "optional", "needed"),
        ("4", "needed", "needed", "needed", "needed"),
        ("5", "needed", "needed", "needed", "needed"),
    ],
)
def test_the_category_decides_how_much_is_specified(gamp, design, functions, pq, matrix):
    kinds = ("design-specification", "fs", "pq-report", "traceability-matrix")
    assert [of(kind, part(gamp=gamp)).proposal for kind in kinds] == [design, functions, pq, matrix]


@pytest.mark.parametrize(("more", "why"), [({"complexity": "high"}, "complex: part"), ({"novelty": "new"}, "new: part")])
def test_complexity_and_novelty_ask_for_more_than_the_category(more, why):
    assert of("fs", part()).proposal == "optional"
    asked = of("fs", part(**more))
    assert asked.proposal == "needed"
    assert why in asked.reasons


def test_risk_of_high_priority_asks_for_more_than_the_category():
    asked = of("pq-protocol", part(), risks=True)
    assert asked.proposal == "needed"
    assert any(r.endswith("of high priority") for r in asked.reasons)


def supplier(outcome: str) -> Supplier:
    return Supplier.model_validate(
        {"id": "acme", "name": "Acme", "delivers": ["part"], "assessed_by": "none", "outcome": outcome, "reason": "Because."}
    )


def test_supplier_assessment_follows_from_who_delivers_and_how_that_was_judged():
    assert of("supplier-assessment", part(gamp="5")).proposal == "not needed"
    unnamed = of("supplier-assessment", part())
    assert (unnamed.proposal, unnamed.reasons) == (
        "optional",
        ("no component names a supplier", "not written for this purpose: part"),
    )
    assert of("supplier-assessment", part(supplier="acme")).proposal == "optional"
    assert of("supplier-assessment", part(gamp="4", supplier="acme")).proposal == "needed"
    spec = spec_with(())
    spec = replace(spec, risks=(), suppliers=(supplier("open"),), system=spec.system.model_copy(update={"components": (part(),)}))
    found = next(p for p in proposed(spec) if p.kind == "supplier-assessment")
    assert found.proposal == "needed"
    assert "assessment not settled: Acme: open" in found.reasons


def decided(*deliverables: dict[str, object]) -> dict[str, Proposed]:
    spec = spec_with(())
    listed = tuple(Deliverable.model_validate({"purpose": "For that.", **d}) for d in deliverables)
    return {p.kind: p for p in proposed(replace(spec, plan=spec.plan.model_copy(update={"deliverables": listed})))}


def test_the_decision_of_the_plan_stands_beside_it():
    found = decided(
        {"document": "Summary", "decided": "We sum up.", "kinds": ["validation-summary"], "needed": "yes"},
        {"document": "Design", "decided": "The code says it.", "kinds": ["design-specification"], "needed": "no"},
        {"document": "IQ and OQ protocols and reports", "decided": "Needed: they are executed."},
        {"document": "Risk assessment", "decided": "As usual."},
    )
    assert (found["validation-summary"].decision, found["validation-summary"].standing) == ("needed", "agrees")
    assert (found["design-specification"].decision, found["design-specification"].standing) == (
        "not needed",
        "differs: the plan says why",
    )
    assert [found[k].decision for k in ("iq-protocol", "oq-report", "pq-report")] == ["needed", "needed", "not decided"]
    assert (found["risk"].decision, found["risk"].words) == ("not decided", "As usual.")
    assert found["pq-report"].standing == "open: the plan does not decide"


def test_names_that_are_kinds_win_over_words():
    found = decided({"document": "Validation plan", "decided": "Needed.", "kinds": ["urs"], "needed": "no"})
    assert (found["plan"].decision, found["urs"].decision) == ("not decided", "not needed")
