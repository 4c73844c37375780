"""What a system under validation can be asked. One small protocol per capability; steps speak to these and to nothing else.

A target implements the ports its system has. A case whose port is missing is BLOCKED with that reason, never skipped.

A system that says no has answered: refusals are values (`Outcome.accepted` is False), because negative tests look at
them. An exception means that no answer came. `Unanswered`: what stands between us and the system kept us from asking (network, certificate,
credentials, throttling, clocks), and the case is BLOCKED with what is missing. `Unreachable`: the system itself ended, fell silent or spoke
what cannot be read while it was asked; that is a fault of its own, and the step is an ERROR.

All measured values travel as decimal text, never as binary floats. A `Session` is whatever token the system gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, runtime_checkable

from csvgen.model.counterpart import Counterpart
from csvgen.views import (
    AccountView,
    AuditEntry,
    ClockReading,
    ComponentState,
    DeviationView,
    Fact,
    LotStanding,
    LotView,
    Message,
    Outcome,
    RecordCopy,
    RecordView,
    Secret,
    SignatureView,
    TestAccount,
    TestResult,
    TraceStep,
    TraceView,
    Unanswered,
    Unreachable,
)  # fmt: skip

__all__ = [
    "PORTS",
    "Access",
    "AccountView",
    "AuditEntry",
    "AuditTrail",
    "ClockReading",
    "ComponentState",
    "Configurable",
    "Connections",
    "Continuity",
    "Counterpart",
    "Declared",
    "DeviationView",
    "Fact",
    "Faults",
    "Installation",
    "Interfaces",
    "LotStanding",
    "LotView",
    "Message",
    "Outcome",
    "Pipeline",
    "Probes",
    "RecordCopy",
    "RecordView",
    "Records",
    "SecondFactor",
    "SecondSite",
    "Secret",
    "Showing",
    "SignatureAttack",
    "SignatureView",
    "Signing",
    "Target",
    "TestAccount",
    "TestResult",
    "TraceStep",
    "TraceView",
    "TrailAttack",
    "Unanswered",
    "Unreachable",
    "Variable",
]


@runtime_checkable
class Installation(Protocol):
    def components(self) -> tuple[ComponentState, ...]: ...
    def configuration(self) -> Mapping[str, str]: ...
    def clock(self) -> ClockReading: ...
    def storage(self) -> Mapping[str, str]:
        """Facts about the protection of the record store: permissions, append-only guards, journal mode."""


@runtime_checkable
class Access(Protocol):
    def test_account(self, role: str) -> TestAccount:
        """The account prepared for the validation for a role of the system. Raises KeyError for an unknown role."""

    def log_in(self, user_id: str, password: Secret) -> Outcome: ...
    def log_out(self, session: str) -> Outcome: ...
    def whoami(self, session: str) -> Outcome:
        """Accepted while the session is alive; this use counts as activity."""

    def create_account(
        self, session: str, user_id: str, printed_name: str, roles: tuple[str, ...], password: Secret
    ) -> Outcome: ...
    def retire_account(self, session: str, user_id: str, reason: str) -> Outcome: ...
    def set_password(self, session: str, password: Secret) -> Outcome: ...
    def accounts(self, session: str) -> tuple[AccountView, ...]: ...


@runtime_checkable
class Records(Protocol):
    def read(self, session: str, record: str) -> RecordView | None: ...
    def history(self, session: str, record: str) -> tuple[RecordView, ...]: ...
    def change(self, session: str, record: str, field: str, value: str, reason: str) -> Outcome: ...
    def delete(self, session: str, record: str, reason: str) -> Outcome: ...
    def copy(self, session: str, record: str) -> RecordCopy | None: ...


TrailAttack = Literal[
    "edit", "delete", "insert", "reorder", "truncate", "switch-off", "overwrite", "drop-guards", "edit-record", "delete-record",
    "insert-first", "edit-tree-up", "edit-tree-down", "edit-tree-top", "rewrite", "rewrite-with-tree",
]  # fmt: skip
"""``insert`` appends a well-formed event past the application, ``insert-first`` puts one before all others, ``overwrite`` puts one in the
place of another, ``drop-guards`` takes the append-only guards away; those of a record go for a record instead of the trail. ``edit-tree-up``
and ``edit-tree-down`` put a higher and a lower value in the place of a stored hash over events, ``edit-tree-top`` of one over such hashes;
``rewrite`` writes every event behind the second anew with digests that fit, ``rewrite-with-tree`` those stored hashes as well."""


@runtime_checkable
class AuditTrail(Protocol):
    def entries(self, session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        """All entries, or those about one record; with `after` only those with a higher number."""

    def export(self, session: str) -> bytes: ...
    def export_outcome(self, session: str) -> Outcome:
        """Ask for the export and give back only the answer, so that a refusal can be looked at."""

    def attack(self, session: str, manner: TrailAttack) -> Outcome:
        """Try, with the rights the application has on its database, to falsify the trail. Accepted means the store let it in.

        The facts tell what the system then says of the same act on a copy of the instance, in the words `integrity` and `log_in`
        would have: ``check before`` the act, ``check`` after it, with the guards in place again, and ``next entry``, whether it goes
        on; and ``place``, the number of the event that the act was about. An act that cannot be tried on a store (switch-off) has
        no such facts.
        """

    def integrity(self, session: str) -> Outcome:
        """Accepted when the system finds its trail unbroken."""


SignatureAttack = Literal[
    "copy", "cut", "other-person", "other-time", "other-meaning",
    "signed-by-another", "printed-by-another", "other-certificate", "other-moment", "system-key", "strange-authority", "made-anew",
    "unknown-meaning", "unknown-field",
]  # fmt: skip
"""Those of the second line are signed anew, by somebody who holds the authority of the instance or one of their own, so that the
arithmetic of the signature holds."""


@runtime_checkable
class Signing(Protocol):
    def sign(self, session: str, record: str, meaning: str, reason: str, user_id: str, password: Secret) -> Outcome: ...
    def review_packet(self, session: str, record: str) -> RecordCopy:
        """What a reviewer is shown of a record before signing its review: its data, and its own audit trail (PIC/S PI 041, 9.5)."""

    def signatures(self, session: str, record: str) -> tuple[SignatureView, ...]: ...
    def manifestation(self, session: str, record: str, form: str) -> str:
        """The record as shown in one human-readable form (`forms` lists them), as text."""

    def forms(self) -> tuple[str, ...]: ...
    def falsify(self, session: str, record: str, manner: SignatureAttack, other: str) -> Outcome:
        """On a scratch copy, transplant or alter a signature; accepted means the system still calls the result valid."""


@runtime_checkable
class Pipeline(Protocol):
    def ingest(self, session: str, lot: str, file_name: str, content: bytes, metadata: Mapping[str, str]) -> Outcome: ...
    def process(self, session: str, lot: str) -> Outcome: ...
    def lot(self, session: str, lot: str) -> LotView | None: ...
    def deviations(self, session: str, lot: str) -> tuple[DeviationView, ...]: ...
    def dispose(self, session: str, deviation: str, decision: str, reason: str, user_id: str, password: Secret) -> Outcome: ...
    def check_file(self, session: str, lot: str, file_name: str) -> Outcome:
        """Accepted when the stored raw file still has the digest registered on arrival."""

    def damage_file(self, session: str, lot: str, file_name: str) -> Outcome:
        """Change one byte of the stored raw file from outside the application (validation instances only)."""

    def remove_file(self, session: str, lot: str, file_name: str) -> Outcome:
        """Remove the stored raw file from outside the application (validation instances only)."""

    def trace(self, session: str, name: str) -> TraceView:
        """What a record, run, lot, change ticket, commit, file name or digest came from, and what came of it."""

    def run_record(self, session: str, run: str) -> bytes:
        """The record of a run as canonical JSON."""

    def repeat(self, session: str, run: str, reason: str) -> Outcome:
        """Perform a run again on the same inputs; the facts hold the digest of the outputs. Not accepted when nothing explains a difference."""

    def investigate(
        self, session: str, investigation: str, phase: str, findings: str, cause: str, evidence: tuple[str, ...]
    ) -> Outcome: ...
    def invalidate(self, session: str, investigation: str, retests: str, reason: str, user_id: str, password: Secret) -> Outcome:
        """Conclude an investigation by a signed assignable cause, with the number of retests."""

    def reintegrate(self, session: str, lot: str, file: str, content: bytes, reason: str) -> Outcome: ...
    def sign_integration(self, session: str, integration: str, reason: str, user_id: str, password: Secret) -> Outcome: ...
    def decide_quarantined(
        self, session: str, lot: str, file_name: str, decision: str, reason: str, user_id: str, password: Secret
    ) -> Outcome: ...
    def certificate(self, session: str, lot: str) -> RecordCopy:
        """The certificate of analysis of a released lot: the signed PDF, and its data."""

    def check_landing(self, session: str) -> Outcome:
        """Accepted when every landed file is as registered and nothing lies beside them."""

    def build_artifact(self, session: str, pipeline: str, ticket: str, commit: str, user_id: str, password: Secret) -> Outcome:
        """Build the code of a pipeline as an artifact, signed by its builder; nothing runs it before it is promoted."""

    def review_promotion(
        self, session: str, artifact: str, environment: str, evidence: str, reason: str, user_id: str, password: Secret
    ) -> Outcome: ...
    def approve_promotion(
        self, session: str, artifact: str, environment: str, reason: str, user_id: str, password: Secret
    ) -> Outcome: ...
    def withdraw_artifact(self, session: str, artifact: str, reason: str, user_id: str, password: Secret) -> Outcome: ...
    def register_artifact(self, session: str, files: Mapping[str, bytes], signature: bytes) -> Outcome:
        """Register a bundle that was signed elsewhere: its files by name, and the detached signature over all of them."""

    def offer_artifact(self, session: str, artifact: str, offer: str) -> tuple[Mapping[str, bytes], bytes]:
        """A copy of a built artifact that was tampered with or signed otherwise: its files, its signature (a function of the harness)."""

    def tamper_artifact(self, session: str, artifact: str, manner: str) -> Outcome:
        """Change one byte of a stored file of an artifact past the application, or put it back (validation instances only)."""

    def change_method(self, session: str, document: str, ticket: str, evidence: str, reason: str) -> Outcome:
        """Propose a method of analysis, the whole of it as YAML. Nothing is effective before quality has signed."""

    def approve_method(self, session: str, identity: str, reason: str, user_id: str, password: Secret) -> Outcome: ...
    def extend_revalidation(
        self, session: str, subject: str, until: str, reason: str, user_id: str, password: Secret
    ) -> Outcome: ...
    def complete_revalidation(
        self, session: str, subject: str, evidence: str, reason: str, user_id: str, password: Secret
    ) -> Outcome:
        """Sign that re-validation of a pipeline or method was done, on evidence named by its digest."""

    def register_procedure(
        self, session: str, procedure: str, title: str, version: str, effective_from: str, reason: str
    ) -> Outcome: ...
    def require_procedures(self, session: str, subject: str, procedures: tuple[str, ...], reason: str) -> Outcome:
        """Say which procedures must be in effect, and trained, before results of a pipeline or method are released."""

    def register_training(
        self, session: str, person: str, procedure: str, version: str, trained_on: str, expires: str, reason: str
    ) -> Outcome: ...
    def calibrate(self, session: str, model: str, x: tuple[str, ...], y: tuple[str, ...]) -> Mapping[str, str]:
        """Fit a calibration model; parameter names, their standard deviations (``sd:``), residual sd and R squared."""

    def statistics(self, session: str, values: tuple[str, ...]) -> Mapping[str, str]:
        """n, mean, standard deviation (n-1) and lag-1 autocorrelation of replicates."""


@runtime_checkable
class Entry(Protocol):
    """Data entry: forms (masks, calls of an interface) in which a person or a program hands values over."""

    def forms(self, session: str) -> Mapping[str, tuple[str, ...]]:
        """Every form with its fields, by the names people know them by."""

    def enter(self, session: str, form: str, values: Mapping[str, str], reason: str) -> Outcome:
        """Hand a form over. A field that is not among the values was left out; one with a blank value was handed over blank.

        The reference of an accepted entry is the record that came of it, to be read through `Records`. A field stands there under
        its own name, or under the name that the facts give it: ``shown:<field>``. Raises KeyError for a form or field there is not.
        """


@runtime_checkable
class Interfaces(Protocol):
    """Transfer of data to and from other systems, in both directions."""

    def receive(self, session: str, interface: str, record: str, message: Message) -> Outcome:
        """Hand a message to the system, as the system at the other end of an inbound interface does.

        The reference names the record of what was taken, which `Records.read` shows. Raises KeyError for an unknown interface.
        """

    def send(self, session: str, interface: str, record: str) -> Message:
        """What the system hands out over an outbound interface. Raises errors.Refused; KeyError for an unknown interface."""

    def authority(self) -> bytes:
        """Certificate (PEM) of the authority that signatures of sent messages lead back to, as the receiver was given it beforehand."""


@runtime_checkable
class Connections(Protocol):
    """Further connections to the running system, for what several people do at the same time."""

    def another(self) -> Target:
        """The same system over a connection of its own, which a thread of its own may use. `close` ends that connection alone."""


@runtime_checkable
class Continuity(Protocol):
    def backup(self, session: str) -> Outcome:
        """Make a backup by the system's own means. The reference names it; the facts tell number and time of its last event."""

    def restore(self, session: str, backup: str, environment: str = "empty") -> Outcome:
        """Restore a backup into an empty environment, or into one that is ``occupied``. The reference names the environment."""

    def restored(self, environment: str) -> Target:
        """A restored environment, running beside the system (a function of the harness)."""

    def left_in(self, environment: str) -> tuple[str, ...]:
        """What lies in an environment, by name (a function of the harness)."""

    def damage_backup(self, backup: str, damage: str) -> Outcome:
        """Damage a backup past the system (validation instances only)."""


@runtime_checkable
class SecondSite(Protocol):
    """Another place, on a host of its own, in which the system is put up again from a backup when the first is lost."""

    def put_up(self, backup: str) -> Target:
        """The system as it was put up there from a backup of `Continuity`. Raises errors.Refused (a function of the harness)."""


@runtime_checkable
class SecondFactor(Protocol):
    """One-time codes beside the password, in a system that is configured to ask for them."""

    def enrol_device(self, session: str, password: Secret) -> Secret:
        """Begin with a device of one's own: the key it shares (base32), given once."""

    def confirm_device(self, session: str, password: Secret, code: Secret) -> Outcome: ...
    def type_code(self, session: str, code: Secret) -> Outcome:
        """The code for the next signature of this session, used up whatever comes of it."""


@runtime_checkable
class Probes(Protocol):
    """What a platform (a cloud account, a workspace, a forge) says of its own settings. Reading changes nothing there."""

    def probes(self) -> tuple[str, ...]:
        """Every probe by name, ``aws.bucket-lock``."""

    def probe(self, name: str) -> tuple[Fact, ...]:
        """The facts of one probe. Raises KeyError for a probe there is not, Unanswered where the world gave no answer."""

    def counterpart(self, name: str) -> str:
        """Who answers this probe, and what its answer is worth. Raises KeyError for a probe there is not."""


@runtime_checkable
class Faults(Protocol):
    """Optional; never part of released code. Inject and withdraw a named failure mode."""

    def inject(self, fault: str) -> Outcome: ...
    def withdraw(self, fault: str) -> Outcome: ...


_ALL = (
    Installation, Access, Records, AuditTrail, Signing, Pipeline, Entry, Interfaces, Connections, Continuity, SecondSite, SecondFactor, Probes, Faults,
)  # fmt: skip
PORTS: Mapping[str, type] = {p.__name__: p for p in _ALL}


@runtime_checkable
class Target(Protocol):
    """A system under validation, bound."""

    @property
    def name(self) -> str: ...

    @property
    def instance(self) -> str:
        """Identity of this very instance, so that evidence says which one was tested."""

    def port(self, name: str) -> object | None:
        """The implementation of a port, or None when this target does not offer it."""

    def close(self) -> None: ...


@runtime_checkable
class Declared(Protocol):
    """A target that says who answers it. One that does not is printed as such, and found by `csvgen target check`."""

    @property
    def counterparts(self) -> tuple[Counterpart, ...]:
        """Who answers: real server, emulator or stub, with version and digest. At least one."""


@runtime_checkable
class Showing(Protocol):
    """A target that people look at. Of each look it hands over a picture, which is kept with the step that runs."""

    def show_to(self, keep: Callable[[bytes, str], None] | None) -> None:
        """Who keeps pictures from now on, each with its name; None where nobody does, and none is taken."""


@runtime_checkable
class Configurable(Protocol):
    """A target whose configuration can be changed from here, through the system's own change of configuration."""

    def configure(self, key: str, value: str, reason: str) -> Outcome: ...


@runtime_checkable
class Variable(Protocol):
    """A target that can put up an instance of the same release beside itself, empty, with other settings fixed at installation."""

    def beside(self, settings: Mapping[str, str]) -> Target: ...
