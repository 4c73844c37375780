"""Ids and the shape of a specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Found, Hit, Index, error

_PREFIX: Mapping[str, str | tuple[str, ...]] = {
    "requirement": "URS-",
    "risk": "RA-",
    "function": ("FS-", "CS-", "DS-"),
    "scenario": "PQ-",
    "section": "IQ-",
}


@error("URS101", "index")
def ids_begin_with_their_kind(index: Index, _context: Context) -> Iterator[Found]:
    """Ids say what they name: URS- a requirement, RA- a risk, FS- CS- DS- a function, PQ- a scenario, IQ- a section."""
    for item in index.items:
        prefix = _PREFIX.get(item.kind, "")
        if not item.id.startswith(prefix):
            allowed = prefix if isinstance(prefix, str) else ", ".join(prefix)
            yield Found(item, f"{item.id} must begin with {allowed}")


@error("URS108", "requirement")
def unique_criteria(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """Two criteria of one requirement have the same id; the permanent case ids hang on it."""
    seen: set[str] = set()
    for number, c in enumerate(r.criteria):
        if c.id in seen:
            yield Hit(f"{r.id} has two criteria called {c.id}", ("criteria", number, "id"), about=f"{r.id}/{c.id}")
        seen.add(c.id)


@error("SPC009", "system")
def folder_is_the_system(s: noun.System, context: Context) -> Iterator[Hit]:
    """The folder of a system has the id of the system."""
    if s.id != context.folder:
        yield Hit(f"the folder is {context.folder!r} but the system calls itself {s.id!r}", ("id",))


@error("SPC011", "system")
def parts_of_the_system(s: noun.System, context: Context) -> Iterator[Hit]:
    """Names inside system.yaml lead to something: roles, components, records and suppliers that are there, each id once."""
    listed: Mapping[str, Sequence[noun.Component | noun.Role | noun.ElectronicRecord | noun.Environment]] = {
        "components": s.components,
        "roles": s.roles,
        "records": s.records,
        "environments": s.environments,
    }
    for key, things in listed.items():
        seen: set[str] = set()
        for number, thing in enumerate(things):
            if thing.id in seen:
                yield Hit(f"two entries of {key} are called {thing.id!r}", (key, number, "id"))
            seen.add(thing.id)
    roles = {r.id for r in s.roles}
    for key, role in (("owner", s.owner), ("process_owner", s.process_owner), ("quality", s.quality)):
        if role is not None and role not in roles:
            yield Hit(f"{key} names the role {role!r}, which is not under roles", (key,), f"roles: {', '.join(sorted(roles))}")
    suppliers = {x.id for x in context.suppliers.suppliers} if context.suppliers is not None else set()
    for number, c in enumerate(s.components):
        if c.supplier is not None and c.supplier not in suppliers:
            yield Hit(
                f"the component {c.id} names the supplier {c.supplier!r}, which is not in suppliers.yaml",
                ("components", number, "supplier"),
            )
    if s.data_flow is not None:
        yield from _nodes_once(s.data_flow)
        yield from _flow(s, s.data_flow)


def _nodes_once(flow: noun.DataFlow) -> Iterator[Hit]:
    seen: set[str] = set()
    for number, n in enumerate(flow.nodes):
        if n.id in seen:
            yield Hit(f"two nodes of the data flow are called {n.id!r}", ("data_flow", "nodes", number, "id"))
        seen.add(n.id)


def _flow(s: noun.System, flow: noun.DataFlow) -> Iterator[Hit]:
    records, components, nodes = {r.id for r in s.records}, {c.id for c in s.components}, {n.id for n in flow.nodes}
    for number, n in enumerate(flow.nodes):
        if n.component is not None and n.component not in components:
            yield Hit(
                f"the node {n.id} names the component {n.component!r}, which is not there",
                ("data_flow", "nodes", number, "component"),
            )
        for record in n.records:
            if record not in records:
                yield Hit(
                    f"the node {n.id} names the record {record!r}, which is not under records",
                    ("data_flow", "nodes", number, "records"),
                )
    for number, f in enumerate(flow.flows):
        for key, end in (("source", f.source), ("target", f.target)):
            if end not in nodes:
                yield Hit(
                    f"a flow has the {key} {end!r}, which is no node",
                    ("data_flow", "flows", number, key),
                    f"nodes: {', '.join(sorted(nodes))}",
                )
        for record in f.records:
            if record not in records:
                yield Hit(
                    f"a flow carries the record {record!r}, which is not under records", ("data_flow", "flows", number, "records")
                )


@error("SUP801", "suppressions")
def only_known_rules(s: noun.Suppressions, _context: Context) -> Iterator[Hit]:
    """A suppression names a rule that exists and whose findings can be set aside: a warning, never an error."""
    from csvgen.diagnostics import Severity
    from csvgen.spec.registry import RULES

    for number, one in enumerate(s.suppressions):
        found = RULES.get(one.rule)
        if found is None or found.severity is Severity.ERROR:
            why = "there is no rule of this code that can be set aside" if found is None else "an error cannot be set aside"
            yield Hit(f"{one.rule}: {why}", ("suppressions", number, "rule"), "mend what it says, or remove this entry")
    pairs = [(one.rule, one.id) for one in s.suppressions]
    for number in (n for n, pair in enumerate(pairs) if pair in pairs[:n]):
        yield Hit(f"{pairs[number][0]} is set aside twice for {pairs[number][1]}", ("suppressions", number, "id"), "keep one")
