"""One-time codes beside the password, as a person's device makes them; and who can reach the store."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed
from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, Secret, Target
from csvgen.steps.access import WRONG, good_password
from csvgen.steps.common import Bench, answer, last, phrase, port

STEP = 30
"""Seconds for which a code is the code of now (RFC 6238, 5.2)."""
_DIGITS = 6
_EARLY = 15
"""A code of a later step is typed early in the present one, so that it is still of a later step when it is judged."""
SETTING = {"second_factor": "signing"}


def totp(key: str, step: int) -> str:
    """The code of a time step: HMAC-SHA-1, dynamic truncation, six digits (RFC 4226, 5.3; RFC 6238, 4.2). No code of any product."""
    digest = hmac.digest(base64.b32decode(key), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


@dataclass
class Owner:
    """A person with a device."""

    user_id: str
    password: Secret
    key: str
    session: str
    used: int
    """Time step of the last code that was accepted."""


def _system(bench: Bench) -> Target:
    """The system, or an instance of the same release beside it that takes a code, where the system itself takes none."""
    if "guarded" not in bench.world.facts:
        target: Any = bench.target
        here = bench.port("Installation").configuration().get("second_factor")
        if here != SETTING["second_factor"]:
            if not hasattr(target, "beside"):
                raise Blocked(f"signing in {bench.target.name} takes no one-time code")
            target = target.beside(SETTING)
        bench.world.facts["guarded"] = target
    found: Target = bench.world.facts["guarded"]
    return found


def guarded_port(bench: Bench, name: str) -> Any:
    return port(_system(bench), name)


def now_of(bench: Bench) -> int:
    """Seconds of the system's own clock."""
    return int(parsed(guarded_port(bench, "Installation").clock().utc).timestamp())


@given("a system in which every signature takes a one-time code beside the password")
def takes_code(bench: Bench) -> None:
    target = _system(bench)
    setting = guarded_port(bench, "Installation").configuration().get("second_factor", "(not said)")
    which = "the system itself" if target is bench.target else "of the same release, beside the system, made for these cases"
    bench.observe.note("instance", f"{target.instance}, {which}", source="Installation")
    bench.observe("second factor", expected=SETTING["second_factor"], actual=setting, source="Installation.configuration")


def _made(bench: Bench, name: str, *, enrolled: bool = True) -> Owner:
    access, factor = guarded_port(bench, "Access"), guarded_port(bench, "SecondFactor")
    administrator = access.test_account("administrator")
    admin = must(access.log_in(administrator.user_id, administrator.password)).reference
    user, first, own = bench.user(name), Secret(good_password()), Secret(f"{good_password()}-own")
    must(access.create_account(admin, user, f"Test User {user[-12:]}", ("analyst",), first))
    must(access.set_password(must(access.log_in(user, first)).reference, own))
    session = must(access.log_in(user, own)).reference
    if not enrolled:
        return Owner(user, own, "", session, 0)
    key = factor.enrol_device(session, own).reveal()
    step = now_of(bench) // STEP - 1  # the step before: the code of now stays unused
    must(factor.confirm_device(session, own, Secret(totp(key, step))))
    return Owner(user, own, key, must(access.log_in(user, own)).reference, step)


def must(outcome: Outcome) -> Outcome:
    if not outcome.accepted:
        raise CsvgenError(f"the person with a device could not be prepared: {outcome.message}")
    return outcome


@given("a person with a device for one-time codes")
def person(bench: Bench) -> None:
    owner = bench.world.facts["owner"] = _made(bench, "owner")
    bench.observe.note(
        "person with a device", f"{owner.user_id}; device confirmed by its first code", source="SecondFactor.confirm_device"
    )


@given("a person without a device")
def without_device(bench: Bench) -> None:
    owner = bench.world.facts["owner"] = _made(bench, "bare", enrolled=False)
    bench.observe.note("person without a device", owner.user_id, source="Access.create_account")


def signed_with(bench: Bench, password: Secret, code: str | None) -> Outcome:
    """The signature of a builder under an artifact: a signature that needs nothing else to be there."""
    owner: Owner = bench.world.facts["owner"]
    session = must(guarded_port(bench, "Access").log_in(owner.user_id, owner.password)).reference
    if code is not None:
        must(guarded_port(bench, "SecondFactor").type_code(session, Secret(code)))
    count = bench.world.facts["signings"] = int(bench.world.facts.get("signings", 0)) + 1
    ticket = f"CHG {bench.lot(f'code{count}')}"
    commit = str(digest_bytes(ticket.encode())).partition(":")[2][:40]
    outcome: Outcome = guarded_port(bench, "Pipeline").build_artifact(
        session, "qc-release", ticket, commit, owner.user_id, password
    )
    bench.world.take("Pipeline.build_artifact", outcome)
    if outcome.accepted:
        bench.world.facts.setdefault("accepted tickets", []).append(ticket)
    return outcome


@when(phrase('the person signs with the right password and "{code}"'))
def signs(bench: Bench, code: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    now = now_of(bench) // STEP
    typed: dict[str, Callable[[], str | None]] = {
        "no code": lambda: None,
        "the code of now": lambda: totp(owner.key, now),
        "a wrong code": lambda: f"{(int(totp(owner.key, now)) + 1) % 10**_DIGITS:0{_DIGITS}d}",
        "the code used before": lambda: totp(owner.key, owner.used),
        "an old code": lambda: totp(owner.key, now - 10),
        "the code of the device of somebody else": lambda: totp(_made(bench, "other").key, now),
        "a code": lambda: "123456",
    }
    if code not in typed:
        raise CsvgenError(f"the step library knows no code {code!r}; it knows {', '.join(typed)}")
    outcome = signed_with(bench, owner.password, typed[code]())
    if outcome.accepted:
        owner.used = now
    bench.observe.note(f"signature with {code}", answer(outcome), source="Pipeline.build_artifact")


@when("the person signs with a wrong password and the code of now")
def signs_wrongly(bench: Bench) -> None:
    owner: Owner = bench.world.facts["owner"]
    outcome = signed_with(bench, WRONG, totp(owner.key, now_of(bench) // STEP))
    bench.observe.note("signature with a wrong password and the right code", answer(outcome), source="Pipeline.build_artifact")


@when(phrase('the person signs with the code of "{steps}" time steps from now'))
def signs_later(bench: Bench, steps: str) -> None:
    owner: Owner = bench.world.facts["owner"]
    away = int(steps)
    while away > 1 and now_of(bench) % STEP > _EARLY:
        time.sleep(1)  # the system's clock is its host's: there is none to hand in
    now = now_of(bench)
    outcome = signed_with(bench, owner.password, totp(owner.key, now // STEP + away))
    told = f"{answer(outcome)}; system's clock {now % STEP} s into its step"
    bench.observe.note(
        f"signature with the code of {away:+d} time step{'' if abs(away) == 1 else 's'}", told, source="Pipeline.build_artifact"
    )


@then(phrase("the system {outcome} the code"))
def judged(bench: Bench, outcome: str) -> None:
    found = last(bench)
    actual = "accepts" if found.accepted else "refuses"
    bench.observe("what the system does", expected=outcome, actual=actual, source=f"{bench.world.about}: {answer(found)}")
    _signed(bench)


def _signed(bench: Bench) -> None:
    """What the person signed is there, and nothing else: an artifact for each signature that was accepted, under its change ticket."""
    access, owner = guarded_port(bench, "Access"), bench.world.facts["owner"]
    auditor = access.test_account("auditor")
    session = must(access.log_in(auditor.user_id, auditor.password)).reference
    entries = guarded_port(bench, "AuditTrail").entries(session, "")
    told = sorted({e.record for e in entries if e.action == "register-artifact" and e.user_id == owner.user_id})
    records = [guarded_port(bench, "Records").read(session, name) for name in told]
    actual = [f"{r.fields.get('ticket')}, signed by {r.fields.get('builder')}" if r else "(no record)" for r in records]
    expected = [f"{ticket}, signed by {owner.user_id}" for ticket in bench.world.facts.get("accepted tickets", ())]
    bench.observe(
        "what the person has signed", expected="; ".join(expected) or "nothing", actual="; ".join(actual) or "nothing",
        source="AuditTrail.entries, Records.read",
    )  # fmt: skip


@then("the answer does not say which of the two was wrong")
def uniform(bench: Bench) -> None:
    before = last(bench).message
    owner: Owner = bench.world.facts["owner"]
    wrong = signed_with(bench, WRONG, None)
    bench.world.judge()
    bench.observe(
        f"answer to {owner.user_id} for a wrong password",
        expected=wrong.message,
        actual=before,
        source="Pipeline.build_artifact, twice",
    )


@then(phrase('the audit trail tells why the signature was refused: "{why}"'))
def told_why(bench: Bench, why: str) -> None:
    access, owner = guarded_port(bench, "Access"), bench.world.facts["owner"]
    auditor = access.test_account("auditor")
    session = must(access.log_in(auditor.user_id, auditor.password)).reference
    entries = guarded_port(bench, "AuditTrail").entries(session, "")
    found = [e for e in entries if e.action == "signing-refused" and owner.user_id in f"{e.record} {e.user_id}"]
    actual = found[-1].reason if found else "(no such entry)"
    bench.observe("reason in the audit trail", expected=why, actual=actual, by="contains", source="AuditTrail.entries")


# ------------------------------------------------------------ who can reach the store


@when("the protection of the store is read")
def read_reach(bench: Bench) -> None:
    bench.world.facts["reach"] = dict(bench.port("Installation").storage())
    bench.observe.note("protection of the store", f"{len(bench.world.facts['reach'])} facts", source="Installation.storage")


@when(phrase('the protection of the store is read while its "{what}" has the mode "{mode}"'))
def read_exposed(bench: Bench, what: str, mode: str) -> None:
    exposed = getattr(cast("Any", bench.port("Installation")), "exposed", None)
    if exposed is None:
        raise Blocked(f"the target {bench.target.name} cannot open its store for a test")
    bench.world.facts["reach"] = dict(exposed(what, mode))
    bench.observe.note(f"{what} of the store", f"mode {mode} for the moment of one reading", source="past the application")


@then(phrase('the fact "{fact}" is "{expected}"'))
def fact_is(bench: Bench, fact: str, expected: str) -> None:
    actual = bench.world.facts["reach"].get(fact, "(not reported)")
    bench.observe(fact, expected=expected, actual=actual, source="Installation.storage")


@then(phrase('the fact "{fact}" is not "{other}"'))
def fact_is_not(bench: Bench, fact: str, other: str) -> None:
    actual = bench.world.facts["reach"].get(fact, other)
    bench.observe(fact, expected=other, actual=actual, by="not-equal", source="Installation.storage, put back")
