"""ID tokens: what is believed of one, and everything that is not."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest
from joserfc import jwk, jwt

from csvgen.errors import ConfigError, Refused
from csvgen.identity.id_token import Asked, belongs_to_code, proof_of
from csvgen.identity.sign_on_settings import Settings

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
ISSUER, CLIENT = "https://idp.example.invalid/realm", "csvgen"
ASKED = Asked("https://idp.example.invalid/auth", "http://127.0.0.1:1/callback", NOW, "state", "nonce", "verifier")
LATER = NOW + dt.timedelta(seconds=20)
KEY = jwk.ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"}, private=True)
KEYS = {"keys": [KEY.as_dict(private=False)]}
T = int(NOW.timestamp())
GOOD = {
    "iss": ISSUER, "sub": "ada", "aud": CLIENT, "exp": T + 300, "iat": T + 15, "nonce": "nonce", "auth_time": T + 14,
    "acr": "two", "amr": ["pwd", "otp", "mfa"], "jti": "j-1",
}  # fmt: skip


def settings(**more: object) -> Settings:
    return Settings(issuer=ISSUER, client_id=CLIENT, acr=("two",), amr=frozenset({"pwd", "otp"}), **more)


def token(key: object = KEY, header: dict | None = None, **changed: object) -> str:
    claims = {k: v for k, v in {**GOOD, **changed}.items() if v is not None}
    return jwt.encode(header or {"alg": "ES256", "kid": "1"}, claims, key)


def test_a_good_token_is_a_proof():
    proof = proof_of(token(), KEYS, ASKED, settings(), LATER)
    assert (proof.subject, proof.issuer, proof.jti, proof.acr) == ("ada", ISSUER, "j-1", "two")
    assert proof.components == ("identity provider: password", "identity provider: one-time code")
    assert proof.evidence["authenticated"] == "2026-11-21T08:00:14.000000Z"
    assert proof.evidence["id token"].startswith("sha256:")
    assert "nonce" not in repr(ASKED).replace("Asked(", ""), "secrets of a request are not shown"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"iss": "https://idp.example.invalid"}, "iss"), ({"iss": None}, "iss"), ({"iss": ISSUER + "/"}, "iss"),
        ({"aud": "other"}, "aud"), ({"aud": None}, "aud"), ({"aud": []}, "aud"),
        ({"aud": [CLIENT, "other"]}, "another program"), ({"aud": [CLIENT, "other"], "azp": "other"}, "another program"), ({"azp": "other"}, "another program"),
        ({"exp": T - 300}, "exp"), ({"exp": None}, "exp"), ({"exp": "never"}, "exp"),
        ({"iat": T + 600}, "in the future"), ({"iat": None}, "iat"), ({"iat": T - 3600}, "older than the request"),
        ({"nbf": T + 600}, "not yet valid"),
        ({"nonce": "another"}, "nonce"), ({"nonce": None}, "nonce"),
        ({"sub": None}, "sub"), ({"sub": 5}, "sub"),
        ({"auth_time": T - 11}, "open session"), ({"auth_time": T - 86_400}, "open session"), ({"auth_time": T + 600}, "open session"),
        ({"auth_time": None}, "does not say when"), ({"auth_time": "now"}, "does not say when"), ({"auth_time": True}, "does not say when"),
        ({"auth_time": 0}, "does not say when"),
        ({"acr": "one"}, "authenticated by 'one'"), ({"acr": None}, "no class"), ({"acr": ["two"]}, "no class"),
        ({"amr": ["pwd"]}, "did not ask for one-time code"), ({"amr": None}, "did not ask for"), ({"amr": "pwd otp"}, "did not ask for"),
    ],
)  # fmt: skip
def test_a_token_that_says_anything_else_is_refused(changed, words):
    with pytest.raises(Refused, match=words):
        proof_of(token(**changed), KEYS, ASKED, settings(), LATER)


def test_skew_of_the_clocks_is_allowed_for_and_no_more():
    for seconds, good in ((-10, True), (-11, False), (30, True), (31, False)):
        made = token(auth_time=T + seconds)
        if good:
            assert proof_of(made, KEYS, ASKED, settings(), LATER)
        else:
            with pytest.raises(Refused, match="open session"):
                proof_of(made, KEYS, ASKED, settings(), LATER)


def test_token_signed_by_a_foreign_key():
    foreign = jwk.ECKey.generate_key("P-256", {"kid": "1"}, private=True)
    with pytest.raises(Refused, match="does not hold"):
        proof_of(token(foreign), KEYS, ASKED, settings(), LATER)


def test_token_that_brings_its_own_key():
    foreign = jwk.ECKey.generate_key("P-256", {"kid": "9"}, private=True)
    header = {"alg": "ES256", "kid": "9", "jwk": foreign.as_dict(private=False)}
    with pytest.raises(Refused, match="does not hold"):
        proof_of(token(foreign, header), KEYS, ASKED, settings(), LATER)


def test_token_without_signature_or_under_a_shared_secret():
    """alg none, and the provider's public key taken for a shared secret."""
    claims = base64.urlsafe_b64encode(json.dumps(GOOD).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + f".{claims}."
    shared = jwk.OctKey.import_key(json.dumps(KEYS).encode())
    for forged in (none, token(shared, {"alg": "HS256", "kid": "1"}), "", "a.b.c", token() + "x"):
        with pytest.raises(Refused, match="does not hold"):
            proof_of(forged, KEYS, ASKED, settings(), LATER)


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "oct", "kid": "1", "k": "A" * 43}]}, {"keys": [5]}]
)
def test_keys_that_are_none(keys):
    with pytest.raises(Refused, match="does not hold"):
        proof_of(token(), keys, ASKED, settings(), LATER)


def test_every_character_of_a_token_counts():
    """Each character changed once: nothing passes, but for bits base64 does not use."""
    made, passed = token(), []
    for place, character in enumerate(made):
        if character == "." or place == len(made) - 1 or made[place + 1] == ".":
            continue
        forged = made[:place] + ("A" if character != "A" else "B") + made[place + 1 :]
        try:
            proof_of(forged, KEYS, ASKED, settings(), LATER)
            passed.append(place)
        except Refused:
            pass
    assert passed == []


def test_hostile_words_of_a_provider_reach_no_terminal():
    proof = proof_of(token(sub="ada\x1b[31m\n", amr=["pwd", "otp", "\x1b]0;x\x07"]), KEYS, ASKED, settings(), LATER)
    assert all(value.isprintable() for value in (*proof.evidence.values(), *proof.components))


def test_code_and_token_that_came_together():
    half = base64.urlsafe_b64encode(hashlib.sha256(b"code").digest()[:16]).rstrip(b"=").decode()
    assert belongs_to_code({"c_hash": half}, "code")
    assert not belongs_to_code({"c_hash": half}, "another")
    assert not belongs_to_code({}, "code")


# ------------------------------------------------------------ settings

TABLE = {"issuer": ISSUER, "client_id": CLIENT, "amr": "pwd otp"}


def test_settings_as_written():
    found = Settings.read({**TABLE, "acr": "a b", "skew_seconds": "5", "client_secret_file": "secret"}, Path("/project"))
    assert (found.acr, found.amr, found.skew_seconds) == (("a", "b"), frozenset({"pwd", "otp"}), 5)
    assert found.client_secret_file == "/project/secret"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({**TABLE, "client_secret": "x"}, "unknown setting 'client_secret'"), ({**TABLE, "isuer": "x"}, "unknown setting"),
        ({"client_id": CLIENT, "amr": "pwd"}, "needs issuer"), ({"issuer": ISSUER, "amr": "pwd"}, "needs client_id"),
        ({**TABLE, "issuer": "http://idp.example.invalid"}, "https"), ({**TABLE, "issuer": "https://a/?x=1"}, "https"), ({**TABLE, "issuer": ""}, "https"),
        ({"issuer": ISSUER, "client_id": CLIENT}, "neither acr nor amr"), ({**TABLE, "amr": " "}, "neither acr nor amr"),
        ({**TABLE, "skew_seconds": "121"}, "whole number up to 120"), ({**TABLE, "skew_seconds": "-1"}, "whole number"), ({**TABLE, "max_age": "3600"}, "up to 1"),
        ({**TABLE, "port": "70000"}, "whole number"), ({**TABLE, "response": "token"}, "response must be"),
        ({**TABLE, "client_secret_env": "A", "client_secret_file": "b"}, "two places"),
    ],
)  # fmt: skip
def test_settings_that_would_make_it_worthless(table, words):
    with pytest.raises(ConfigError, match=words):
        Settings.read(table, Path())


def test_secret_comes_from_file_or_environment_and_is_never_shown(tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    by_file = Settings.read({**TABLE, "client_secret_file": "secret"}, tmp_path)
    by_name = Settings.read({**TABLE, "client_secret_env": "IDP_SECRET"}, tmp_path)
    assert by_file.secret({}) == by_name.secret({"IDP_SECRET": "s3cret"}) == "s3cret"
    assert Settings.read(TABLE, tmp_path).secret({}) == ""
    assert "s3cret" not in repr(by_file) + repr(by_name)
    (tmp_path / "secret").unlink()
    for settings_, environ in ((by_file, {}), (by_name, {})):
        with pytest.raises(ConfigError, match="client secret"):
            settings_.secret(environ)
