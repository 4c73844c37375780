"""[portal] of csvgen.toml: where the review room listens, under which address people reach it, and its limits."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator

from csvgen.errors import ConfigError
from csvgen.model.base import Value, first_fault
from csvgen.model.people import Policy

_WHERE = "csvgen.toml [portal]"


class PortalSettings(Value):
    """The table, checked. The defaults serve one machine: nobody else reaches the loopback address."""

    address: str = "127.0.0.1"
    """Of the interface that is listened on."""
    port: int = Field(default=8137, ge=0, le=65_535)
    """0 takes a free one."""
    origin: str = Field(default="", pattern=r"^$|^https?://[a-z0-9.-]+(?::[0-9]{1,5})?$")
    """What stands in the browser's address line, where it is not the address listened on: ``https://review.example.org``."""
    certificate: str = ""
    """PEM file of the server's TLS certificate with its chain; with `key`."""
    key: str = ""
    proxies: str = ""
    """Addresses of the reverse proxies whose word on where a visitor comes from is taken; comma between them."""
    idle_seconds: int = Field(default=900, ge=60)
    """A session nobody used for so long has ended. The policy of [security] counts too; the shorter one decides."""
    session_seconds: int = Field(default=28_800, ge=60)
    """Longest life of a session, however busy it is."""
    form_bytes: int = Field(default=262_144, ge=4_096)
    """Most that a form without files may hold."""
    upload_bytes: int = Field(default=20_000_000, ge=4_096)
    """Most that a form with files may hold, on pages that take files."""
    hashing: int = Field(default=2, ge=1)
    """How many passwords are proved at the same time; each takes a core and its share of memory, the others wait."""
    threads: int = Field(default=16, ge=2, le=200)
    """How many pages are made at the same time."""
    streams: int = Field(default=4, ge=1, le=100)
    """How many live views of runs one person may hold open."""
    look_seconds: float = Field(default=1.0, ge=0, le=10)
    """How long a look at the files of the project is good for pages that are only read; acts look afresh in any case."""
    reading_seconds: float = Field(default=1.0, ge=0, le=60)
    """How long a page waits for files that changed to be read; longer, and it shows the project as it was before, and says so."""

    @model_validator(mode="after")
    def _whole(self) -> PortalSettings:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key belong together")
        if self.certificate and self.origin.startswith("http://"):
            raise ValueError("origin begins with http:// although there is a certificate")
        if not self.loopback and not self.secure:
            raise ValueError(
                "passwords would travel in the clear: give certificate and key, or an https origin of a proxy and proxies"
            )
        if self.origin.startswith("https://") and not self.certificate and not self.proxies:
            raise ValueError("who speaks https in front of an https origin? give certificate and key, or proxies")
        return self

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine reaches the address listened on."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"

    @property
    def secure(self) -> bool:
        """Whether browsers speak https to the room."""
        return bool(self.certificate) or (self.origin.startswith("https://") and bool(self.proxies))

    def origins(self, port: int) -> tuple[str, ...]:
        """The origins a form may come from, and by them the hosts that are answered; `port` is the one listened on."""
        if self.origin:
            return (self.origin,)
        scheme = "https" if self.secure else "http"
        address = f"[{self.address}]" if ":" in self.address else self.address
        names = (address, "localhost") if self.loopback else (address,)
        return tuple(f"{scheme}://{name}:{port}" for name in names)

    def strict(self, policy: Policy) -> Policy:
        """The policy of the project, with the shorter limits of the two."""
        shorter = {"idle_seconds": self.idle_seconds, "session_seconds": self.session_seconds}
        return policy.model_copy(update={n: min(v, getattr(policy, n)) for n, v in shorter.items()})


def host_of(origin: str) -> str:
    return urlsplit(origin).netloc


def read_portal(table: Mapping[str, str]) -> PortalSettings:
    """The table [portal]. Raises ConfigError for an unknown key or a value that cannot be used, naming it."""
    if unknown := sorted({*table} - {*PortalSettings.model_fields}):
        known = ", ".join(sorted(PortalSettings.model_fields))
        raise ConfigError(f"unknown setting {unknown[0]!r}", where=_WHERE, hint=f"known: {known}")
    try:
        return PortalSettings.model_validate(dict(table))
    except ValidationError as problem:
        raise ConfigError(
            first_fault(problem).removeprefix("the record itself: ").replace("Value error, ", ""), where=_WHERE
        ) from None
