"""Procedures in effect and people trained in them: what is missing is named, and without it nothing is released."""

from __future__ import annotations

import datetime as dt

import pytest

from csvgen.errors import BadInput, Refused
from csvgen.pipeline import conditions
from csvgen.pipeline.conditions import Procedure, effective
from csvgen.pipeline.revalidation import today
from tests.pipeline.promoting import Hands

SOP = "SOP-QC-001"


@pytest.fixture
def hands(lab) -> Hands:
    return Hands(lab)


def day(hands: Hands, ahead: int = 0) -> str:
    return (dt.date.fromisoformat(today(hands.core)) + dt.timedelta(days=ahead)).isoformat()


def go(hands: Hands, days: int) -> None:
    hands.lab.clock.ahead = dt.timedelta(days=days)
    hands.lab._sessions.clear()


def procedure(hands: Hands, version: str = "2", begins: int = 0, until: str = "", who: str = "quality", name: str = SOP):
    told = (name, "Release testing", version, day(hands, begins), until, "revised")
    return hands.lab.app.conditions.register_procedure(hands.lab.session(who), *told)


def train(hands: Hands, who: str, version: str = "2", expires: int = 365, by: str = "administrator", **given: str):
    told = (given.get("person", hands.lab.user(who)), given.get("procedure", SOP), version)
    days = (given.get("on", day(hands)), day(hands, expires))
    return hands.lab.app.conditions.register_training(hands.lab.session(by), *told, *days, "trained")


def require(hands: Hands, subject: str, *procedures: str, who: str = "quality"):
    return hands.lab.app.conditions.require_procedures(hands.lab.session(who), subject, procedures, "needed from now on")


def unmet(hands: Hands, *people: str, subjects: tuple[str, ...] = ("qc-release", "LIN-01"), ahead: int = 0) -> tuple[str, ...]:
    return conditions.unmet(hands.core, subjects, {hands.lab.user(p): day(hands, ahead) for p in people})


# ------------------------------------------------------------------ the gate of release


def test_a_lot_is_released_when_everybody_was_trained(hands) -> None:
    hands.lab.bring("L-1", "released")
    assert hands.lab.view("L-1").state == "released"
    assert unmet(hands, "analyst", "reviewer", "quality") == ()


def test_a_lot_is_not_released_when_its_operator_was_not_trained(hands) -> None:
    procedure(hands)
    for who in ("reviewer", "quality", "analyst-2"):
        train(hands, who)
    hands.lab.bring("L-1", "reviewed")
    with pytest.raises(Refused, match=f"val.analyst was not trained in {SOP} version 2"):
        hands.lab.sign("L-1", "released", "quality")
    assert hands.lab.view("L-1").state == "reviewed"


@pytest.mark.parametrize("untrained", ["reviewer", "quality"])
def test_reviewer_and_quality_need_training_too(hands, untrained: str) -> None:
    procedure(hands)
    for who in {"analyst", "reviewer", "quality"} - {untrained}:
        train(hands, who)
    hands.lab.bring("L-1", "reviewed")
    with pytest.raises(Refused, match=f"val.{untrained} was not trained in {SOP} version 2"):
        hands.lab.sign("L-1", "released", "quality")


def test_a_lot_is_not_released_when_a_procedure_has_ended(hands) -> None:
    hands.lab.bring("L-1", "reviewed")
    hands.lab.app.conditions.end_procedure(hands.lab.session("quality"), SOP, day(hands), "replaced")
    assert unmet(hands, "analyst") == ()
    go(hands, 1)
    with pytest.raises(Refused, match=f"procedure {SOP}, which qc-release needs, is not in effect"):
        hands.lab.sign("L-1", "released", "quality")


def test_a_method_can_need_a_procedure_of_its_own(hands) -> None:
    procedure(hands, "1", name="SOP-QC-002")
    require(hands, "LIN-01", "SOP-QC-002")
    assert unmet(hands, "analyst") == (f"val.analyst was not trained in SOP-QC-002 version 1 on {day(hands)}",)
    assert unmet(hands, "analyst", subjects=("qc-release", "BCA-01")) == ()
    train(hands, "analyst", "1", procedure="SOP-QC-002")
    assert unmet(hands, "analyst") == ()


def test_everything_that_is_missing_is_said_at_once(hands) -> None:
    procedure(hands)
    procedure(hands, "1", name="SOP-QC-002", begins=5)
    require(hands, "LIN-01", "SOP-QC-002")
    missing = unmet(hands, "analyst", "quality")
    assert missing == (
        f"val.analyst was not trained in {SOP} version 2 on {day(hands)}",
        f"val.quality was not trained in {SOP} version 2 on {day(hands)}",
        "procedure SOP-QC-002, which LIN-01 needs, is not in effect",
    )


# ------------------------------------------------------------------ days


def test_training_holds_from_its_day_to_its_last_day(hands) -> None:
    procedure(hands)
    train(hands, "analyst", expires=30)
    assert unmet(hands, "analyst", ahead=30) == ()
    assert unmet(hands, "analyst", ahead=31) == (f"the training of val.analyst in {SOP} version 2 ended on {day(hands, 30)}",)
    [before] = unmet(hands, "analyst", ahead=-2)  # not -1: the installation, and its training, may be of yesterday
    assert "was not in effect" in before or "was not trained" in before


def test_what_counts_is_the_day_of_the_act_and_the_version_in_effect_then(hands) -> None:
    """A new version from next week: acts of today are by the old one, whenever the lot is released."""
    procedure(hands, begins=7)
    today_ = day(hands)
    go(hands, 10)
    person = hands.lab.user("analyst")
    assert conditions.unmet(hands.core, ("qc-release",), {person: f"{today_}T10:00:00.000000Z"}) == ()
    assert conditions.unmet(hands.core, ("qc-release",), {person: day(hands)}) == (
        f"{person} was not trained in {SOP} version 2 on {day(hands)}",
    )


def test_training_of_later_does_not_heal_an_act_of_before(hands) -> None:
    procedure(hands)
    acted = day(hands)
    go(hands, 3)
    train(hands, "analyst")
    person = hands.lab.user("analyst")
    missing = conditions.unmet(hands.core, ("qc-release",), {person: acted})
    assert missing == (f"{person} was not trained in {SOP} version 2 on {acted}",)


def test_each_act_of_a_person_counts(hands) -> None:
    procedure(hands)
    person, first = hands.lab.user("analyst"), day(hands)
    go(hands, 3)
    train(hands, "analyst")
    acts = [(person, first), (person, day(hands))]
    missing = (f"{person} was not trained in {SOP} version 2 on {first}",)
    assert conditions.unmet(hands.core, ("qc-release",), acts) == missing
    assert conditions.unmet(hands.core, ("qc-release",), acts[1:]) == ()


def test_the_version_in_effect_is_the_one_that_began_last() -> None:
    one = Procedure(id=SOP, title="t", version="1", effective_from="2026-01-01")
    two = Procedure(id=SOP, title="t", version="2", effective_from="2026-06-01", effective_until="2026-06-30")
    versions = (one, two)
    told = {d: effective(versions, d) for d in ("2025-12-31", "2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01")}
    assert list(told.values()) == [None, one, two, two, None]  # the older version does not come back
    same_day = two.model_copy(update={"effective_from": "2026-01-01"})
    assert (effective((one, same_day), "2026-01-01"), effective((same_day, one), "2026-01-01")) == (same_day, one)


# ------------------------------------------------------------------ who may put what on record


def test_nobody_records_the_own_training(hands) -> None:
    procedure(hands)
    with pytest.raises(Refused, match="cannot put the own training on record"):
        train(hands, "quality", by="quality")
    train(hands, "analyst", by="quality")
    kept = hands.core.ledger.latest("training", f"{hands.lab.user('analyst')}:{SOP}:2").content
    assert kept["by"] == hands.lab.user("quality")


@pytest.mark.parametrize("who", ["administrator", "analyst", "reviewer", "auditor"])
def test_procedures_are_for_quality(hands, who: str) -> None:
    with pytest.raises(Refused, match="may not register a procedure"):
        procedure(hands, who=who)
    with pytest.raises(Refused, match="may not end a procedure"):
        hands.lab.app.conditions.end_procedure(hands.lab.session(who), SOP, day(hands), "why")
    with pytest.raises(Refused, match="may not say which procedures are needed"):
        require(hands, "qc-release", who=who)
    if who != "administrator":
        with pytest.raises(Refused, match="may not record training"):
            train(hands, "analyst", "1", by=who)


def test_days_that_cannot_be_are_refused(hands) -> None:
    for begins, words in ((-1, "that day is past"),):
        with pytest.raises(Refused, match=words):
            procedure(hands, begins=begins)
    with pytest.raises(BadInput, match="effective_until"):
        procedure(hands, until="some day")
    procedure(hands)
    with pytest.raises(Refused, match="version 2 is on record already"):
        procedure(hands)
    with pytest.raises(Refused, match="it must be over, and end after it began"):
        train(hands, "analyst", on=day(hands, 1))
    with pytest.raises(Refused, match="it must be over, and end after it began"):
        train(hands, "analyst", expires=-1)
    with pytest.raises(BadInput, match="trained_on"):
        train(hands, "analyst", on="")
    with pytest.raises(Refused, match="that day is past"):
        hands.lab.app.conditions.end_procedure(hands.lab.session("quality"), SOP, day(hands, -1), "why")


def test_what_is_not_there_cannot_be_named(hands) -> None:
    with pytest.raises(BadInput, match="there is no account"):
        train(hands, "analyst", "1", person="val.nobody")
    with pytest.raises(BadInput, match="there is no version '9' of procedure"):
        train(hands, "analyst", "9")
    with pytest.raises(BadInput, match="there is no procedure SOP-QC-009"):
        require(hands, "qc-release", SOP, "SOP-QC-009")
    with pytest.raises(BadInput, match="id: "):
        procedure(hands, name="sop 1")
