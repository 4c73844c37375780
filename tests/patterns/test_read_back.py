"""What a case looks at after a yes or a no: each check holds on answers that fit, and turns red on one that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from csvgen.clock import SystemClock, stored
from csvgen.errors import CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.ports import AccountView, AuditEntry, DeviationView, LotView, Outcome, RecordView, Secret, SignatureView, TestAccount
from csvgen.steps import concurrency, continuity, factor, lots, onrecord, readback, results, sessionless, since, trail
from csvgen.steps.common import World
from csvgen.steps.concurrency import Asked

from ..targets.cases import Observed

YES, NO = Outcome(True, "done"), Outcome(False, "not now")


class System:
    """Every port at once: what it holds is set from outside."""

    name, instance = "suv", "one"

    def __init__(self) -> None:
        self.trail: list[AuditEntry] = []
        self.records: dict[str, list[RecordView]] = {}
        self.listed: tuple[AccountView, ...] = ()
        self.open: dict[str, str] = {}
        self.here: LotView | None = None
        self.found: tuple[DeviationView, ...] = ()
        self.signed: tuple[SignatureView, ...] = ()
        self.whole = YES

    def port(self, _name: str) -> System:
        return self

    def told(self, user: str, action: str, record: str = "", printed: str = "") -> None:
        at = stored(SystemClock().now())
        number = len(self.trail) + 1
        self.trail.append(AuditEntry(number, at, "+00:00", user, printed or user, action, record, "", "", "", ""))

    def test_account(self, role: str) -> TestAccount:
        return TestAccount(f"val.{role}", f"val.{role}", role, Secret("x"))

    def log_in(self, user: str, password: Secret) -> Outcome:
        good = self.open.get(user, "x") == password.reveal()
        return Outcome(good, "in" if good else "no", f"session of {user}" if good else "")

    def whoami(self, session: str) -> Outcome:
        return Outcome(True, "", session.removeprefix("session of "))

    def accounts(self, _session: str) -> tuple[AccountView, ...]:
        return self.listed

    def entries(self, _session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        return tuple(e for e in self.trail if e.number > after and record in ("", e.record))

    def integrity(self, _session: str) -> Outcome:
        return self.whole

    def read(self, _session: str, record: str) -> RecordView | None:
        return self.records[record][-1] if record in self.records else None

    def history(self, _session: str, record: str) -> tuple[RecordView, ...]:
        return tuple(self.records.get(record, ()))

    def lot(self, _session: str, _lot: str) -> LotView | None:
        return self.here

    def deviations(self, _session: str, _lot: str) -> tuple[DeviationView, ...]:
        return self.found

    def signatures(self, _session: str, _record: str) -> tuple[SignatureView, ...]:
        return self.signed


def bench(system: System | None = None, **facts: Any) -> Any:
    system = system or System()
    world = World()
    world.facts |= facts
    world.account = TestAccount("new.one", "New One", "analyst", Secret("now"))
    actors = SimpleNamespace(
        access=system,
        account=system.test_account,
        session=lambda role: f"session of val.{role}",
        log_in=lambda role, anew=False: (system.test_account(role), YES),
        known=frozenset,
    )
    return SimpleNamespace(
        target=system, port=lambda _: system, world=world, actors=actors, observe=Observed(), lot=lambda n: f"RUN.{n}",
        user=lambda n: f"run-{n}", attach=lambda *_a, **_k: None,
    )  # fmt: skip


def red(step: Callable[..., None], made: Any, *arguments: Any) -> None:
    with pytest.raises(ExpectationFailed):
        step(made, *arguments)


# ------------------------------------------------------------ attacks on the trail

FACTS = {
    "check before": "accepted: the audit trail is unbroken: 8 events", "place": "9", "next entry": "refused: stopped",
    "check": "refused: the trail has 9 events, 8 were anchored: event 9 was not announced",
}  # fmt: skip


def attacked(**other: str) -> Any:
    made = bench()
    made.world.take("AuditTrail.attack", Outcome(True, "let in", "", {k: v for k, v in (FACTS | other).items() if v}))
    return made


def test_the_copy_that_was_attacked_is_whole_before_the_act_and_its_check_names_the_place() -> None:
    trail.ended(attacked(), trail.STOPPED)
    trail.named(attacked(), "event {n} was not announced")
    for other in ({"check before": "refused: event 1"}, {"check before": ""}, {"check": FACTS["check before"]}):
        red(trail.ended, attacked(**other), trail.STOPPED)
    for other in ({"check": FACTS["check before"]}, {"check": "refused: broken"}, {"place": "8"}, {"place": ""}, {"check": ""}):
        red(trail.named, attacked(**other), "event {n} was not announced")


def test_of_a_request_the_answer_is_what_names_it() -> None:
    made = bench()
    made.world.take("AuditTrail.attack", Outcome(False, "the trail cannot be switched off"))
    trail.named(made, "cannot be switched off")
    red(trail.named, made, "is unknown")


# ------------------------------------------------------------ nothing came of a refusal


def test_a_trail_that_grew_by_anything_is_found() -> None:
    system = System()
    system.told("val.analyst", "log-in")
    made = bench(system, **{"trail noted": 1})
    since.nothing_told(made)
    system.told("val.analyst", "calculate")
    red(since.nothing_told, made)


def test_a_number_beside_a_refusal_is_found() -> None:
    results.nothing_computed(bench(computed={}))
    red(results.nothing_computed, bench(computed={"B0": "0"}))


# ------------------------------------------------------------ without a session

REFUSED = Outcome(False, "no session", "", {"kind": "session"})


def test_every_function_the_ports_declare_is_tried_and_every_one_tried_is_refused() -> None:
    class Trail:
        def entries(self, session: str, record: str = "", after: int = 0) -> None: ...
        def export(self, session: str) -> None: ...
        def export_outcome(self, session: str) -> None: ...
        def integrity(self, session: str) -> None: ...

    class Only:
        def port(self, name: str) -> Any:
            return Trail() if name == "AuditTrail" else None

    names = [f"AuditTrail.{verb}" for verb in ("entries", "export", "export_outcome", "integrity")]

    def made(answers: dict[str, Outcome], tried: list[str]) -> Any:
        found = bench(answers=answers, **{"to be tried": tried})
        found.target = Only()
        return found

    good = dict.fromkeys(names, REFUSED)
    seen = made(good, names)
    sessionless.all_refused(seen)
    assert (seen.observe.made[-1].expected, seen.observe.made[-1].actual) == ("4", "4")
    red(sessionless.all_refused, made(good | {names[0]: Outcome(True, "given")}, names))
    red(sessionless.all_refused, made(dict.fromkeys(names[1:], REFUSED), names))
    red(sessionless.all_refused, made(dict.fromkeys(names[1:], REFUSED), names[1:]))
    red(sessionless.all_refused, made({}, []))


def test_an_empty_list_is_told_apart_from_a_list() -> None:
    assert sessionless.answered(lambda: ()).message != sessionless.answered(lambda: (1,)).message


# ------------------------------------------------------------ accounts and passwords


def test_a_session_of_somebody_else_is_found() -> None:
    made = bench()
    made.world.take("Access.log_in", Outcome(True, "in", "session of new.one"))
    readback.own_session(made)
    made.world.take("Access.log_in", Outcome(True, "in", "session of val.analyst"))
    red(readback.own_session, made)


@pytest.mark.parametrize(
    "other", [{"roles": ("analyst", "quality")}, {"state": "locked"}, {"printed_name": "Old One"}, {"user_id": "another"}]
)
def test_an_account_that_is_not_as_it_was_asked_for_is_found(other: dict[str, Any]) -> None:
    system, view = System(), AccountView("new.one", "New One", ("analyst",), "active")
    system.listed = (view,)
    readback.listed_once(bench(system), "analyst")
    system.listed = (replace(view, **other),)
    red(readback.listed_once, bench(system), "analyst")
    system.listed = (view, view)
    red(readback.listed_once, bench(system), "analyst")


def test_a_password_that_was_accepted_and_not_kept_is_found() -> None:
    system = System()
    system.open["new.one"] = "now"
    readback.opens_now(bench(system, **{"password before": Secret("then")}))
    red(readback.opens_now, bench(system, **{"password before": Secret("now")}))
    system.open["new.one"] = "then"
    red(readback.opens_now, bench(system, **{"password before": Secret("other")}))
    with pytest.raises(CsvgenError, match="no step before"):
        readback.opens_now(bench(system))


# ------------------------------------------------------------ the access matrix


def cell(function: str, state: str, action: str, storage: str = "shelf 7") -> Any:
    system = System()
    system.here = LotView("RUN.CELL", state, "", (), {}, {})
    system.records["RUN.CELL"] = [RecordView("lot/RUN.CELL", 2, state, {"storage": storage})]
    system.listed = (AccountView("run-cell-administrator", "Cell Of The Matrix", ("analyst",), "active"),)
    system.told("val.administrator" if "account" in function else "val.analyst", action)
    return bench(system, lot="RUN.CELL", **{"trail noted": 0})


@pytest.mark.parametrize("function", [*readback._ENTRY])
def test_a_function_that_was_accepted_and_not_done_is_found(function: str) -> None:
    role = "administrator" if "account" in function else "analyst"
    state, action = readback._STATE.get(function, "none"), readback._ENTRY[function]
    readback.function_done(cell(function, state, action), function, role)
    red(readback.function_done, cell(function, state, "note"), function, role)
    red(readback.function_done, cell(function, state, action), function, "reviewer")
    if function in readback._STATE:
        red(readback.function_done, cell(function, "none", action), function, role)
    if function == "change a record":
        red(readback.function_done, cell(function, state, action, "shelf 1"), function, role)
    if function == "create an account":
        other = cell(function, state, action)
        other.target.listed = ()
        red(readback.function_done, other, function, role)


ACTS = (
    ("retire", "account/gone"), ("modify", "account/shut"), ("unlock", "account/shut"), ("modify", "deviation/DV-1"),
    ("sign", "signature/deviation/DV-1#1"),
)  # fmt: skip


def cells(**other: Any) -> Any:
    system = System()
    system.listed = (
        AccountView("gone", "G", ("analyst",), other.get("gone", "retired")),
        AccountView("shut", "S", ("analyst",), other.get("shut", "active")),
    )
    system.found = (DeviationView("DV-1", "RUN.CELLS", other.get("state", "closed"), "", other.get("decision", "reject")),)
    for action, record in other.get("acts", ACTS):
        system.told("val.quality", action, record)
    answers = {"retire an account": YES, "unlock an account": YES, "dispose a deviation": YES}
    answers["read a record"] = Outcome(True, other.get("given", "the record was given"))
    facts = {"cells": answers, "leaver": "gone", "locked": "shut", "deviation": "DV-1", "lot": "RUN.CELLS", "trail noted": 0}
    return bench(system, **facts)


@pytest.mark.parametrize(
    "other",
    [
        {"gone": "active"}, {"shut": "locked"}, {"state": "open"}, {"decision": "accept"}, {"given": "done, without an answer"},
        {"acts": ACTS[1:]}, {"acts": ACTS[:-1]}, {"acts": (*ACTS, ("export", ""))}, {"acts": (*ACTS, ("modify", "lot/L"))},
    ],
    ids=str,
)  # fmt: skip
def test_one_cell_of_many_that_did_not_do_what_it_says_is_found(other: dict[str, Any]) -> None:
    readback.each_done(cells(), "quality")
    red(readback.each_done, cells(**other), "quality")


# ------------------------------------------------------------ signatures with a code


def signer(system: System, *tickets: str) -> Any:
    owner = factor.Owner("the.owner", Secret("x"), "", "", 0)
    made = bench(system, owner=owner, guarded=system, **{"accepted tickets": list(tickets)})
    made.world.take("Pipeline.build_artifact", YES)
    return made


def test_a_signature_that_was_accepted_and_is_not_there_is_found_and_one_that_was_refused_and_is() -> None:
    system = System()
    factor.judged(signer(System()), "accepts")
    red(factor.judged, signer(System(), "CHG 1"), "accepts")
    system.told("the.owner", "register-artifact", "artifact/A-1")
    system.records["artifact/A-1"] = [RecordView("artifact/A-1", 1, "", {"ticket": "CHG 1", "builder": "the.owner"})]
    factor.judged(signer(system, "CHG 1"), "accepts")
    red(factor.judged, signer(system), "accepts")
    red(factor.judged, signer(system, "CHG 2"), "accepts")
    system.records["artifact/A-1"] = [RecordView("artifact/A-1", 1, "", {"ticket": "CHG 1", "builder": "another"})]
    red(factor.judged, signer(system, "CHG 1"), "accepts")


# ------------------------------------------------------------ records of procedures, files


def test_a_procedure_whose_record_says_something_else_is_found() -> None:
    system = System()
    system.records["procedure/P"] = [RecordView("procedure/P", 1, "", {"version": "1", "effective_from": "2026-01-01"})]

    def put(**wanted: str) -> Any:
        made = bench(system, **{"put on record": wanted})
        made.world.take("Pipeline.register_procedure", Outcome(True, "done", "procedure/P"))
        return made

    onrecord.says(put(version="1", effective_from="2026-01-01"))
    red(onrecord.says, put(version="2", effective_from="2026-01-01"))
    red(onrecord.says, put(version="1", title="T"))
    system.records.clear()
    red(onrecord.says, put(version="1"))


def test_a_file_in_a_folder_is_registered_under_its_name() -> None:
    system, content = System(), b"data"
    sent = lots.Sent(content, "file/x", SystemClock().now(), SystemClock().now())
    digest = str(lots.digest_bytes(content))
    system.here = LotView("RUN.WHOLE", "registered", "", (), {"plate-1.csv": digest}, {})
    made = bench(system, sent={("WHOLE", "forms/plate-1.csv"): sent})
    lots.registered(made, "forms/plate-1.csv", "WHOLE")
    system.here = replace(system.here, files={"plate-1.csv": digest[:-1] + "_"})
    red(lots.registered, made, "forms/plate-1.csv", "WHOLE")


# ------------------------------------------------------------ the second site


def site(lots_there: tuple[str, ...] = ("1", "2"), valid: str = "valid") -> System:
    made = System()
    made.trail = []
    for number, name in enumerate(("FAR", "OTHER"), 1):
        made.trail.append(AuditEntry(number, "t", "+00:00", "u", "U", "create", f"lot/{name}", "", "", "", ""))
        made.records[f"lot/{name}"] = [RecordView(f"lot/{name}", 1, "processed", {"value": lots_there[number - 1]})]
    made.signed = (SignatureView("R", "val.reviewer", "t", "+00:00", "reviewed", valid == "valid", valid),)
    return made


def moved(there: System) -> Any:
    made = bench(site(), saved={"events": "2"}, site=there)
    continuity.remembered(made)
    return made


def test_every_record_is_looked_for_at_the_second_site_and_not_one_lot_alone() -> None:
    continuity.records_same(moved(site()))
    red(continuity.records_same, moved(site(("1", "other"))))
    lost = site()
    del lost.records["lot/OTHER"]
    red(continuity.records_same, moved(lost))


def test_trail_and_signatures_are_looked_at_there_too() -> None:
    whole = site()
    whole.trail.append(AuditEntry(3, "t", "+00:00", "u", "U", "restored", "", "", "", "", "from a backup"))
    continuity.trail_same(moved(whole))
    continuity.trail_unbroken(moved(whole))
    continuity.signatures_same(moved(whole), "FAR")
    cut = site()
    cut.trail = whole.trail[1:]
    red(continuity.trail_same, moved(cut))
    cut.whole = NO
    red(continuity.trail_unbroken, moved(cut))
    red(continuity.signatures_same, moved(site(valid="void")), "FAR")
    bare = moved(site())
    bare.target.signed = ()
    with pytest.raises(CsvgenError, match="no signature that could be there"):
        continuity.signatures_same(bare, "FAR")


# ------------------------------------------------------------ two at the same time


def test_all_who_asked_were_answered_and_never_both_refused() -> None:
    def asked(*outcomes: Outcome) -> list[Asked]:
        return [Asked(n // 2 + 1, f"role {n}", "u", "comment", f"v{n}", o) for n, o in enumerate(outcomes)]

    made = bench()
    concurrency._note(made, asked(YES, NO, YES, YES), "s", 2)
    concurrency._not_both_refused(made)
    red(concurrency._note, bench(), asked(YES, NO, YES), "s", 2)
    made.world.facts["asked"] = tuple(asked(YES, YES, NO, NO))
    red(concurrency._not_both_refused, made)
