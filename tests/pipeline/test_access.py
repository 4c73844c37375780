"""Authority: every function of the application, called by every role and by nobody."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.identity.directory import UNIFORM
from csvgen.pipeline import access
from csvgen.ports import PORTS, Secret
from csvgen.steps.matrix import CELLS
from csvgen.steps.sessionless import port_verbs
from csvgen.targets.local import adapter
from csvgen.targets.local.adapter import LocalTarget
from csvgen.targets.local.entry import FORMS
from csvgen.targets.local.install import ACCOUNTS
from csvgen.targets.local.server import verbs

ROLES = ("administrator", "analyst", "reviewer", "quality", "auditor")

EVERYBODY = frozenset(ROLES)
ALLOWED = {  # written down here a second time on purpose: a changed cell of the table must change a test
    "Access.log_out": EVERYBODY,
    "Access.whoami": EVERYBODY,
    "Access.set_password": EVERYBODY,
    "Access.create_account": {"administrator"},
    "Access.retire_account": {"administrator"},
    "Access.unlock_account": {"administrator"},
    "Access.accounts": {"administrator", "quality", "auditor"},
    "Records.read": EVERYBODY,
    "Records.history": EVERYBODY,
    "Records.change": {"analyst"},
    "Records.delete": EVERYBODY,
    "Records.copy": EVERYBODY - {"administrator"},
    "Records.configure": {"administrator"},
    "AuditTrail.entries": EVERYBODY,
    "AuditTrail.export": {"administrator", "quality", "auditor"},
    "AuditTrail.integrity": {"administrator", "quality", "auditor"},
    "Signing.sign": {"reviewer"},
    "Signing.signatures": EVERYBODY,
    "Signing.manifestation": EVERYBODY,
    "Signing.check_signatures": EVERYBODY,
    "Entry.instrument": {"administrator"},
    "Entry.calibration": {"administrator"},
    "Entry.retirement": {"administrator"},
    "Entry.procedure": {"quality"},
    "Entry.training": {"administrator", "quality"},
    "Entry.material": {"analyst"},
    "Entry.method": {"analyst"},
    "Pipeline.ingest": {"analyst"},
    "Pipeline.process": {"analyst"},
    "Pipeline.dispose": {"quality"},
    "Pipeline.lot": EVERYBODY,
    "Pipeline.deviations": EVERYBODY,
    "Pipeline.check_file": EVERYBODY,
    "Pipeline.calibrate": {"analyst", "reviewer", "quality"},
    "Pipeline.statistics": {"analyst", "reviewer", "quality"},
    "Signing.review_packet": {"reviewer", "quality", "auditor"},
    "Signing.review_lines": {"reviewer", "quality", "auditor"},
    "Pipeline.propose_aside": {"analyst", "reviewer"},
    "Pipeline.set_aside": {"quality"},
    "Pipeline.refuse_aside": {"quality"},
    "Pipeline.decide_quarantined": {"quality"},
    "Pipeline.check_landing": {"administrator", "quality", "auditor"},
    "Pipeline.certificate": EVERYBODY - {"administrator"},
    "Pipeline.build_artifact": {"analyst"},
    "Pipeline.review_promotion": {"reviewer"},
    "Pipeline.approve_promotion": {"quality"},
    "Pipeline.withdraw_artifact": {"quality"},
    "Pipeline.extend_revalidation": {"quality"},
    "Pipeline.complete_revalidation": {"quality"},
    "Pipeline.register_procedure": {"quality"},
    "Pipeline.require_procedures": {"quality"},
    "Pipeline.register_training": {"administrator", "quality"},
    "Pipeline.investigate": {"analyst", "reviewer", "quality"},
    "Pipeline.invalidate": {"quality"},
    "Pipeline.reintegrate": {"analyst"},
    "Pipeline.sign_integration": {"reviewer", "quality"},
    "Pipeline.register_artifact": {"analyst"},
    "Pipeline.change_method": {"analyst"},
    "Pipeline.approve_method": {"quality"},
    "Continuity.backup": {"administrator"},
    "Continuity.restore": {"administrator"},
    "SecondFactor.enrol_device": {"analyst", "reviewer", "quality"},
    "SecondFactor.confirm_device": {"analyst", "reviewer", "quality"},
    "SecondFactor.type_code": {"analyst", "reviewer", "quality"},
    "Pipeline.trace": EVERYBODY,
    "Pipeline.run_record": EVERYBODY,
    "Pipeline.repeat": {"analyst"},
    "Pipeline.change_material": {"analyst"},
    "Pipeline.approve_material": {"quality"},
    "Pipeline.describe_lot": {"analyst"},
    "Pipeline.correct_certificate": {"quality"},
    "Pipeline.certificate_copy": EVERYBODY - {"administrator"},
    "Pipeline.certificate_draft": EVERYBODY - {"administrator"},
    "Pipeline.end_procedure": {"quality"},
    "Pipeline.standing": EVERYBODY,
    "Pipeline.waiting": {"analyst"},
    "Pipeline.process_batch": {"analyst"},
    "Pipeline.process_each": {"analyst"},
    "SecondFactor.report_device": EVERYBODY - {"auditor"},
    "SecondFactor.verify_identity": {"administrator"},
}
ELSEWHERE = {  # no cell of URS-QC-024: every cell at the gate itself, below (some have cases of their own, URS-QC-098 and 102 to 104)
    "approve_material": {"quality"},
    "correct_certificate": {"quality"},
    "end_procedure": {"quality"},
    "propose_aside": {"analyst", "reviewer"},
    "register_dataset": {"analyst"},
    "report_device": {"administrator", "analyst", "reviewer", "quality"},
    "revalidation": EVERYBODY,
    "set_aside": {"quality"},
    "sign_tables_rejected": {"quality"},
    "sign_tables_released": {"quality"},
    "sign_tables_reviewed": {"reviewer"},
    "study": EVERYBODY,
    "study_approve": {"quality"},
    "study_hold": {"quality"},
    "study_ingest": {"analyst"},
    "study_process": {"analyst"},
    "study_register": {"analyst"},
    "track": {"analyst", "quality"},
    "verify_identity": {"administrator"},
}
WITHOUT_SESSION = {
    "Access.log_in", "Signing.forms", "Installation.components", "Installation.configuration", "Installation.clock", "Installation.storage",
}  # fmt: skip
FILL = {
    "record": "lot/L-1", "lot": "L-1", "meaning": "reviewed", "form": "screen", "roles": ("analyst",), "content": b"x", "metadata": {},
    "x": ("1", "2", "3"), "y": ("1", "2", "4"), "values": ("1", "2"), "model": "linear", "signatures": (), "field": "comment",
    "folder": "/", "home": "/nowhere/instance", "files": (), "sha256": "", "signature": b"",
}  # fmt: skip


def call(verb: Callable[..., object], session: str) -> object:
    """With something for every argument that is needed."""
    wanted = [p for p in inspect.signature(verb).parameters.values() if p.name != "session"]
    return verb(session, **{p.name: FILL.get(p.name, "something") for p in wanted if p.default is p.empty or p.name in FILL})


def test_the_table_of_this_test_names_every_function(lab) -> None:
    assert set(verbs(lab.app)) == set(ALLOWED) | WITHOUT_SESSION


def test_the_steps_try_every_function_of_the_server(home: Path) -> None:
    """A function that is added to the server and not to the ports would escape the case that calls each without a session."""
    target = LocalTarget("validation", home)
    try:
        tried = {f"{port}.{verb}" for port, verb in port_verbs(target, session=True)}
        public = {f"{port}.{verb}" for port, verb in port_verbs(target, session=False)}
    finally:
        target.close()
    assert tried >= {"Entry.enter", "Entry.forms"}
    tried = tried - {"Entry.enter", "Entry.forms"} | {f"Entry.{form}" for form in FORMS}  # the steps try each form
    assert tried == set(ALLOWED) | {"AuditTrail.export_outcome", "Interfaces.receive", "Interfaces.send"}
    assert public == WITHOUT_SESSION - {"Access.log_in"}
    assert {name.partition(".")[0] for name in tried | public} <= set(PORTS)


def test_the_specification_names_every_cell_of_the_matrix() -> None:
    """Every denied cell is tried; an allowed one is tried alone, or with the others of its role."""
    urs = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "urs" / "40-access.yaml"
    wanted = next(r for r in yaml.safe_load(urs.read_bytes())["requirements"] if r["id"] == "URS-QC-024")
    rows = wanted["criteria"][0]["parameters"]["cells"]
    told = {(r["technique"], r["role"]): set(r["functions"].split("; ")) for r in rows}
    alone = {
        "create an account", "change a lot record", "sign a lot as reviewed", "release a lot", "reject a lot", "bring in a file",
        "process a lot", "set the own password", "delete a record", "read a certificate of analysis", "build an artifact",
        "record an investigation", "change the integration of a chromatogram", "sign a changed integration", "review a promotion",
        "approve a promotion", "withdraw an artifact", "extend a due re-validation", "sign that re-validation was done",
        "register a procedure", "say which procedures are needed", "record training", "check all stored files",
        "invalidate a result", "decide on a file in quarantine", "make a backup", "restore a backup", "register an artifact",
        "approve a change of a method", "enrol a device for one-time codes", "type a one-time code for a signature", "register or retire a source of data", "record a calibration",
        "propose a change of a material", "propose a change of a method",
    }  # fmt: skip
    functions = [f for name, f in access.matrix().functions.items() if name not in ELSEWHERE]
    for role in ROLES:
        assert told["negative", role] == {f.words for f in functions if role not in f.roles}
        assert told["positive", role] == {f.words for f in functions if role in f.roles} - alone
    assert {f.words for f in functions} - {"set the own password", "delete a record"} == set(CELLS)


def test_the_file_of_test_passwords_is_for_its_owner_alone_before_it_has_its_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, modes = adapter.canonical.place, []
    monkeypatch.setattr(
        adapter.canonical, "place", lambda staged, path: (modes.append(staged.stat().st_mode & 0o777), place(staged, path))
    )
    target = LocalTarget("validation", home)
    try:
        access = target.port("Access")
        person = access.test_account("auditor")
        opened = access.log_in(person.user_id, person.password)
        assert access.set_password(opened.reference, Secret("a house by the river")).accepted
        assert access.test_account("auditor").password.reveal() == "a house by the river"
    finally:
        target.close()
    assert modes == [0o600]
    assert (home / ACCOUNTS).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_a_role(lab, role: str) -> None:
    for verb, allowed in ALLOWED.items():
        function = verbs(lab.app)[verb]
        session = lab.session(
            role, anew=verb in ("Access.log_out", "Access.set_password", "Access.whoami", "Access.create_account")
        )
        before = len({e.number for e in lab.events("authority-refused")})
        try:
            call(function, session)
            said = ""
        except CsvgenError as refusal:
            said = refusal.message
        denied = said.startswith(f"the role {role} may not ")
        assert denied == (role not in allowed), (verb, said)
        refused = {e.number: e for e in lab.events("authority-refused")}
        assert len(refused) - before == denied, verb
        if denied:
            last = refused[max(refused)]
            assert (last.user_id, last.reason) == (lab.user(role), said)


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_that_is_not_asked_over_the_wire(lab, role: str) -> None:
    session = lab.session(role)
    for function, allowed in ELSEWHERE.items():
        if role in allowed:
            assert lab.app._core.admit(session, function).account.id == lab.user(role)
        else:
            with pytest.raises(Refused, match=f"the role {role} may not "):
                lab.app._core.admit(session, function)


@pytest.mark.parametrize("meaning", ["reviewed", "released", "rejected"])
@pytest.mark.parametrize("role", ROLES)
def test_who_may_sign_what(lab, meaning: str, role: str) -> None:
    lab.bring("L-1", "registered")
    with pytest.raises(CsvgenError) as caught:
        lab.sign("L-1", meaning, role)
    allowed = {"reviewed": {"reviewer"}, "released": {"quality"}, "rejected": {"quality"}}[meaning]
    assert caught.value.message.startswith("lot L-1 cannot" if role in allowed else f"the role {role} may not")


@pytest.mark.parametrize("session", ["", "never-opened"])
def test_nobody_gets_anything(lab, session: str) -> None:
    lab.bring("L-1", "registered")
    for verb in ALLOWED:
        with pytest.raises(Refused, match="not logged in"):
            call(verbs(lab.app)[verb], session)
    assert len({e.number for e in lab.events("access-refused")}) == len(ALLOWED)


def test_a_session_ends_when_it_was_idle(lab) -> None:
    import datetime as dt

    session = lab.session("analyst")
    lab.clock.ahead = dt.timedelta(seconds=899)
    assert lab.app.access.whoami(session).accepted
    lab.clock.ahead += dt.timedelta(seconds=900)
    with pytest.raises(Refused, match="idle for 900 s"):
        lab.app.access.whoami(session)
    with pytest.raises(Refused, match="the session has ended"):
        lab.app.lots.lot(session, "L-1")


def test_a_session_ends_with_log_out(lab) -> None:
    session = lab.session("analyst")
    lab.app.access.log_out(session)
    with pytest.raises(Refused, match="logged out"):
        lab.app.access.whoami(session)


# ------------------------------------------------------------------ accounts

GOOD = "correct horse battery"


def create(lab, user_id: str = "new.person", roles: tuple[str, ...] = ("analyst",), password: str = GOOD):
    return lab.app.access.create_account(lab.session("administrator"), user_id, "New Person", roles, password)


def test_a_new_account_is_told_who_made_it(lab) -> None:
    create(lab)
    told = [e for e in lab.events() if e.record == "account/new.person"]
    assert {e.user_id for e in told} == {lab.user("administrator")}
    assert {e.reason for e in told if e.action == "password-set"} == {"first password, set by the administrator"}
    assert lab.app.access.log_in("new.person", GOOD).accepted


@pytest.mark.parametrize("roles", [(), ("boss",), ("analyst", "boss"), ("administrator", "analyst"), ("auditor", "reviewer")])
def test_roles_that_do_not_exist_or_do_not_go_together(lab, roles: tuple[str, ...]) -> None:
    with pytest.raises((BadInput, Refused)):
        create(lab, roles=roles)
    assert "new.person" not in {a.user_id for a in lab.app.access.accounts(lab.session("auditor"))}


def test_two_roles_of_the_laboratory_go_together() -> None:
    access.check_roles(("analyst", "reviewer"))
    with pytest.raises(Refused, match="the role administrator may not be combined"):
        access.check_roles(("analyst", "administrator"))


@pytest.mark.parametrize(
    "user_id",
    [
        "val.analyst",
        "VAL.ANALYST",
        " val.analyst",
        "val-analyst",
        "va1.analyst",
        "ab",
        "1abc",
        "v\u0430l.analyst",
        "a/b",
        "x" * 41,
        "",
    ],
)
def test_ids_that_cannot_be(lab, user_id: str) -> None:
    with pytest.raises((BadInput, Refused)):
        create(lab, user_id)


@pytest.mark.parametrize(
    "user_id", ["val.analyst", "VAL.ANALYST", " val.analyst", "val-analyst", "va1.analyst", "v\u0430l.analyst"]
)
def test_a_taken_id_in_any_spelling_is_told_as_taken(lab, user_id: str) -> None:
    with pytest.raises(Refused, match=r"belongs, or belonged, to the account 'val\.analyst'"):
        create(lab, user_id)


@pytest.mark.parametrize("password", ["", "short1!", "aaaaaaaaaaaaaaaa", "new.person-1234", "Password1234", "123456789012"])
def test_weak_first_passwords_leave_no_account(lab, password: str) -> None:
    with pytest.raises(Refused):
        create(lab, password=password)
    assert create(lab).accepted  # the id was not burnt


def test_a_name_longer_than_a_certificate_holds(lab) -> None:
    with pytest.raises(BadInput, match="more than 64"):
        lab.app.access.create_account(lab.session("administrator"), "new.person", "N" * 65, ("analyst",), GOOD)


def test_retired_for_ever(lab) -> None:
    create(lab)
    session = lab.app.access.log_in("new.person", GOOD).reference
    lab.app.access.retire_account(lab.session("administrator"), "new.person", "left")
    with pytest.raises(Refused, match="the session has ended"):
        lab.app.access.whoami(session)
    with pytest.raises(Refused) as caught:
        lab.app.access.log_in("new.person", GOOD)
    assert caught.value.message == UNIFORM
    with pytest.raises(Refused, match="never reused"):
        create(lab)
    with pytest.raises(Refused, match="the reason is missing"):
        lab.app.access.retire_account(lab.session("administrator"), lab.user("analyst"), " ")


def test_the_last_administrator_stays(lab) -> None:
    mine = lab.session("administrator")
    lab.app.access.retire_account(mine, lab.user("administrator-2"), "left")
    with pytest.raises(Refused, match="the last active administrator"):
        lab.app.access.retire_account(mine, lab.user("administrator"), "left")


def test_lock_and_unlock(lab) -> None:
    create(lab)
    for _ in range(3):
        with pytest.raises(Refused):
            lab.app.access.log_in("new.person", "wrong")
    with pytest.raises(Refused):
        lab.app.access.log_in("new.person", GOOD)
    assert lab.events("security-alert")[-1].record == "account/new.person"
    with pytest.raises(Refused, match="is not locked"):
        lab.app.access.unlock_account(lab.session("administrator"), lab.user("analyst"), "test")
    assert lab.app.access.unlock_account(lab.session("administrator"), "new.person", "identity checked").accepted
    assert lab.app.access.log_in("new.person", GOOD).accepted


def test_one_answer_to_every_failed_log_in(lab) -> None:
    create(lab)
    said = set()
    for user_id, password in (("nobody", "x"), ("new.person", "wrong"), ("system", "x"), ("new.person", "")):
        with pytest.raises(Refused) as caught:
            lab.app.access.log_in(user_id, password)
        said.add(caught.value.message)
    assert said == {UNIFORM}
