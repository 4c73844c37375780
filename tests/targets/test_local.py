"""The local target, spoken to through its ports: a real process, a real database, real keys."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen import ports
from csvgen.errors import BadInput, ConfigError, Refused
from csvgen.execution.observe import ExpectationFailed
from csvgen.patterns.catalogue import catalogue
from csvgen.ports import Outcome, RecordCopy, Secret, Target, Unreachable
from csvgen.steps import trail as trail_steps
from csvgen.steps.common import World
from csvgen.targets import bind
from csvgen.targets.local import attacks, connection, forgery
from tests.targets.cases import Observed
from tests.targets.conftest import Bench

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
OFFERED = (
    "Installation", "Access", "Records", "AuditTrail", "Signing", "Pipeline", "Entry", "Interfaces", "Connections", "Continuity",
    "SecondFactor",
)  # fmt: skip


def test_ports_as_drawn(bench) -> None:
    assert isinstance(bench.target, Target)
    assert bench.target.name == "validation"
    for name, protocol in ports.PORTS.items():
        found = bench.port(name)
        assert (found is not None) == (name in OFFERED)
        if found is None:
            continue
        assert isinstance(found, protocol)
        for verb, wanted in inspect.getmembers(protocol, inspect.isfunction):
            if not verb.startswith("_"):
                assert (
                    list(inspect.signature(getattr(found, verb)).parameters) == list(inspect.signature(wanted).parameters)[1:]
                ), verb


def test_a_lot_from_real_files_to_release(bench) -> None:
    pipeline, session = bench.port("Pipeline"), bench.session("analyst")
    content = (DATA / "gen5-bca-plate.txt").read_bytes()
    assert pipeline.ingest(
        session, "LOT-A", "plate.txt", content, {"method": "BCA-01", "sample": "SPL1", "instrument": "PR-001"}
    ).accepted
    peaks = (DATA / "peaks-lot-a.csv").read_bytes()
    assert pipeline.ingest(session, "LOT-A", "peaks.csv", peaks, {"sample": "S1", "instrument": "HP-001"}).accepted
    assert pipeline.process(session, "LOT-A").accepted
    view = pipeline.lot(session, "LOT-A")
    assert (view.state, view.verdict) == ("processed", "in specification")
    assert {t.name: t.reported for t in view.tests}["potency"] == "100.5"
    assert bench.sign("LOT-A", "reviewed", "reviewer").accepted
    assert bench.sign("LOT-A", "released", "quality").accepted
    assert pipeline.lot(session, "LOT-A").state == "released"
    signatures = bench.port("Signing").signatures(session, "LOT-A")
    assert [(s.meaning, s.valid) for s in signatures] == [("reviewed", True), ("released", True)]
    copy = bench.port("Records").copy(bench.session("auditor"), "LOT-A")
    assert isinstance(copy, RecordCopy)
    assert json.loads(copy.electronic)["state"] == "released"
    assert bench.port("AuditTrail").integrity(bench.session("auditor")).accepted


def test_calculations_travel_as_text(bench) -> None:
    pipeline, session = bench.port("Pipeline"), bench.session("analyst")
    assert pipeline.calibrate(session, "linear", ("1", "2", "3"), ("2", "4", "6"))["B1"] == "2"
    assert pipeline.statistics(session, ("1", "2", "4"))["n"] == "3"
    assert "too few points" in pipeline.calibrate(session, "linear", ("1",), ("2",))["refused"]
    assert "not a decimal number" in pipeline.statistics(session, ("1", "NaN"))["refused"]
    with pytest.raises(Refused, match="may not calculate"):
        pipeline.calibrate(bench.session("auditor"), "linear", ("1", "2", "3"), ("2", "4", "6"))


def test_refusals_say_what_they_are_about(bench) -> None:
    bench.plate("L-1")
    kinds = {
        "authority": bench.sign("L-1", "released", "analyst"),
        "credentials": bench.sign("L-1", "reviewed", "reviewer", Secret("wrong")),
        "rule": bench.sign("L-1", "released", "quality"),
        "input": bench.plate("L-2", "NaN"),
        "session": bench.port("Access").whoami("never-opened"),
    }
    assert {kind: o.facts["kind"] for kind, o in kinds.items()} == {kind: kind for kind in kinds}
    assert not any(o.accepted for o in kinds.values())
    with pytest.raises(Refused, match="not logged in"):
        bench.port("Records").read("never-opened", "L-1")
    with pytest.raises(Refused, match="the role analyst may not list the accounts"):
        bench.port("Access").accounts(bench.session("analyst"))
    outcome = bench.port("AuditTrail").export_outcome(bench.session("analyst"))
    assert (outcome.accepted, outcome.facts["kind"]) == (False, "authority")
    assert bench.port("AuditTrail").export_outcome(bench.session("auditor")).accepted


def test_test_accounts(bench) -> None:
    for key in (
        "administrator",
        "analyst",
        "analyst-2",
        "reviewer",
        "quality",
        "auditor",
        "analyst-reviewer",
        "reviewer-quality",
    ):
        account = bench.account(key)
        assert bench.port("Access").log_in(account.user_id, account.password).accepted
        assert account.password.reveal() not in repr(account)
    with pytest.raises(KeyError):
        bench.account("director")


def test_a_new_password_of_a_test_account_is_kept(bench) -> None:
    access = bench.port("Access")
    assert access.set_password(bench.session("reviewer"), Secret("a new password 77")).accepted
    account = bench.account("reviewer")
    assert account.password.reveal() == "a new password 77"
    assert access.log_in(account.user_id, account.password).accepted
    assert (bench.home / "test-accounts.json").stat().st_mode & 0o777 == 0o600


def test_idle_sessions_end_by_the_clock_of_the_process(bench) -> None:
    administrator = bench.session("administrator")
    assert bench.port("Records").change(administrator, "configuration/idle_seconds", "value", "1", "test").accepted
    assert bench.port("Installation").configuration()["idle_seconds"] == "1"
    session = bench.session("analyst")
    assert bench.port("Access").whoami(session).accepted
    time.sleep(1.1)
    assert "idle for 1 s or more" in bench.port("Access").whoami(session).message


def test_twenty_lots_in_sixty_seconds(bench) -> None:
    bench.session("analyst")
    begun = time.monotonic()
    assert all(bench.plate(f"L-{n}").accepted for n in range(20))
    assert time.monotonic() - begun < 60


# ------------------------------------------------------------------ attacks of the harness


@pytest.fixture(scope="module")
def reviewed(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A system with two reviewed lots, for attempts that leave it as it is."""
    made = Bench(Path(shutil.copytree(installed, tmp_path_factory.mktemp("reviewed") / "instance")))
    for lot in ("L-1", "L-2"):
        assert made.plate(lot).accepted
        assert made.sign(lot, "reviewed", "reviewer").accepted
    yield made
    made.target.close()


ROWS = {row["manners"]: row for row in catalogue()["audit-immutability@3"].example["manners"]}


def judged(outcome: Outcome, manner: str) -> None:
    """As a case judges an attempt: how it ends, and that the copy that was attacked is what the check names a place of."""
    case = SimpleNamespace(observe=Observed(), world=World())
    case.world.take("AuditTrail.attack", outcome)
    trail_steps.ended(case, ROWS[manner]["ends"])
    trail_steps.named(case, ROWS[manner]["words"])


GUARDED = ["edit", "delete", "overwrite", "reorder", "truncate", "edit-record", "delete-record"]


@pytest.mark.parametrize("manner", GUARDED)
def test_the_database_refuses_to_falsify_the_trail(reviewed: Bench, manner: str) -> None:
    before = reviewed.port("AuditTrail").entries(reviewed.session("auditor"))
    outcome = reviewed.port("AuditTrail").attack(reviewed.session("auditor"), manner)
    assert not outcome.accepted
    assert "append-only" in outcome.message
    judged(outcome, manner)
    assert reviewed.port("AuditTrail").entries(reviewed.session("auditor"))[: len(before)] == before
    assert reviewed.port("AuditTrail").integrity(reviewed.session("auditor")).accepted


@pytest.mark.parametrize("manner", ["insert", "insert-first", "drop-guards"])
def test_what_no_database_can_refuse_is_tried_on_a_copy_and_found(reviewed: Bench, manner: str) -> None:
    trail, session = reviewed.port("AuditTrail"), reviewed.session("auditor")
    before = trail.entries(session)
    outcome = trail.attack(session, manner)
    assert outcome.accepted
    assert outcome.facts["check before"].startswith("accepted: ")
    if manner in ROWS:
        judged(outcome, manner)
        for name in ("check before", "check"):  # what a system would answer of the instance, which nobody touched
            other = {"check before": outcome.facts["check"], "check": outcome.facts["check before"]}[name]
            with pytest.raises(ExpectationFailed):
                judged(replace(outcome, facts=outcome.facts | {name: other}), manner)
    else:
        assert "event 1: carries number 0 (inserted, removed or reordered)" in outcome.facts["check"]
    assert ("not announced" in outcome.facts["next entry"]) is (manner == "insert")
    assert trail.entries(session) == before
    assert trail.integrity(session).accepted
    assert reviewed.plate(f"L-{manner}").accepted


BLIND = """import sys
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.targets.local import server
AnchoredLedger.problems = lambda *_: ()
AnchoredLedger._judged = lambda self, _: (self._read(), "")
sys.exit(server.main(sys.argv[1:]))
"""


def test_a_verification_that_finds_nothing_is_told_as_such(bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that was falsified is asked through the system that serves, so a blind one is told as blind."""
    (tmp_path / "blind.py").write_text(BLIND, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))))
    facts = attacks.attack_trail(bench.home, "insert", ("blind",)).facts
    assert facts["check"].startswith("accepted: ")
    assert facts["next entry"].startswith("accepted: ")


@pytest.mark.slow
def test_a_history_written_anew_is_found_and_named(reviewed: Bench) -> None:
    """Digests fit, and in the last of them the stored hashes as well: then only the anchor tells."""
    trail = reviewed.port("AuditTrail")
    with pytest.raises(BadInput, match="no stored hash"):
        trail.attack(reviewed.session("auditor"), "rewrite")
    for number in range(256):
        session = reviewed.session("analyst")
        assert reviewed.port("Records").change(session, "L-1", "comment", f"note {number}", "a trail of some length").accepted
    told = {}
    for manner in ("edit-tree-up", "edit-tree-down", "rewrite", "rewrite-with-tree"):
        outcome = trail.attack(reviewed.session("auditor"), manner)
        assert not outcome.accepted
        told[manner] = outcome.facts["check"]
    tree = "events 1 to 256: not those of which the stored Merkle tree tells"
    assert {manner for manner, words in told.items() if tree in words} == {"edit-tree-up", "edit-tree-down", "rewrite"}
    assert {manner for manner, words in told.items() if "is not the one that was anchored" in words} == {
        "rewrite",
        "rewrite-with-tree",
    }
    assert trail.integrity(reviewed.session("auditor")).accepted


def test_a_failed_attempt_is_not_a_refusal(bench) -> None:
    """Another failure than that of a guard says nothing of the system."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(bench.home / "qc.db", isolation_level=None)) as database:
        database.execute("CREATE TRIGGER other BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        database.execute("DROP TRIGGER audit_event_no_delete")
    with pytest.raises(sqlite3.DatabaseError, match="the disk is full"):
        bench.port("AuditTrail").attack(bench.session("auditor"), "delete")


@pytest.mark.parametrize("manner", GUARDED)
def test_an_unguarded_database_would_be_told_as_accepted(bench, manner: str) -> None:
    """The attack can succeed: without guards it does, the outcome says so, and the verification finds it."""
    import sqlite3
    from contextlib import closing

    session = bench.session("auditor")
    with closing(sqlite3.connect(bench.home / "qc.db", isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
    assert bench.port("AuditTrail").attack(session, manner).accepted
    assert not bench.port("AuditTrail").integrity(session).accepted


def test_the_trail_cannot_be_switched_off(reviewed: Bench) -> None:
    for role in ("auditor", "administrator"):
        outcome = reviewed.port("AuditTrail").attack(reviewed.session(role), "switch-off")
        assert outcome.message == "there is no setting 'audit'; the audit trail cannot be switched off"
        judged(outcome, "switch-off")
    with pytest.raises(BadInput, match="no attack"):
        reviewed.port("AuditTrail").attack(reviewed.session("auditor"), "burn")


@pytest.mark.parametrize("manner", ["copy", "cut", "other-person", "other-time", "other-meaning"])
def test_falsified_signatures_are_found(reviewed: Bench, manner: str) -> None:
    outcome = reviewed.port("Signing").falsify(reviewed.session("analyst"), "L-1", manner, "L-2")
    assert not outcome.accepted
    words = {"copy": "stands on lot/L-1, not on lot/L-2", "cut": "that is not here"}
    assert words.get(manner, "the signed record was changed") in outcome.message
    assert all(s.valid for s in reviewed.port("Signing").signatures(reviewed.session("analyst"), "L-1"))


FORGED = {
    "signed-by-another": "names another person id than the certificate",
    "printed-by-another": "prints another name than the certificate",
    "other-certificate": "names another certificate than the one that signed",
    "other-moment": "name different times",
    "system-key": "a system can never sign for a person",
    "strange-authority": "was not issued by this system",
    "made-anew": "the audit trail does not tell of this signature",
    "unknown-meaning": "the meaning is none of this system's",
    "unknown-field": "not a signature record of a format known here",
}


@pytest.mark.parametrize("manner", FORGED)
def test_a_record_signed_anew_is_found_for_what_it_is(reviewed: Bench, manner: str) -> None:
    assert set(FORGED) == set(forgery.WAYS)
    outcome = reviewed.port("Signing").falsify(reviewed.session("analyst"), "L-1", manner, "")
    assert not outcome.accepted
    assert FORGED[manner] in outcome.message
    assert "the signed record was changed" not in outcome.message  # its arithmetic holds
    assert all(s.valid for s in reviewed.port("Signing").signatures(reviewed.session("analyst"), "L-1"))


def test_nothing_to_falsify_is_an_error_and_not_a_refusal(reviewed: Bench) -> None:
    reviewed.plate("L-3")
    with pytest.raises(BadInput, match="carries no signature"):
        reviewed.port("Signing").falsify(reviewed.session("analyst"), "L-3", "copy", "L-2")
    with pytest.raises(BadInput, match="no record"):
        reviewed.port("Signing").falsify(reviewed.session("analyst"), "L-9", "copy", "L-2")
    with pytest.raises(BadInput, match="to damage"):
        reviewed.port("Pipeline").damage_file(reviewed.session("analyst"), "L-3", "other.csv")


def test_a_damaged_file_is_found(bench) -> None:
    bench.plate("L-1")
    pipeline, session = bench.port("Pipeline"), bench.session("analyst")
    assert pipeline.check_file(session, "L-1", "plate.csv").accepted
    assert pipeline.damage_file(session, "L-1", "plate.csv").accepted
    assert not pipeline.check_file(session, "L-1", "plate.csv").accepted
    assert bench.sign("L-1", "reviewed", "reviewer").facts["kind"] == "integrity"
    assert bench.port("Installation").storage()["mode of raw files"] == "0444"


# ------------------------------------------------------------------ the process


def test_close_ends_the_process_and_waits(home: Path) -> None:
    target = bind("local", {"home": str(home)})
    pid = target.pid
    os.kill(pid, 0)
    target.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(Unreachable, match="closed"):
        target.port("Installation").clock()
    target.close()  # twice is fine


def test_a_killed_server_is_unreachable(bench) -> None:
    bench.plate("L-1")
    os.kill(bench.target.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(Unreachable, match=r"the system has ended \(exit code -9\): it left no message"):
            bench.port("Installation").clock()


def test_a_killed_server_loses_nothing_it_said_yes_to(bench) -> None:
    bench.plate("L-1")
    bench.sign("L-1", "reviewed", "reviewer")
    os.kill(bench.target.pid, signal.SIGKILL)
    bench.target.close()
    again = bind("local", {"home": str(bench.home)})
    try:
        account = bench.account("auditor")
        session = again.port("Access").log_in(account.user_id, account.password).reference
        assert again.port("Pipeline").lot(session, "L-1").state == "reviewed"
        assert again.port("AuditTrail").integrity(session).accepted
        assert again.port("Access").whoami(bench.session("analyst")).facts["kind"] == "session"
        assert again.instance == bench.target.instance
    finally:
        again.close()


def test_a_server_that_does_not_answer(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.3)
    os.kill(bench.target.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unreachable, match="no answer within"):
            bench.port("Installation").clock()
    finally:
        os.kill(bench.target.pid, signal.SIGCONT)
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 30.0)
    assert bench.port("Access").whoami("never-opened").message == "not logged in"  # not the late answer about the clock


def test_a_server_that_cannot_start_leaves_its_last_words(home: Path) -> None:
    (home / "keys" / "ca.p12").write_bytes(b"not a key")
    with pytest.raises(Unreachable, match=r"the system has ended \(exit code 1\): .*could not be opened"):
        bind("local", {"home": str(home)})


def test_two_instances_side_by_side(bench, home: Path, tmp_path: Path) -> None:
    other_home = Path(shutil.copytree(home, tmp_path / "other"))
    other = bind("other", {"adapter": "local", "home": "other", "root": str(tmp_path)})
    try:
        assert other.pid != bench.target.pid
        bench.plate("L-1")
        account = bench.account("analyst")
        assert not other.port("Access").whoami(bench.session("analyst")).accepted
        session = other.port("Access").log_in(account.user_id, account.password).reference
        assert other.port("Pipeline").lot(session, "L-1") is None
        assert not [p for p in (other_home / "raw").rglob("*") if p.is_file()]
    finally:
        other.close()


# ------------------------------------------------------------------ binding


def test_what_cannot_be_bound(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no adapter 'mainframe'"):
        bind("mainframe", {})
    with pytest.raises(ConfigError, match="needs the setting home"):
        bind("local", {})
    with pytest.raises(ConfigError, match="no instance of QC release is installed here") as caught:
        bind("validation", {"adapter": "local", "home": str(tmp_path / "nowhere")})
    assert "csvgen.targets.local.install" in caught.value.hint
    assert not (tmp_path / "nowhere").exists()


def test_binding_can_install(tmp_path: Path) -> None:
    target = bind("validation", {"adapter": "local", "home": "here/qc", "root": str(tmp_path), "install": "yes"})
    try:
        assert dict(target.port("Installation").configuration())["idle_seconds"] == "900"
        assert isinstance(target.port("Access").log_in("nobody", Secret("x")), Outcome)
    finally:
        target.close()


def test_importing_targets_is_light() -> None:
    import subprocess
    import sys

    code = "import sys, csvgen.targets; print([m for m in ('sqlalchemy', 'allotropy', 'pandas', 'csvgen.pipeline') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_is_traced_repeated_and_certified(bench) -> None:
    """The newer verbs of the pipeline port, through the process: both directions of a trace, identical outputs, a certificate."""
    pipeline = bench.port("Pipeline")
    assert bench.plate("L-9").accepted
    record = json.loads(pipeline.run_record(bench.session("auditor"), "RUN-0001"))
    assert record["subject"] == "lot/L-9"
    traced = pipeline.trace(bench.session("auditor"), record["ticket"])
    assert any("run/RUN-0001" in step.target for step in traced.down)
    assert any(step.source.startswith("file/L-9:plate.csv") for step in pipeline.trace(bench.session("auditor"), "RUN-0001").up)
    again = pipeline.repeat(bench.session("analyst"), "RUN-0001", "asked by an inspector")
    assert again.accepted
    assert again.facts["outputs"] == record["outputs"]
    assert pipeline.check_landing(bench.session("quality")).accepted
    assert not pipeline.repeat(bench.session("reviewer"), "RUN-0001", "by the wrong role").accepted
    bench.port("Signing").review_packet(bench.session("reviewer"), "L-9")
    assert bench.sign("L-9", "reviewed", "reviewer").accepted
    assert bench.sign("L-9", "released", "quality").accepted
    certificate = pipeline.certificate(bench.session("quality"), "L-9")
    assert certificate.human.startswith(b"%PDF-")
    assert json.loads(certificate.electronic)["lot"]["lot"] == "L-9"


def test_two_connections_to_one_system_at_the_same_time(bench) -> None:
    """Each thread asks over its own; both are heard, and no change is lost."""
    bench.plate("L-1")
    second = bench.port("Connections").another()
    assert isinstance(second, Target)
    assert second.instance == bench.target.instance
    both = [(bench.target, "comment", bench.session("analyst")), (second, "storage", bench.session("analyst-2"))]
    start = threading.Barrier(2)

    def change(target: Target, field: str, session: str) -> list[Outcome]:
        start.wait()
        return [target.port("Records").change(session, "L-1", field, f"{field} {n}", "tried at once") for n in range(5)]

    with ThreadPoolExecutor(2) as pool:
        told = [future.result() for future in [pool.submit(change, *each) for each in both]]
    assert all(outcome.accepted for each in told for outcome in each)
    history = bench.port("Records").history(bench.session("analyst"), "L-1")
    assert [v.fields["comment"] for v in history if v.fields["comment"]][-1] == "comment 4"
    assert history[-1].fields["storage"] == "storage 4"
    assert len(history) == 2 + 10
    second.close()


def test_a_further_connection_ends_alone_and_with_the_system(bench) -> None:
    session = bench.session("analyst")
    first, second = (bench.port("Connections").another() for _ in range(2))
    first.close()
    with pytest.raises(Unreachable, match="closed"):
        first.port("Access").whoami(session)
    assert second.port("Access").whoami(session).accepted
    assert bench.port("Access").whoami(session).accepted
    with pytest.raises(Unreachable, match="did not start"):
        second.pid  # noqa: B018
    with pytest.raises(Unreachable, match="first one"):
        second.port("Connections").another()
    bench.target.close()
    with pytest.raises(Unreachable, match="ended this connection"):
        second.port("Access").whoami(session)
    second.close()
