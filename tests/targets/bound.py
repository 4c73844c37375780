"""A small honest adapter, and wrong ones made of it: each lies in one way."""

from __future__ import annotations

from csvgen.model.counterpart import Counterpart
from csvgen.ports import AccountView, AuditEntry, ClockReading, ComponentState, Outcome, RecordView, Secret, TestAccount
from csvgen.views import Unanswered, Unreachable

PASSWORD = "a-password-of-the-tests-7"
NO_SESSION = Outcome(False, "no session", "", {"kind": "session"})


class Access:
    def __init__(self) -> None:
        self.open: set[str] = set()

    def test_account(self, role: str) -> TestAccount:
        return {"analyst": TestAccount("ada", "Ada Lund", "analyst", Secret(PASSWORD))}[role]

    def log_in(self, user_id: str, password: Secret) -> Outcome:
        if (user_id, password.reveal()) != ("ada", PASSWORD):
            return Outcome(False, "user id or password is wrong", "", {"kind": "credentials"})
        self.open.add("S1")
        return Outcome(True, "welcome", "S1")

    def log_out(self, session: str) -> Outcome:
        self.open.discard(session)
        return Outcome(True, "bye")

    def whoami(self, session: str) -> Outcome:
        return Outcome(True, "ada") if session in self.open else NO_SESSION

    def create_account(self, session, user_id, printed_name, roles, password) -> Outcome:
        return NO_SESSION

    def retire_account(self, session, user_id, reason) -> Outcome:
        return NO_SESSION

    def set_password(self, session, password) -> Outcome:
        return NO_SESSION

    def accounts(self, session: str) -> tuple[AccountView, ...]:
        return (AccountView("ada", "Ada Lund", ("analyst",), "active"),)


class Records:
    def __init__(self, trail: AuditTrail) -> None:
        self.trail = trail

    def read(self, session: str, record: str) -> RecordView | None:
        return None

    def history(self, session: str, record: str) -> tuple[RecordView, ...]:
        return ()

    def change(self, session, record, field, value, reason) -> Outcome:
        return NO_SESSION

    def delete(self, session, record, reason) -> Outcome:
        return NO_SESSION

    def copy(self, session, record):
        return None


class AuditTrail:
    def __init__(self) -> None:
        self.held = [
            AuditEntry(n, "2026-11-22T10:00:00.000000Z", "+00:00", "ada", "Ada Lund", "create", f"r/{n}", "", "", "", "")
            for n in (1, 2, 3)
        ]

    def entries(self, session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        return tuple(e for e in self.held if e.number > after and record in ("", e.record))

    def export(self, session: str) -> bytes:
        return b"3 entries"

    def export_outcome(self, session: str) -> Outcome:
        return NO_SESSION

    def attack(self, session, manner) -> Outcome:
        return Outcome(False, "refused")

    def integrity(self, session: str) -> Outcome:
        return Outcome(True, "unbroken")


class Installation:
    def components(self) -> tuple[ComponentState, ...]:
        return (ComponentState("app", "component", "1.0"),)

    def configuration(self) -> dict[str, str]:
        return {"idle": "900"}

    def clock(self) -> ClockReading:
        return ClockReading("2026-11-22T10:00:00.000000Z", "+00:00", "host")

    def storage(self) -> dict[str, str]:
        return {}


class Bound:
    name, instance = "mine", "one"
    counterparts: object = (Counterpart(kind="stub", name="bound.py", version="1"),)

    def __init__(self) -> None:
        trail = AuditTrail()
        self.ports: dict[str, object] = {
            "Access": Access(),
            "AuditTrail": trail,
            "Records": Records(trail),
            "Installation": Installation(),
        }

    def port(self, name: str) -> object | None:
        return self.ports.get(name)

    def close(self) -> None: ...


def start(name: str, settings: dict[str, str]) -> Bound:
    return Bound()


def blind(_name: str, _settings: dict[str, str]) -> Bound:
    raise Unanswered("nobody answers at the address", where="https://lims.example", hint="is the network there?")


def dumb(_name: str, _settings: dict[str, str]) -> Bound:
    raise Unreachable("the system has ended")
