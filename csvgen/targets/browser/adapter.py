"""The browser target: the ports of `csvgen.ports`, answered by what a real browser shows. A port is offered when anything of it is described."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from csvgen.clock import SystemClock
from csvgen.errors import ConfigError
from csvgen.model.counterpart import Counterpart
from csvgen.ports import Secret
from csvgen.targets.browser.description import Description, read_description
from csvgen.targets.browser.pages import Browser, Keep, program
from csvgen.targets.browser.ports import (
    BrowserAccess,
    BrowserEntry,
    BrowserInstallation,
    BrowserRecords,
    BrowserSigning,
    BrowserTrail,
    Desk,
)
from csvgen.targets.described import named, tells_digests, with_digest
from csvgen.targets.http.adapter import kept_value
from csvgen.targets.http.description import Kept, refuse_address


def start(name: str, settings: Mapping[str, str]) -> BrowserTarget:
    """Start a browser for the system that ``settings["description"]`` describes; no page is opened yet. ``browser`` names its program.

    Raises ConfigError for a description with findings, Unanswered where a credential or a browser is not there.
    """
    root, file = named(name, settings, "browser")
    description = read_description(root / file, file)
    return BrowserTarget(name, description, root, settings.get("browser", ""))


class BrowserTarget:
    """A bound browser system."""

    def __init__(
        self, name: str, description: Description, root: Path, browser: str, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._name = name
        self.description = description

        def kept(where: Kept) -> str:
            return kept_value(where, root, environ, name)

        address = description.address if isinstance(description.address, str) else kept(description.address)
        try:
            refuse_address(address)
        except ValueError as problem:
            raise ConfigError(str(problem), where=f"address of {name}") from None
        self._browser = Browser(address, program(browser), float(description.timeout), SystemClock())
        desk = self._desk = Desk(self._browser, description)
        signed = any(r.sign or r.signatures for r in description.records.values())
        made: dict[str, tuple[object, object]] = {
            "Installation": (description.installation, BrowserInstallation(desk)),
            "Access": (description.access, BrowserAccess(desk, lambda where: Secret(kept(where)))),
            "Records": (description.records, BrowserRecords(desk)),
            "AuditTrail": (description.audit_trail, BrowserTrail(desk)),
            "Signing": (signed, BrowserSigning(desk)),
            "Entry": (description.forms, BrowserEntry(desk)),
        }
        self._ports: dict[str, Any] = {port: found for port, (described, found) in made.items() if described}

    @property
    def name(self) -> str:
        return self._name

    @property
    def instance(self) -> str:
        """With the browser: what a page shows is what this one made of it."""
        return f"{self.description.instance}, in {self._browser.version}"

    @property
    def counterparts(self) -> tuple[Counterpart, ...]:
        """As the description says; whoever wrote it answers for it. The digest is over those of the components, where the system tells them."""
        said = self.description.counterpart
        return (
            with_digest(said, BrowserInstallation(self._desk).components)
            if tells_digests(self.description.installation)
            else said,
        )

    def port(self, name: str) -> object | None:
        return self._ports.get(name)

    def show_to(self, keep: Keep | None) -> None:
        """See `csvgen.ports.Showing`."""
        self._browser.keep = keep

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
