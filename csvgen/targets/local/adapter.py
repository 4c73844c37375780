"""The local target: the ports of `csvgen.ports`, answered by an instance of QC release in a process of its own.

A refusal of a function that gives an Outcome is an Outcome that was not accepted, with ``kind`` among its facts; of any other
function it is raised as `errors.Refused` (a calculation refused for its input gives ``{"refused": words}``). Attacks, and the
accounts made for the validation, belong to the harness and stand on this side, not in the system.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from csvgen import __version__, canonical
from csvgen.errors import BadInput, ConfigError
from csvgen.model.counterpart import Counterpart
from csvgen.pipeline.core import DATABASE
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
    Unreachable,
)
from csvgen.targets.local import attacks, outside
from csvgen.targets.local.connection import SERVER, Connection, Line, Port, SystemRefused
from csvgen.targets.local.continuity import LocalContinuity, LocalSecondFactor
from csvgen.targets.local.entry import LocalEntry
from csvgen.targets.local.faults import offered
from csvgen.targets.local.install import ACCOUNTS, install
from csvgen.targets.local.interfaces import LocalInterfaces
from csvgen.targets.local.lots import LocalPipeline


def start(name: str, settings: Mapping[str, str]) -> LocalTarget:
    """Start the instance in ``settings["home"]``; with ``install`` = yes it is made first when nothing is there.

    Raises ConfigError without a usable home or where nobody says what a server of it is (`outside`), Unreachable when the process does not start.
    """
    if not settings.get("home"):
        raise ConfigError(f"the target {name!r} needs the setting home: the folder of an installed instance")
    home = Path(settings.get("root", ".")) / settings["home"]
    if not (home / DATABASE).is_file():
        if settings.get("install") != "yes":
            hint = f"python -m csvgen.targets.local.install {home}"
            raise ConfigError("no instance of QC release is installed here", where=str(home), hint=hint)
        install(home, {}, outside.parts(settings))
    return LocalTarget(name, home, beside=outside.beside(home, name, settings))


class LocalTarget:
    """A running instance. `close` ends the process that was started; of a further connection, that connection alone."""

    def __init__(
        self, name: str, home: Path, server: Sequence[str] = SERVER, connection: Line | None = None, beside: Sequence[Counterpart] = ()
    ) -> None:  # fmt: skip
        self._name = name
        self._home = home
        self._server = server
        self._stands_on = tuple(beside)
        self._counterpart: tuple[Sequence[str], Counterpart] | None = None
        self._beside: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], tuple[Path, LocalTarget]] = {}
        self._connection = connection = connection or Connection(home, server)
        access = LocalAccess(connection, home / ACCOUNTS)
        self._ports: dict[str, object] = {
            "Installation": LocalInstallation(connection, home),
            "Access": access,
            "Records": LocalRecords(connection),
            "AuditTrail": LocalAuditTrail(connection, home, access, server),
            "Signing": LocalSigning(connection, home),
            "Pipeline": LocalPipeline(connection, home),
            "Interfaces": LocalInterfaces(connection, home),
            "Connections": LocalConnections(name, connection, home),
            "Entry": LocalEntry(connection),
            "Continuity": LocalContinuity(connection, home, lambda place: LocalTarget(name, place, self.serving)),
            "SecondFactor": LocalSecondFactor(connection),
        }
        if faults := offered(connection):
            self._ports["Faults"] = faults

    @property
    def name(self) -> str:
        """The name of the target in the project."""
        return self._name

    @property
    def instance(self) -> str:
        """Identity of this very instance: the fingerprint of its trust root."""
        return self._connection.instance

    @property
    def counterparts(self) -> tuple[Counterpart, ...]:
        """The system as it is served now, and the servers it stands on. A broken process says so in its name.

        The digest of the system is one over those of all components.
        """
        if self._counterpart is None or self._counterpart[0] != self.serving:
            found = sorted((c.name, c.sha256) for c in self._connection.ask("Installation.components") if c.kind == "component")
            broken = "" if tuple(self.serving) == tuple(SERVER) else f", served by {' '.join(self.serving)}"
            made = Counterpart(
                kind="real server", name=f"QC release{broken}", version=__version__, digest=str(canonical.digest(found))
            )
            self._counterpart = self.serving, made
        return (self._counterpart[1], *self._stands_on)

    @property
    def pid(self) -> int:
        """Process id of the system. Raises Unreachable of a further connection, which started none."""
        if not isinstance(self._connection, Connection):
            raise Unreachable("this connection did not start the system")
        return self._connection.pid

    @property
    def serving(self) -> Sequence[str]:
        """The module that serves now, a broken one while a fault is seeded: what is started beside it is of the same code."""
        return self._connection.server if isinstance(self._connection, Connection) else self._server

    def port(self, name: str) -> object | None:
        """The implementation of a port, or None: SecondSite is not offered, Faults by a disposable instance alone."""
        return self._ports.get(name)

    def configure(self, key: str, value: str, reason: str) -> Outcome:
        """Change a configuration value as the administrator of this instance does: through the application, with a reason."""
        access = LocalAccess(self._connection, self._home / ACCOUNTS)
        administrator = access.test_account("administrator")
        opened = access.log_in(administrator.user_id, administrator.password)
        if not opened.accepted:
            return opened
        try:
            return self._connection.outcome("Records.configure", session=opened.reference, key=key, value=value, reason=reason)
        finally:
            access.log_out(opened.reference)

    def beside(self, settings: Mapping[str, str]) -> LocalTarget:
        """An instance of the same release in a folder and a process of its own, with these settings; made once, gone when this is closed."""
        key = (tuple(self.serving), tuple(sorted(settings.items())))
        if key not in self._beside:
            own = self._connection.ask("Installation.configuration")
            place = Path(tempfile.mkdtemp(prefix="csvgen-beside-"))
            try:
                install(place / "instance", {"disposable": own["disposable"], **settings})
                self._beside[key] = place, LocalTarget(self._name, place / "instance", self.serving)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
        return self._beside[key][1]

    def close(self) -> None:
        """End the process, and those that were started beside it, and wait for them."""
        for place, other in self._beside.values():
            other.close()
            shutil.rmtree(place, ignore_errors=True)
        self._beside.clear()
        for port in self._ports.values():
            if isinstance(port, LocalContinuity):
                port.close()
        self._connection.close()


class LocalConnections(Port):
    """ports.Connections."""

    def __init__(self, name: str, connection: Line, home: Path) -> None:
        super().__init__(connection)
        self._name = name
        self._home = home

    def another(self) -> LocalTarget:
        return LocalTarget(self._name, self._home, connection=self._connection.another())


class LocalInstallation(Port):
    """ports.Installation, with `exposed`, which opens the folder of the instance for the moment of one reading."""

    def __init__(self, connection: Line, home: Path) -> None:
        super().__init__(connection)
        self._home = home

    def components(self) -> tuple[ComponentState, ...]:
        return tuple(self._connection.ask("Installation.components"))

    def configuration(self) -> Mapping[str, str]:
        return dict(self._connection.ask("Installation.configuration"))

    def clock(self) -> ClockReading:
        reading: ClockReading = self._connection.ask("Installation.clock")
        return reading

    def storage(self) -> Mapping[str, str]:
        return dict(self._connection.ask("Installation.storage"))

    def exposed(self, what: str, mode: str) -> Mapping[str, str]:
        """The facts while an empty file of the instance, or its folder, has other permissions; put back before this returns."""
        before, extra = self._home.stat().st_mode & 0o777, self._home / "exposed.tmp"
        try:
            if what == "folder":
                self._home.chmod(int(mode, 8))
            else:
                extra.touch(mode=0o600)
                extra.chmod(int(mode, 8))
            return self.storage()
        finally:
            self._home.chmod(before)
            extra.unlink(missing_ok=True)


class LocalAccess(Port):
    """ports.Access, with the accounts made for the validation, and `unlock_account`."""

    def __init__(self, connection: Line, accounts: Path) -> None:
        super().__init__(connection)
        self._accounts = accounts
        self._logged_in: dict[str, str] = {}

    def test_account(self, role: str) -> TestAccount:
        """The account for a key of the accounts file: a role, or ``analyst-2``, ``analyst-reviewer``... Raises KeyError."""
        found = json.loads(self._accounts.read_bytes())[role]
        return TestAccount(found["user_id"], found["printed_name"], found["role"], Secret(found["password"]))

    def log_in(self, user_id: str, password: Secret) -> Outcome:
        outcome = self._connection.outcome("Access.log_in", user_id=user_id, password=password.reveal())
        if outcome.accepted:
            self._logged_in[outcome.reference] = user_id
        return outcome

    def log_out(self, session: str) -> Outcome:
        return self._connection.outcome("Access.log_out", session=session)

    def whoami(self, session: str) -> Outcome:
        return self._connection.outcome("Access.whoami", session=session)

    def create_account(self, session: str, user_id: str, printed_name: str, roles: tuple[str, ...], password: Secret) -> Outcome:
        account = {"user_id": user_id, "printed_name": printed_name, "roles": roles, "password": password.reveal()}
        return self._connection.outcome("Access.create_account", session=session, **account)

    def retire_account(self, session: str, user_id: str, reason: str) -> Outcome:
        return self._connection.outcome("Access.retire_account", session=session, user_id=user_id, reason=reason)

    def unlock_account(self, session: str, user_id: str, reason: str) -> Outcome:
        """Open a locked account again; beside the port, for tests that lock one."""
        return self._connection.outcome("Access.unlock_account", session=session, user_id=user_id, reason=reason)

    def set_password(self, session: str, password: Secret) -> Outcome:
        """As in the port; the accounts file follows when the account is one of it."""
        outcome = self._connection.outcome("Access.set_password", session=session, password=password.reveal())
        if outcome.accepted:
            accounts = json.loads(self._accounts.read_bytes())
            for account in accounts.values():
                if account["user_id"] == self._logged_in.get(session):
                    account["password"] = password.reveal()
            self._keep(canonical.canonical_json(accounts))
        return outcome

    def _keep(self, accounts: bytes) -> None:
        """Replace the accounts file as a whole; for nobody else to read from its first byte, for it holds passwords."""
        handle, name = tempfile.mkstemp(prefix=f".{self._accounts.name}.", dir=self._accounts.parent)  # made with mode 0600
        with os.fdopen(handle, "wb") as stream:
            stream.write(accounts)
            stream.flush()
            os.fsync(stream.fileno())
        canonical.place(Path(name), self._accounts)

    def accounts(self, session: str) -> tuple[AccountView, ...]:
        return tuple(self._connection.ask("Access.accounts", session=session))


class LocalRecords(Port):
    """ports.Records, with `configure`, which the port reaches as a change of a configuration record."""

    def configure(self, session: str, key: str, value: str, reason: str) -> Outcome:
        """Set one known setting."""
        return self._connection.outcome("Records.configure", session=session, key=key, value=value, reason=reason)

    def read(self, session: str, record: str) -> RecordView | None:
        view: RecordView | None = self._connection.ask("Records.read", session=session, record=record)
        return view

    def history(self, session: str, record: str) -> tuple[RecordView, ...]:
        return tuple(self._connection.ask("Records.history", session=session, record=record))

    def change(self, session: str, record: str, field: str, value: str, reason: str) -> Outcome:
        return self._connection.outcome("Records.change", session=session, record=record, field=field, value=value, reason=reason)

    def delete(self, session: str, record: str, reason: str) -> Outcome:
        return self._connection.outcome("Records.delete", session=session, record=record, reason=reason)

    def copy(self, session: str, record: str) -> RecordCopy | None:
        copy: RecordCopy | None = self._connection.ask("Records.copy", session=session, record=record)
        return copy


class LocalAuditTrail(Port):
    """ports.AuditTrail."""

    def __init__(self, connection: Line, home: Path, access: LocalAccess, server: Sequence[str] = SERVER) -> None:
        super().__init__(connection)
        self._home = home
        self._access = access
        self._server = server

    def entries(self, session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        return tuple(self._connection.ask("AuditTrail.entries", session=session, record=record, after=after))

    def export(self, session: str) -> bytes:
        return bytes(self._connection.ask("AuditTrail.export", session=session))

    def export_outcome(self, session: str) -> Outcome:
        try:
            size = len(self.export(session))
        except SystemRefused as refusal:
            return refusal.outcome()
        return Outcome(True, f"audit trail exported: {size} bytes")

    def attack(self, session: str, manner: TrailAttack) -> Outcome:
        """Switching off is asked of the application, by its administrator; all else is tried on its database file.

        The facts say whether the same act, on a copy without guards, is found by the system's own verification.
        """
        if manner != "switch-off":
            return attacks.attack_trail(self._home, manner, self._served())
        highest = self._access.test_account("administrator")
        opened = self._access.log_in(highest.user_id, highest.password)
        args = {"key": "audit", "value": "off", "reason": "attempt to switch the audit trail off"}
        return self._connection.outcome("Records.configure", session=opened.reference or session, **args)

    def _served(self) -> Sequence[str]:
        """What serves the instance now: a fault may have come since it was opened."""
        return self._connection.server if isinstance(self._connection, Connection) else self._server

    def integrity(self, session: str) -> Outcome:
        return self._connection.outcome("AuditTrail.integrity", session=session)


class LocalSigning(Port):
    """ports.Signing, with `check_signatures`, which `falsify` leans on."""

    def __init__(self, connection: Line, home: Path) -> None:
        super().__init__(connection)
        self._home = home

    def sign(self, session: str, record: str, meaning: str, reason: str, user_id: str, password: Secret) -> Outcome:
        args = {"record": record, "meaning": meaning, "reason": reason, "user_id": user_id, "password": password.reveal()}
        return self._connection.outcome("Signing.sign", session=session, **args)

    def review_packet(self, session: str, record: str) -> RecordCopy:
        packet: RecordCopy = self._connection.ask("Signing.review_packet", session=session, lot=record)
        return packet

    def review_lines(self, session: str, record: str) -> tuple[str, ...]:
        """The packet as a terminal shows it; beside the port, for systems that have one."""
        return tuple(self._connection.ask("Signing.review_lines", session=session, lot=record))

    def signatures(self, session: str, record: str) -> tuple[SignatureView, ...]:
        return tuple(self._connection.ask("Signing.signatures", session=session, record=record))

    def manifestation(self, session: str, record: str, form: str) -> str:
        return str(self._connection.ask("Signing.manifestation", session=session, record=record, form=form))

    def forms(self) -> tuple[str, ...]:
        return tuple(self._connection.ask("Signing.forms"))

    def falsify(self, session: str, record: str, manner: SignatureAttack, other: str) -> Outcome:
        """Falsify signatures taken from a copy of the record, and ask the system whether it calls them valid.

        `other` is the record a signature is copied to, or the user id it is moved to; not used for cut, time and meaning.
        Raises BadInput when the record carries no signature: there would be nothing to falsify.
        """
        copy: Any = self._connection.ask("Records.copy", session=session, record=record)
        if copy is None:
            raise BadInput(f"no record {record!r} to take a signature from")
        target, signatures = attacks.falsified(self._home, record, copy.electronic, manner, other)
        return self.check_signatures(session, target, signatures)

    def check_signatures(self, session: str, record: str, signatures: Sequence[Mapping[str, bytes]]) -> Outcome:
        """Whether the system calls a set of signatures, offered for a record, whole and valid."""
        args = {"record": record, "signatures": [dict(s) for s in signatures]}
        return self._connection.outcome("Signing.check_signatures", session=session, **args)
