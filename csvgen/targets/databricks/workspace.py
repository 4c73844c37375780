"""Probes of a workspace: who may do what, on which machines, and who can reach it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from csvgen.targets.probing.facts import Measured, facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact, Unanswered


def groups(w: Reader, names: tuple[str, ...]) -> tuple[Fact, ...]:
    """Members and entitlements of each group."""
    path = "/api/2.0/preview/scim/v2/Groups"
    told: dict[str, Any] = {}
    for name in names:
        answer = w.get(path, {"filter": f'displayName eq "{name}"', "attributes": "displayName,members,entitlements,roles"})
        rows = [r for r in inside(answer, "Resources", kind=list, where=path) if r.get("displayName") == name]
        found = rows[0] if rows else {}
        told[f"group {name}"] = bool(rows)
        told[f"members of {name}"] = [m.get("display") or m.get("value") for m in found.get("members", ())]
        told[f"entitlements of {name}"] = [e.get("value") for e in found.get("entitlements", ())]
    return facts(w.source(path), told)


def rights(w: Reader, kind: str, identity: str, what: str) -> tuple[Fact, ...]:
    """Who has which right on an object; the name of each right stands before who has it."""
    path = f"/api/2.0/permissions/{kind}/{quote(identity, safe='')}"
    rows = inside(w.get(path), "access_control_list", kind=list, where=path)
    held = [(right["permission_level"], holder(row)) for row in rows for right in row.get("all_permissions", ())]
    levels = sorted({level for level, _ in held})
    told: dict[str, Any] = {f"{level} on {what}": [who for one, who in held if one == level] for level in levels}
    managers = [who for level, who in held if level in {"CAN_MANAGE", "IS_OWNER"}]
    return facts(
        w.source(path),
        {f"rights on {what}": [f"{level} {who}" for level, who in held], f"who can change {what}": managers, **told},
    )


def holder(row: Any) -> str:
    """Group, service principal or person, said so."""
    for key, word in (("group_name", "group"), ("service_principal_name", "service principal"), ("user_name", "person")):
        if row.get(key):
            return f"{word} {row[key]}"
    raise Unanswered("an entry of the access list names nobody")


def cluster_policy(w: Reader, identity: str) -> tuple[Fact, ...]:
    """What a policy fixes: runtime, access mode, and what it leaves open."""
    path = "/api/2.0/policies/clusters/get"
    answer = w.get(path, {"policy_id": identity})
    try:
        rules = json.loads(inside(answer, "definition", kind=str, where=path))
    except ValueError:
        raise Unanswered("the definition of the policy cannot be read", where=path) from None
    told = {
        f"fixed {name}": rule.get("value")
        for name, rule in rules.items()
        if isinstance(rule, dict) and rule.get("type") == "fixed"
    }
    wanted = ("spark_version", "data_security_mode")
    return facts(
        w.source(path),
        {
            "policy": answer.get("name"), **{f"fixed {n}": None for n in wanted}, **told,
            "left open": [n for n in wanted if rules.get(n, {}).get("type") != "fixed"],
        },
    )  # fmt: skip


def network(w: Reader) -> tuple[Fact, ...]:
    """Which addresses may reach the workspace."""
    conf, lists = "/api/2.0/workspace-conf", "/api/2.0/ip-access-lists"
    answer = w.get(conf, {"keys": "enableIpAccessLists"})
    on = str(inside(answer, kind=dict, where=conf).get("enableIpAccessLists", "false")).lower() == "true"
    rows = w.get(lists).get("ip_access_lists", ())
    allowed = [a for r in rows if r.get("enabled") and r.get("list_type") == "ALLOW" for a in r.get("ip_addresses", ())]
    return facts(w.source(conf), {"access lists are on": on}) + facts(
        w.source(lists),
        {"addresses allowed": allowed, "anywhere allowed": not on or not allowed or bool({"0.0.0.0/0", "::/0"} & set(allowed))},
    )


def private_link(a: Reader, account: str, workspace: str) -> tuple[Fact, ...]:
    """Whether the workspace is reached over private links alone, as the account says it."""
    path = f"/api/2.0/accounts/{quote(account, safe='')}/workspaces/{quote(workspace, safe='')}"
    found = inside(a.get(path), kind=dict, where=path)
    told = facts(
        a.source(path),
        {
            "workspace": found.get("workspace_name"),
            "status": found.get("workspace_status"),
            "customer network": found.get("network_id"),
        },
    )
    settings = found.get("private_access_settings_id")
    if not settings:
        return told + facts(a.source(path), {"private link": False, "public access": True})
    place = f"/api/2.0/accounts/{quote(account, safe='')}/private-access-settings/{quote(settings, safe='')}"
    link = inside(a.get(place), kind=dict, where=place)
    return told + facts(
        a.source(place),
        {
            "private link": True, "public access": link.get("public_access_enabled") is not False,
            "private link level": link.get("private_access_level"),
            "endpoints allowed": Measured(len(link.get("allowed_vpc_endpoint_ids", ())), "endpoints"),
        },
    )  # fmt: skip
