"""What is looked at in a restored environment, because trying it in the system itself would leave it unusable, or only shows there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pytest_bdd import then, when

from csvgen.ports import AccountView, Outcome, Target
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.continuity import restored_system, session_of

_ROLE = "administrator"


def _active(target: Target, session: str) -> list[str]:
    found: tuple[AccountView, ...] = cast("Any", target.port("Access")).accounts(session)
    return sorted(a.user_id for a in found if _ROLE in a.roles and a.state == "active")


@when("in the restored environment every administrator but one is retired")
def all_but_one(bench: Bench) -> None:
    target = restored_system(bench)
    access = cast("Any", target.port("Access"))
    last = access.test_account(_ROLE).user_id
    session = session_of(target, _ROLE)
    for user in [u for u in _active(target, session) if u != last]:
        outcome: Outcome = access.retire_account(session_of(target, _ROLE), user, "left the laboratory")
        bench.world.take("Access.retire_account", outcome)
        bench.observe.note(f"retirement of {user}", answer(outcome), source="Access.retire_account, restored environment")
    bench.world.facts["last"] = last


@when("the last administrator retires the own account there")
def retires_itself(bench: Bench) -> None:
    target, last = restored_system(bench), bench.world.facts["last"]
    outcome = cast("Any", target.port("Access")).retire_account(session_of(target, _ROLE), last, "left the laboratory")
    bench.world.take("Access.retire_account", outcome)
    bench.observe.note(f"retirement of {last}", answer(outcome), source="Access.retire_account, restored environment")


@then("there is one active administrator there, who can log in")
def still_there(bench: Bench) -> None:
    target, last = restored_system(bench), bench.world.facts["last"]
    access = cast("Any", target.port("Access"))
    person = access.test_account(_ROLE)
    opened: Outcome = access.log_in(person.user_id, person.password)
    bench.observe("log-in", expected="accepted: ", actual=answer(opened), by="contains", source="Access.log_in")
    active = ", ".join(_active(target, opened.reference)) if opened.accepted else "(cannot be asked)"
    bench.observe("active administrators", expected=last, actual=active, source="Access.accounts, restored environment")


@then(phrase('the store of the restored environment is as protected as that of the system: "{facts}"'))
def protected(bench: Bench, facts: str) -> None:
    """The facts of the access policy, of both; and file by file, where the target can tell, the permissions in the backup too:
    of a file the same, of a folder no wider.
    """
    here: Mapping[str, str] = bench.port("Installation").storage()
    there: Mapping[str, str] = cast("Any", restored_system(bench).port("Installation")).storage()
    for fact in (f.strip() for f in facts.split(";")):
        actual = there.get(fact, "(not told)")
        bench.observe(
            fact, expected=here.get(fact, "(not told by the system)"), actual=actual, source="Installation.storage of both"
        )
    permissions = getattr(cast("Any", bench.port("Continuity")), "permissions", None)
    if permissions is None:
        return
    system: Mapping[str, str] = permissions()
    for what, place in (("backup", bench.world.facts["backup"]), ("restored environment", bench.world.facts["environment"])):
        found: Mapping[str, str] = permissions(place)
        both = sorted(found.keys() & system.keys())
        bench.observe(
            f"files and folders of the {what} compared", expected="3", actual=str(len(both)), by="at-least", source="file system"
        )
        wider = [n for n in both if (found[n] != system[n] and not n.endswith("/")) or int(found[n], 8) & ~int(system[n], 8)]
        others = "; ".join(f"{name} {found[name]}, was {system[name]}" for name in wider) or "none"
        bench.observe(
            f"files of the {what} with other permissions, folders with wider ones",
            expected="none",
            actual=others,
            source="file system",
        )
