"""The plan of a study: registered by one, approved by another before data are derived, and what a new version leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.errors import BadInput, NotIntact, Refused
from tests.pipeline.clinical_group import STUDY, Group
from tests.pipeline.clinical_lab import FILES, PLAN_TEXT
from tests.pipeline.conftest import Lab

OTHER = PLAN_TEXT + b'pooled: "999"\n'
FIRST, SECOND = f"{STUDY}:1", f"{STUDY}:2"


@pytest.fixture
def group(lab: Lab) -> Group:
    made = Group(lab)
    made.with_sender()
    return made


def shown(group: Group, record: str) -> str:
    """The state a person reads off a record."""
    screen = group.lab.app.decisions.manifestation(group.lab.session("auditor"), record, "screen")
    return next(line.removeprefix("State: ") for line in screen.splitlines() if line.startswith("State: "))


def waits(group: Group) -> tuple[str, str]:
    (standing,) = group.lab.app.standing.studies(group.lab.session("auditor"))
    return standing.waits_for, standing.what


def test_nothing_is_derived_before_quality_approved_the_plan(group: Group) -> None:
    told = group.propose()
    assert told.reference == f"study-plan/{FIRST}"
    assert shown(group, told.reference) == "waits for approval by quality"
    assert shown(group, STUDY) == "plan not approved; no data; tables not derived"
    assert waits(group) == ("quality", f"approval of plan {FIRST}")
    for name in FILES:
        assert group.deliver(name).accepted, "data are taken meanwhile"
    with pytest.raises(Refused, match="is not approved; nothing is derived before quality has signed it") as refused:
        group.process()
    assert FIRST in refused.value.hint
    assert group.lab.app._core.ledger.all("run") == ()
    assert group.approve().accepted
    assert shown(group, told.reference) == "approved, in force"
    assert shown(group, STUDY) == "plan 1 approved; data open; tables not derived"
    assert waits(group) == ("analyst", "processing")
    run = group.process().facts["run"]
    assert shown(group, STUDY) == f"plan 1 approved; data open; tables processed ({run})"
    assert waits(group) == ("reviewer", "review")


def test_who_registered_it_does_not_approve_it_and_nobody_else_than_quality_does(group: Group) -> None:
    lab = group.lab
    lab.app.access.create_account(
        lab.session("administrator"), "two.hats", "Two Hats (fictitious)", ("analyst", "quality"), "first-Word-of-Many-90"
    )
    lab.app.access.set_password(lab.app.access.log_in("two.hats", "first-Word-of-Many-90").reference, "own-Word-of-Many-91")
    both = lab.app.access.log_in("two.hats", "own-Word-of-Many-91").reference
    lab.app.studies.register(both, PLAN_TEXT, "plan 1.0")
    with pytest.raises(Refused, match="registered plan CDISCPILOT01:1 and may not approve it") as refused:
        lab.app.study_decisions.approve(both, FIRST, "mine", "two.hats", "own-Word-of-Many-91")
    assert refused.value.rule == "RR-G02"
    for who in ("analyst", "reviewer", "administrator", "auditor"):
        with pytest.raises(Refused, match="may not approve the plan of a study"):
            group.approve(who=who)
    with pytest.raises(Refused, match="reason is missing"):
        group.approve(reason="")
    with pytest.raises(BadInput, match="no study-plan"):
        group.approve(f"{STUDY}:7")
    assert group.approve().accepted
    with pytest.raises(Refused, match="was decided on already"):
        group.approve()


def test_a_new_plan_after_derivation_supersedes_what_the_old_one_gave(group: Group) -> None:
    group.delivered()
    first = group.process().facts["run"]
    group.sign("reviewed", "reviewer")
    group.propose(OTHER, reason="pooled centres renamed")
    assert group.seen() == ("open", "reviewed"), "a plan nobody approved changes nothing"
    assert shown(group, STUDY) == f"plan 1 approved, {SECOND} waits for approval; data open; tables reviewed ({first})"
    assert shown(group, f"run/{first}") == "in force"
    told = group.approve(SECOND)
    assert told.facts["superseded"] == first
    assert group.seen() == ("open", "none")
    assert shown(group, f"run/{first}") == "superseded: made under plan 1, in force is plan 2"
    assert shown(group, f"study-plan/{FIRST}") == "approved, superseded"
    assert shown(group, STUDY) == f"plan 2 approved; data open; tables not derived; superseded: {first} (plan 1)"
    second = group.process().facts["run"]
    parameters = group.lab.app._core.ledger.latest("run", second).content["parameters"]
    assert parameters["pooled"] == "999"
    trail = group.lab.app.trail.entries(group.lab.session("auditor"), STUDY)
    assert {(e.action, e.record, e.reason) for e in trail} >= {
        ("register-plan", f"study-plan/{SECOND}", "pooled centres renamed"),
        ("sign", f"signature/study-plan/{SECOND}#1", "read and agreed"),
        ("process", f"run/{second}", f"run {second}"),
    }


def test_only_the_newest_plan_can_be_approved_and_a_new_delivery_is_told_apart(group: Group) -> None:
    group.delivered()
    first = group.process().facts["run"]
    group.propose(OTHER)
    group.propose(PLAN_TEXT + b'pooled: "998"\n')
    with pytest.raises(Refused, match=f"plan {SECOND} is not the newest: {STUDY}:3 is"):
        group.approve(SECOND)
    assert shown(group, f"study-plan/{SECOND}") == "superseded, never approved"
    from tests.pipeline.clinical_lab import frame, xpt

    changed = frame("ex")
    changed.loc[0, "EXDOSU"] = "MG"
    group.deliver("ex", xpt(changed, "EX"))
    assert shown(group, f"run/{first}") == "superseded: data were delivered after it"


@pytest.mark.parametrize("act", ["freeze", "lock"])
def test_data_are_not_held_before_anything_was_derived_or_while_a_file_is_in_quarantine(group: Group, act: str) -> None:
    group.delivered()
    if act == "freeze":
        with pytest.raises(Refused, match="the tables of study CDISCPILOT01 are not derived"):
            group.hold("freeze")
    group.process()
    from tests.pipeline.clinical_lab import frame, xpt

    if act == "lock":
        group.hold("freeze")
        group.hold("lock")
        assert waits(group) == ("reviewer", "review")
        assert group.seen()[0] == "locked"
        return
    changed = frame("ex")
    changed.loc[0, "EXDOSU"] = "MG"
    assert not group.deliver("ex", xpt(changed, "EX"), sender="SOMEBODY").accepted
    with pytest.raises(Refused, match="wait in quarantine: ex"):
        group.hold("freeze")
    assert "in quarantine: ex" in shown(group, STUDY)
    assert waits(group) == ("analyst", "a delivery that can be accepted: ex")


def test_a_table_that_no_run_made_is_refused_with_those_there_are(group: Group) -> None:
    group.delivered()
    group.process()
    with pytest.raises(BadInput, match=r"run RUN-0001 made no 'nonsense'; it made adsl, .*define") as refused:
        group.studies.product(group.lab.session("auditor"), STUDY, "nonsense")
    assert "efficacy" in str(refused.value)


def test_a_plan_changed_behind_the_signature_is_not_followed(group: Group) -> None:
    """The study says it follows the approved plan, and its plan is another: nothing is derived."""
    group.delivered()
    core = group.lab.app._core
    study = core.ledger.latest("study", STUDY).content
    plan = {**study["plan"], "pooled": "997"}
    with core.ledger.change(core.actor(core.admit(group.lab.session("analyst"), "whoami")), "by hand") as change:
        change.put("study", STUDY, {**study, "plan": plan})
    with pytest.raises(NotIntact, match="has another plan than the one approved"):
        group.process()
    with core.ledger.change(core.actor(core.admit(group.lab.session("analyst"), "whoami")), "by hand") as change:
        change.put("study-plan", f"{STUDY}:2", {**core.ledger.latest("study-plan", FIRST).content, "number": 2, "plan": plan})
        change.put("study", STUDY, {**study, "plan": plan, "plan_version": 2})
    with pytest.raises(NotIntact, match="no valid signature of quality stands behind this plan"):
        group.process()


def test_an_instance_at_rest_is_read_again(group: Group, home: Path) -> None:
    """The approval lies in the ledger, not in the process that made it."""
    group.delivered()
    group.lab.app.close()
    again = Group(Lab(home))
    try:
        assert again.process().accepted
    finally:
        again.lab.app.close()
