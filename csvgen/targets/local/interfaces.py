"""The port Interfaces of the local target: instrument files come in with their manifest, certificates of released lots go out."""

from __future__ import annotations

import json
from pathlib import Path

from csvgen.pipeline.core import KEYS
from csvgen.pipeline.keyring import ROOT
from csvgen.ports import Message, Outcome, RecordCopy, RecordView
from csvgen.targets.local.connection import Line, Port, SystemRefused

INBOUND = "instrument files"
"""A file of a lot with ``file`` (its name), ``sha256``, ``instrument``, ``sample`` and ``method``: what `Pipeline.ingest` takes."""
OUTBOUND = "certificates"
"""The data of a certificate of analysis; the digests its record names; the signed PDF."""


class LocalInterfaces(Port):
    """ports.Interfaces."""

    def __init__(self, connection: Line, home: Path) -> None:
        super().__init__(connection)
        self._home = home

    def receive(self, session: str, interface: str, record: str, message: Message) -> Outcome:
        """As in the port; without a session nobody is told which interfaces there are."""
        if interface != INBOUND:
            alive = self._connection.outcome("Access.whoami", session=session)
            if not alive.accepted:
                return alive
            raise KeyError(interface)
        manifest = dict(message.manifest)
        told = {"file_name": manifest.pop("file", ""), "content": message.content, "metadata": manifest}
        return self._connection.outcome("Pipeline.ingest", session=session, lot=record, **told)

    def send(self, session: str, interface: str, record: str) -> Message:
        """As in the port. The manifest holds what the system has on record of the certificate, under the names used there: nothing of
        one that was given and is on no record.
        """
        if interface != OUTBOUND:
            alive = self._connection.outcome("Access.whoami", session=session)
            if not alive.accepted:
                raise SystemRefused(alive.message, alive.facts.get("kind", ""), rule=alive.facts.get("rule", ""))
            raise KeyError(interface)
        copy: RecordCopy = self._connection.ask("Pipeline.certificate", session=session, lot=record)
        number = json.loads(copy.electronic)["number"]
        known: RecordView | None = self._connection.ask("Records.read", session=session, record=f"certificate/{number}")
        names = {"lot": "lot", "sha256": "data", "signed_sha256": "pdf"}
        named = {"record": known.id} | {name: known.fields[field] for name, field in names.items()} if known else {}
        return Message(copy.electronic, named, copy.human)

    def authority(self) -> bytes:
        """The trust root of the instance, which its installation hands out."""
        return (self._home / KEYS / ROOT).read_bytes()
