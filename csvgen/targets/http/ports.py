"""The ports over a described HTTP system. What the description does not describe is NotOffered: the case is BLOCKED and says which call is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from csvgen.clock import stored
from csvgen.errors import Refused
from csvgen.ports import (
    AccountView,
    AuditEntry,
    ClockReading,
    ComponentState,
    Outcome,
    RecordCopy,
    RecordView,
    Secret,
    SignatureAttack,
    SignatureView,
    TestAccount,
    TrailAttack,
)  # fmt: skip
from csvgen.targets.http.client import Answer, Client, rows
from csvgen.targets.http.description import Call, Kept, RecordCalls, Recorded, Rows
from csvgen.targets.http.places import at, filled, optional, text
from csvgen.views import NotOffered, Unreachable

T = TypeVar("T")


def described(found: T | None, name: str) -> T:
    """A call of the description. Raises NotOffered naming the one that is missing."""
    if found is None:
        raise NotOffered(
            f"the description says no call {name}", hint="describe it, or take the requirement out of the scope of this target"
        )
    return found


class _Port:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._said = client.description

    def _data(self, call: Call, given: Mapping[str, Any], session: str | None) -> Answer | None:
        """The answer to a call for data; None where the system says that there is no such thing. Raises Refused as the ports do."""
        answer = self._client.ask(call, given, session)
        if answer.absent:
            return None
        if not answer.accepted:
            try:
                said = optional(call.message or self._said.message, given, answer.json())
            except Unreachable:
                said = ""
            problem = Refused(said or f"HTTP {answer.status}")
            problem.kind = answer.kind  # type: ignore[attr-defined]
            raise problem
        return answer

    def _rows(self, call: Rows, given: Mapping[str, Any], session: str | None) -> list[dict[str, str]]:
        """Each row of a list as text by the names the description gives its parts."""
        answer = self._data(call, given, session)
        if answer is None:
            return []
        return [{n: filled(p, given, row, where=answer.where) for n, p in call.each.items()} for row in rows(answer, call.rows)]


class HttpInstallation(_Port):
    """ports.Installation; nothing is told of the storage."""

    def components(self) -> tuple[ComponentState, ...]:
        if self._said.installation is None or (call := self._said.installation.components) is None:
            return ()
        return tuple(
            ComponentState(r.get("name", ""), "component", r.get("version", ""), r.get("sha256", ""))
            for r in self._rows(call, {}, None)
        )

    def configuration(self) -> Mapping[str, str]:
        if self._said.installation is None or (call := self._said.installation.configuration) is None:
            return {}
        answer = self._data(call, {}, None)
        found = at(answer.json(), call.values.strip("{}")) if answer else {}
        if not isinstance(found, Mapping):
            raise Unreachable(f"the answer has no configuration at {call.values}", where=answer.where if answer else "")
        return {str(k): text(v) for k, v in found.items()}

    def clock(self) -> ClockReading:
        call = described(None if self._said.installation is None else self._said.installation.clock, "installation.clock")
        answer = described(self._data(call, {}, None), "installation.clock that answers")
        utc, offset = moment(filled(call.utc, {}, answer.json(), where=answer.where))
        return ClockReading(utc, offset, filled(call.source, {}, answer.json(), where=answer.where))

    def storage(self) -> Mapping[str, str]:
        return {}


def moment(said: str) -> tuple[str, str]:
    """A time with its offset, as UTC in stored form and the offset. A time without one stays as it is, and has none: a step finds that."""
    try:
        read = dt.datetime.fromisoformat(said)
    except ValueError:
        return said, ""
    if read.tzinfo is None:
        return said, ""
    minutes = int((read.utcoffset() or dt.timedelta()).total_seconds()) // 60
    return stored(read.astimezone(dt.UTC)), f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


class HttpAccess(_Port):
    """ports.Access, with the accounts the description names."""

    def __init__(self, client: Client, secret: Callable[[Kept], Secret]) -> None:
        super().__init__(client)
        self._secret = secret

    def test_account(self, role: str) -> TestAccount:
        account = self._said.accounts[role]
        return TestAccount(account.user_id, account.printed_name, role, self._secret(account.password))

    def _ask(self, verb: str, session: str | None, **given: Any) -> Outcome:
        return self._client.outcome(described(getattr(self._said.access, verb), f"access.{verb}"), given, session)

    def log_in(self, user_id: str, password: Secret) -> Outcome:
        outcome = self._ask("log_in", None, user_id=user_id, password=password)
        if not outcome.accepted and outcome.facts.get("kind") == "session":
            return Outcome(False, outcome.message, "", {"kind": "credentials"})  # 401 at the door is about who somebody is
        return outcome

    def log_out(self, session: str) -> Outcome:
        return self._ask("log_out", session)

    def whoami(self, session: str) -> Outcome:
        return self._ask("whoami", session)

    def create_account(self, session: str, user_id: str, printed_name: str, roles: tuple[str, ...], password: Secret) -> Outcome:
        return self._ask(
            "create_account", session, user_id=user_id, printed_name=printed_name, roles=roles, role=roles[0], password=password
        )

    def retire_account(self, session: str, user_id: str, reason: str) -> Outcome:
        return self._ask("retire_account", session, user_id=user_id, reason=reason)

    def set_password(self, session: str, password: Secret) -> Outcome:
        return self._ask("set_password", session, password=password)

    def accounts(self, session: str) -> tuple[AccountView, ...]:
        call = described(None if self._said.access is None else self._said.access.accounts, "access.accounts")
        found = self._rows(call, {}, session)
        return tuple(AccountView(r["user_id"], r["printed_name"], tuple(r["roles"].split(" ")), r["state"]) for r in found)


class _OfRecords(_Port):
    def _kind(self, record: str) -> tuple[RecordCalls, dict[str, str]]:
        """The calls of a record's kind; a record without a kind we know is asked for as the first kind: the system says what it is."""
        kind, _, identity = record.partition("/")
        if kind not in self._said.records or not identity:
            kind, identity = next(iter(self._said.records)), record
        return self._said.records[kind], {"record": record, "id": identity}


def _view(call: Recorded, record: str, given: Mapping[str, Any], document: Any, where: str) -> RecordView:
    if isinstance(call.fields, str):
        found = at(document, call.fields.strip("{}"))
        if not isinstance(found, Mapping):
            raise Unreachable(f"the answer has no fields at {call.fields}", where=where)
        fields = {str(k): text(v) for k, v in found.items()}
    else:
        fields = {name: filled(place, given, document, where=where) for name, place in call.fields.items()}
    version = filled(call.version, given, document, where=where)
    if not version.isdecimal():
        raise Unreachable(f"the version of {record} is {version!r}, no number", where=where)
    return RecordView(record, int(version), filled(call.state, given, document, where=where), fields)


class HttpRecords(_OfRecords):
    """ports.Records."""

    def read(self, session: str, record: str) -> RecordView | None:
        calls, given = self._kind(record)
        answer = self._data(calls.read, given, session)
        return _view(calls.read, record, given, answer.json(), answer.where) if answer else None

    def history(self, session: str, record: str) -> tuple[RecordView, ...]:
        calls, given = self._kind(record)
        call = described(calls.history, "history of this kind of record")
        answer = self._data(call, given, session)
        return tuple(_view(call, record, given, row, answer.where) for row in rows(answer, call.rows)) if answer else ()

    def change(self, session: str, record: str, field: str, value: str, reason: str) -> Outcome:
        calls, given = self._kind(record)
        return self._client.outcome(
            described(calls.change, "change of this kind of record"),
            {**given, "field": field, "value": value, "reason": reason},
            session,
        )

    def delete(self, session: str, record: str, reason: str) -> Outcome:
        calls, given = self._kind(record)
        return self._client.outcome(
            described(calls.delete, "delete of this kind of record"), {**given, "reason": reason}, session
        )

    def copy(self, session: str, record: str) -> RecordCopy | None:
        calls, given = self._kind(record)
        copies = described(calls.copies, "copies of this kind of record")
        human, electronic = self._data(copies.human, given, session), self._data(copies.electronic, given, session)
        if human is None or electronic is None:
            return None
        return RecordCopy(human.content, copies.human_type, electronic.content, copies.electronic_type)


class HttpTrail(_Port):
    """ports.AuditTrail. From outside nobody reaches the database, so that attacks on it cannot be tried."""

    def entries(self, session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        trail = described(self._said.audit_trail, "audit_trail")
        found = self._rows(trail.entries, {"record": record, "after": str(after)}, session)
        made = tuple(self._entry(row, trail.actions) for row in found)
        return tuple(e for e in made if e.number > after and record in ("", e.record))

    @staticmethod
    def _entry(row: Mapping[str, str], actions: Mapping[str, str]) -> AuditEntry:
        at_, offset = moment(row.get("at", ""))
        number = row.get("number", "")
        if not number.isdecimal():
            raise Unreachable(f"the number of an audit entry is {number!r}, no number")
        said = row.get("action", "")
        return AuditEntry(
            int(number), at_, offset, row.get("user_id", ""), row.get("printed_name", ""), actions.get(said, said), row.get("record", ""),
            row.get("field", ""), row.get("old", ""), row.get("new", ""), row.get("reason", ""),
        )  # fmt: skip

    def _export(self) -> Call:
        return described(described(self._said.audit_trail, "audit_trail").export, "audit_trail.export")

    def export(self, session: str) -> bytes:
        return described(self._data(self._export(), {}, session), "audit_trail.export that is there").content

    def export_outcome(self, session: str) -> Outcome:
        answer = self._client.ask(self._export(), {}, session)
        return Outcome(
            answer.accepted,
            f"HTTP {answer.status}, {len(answer.content)} bytes",
            "",
            {"kind": answer.kind} if answer.kind else {},
        )

    def attack(self, session: str, manner: TrailAttack) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered(
            f"the attack {manner} needs the rights of the application on its database, which nobody has from outside"
        )

    def integrity(self, session: str) -> Outcome:
        trail = described(self._said.audit_trail, "audit_trail")
        return self._client.outcome(described(trail.integrity, "audit_trail.integrity"), {}, session)


class HttpSigning(_OfRecords):
    """ports.Signing."""

    def sign(self, session: str, record: str, meaning: str, reason: str, user_id: str, password: Secret) -> Outcome:
        calls, given = self._kind(record)
        told = {**given, "meaning": meaning, "reason": reason, "user_id": user_id, "password": password}
        return self._client.outcome(described(calls.sign, "sign of this kind of record"), told, session)

    def review_packet(self, session: str, record: str) -> RecordCopy:
        return described(HttpRecords(self._client).copy(session, record), f"copy of {record}")

    def signatures(self, session: str, record: str) -> tuple[SignatureView, ...]:
        calls, given = self._kind(record)
        found = self._rows(described(calls.signatures, "signatures of this kind of record"), given, session)
        return tuple(self._signature(r) for r in found)

    @staticmethod
    def _signature(row: Mapping[str, str]) -> SignatureView:
        at_, offset = moment(row.get("at", ""))
        status = row.get("status", "")
        return SignatureView(
            row.get("printed_name", ""), row.get("user_id", ""), at_, offset, row.get("meaning", ""), status == "valid", status
        )

    def manifestation(self, session: str, record: str, form: str) -> str:
        calls, given = self._kind(record)
        copies = described(calls.copies, "copies of this kind of record")
        call = {"print": copies.human, "electronic": copies.electronic}.get(form)
        answer = described(self._data(described(call, f"form {form}"), given, session), f"form {form} of {record}")
        return answer.content.decode("utf-8", "replace")

    def forms(self) -> tuple[str, ...]:
        return ("electronic", "print") if any(r.copies for r in self._said.records.values()) else ()

    def falsify(self, session: str, record: str, manner: SignatureAttack, other: str) -> Outcome:  # noqa: ARG002 - the port gives it
        raise NotOffered(f"the falsification {manner} needs the database of the system, which nobody has from outside")


class HttpEntry(_Port):
    """ports.Entry."""

    def forms(self, session: str) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002 - the port gives it
        return {name: form.fields for name, form in self._said.forms.items()}

    def enter(self, session: str, form: str, values: Mapping[str, str], reason: str) -> Outcome:
        described_form = self._said.forms[form]
        for field in values:
            if field not in described_form.fields:
                raise KeyError(field)
        outcome = self._client.outcome(
            described_form.enter, {"values": values, "reason": reason, **{f"value.{k}": v for k, v in values.items()}}, session
        )
        shown = {f"shown:{k}": v for k, v in described_form.shown.items()}
        return (
            Outcome(outcome.accepted, outcome.message, outcome.reference, {**outcome.facts, **shown})
            if outcome.accepted
            else outcome
        )
