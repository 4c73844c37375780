"""Keys of the recording system: the small certificate authority of a project, the key of its seal, and a person's key for one act.

<state>/root.key     root of the authority, under the passphrase of its custodian
<state>/seal.p12     key of the seal, readable by the system account only; never a person's signature
<trust>              the root certificate in PEM: whom this project, and any reader who imports it, believes
<trust>.chain.pem    plain data beside it: revocation lists, authorities between, whose key a registered certificate certifies
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509

from csvgen.audit.ledger import Ledger
from csvgen.canonical import write
from csvgen.clock import Clock, stored
from csvgen.config import Config
from csvgen.crypto import certificates, revocation, token_keys
from csvgen.crypto.certificates import read_pem
from csvgen.crypto.keys import Credential, fingerprint, lock, unlock
from csvgen.crypto.trust import Trust, chain_file, trust_at
from csvgen.errors import ConfigError, NotIntact, Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.certificate import FILE, WITH_PASSWORD, Certificate, Origin
from csvgen.model.people import Account

MINIMUM_PASSPHRASE = 12
RECORD = "certificate"
"""Kind of the records."""


def make_authority(
    config: Config, ledger: Ledger, clock: Clock, actor: Actor, *, organisation: str, demonstration: bool, passphrase: str
) -> None:
    """Make root, seal and the first revocation list once. Raises Refused when they exist: a second root would orphan every signature."""
    root_file, seal_file = config.state / "root.key", config.seal_file
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
    seal = new_seal(root, config, organisation, clock)
    with ledger.change(actor, "certificate authority made") as change:
        change.note("make-authority", "authority", facts={"root": root.fingerprint, "seal": seal.fingerprint})
        content = on_record(seal.certificate, "seal", FILE)
        change.put(RECORD, content.fingerprint, content.model_dump())
    keep_private(root_file, lock(root, passphrase))
    keep_private(seal_file, lock(seal, None))
    config.trust.parent.mkdir(parents=True, exist_ok=True)
    write(config.trust, certificates.pem([root.certificate]))
    write(chain_file(config.trust), revocation.written(Trust.none, crl=revocation.revoke(None, root, None, now)))


def new_seal(root: Credential, config: Config, organisation: str, clock: Clock) -> Credential:
    name = f"csvgen recorder of {config.project}"
    return certificates.issue_system(root, name=name, organisation=organisation, now=clock.now(), publishes=True)


def keep_private(path: Path, data: bytes) -> None:
    """A new file that nobody but its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def on_record(c: x509.Certificate, origin: Origin, key: str, *, person: str = "", identity: str = "") -> Certificate:
    """What is put on record of a certificate."""
    return Certificate(
        fingerprint=fingerprint(c), serial=f"{c.serial_number:x}", subject=c.subject.rfc4514_string(), issuer=c.issuer.rfc4514_string(),
        origin=origin, person=person, key=key, since=stored(c.not_valid_before_utc), until=stored(c.not_valid_after_utc),
        pem=certificates.pem([c]).decode("ascii"), identity=identity,
    )  # fmt: skip


# ------------------------------------------------------------------ the seal


def seal_key(config: Config) -> Credential:
    """The key of the seal. Raises ConfigError when this project has none."""
    path = config.seal_file
    if not path.exists():
        raise ConfigError("this project has no seal key", hint="csvgen pki init")
    return unlock(path.read_bytes(), None)


def refuse_foreign_records(config: Config) -> None:
    """Raises ConfigError when the records at hand are another project's: their seal is not of an authority this project trusts.

    Where no URL is given records lie under the name of the project, and two projects of one name would otherwise share people and trail.
    """
    if not has_seal_key(config):
        return
    seal, roots = seal_key(config).certificate, trust_at(config.trust).roots
    if not any(certificates.directly_issued(seal, root) for root in roots):
        raise ConfigError(
            "these records belong to another project: the root of their seal is not in the trust file of this one",
            where=str(config.state),
            hint=f"give this project a name or a records URL of its own in csvgen.toml, or bring back {config.trust.name}",
        )


def has_seal_key(config: Config) -> bool:
    return config.seal_file.exists()


# ------------------------------------------------------------------ people


def root_key(config: Config, passphrase: str) -> Credential:
    """The root, opened by its custodian. Raises Refused for another passphrase, ConfigError when this project has no authority."""
    path = config.state / "root.key"
    if not path.exists():
        raise ConfigError("this project has no certificate authority", hint="csvgen pki init")
    return unlock(path.read_bytes(), passphrase)


def fit(directory: Directory, person: str) -> Account:
    """The account, when a certificate may be issued to it. Raises Refused."""
    account = directory.account(person)
    if account is None or account.kind != "person":
        raise Refused(f"{person} is not a person's account", rule="RR-N10")
    if account.identity is None or account.identity_due is not None:
        raise Refused(
            f"the identity of {account.printed_name} has not been verified", rule="RR-U02" if account.identity is None else "RR-P03",
            hint="csvgen people identify",
        )  # fmt: skip
    if account.state == "retired":
        raise Refused(f"the account {person} is retired", rule="RR-U01")
    return account


def issue_to_person(
    config: Config,
    directory: Directory,
    clock: Clock,
    actor: Actor,
    *,
    person: str,
    password: str,
    root: Credential,
    organisation: str,
) -> None:
    """Issue a certificate to a person whose password was just proved or set; the key goes under that password and nowhere else.

    `root` is open already (`root_key`): a wrong passphrase is told before anything of the person is written.
    """
    account = fit(directory, person)
    credential = certificates.issue_person(
        root, person=person, printed_name=account.printed_name, organisation=organisation, now=clock.now(),
        publishes=chain_file(config.trust).exists(),
    )  # fmt: skip
    directory.keep_key(actor, person, credential, password, certificates.pem([credential.certificate]).decode("ascii"))
    content = on_record(credential.certificate, "issued", WITH_PASSWORD, person=person)
    with directory.ledger.change(actor, "certificate issued") as change:
        change.put(RECORD, content.fingerprint, content.model_dump())


def certificate_of(directory: Directory, person: str) -> Certificate | None:
    """The certificate a person signs with now, as it is on record, or as it would be: there were none in the first version. None without one."""
    account = directory.account(person)
    if account is None or not account.certificate:
        return None
    certificate = read_pem(account.certificate.encode("ascii"), person)[0]
    held = fingerprint(certificate)
    found = directory.ledger.latest(RECORD, held)
    return Certificate.model_validate(found.content) if found else on_record(certificate, "issued", WITH_PASSWORD, person=person)


def token_of(directory: Directory, person: str) -> str:
    """Label of the token that holds a person's key, to ask for its PIN by name; empty when the key lies under the password."""
    held = certificate_of(directory, person)
    return token_keys.Place.read(held.key).token if held is not None and held.key.startswith("pkcs11:") else ""


@contextmanager
def opened(directory: Directory, person: str, password: str, pin: str = "") -> Iterator[Credential]:
    """A person's credential for one act of signing: the key under the password, or on a token that the PIN opens.

    Call only after the signing components were proved. Raises Refused when the secret does not open the key, or the certificate was
    revoked; NotIntact when the key is not that of the certificate on record.
    """
    held = certificate_of(directory, person)
    if held is not None and held.revoked is not None:
        raise Refused(
            f"the certificate of {person} was revoked at {held.revoked} ({held.reason})", hint="csvgen pki issue", rule="RR-P03"
        )
    if held is not None and held.key.startswith("pkcs11:"):
        certificate = read_pem(held.pem.encode("ascii"), person)[0]
        with token_keys.opened(token_keys.Place.read(held.key), certificate, pin, token_keys.module()) as credential:
            yield credential
        return
    credential = directory.open_key(person, password)
    if held is not None and credential.fingerprint != held.fingerprint:
        raise NotIntact(f"the key of {person} is not that of the certificate on record")
    yield credential
