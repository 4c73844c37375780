"""Single sign-on: OpenID Connect, authorization code with PKCE, and a fresh log-in at every signing.

An open session at the provider answers without asking anybody, and its ID token keeps the old `auth_time`. So every request says
`prompt=login` and `max_age`, and what comes back counts only if the token itself proves it (`id_token`): signed by the provider, for
us, for this request, authenticated after the request began, by the means that were asked for (OpenID Connect Core 1.0, 3.1.2.1 and
3.1.3.7; RFC 7636; RFC 8252; RFC 9207; the step-up as in RFC 9470). authlib speaks the protocol, joserfc checks the token.

Nothing of csvgen is written here: `signed_on` does that, and only with a `Proof`.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Refused
from csvgen.identity.id_token import Asked, Proof, belongs_to_code, claims_of, proof_of
from csvgen.identity.sign_on_settings import Settings, safe_address

if TYPE_CHECKING:
    import httpx2
    from authlib.integrations.httpx_client import OAuth2Client

_LARGEST = 1_000_000
"""Bytes of an answer of the provider."""


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
            if not safe_address(metadata.get(name)):
                raise Refused(f"the identity provider names no https address as its {name}", where=settings.issuer)
        methods = metadata.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise Refused("the identity provider does not know PKCE with S256 (RFC 7636)", where=settings.issuer)
        return cls(settings, metadata, environ)

    def ask(self, redirect_uri: str, now: dt.datetime) -> Asked:
        """Begin: a request for a fresh log-in, whoever is logged in at the provider."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        wishes = {"acr_values": " ".join(self._settings.acr)} if self._settings.acr else {}
        if self._settings.response != "code":
            wishes["response_mode"] = "form_post"  # so that nothing of the answer stands in an address
        with self._oauth(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._metadata["authorization_endpoint"], state=state, nonce=nonce, prompt="login", max_age=str(self._settings.max_age),
                response_type=self._settings.response, code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
                **wishes,
            )  # fmt: skip
        return Asked(url, redirect_uri, now, state, nonce, verifier)

    def finish(self, asked: Asked, answer: str, now: dt.datetime) -> Proof:
        """Turn the address the browser was sent back to into a proof. Raises Refused for whatever is not exactly what was asked for."""
        given = self._given(asked, answer)
        token = self._exchanged(asked, given["code"])
        with _client(self._settings) as client:
            keys = _answer(client.get, self._metadata["jwks_uri"], what="show its keys")
        if self._settings.response == "code":
            return proof_of(token, keys, asked, self._settings, now)
        shown = given.get("id_token", "")
        proof = proof_of(shown, keys, asked, self._settings, now)
        if not belongs_to_code(claims_of(shown, keys, asked, self._settings, now), given["code"]):
            raise Refused("the ID token does not belong to the code it came with (c_hash)", rule="RR-N01")
        if claims_of(token, keys, asked, self._settings, now)["sub"] != proof.subject:
            raise Refused("the provider names two subjects for one log-in", rule="RR-N01")
        return proof

    def _exchanged(self, asked: Asked, code: str) -> str:
        """The ID token the provider gives us for the code, directly."""
        with self._oauth(asked.redirect_uri) as client:
            token = _answer(
                client.fetch_token, self._metadata["token_endpoint"], what="turn the code into a token", grant_type="authorization_code",
                code=code, code_verifier=asked.verifier, redirect_uri=asked.redirect_uri,
            ).get("id_token")  # fmt: skip
        if not isinstance(token, str):
            raise Refused("the identity provider gave no ID token", rule="RR-N01")
        return token

    def _given(self, asked: Asked, answer: str) -> dict[str, str]:
        """What the browser brought, when it answers this request."""
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
        return given

    def _oauth(self, redirect_uri: str) -> OAuth2Client:
        from authlib.integrations.httpx_client import OAuth2Client

        secret = self._settings.secret(self._environ)
        return OAuth2Client(
            self._settings.client_id, secret or None, scope="openid", redirect_uri=redirect_uri, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if secret else "none", **_transport(self._settings),
        )  # fmt: skip


# ------------------------------------------------------------------ transport


def _client(settings: Settings) -> httpx2.Client:
    try:
        import authlib  # noqa: F401
        import httpx2
        import joserfc  # noqa: F401
    except ImportError as missing:
        raise ConfigError(f"sign-on needs {missing.name}", hint="pip install 'csvgen[sso]'") from None

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


__all__ = ["Asked", "Proof", "Provider", "Settings"]
