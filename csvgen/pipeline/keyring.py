"""Keys of an instance: its own small certificate authority, and one signing key for each person, under the person's password.

The key of the authority lies in a file that only the account of the application may read (mode 0600), because the
application issues a certificate whenever a person sets a password. A site with a PKI of its own would issue there.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography import x509

from csvgen.clock import Clock
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential, lock, unlock
from csvgen.errors import Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.people import Account

_CA = "ca.p12"
ROOT = "ca.pem"


class Keyring:
    """The authority of one instance, opened from its folder."""

    def __init__(self, folder: Path) -> None:
        self._authority = unlock((folder / _CA).read_bytes(), None)

    @property
    def root(self) -> x509.Certificate:
        """The trust root of the instance: public, handed out with every copy."""
        return self._authority.certificate

    @property
    def fingerprint(self) -> str:
        """Digest of the trust root: what distinguishes this instance from every other."""
        return str(self._authority.fingerprint)

    @property
    def organisation(self) -> str:
        """The organisation of the instance, as its trust root names it."""
        return str(self.root.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value)

    @property
    def demonstration(self) -> bool:
        """Whether the trust root says that nothing signed here counts."""
        return "DEMONSTRATION" in certificates.common_name(self.root)

    def issue(self, directory: Directory, actor: Actor, account: Account, password: str, clock: Clock) -> None:
        """A new key and certificate for a person, kept under the person's own password."""
        credential = certificates.issue_person(
            self._authority, person=account.id, printed_name=account.printed_name, organisation=self.organisation, now=clock.now()
        )
        pem = certificates.pem([credential.certificate]).decode("ascii")
        directory.keep_key(actor, account.id, credential, password, pem)


def create(folder: Path, organisation: str, clock: Clock, *, demonstration: bool) -> None:
    """Make the authority of a new instance."""
    folder.mkdir(mode=0o700)
    root = certificates.make_root(organisation, clock.now(), demonstration=demonstration)
    handle = os.open(folder / _CA, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(lock(root, None))
    (folder / ROOT).write_bytes(certificates.pem([root.certificate]))


def require_key(directory: Directory, person: str) -> None:
    """Raises Refused for a person without a signing key: an initial password, set by somebody else, cannot sign."""
    if not directory.ledger.secret(person, "key"):
        raise Refused("this account cannot sign yet: its owner must first set a password of their own", rule="RR-N07")


def open_own(directory: Directory, person: str, password: str) -> Credential:
    """A person's signing key. Raises Refused when there is none."""
    require_key(directory, person)
    return directory.open_key(person, password)
