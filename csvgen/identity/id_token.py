"""What an ID token proves: by whom it is, for whom, for which request, and that the person authenticated for it and how.

joserfc checks signature and times; what makes a log-in fresh (`auth_time`) and strong (`acr`, `amr`) is checked here.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import stored
from csvgen.diagnostics import one_line
from csvgen.errors import Refused
from csvgen.identity.sign_on_settings import Settings

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by the provider's own key. Never a shared secret, with which we could have made the token ourselves."""

MEANS: Mapping[str, str] = {
    "pwd": "password", "password": "password", "otp": "one-time code", "pin": "PIN", "sms": "code by message", "sc": "smart card",
    "hwk": "hardware key", "swk": "software key", "fpt": "fingerprint", "face": "face", "webauthn": "hardware key", "certificate": "certificate",
}  # fmt: skip
"""Values of `amr` (RFC 8176, and what providers write besides) in words. "mfa" is a count, not a means."""


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


def proof_of(token: str, keys: Mapping[str, Any], asked: Asked, settings: Settings, now: dt.datetime) -> Proof:
    """Check an ID token in full (OpenID Connect Core 1.0, 3.1.3.7). `keys` is the provider's JWK set. Raises Refused, saying why."""
    claims = claims_of(token, keys, asked, settings, now)
    moment, begun = int(now.timestamp()), int(asked.at.timestamp()) - settings.skew_seconds
    at = claims.get("auth_time")
    if not isinstance(at, int) or isinstance(at, bool) or at <= 0:
        raise Refused(
            "the ID token does not say when the person authenticated (auth_time)", rule="RR-N02",
            hint='some providers say it to the browser alone: [sign_on] response = "code id_token"',
        )  # fmt: skip
    if at < begun or at > moment + settings.skew_seconds:
        raise Refused(
            "the person did not log in for this: the provider answered from an open session", rule="RR-N02",
            hint="the provider must honour prompt=login or max_age",
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


def claims_of(token: str, keys: Mapping[str, Any], asked: Asked, settings: Settings, now: dt.datetime) -> dict[str, Any]:
    """What an ID token says, when it is the provider's, for us, and for this request. Raises Refused."""
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
    if claims["iat"] < int(asked.at.timestamp()) - skew:
        raise Refused("the ID token is older than the request", rule="RR-N01")
    return dict(claims)


def belongs_to_code(claims: Mapping[str, Any], code: str) -> bool:
    """Whether a token that came through the browser names this code (c_hash, OpenID Connect Core 1.0, 3.3.2.11), over SHA-256."""
    half = base64.urlsafe_b64encode(hashlib.sha256(code.encode("utf-8")).digest()[:16]).rstrip(b"=").decode("ascii")
    said = claims.get("c_hash")
    return isinstance(said, str) and hmac.compare_digest(said.encode(), half.encode())


def _means(claims: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """`acr` and `amr`; whatever is not of their form is as if it were not there."""
    acr, amr = claims.get("acr"), claims.get("amr")
    means = tuple(one_line(m)[:40] for m in amr if isinstance(m, str)) if isinstance(amr, list) else ()
    return (one_line(acr)[:120] if isinstance(acr, str) else ""), means
