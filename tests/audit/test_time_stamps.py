"""Time stamps by two authorities of others: asked for over HTTP, kept, and verified offline; and what is no time stamp."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from csvgen.config import load_config
from csvgen.crypto.certificates import pem
from csvgen.crypto.der import SEQUENCE, der
from csvgen.crypto.timestamps import NoTimeStamp, NotTrusted, TimeAuthority, time_authority, verify_token
from csvgen.errors import ConfigError, NotIntact

from ..counterparts import free_port
from ..counterparts.certomancer import authority
from ..counterparts.openssl_tsa import OpensslTsa, make_authority_certificate, make_root, openssl_tsa

WORDS = b"what was there"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def certomancer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with authority(tmp_path_factory.mktemp("certomancer")) as pki:
        yield SimpleNamespace(url=pki.time_stamps, roots=pki.roots, name="Test time-stamp authority")


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with openssl_tsa(tmp_path_factory.mktemp("openssl")) as tsa:
        yield SimpleNamespace(url=tsa.url, roots=tsa.roots, name="Second test time-stamp authority")


@pytest.fixture(params=["certomancer", "openssl"])
def tsa(request: pytest.FixtureRequest) -> SimpleNamespace:
    return request.getfixturevalue(request.param)


def test_a_stamp_proves_the_time_of_the_data_offline(tsa: SimpleNamespace) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    token = TimeAuthority(tsa.url, tsa.roots).stamp(WORDS)
    proven = verify_token(token, WORDS, roots=tsa.roots)
    assert before <= proven.moment <= dt.datetime.now(dt.UTC)
    assert proven.authority == tsa.name
    assert verify_token(token, digest=hashlib.sha256(WORDS).digest(), roots=tsa.roots) == proven


@pytest.mark.needs("openssl")
def test_openssl_believes_the_token_that_is_kept(tsa: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "token.der").write_bytes(TimeAuthority(tsa.url, tsa.roots).stamp(WORDS))
    (tmp_path / "roots.pem").write_bytes(pem(tsa.roots))

    def judged(words: bytes) -> int:
        (tmp_path / "words").write_bytes(words)
        command = ["openssl", "ts", "-verify", "-token_in", "-in", "token.der", "-data", "words", "-CAfile", "roots.pem"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert judged(WORDS) == 0
    assert judged(WORDS + b".") != 0


def test_a_token_over_other_data_proves_nothing(tsa: SimpleNamespace) -> None:
    token = TimeAuthority(tsa.url, tsa.roots).stamp(WORDS)
    with pytest.raises(NotIntact, match="over other data"):
        verify_token(token, WORDS + b".", roots=tsa.roots)


def test_an_authority_nobody_vouches_for_is_not_trusted(tsa: SimpleNamespace) -> None:
    token = TimeAuthority(tsa.url, tsa.roots).stamp(WORDS)
    for roots in ((), (make_root(NOW)[1],)):
        with pytest.raises(NotTrusted):
            verify_token(token, WORDS, roots=roots)


def test_no_byte_of_a_token_can_change_unseen(tsa: SimpleNamespace) -> None:
    """Every byte, three ways. The other name of RSA (rsaEncryption, sha256WithRSAEncryption) is the one known spelling left open."""
    token = TimeAuthority(tsa.url, tsa.roots).stamp(WORDS)
    chance = random.Random(20261121)
    accepted = []
    for at, byte in enumerate(token):
        for other in {byte ^ 1, byte ^ 0x80, chance.randrange(256)} - {byte, byte ^ 0x0A}:
            changed = token[:at] + bytes([other]) + token[at + 1 :]
            try:
                verify_token(changed, WORDS, roots=tsa.roots)
                accepted.append((at, byte, other))
            except NotIntact:
                pass
    assert not accepted


def test_a_reader_without_roots_knows_a_changed_token_too(tsa: SimpleNamespace) -> None:
    token = TimeAuthority(tsa.url, tsa.roots).stamp(WORDS)
    chance = random.Random(20261122)
    for at in chance.sample(range(len(token)), 200):
        changed = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
        with pytest.raises(NotIntact) as problem:
            verify_token(changed, WORDS, roots=())
        assert not isinstance(problem.value, NotTrusted), at


def test_no_byte_can_be_put_behind_or_taken_away(openssl: SimpleNamespace) -> None:
    token = TimeAuthority(openssl.url, openssl.roots).stamp(WORDS)
    for changed in (token + b"\0", token[:-1], b"", b"0", b"\x30\x00", token + token):
        with pytest.raises(NotIntact):
            verify_token(changed, WORDS, roots=openssl.roots)


def test_what_openssl_puts_beside_is_refused(openssl: SimpleNamespace) -> None:
    """A certificate that belongs to nothing, and an unsigned attribute: good signatures with room for anything."""
    from asn1crypto import cms, core
    from asn1crypto import x509 as asn1_x509

    token = TimeAuthority(openssl.url, openssl.roots).stamp(WORDS)
    stranger = asn1_x509.Certificate.load(make_root(NOW)[1].public_bytes(Encoding.DER))
    for unsigned in (False, True):
        info = cms.ContentInfo.load(token)
        if unsigned:
            attribute = {"type": "1.2.3.4", "values": [core.OctetString(b"unsigned")]}
            info["content"]["signer_infos"][0]["unsigned_attrs"] = [attribute]
        else:
            info["content"]["certificates"].append(cms.CertificateChoices(name="certificate", value=stranger))
        with pytest.raises(NotIntact, match=r"no part of its chain|nobody signed|InvalidSetOrdering|cannot be read"):
            verify_token(info.dump(force=True), WORDS, roots=openssl.roots)


# ------------------------------------------------------------------ authorities that are none


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({}, ""),
        ({"usages": ()}, "does not say that it is for time stamps"),
        ({"critical": False}, "not for time stamps alone"),
        ({"usages": (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION)}, "not for time stamps alone"),
        ({"usages": (ExtendedKeyUsageOID.CLIENT_AUTH,)}, "not for time stamps alone"),
        ({"now": NOW - dt.timedelta(days=30), "days": 10}, "not valid at that moment"),
        ({"now": NOW + dt.timedelta(days=30)}, "not valid at that moment"),
    ],
    ids=["good", "no-usage", "not-critical", "two-usages", "other-usage", "expired", "not-yet"],
)
def test_a_certificate_that_is_not_for_time_stamps_alone_is_refused(bad: dict[str, Any], why: str) -> None:
    """Tokens by pyHanko, which signs with whatever it is given; the same with a proper certificate is believed."""
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.timestamps import DummyTimeStamper

    root = make_root(NOW - dt.timedelta(days=60))
    key = rsa.generate_private_key(65537, 2048)
    made = make_authority_certificate(root, key, bad.pop("now", NOW), **bad)
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(made.public_bytes(Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
    )
    token = asyncio.run(stamper.async_timestamp(hashlib.sha256(WORDS).digest(), "sha256")).dump()
    if not why:
        assert verify_token(token, WORDS, roots=[root[1]]).certificate == made
        return
    with pytest.raises(NotIntact, match=why):
        verify_token(token, WORDS, roots=[root[1]])


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpensslTsa]:
    with openssl_tsa(tmp_path_factory.mktemp("between")) as tsa:
        yield tsa


def _refused(answer: bytes) -> bytes:
    from asn1crypto import tsp

    return der(SEQUENCE, tsp.PKIStatusInfo({"status": "rejection", "status_string": ["not today"]}).dump())


@pytest.mark.parametrize(
    ("tamper", "status", "why"),
    [
        (_refused, 200, "refused: not today"),
        (lambda _: b"<html>hello</html>", 200, "no time-stamp response"),
        (lambda _: b"", 200, "no time-stamp response"),
        (lambda _: b"0" * 200_000, 200, "has no end"),
        (None, 500, "HTTP 500"),
        (None, 302, "HTTP 302"),
    ],
    ids=["refused", "html", "empty", "endless", "500", "redirect"],
)
def test_an_answer_that_is_no_token_is_an_error(
    between: OpensslTsa, tamper: Callable[[bytes], bytes] | None, status: int, why: str
) -> None:
    between.tamper, between.status = tamper, status
    try:
        with pytest.raises(NoTimeStamp, match=why):
            TimeAuthority(between.url, between.roots).stamp(WORDS)
    finally:
        between.tamper, between.status = None, 200


def test_an_answer_to_an_earlier_question_is_refused(between: OpensslTsa) -> None:
    """The same data stamped before: only the nonce tells that the answer is an old one."""
    kept: list[bytes] = []
    between.tamper = lambda answer: kept.append(answer) or answer
    asked = TimeAuthority(between.url, between.roots)
    try:
        asked.stamp(WORDS)
        between.tamper = lambda _: kept[0]
        with pytest.raises(NoTimeStamp, match="nonce"):
            asked.stamp(WORDS)
    finally:
        between.tamper = None


def test_an_authority_that_is_not_there_is_an_error(openssl: SimpleNamespace) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(NoTimeStamp, match="cannot be reached") as problem:
        TimeAuthority(url, openssl.roots).stamp(WORDS)
    assert url in str(problem.value)


def test_an_authority_with_other_roots_is_refused_when_it_answers(openssl: SimpleNamespace) -> None:
    with pytest.raises(NoTimeStamp, match="cannot be believed"):
        TimeAuthority(openssl.url, (make_root(NOW)[1],)).stamp(WORDS)


# ------------------------------------------------------------------ settings


def project(tmp_path: Path, table: str) -> Path:
    (tmp_path / "csvgen.toml").write_text(f"[csvgen]\nproject = 'x'\n{table}\n")
    return tmp_path


def test_the_authority_stands_in_the_settings(openssl: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "tsa.pem").write_bytes(pem(openssl.roots))
    config = load_config(project(tmp_path, f"[time_stamps]\nurl = '{openssl.url}'\ntrust = 'tsa.pem'"), environ={})
    assert time_authority(config) == TimeAuthority(openssl.url, openssl.roots)
    assert time_authority(load_config(project(tmp_path, ""), environ={})) is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("url = 'http://tsa.example/'\ntrust = 'tsa.pem'\npasword = 'x'", "unknown setting 'pasword'"),
        ("url = 'http://tsa.example/'", "'trust' is missing"),
        ("url = 'http://tsa.example/'\ntrust = 'none.pem'", "trust is no PEM"),
        ("url = 'ftp://tsa.example/'\ntrust = 'tsa.pem'", "no plain http"),
        ("url = 'http://me:secret@tsa.example/'\ntrust = 'tsa.pem'", "no plain http"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(table: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "tsa.pem").write_bytes(pem([make_root(NOW)[1]]))
    with pytest.raises(ConfigError, match=why) as problem:
        time_authority(load_config(project(tmp_path, f"[time_stamps]\n{table}"), environ={}))
    assert "secret" not in str(problem.value)
