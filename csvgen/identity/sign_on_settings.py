"""[sign_on] of csvgen.toml: which identity provider, who we are there, and what it must have asked of a person."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from csvgen.errors import ConfigError

KEYS = frozenset(
    {
        "issuer", "client_id", "client_secret_file", "client_secret_env", "acr", "amr", "max_age", "response", "skew_seconds", "port",
        "ca_file",
    }
)  # fmt: skip
RESPONSES = ("code", "code id_token")
_LONGEST_SKEW = 120


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
    response: str = "code"
    """Or "code id_token": the hybrid flow, for a provider that says only to the browser when it authenticated (`auth_time`)."""
    ca_file: str = ""
    """PEM with the authority of the provider's own TLS certificate, when no public one issued it."""

    @classmethod
    def read(cls, table: Mapping[str, str], root: Path) -> Settings:
        """Raises ConfigError for an unknown or missing setting, and for one that would make the sign-on worthless."""
        if unknown := sorted(table.keys() - KEYS):
            raise ConfigError(f"unknown setting {unknown[0]!r} in [sign_on]", hint=f"known: {', '.join(sorted(KEYS))}")
        if missing := sorted({"issuer", "client_id"} - table.keys()):
            raise ConfigError(f"[sign_on] needs {missing[0]}")
        if not safe_address(table["issuer"]) or "?" in table["issuer"] or "#" in table["issuer"]:
            raise ConfigError("the issuer must be an https address", where="[sign_on]")
        found = cls(
            issuer=table["issuer"], client_id=table["client_id"], client_secret_env=table.get("client_secret_env", ""),
            client_secret_file=str(root / table["client_secret_file"]) if "client_secret_file" in table else "",
            acr=tuple(table.get("acr", "").split()), amr=frozenset(table.get("amr", "").split()),
            response=table.get("response", "code"),
            max_age=_number(table, "max_age", 0, 1),
            skew_seconds=_number(table, "skew_seconds", 10, _LONGEST_SKEW), port=_number(table, "port", 0, 65_535),
            ca_file=str(root / table["ca_file"]) if "ca_file" in table else "",
        )  # fmt: skip
        if found.response not in RESPONSES:
            raise ConfigError(f"response must be one of: {', '.join(RESPONSES)}", where="[sign_on]")
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


def safe_address(url: object) -> bool:
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
