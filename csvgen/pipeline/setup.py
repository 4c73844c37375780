"""A new instance: database, authority, configuration, instruments, methods, and the first administrator."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.audit.ledger import system_actor
from csvgen.clock import Clock
from csvgen.errors import ConfigError, Refused
from csvgen.identity.directory import Directory
from csvgen.model.people import Account
from csvgen.pipeline import instance, keyring, settings
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.core import ANCHOR, DATABASE, KEYS, RAW, RESULTS
from csvgen.pipeline.instance import Settings
from csvgen.pipeline.materials import Material
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Instrument
from csvgen.pipeline.promotion import ENVIRONMENTS, environment_of
from csvgen.store.database import open_database

if TYPE_CHECKING:
    from csvgen.pipeline.release import QcRelease


def create(
    home: Path,
    clock: Clock,
    *,
    organisation: str,
    configuration: Mapping[str, str],
    instruments: Sequence[Instrument],
    methods: Sequence[Method],
    administrator: tuple[str, str, str],
    demonstration: bool,
    materials: Sequence[Material] = (),
    parts: Settings | None = None,
) -> None:
    """Create an instance in a folder that is not there or empty. `administrator` is (user id, printed name, first password), `parts` are
    the settings that go into its file; without them it has none.

    Raises ConfigError when something is there already, Refused or BadInput for a setting or password that may not be; then nothing is left
    of it.
    """
    if home.exists() and any(home.iterdir()):
        raise ConfigError("this folder is not empty; an instance is never installed over another", where=str(home))
    if configuration.get("disposable") == "yes" and not demonstration:
        raise Refused(
            "an instance for work is never disposable",
            hint="python -m csvgen.targets.local.install HOME disposable=yes",
            rule="CHL002",
        )
    values = settings.defaults() | {key: settings.checked(key, value) for key, value in configuration.items()}
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    try:
        master: dict[str, Sequence[Instrument | Method | Material]] = {
            "instrument": instruments,
            "method": methods,
            "material": materials,
        }
        _furnish(home, clock, organisation, values, master, administrator, parts, demonstration=demonstration)
    except BaseException:
        for made in home.iterdir():
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        raise


def _furnish(
    home: Path,
    clock: Clock,
    organisation: str,
    values: Mapping[str, str],
    master: Mapping[str, Sequence[Instrument | Method | Material]],
    administrator: tuple[str, str, str],
    parts: Settings | None,
    *,
    demonstration: bool,
) -> None:
    user_id, printed_name, password = administrator
    (home / RAW).mkdir(mode=0o700)
    (home / RESULTS).mkdir(mode=0o700)
    if parts is not None:
        parts.write(home)
    keyring.create(home / KEYS, organisation, clock, demonstration=demonstration)
    database = open_database(f"sqlite:///{home / DATABASE}")
    try:
        ledger = AnchoredLedger(database, clock, home / ANCHOR)
        ledger.found()
        actor = system_actor("QC release, installation")
        with ledger.change(actor) as change:
            change.put(instance.KIND, instance.FILE, instance.content(home))
            for key, value in values.items():
                change.put("configuration", key, {"key": key, "value": value})
            for kind, records in master.items():
                for record in records:
                    change.put(kind, record.id, record.model_dump())
        directory = Directory(ledger, clock, settings.policy(values), actor.source)
        directory.add(actor, Account(id=user_id, kind="person", printed_name=printed_name, roles=("administrator",)))
        directory.set_password(actor, user_id, password, reason="first password, set at installation")
    finally:
        database.close()


@dataclass(frozen=True)
class Hand:
    """A person with the components they log in and sign with."""

    user_id: str
    password: str

    def __repr__(self) -> str:
        return f"Hand({self.user_id})"

    @contextmanager
    def at_work(self, app: QcRelease) -> Iterator[str]:
        """A session of this person for one act."""
        session = app.access.log_in(self.user_id, self.password).reference
        yield session
        app.access.log_out(session)


def promote(
    app: QcRelease,
    pipeline: str,
    environment: str,
    *,
    builder: Hand,
    reviewer: Hand,
    quality: Hand,
    ticket: str,
    commit: str,
    reason: str,
    evidence: str,
    source: Path | None = None,
) -> str:
    """Build a pipeline and take it stage by stage to an environment, by the functions everybody uses; gives the id of the artifact.

    `source` is the folder of a team, or None for the code that comes with csvgen. `evidence` is named for production.
    """
    with builder.at_work(app) as session:
        built = app.artifacts.build(session, pipeline, ticket, commit, builder.user_id, builder.password, source)
    artifact = built.reference.removeprefix("artifact/")
    for stage in ENVIRONMENTS[: ENVIRONMENTS.index(environment_of(environment)) + 1]:
        proof = evidence if stage == "production" else ""
        with reviewer.at_work(app) as session:
            app.promotions.review(session, artifact, stage, proof, reason, reviewer.user_id, reviewer.password)
        with quality.at_work(app) as session:
            app.promotions.approve(session, artifact, stage, reason, quality.user_id, quality.password)
    return artifact
