"""Keys of every kind at the signing desk: signed on at a provider, on a token, from the organisation's own authority."""

from __future__ import annotations

import datetime as dt
import os
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from csvgen.crypto import certificates
from csvgen.crypto.certificates import pem
from csvgen.crypto.token_keys import MODULE
from csvgen.errors import Refused
from csvgen.signature import pdf, word
from csvgen.workflow.authority import Authority
from csvgen.workflow.documents import documents_folder
from csvgen.workflow.keys import certificate_of

from ..counterparts.oidc_provider import oidc_provider
from ..counterparts.softhsm import PIN, softhsm
from ..flow.test_terminal import Screen, csvgen, stated
from ..tiny import OPERATOR, PASSPHRASE, clean_environment
from .test_sign_on import new_second

RUTH = "ruth.amsel"
SIGN_ON = """
[sign_on]
issuer = "{issuer}"
client_id = "{client}"
client_secret_file = "idp.secret"
acr = "urn:test:two-factors"
amr = "pwd otp"
"""


def authority(project) -> Authority:
    return Authority(project.config, project.directory, project.clock, OPERATOR, "Example (fictitious)")


def signed_files(project) -> tuple:
    approval = project.state.latest("TNY-VP")
    folder = documents_folder(project.state, approval.document)
    return pdf.inspect((folder / "TNY-VP-r1.pdf").read_bytes(), project.state.trust), word.inspect(
        (folder / "TNY-VP-r1.docx").read_bytes(), project.state.trust
    )


# ------------------------------------------------------------ signed on


def browse(screen: Screen, idp, browser, subject: str = "subject-ada") -> None:
    """Read the address on the screen, log in there, and come back."""
    screen.child.expect(r"(http://127\.0\.0\.1:\d+/auth\S+)\r?\n")
    new_second()
    assert browser.get(idp.log_in(browser, screen.child.match[1], subject)).status_code == 200


@pytest.fixture
def idp(tmp_path):
    with oidc_provider(tmp_path) as found:
        yield found


@pytest.fixture
def signed_on(tiny, idp, tmp_path):
    """The tiny project, and Ruth linked to her subject at the terminal, by the administrator."""
    project = tiny("founded")
    with (project.root / "csvgen.toml").open("a") as settings:
        settings.write(SIGN_ON.format(issuer=idp.issuer, client=idp.client_id))
    (project.root / "idp.secret").write_text(idp.secret)
    screen = Screen(project.root, "sign-on", "link", RUTH, "--reason", "watched by the administrator")
    screen.type(("User id", "ines.halvorsen"), ("Password", project.password("ines.halvorsen")))
    browse(screen, idp, idp.browser())
    code, shown = screen.end()
    assert code == 0, shown
    project.report("plan")
    return project


@pytest.mark.needs("oidc-provider")
def test_signing_under_sign_on(signed_on, idp):
    project, browser = signed_on, idp.browser()
    screen = Screen(project.root, "sign", "TNY-VP")
    screen.type(("User id", ""))
    browse(screen, idp, browser)
    screen.type(*stated("approved", "fit-for-purpose", "fit for its purpose"))
    browse(screen, idp, browser)
    screen.type(("Secret of your key", project.password(RUTH)))
    code, shown = screen.end()
    assert (code, "1 signed." in shown) == (0, True), shown
    assert project.password(RUTH) not in shown
    (signature,) = project.state.latest("TNY-VP").signatures
    record = signature.record
    assert record.components == ("identity provider: password", "identity provider: one-time code", "secret of the key")
    assert (record.evidence["issuer"], record.evidence["subject"]) == (idp.issuer, "subject-ada")
    (event,) = [e for e in project.ledger.events() if e.action == "sign"]
    facts = {c.field: c.new for c in event.changes}
    assert facts["sign-on id token"] == record.evidence["id token"]
    assert facts["sign-on issuer"] == idp.issuer
    assert project.state.approved("plan")
    assert all("login_prompt" in a["reasons"] for a in idp.asked), "each time the provider really asked"
    assert len(idp.asked) == 3, "to be linked, to begin, and to sign"


@pytest.mark.needs("oidc-provider")
def test_what_does_not_sign_under_sign_on(signed_on, idp):
    """Another person at the step-up; the provider's word without the secret of her key."""
    project = signed_on
    for subject, secret, words in (
        ("subject-ben", "", "is not the person of this session"),
        ("subject-ada", "wrong", "could not be opened"),
    ):
        screen = Screen(project.root, "sign", "TNY-VP")
        screen.type(("User id", ""))
        browse(screen, idp, idp.browser())
        screen.type(*stated("approved", "fit-for-purpose", "fit for its purpose"))
        browse(screen, idp, idp.browser(), subject)
        screen.type(("Secret of your key", secret or project.password(RUTH)))
        code, shown = screen.end()
        assert (code, words in shown, "Traceback" in shown) == (1, True, False), shown
    assert not project.state.latest("TNY-VP").signatures
    assert [e for e in project.ledger.events() if e.action == "sign"] == []


def test_provider_that_is_down_leaves_nothing_behind(tiny, tmp_path):
    project = tiny("founded")
    project.report("plan")
    with (project.root / "csvgen.toml").open("a") as settings:
        settings.write(SIGN_ON.format(issuer="http://127.0.0.1:9", client="x"))
    (project.root / "idp.secret").write_text("x")
    count = project.ledger.head().count
    screen = Screen(project.root, "sign", "TNY-VP")
    screen.type(("User id", ""))
    code, shown = screen.end()
    assert (code, "cannot be reached" in shown, "Traceback" in shown) == (1, True, False)
    assert project.ledger.head().count == count


# ------------------------------------------------------------ on a token


@pytest.mark.needs("softhsm2-util")
def test_signing_with_a_key_on_a_token(tiny, tmp_path):
    project = tiny("founded")
    with softhsm(tmp_path / "hsm") as hsm:
        hsm.token("card")
        project.report("plan")
        environment = with_driver(hsm)
        screen = Screen(project.root, "pki", "token", RUTH, "--label", "card", "--new-key", env=environment)
        screen.type(("User id", "ines.halvorsen"), ("Password", project.password("ines.halvorsen")))
        screen.type(
            ("Password of", project.password(RUTH)), ("PIN of the token card", PIN), ("Passphrase of the custodian", PASSPHRASE)
        )
        code, shown = screen.end()
        assert code == 0, shown
        assert certificate_of(project.directory, RUTH).key.startswith("pkcs11:token=card")
        for pin, done in (("000000", False), (PIN, True)):
            screen = Screen(project.root, "sign", "TNY-VP", env=environment)
            screen.type(("User id", RUTH), ("Password", project.password(RUTH)))
            screen.type(*stated("approved", "fit-for-purpose", "fit for its purpose"))
            screen.type(("User id", RUTH), ("Password", project.password(RUTH)), ("PIN of the token card", pin))
            code, shown = screen.end()
            assert ((code == 0), PIN in shown) == (done, False), shown
        (signature,) = project.state.latest("TNY-VP").signatures
        assert signature.record.components == ("user id", "password", "token PIN")
        assert project.state.approved("plan")
        in_pdf, in_word = signed_files(project)
        assert (in_pdf.faults, in_word.faults) == ((), ())


def with_driver(hsm) -> dict[str, str]:
    return clean_environment() | {MODULE: hsm.driver, "SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"]}


# ------------------------------------------------------------ of the organisation's own authority


def corporate(name: str):
    """A root of the organisation, and a certificate with an RSA key for a name."""
    now = dt.datetime.now(dt.UTC)

    def made(subject, issuer, key, by, ca):
        usage = x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False)
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=99))
            .add_extension(x509.BasicConstraints(ca, None), critical=True).add_extension(usage, critical=True).sign(by, hashes.SHA256())
        )  # fmt: skip

    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Works corporate root (fictitious)")])
    root_key, key = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 3072)
    root = made(root_name, root_name, root_key, root_key, True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.SERIAL_NUMBER, "emp-4711")])
    leaf = made(subject, root_name, key, root_key, False)
    return root, pkcs12.serialize_key_and_certificates(b"x", key, leaf, None, BestAvailableEncryption(b"office")), leaf


@pytest.fixture
def registered(tiny):
    """Ruth signs with an RSA certificate of her organisation."""
    project = tiny("founded")
    root, key_file, leaf = corporate(project.directory.account(RUTH).printed_name)
    trust = project.config.trust
    trust.write_bytes(trust.read_bytes() + pem([root]))
    authority(project).register(
        RUTH, key_file, "office", project.password(RUTH), PASSPHRASE, "passport seen by Ms Kern (fictitious)"
    )
    project.report("plan")
    return project, leaf


def test_signing_with_a_certificate_of_the_organisation(registered):
    project, leaf = registered
    (signature,) = project.sign(RUTH, "TNY-VP")
    assert signature.certificate == leaf
    assert certificates.person_id(leaf) == "", "it knows nothing of our ids"
    assert project.state.approved("plan")
    in_pdf, in_word = signed_files(project)
    assert (in_pdf.faults, in_word.faults) == ((), ())
    assert [s.trusted for s in in_pdf.signatures] == [True, True]
    assert [s.trusted for s in in_word.signatures] == [True]


def test_without_our_word_it_approves_nothing(registered):
    """Whoever takes away what says whose the certificate is makes the record unapproved, never somebody else's."""
    project, _ = registered
    project.sign(RUTH, "TNY-VP")
    chain = project.config.trust.with_suffix(".chain.pem")
    chain.write_bytes(
        b"".join(re.findall(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----\n", chain.read_bytes(), re.DOTALL))
    )
    standing = project.state.latest("TNY-VP").standing(project.state.trust)
    assert not standing.approved
    assert any("no authority of this project says" in p for p in standing.problems)


def test_revoked_person_signs_no_more_and_what_was_signed_is_not_relied_on(tiny):
    project = tiny("founded")
    project.report("plan", "risk")
    project.sign(RUTH, "TNY-VP")
    assert project.state.approved("plan")
    authority(project).revoke(certificate_of(project.directory, RUTH).fingerprint, PASSPHRASE, "key-compromise")
    assert not project.state.approved("plan"), "no time stamp says that the signature is older"
    problems = project.state.latest("TNY-VP").standing(project.state.trust).problems
    assert any("was revoked at" in p for p in problems)
    with pytest.raises(Refused, match="was revoked"):
        project.sign(RUTH, "TNY-RA")


def test_custodian_at_the_terminal(tiny, tmp_path):
    """A certificate is registered, listed, revoked; the list is published again; the seal is renewed. Refusals leave everything as it was."""
    project = tiny("founded")
    office = (("User id", "ines.halvorsen"), ("Password", project.password("ines.halvorsen")))
    root, key_file, leaf = corporate(project.directory.account(RUTH).printed_name)
    trust, chain = project.config.trust, project.config.trust.with_suffix(".chain.pem")
    trust.write_bytes(trust.read_bytes() + pem([root]))
    (tmp_path / "ruth.p12").write_bytes(key_file)

    def pki(*arguments: str, typed: tuple = ()) -> tuple[int, str]:
        screen = Screen(project.root, "pki", *arguments)
        screen.type(*office, *typed)
        return screen.end()

    proof, custodian = ("Password of", project.password(RUTH)), ("Passphrase of the custodian", PASSPHRASE)
    registering = ("import", RUTH, str(tmp_path / "ruth.p12"), "--identity", "passport seen by Ms Kern (fictitious)")
    code, shown = pki(*registering, typed=(proof, ("Passphrase of ruth.p12", "office"), custodian))
    assert (code, "registered" in shown) == (0, True), shown
    assert project.directory.account(RUTH).certificate == pem([leaf]).decode()
    listed = csvgen(project.root, "pki", "list").stdout
    assert re.search(rf"valid .* registered +{re.escape(RUTH)}", listed), listed
    before = chain.read_bytes()
    code, shown = pki("revoke", RUTH, "--reason", "bored", typed=(custodian,))
    assert (code, "is no reason" in shown) == (1, True), shown
    screen = Screen(project.root, "pki", "revoke", RUTH, "--reason", "superseded", "--since", "yesterday")
    screen.type(*office)
    code, shown = screen.end()
    assert (code, "not a time with its zone" in shown, chain.read_bytes() == before) == (2, True, True), shown
    code, shown = pki("revoke", RUTH, "--reason", "superseded", typed=(custodian,))
    assert code == 0, shown
    assert re.search(rf"revoked .*superseded .* registered +{re.escape(RUTH)}", csvgen(project.root, "pki", "list").stdout)
    code, shown = pki("crl", typed=(custodian,))
    assert (code, "1 revoked certificate(s)" in shown) == (0, True), shown
    seal = project.seal.fingerprint
    code, shown = pki("renew", "--seal", typed=(custodian,))
    assert (code, project.seal.fingerprint != seal) == (0, True), shown
    assert all(secret not in shown for secret in (PASSPHRASE, project.password(RUTH), "office"))
    people = {e.action: e.person for e in project.ledger.events()}
    assert people["revoke-certificate"] == people["renew-seal"] == "ines.halvorsen", "the custodian's act has a name"
