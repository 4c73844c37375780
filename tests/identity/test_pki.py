"""Certificates of people: issued here, registered from another authority, on tokens; revoked, renewed; and who cannot get at a key."""

from __future__ import annotations

import base64
import datetime as dt
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from csvgen.audit.ledger import open_ledger
from csvgen.config import Config, load_config
from csvgen.crypto import certificates, cms, token_keys
from csvgen.crypto.certificates import pem
from csvgen.crypto.keys import Credential, unlock
from csvgen.crypto.trust import chain_file, trust_at
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.people import Account, IdentityCheck, Policy
from csvgen.store.database import open_database
from csvgen.workflow import keys
from csvgen.workflow.authority import Authority, status
from csvgen.workflow.keys import certificate_of, make_authority, opened, seal_key

from ..counterparts.softhsm import PIN, softhsm

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PASSPHRASE = "the custodian knows this"
OFFICE = Actor("os:test", "operating system account test", "operator", "test")
PEOPLE = {"ada.voss": "Ada Voss (fictitious)", "ben.roth": "Ben Roth (fictitious)", "ada.voss2": "Ada Voss (fictitious)"}
SEEN = "passport seen by the registrar, Ms Kern (fictitious)"


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> dt.datetime:
        return self.time


@dataclass
class House:
    """A project with an authority and three people; two of them have the same name."""

    root: Path
    config: Config
    directory: Directory
    clock: Clock
    authority: Authority

    def password(self, person: str) -> str:
        return f"{person[::-1]} keeps 7 secrets"

    def issue(self, person: str) -> None:
        keys.issue_to_person(
            self.config, self.directory, self.clock, OFFICE, person=person, password=self.password(person),
            root=keys.root_key(self.config, PASSPHRASE), organisation="Works",
        )  # fmt: skip

    @property
    def trust(self):
        return trust_at(self.config.trust)

    def use(self, person: str, pin: str = ""):
        return opened(self.directory, person, self.password(person), pin)

    def certificate(self, person: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.directory.account(person).certificate.encode())


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "x"\nrecords = "sqlite:///records/records.db"\n')
    config, clock = load_config(tmp_path, environ={}), Clock()
    config.state.mkdir()
    ledger = open_ledger(open_database(config.records), clock)
    policy = Policy(argon2_passes=1, argon2_kib=8)
    directory = Directory(ledger, clock, policy, "test")
    make_authority(config, ledger, clock, OFFICE, organisation="Works", demonstration=False, passphrase=PASSPHRASE)
    made = House(tmp_path, config, directory, clock, Authority(config, directory, clock, OFFICE, "Works"))
    for person, name in PEOPLE.items():
        seen = IdentityCheck(method="passport", verified_by="Ms Kern (fictitious)", on="2026-11-01")
        directory.add(OFFICE, Account(id=person, kind="person", printed_name=name, roles=("quality",), identity=seen))
        directory.set_password(Actor(person, name, "quality", "test"), person, made.password(person))
    return made


# ------------------------------------------------------------ another authority


class Corporate:
    """The organisation's own authority: a root, one between, people with RSA keys in PKCS#12."""

    def __init__(self) -> None:
        self.root = self._make("Works corporate root", None, ca=True)
        self.between = self._make("Works corporate issuing", self.root, ca=True)

    def _make(
        self,
        name: str,
        by: Credential | None,
        *,
        ca: bool = False,
        key=None,
        commits: bool = True,
        until=NOW + 400 * DAY,
        since=NOW - DAY,
    ):
        key = key or (ec.generate_private_key(ec.SECP384R1()) if ca else rsa.generate_private_key(65537, 2048))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.SERIAL_NUMBER, "4711")])
        usage = x509.KeyUsage(not ca, commits and not ca, False, False, False, ca, ca, False, False)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca, None), critical=True).add_extension(usage, critical=True)
        )  # fmt: skip
        return Credential(key, made.sign(by.holder if by else key, hashes.SHA256()))

    def person(self, name: str, **more) -> Credential:
        made = self._make(name, self.between, **more)
        return Credential(made.holder, made.certificate, (self.between.certificate, self.root.certificate))

    def crl(self, *taken: Credential, at=NOW) -> bytes:
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.between.certificate.subject)
            .last_update(at)
            .next_update(at + DAY)
        )
        for c in taken:
            entry = x509.RevokedCertificateBuilder().serial_number(c.certificate.serial_number).revocation_date(at).build()
            made = made.add_revoked_certificate(entry)
        return made.sign(self.between.holder, hashes.SHA256()).public_bytes(Encoding.DER)


def p12(credential: Credential, opens: str = "office") -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"x", credential.key, credential.certificate, credential.chain, BestAvailableEncryption(opens.encode())
    )


@pytest.fixture(scope="module")
def works() -> Corporate:
    return Corporate()


@pytest.fixture(scope="module")
def adas(works: Corporate) -> Credential:
    return works.person(PEOPLE["ada.voss"])


def believe(house: House, works: Corporate) -> None:
    """What the project decides by hand: the organisation's root is trusted too."""
    house.config.trust.write_bytes(house.config.trust.read_bytes() + pem([works.root.certificate]))


def test_registered_certificate_signs_and_is_known_to_be_hers(house, works, adas):
    believe(house, works)
    house.authority.register("ada.voss", p12(adas), "office", house.password("ada.voss"), PASSPHRASE, SEEN)
    with house.use("ada.voss") as credential:
        signed = cms.sign(b"record", credential, NOW)
    signer = cms.verify(b"record", signed, "x")
    assert signer.certificate == adas.certificate
    assert house.trust.judge_person(signer.certificate, "ada.voss", NOW).trusted is True
    assert house.trust.judge_person(signer.certificate, "ada.voss2", NOW).trusted is False
    (event,) = house.directory.ledger.events(action="register-certificate")
    assert {c.field: c.new for c in event.changes}["identity"] == SEEN
    assert (certificate_of(house.directory, "ada.voss").origin, status(certificate_of(house.directory, "ada.voss"), NOW)) == (
        "registered",
        "valid",
    )


def test_namesake_cannot_register_nor_use_it(house, works, adas):
    """Another person of the same name: her own certificate stays hers, and Ada's cannot become hers."""
    believe(house, works)
    house.authority.register("ada.voss", p12(adas), "office", house.password("ada.voss"), PASSPHRASE, SEEN)
    with pytest.raises(Refused, match=r"belongs, or belonged, to ada\.voss"):
        house.authority.register("ada.voss2", p12(adas), "office", house.password("ada.voss2"), PASSPHRASE, SEEN)
    namesake = works.person(PEOPLE["ada.voss2"])
    house.authority.register("ada.voss2", p12(namesake), "office", house.password("ada.voss2"), PASSPHRASE, SEEN)
    assert house.trust.judge_person(namesake.certificate, "ada.voss", NOW).trusted is False
    assert house.trust.judge_person(namesake.certificate, "ada.voss2", NOW).trusted is True


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"name": "Ben Roth (fictitious)"}, "is issued to 'Ben Roth"),
        ({"commits": False}, "not for a person's signature"),
        ({"until": NOW - DAY / 2}, "had expired"),
        ({"since": NOW + DAY}, "not yet valid"),
        ({"ca": True}, "not for a person's signature"),
    ],
)
def test_certificates_that_are_not_registered(house, works, made, words):
    believe(house, works)
    before = house.directory.ledger.head()
    credential = works.person(made.pop("name", PEOPLE["ada.voss"]), **made)
    with pytest.raises(Refused, match=words):
        house.authority.register("ada.voss", p12(credential), "office", house.password("ada.voss"), PASSPHRASE, SEEN)
    assert house.directory.ledger.head() == before, "nothing half-done"


def test_authority_that_nobody_decided_to_trust(house, works, adas):
    with pytest.raises(Refused, match="no trusted root"):
        house.authority.register("ada.voss", p12(adas), "office", house.password("ada.voss"), PASSPHRASE, SEEN)
    impostor = Corporate().person(PEOPLE["ada.voss"])
    believe(house, works)
    with pytest.raises(Refused, match="no trusted root"):
        house.authority.register("ada.voss", p12(impostor), "office", house.password("ada.voss"), PASSPHRASE, SEEN)


def test_registration_takes_every_secret_and_the_identity_check(house, works, adas):
    believe(house, works)
    for opens, passphrase, identity in (
        ("wrong", PASSPHRASE, SEEN),
        ("office", "not the custodian", SEEN),
        ("office", PASSPHRASE, " - "),
    ):
        with pytest.raises(Refused):
            house.authority.register("ada.voss", p12(adas), opens, house.password("ada.voss"), passphrase, identity)
    assert house.directory.account("ada.voss").certificate == ""


def test_person_whose_identity_is_not_verified(house, works):
    house.directory.add(
        OFFICE, Account(id="cyril.lasko", kind="person", printed_name="Cyril Lasko (fictitious)", roles=("quality",))
    )
    believe(house, works)
    credential = works.person("Cyril Lasko (fictitious)")
    with pytest.raises(Refused, match="has not been verified"):
        house.authority.register("cyril.lasko", p12(credential), "office", "whatever", PASSPHRASE, SEEN)


def test_revoked_by_the_organisation(house, works, adas):
    believe(house, works)
    house.authority.register("ada.voss", p12(adas), "office", house.password("ada.voss"), PASSPHRASE, SEEN)
    house.authority.take_list(works.crl(), "list.crl")
    assert house.trust.judge_person(adas.certificate, "ada.voss", NOW).trusted is True
    house.authority.take_list(works.crl(adas, at=NOW + DAY), "list.crl")
    judged = house.trust.judge_person(adas.certificate, "ada.voss", NOW)
    assert (judged.trusted, judged.revoked_at) == (False, NOW + DAY)
    with pytest.raises(Refused, match="newer list"):
        house.authority.take_list(works.crl(), "list.crl")
    with pytest.raises(Refused, match="trusted here"):
        house.authority.take_list(Corporate().crl(), "list.crl")


# ------------------------------------------------------------ our own authority


def test_issued_certificate_signs_and_says_where_revocations_are_told(house):
    house.issue("ada.voss")
    certificate = house.certificate("ada.voss")
    assert certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    assert house.trust.judge_person(certificate, "ada.voss", NOW).trusted is True
    chain_file(house.config.trust).unlink()
    assert house.trust.judge_person(certificate, "ada.voss", NOW).trusted is None, "whoever takes the list away wins nothing"


def test_revoked_certificate_signs_no_more_and_is_not_believed(house):
    house.issue("ada.voss")
    with house.use("ada.voss") as credential:
        before = cms.sign(b"record", credential, NOW)
    house.clock.time = NOW + DAY
    revoked = house.authority.revoke(credential.fingerprint, PASSPHRASE, "key-compromise", since=NOW + DAY / 2)
    assert (revoked.reason, status(revoked, house.clock.time)) == ("key-compromise", "revoked")
    with pytest.raises(Refused, match="was revoked"), house.use("ada.voss"):
        pass
    signer = cms.verify(b"record", before, "x")
    assert house.trust.judge_person(signer.certificate, "ada.voss", NOW).trusted is False
    assert house.trust.judge_person(signer.certificate, "ada.voss", NOW, proven=True).trusted is True, (
        "a time stamp shows it is older"
    )
    assert house.trust.judge_person(signer.certificate, "ada.voss", NOW + 3 * DAY / 4, proven=True).trusted is False
    (event,) = house.directory.ledger.events(action="revoke-certificate")
    assert event.reason == "certificate revoked: key-compromise"


@pytest.mark.needs("openssl")
def test_openssl_reads_the_list(house, tmp_path):
    import subprocess

    house.issue("ada.voss")
    house.authority.revoke(certificate_of(house.directory, "ada.voss").fingerprint, PASSPHRASE, "superseded")
    (tmp_path / "ada.pem").write_bytes(pem([house.certificate("ada.voss")]))
    chain = chain_file(house.config.trust)
    command = [
        "openssl",
        "verify",
        "-attime",
        str(int(NOW.timestamp()) + 60),
        "-crl_check",
        "-CAfile",
        house.config.trust,
        "-CRLfile",
        chain,
    ]
    done = subprocess.run([*command, "-purpose", "any", tmp_path / "ada.pem"], capture_output=True, text=True, check=False)
    assert "certificate revoked" in done.stderr
    text = subprocess.run(["openssl", "crl", "-noout", "-text", "-in", chain], capture_output=True, text=True, check=True).stdout
    assert "Superseded" in text


def test_revocation_is_refused_without_its_conditions(house):
    house.issue("ada.voss")
    mine = certificate_of(house.directory, "ada.voss").fingerprint
    before = chain_file(house.config.trust).read_bytes()
    for arguments in (
        (mine, "not the custodian", "superseded"), (mine, PASSPHRASE, "bored"), ("sha256:" + "0" * 64, PASSPHRASE, "superseded"),
        (mine, PASSPHRASE, "key-compromise", NOW + DAY),
    ):  # fmt: skip
        with pytest.raises(Refused):
            house.authority.revoke(*arguments)
    assert chain_file(house.config.trust).read_bytes() == before
    house.authority.revoke(mine, PASSPHRASE, "superseded")
    with pytest.raises(Refused, match="revoked before"):
        house.authority.revoke(mine, PASSPHRASE, "superseded")


def test_lists_are_numbered_and_keep_what_they_said(house):
    for person in ("ada.voss", "ben.roth"):
        house.issue(person)
        house.authority.revoke(certificate_of(house.directory, person).fingerprint, PASSPHRASE, "affiliation-changed")
    crl = house.authority.publish(PASSPHRASE)
    assert len(crl) == 2
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 4, (
        "made with the authority, two revocations, one renewal"
    )


def test_somebody_elses_list_in_the_place_of_ours_is_not_continued(house):
    """Whoever writes into the file beside the roots can at most make the authority refuse."""
    house.issue("ada.voss")
    other = certificates.make_root("Works", NOW, demonstration=False)
    from csvgen.crypto import revocation
    from csvgen.crypto.trust import Trust

    chain_file(house.config.trust).write_bytes(revocation.written(Trust.none, crl=revocation.revoke(None, other, None, NOW)))
    assert house.trust.judge_person(house.certificate("ada.voss"), "ada.voss", NOW).trusted is None
    house.authority.revoke(certificate_of(house.directory, "ada.voss").fingerprint, PASSPHRASE, "superseded")
    assert house.trust.judge_person(house.certificate("ada.voss"), "ada.voss", NOW).trusted is False


def test_renewed_certificate_leaves_the_old_one_good(house):
    house.issue("ada.voss")
    old = house.certificate("ada.voss")
    house.clock.time = NOW + DAY
    house.issue("ada.voss")
    new = house.certificate("ada.voss")
    assert old != new
    for certificate in (old, new):
        assert house.trust.judge_person(certificate, "ada.voss", NOW + DAY).trusted is True
    assert {c.person for c in house.authority.listed() if c.origin == "issued"} == {"ada.voss"}
    assert len(house.authority.listed()) == 3


def test_renewed_seal(house):
    before = seal_key(house.config)
    house.clock.time = NOW + DAY
    house.authority.renew_seal(PASSPHRASE)
    after = seal_key(house.config)
    assert before.fingerprint != after.fingerprint
    assert all(house.trust.judge(c.certificate, NOW + DAY).trusted for c in (before, after))
    assert stat.S_IMODE((house.config.state / "seal.p12").stat().st_mode) == 0o600
    assert not certificates.is_person(after.certificate)


# ------------------------------------------------------------ tokens


@pytest.fixture
def hsm(tmp_path):
    with softhsm(tmp_path / "hsm") as found:
        yield found


@pytest.mark.needs("softhsm2-util")
def test_key_made_on_a_token(house, hsm):
    hsm.token("ada's card")
    house.authority.issue_on_token("ada.voss", "ada's card", PIN, PASSPHRASE, hsm.driver)
    assert keys.token_of(house.directory, "ada.voss") == "ada's card"
    with house.use("ada.voss", PIN) as credential:
        signed = cms.sign(b"record", credential, NOW)
    signer = cms.verify(b"record", signed, "x")
    assert house.trust.judge_person(signer.certificate, "ada.voss", NOW).trusted is True
    with pytest.raises(Refused, match="PIN is not right"), house.use("ada.voss", "000000"):
        pass
    assert house.directory.ledger.secret("ada.voss", "key") == "", "nothing of the key lies here"
    house.clock.time = NOW + DAY
    house.authority.renew_on_token("ada.voss", PIN, PASSPHRASE, hsm.driver)
    with house.use("ada.voss", PIN) as credential:
        assert credential.certificate != signer.certificate
        assert credential.certificate.public_key() == signer.certificate.public_key()


@pytest.mark.needs("softhsm2-util")
def test_card_of_the_organisation(house, hsm, works, adas, tmp_path):
    hsm.token("card")
    believe(house, works)
    (tmp_path / "k.pem").write_bytes(adas.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    hsm.import_key("card", tmp_path / "k.pem", "0a")
    token_keys.keep_certificate(token_keys.Place("card", b"\x0a"), adas.certificate, PIN, hsm.driver)
    chain = chain_file(house.config.trust)
    chain.write_bytes(chain.read_bytes() + pem([works.between.certificate]))
    with pytest.raises(Refused, match="holds 0 certificates of Ben Roth"):
        house.authority.register_token("ben.roth", "card", PIN, PASSPHRASE, SEEN, hsm.driver)
    house.authority.register_token("ada.voss", "card", PIN, PASSPHRASE, SEEN, hsm.driver)
    with house.use("ada.voss", PIN) as credential:
        assert house.trust.judge_person(credential.certificate, "ada.voss", NOW).trusted is True
        assert cms.verify(b"x", cms.sign(b"x", credential, NOW), "x").certificate == adas.certificate


# ------------------------------------------------------------ who gets at a key


def test_thief_of_database_and_files_has_no_key(house):
    """All bytes of the project, without anybody's password: no private key opens, nor with what else is found there."""
    house.issue("ada.voss")
    kept = base64.b64decode(house.directory.ledger.secret("ada.voss", "key"))
    database = sqlite3.connect(house.config.state / "records.db")
    found = {str(v) for (v,) in database.execute("select value from secret")} | {house.directory.account("ada.voss").certificate}
    with house.use("ada.voss") as credential:
        number = credential.key.private_numbers().private_value.to_bytes(32, "big")
    for path in house.root.rglob("*"):
        if path.is_file():
            assert number not in path.read_bytes(), path
    for guess in (*found, PASSPHRASE, "", "ada.voss", house.password("ben.roth")):
        with pytest.raises(Refused):
            unlock(kept, guess)
    root = (house.config.state / "root.key").read_bytes()
    for guess in (*found, "", house.password("ada.voss")):
        with pytest.raises(Refused):
            unlock(root, guess)


def test_administrator_who_puts_a_verifier_of_their_own_cannot_sign(house):
    """Write access to the database: Ben's verifier in the place of Ada's proves Ben's password, and opens nothing of hers."""
    house.issue("ada.voss")
    bens = house.directory.ledger.secret("ben.roth", "password")
    with house.directory.ledger.change(OFFICE) as change:
        change.keep_secret("ada.voss", "password", bens)
    session = house.directory.log_in("ada.voss", house.password("ben.roth"))
    house.directory.components(session, "ada.voss", house.password("ben.roth"))
    with pytest.raises(Refused, match="could not be opened"), opened(house.directory, "ada.voss", house.password("ben.roth")):
        pass
    assert house.directory.ledger.events(action="signing-refused")


def test_key_of_another_person_put_under_an_account_is_found(house):
    """Ben, with write access, puts his own locked key under Ada's account."""
    house.issue("ada.voss")
    house.issue("ben.roth")
    with house.directory.ledger.change(OFFICE) as change:
        change.keep_secret("ada.voss", "key", house.directory.ledger.secret("ben.roth", "key"))
    with (
        pytest.raises(NotIntact, match="not that of the certificate on record"),
        opened(house.directory, "ada.voss", house.password("ben.roth")),
    ):
        pass


def test_files_of_the_authority_are_its_owners_alone(house):
    for name in ("root.key", "seal.p12"):
        assert stat.S_IMODE((house.config.state / name).stat().st_mode) == 0o600
    with pytest.raises(Refused, match="has its authority already"):
        make_authority(
            house.config,
            house.directory.ledger,
            house.clock,
            OFFICE,
            organisation="W",
            demonstration=False,
            passphrase=PASSPHRASE,
        )


def test_the_seal_and_the_authority_cannot_stand_for_a_person(house):
    seal = seal_key(house.config)
    assert house.trust.judge(seal.certificate, NOW).trusted is True
    assert certificates.person_id(seal.certificate) == ""
    assert house.trust.judge_person(seal.certificate, "ada.voss", NOW).trusted is False
    root = unlock((house.config.state / "root.key").read_bytes(), PASSPHRASE)
    assert house.trust.judge_person(root.certificate, "ada.voss", NOW).trusted is False


def test_unreadable_data_beside_the_roots_is_told(house):
    chain_file(house.config.trust).write_bytes(b"nonsense")
    with pytest.raises(BadInput, match="no certificate and no revocation list"):
        _ = house.trust


def test_certificate_of_the_first_version_can_be_revoked(house):
    """Issued before certificates had records of their own: the account alone knows it."""
    root = unlock((house.config.state / "root.key").read_bytes(), PASSPHRASE)
    old = certificates.issue_person(root, person="ben.roth", printed_name=PEOPLE["ben.roth"], organisation="Works", now=NOW)
    house.directory.keep_key(OFFICE, "ben.roth", old, house.password("ben.roth"), pem([old.certificate]).decode())
    assert house.trust.judge_person(old.certificate, "ben.roth", NOW).trusted is True
    house.authority.revoke(old.fingerprint, PASSPHRASE, "key-compromise")
    assert house.trust.judge_person(old.certificate, "ben.roth", NOW).trusted is False
    with pytest.raises(Refused, match="was revoked"), house.use("ben.roth"):
        pass


def test_certificate_of_another_authority_is_not_ours_to_revoke(house, works, adas):
    """What we take back is our word on whose it is."""
    believe(house, works)
    house.authority.register("ada.voss", p12(adas), "office", house.password("ada.voss"), PASSPHRASE, SEEN)
    revoked = house.authority.revoke(adas.fingerprint, PASSPHRASE, "privilege-withdrawn")
    assert revoked.reason == "privilege-withdrawn"
    assert house.trust.judge(adas.certificate, NOW).trusted is True, "its own authority stands by it"
    assert house.trust.judge_person(adas.certificate, "ada.voss", NOW).trusted is False, "we do not"
    with pytest.raises(Refused, match="was revoked"), house.use("ada.voss"):
        pass
