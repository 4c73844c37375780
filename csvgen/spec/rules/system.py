"""Identity, records and intended use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csvgen.catalog.clauses import names_regulation
from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, error, rule
from csvgen.spec.rules.placeholders import is_placeholder


@error("SYS701", "system")
def predicate_rules(s: noun.System, _context: Context) -> Iterator[Hit]:
    """A record kept under a predicate rule must name one, and the decision must have its reason (21 CFR 11.1(b))."""
    for number, r in enumerate(s.records):
        if r.required == "yes" and not r.predicate:
            yield Hit(f"the record {r.id} is a required one but names no predicate rule", ("records", number, "predicate"))


def _unfit(s: noun.System, context: Context) -> Iterator[tuple[int, noun.Component, noun.Supplier]]:
    """Number and component with the supplier it names, or that says it delivers it, of components that are more than infrastructure."""
    known = context.suppliers.suppliers if context.suppliers is not None else ()
    for number, c in enumerate(s.components):
        for supplier in known if c.gamp != "1" else ():
            if c.supplier == supplier.id or c.id in supplier.delivers:
                yield number, c, supplier


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


_PRODUCTION = re.compile(
    r"(?<!pre-)(?<!pre )(?<!non-)(?<!not )(?<![^\W_])(?:prod|productions?|productive)(?![^\W_])", re.IGNORECASE
)
_ROUTINE = re.compile(r"\broutine(?:ly)?\b", re.IGNORECASE)


@rule("SYS704", "system")
def production_is_described(s: noun.System, _context: Context) -> Iterator[Hit]:
    """Environments are described, but none of them is production: likeness to nothing shows nothing."""
    if s.environments and not any(
        _PRODUCTION.search(f"{e.id}\n{e.name}\n{e.purpose}") or _ROUTINE.search(e.purpose) for e in s.environments
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


@rule("SYS709", "system")
def everything_is_said(s: noun.System, _context: Context) -> Iterator[Hit]:
    """The system leaves out what later documents need: who owns it and its process, who is quality, where it runs, what it records."""
    left = [key for key in ("owner", "process_owner", "quality", "environments") if not getattr(s, key)]
    if "records" not in s.model_fields_set:  # an empty list is an answer: it keeps none
        left.append("records")
    if s.records and s.data_flow is None:
        left.append("data_flow")
    if left:
        yield Hit(
            f"system.yaml leaves out {', '.join(left)}", ("id",), "add them; records: [] says that it keeps no electronic records"
        )


@rule("SYS710", "system")
def predicate_rules_are_rules(s: noun.System, _context: Context) -> Iterator[Hit]:
    """What stands as the predicate rule of a record names no regulation: nobody can look up what demands the record."""
    for number, r in enumerate(s.records):
        for place, rule_ in enumerate(r.predicate):
            if not names_regulation(rule_) and not is_placeholder(rule_):  # URS110 speaks of those
                yield Hit(f"the record {r.id} is said to be demanded by {rule_!r}, which names no regulation",
                          ("records", number, "predicate", place), "cite the paragraph that demands it: 21 CFR 211.188")  # fmt: skip


@error("SYS712", "system")
def open_system_has_measures(s: noun.System, _context: Context) -> Iterator[Hit]:
    """An open system says for encryption and for digital signatures whether they are used, and why (21 CFR 11.30)."""
    told = [m.name for m in s.classification.measures]
    for name in ("encryption", "digital-signature") if s.classification.kind == "open" else ():
        if told.count(name) != 1:
            fault = "does not say whether it uses" if name not in told else "says twice whether it uses"
            yield Hit(f"the system is open and {fault} {name.replace('-', ' ')}", ("classification",),
                      'add it under measures: name, used: "yes" or "no", and the reason')  # fmt: skip


@rule("SYS711", "system")
def version_is_real(s: noun.System, _context: Context) -> Iterator[Hit]:
    """The version is still the one that `csvgen init` wrote: no release has it, so nothing can be compared with it."""
    if s.version == "0.0":
        yield Hit("the version 0.0 is what csvgen init wrote", ("version",), "write the version that is validated")
