"""Who signs what, and that nobody approves their own work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from csvgen.model import spec as noun
from csvgen.model.settings import OWN_ROUTE
from csvgen.spec.registry import Context, Hit, error

_NEEDED: tuple[noun.DocumentKind, ...] = tuple(k for k in get_args(noun.DocumentKind) if k not in ("procedure", *OWN_ROUTE))


@error("APR601", "protocol")
def routes_complete(p: noun.ProtocolSettings, context: Context) -> Iterator[Hit]:
    """Every kind of record needs a route of signatures, by roles the system knows."""
    roles = context.roles
    for kind in _NEEDED:
        route = p.routes.get(kind)
        if route is None:
            yield Hit(f"protocol.yaml has no route for {kind}", ("routes",), "add it under routes")
            continue
        for number, station in enumerate(route.stations):
            if roles is not None and station.role not in roles:
                yield Hit(f"the route of {kind} names the role {station.role!r}, unknown to system.yaml",
                          ("routes", kind, "stations", number, "role"), f"roles: {', '.join(sorted(roles))}")  # fmt: skip


@error("APR602", "protocol")
def duties_separated(p: noun.ProtocolSettings, _context: Context) -> Iterator[Hit]:
    """The separation of duties must keep at least author from approver and performer from reviewer (RR-G02)."""
    pairs = {frozenset((s.first, s.second)) for s in p.separation}
    for first, second in (("authored", "approved"), ("performed", "reviewed")):
        if frozenset((first, second)) not in pairs:
            yield Hit(f"protocol.yaml lets one person sign {first} and {second} on one record", ("separation",),
                      "add the pair under separation, with its reason")  # fmt: skip
