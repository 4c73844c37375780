"""Changing a method of analysis: proposed with a change ticket, effective only when quality has signed it, never for earlier lots.

A proposal is a record of its own (kind ``method-change``). The record ``method`` gets a new version in the very change that carries the
signature, so that no version is ever there that nobody approved. A lot keeps the version it was registered with.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from csvgen.canonical import plain
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.marks import load
from csvgen.model.base import Line, Stamp, Value, first_fault
from csvgen.pipeline import effective
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.method import Method
from csvgen.pipeline.revalidation import changed, evidence_of
from csvgen.pipeline.signing import Signatures
from csvgen.ports import Outcome

EFFECTIVE = "effective"


class MethodChange(Value):
    """A method as somebody wants it to be."""

    id: str
    method: str
    replaces: int
    """Version of the method record it was written against; 0 for a new method."""
    content: dict[str, Any]
    """The whole method, as its record will hold it."""
    ticket: Line
    evidence: Line
    """Digest of what shows the method valid, or ``none: `` and why not."""
    by: str
    at: Stamp


class Methods:
    """Proposing and approving."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    def change(self, session: str, document: str, ticket: str, evidence: str, reason: str) -> Outcome:
        """Propose a method: the whole of it as YAML, as in the master data. Nothing is effective before quality has signed.

        Raises BadInput for what is no method, or says what is in force already.
        """
        with self._core.acting(session, "change_method", "method") as acting:
            method = read_method(document)
            line(ticket, "change ticket")
            line(reason, "reason")
            current = self._core.ledger.latest("method", method.id)
            content = plain(method.model_dump())
            if current is not None and current.content == content:
                raise BadInput(f"method {method.id} says this already")
            proposed = MethodChange(
                id=f"MC-{len(self._core.ledger.all('method-change')) + 1:04d}",
                method=method.id,
                replaces=current.number if current else 0,
                content=content,
                ticket=ticket,
                evidence=evidence_of(evidence, needed=True),
                by=acting.account.id,
                at=stored(self._core.clock.now()),
            )
            with self._core.ledger.change(self._core.actor(acting), f"{ticket}: {reason}") as change:
                change.put("method-change", proposed.id, proposed.model_dump(), action="propose-method")
        words = f"change {proposed.id} of method {method.id} proposed; it is effective when quality has approved it"
        return Outcome(True, words, f"method-change/{proposed.id}", {"replaces": str(proposed.replaces)})

    def approve(self, session: str, identity: str, reason: str, user_id: str, password: str) -> Outcome:
        """Approve a proposed method for quality: it is the next version, for lots registered from now on.

        Without evidence of validation, re-validation of the method is due at once (see `revalidation`).
        """
        with self._core.acting(session, "approve_method", f"method-change/{identity[:40]}") as acting:
            proposed, version = self._core.known("method-change", identity, MethodChange)
            line(reason, "reason")
            current = self._core.ledger.latest("method", proposed.method)
            if acting.account.id == proposed.by:
                raise Refused(f"{acting.account.printed_name} proposed {identity} and may not approve it", rule="RR-G02")
            if (current.number if current else 0) != proposed.replaces:
                raise Refused(f"{identity} was written against version {proposed.replaces} of {proposed.method}", rule="RR-F01")
            hand = self._signatures.hand(acting, EFFECTIVE, reason, user_id, password)
            why = f"{proposed.ticket}: {identity} approved"
            with self._core.ledger.change(self._core.actor(acting), why) as change:
                self._signatures.make(change, version, hand)
                new = change.put("method", proposed.method, Method.model_validate(proposed.content).model_dump())
                if new.number != proposed.replaces + 1:
                    raise BadInput(f"method {proposed.method} says this already")
                told = f"method {proposed.method} is version {new.number} by {identity}"
                changed(self._core, change, proposed.method, told, proposed.evidence)
        facts = {"version": str(new.number), "evidence": proposed.evidence}
        return Outcome(True, f"method {proposed.method} version {new.number} is effective", f"method/{proposed.method}", facts)


def read_method(document: str) -> Method:
    """A method from YAML. Raises BadInput with what is wrong."""
    marked, findings = load(document.encode("utf-8"), "method.yaml")
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    try:
        return Method.model_validate(marked.value)
    except ValidationError as problem:
        raise BadInput(first_fault(problem), where="method.yaml") from None


def at(core: Core, method: str, version: int) -> Method:
    """A method as one of its versions has it: what lots of that version are tested by. Raises BadInput when there is none."""
    return Method.model_validate(effective.version_of(core, "method", method, version).content)


def require_effective(core: Core, method: str, version: int) -> None:
    """Raises NotIntact unless a version came with the installation or by a change that quality signed, with this very content."""
    effective.require(core, "method", method, version, EFFECTIVE)
