"""The HTTP target: the ports of `csvgen.ports`, answered as a description says. A port is offered when anything of it is described."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from csvgen.clock import SystemClock
from csvgen.errors import ConfigError
from csvgen.model.counterpart import Counterpart
from csvgen.ports import Secret
from csvgen.targets.described import named, tells_digests, with_digest
from csvgen.targets.http.client import Client
from csvgen.targets.http.description import Description, Kept, read_description, refuse_address
from csvgen.targets.http.openapi import refuse_unlisted
from csvgen.targets.http.ports import HttpAccess, HttpEntry, HttpInstallation, HttpRecords, HttpSigning, HttpTrail
from csvgen.views import Unanswered


def start(name: str, settings: Mapping[str, str]) -> HttpTarget:
    """Bind the system that ``settings["description"]`` describes; nothing is asked of it yet.

    Raises ConfigError for a description with findings, Unanswered where a credential is not there.
    """
    root, file = named(name, settings)
    description = read_description(root / file, file)
    refuse_unlisted(description, root)
    return HttpTarget(name, description, root)


def kept_value(kept: Kept, root: Path, environ: Mapping[str, str], target: str) -> str:
    """A secret, or an address, from where it is kept. Raises Unanswered naming the variable or file, never a value."""
    if kept.env is not None:
        if not (found := environ.get(kept.env, "")):
            raise Unanswered(
                f"the environment variable {kept.env} is not set", where=f"target {target}", hint=f"export {kept.env}=..."
            )
        return found
    assert kept.file is not None
    try:
        return (root / kept.file).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise Unanswered(f"the file {kept.file} cannot be read: {problem.strerror}", where=f"target {target}") from None


class HttpTarget:
    """A bound HTTP system."""

    def __init__(self, name: str, description: Description, root: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._name = name
        self._root = root
        self._environ = environ
        self.description = description
        said = description.address if isinstance(description.address, str) else self.kept(description.address)
        try:
            refuse_address(said)
        except ValueError as problem:
            raise ConfigError(str(problem), where=f"address of {name}") from None
        client = self._client = Client(description, said, self.kept, root, SystemClock())
        made: dict[str, tuple[object, object]] = {
            "Installation": (description.installation, HttpInstallation(client)),
            "Access": (description.access, HttpAccess(client, lambda kept: Secret(self.kept(kept)))),
            "Records": (description.records, HttpRecords(client)),
            "AuditTrail": (description.audit_trail, HttpTrail(client)),
            "Signing": (any(r.sign for r in description.records.values()), HttpSigning(client)),
            "Entry": (description.forms, HttpEntry(client)),
        }
        self._ports: dict[str, Any] = {port: found for port, (described, found) in made.items() if described}

    def kept(self, kept: Kept) -> str:
        """See `kept_value`."""
        return kept_value(kept, self._root, self._environ, self._name)

    @property
    def name(self) -> str:
        return self._name

    @property
    def instance(self) -> str:
        return self.description.instance

    @property
    def counterparts(self) -> tuple[Counterpart, ...]:
        """As the description says; whoever wrote it answers for it. The digest is over those of the components, where the system tells them."""
        said = self.description.counterpart
        return (
            with_digest(said, HttpInstallation(self._client).components)
            if tells_digests(self.description.installation)
            else said,
        )

    def port(self, name: str) -> object | None:
        return self._ports.get(name)

    def close(self) -> None:
        """End the connection."""
        self._client.close()
