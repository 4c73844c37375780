"""Two people at the same time, each over a connection and a thread of their own: who wins, who is told, and what is left on record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pytest_bdd import then, when

from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry, Outcome, RecordView, Secret, SignatureView, Target
from csvgen.steps.access import good_password
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate
from csvgen.steps.provenance import MISSING
from csvgen.steps.records import bring_to, record_of
from csvgen.steps.signing import read_packet, signatures

Act = Callable[[Target, str], Outcome]
"""What one of the two asks, over the connection and with the session given."""


@dataclass(frozen=True)
class Asked:
    """One request of one of the two, and what the system answered."""

    turn: int
    role: str
    user: str
    field: str
    """What it was about: a field that was changed, a meaning, an id."""
    value: str
    outcome: Outcome

    @property
    def told(self) -> str:
        return f"{self.role}: {answer(self.outcome)}"


def at_once(bench: Bench, first: tuple[str, Act], second: tuple[str, Act]) -> tuple[Outcome, Outcome]:
    """Both acts begin together, each in a thread over a connection of its own; their answers, whatever the order was."""
    sessions = [bench.actors.session(role) for role, _ in (first, second)]
    start = threading.Barrier(2)

    def run(target: Target, session: str, act: Act) -> Outcome:
        start.wait()
        return act(target, session)

    with closing(bench.port("Connections").another()) as other, ThreadPoolExecutor(2) as threads:
        begun = [
            threads.submit(run, target, session, act)
            for target, session, (_, act) in zip((bench.target, other), sessions, (first, second), strict=True)
        ]
        one, two = (each.result() for each in begun)
    return one, two


def _port(target: Target, name: str) -> Any:
    """A port of the target a thread speaks to. The second connection offers what the first does."""
    found = target.port(name)
    if found is None:
        raise CsvgenError(f"the further connection to {target.name} does not offer the port {name}")
    return found


def _note(bench: Bench, asked: Sequence[Asked], source: str, turns: int) -> None:
    """Two ask each time; every one of them has been answered."""
    bench.world.facts["asked"] = tuple(asked)
    bench.observe(
        "answers", expected=str(2 * turns), actual=str(len(asked)), source=f"all who asked, two of them; turns: {turns}"
    )
    for each in asked:
        bench.observe.note(f"{each.turn}. {each.field} {each.value}".strip(), each.told, source=source)


def _asked(bench: Bench) -> tuple[Asked, ...]:
    found: tuple[Asked, ...] = bench.world.facts.get("asked", ())
    if not found:
        raise CsvgenError("no step before this one had two people ask at the same time")
    return found


# ------------------------------------------------------------ changes of one record


def _change(lot: str, field: str, value: str) -> Act:
    return lambda target, session: _port(target, "Records").change(session, lot, field, value, "both at the same time")


@when(
    phrase(
        'the "{first}" changes "{field}" and the "{second}" changes "{other}" of lot "{lot}" at the same time, {count:d} times'
    )
)
def change_both(bench: Bench, first: str, field: str, second: str, other: str, lot: str, count: int) -> None:
    bench.world.facts["before"] = record_of(bench, lot)
    asked: list[Asked] = []
    for turn in range(1, count + 1):
        values = f"first {turn}", f"second {turn}"
        acts = [
            (role, _change(bench.lot(lot), name, v))
            for role, name, v in zip((first, second), (field, other), values, strict=True)
        ]
        for role, name, value, outcome in zip((first, second), (field, other), values, at_once(bench, *acts), strict=True):
            asked.append(Asked(turn, role, bench.actors.account(role).user_id, name, value, outcome))
    _note(bench, asked, "Records.change, two connections", count)


def _versions(bench: Bench, lot: str) -> list[RecordView]:
    """The version that was there before the two began, and all after it."""
    before: RecordView = bench.world.facts["before"]
    history: tuple[RecordView, ...] = bench.port("Records").history(bench.actors.session("analyst"), bench.lot(lot))
    return [v for v in history if v.version >= before.version]


def _made(versions: Sequence[RecordView]) -> Iterator[tuple[int, list[str]]]:
    """Each new version with the fields in which it differs from the one before."""
    for before, after in pairwise(versions):
        names = {**before.fields, **after.fields}
        yield (
            after.version,
            [f"{n} = {after.fields.get(n, MISSING)}" for n in names if before.fields.get(n) != after.fields.get(n)],
        )


def _not_both_refused(bench: Bench) -> None:
    """Of two acts that are each allowed one at least is done, each time: a system that refuses both would lose nothing."""
    for turn, both in _turns(bench):
        told = "; ".join(f"{a.role} {'accepted' if a.outcome.accepted else 'refused'}" for a in both)
        refused = "; ".join(f"{a.role} refused" for a in both)
        source = "; ".join(a.told for a in both)
        bench.observe(f"{turn}. answers to the two", expected=refused, actual=told, by="not-equal", source=source)


@then(phrase('every change that was accepted is one version of lot "{lot}", which keeps what the version before it said'))
def none_lost(bench: Bench, lot: str) -> None:
    accepted = [a for a in _asked(bench) if a.outcome.accepted]
    made, source = list(_made(_versions(bench, lot))), "Records.history"
    _not_both_refused(bench)
    bench.observe("versions added", expected=str(len(accepted)), actual=str(len(made)), source=source)
    for number, changed in made:
        bench.observe(
            f"fields that version {number} changed",
            expected="1",
            actual=str(len(changed)),
            source=f"{source}: {'; '.join(changed)}",
        )
    told = [text for _, changed in made for text in changed]
    for each in accepted:
        text = f"{each.field} = {each.value}"
        bench.observe(f"versions that say {text}", expected="1", actual=str(told.count(text)), source=source)


@then("whoever was refused was told so and why")
def loser_told(bench: Bench) -> None:
    """Every answer is looked at: an acceptance, or a refusal that says something."""
    asked = _asked(bench)
    for each in asked:
        bench.observe.note(f"{each.turn}. {each.field}: answer to the {each.role}", answer(each.outcome), source=each.told)
    silent = [f"{a.turn}. {a.field}, {a.role}" for a in asked if not a.outcome.accepted and not a.outcome.message.strip()]
    bench.observe("refusals without a word", expected="none", actual="; ".join(silent) or "none", source="all who asked")


@then(phrase('the audit trail of lot "{lot}" tells of each accepted change once, by who made it, in the order of the versions'))
def trail_in_order(bench: Bench, lot: str) -> None:
    asked = _asked(bench)
    by = {f"{a.field} = {a.value}": a.user for a in asked}
    order = [f"{text} by {by.get(text, 'nobody who asked')}" for _, changed in _made(_versions(bench, lot)) for text in changed]
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
    told = [f"{e.field} = {e.new} by {e.user_id}" for e in entries if f"{e.field} = {e.new}" in by]
    source = "AuditTrail.entries, Records.history"
    accepted = str(sum(a.outcome.accepted for a in asked))
    bench.observe("entries of changes", expected=accepted, actual=str(len(told)), source=source)
    bench.observe("entries, in order", expected="; ".join(order) or "none", actual="; ".join(told) or "none", source=source)


# ------------------------------------------------------------ signatures


def _signature(bench: Bench, lot: str, role: str, meaning: str) -> Act:
    account = bench.actors.account(role)

    def act(target: Target, session: str) -> Outcome:
        found: Outcome = _port(target, "Signing").sign(
            session, lot, meaning, "both at the same time", account.user_id, account.password
        )
        return found

    return act


def _lots(bench: Bench, name: str, state: str, count: int, roles: Sequence[str]) -> Iterator[tuple[int, str]]:
    """So many lots in a state; the roles are logged in again for each, because making it ready takes its time."""
    for turn in range(1, count + 1):
        bring_to(bench, bench.lot(f"{name}-{turn}"), state)
        for role in roles:
            bench.actors.log_in(role)
        yield turn, f"{name}-{turn}"


@when(
    phrase(
        'the "{first}" and the "{second}" sign each of {count:d} lots "{name}" in the state "{state}" as "{meaning}" at the same time'
    )
)
def sign_both(bench: Bench, first: str, second: str, count: int, name: str, state: str, meaning: str) -> None:
    asked: list[Asked] = []
    for turn, lot in _lots(bench, name, state, count, (first, second)):
        for role in (first, second):
            read_packet(bench, bench.actors.session(role), bench.lot(lot), meaning)
        acts = [(role, _signature(bench, bench.lot(lot), role, meaning)) for role in (first, second)]
        for role, outcome in zip((first, second), at_once(bench, *acts), strict=True):
            asked.append(Asked(turn, role, bench.actors.account(role).user_id, lot, meaning, outcome))
    _note(bench, asked, "Signing.sign, two connections", count)


def _turns(bench: Bench) -> Iterator[tuple[int, list[Asked]]]:
    asked = _asked(bench)
    for turn in sorted({a.turn for a in asked}):
        yield turn, [a for a in asked if a.turn == turn]


@then("each time exactly one of the two was accepted")
def one_wins(bench: Bench) -> None:
    for turn, both in _turns(bench):
        accepted = sum(a.outcome.accepted for a in both)
        bench.observe(f"{turn}. accepted", expected="1", actual=str(accepted), source="; ".join(a.told for a in both))


@then(phrase('each lot carries one signature as "{meaning}", of who was accepted, and its audit trail tells of that one'))
def one_signature(bench: Bench, meaning: str) -> None:
    for turn, both in _turns(bench):
        lot = both[0].field
        winners = "; ".join(a.user for a in both if a.outcome.accepted)
        made: tuple[SignatureView, ...] = signatures(bench, lot)
        signed = [s for s in made if s.meaning == meaning]
        told = "; ".join(s.user_id for s in signed if s.valid) or "none"
        bench.observe(f"{turn}. signers as {meaning}", expected=winners or "none", actual=told, source="Signing.signatures")
        entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
        numbers = {e.number for e in entries if e.action == "sign"}
        bench.observe(
            f"{turn}. entries of signing", expected=str(len(made)), actual=str(len(numbers)), source="AuditTrail.entries"
        )


@when(phrase('the "{first}" signs each of {count:d} lots "{name}" as "{meaning}" while the "{second}" changes its "{field}"'))
def sign_and_change(bench: Bench, first: str, count: int, name: str, meaning: str, second: str, field: str) -> None:
    asked: list[Asked] = []
    for turn, lot in _lots(bench, name, "processed", count, (first, second)):
        read_packet(bench, bench.actors.session(first), bench.lot(lot), meaning)
        sign, change = _signature(bench, bench.lot(lot), first, meaning), _change(bench.lot(lot), field, f"changed {turn}")
        for role, value, outcome in zip(
            (first, second), (meaning, "change"), at_once(bench, (first, sign), (second, change)), strict=True
        ):
            asked.append(Asked(turn, role, bench.actors.account(role).user_id, lot, value, outcome))
    _note(bench, asked, "Signing.sign and Records.change, two connections", count)


@then(phrase('no signature is valid on a "{field}" that its signer was not shown, and no accepted change of it is lost'))
def signed_as_shown(bench: Bench, field: str) -> None:
    _not_both_refused(bench)
    for turn, (sign, change) in _turns(bench):
        lot = sign.field
        valid = [s.user_id for s in signatures(bench, lot) if s.valid]
        expected = sign.user if sign.outcome.accepted and not change.outcome.accepted else "none"
        bench.observe(
            f"{turn}. valid signatures of lot {bench.lot(lot)}",
            expected=expected,
            actual="; ".join(valid) or "none",
            source="Signing.signatures",
        )
        shown = f"changed {turn}" if change.outcome.accepted else "(as before)"
        actual = record_of(bench, lot).fields.get(field, "") or "(as before)"
        bench.observe(f"{turn}. {field} of lot {bench.lot(lot)}", expected=shown, actual=actual, source="Records.read")


# ------------------------------------------------------------ registrations of one key


@when(phrase('the "{first}" and the "{second}" create an account with the same id at the same time, {count:d} times'))
def register_both(bench: Bench, first: str, second: str, count: int) -> None:
    asked: list[Asked] = []

    def create(user: str, name: str) -> Act:
        secret = Secret(good_password())
        return lambda target, session: _port(target, "Access").create_account(session, user, name, ("analyst",), secret)

    for turn in range(1, count + 1):
        user = bench.user(f"t{turn}")  # short: ids have 40 characters
        acts = [(role, create(user, f"Made By The {word} Example")) for role, word in ((first, "First"), (second, "Second"))]
        for role, outcome in zip((first, second), at_once(bench, *acts), strict=True):
            asked.append(Asked(turn, role, bench.actors.account(role).user_id, user, "", outcome))
    _note(bench, asked, "Access.create_account, two connections", count)


@then("each id has one account, created once by who was accepted")
def one_account(bench: Bench) -> None:
    views = bench.actors.access.accounts(bench.actors.session("administrator"))
    for turn, both in _turns(bench):
        user = both[0].field
        held = sum(v.user_id == user for v in views)
        bench.observe(f"{turn}. accounts {user}", expected="1", actual=str(held), source="Access.accounts")
        entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(
            bench.actors.session("administrator"), f"account/{user}"
        )
        creators = sorted({(e.number, e.user_id) for e in entries if e.action == "create"})
        winner = "; ".join(a.user for a in both if a.outcome.accepted) or "none"
        told = "; ".join(person for _, person in creators) or "none"
        bench.observe(f"{turn}. created by", expected=winner, actual=told, source="AuditTrail.entries")


@when(phrase('the "{first}" and the "{second}" bring other data as the same file "{file}" of lot "{lot}" at the same time'))
def bring_both(bench: Bench, first: str, second: str, file: str, lot: str) -> None:
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}

    def bring(content: bytes) -> Act:
        return lambda target, session: _port(target, "Pipeline").ingest(session, bench.lot(lot), file, content, metadata)

    contents = [constructed_plate((signal,), lot=bench.lot(f"{lot}-{signal}")) for signal in ("1.000", "0.990")]
    acts = [(role, bring(content)) for role, content in zip((first, second), contents, strict=True)]
    both = zip((first, second), at_once(bench, *acts), strict=True)
    _note(
        bench,
        [Asked(1, role, bench.actors.account(role).user_id, lot, file, o) for role, o in both],
        "Pipeline.ingest, two connections",
        1,
    )


@then(
    phrase(
        'the file "{file}" of lot "{lot}" has a version for each that was accepted, by who brought it, and the lot names the last'
    )
)
def versions_of_file(bench: Bench, file: str, lot: str) -> None:
    asked, session = _asked(bench), bench.actors.session("analyst")
    record = next((a.outcome.reference for a in asked if a.outcome.reference), "")
    if not record:
        raise CsvgenError(f"the system took neither of the two files: {'; '.join(a.told for a in asked)}")
    versions: tuple[RecordView, ...] = bench.port("Records").history(session, record)
    people = sorted(v.fields.get("by", MISSING) for v in versions)
    accepted = sorted(a.user for a in asked if a.outcome.accepted)
    bench.observe(
        f"versions of {file}, by who brought them",
        expected="; ".join(accepted),
        actual="; ".join(people),
        source="Records.history",
    )
    view = bench.port("Pipeline").lot(session, bench.lot(lot))
    newest = versions[-1].fields.get("digest", MISSING)
    bench.observe(f"digest of {file} the lot names", expected=newest, actual=view.files.get(file, MISSING), source="Pipeline.lot")
