"""Identity, records and intended use."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, error, rule


@error("SYS701", "system")
def predicate_rules(s: noun.System, _context: Context) -> Iterator[Hit]:
    """A record kept under a predicate rule must name one, and the decision must have its reason (21 CFR 11.1(b))."""
    for number, r in enumerate(s.records):
        if r.required == "yes" and not r.predicate:
            yield Hit(f"the record {r.id} is a required one but names no predicate rule", ("records", number, "predicate"))


def _unfit(s: noun.System, context: Context) -> Iterator[tuple[int, noun.Component, noun.Supplier]]:
    """Number and component with the supplier it names, of components that are more than infrastructure."""
    known = {x.id: x for x in context.suppliers.suppliers} if context.suppliers is not None else {}
    for number, c in enumerate(s.components):
        if c.supplier in known and c.gamp != "1":
            yield number, c, known[c.supplier]


@error("SYS702", "system")
def suppliers_not_rejected(s: noun.System, context: Context) -> Iterator[Hit]:
    """A component comes from a supplier whose assessment rejected it (Annex 11, clause 3)."""
    for number, c, supplier in _unfit(s, context):
        if supplier.outcome == "rejected":
            yield Hit(f"the supplier {supplier.id} of the component {c.id} was rejected", ("components", number, "supplier"),
                      "another supplier, or a new assessment with its conditions")  # fmt: skip


@rule("SYS705", "system")
def suppliers_assessed(s: noun.System, context: Context) -> Iterator[Hit]:
    """The assessment of a supplier is open, or a configured or custom component comes from one that nobody assessed."""
    for number, c, supplier in _unfit(s, context):
        if supplier.outcome == "open":
            yield Hit(
                f"the assessment of {supplier.id}, supplier of {c.id}, is open",
                ("components", number, "supplier"),
                "conclude it before release",
            )
        elif supplier.assessed_by == "none" and c.gamp in {"4", "5"}:
            yield Hit(f"nobody assessed {supplier.id}, supplier of {c.id} (category {c.gamp})", ("components", number, "supplier"),
                      "assess it, in proportion to the risk of what it delivers")  # fmt: skip


@rule("SYS703", "system")
def records_have_a_life(s: noun.System, _context: Context) -> Iterator[Hit]:
    """A required record never comes into being, or is never stored, in the data flow (Annex 11, clause 4.3)."""
    if s.data_flow is None:
        return
    for number, record in enumerate(s.records):
        stages = {stage for n in s.data_flow.nodes if record.id in n.records for stage in n.stages}
        for stage, what in (("creation", "comes into being"), ("storage", "is stored")):
            if record.required == "yes" and stage not in stages:
                yield Hit(f"no node of the data flow says where the record {record.id} {what}", ("records", number, "id"),
                          f"add it to a node with the stage {stage}")  # fmt: skip


@rule("SYS704", "system")
def production_is_described(s: noun.System, _context: Context) -> Iterator[Hit]:
    """Environments are described, but none of them is production: likeness to nothing shows nothing."""
    if s.environments and not any(
        "produc" in f"{e.id} {e.name} {e.purpose}".casefold() or "routine" in e.purpose.casefold() for e in s.environments
    ):
        yield Hit(
            "none of the environments is production",
            ("environments",),
            "describe production too; results count as far as others are like it",
        )


@error("SYS706", "suppliers")
def conditions_are_said(s: noun.Suppliers, _context: Context) -> Iterator[Hit]:
    """A supplier is accepted with conditions, and no condition is written down."""
    for number, supplier in enumerate(s.suppliers):
        if supplier.outcome == "accepted-with-conditions" and not supplier.conditions:
            yield Hit(
                f"{supplier.id} is accepted with conditions, but none is named",
                ("suppliers", number, "outcome"),
                "add conditions",
            )


@error("SYS707", "suppliers")
def deliveries_are_components(s: noun.Suppliers, context: Context) -> Iterator[Hit]:
    """A supplier delivers a component that system.yaml does not have, or one that names another supplier."""
    if context.system is None:
        return
    components = {c.id: c for c in context.system.components}
    for number, supplier in enumerate(s.suppliers):
        for place, identity in enumerate(supplier.delivers):
            at = ("suppliers", number, "delivers", place)
            component = components.get(identity)
            if component is None:
                yield Hit(
                    f"{supplier.id} delivers {identity!r}, which is no component",
                    at,
                    f"components: {', '.join(sorted(components))}",
                )
            elif component.supplier is not None and component.supplier != supplier.id:
                yield Hit(
                    f"{supplier.id} delivers {identity}, whose supplier is {component.supplier} in system.yaml",
                    at,
                    "one of the two is wrong",
                )


@error("SYS708", "suppliers")
def assessments_are_there(s: noun.Suppliers, context: Context) -> Iterator[Hit]:
    """The record of a supplier assessment is not among the files of the specification."""
    for number, supplier in enumerate(s.suppliers):
        if supplier.document and supplier.document not in context.files:
            yield Hit(f"{supplier.id} names the document {supplier.document!r}, which is not there", ("suppliers", number, "document"),
                      "put the file below data/ or procedures/")  # fmt: skip
