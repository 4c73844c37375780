"""Keeping the register of sources: instruments, their calibrations, senders. Work of the administrator; nothing is ever removed."""

from __future__ import annotations

import io
import re
from typing import BinaryIO, TypeVar

from pydantic import ValidationError

from csvgen.audit.ledger import Change
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.model.base import Value, first_fault
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.files import file_id
from csvgen.pipeline.register import Arriving, Register
from csvgen.pipeline.sources import Instrument, Sender
from csvgen.ports import Outcome

_Source = TypeVar("_Source", bound=Value)
_KINDS: dict[str, type[Instrument | Sender]] = {"instrument": Instrument, "sender": Sender}
_NUMBER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/-]{0,98}[A-Za-z0-9._/-])?")


class SourceKeeping:
    """Registered sources of data (21 CFR 11.10(h), 211.160(b)(4))."""

    def __init__(self, core: Core, register: Register) -> None:
        self._core = core
        self._register = register

    def register_instrument(self, session: str, instrument: str, kind: str, named: str, reason: str) -> Outcome:
        """A new instrument, not calibrated yet: what it measures is quarantined until a certificate says since when it is right."""
        with self._core.acting(session, "register_source", f"instrument/{instrument[:40]}") as acting:
            line(reason, "reason")
            if self._core.latest("instrument", instrument, Instrument):
                raise BadInput(f"the instrument {instrument[:40]!r} is registered already; ids are never given again")
            made = _made(Instrument, id=instrument, kind=kind, named=named, calibration_due="", state="not calibrated")
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("instrument", instrument, made.model_dump())
        return Outcome(True, f"instrument {instrument} registered; it waits for its calibration", f"instrument/{instrument}")

    def calibrate(
        self,
        session: str,
        instrument: str,
        certificate: str,
        calibrated_on: str,
        due: str,
        content: bytes | BinaryIO,
        reason: str,
    ) -> Outcome:
        """A calibration with its certificate, which lands among the raw files and is a record of its own.

        Raises BadInput for a day that is none, a certificate number used before, a calibration dated in the future or due before
        it was done; Refused for an instrument that is retired.
        """
        with self._core.acting(session, "record_calibration", f"instrument/{instrument[:40]}") as acting:
            found, _ = self._core.known("instrument", instrument, Instrument)
            line(reason, "reason")
            if found.state == "retired":
                raise Refused(f"the instrument {instrument} is retired")
            if not _NUMBER.fullmatch(certificate):
                raise BadInput(f"not a certificate number: {certificate[:60]!r}")
            if not calibrated_on or not due:
                raise BadInput("a calibration needs the day it was done and the day it is due")
            name = f"{certificate.replace('/', '-')}.pdf"
            about = f"instrument/{instrument}"
            said = {"certificate": certificate, "calibrated_on": calibrated_on, "calibration_due": due}
            known = file_id(about, name)
            made = _made(Instrument, **(found.model_dump() | said | {"certificate_file": f"file/{known}", "state": "in use"}))
            if calibrated_on > stored(self._core.clock.now())[:10]:
                raise BadInput(f"a calibration of {calibrated_on} has not happened yet")
            taken = {
                str(v.content.get("certificate_file", "")).lower() for v in self._core.ledger.versions("instrument", instrument)
            }
            if made.certificate_file.lower() in taken:
                raise BadInput(f"certificate {certificate} is registered for {instrument} already")
            arrived = self._register.arrive(
                acting,
                Arriving(about, name, instrument=instrument, metadata=said),
                io.BytesIO(content) if isinstance(content, bytes) else content,
                lambda change, _: _put(change, made, reason),
            )
        facts = {"certificate": certificate, "sha256": str(arrived.file.digest), "due": due}
        return Outcome(True, f"instrument {instrument} calibrated: {made.calibration}", about, facts)

    def register_sender(self, session: str, sender: str, name: str, kind: str, reason: str) -> Outcome:
        """Somebody outside who may send files."""
        with self._core.acting(session, "register_source", f"sender/{sender[:40]}") as acting:
            line(reason, "reason")
            if self._core.latest("sender", sender, Sender):
                raise BadInput(f"the sender {sender[:40]!r} is registered already; ids are never given again")
            made = _made(Sender, id=sender, name=name, kind=kind)
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("sender", sender, made.model_dump())
        return Outcome(True, f"sender {sender} registered", f"sender/{sender}")

    def retire(self, session: str, source: str, reason: str) -> Outcome:
        """Nothing comes from this source any more: ``instrument/PR-001``, ``sender/SPONSOR-01``. What came before stays as it is."""
        with self._core.acting(session, "register_source", source[:60]) as acting:
            line(reason, "reason")
            kind, _, identity = source.partition("/")
            noun: type[Instrument | Sender] | None = _KINDS.get(kind)
            if noun is None:
                raise BadInput(f"no source {source[:60]!r}; sources are instrument/ID and sender/ID")
            found = self._core.known(kind, identity, noun)[0]
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put(kind, identity, found.model_dump() | {"state": "retired"})
        return Outcome(True, f"{kind} {identity} is retired", source)


def _put(change: Change, made: Instrument, reason: str) -> None:
    change.put("instrument", made.id, made.model_dump(), reason=reason)


def _made(noun: type[_Source], **said: object) -> _Source:
    try:
        return noun.model_validate(said)
    except ValidationError as problem:
        raise BadInput(f"the source cannot be registered so: {first_fault(problem)}") from None
