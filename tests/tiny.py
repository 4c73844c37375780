"""A tiny system of our own, small enough to be specified, approved, executed and packed within seconds; and its people.

The system under validation is the local target for the installation (one configuration value) and two text files for the
function, looked at by steps in the conftest.py beside the protocols. A test makes the system fail by writing into a file.
Passwords are hashed at the lowest cost the algorithm allows, because hundreds of signatures are made.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from argon2 import PasswordHasher

from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock, stored
from csvgen.config import load_config
from csvgen.crypto.keys import Credential
from csvgen.evidence.read import read_run
from csvgen.identity import passwords
from csvgen.identity.directory import Directory
from csvgen.identity.secret_files import keep
from csvgen.marks import load
from csvgen.model.audit import Actor
from csvgen.model.deviation import Investigation
from csvgen.model.people import Account, Policy
from csvgen.model.signature import REASONS
from csvgen.protocol.draft import draft
from csvgen.protocol.files import read_lock, standings, write_drafted
from csvgen.signature.record import Signature
from csvgen.spec.load import load_system
from csvgen.store.database import open_database
from csvgen.templates import Templates
from csvgen.workflow.documents import Publisher
from csvgen.workflow.keys import issue_to_person, make_authority, root_key, seal_key
from csvgen.workflow.package import export_package
from csvgen.workflow.running import formal_run
from csvgen.workflow.signing import Act, SigningDesk, for_person
from csvgen.workflow.state import ProjectState, read_state

REPOSITORY = Path(__file__).parents[1]
SYSTEM = "tiny"
PASSPHRASE = "the custodian knows this"
OPERATOR = Actor("os:test", "operating system account test", "operator", "test")

TOML = f"""[csvgen]
project = "{SYSTEM}"
records = "sqlite:///records/records.db"

[target.validation]
adapter = "local"
home = "suv"
"""

STEPS = """
from pathlib import Path

from pytest_bdd import given, parsers, then

ROOT = Path(__file__).parents[2]


@given(parsers.parse("the file {name} is there"))
def there(observe, name):
    observe("file", expected="yes", actual="yes" if (ROOT / name).is_file() else "no", source=name)


@then(parsers.parse("the file {name} says {text}"))
def says(observe, attach, name, text):
    data = (ROOT / name).read_bytes()
    attach(data, name=name, media_type="text/plain")
    observe("text of the file", expected=text, actual=data.decode("utf-8").strip(), source=name)
"""


def _route(*stations: tuple[str, str]) -> dict[str, object]:
    return {"title": "Record", "stations": [{"meaning": meaning, "role": role} for meaning, role in stations]}


_ONE = _route(("approved", "quality"))
_TWO = _route(("authored", "validation-lead"), ("approved", "quality"))


def _requirement(identity: str, title: str, phase: str, statement: str, **more: object) -> dict[str, object]:
    common = {"category": "function", "gxp": "yes", "rationale": "It is needed.", "clauses": ["11.10(a)"]}
    return {"id": identity, "title": title, "statement": statement, "phase": phase, **common, **more}


def _risk(identity: str, *requirements: str) -> dict[str, object]:
    low, high = {"rating": "low", "reason": "as judged"}, {"rating": "high", "reason": "as judged"}
    return {
        "id": identity, "requirements": list(requirements), "failure_mode": "It goes wrong", "cause": "A defect", "effect": "A wrong result",
        "severity": high, "probability": low, "detectability": low, "controls": ["a test"], "residual": {"probability": low, "detectability": high},
    }  # fmt: skip


def specification() -> dict[str, dict[str, object]]:
    """The files of the tiny specification, to be changed by a test before they are written."""
    roles = ["validation-lead", "process-owner", "system-owner", "quality", "tester", "reviewer"]
    says = [{"id": "ac-1", "title": "Said", "given": ["the file one.txt is there"], "then": ["the file one.txt says 1"]}]
    two = [{"id": "ac-1", "title": "Said", "given": ["the file two.txt is there"], "then": ["the file two.txt says 2"]}]
    return {
        "system.yaml": {
            "format": "csvgen.system/1", "id": SYSTEM, "name": "Tiny", "version": "1.0", "prefix": "TNY", "organisation": "Example (fictitious)",
            "demonstration": "yes", "intended_use": "It holds two numbers.", "classification": {"kind": "closed", "reason": "One owner."},
            "components": [{"id": "files", "name": "Two files", "gamp": "1", "reason": "Text."}],
            "roles": [{"id": r, "name": r, "responsibility": "As its name says."} for r in roles],
        },
        "plan.yaml": {
            "format": "csvgen.plan/1", "purpose": "To show the flow.", "scope": ["two numbers"], "approach": [{"title": "All", "text": "Test."}],
            "deliverables": [{"document": "All", "purpose": "The flow.", "decided": "Needed."}], "acceptance": ["All passed."],
            "training": "By record.", "maintenance": "By change control.",
        },
        "installation.yaml": {
            "format": "csvgen.installation/1", "release": "tiny 1.0", "sections": [{
                "id": "IQ-TNY-01", "title": "Configuration", "requirement": "URS-TNY-001",
                "items": [{"id": "lock", "title": "Failures to lock", "kind": "configuration", "subject": "failures_to_lock", "expected": "3", "source": "plan"}],
            }],
        },
        "protocol.yaml": {
            "format": "csvgen.protocol-settings/1", "target": "validation",
            "depth": {"low": ["positive"], "medium": ["positive"], "high": ["positive"]},
            "routes": {
                "plan": _ONE, "fs": _ONE, "risk": _ONE, "procedure": _ONE, "iq-protocol": _ONE, "pq-protocol": _ONE, "oq-report": _ONE, "pq-report": _ONE,
                "urs": _route(("authored", "validation-lead"), ("reviewed", "process-owner"), ("approved", "quality")),
                "oq-protocol": _TWO, "iq-report": _TWO,
                "execution-order": _route(("issued", "tester")),
                "run-record": _route(("performed", "tester"), ("reviewed", "reviewer")),
                "deviation": _route(("responsible", "system-owner"), ("approved", "quality")),
                "conditional-release": _route(("responsible", "process-owner"), ("approved", "quality")),
            },
            "separation": [
                {"first": "authored", "second": "approved", "reason": "Nobody approves their own work."},
                {"first": "authored", "second": "reviewed", "reason": "A second pair of eyes."},
                {"first": "performed", "second": "reviewed", "reason": "A second person."},
                {"first": "responsible", "second": "approved", "reason": "Quality decides by itself."},
            ],
        },
        "urs/urs.yaml": {
            "format": "csvgen.urs/1", "requirements": [
                _requirement("URS-TNY-001", "Configuration", "IQ", "The installation shall have the approved values.", category="installation"),
                _requirement("URS-TNY-002", "First number", "OQ", "The first file shall say 1.", criteria=says),
                _requirement("URS-TNY-003", "Second number", "OQ", "The second file shall say 2.", criteria=two),
                _requirement("URS-TNY-004", "Training", "OQ", "People shall be trained.", category="procedure", verification="procedure",
                             covered={"by": "SOP-TNY-01", "reason": "People are not software.", "document": "procedures/SOP-TNY-01.md"}),
            ],
        },
        "fs/fs.yaml": {
            "format": "csvgen.fs/1", "functions": [
                {"id": "FS-TNY-01", "title": "Files", "implements": ["URS-TNY-001", "URS-TNY-002", "URS-TNY-003"], "behaviour": "Files say numbers.",
                 "on_error": "None.", "configuration": "None.", "design": "Text."},
            ],
        },
        "risk/risk.yaml": {
            "format": "csvgen.risk/1", "scheme": "gamp5-two-step", "raters": ["quality"],
            "risks": [_risk("RA-TNY-001", "URS-TNY-001"), _risk("RA-TNY-002", "URS-TNY-002"), _risk("RA-TNY-003", "URS-TNY-003", "URS-TNY-002")],
        },
        "pq/pq.yaml": {
            "format": "csvgen.scenarios/1", "environment": "The same.", "scenarios": [{
                "id": "PQ-TNY-01", "title": "Both", "process": "Two numbers are read.", "end_users": ["reader"], "covers": ["URS-TNY-002", "URS-TNY-003"],
                "steps": ["Given the file one.txt is there", "Then the file one.txt says 1", "And the file two.txt says 2"],
            }],
        },
    }  # fmt: skip


def write_specification(root: Path, files: dict[str, dict[str, object]] | None = None) -> None:
    folder = root / "requirements_specs" / SYSTEM
    for name, content in (files or specification()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")  # JSON is YAML
    (folder / "procedures").mkdir(exist_ok=True)
    (folder / "procedures" / "SOP-TNY-01.md").write_text("# SOP-TNY-01\n\nPeople are trained.\n", encoding="utf-8")


def make_project(root: Path, files: dict[str, dict[str, object]] | None = None) -> Path:
    """Specification, drafted protocols, steps and the two files; no people, no keys."""
    write_specification(root, files)
    (root / "csvgen.toml").write_text(TOML, encoding="utf-8")
    protocols = root / "protocols" / SYSTEM
    protocols.mkdir(parents=True)
    (protocols / "conftest.py").write_text(STEPS, encoding="utf-8")
    (root / "one.txt").write_text("1\n", encoding="utf-8")
    (root / "two.txt").write_text("2\n", encoding="utf-8")
    redraft(root)
    return root


def redraft(root: Path) -> None:
    loaded = load_system(root / "requirements_specs", SYSTEM)
    assert loaded.spec is not None and not loaded.findings.errors, loaded.findings.items
    folder = root / "protocols" / SYSTEM
    drafted = draft(loaded.spec, read_lock(folder), Templates(None, str))
    write_drafted(folder, drafted, standings(folder, drafted))


@contextmanager
def cheap_secrets() -> Iterator[None]:
    """Password hashes at their lowest cost: what is made inside can be proved by the ordinary code."""
    with patch.object(passwords, "hasher", lambda _policy: PasswordHasher(1, 8, 1)):
        yield


class Tiny:
    """A project of the tiny system, driven through the functions of the workflow as the commands drive it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = SystemClock()
        self.said: list[str] = []

    def copy(self, to: Path) -> Tiny:
        return Tiny(Path(shutil.copytree(self.root, to)))

    # ------------------------------------------------------------ pieces

    @property
    def config(self):
        return load_config(self.root, environ={})

    @property
    def state(self) -> ProjectState:
        """Read anew each time, as every command does."""
        return read_state(self.config, SYSTEM)

    @property
    def ledger(self):
        return open_ledger(open_database(self.config.records), self.clock)

    @property
    def directory(self) -> Directory:
        return Directory(self.ledger, self.clock, Policy(), "test")

    @property
    def seal(self) -> Credential:
        return seal_key(self.config)

    def publisher(self) -> Publisher:
        return Publisher(self.state, self.ledger, self.clock, OPERATOR, self.seal)

    @staticmethod
    def password(person: str) -> str:
        """Long, and without the user id inside."""
        return "".join(chr(ord("a") + (ord(c) + 7 * n) % 26) for n, c in enumerate(person * 2)) + "-5kQ"

    def credential(self, person: str) -> Credential:
        """A person's key, as only the person (or a thief of key and password) has it."""
        return self.directory.open_key(person, self.password(person))

    # ------------------------------------------------------------ acts

    def found(self, people: dict[str, dict[str, object]] | None = None) -> None:
        """Authority, accounts of the worked example, passwords and keys."""
        make_authority(
            self.config,
            self.ledger,
            self.clock,
            OPERATOR,
            organisation="Example (fictitious)",
            demonstration=True,
            passphrase=PASSPHRASE,
        )
        directory = self.directory
        marked, _ = load((REPOSITORY / "examples" / "qc-release" / "people.yaml").read_bytes(), "people.yaml")
        entries = marked.value["accounts"]
        root = root_key(self.config, PASSPHRASE)
        for entry in entries:
            account = Account.model_validate({**entry, **(people or {}).get(entry["id"], {})})
            directory.add(OPERATOR, account)
            if account.kind == "technical":
                keep(
                    self.root / f"{account.id}.token",
                    lambda name=account.id: directory.make_token(OPERATOR, name, "for the tests"),
                )
            if account.kind == "person":
                actor = Actor(account.id, account.printed_name, ", ".join(account.roles), "test")
                directory.set_password(actor, account.id, self.password(account.id))
                issue_to_person(
                    self.config, directory, self.clock, OPERATOR,
                    person=account.id, password=self.password(account.id), root=root, organisation="Example (fictitious)",
                )  # fmt: skip

    def report(self, *kinds: str) -> None:
        for kind in kinds:
            self.publisher().document(kind)

    def sign(self, person: str, *only: str, reason: str = "checked") -> list[Signature]:
        """One session: everything (or only the records named) that waits for the person and can be signed now."""
        directory, state = self.directory, self.state
        session = directory.log_in(person, self.password(person))
        desk, made = SigningDesk(state, directory, self.clock), []
        for item in for_person(state, session.account, stored(self.clock.now())):
            if (only and item.document.id not in only) or item.refusal:
                continue
            user_id = person if session.signings == 0 else ""
            made.append(desk.sign(session, item, self.act(person, item.station.meaning, reason=reason, user_id=user_id)))
        directory.log_out(session)
        return made

    def act(self, person: str, meaning: str, **changed: str) -> Act:
        """What a person states and proves at a signing, all of it right unless changed."""
        code = next(iter(REASONS.get(meaning, {"none": ""})))
        values = {"reason_code": code, "reason": "checked", "user_id": person, "password": self.password(person), **changed}
        return Act(**{"meaning": meaning, **values})

    def sign_all(self, *people: str) -> None:
        for person in people:
            assert self.sign(person), f"nothing could be signed by {person}"

    def approve_specification(self) -> None:
        self.report("plan", "urs", "fs", "risk")
        self.publisher().procedure("SOP-TNY-01")
        self.sign_all("mara.ivens", "oskar.lindqvist", "ruth.amsel")

    def approve_protocols(self, *phases: str) -> None:
        self.report(*(f"{p.lower()}-protocol" for p in phases))
        if "OQ" in phases:
            self.sign_all("mara.ivens")
        self.sign_all("ruth.amsel")

    def order(self, phase: str, *retest: str) -> str:
        made = self.publisher().order(phase, retest, "ci-runner", "tomas.feld")
        self.sign_all("nadia.corso")
        return made.id

    def run(self, phase: str, account: str = "ci-runner"):
        done = formal_run(self.state, phase, self.ledger, self.clock, self.said.append, account)
        return read_run(Path(done.folder))

    def execute(self, phase: str, *retest: str):
        self.order(phase, *retest)
        return self.run(phase)

    def review(self, *runs: str) -> None:
        for run in runs:
            self.publisher().run_record(run)
        self.sign_all("nadia.corso", "pavel.broz")

    def investigate(self, identity: str, **changed: object) -> str:
        values = {
            "cause": "environment", "classification": "minor", "root_cause": "A wrong value.", "impact": "None.", "correction": "Set right.",
            "change_reference": "CHG-1", "decision": "retest", **changed,
        }  # fmt: skip
        return self.publisher().deviation(identity, Investigation.model_validate(values)).id

    def dispose(self, identity: str, **changed: object) -> None:
        self.investigate(identity, **changed)
        self.sign_all("tomas.feld", "ruth.amsel")

    def close_phase(self, phase: str) -> None:
        self.report(f"{phase.lower()}-report")
        if phase == "IQ":
            self.sign_all("mara.ivens")
        self.sign_all("ruth.amsel")

    def configure(self, key: str, value: str) -> None:
        """Change a value of the system under validation as its administrator does."""
        from csvgen.targets import bind

        bound = bind("validation", {"adapter": "local", "home": str(self.root / "suv")})
        try:
            assert bound.configure(key, value, "corrected").accepted
        finally:
            bound.close()

    def export(self, to: Path) -> Path:
        export_package(self.state, self.ledger, self.clock, OPERATOR, self.seal, to)
        return to


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """A folder that is made by the first worker that asks for it; the others wait, and find it ready."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                making = folder.with_name(f"{folder.name}.making")
                make(making)
                making.rename(folder)
    return folder


class Stages:
    """The project at stages of its way, each made once in a test session when it is first asked for."""

    ORDER = ("drafted", "founded", "specified", "approved", "iq-failed", "iq-closed", "oq-closed")

    def __init__(self, root: Path) -> None:
        self.root = root

    def at(self, stage: str) -> Tiny:
        """The project itself; tests change copies of it."""

        def make(folder: Path) -> None:
            position = self.ORDER.index(stage)
            with cheap_secrets():
                made = self.at(self.ORDER[position - 1]).copy(folder) if position else Tiny(make_project(folder))
                getattr(self, "_" + stage.replace("-", "_"))(made)

        return Tiny(once(self.root / stage, make))

    def package(self) -> Path:
        """The package of the last stage."""
        return once(self.root / "packed", lambda folder: self._pack(self.at("oq-closed").copy(folder))) / "package"

    def counterfeit(self) -> Path:
        """The project of a forger whose package is perfect but for its root; see `tests.verification.counterfeit`."""
        from .verification.counterfeit import counterfeit

        def make(folder: Path) -> None:
            with cheap_secrets():
                counterfeit(self.at("drafted"), self.at("oq-closed"), folder)

        return once(self.root / "forged", make)

    @staticmethod
    def _pack(tiny: Tiny) -> None:
        tiny.export(tiny.root / "package")

    def _drafted(self, tiny: Tiny) -> None:
        """Nothing more than `make_project` did."""

    def _founded(self, tiny: Tiny) -> None:
        """Authority, people, and an installed target with one wrong value."""
        from csvgen.targets.local.install import install

        tiny.found()
        install(tiny.root / "suv", {"failures_to_lock": "5"})

    def _specified(self, tiny: Tiny) -> None:
        tiny.approve_specification()

    def _approved(self, tiny: Tiny) -> None:
        tiny.approve_protocols("IQ", "OQ", "PQ")

    def _iq_failed(self, tiny: Tiny) -> None:
        tiny.execute("IQ")

    def _iq_closed(self, tiny: Tiny) -> None:
        case = tiny.state.opened[0].case
        tiny.dispose("DEV-001", retest=(case,))
        tiny.configure("failures_to_lock", "3")
        tiny.execute("IQ", case)
        tiny.review("IQ-001", "IQ-002")
        tiny.close_phase("IQ")

    def _oq_closed(self, tiny: Tiny) -> None:
        tiny.execute("OQ")
        tiny.review("OQ-001")
        tiny.close_phase("OQ")


def runner(root: Path) -> dict[str, str]:
    """The environment in which commands act as the technical account of the project."""
    return clean_environment() | {"CSVGEN_ACCOUNT": "ci-runner", "CSVGEN_TOKEN_FILE": str(root / "ci-runner.token")}


def clean_environment() -> dict[str, str]:
    """The environment of a user: nothing of pytest or of csvgen in it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CSVGEN_", "COV_"))}
