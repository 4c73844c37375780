"""Single sign-on: OpenID Connect, authorization code with PKCE, and a fresh log-in at every signing.

An open session at the provider answers without asking anybody, and its ID token keeps the old `auth_time`. So every request says
`prompt=login` and `max_age=0`, and what comes back counts only if the token itself proves it: signed by the provider, for us, for this
request (nonce), authenticated after the request began, by the means that were asked for (OpenID Connect Core 1.0, 3.1.2.1 and
3.1.3.7; RFC 7636; RFC 8252; RFC 9207; RFC 9470 for the step-up). authlib speaks the protocol, joserfc checks the token.

Nothing of csvgen is written here: `signed_on` does that, and only with a `Proof`.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import stored
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Refused

if TYPE_CHECKING:
    import httpx2
    from authlib.integrations.httpx_client import OAuth2Client

KEYS = frozenset(
    {"issuer", "client_id", "client_secret_file", "client_secret_env", "acr", "amr", "max_age", "skew_seconds", "port", "ca_file"}
)
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by the provider's own key. Never a shared secret, with which we could have made the token ourselves."""
_LONGEST_SKEW = 120
_LARGEST = 1_000_000
"""Bytes of an answer of the provider."""

MEANS: Mapping[str, str] = {
    "pwd": "password", "password": "password", "otp": "one-time code", "pin": "PIN", "sms": "code by message", "sc": "smart card",
    "hwk": "hardware key", "swk": "software key", "fpt": "fingerprint", "face": "face", "webauthn": "hardware key", "certificate": "certificate",
}  # fmt: skip
"""Values of `amr` (RFC 8176, and what providers write besides) in words. "mfa" is a count, not a means."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """[sign_on] of csvgen.toml. The client secret is read when it is used, and is no part of this value."""

    issuer: str
    client_id: str
    client_secret_file: str = ""
    client_secret_env: str = ""
    acr: tuple[str, ...] = ()
    """Classes of authentication, best first, one of which the token must show."""
    amr: frozenset[str] = frozenset()
    """Means of authentication that the token must show, all of them."""
    skew_seconds: int = 10
    """How far the provider's clock may be from ours."""
    max_age: int = 0
    """Asked of the provider; 1 for one that takes 0 for no number. Either way only `auth_time` in the token counts."""
    port: int = 0
    """Port of loopback the provider answers to; 0 for any free one (RFC 8252, 7.3)."""
    ca_file: str = ""
    """PEM with the authority of the provider's own TLS certificate, when no public one issued it."""

    @classmethod
    def read(cls, table: Mapping[str, str], root: Path) -> Settings:
        """Raises ConfigError for an unknown or missing setting, and for one that would make the sign-on worthless."""
        if unknown := sorted(table.keys() - KEYS):
            raise ConfigError(f"unknown setting {unknown[0]!r} in [sign_on]", hint=f"known: {', '.join(sorted(KEYS))}")
        if missing := sorted({"issuer", "client_id"} - table.keys()):
            raise ConfigError(f"[sign_on] needs {missing[0]}")
        if not _safe(table["issuer"]) or "?" in table["issuer"] or "#" in table["issuer"]:
            raise ConfigError("the issuer must be an https address", where="[sign_on]")
        found = cls(
            issuer=table["issuer"], client_id=table["client_id"], client_secret_env=table.get("client_secret_env", ""),
            client_secret_file=str(root / table["client_secret_file"]) if "client_secret_file" in table else "",
            acr=tuple(table.get("acr", "").split()), amr=frozenset(table.get("amr", "").split()),
            max_age=_number(table, "max_age", 0, 1),
            skew_seconds=_number(table, "skew_seconds", 10, _LONGEST_SKEW), port=_number(table, "port", 0, 65_535),
            ca_file=str(root / table["ca_file"]) if "ca_file" in table else "",
        )  # fmt: skip
        if not found.acr and not found.amr:
            raise ConfigError(
                "[sign_on] names neither acr nor amr: nobody would know what the provider asked of a person", rule="RR-N01",
                hint='amr = "pwd otp", or the acr of the provider for two factors',
            )  # fmt: skip
        if found.client_secret_file and found.client_secret_env:
            raise ConfigError("[sign_on] names two places of the client secret")
        return found

    def secret(self, environ: Mapping[str, str] = os.environ) -> str:
        """The client secret; empty for a public client, which PKCE alone protects. Raises ConfigError when it is not there."""
        if self.client_secret_env:
            if not (found := environ.get(self.client_secret_env, "")):
                raise ConfigError(f"the environment has no {self.client_secret_env} (client secret of the sign-on)")
            return found
        if not self.client_secret_file:
            return ""
        try:
            return Path(self.client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError("the client secret of the sign-on cannot be read", where=self.client_secret_file) from None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under way: what only we and the provider know of it."""

    url: str
    """Where the person's browser goes."""
    redirect_uri: str
    at: dt.datetime
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What an ID token proved: this subject of this provider authenticated just now, by these means."""

    issuer: str
    subject: str
    authenticated: dt.datetime
    asked: dt.datetime
    acr: str
    amr: tuple[str, ...]
    token: Digest
    """Digest of the ID token, as it came; the token itself is kept nowhere."""
    jti: str = ""

    @property
    def components(self) -> tuple[str, ...]:
        """Means in words, each once: "identity provider: password"."""
        means = [MEANS.get(m, m) for m in self.amr if m not in ("mfa", "mca", "user")] or [self.acr]
        return tuple(f"identity provider: {m}" for m in dict.fromkeys(means))

    @property
    def evidence(self) -> dict[str, str]:
        """For the event and the record of a signing."""
        found = {
            "issuer": self.issuer, "subject": self.subject, "id token": str(self.token), "jti": self.jti, "acr": self.acr,
            "amr": " ".join(self.amr), "authenticated": stored(self.authenticated),
        }  # fmt: skip
        return {name: one_line(value) for name, value in found.items() if value}


class Provider:
    """An OpenID provider, as its discovery document describes it (OpenID Connect Discovery 1.0)."""

    def __init__(self, settings: Settings, metadata: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._metadata = metadata
        self._environ = environ

    @classmethod
    def discovered(cls, settings: Settings, environ: Mapping[str, str] = os.environ) -> Provider:
        """Ask the provider for its addresses. Raises Refused when it cannot be reached or is not the issuer that was configured."""
        url = f"{settings.issuer.removesuffix('/')}/.well-known/openid-configuration"
        with _client(settings) as client:
            metadata = _answer(client.get, url, what="describe itself")
        if metadata.get("issuer") != settings.issuer:
            raise Refused("the identity provider calls itself another issuer than the one in [sign_on]", where=settings.issuer)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _safe(metadata.get(name)):
                raise Refused(f"the identity provider names no https address as its {name}", where=settings.issuer)
        methods = metadata.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise Refused("the identity provider does not know PKCE with S256 (RFC 7636)", where=settings.issuer)
        return cls(settings, metadata, environ)

    def ask(self, redirect_uri: str, now: dt.datetime) -> Asked:
        """Begin: a request for a fresh log-in, whoever is logged in at the provider."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        wishes = {"acr_values": " ".join(self._settings.acr)} if self._settings.acr else {}
        with self._oauth(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._metadata["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce, prompt="login",
                max_age=str(self._settings.max_age), **wishes,
            )  # fmt: skip
        return Asked(url, redirect_uri, now, state, nonce, verifier)

    def finish(self, asked: Asked, answer: str, now: dt.datetime) -> Proof:
        """Turn the address the browser was sent back to into a proof. Raises Refused for whatever is not exactly what was asked for."""
        self._refuse_other_answer(asked, answer)
        with self._oauth(asked.redirect_uri) as client:
            token = _answer(
                client.fetch_token, self._metadata["token_endpoint"], what="turn the code into a token", authorization_response=answer,
                state=asked.state, code_verifier=asked.verifier,
            ).get("id_token")  # fmt: skip
        if not isinstance(token, str):
            raise Refused("the identity provider gave no ID token", rule="RR-N01")
        with _client(self._settings) as client:
            keys = _answer(client.get, self._metadata["jwks_uri"], what="show its keys")
        return proof_of(token, keys, asked, self._settings, now)

    def _refuse_other_answer(self, asked: Asked, answer: str) -> None:
        given = dict(parse_qsl(urlsplit(answer).query, keep_blank_values=True))
        if not hmac.compare_digest(given.get("state", "").encode(), asked.state.encode()):
            raise Refused("the answer does not belong to this request (state)", rule="RR-N01")
        if "error" in given:
            said = one_line(" ".join((given["error"], given.get("error_description", ""))).strip())[:200]
            raise Refused(f"the identity provider did not authenticate: {said}")
        named = given.get("iss")
        promised = self._metadata.get("authorization_response_iss_parameter_supported") is True
        if (promised or named is not None) and named != self._settings.issuer:
            raise Refused("the answer comes from another provider (RFC 9207)", rule="RR-N01")
        if not given.get("code"):
            raise Refused("the answer of the identity provider holds no code")

    def _oauth(self, redirect_uri: str) -> OAuth2Client:
        from authlib.integrations.httpx_client import OAuth2Client

        secret = self._settings.secret(self._environ)
        return OAuth2Client(
            self._settings.client_id, secret or None, scope="openid", redirect_uri=redirect_uri, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if secret else "none", **_transport(self._settings),
        )  # fmt: skip


def proof_of(token: str, keys: Mapping[str, Any], asked: Asked, settings: Settings, now: dt.datetime) -> Proof:
    """Check an ID token in full (OpenID Connect Core 1.0, 3.1.3.7). `keys` is the provider's JWK set. Raises Refused, saying why."""
    from joserfc import errors, jwk, jwt

    skew, moment = settings.skew_seconds, int(now.timestamp())
    try:
        found = jwt.decode(token, jwk.KeySet.import_key_set(keys), algorithms=list(_ALGORITHMS))  # type: ignore[arg-type]
        wanted = jwt.JWTClaimsRegistry(
            now=moment, leeway=skew, iss={"essential": True, "value": settings.issuer}, sub={"essential": True},
            aud={"essential": True, "value": settings.client_id}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": asked.nonce},
        )  # fmt: skip
        wanted.validate(found.claims)
    except (errors.JoseError, ValueError, TypeError, KeyError) as problem:
        why = one_line(str(problem))[:120]
        raise Refused(f"the ID token does not hold ({type(problem).__name__}: {why})", rule="RR-N01") from None
    claims = found.claims
    audience, party = claims["aud"], claims.get("azp")
    others = isinstance(audience, list) and len(audience) > 1
    if (others or party is not None) and party != settings.client_id:
        raise Refused("the ID token was issued to another program", rule="RR-N01")
    begun = asked.at.timestamp() - skew
    if claims["iat"] < int(begun):
        raise Refused("the ID token is older than the request", rule="RR-N01")
    at = claims.get("auth_time")
    if not isinstance(at, int) or isinstance(at, bool):
        raise Refused("the ID token does not say when the person authenticated (auth_time)", rule="RR-N02")
    if at < int(begun) or at > moment + skew:
        raise Refused(
            "the person did not log in for this: the provider answered from an open session", rule="RR-N02",
            hint="the provider must honour prompt=login or max_age=0",
        )  # fmt: skip
    acr, amr = _means(claims)
    if settings.acr and acr not in settings.acr:
        raise Refused(
            f"the provider authenticated by {acr or 'no class it names'!r}, not by {' or '.join(settings.acr)}", rule="RR-N01"
        )
    if lacking := sorted(settings.amr - set(amr)):
        raise Refused(f"the provider did not ask for {', '.join(MEANS.get(m, m) for m in lacking)}", rule="RR-N01")
    jti = claims.get("jti")
    return Proof(
        issuer=settings.issuer, subject=str(claims["sub"]), authenticated=dt.datetime.fromtimestamp(at, dt.UTC), asked=asked.at, acr=acr,
        amr=amr, token=digest_bytes(token.encode("ascii")), jti=jti if isinstance(jti, str) else "",
    )  # fmt: skip


def _means(claims: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """`acr` and `amr`; whatever is not of their form is as if it were not there."""
    acr, amr = claims.get("acr"), claims.get("amr")
    means = tuple(one_line(m)[:40] for m in amr if isinstance(m, str)) if isinstance(amr, list) else ()
    return (one_line(acr)[:120] if isinstance(acr, str) else ""), means


# ------------------------------------------------------------------ transport


def _client(settings: Settings) -> httpx2.Client:
    import httpx2

    return httpx2.Client(**_transport(settings))


def _transport(settings: Settings) -> dict[str, Any]:
    """No redirects: a provider answers at its addresses. No proxies and no passwords from the environment of whoever runs this."""
    import ssl

    verify: Any = True
    if settings.ca_file:
        try:
            verify = ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ssl.SSLError):
            raise ConfigError("the authority of the provider's TLS certificate cannot be read", where=settings.ca_file) from None
    return {"timeout": 15.0, "follow_redirects": False, "trust_env": False, "verify": verify}


def _answer(call: Any, url: str, *, what: str, **more: Any) -> Mapping[str, Any]:
    """A JSON object from the provider. Raises Refused, in plain words, for everything else."""
    import httpx2
    from authlib.common.errors import AuthlibBaseError

    try:
        found = call(url, **more)
        if isinstance(found, httpx2.Response):
            found.raise_for_status()
            found = found.json() if len(found.content) <= _LARGEST else None
    except httpx2.HTTPStatusError as problem:
        raise Refused(f"the identity provider did not {what} (HTTP {problem.response.status_code})", where=_host(url)) from None
    except httpx2.HTTPError as problem:
        raise Refused(f"the identity provider cannot be reached to {what} ({type(problem).__name__})", where=_host(url)) from None
    except AuthlibBaseError as problem:
        said = one_line(f"{problem.error}: {problem.description or ''}".strip(": "))[:200]
        raise Refused(f"the identity provider did not {what}: {said}", where=_host(url)) from None
    except (ValueError, TypeError, KeyError):
        found = None
    if not isinstance(found, dict):
        raise Refused(f"the identity provider did not {what}: its answer is not what the standard says", where=_host(url))
    return found


def _host(url: str) -> str:
    return one_line(urlsplit(url).netloc)


def _safe(url: object) -> bool:
    """https, or plain http on this very machine."""
    if not isinstance(url, str) or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
        )
    except ValueError:
        return False


def _number(table: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = table.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise ConfigError(f"{name} must be a whole number up to {most}", where="[sign_on]")
    return int(text)
