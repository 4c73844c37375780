"""Keys of the recording system: the small certificate authority of a project and the key of its seal.

<state>/root.key     root of the authority, under the passphrase of its custodian
<state>/seal.p12     key of the seal, readable by the system account only; never a person's signature
<trust>              the root certificate in PEM: whom this project, and any reader who imports it, believes
"""

from __future__ import annotations

import os
from pathlib import Path

from csvgen.audit.ledger import Ledger
from csvgen.canonical import write
from csvgen.clock import Clock
from csvgen.config import Config
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential, lock, unlock
from csvgen.errors import ConfigError, Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor

MINIMUM_PASSPHRASE = 12


def make_authority(
    config: Config, ledger: Ledger, clock: Clock, actor: Actor, *, organisation: str, demonstration: bool, passphrase: str
) -> None:
    """Make root and seal once. Raises Refused when they exist: a second root would orphan every signature made so far."""
    root_file, seal_file = config.state / "root.key", config.state / "seal.p12"
    if root_file.exists() or config.trust.exists():
        raise Refused(
            "this project has its authority already",
            where=str(config.trust),
            hint="keep it; a new one would orphan earlier signatures",
        )
    if len(passphrase) < MINIMUM_PASSPHRASE:
        raise Refused(f"the custodian's passphrase needs at least {MINIMUM_PASSPHRASE} characters")
    now = clock.now()
    root = certificates.make_root(organisation, now, demonstration=demonstration)
    seal = certificates.issue_system(root, name=f"csvgen recorder of {config.project}", organisation=organisation, now=now)
    with ledger.change(actor, "certificate authority made") as change:
        change.note("make-authority", "authority", facts={"root": root.fingerprint, "seal": seal.fingerprint})
    _keep(root_file, lock(root, passphrase))
    _keep(seal_file, lock(seal, None))
    config.trust.parent.mkdir(parents=True, exist_ok=True)
    write(config.trust, certificates.pem([root.certificate]))


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def seal_key(config: Config) -> Credential:
    """The key of the seal. Raises ConfigError when this project has none."""
    path = config.state / "seal.p12"
    if not path.exists():
        raise ConfigError("this project has no seal key", hint="csvgen pki init")
    return unlock(path.read_bytes(), None)


def has_seal_key(config: Config) -> bool:
    return (config.state / "seal.p12").exists()


def issue_to_person(
    config: Config,
    directory: Directory,
    clock: Clock,
    actor: Actor,
    *,
    person: str,
    password: str,
    passphrase: str,
    organisation: str,
) -> None:
    """Issue a certificate to a person whose password was just set; the key goes under that password and nowhere else."""
    account = directory.account(person)
    if account is None or account.kind != "person":
        raise Refused(f"{person} is not a person's account", rule="RR-N10")
    if account.identity is None:
        raise Refused(f"the identity of {account.printed_name} has not been verified", rule="RR-U02")
    path = config.state / "root.key"
    if not path.exists():
        raise ConfigError("this project has no certificate authority", hint="csvgen pki init")
    root = unlock(path.read_bytes(), passphrase)
    credential = certificates.issue_person(
        root, person=person, printed_name=account.printed_name, organisation=organisation, now=clock.now()
    )
    directory.keep_key(actor, person, credential, password, certificates.pem([credential.certificate]).decode("ascii"))
