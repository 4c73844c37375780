"""Routes of signatures: what each kind of record needs, and who must be among the signers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from csvgen.model import spec as noun
from csvgen.model.settings import DocumentKind, MeaningName, ProtocolSettings, Route
from csvgen.spec.registry import Context, Found, Hit, Index, error, rule

_MEANINGS: dict[DocumentKind, tuple[MeaningName, ...]] = {
    **dict.fromkeys(get_args(DocumentKind), ("approved",)),
    "execution-order": ("issued",),
    "run-record": ("performed", "reviewed"),
    "trail-review": ("reviewed",),
    "handwritten": ("verified",),
}
"""What every route of a kind must hold: the step of the flow that waits for it."""


@error("APR603", "protocol")
def residual_risk_is_accepted(p: ProtocolSettings, context: Context) -> Iterator[Hit]:
    """Residual risk is accepted by the process owner and the quality unit: both sign the risk assessment and the report of the PQ."""
    if context.system is None:
        return
    for kind in ("risk", "pq-report"):
        route = p.routes.get(kind)
        for who, role in (("process owner", context.system.process_owner), ("quality unit", context.system.quality)):
            if route is not None and role is not None and role not in {s.role for s in route.stations}:
                yield Hit(
                    f"the {who} ({role}) is no station of the route of {kind}",
                    ("routes", kind, "stations"),
                    f"add a station of {role}",
                )


@rule("APR608", "protocol")
def owner_and_quality_by_name(p: ProtocolSettings, context: Context) -> Iterator[Hit]:
    """Nobody declares who is process owner or quality, and the role of that name does not sign the acceptance of residual risk."""
    if context.system is None or context.roles is None:
        return
    for who, declared, role in (
        ("process_owner", context.system.process_owner, "process-owner"),
        ("quality", context.system.quality, "quality"),
    ):
        for kind in ("risk", "pq-report") if declared is None and role in context.roles else ():
            route = p.routes.get(kind)
            if route is not None and role not in {s.role for s in route.stations}:
                yield Hit(
                    f"the role {role} is no station of the route of {kind}, and system.yaml declares nobody as {who}",
                    ("routes", kind, "stations"),
                    f"add a station of {role}, or declare {who} in system.yaml",
                )


_DOCUMENTS: dict[str, DocumentKind] = {"requirement": "urs", "risk": "risk", "function": "fs", "scenario": "pq-protocol"}


@error("APR604", "index")
def machine_text_has_an_author(index: Index, context: Context) -> Iterator[Found]:
    """A machine drafted an entry, and the route of its document does not begin with a person who signs as its author (RR-AI2)."""
    for kind, document in _DOCUMENTS.items() if context.settings is not None else ():
        drafted = [i for i in index.of(kind) if i.says["drafted"]]
        route = context.settings.routes.get(document) if context.settings is not None else None
        if drafted and route is not None and route.stations[0].meaning != "authored":
            more = f", and {len(drafted) - 1} more" if len(drafted) > 1 else ""
            yield Found(drafted[0], f"{drafted[0].id}{more} drafted by a machine: the route of {document} begins without an author",
                        hint="put a station with the meaning authored first")  # fmt: skip


@rule("APR605", "protocol")
def not_by_the_same_role(p: ProtocolSettings, _context: Context) -> Iterator[Hit]:
    """One role writes and approves, or performs and reviews, the same record: only the number of people in it keeps them apart."""
    for kind, route in p.routes.items():
        for first, second in (("authored", "approved"), ("performed", "reviewed")):
            both = _roles(route, first) & _roles(route, second)
            if both and both == _roles(route, second):
                role = min(both)
                yield Hit(f"the role {role} signs {kind} as {first} and as {second}", ("routes", kind, "stations"),
                          "give one of them to another role; one person will be refused both in any case")  # fmt: skip


def _roles(route: Route, meaning: str) -> set[str]:
    return {s.role for s in route.stations if s.meaning == meaning}


@error("APR606", "protocol")
def routes_end_in_a_decision(p: ProtocolSettings, _context: Context) -> Iterator[Hit]:
    """A route lacks the signature its record is for: approval of a document, issue of an order, performance and review of a run."""
    for kind, route in p.routes.items():
        there = {s.meaning for s in route.stations}
        for meaning in _MEANINGS[kind]:
            if meaning not in there:
                yield Hit(
                    f"the route of {kind} has no station with the meaning {meaning}", ("routes", kind, "stations"), "add one"
                )


@rule("APR607", "protocol")
def no_station_twice(p: noun.ProtocolSettings, _context: Context) -> Iterator[Hit]:
    """A route asks the same role for the same signature twice: the second says nothing new."""
    for kind, route in p.routes.items():
        for number, station in enumerate(route.stations):
            if station in route.stations[:number]:
                yield Hit(
                    f"the route of {kind} has {station.role} sign as {station.meaning} twice",
                    ("routes", kind, "stations", number),
                    "keep one",
                )
