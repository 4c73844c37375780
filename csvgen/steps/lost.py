"""A device for one-time codes that was lost: out of use at once, and another one only after the identity was verified anew."""

from __future__ import annotations

from typing import Any

from pytest_bdd import then, when

from csvgen.errors import CsvgenError, Refused
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, Secret
from csvgen.steps.access import WRONG, good_password
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.factor import STEP, Owner, guarded_port, must, now_of, totp
from csvgen.steps.provenance import refused

_MISSING = "(not told)"
_OTHER = "somebody else"
"""A second person of these cases, with an account and no part in it."""


def _factor(bench: Bench) -> Any:
    """The functions stand beside the port SecondFactor."""
    port = guarded_port(bench, "SecondFactor")
    if not hasattr(port, "report_device"):
        raise Blocked(f"nobody can report a device lost in {bench.target.name}")
    return port


def _session(bench: Bench, who: str) -> str:
    """A new session of a test account of the system that takes codes, of the owner of the device, or of somebody else."""
    access = guarded_port(bench, "Access")
    if who == "owner":
        owner: Owner = bench.world.facts["owner"]
        return must(access.log_in(owner.user_id, owner.password)).reference
    account = access.test_account("analyst" if who == _OTHER else who)
    return must(access.log_in(account.user_id, account.password)).reference


@when(phrase('the "{who}" reports the device of the person lost because "{reason}"'))
def reports(bench: Bench, who: str, reason: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    outcome = bench.world.take(
        "SecondFactor.report_device", _factor(bench).report_device(_session(bench, who), owner.user_id, reason)
    )
    bench.observe.note(f"report by the {who}", answer(outcome), source="SecondFactor.report_device")


@when(phrase('the "{who}" puts on record that the identity of the person was verified by "{method}"'))
def verifies(bench: Bench, who: str, method: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    about = (owner.user_id, method, "after the loss of a device")
    outcome = bench.world.take("SecondFactor.verify_identity", _factor(bench).verify_identity(_session(bench, who), *about))
    bench.observe.note(f"identity verified by the {who}", answer(outcome), source="SecondFactor.verify_identity")


@when(phrase('the "{who}" puts on record that the identity of nobody was verified'))
def verifies_nobody(bench: Bench, who: str) -> None:
    outcome = _factor(bench).verify_identity(_session(bench, who), bench.user("nobody"), "passport", "a mistake")
    bench.world.take("SecondFactor.verify_identity", outcome)
    bench.observe.note("identity of nobody", answer(outcome), source="SecondFactor.verify_identity")


@when(phrase('the person begins with another device, giving "{what}"'))
def begins(bench: Bench, what: str) -> None:
    """The key is kept for the first code; what the system says is what is looked at."""
    owner: Owner = bench.world.facts["owner"]
    secret = owner.password if what == "the password" else WRONG
    try:
        owner.key = _factor(bench).enrol_device(_session(bench, "owner"), secret).reveal()
        outcome = Outcome(True, "a key was given")
    except Refused as refusal:
        outcome = refused(refusal)
    bench.world.take("SecondFactor.enrol_device", outcome)
    bench.observe.note("another device", answer(outcome), source="SecondFactor.enrol_device")


@when(phrase('the person confirms it with "{code}"'))
def confirms(bench: Bench, code: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    step = now_of(bench) // STEP - 1  # the step before: the code of now stays unused
    right = totp(owner.key, step)
    codes = {"its code": right, "another code": f"{(int(right) + 1) % 10**6:06d}"}
    if code not in codes:
        raise CsvgenError(f"the step library knows no code {code!r}; it knows {', '.join(codes)}")
    outcome: Outcome = _factor(bench).confirm_device(_session(bench, "owner"), owner.password, Secret(codes[code]))
    bench.world.take("SecondFactor.confirm_device", outcome)
    if outcome.accepted:
        owner.used = step
    bench.observe.note(f"confirmed with {code}", answer(outcome), source="SecondFactor.confirm_device")


@when("the person sets another password")
def sets(bench: Bench) -> None:
    owner: Owner = bench.world.facts["owner"]
    other = Secret(f"{good_password()}-other")
    outcome: Outcome = guarded_port(bench, "Access").set_password(_session(bench, "owner"), other)
    bench.world.take("Access.set_password", outcome)
    if outcome.accepted:
        owner.password = other
    bench.observe.note("another password", answer(outcome), source="Access.set_password")


@then("the session of the person has ended with the report")
def ended(bench: Bench) -> None:
    owner: Owner = bench.world.facts["owner"]
    outcome: Outcome = guarded_port(bench, "Access").whoami(owner.session)
    bench.observe("session of before", expected="a refusal", actual=answer(outcome), by="refused", source="Access.whoami")


@then(phrase('the audit trail tells of "{action}" about the person by the "{who}" because "{reason}"'))
def told(bench: Bench, action: str, who: str, reason: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    entries = guarded_port(bench, "AuditTrail").entries(_session(bench, "auditor"), "")
    found = [e for e in entries if e.action == action and e.record == f"account/{owner.user_id}"]
    by = owner.user_id if who == "owner" else guarded_port(bench, "Access").test_account(who).user_id
    actual = f"{found[-1].user_id}: {found[-1].reason}" if found else _MISSING
    bench.observe(f"{action} of {owner.user_id}", expected=f"{by}: {reason}", actual=actual, source="AuditTrail.entries")


@then(phrase('the record of the person says that the identity was verified by "{method}", by the "{who}", today'))
def identified(bench: Bench, method: str, who: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    record = guarded_port(bench, "Records").read(_session(bench, "auditor"), f"account/{owner.user_id}")
    fields = record.fields if record else {}
    expected = {
        "identity.method": method, "identity.verified_by": guarded_port(bench, "Access").test_account(who).user_id,
        "identity.on": guarded_port(bench, "Installation").clock().utc[:10],
    }  # fmt: skip
    for field, value in expected.items():
        bench.observe(f"{field} of {owner.user_id}", expected=value, actual=fields.get(field, _MISSING), source="Records.read")
