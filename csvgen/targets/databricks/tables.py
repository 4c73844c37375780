"""Probes of tables in Unity Catalog: masks, grants, where they come from, and their versions."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from csvgen.targets.probing.facts import facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact

_CHANGES = frozenset({"MODIFY", "ALL_PRIVILEGES", "MANAGE", "OWNERSHIP"})


def masks(w: Reader, names: tuple[str, ...]) -> tuple[Fact, ...]:
    """The function that masks each column, and the one that filters rows."""
    return tuple(fact for name in names for fact in _masks(w, name))


def _masks(w: Reader, name: str) -> tuple[Fact, ...]:
    path = f"/api/2.1/unity-catalog/tables/{quote(name, safe='')}"
    found = inside(w.get(path), kind=dict, where=path)
    told: dict[str, Any] = {
        f"mask of {name}.{c.get('name')}": c.get("mask", {}).get("function_name")
        for c in inside(found, "columns", kind=list, where=path)
    }
    return facts(w.source(path), {**told, f"row filter of {name}": found.get("row_filter", {}).get("function_name")})


def versions(w: Reader, names: tuple[str, ...]) -> tuple[Fact, ...]:
    """Format, owner and latest version of each table, and whether rows can only be added."""
    made: tuple[Fact, ...] = ()
    for name in names:
        path = f"/api/2.1/unity-catalog/tables/{quote(name, safe='')}"
        found = inside(w.get(path), kind=dict, where=path)
        properties = found.get("properties", {})
        made += facts(
            w.source(path),
            {
                f"format of {name}": found.get("data_source_format"), f"owner of {name}": found.get("owner"),
                f"version of {name}": properties.get("delta.lastUpdateVersion"),
                f"append only {name}": str(properties.get("delta.appendOnly", "false")).lower() == "true",
                f"history of {name} kept": properties.get("delta.logRetentionDuration"),
            },
        )  # fmt: skip
    return made


def grants(w: Reader, names: tuple[str, ...]) -> tuple[Fact, ...]:
    """Who can read and who can change each table, by itself or through its schema and catalog."""
    made: tuple[Fact, ...] = ()
    for name in names:
        path = f"/api/2.1/unity-catalog/effective-permissions/table/{quote(name, safe='')}"
        rows = inside(w.get(path), kind=dict, where=path).get("privilege_assignments", ())
        held = [(p.get("privilege"), r.get("principal")) for r in rows for p in r.get("privileges", ())]
        made += facts(
            w.source(path),
            {
                f"grants on {name}": [f"{right} {who}" for right, who in held],
                f"who can read {name}": [who for right, who in held if right in {"SELECT", *_CHANGES}],
                f"who can change {name}": [who for right, who in held if right in _CHANGES],
            },
        )  # fmt: skip
    return made


def lineage(w: Reader, names: tuple[str, ...]) -> tuple[Fact, ...]:
    """The tables each table was made from, and those made from it, as the catalog saw it."""
    path = "/api/2.0/lineage-tracking/table-lineage"
    made: tuple[Fact, ...] = ()
    for name in names:
        answer = inside(w.get(path, {"table_name": name, "include_entity_lineage": "true"}), kind=dict, where=path)
        made += facts(
            w.source(path),
            {
                f"made from, {name}": _tables(answer.get("upstreams", ())),
                f"made of {name}": _tables(answer.get("downstreams", ())),
            },
        )
    return made


def _tables(rows: Any) -> list[str]:
    infos = [r["tableInfo"] for r in rows if "tableInfo" in r]
    return [".".join(str(i.get(k)) for k in ("catalog_name", "schema_name", "name")) for i in infos]
