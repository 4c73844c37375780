"""What the custodian of the authority does: register certificates that others issued, use tokens, revoke, renew, and publish the list.

Each act opens the root with the custodian's passphrase, is an event of the audit trail, and becomes visible with it or not at all.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from cryptography import x509

from csvgen.audit.ledger import Change, Ledger
from csvgen.clock import Clock, parsed, stored
from csvgen.config import Config
from csvgen.crypto import certificates, revocation, token_keys
from csvgen.crypto.keys import Credential, lock, public_bytes, read_pkcs12
from csvgen.crypto.trust import Trust, chain_file, issued_by, read_chain, trust_at
from csvgen.errors import ConfigError, Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.certificate import FILE, NOWHERE, WITH_PASSWORD, Certificate
from csvgen.model.people import Account
from csvgen.workflow.keys import RECORD, certificate_of, fit, keep_private, new_seal, on_record, root_key, seal_key

_YEARS = 3


@dataclass(frozen=True)
class Authority:
    """The authority of a project in its custodian's hands."""

    config: Config
    directory: Directory
    clock: Clock
    actor: Actor
    organisation: str

    @property
    def ledger(self) -> Ledger:
        return self.directory.ledger

    def listed(self) -> tuple[Certificate, ...]:
        """Every certificate on record, oldest first."""
        found = (Certificate.model_validate(v.content) for v in self.ledger.all(RECORD))
        return tuple(sorted(found, key=lambda c: (c.since, c.subject)))

    # ------------------------------------------------------------ the last way in

    def recover(self, person: str, passphrase: str, reason: str) -> None:
        """Unlock an administrator when no other one can: the custodian's passphrase stands in for an administrator's authority.

        Raises Refused while any administrator is active, for an account that is not locked or holds no administrator's role, and for
        a wrong passphrase, which is an event.
        """
        directory = self.directory
        account = directory.account(person)
        if any(a.state == "active" and directory.matrix.administers(a) for a in directory.accounts()):
            raise Refused("an administrator is active; they unlock this account", hint="csvgen people unlock", rule="RR-D01")
        if account is None or account.state != "locked" or not directory.matrix.administers(account):
            raise Refused(f"{person} is not a locked administrator", hint="csvgen people list", rule="RR-D01")
        try:
            root_key(self.config, passphrase)
        except Refused:
            directory.refused_function(self.actor, "recover", "wrong passphrase of the custodian")
            raise
        directory.set_state(self.actor, person, "active", reason)

    # ------------------------------------------------------------ certificates of other authorities

    def register(self, person: str, data: bytes, opens: str, password: str, passphrase: str, identity: str) -> Certificate:
        """Take over a key with the certificate another authority issued for it (PKCS#12, opened by `opens`).

        The key goes under the person's own password, which was just proved. Our own authority certifies whose key it is. Raises
        Refused for a certificate that is not this person's, cannot sign, or is not vouched for by a trusted root now.
        """
        account = fit(self.directory, person)
        credential = read_pkcs12(data, opens.encode("utf-8"))
        self._refuse_unfit(account, credential.certificate, credential.chain, identity)
        root = root_key(self.config, passphrase)
        text = certificates.pem([credential.certificate]).decode("ascii")
        self.directory.keep_key(self.actor, person, credential, password, text)
        return self._registered(account, credential, WITH_PASSWORD, root, identity)

    def register_token(self, person: str, token: str, pin: str, passphrase: str, identity: str, driver: str) -> Certificate:
        """Take over the certificate another authority put on a person's token; the key stays there. As `register`."""
        account = fit(self.directory, person)
        there = token_keys.certificates(token, pin, driver)
        fitting = {key: c for key, c in there.items() if certificates.common_name(c) == account.printed_name}
        if len(fitting) != 1:
            names = ", ".join(certificates.common_name(c) for c in there.values()) or "none"
            raise Refused(
                f"the token {token!r} holds {len(fitting)} certificates of {account.printed_name}, not one (there: {names})"
            )
        ((key, certificate),) = fitting.items()
        place = token_keys.Place(token, key)
        self._refuse_unfit(account, certificate, (), identity)
        root = root_key(self.config, passphrase)
        with token_keys.opened(place, certificate, pin, driver) as credential:
            return self._registered(account, credential, place.uri, root, identity)

    def _registered(self, account: Account, credential: Credential, key: str, root: Credential, identity: str) -> Certificate:
        certificate = credential.certificate
        said = certificates.certify_person(
            root, certificate.public_key(), person=account.id, printed_name=account.printed_name, organisation=self.organisation,
            now=self.clock.now(), until=certificate.not_valid_after_utc, publishes=True,
        )  # fmt: skip
        content = on_record(certificate, "registered", key, person=account.id, identity=identity)
        binding = on_record(said, "binding", NOWHERE, person=account.id)
        between = [c for c in credential.chain if c.issuer != c.subject]
        with self.ledger.change(self.actor, "certificate registered after an identity check") as change:
            change.put(RECORD, content.fingerprint, content.model_dump(), action="register-certificate")
            change.put(RECORD, binding.fingerprint, binding.model_dump())
            self._use(change, account, content)
            change.file(chain_file(self.config.trust), revocation.written(self._chain(), certificates=(*between, said)))
        return content

    def _refuse_unfit(
        self, account: Account, certificate: x509.Certificate, between: tuple[x509.Certificate, ...], identity: str
    ) -> None:
        if not any(c.isalnum() for c in identity):
            raise Refused("say how it was made sure that the certificate is this person's", rule="RR-U02")
        if not certificates.is_person(certificate):
            raise Refused("the certificate is not for a person's signature (key usage contentCommitment is missing)")
        if (name := certificates.common_name(certificate)) != account.printed_name:
            raise Refused(f"the certificate is issued to {name!r}, not to {account.printed_name!r}", rule="RR-M01")
        judged = self._trust().judge(certificate, self.clock.now(), intermediates=between)
        if judged.trusted is not True:
            hint = f"the root of that authority belongs into {self.config.trust}, its lists into {chain_file(self.config.trust).name}"
            raise Refused(judged.reason, hint=hint)
        key = public_bytes(certificate)
        for other in self.listed():
            if other.person != account.id and public_bytes(certificates.read_pem(other.pem.encode(), other.serial)[0]) == key:
                raise Refused(
                    f"this key belongs, or belonged, to {other.person or 'the seal'}; keys are never shared", rule="RR-U01"
                )

    # ------------------------------------------------------------ tokens

    def issue_on_token(self, person: str, token: str, pin: str, passphrase: str, driver: str) -> Certificate:
        """A new key made on a person's token, with a certificate of our own authority; nobody ever holds a copy of the key."""
        account = fit(self.directory, person)
        root = root_key(self.config, passphrase)
        place = token_keys.Place(token, secrets.token_bytes(8))
        key = token_keys.make_key(place, pin, driver)
        return self._certified(account, root, place, key, pin, driver)

    def _certified(
        self, account: Account, root: Credential, place: token_keys.Place, key: object, pin: str, driver: str
    ) -> Certificate:
        now = self.clock.now()
        certificate = certificates.certify_person(
            root, key, person=account.id, printed_name=account.printed_name, organisation=self.organisation, now=now,  # type: ignore[arg-type]
            until=now + dt.timedelta(days=365 * _YEARS), publishes=True,
        )  # fmt: skip
        token_keys.keep_certificate(place, certificate, pin, driver)
        with token_keys.opened(place, certificate, pin, driver):
            content = on_record(certificate, "issued", place.uri, person=account.id)
        with self.ledger.change(self.actor, "certificate issued on a token") as change:
            change.put(RECORD, content.fingerprint, content.model_dump())
            self._use(change, account, content)
        return content

    def _use(self, change: Change, account: Account, content: Certificate) -> None:
        """From now on the person signs with this certificate; a key kept here before for another one goes."""
        latest = change.latest("account", account.id)
        if latest is not None and latest.content["certificate"] != content.pem:
            change.put("account", account.id, {**latest.content, "certificate": content.pem})
        if content.key != WITH_PASSWORD:
            change.keep_secret(account.id, "key", "")

    # ------------------------------------------------------------ taking back

    def revoke(self, fingerprint: str, passphrase: str, reason: str, since: dt.datetime | None = None) -> Certificate:
        """Take a certificate of our own authority back, from now on; `since` says since when the key may have been in other hands.

        A registered certificate is its own authority's to revoke; what is taken back here is our word on whose it is.
        """
        if reason not in revocation.REASONS:
            raise Refused(f"{reason!r} is no reason of a revocation", hint=f"one of: {', '.join(revocation.REASONS)}")
        content = self._on_record(fingerprint)
        root = root_key(self.config, passphrase)
        now = self.clock.now().replace(microsecond=0)
        taken = [content] if content.origin != "registered" else [content, *self._bindings(content)]
        chain = self._chain()
        crl = revocation.newest(chain, root.certificate)
        for each in taken:
            if each.origin != "registered":
                if each.issuer != root.certificate.subject.rfc4514_string():
                    raise Refused("this certificate is another authority's to revoke", where=fingerprint)
                crl = revocation.revoke(crl, root, revocation.Revocation(int(each.serial, 16), now, reason, since), now)
        if crl is None:
            raise Refused("nothing on record says that this certificate is of our own authority", where=fingerprint)
        with self.ledger.change(self.actor, f"certificate revoked: {reason}") as change:
            for each in taken:
                facts = {"revoked": stored(now), "reason": reason, "suspected": stored(since) if since else None}
                each = each.model_copy(update=facts)  # noqa: PLW2901
                change.put(RECORD, each.fingerprint, each.model_dump(), action="revoke-certificate")
            change.file(chain_file(self.config.trust), revocation.written(chain, crl=crl))
        return self._on_record(fingerprint)

    def publish(self, passphrase: str) -> x509.CertificateRevocationList:
        """The list once more, with today's date: it says that nothing else was revoked until now."""
        root, chain = root_key(self.config, passphrase), self._chain()
        crl = revocation.revoke(revocation.newest(chain, root.certificate), root, None, self.clock.now())
        with self.ledger.change(self.actor, "revocation list published") as change:
            change.note("publish-revocations", "authority", facts={"entries": str(len(crl))})
            change.file(chain_file(self.config.trust), revocation.written(chain, crl=crl))
        return crl

    def take_list(self, data: bytes, where: str) -> x509.CertificateRevocationList:
        """Lay another authority's newer list beside the roots. Raises Refused for one that no trusted authority signed, or an older one."""
        found, chain, trusted = read_chain(data, where), self._chain(), self._trust()
        authorities = (*trusted.roots, *trusted.intermediates)
        if len(found.crls) != 1 or not any(issued_by(found.crls[0], a) for a in authorities):
            raise Refused("this is not one revocation list, signed by an authority that is trusted here", where=where)
        (crl,) = found.crls
        if any(c.issuer == crl.issuer and c.last_update_utc > crl.last_update_utc for c in chain.crls):
            raise Refused("a newer list of this authority is here already", where=where)
        with self.ledger.change(self.actor, "revocation list of another authority taken over") as change:
            change.note("take-revocations", "authority", facts={"issuer": crl.issuer.rfc4514_string(), "entries": str(len(crl))})
            change.file(chain_file(self.config.trust), revocation.written(chain, crl=crl))
        return crl

    # ------------------------------------------------------------ renewal

    def renew_on_token(self, person: str, pin: str, passphrase: str, driver: str) -> Certificate:
        """A new certificate over the key on the person's token; the old one stays good for what it signed."""
        account, held = fit(self.directory, person), certificate_of(self.directory, person)
        if held is None or held.origin != "issued" or not held.key.startswith("pkcs11:"):
            raise Refused(f"{person} holds no certificate of our own authority on a token")
        if held.revoked:
            raise Refused("the certificate was revoked; its key is not used again", hint="csvgen pki token --new-key")
        key = certificates.read_pem(held.pem.encode("ascii"), person)[0].public_key()
        return self._certified(account, root_key(self.config, passphrase), token_keys.Place.read(held.key), key, pin, driver)

    def renew_seal(self, passphrase: str) -> Certificate:
        """A new key and certificate for the seal; what the old one sealed stays sealed."""
        before = seal_key(self.config)
        seal = new_seal(root_key(self.config, passphrase), self.config, self.organisation, self.clock)
        content = on_record(seal.certificate, "seal", FILE)
        place = self.config.seal_file
        fresh = place.with_name(f".seal-{secrets.token_hex(8)}.p12")
        with self.ledger.change(self.actor, "seal renewed") as change:
            change.put(RECORD, content.fingerprint, content.model_dump())
            change.note("renew-seal", "authority", facts={"before": before.fingerprint, "seal": seal.fingerprint})
        keep_private(fresh, lock(seal, None))
        fresh.replace(place)
        return content

    # ------------------------------------------------------------ shared

    def _chain(self) -> Trust:
        path = chain_file(self.config.trust)
        return read_chain(path.read_bytes(), str(path)) if path.exists() else Trust.none

    def _trust(self) -> Trust:
        found = trust_at(self.config.trust)
        if not found.roots:
            raise ConfigError("this project has no trust roots", where=str(self.config.trust), hint="csvgen pki init")
        return found

    def _on_record(self, fingerprint: str) -> Certificate:
        found = self.ledger.latest(RECORD, fingerprint)
        if found is None:
            in_use = (certificate_of(self.directory, a.id) for a in self.directory.accounts())
            if (content := next((c for c in in_use if c is not None and c.fingerprint == fingerprint), None)) is not None:
                return content
            raise Refused("no certificate with this fingerprint is on record", where=fingerprint, hint="csvgen pki list")
        return Certificate.model_validate(found.content)

    def _bindings(self, content: Certificate) -> list[Certificate]:
        key = public_bytes(certificates.read_pem(content.pem.encode("ascii"), content.serial)[0])
        mine = [c for c in self.listed() if c.origin == "binding" and c.revoked is None]
        return [c for c in mine if public_bytes(certificates.read_pem(c.pem.encode("ascii"), c.serial)[0]) == key]


def status(certificate: Certificate, now: dt.datetime) -> str:
    """One word for a list."""
    if certificate.revoked is not None:
        return "revoked"
    if now > parsed(certificate.until):
        return "expired"
    return "not yet valid" if now < parsed(certificate.since) else "valid"
