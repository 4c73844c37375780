"""Two people at the same time on the real target; each check is seen to fail on answers and records that do not fit each other."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.errors import CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.ports import Outcome
from csvgen.steps import concurrency
from csvgen.steps.concurrency import Asked
from csvgen.steps.records import bring_to
from csvgen.targets import bind

from .cases import Case

NO, YES = Outcome(False, "not now"), Outcome(True, "done")


@pytest.fixture(scope="module")
def case(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    home = shutil.copytree(installed, tmp_path_factory.mktemp("concurrency") / "instance")
    target = bind("validation", {"adapter": "local", "home": str(home)})
    made = Case(target, "TOGETHER", {})
    made.log_in("analyst", "analyst-2", "administrator", "administrator-2", "reviewer", "analyst-reviewer")
    yield made
    target.close()


def replaced(case: Case, number: int, **other: object) -> None:
    asked = list(case.world.facts["asked"])
    asked[number] = dataclasses.replace(asked[number], **other)
    case.world.facts["asked"] = tuple(asked)


def test_both_acts_have_begun_before_either_is_done(case):
    """Each waits for the other inside its act: one after the other would never end."""
    met = threading.Barrier(2)

    def act(target, session):
        met.wait(20)
        return target.port("Access").whoami(session)

    one, two = concurrency.at_once(case, ("analyst", act), ("analyst-2", act))
    assert (one.accepted, two.accepted) == (True, True)
    assert one.message != two.message


def test_what_goes_wrong_in_a_thread_is_not_lost(case):
    with pytest.raises(CsvgenError, match="does not offer the port Nothing"):
        concurrency.at_once(case, *[("analyst", lambda t, _s: concurrency._port(t, "Nothing"))] * 2)


@pytest.mark.parametrize("other", ["storage", "comment"])
def test_changes_and_what_tells_of_them(case, other):
    lot = f"CHANGED-{other}"
    bring_to(case, case.lot(lot), "registered")
    concurrency.change_both(case, "analyst", "comment", "analyst-2", other, lot, 2)
    for step in (concurrency.none_lost, concurrency.trail_in_order):
        step(case, lot)
    concurrency.loser_told(case)
    asked = case.world.facts["asked"]
    assert len(asked) == 4
    for wrong, words in (
        (dataclasses.replace(asked[0], value="never set"), "never set"),
        (dataclasses.replace(asked[0], outcome=NO), "versions added"),
    ):
        case.world.facts["asked"] = (wrong, *asked[1:])
        with pytest.raises(ExpectationFailed, match=words):
            concurrency.none_lost(case, lot)
        with pytest.raises(ExpectationFailed, match="entries"):
            concurrency.trail_in_order(case, lot)
    case.world.facts["asked"] = (dataclasses.replace(asked[0], user="val.reviewer"), *asked[1:])
    with pytest.raises(ExpectationFailed, match="entries, in order"):
        concurrency.trail_in_order(case, lot)
    case.world.facts["asked"] = (dataclasses.replace(asked[0], outcome=Outcome(False, " ")), *asked[1:])
    with pytest.raises(ExpectationFailed, match="refusals without a word"):
        concurrency.loser_told(case)


def test_a_version_that_takes_another_change_back_is_seen(case, monkeypatch):
    lot = "TAKEN-BACK"
    bring_to(case, case.lot(lot), "registered")
    concurrency.change_both(case, "analyst", "comment", "analyst-2", "storage", lot, 1)
    versions = concurrency._versions(case, lot)
    lost = dataclasses.replace(versions[-1], fields={**versions[0].fields, "storage": versions[-1].fields["storage"] or "x"})
    monkeypatch.setattr(
        concurrency,
        "_versions",
        lambda *_: [*versions[:-1], dataclasses.replace(lost, fields={**lost.fields, "comment": "other"})],
    )
    with pytest.raises(ExpectationFailed, match=r"fields that version|versions that say"):
        concurrency.none_lost(case, lot)


def test_one_of_two_signatures(case):
    concurrency.sign_both(case, "reviewer", "analyst-reviewer", 1, "SIGNED", "processed", "reviewed")
    concurrency.one_wins(case)
    concurrency.one_signature(case, "reviewed")
    asked = case.world.facts["asked"]
    won = next(n for n, a in enumerate(asked) if a.outcome.accepted)
    for number, outcome in ((1 - won, YES), (won, NO)):
        case.world.facts["asked"] = asked
        replaced(case, number, outcome=outcome)
        with pytest.raises(ExpectationFailed, match="accepted"):
            concurrency.one_wins(case)
        with pytest.raises(ExpectationFailed, match="signers as reviewed"):
            concurrency.one_signature(case, "reviewed")


def test_a_change_while_signing(case):
    concurrency.sign_and_change(case, "reviewer", 2, "MOVING", "reviewed", "analyst", "comment")
    concurrency.signed_as_shown(case, "comment")
    asked = case.world.facts["asked"]
    for both in ((NO, NO), *([(YES, NO)] if asked[1].outcome.accepted else [(YES, YES)])):
        case.world.facts["asked"] = asked
        for number, outcome in enumerate(both):
            replaced(case, number, outcome=outcome)
        with pytest.raises(ExpectationFailed):
            concurrency.signed_as_shown(case, "comment")


def test_one_of_two_registrations(case):
    concurrency.register_both(case, "administrator", "administrator-2", 2)
    concurrency.one_wins(case)
    concurrency.one_account(case)
    won = next(n for n, a in enumerate(case.world.facts["asked"]) if a.outcome.accepted)
    replaced(case, won, outcome=NO)
    with pytest.raises(ExpectationFailed, match="created by"):
        concurrency.one_account(case)
    case.world.facts["asked"] = (Asked(1, "administrator", "x", case.user("nobody"), "", YES),)
    with pytest.raises(ExpectationFailed, match="accounts"):
        concurrency.one_account(case)


def test_two_files_under_one_name(case):
    concurrency.bring_both(case, "analyst", "analyst-2", "plate.csv", "FILES")
    concurrency.versions_of_file(case, "plate.csv", "FILES")
    replaced(case, 0, outcome=dataclasses.replace(case.world.facts["asked"][0].outcome, accepted=False))
    with pytest.raises(ExpectationFailed, match="by who brought them"):
        concurrency.versions_of_file(case, "plate.csv", "FILES")
    case.world.facts["asked"] = (Asked(1, "analyst", "x", "FILES", "plate.csv", NO),)
    with pytest.raises(CsvgenError, match="took neither"):
        concurrency.versions_of_file(case, "plate.csv", "FILES")
    case.world.facts["asked"] = ()
    with pytest.raises(CsvgenError, match="at the same time"):
        concurrency.one_wins(case)
