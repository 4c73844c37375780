"""The server itself, and what each account may do with experiment and models. MLflow ships with no authentication; that is the first thing told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from csvgen.targets.mlflow.client import API, experiment
from csvgen.targets.probing.facts import Measured, facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact, Unanswered

ANYBODY = "anybody who reaches the server"
_ASKED = f"{API}/experiments/search"
_CURRENT, _USERS = f"{API}/users/current", f"{API}/users/list"
_GRANTS, _EFFECTIVE = "/api/3.0/mlflow/users/permissions/list", "/api/3.0/mlflow/users/permissions/get"
_MAY: Mapping[str, tuple[str, ...]] = {
    "read": ("READ", "USE", "EDIT", "MANAGE"),
    "change": ("EDIT", "MANAGE"),
    "delete": ("MANAGE",),
}
_KNOWN = {"READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS", "DENY"}


def guarded_by_login(stranger: Reader) -> bool:
    """Whether somebody without credentials is turned away, found by trying to read."""
    return stranger.refused(_ASKED, {"max_results": "1"})


def server(m: Reader, stranger: Reader) -> tuple[Fact, ...]:
    """Version, whether anybody may come in, and as whom the probes are there."""
    on = guarded_by_login(stranger)
    version = (m.content("/version") or b"").decode("utf-8", "replace")
    who: Mapping[str, Any] = {}
    if on and (answer := m.get(_CURRENT, absent=("",))) is not None:
        who = inside(answer, "user", where=_CURRENT)
    return (
        *facts(m.source("/version"), {"version": version[:40]}),
        *facts(m.source(_ASKED), {"authentication is on": on}),
        *facts(m.source(_CURRENT), {"probed as": who.get("username"), "probed as an administrator": bool(who.get("is_admin"))}),
    )


def rights(m: Reader, stranger: Reader, name: str | None, models: Sequence[str]) -> tuple[Fact, ...]:
    """Who may read, change and delete, as the server itself works it out for each account; administrators may do everything."""
    named: dict[str, tuple[str, str, str]] = {}
    if name is not None:
        home = experiment(m, name)
        if home is None:
            raise Unanswered(f"there is no experiment {name!r}", where="mlflow")
        named[f"runs of {name}"] = ("experiment", str(home["experiment_id"]), "run")
    named |= {f"versions of {n}": ("registered_model", n, "registered_model_version") for n in models}
    if not named:
        raise Unanswered("the settings of the platform say neither mlflow.experiment nor mlflow.models")
    if not guarded_by_login(stranger):
        told = {f"who may {act} {what}": ANYBODY for what in named for act in _MAY}
        return facts(m.source(_ASKED), {"accounts": ANYBODY, "administrators": ANYBODY, **told})
    people = inside(m.get(_USERS), "users", kind=list, where=_USERS)
    held = {str(u["username"]): _held(m, u, named) for u in people}
    return (
        *facts(
            m.source(_USERS),
            {"accounts": Measured(len(people), "accounts"), "administrators": [u["username"] for u in people if u["is_admin"]]},
        ),
        *facts(
            m.source(_EFFECTIVE),
            {
                f"who may {act} {what}": [who for who, rights in held.items() if rights[what] in levels]
                for what in named
                for act, levels in _MAY.items()
            },
        ),
    )


def _held(m: Reader, user: Mapping[str, Any], named: Mapping[str, tuple[str, str, str]]) -> dict[str, str]:
    """What one account holds on each, by the server's word for it."""
    who = str(user["username"])
    if user["is_admin"]:
        return dict.fromkeys(named, "MANAGE")
    grants = inside(m.get(_GRANTS, {"username": who}), "permissions", kind=list, where=_GRANTS)
    own = {str(g["resource_type"]) for g in grants}
    return {
        # A grant on runs (or versions) as such stands before the one on the experiment (or model) they belong to.
        what: _effective(m, who, inner, "*") if inner in own else _effective(m, who, kind, identity)
        for what, (kind, identity, inner) in named.items()
    }


def _effective(m: Reader, who: str, kind: str, identity: str) -> str:
    answer = m.get(_EFFECTIVE, {"username": who, "resource_type": kind, "resource_id": identity})
    level = inside(answer, "permission", kind=str, where=_EFFECTIVE)
    if level not in _KNOWN:
        raise Unanswered(f"the server tells of a right {str(level)[:40]!r} that is not documented", where=_EFFECTIVE)
    return str(level)
