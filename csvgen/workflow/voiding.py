"""Records that were signed and then changed: their signatures are void, and the audit trail tells of it (RR-L05)."""

from __future__ import annotations

from csvgen.audit.ledger import Ledger
from csvgen.canonical import digest
from csvgen.model.audit import Actor
from csvgen.signature.approvals import Approval
from csvgen.signature.void import Changed
from csvgen.workflow.state import ProjectState

_LISTED = 40
"""Fields an event names one by one; the rest is counted."""


def void_records(state: ProjectState) -> tuple[tuple[Approval, tuple[Changed, ...]], ...]:
    """Every newest revision whose signatures are void, with what changed since."""
    found = ((a, state.void(a)) for a in state.approvals)
    return tuple((a, changed) for a, changed in found if changed)


def note_void(state: ProjectState, ledger: Ledger, actor: Actor) -> tuple[str, ...]:
    """Tell the trail of every record that became void, once for each state it is void by. Returns what was told.

    A change of a specification is made in a file, outside of any program; the first act that writes records afterwards finds it.
    """
    void = void_records(state)
    if not void:
        return ()
    told = {c.new for e in ledger.events(action="void") for c in e.changes if c.field == "void"}
    done: list[str] = []
    for approval, changed in void:
        document = approval.document
        mark = str(digest([document.digest, [[c.path, c.old, c.new] for c in changed]]))
        if mark in told:
            continue
        listed = {f"changed {c.path}"[:200]: c.told for c in changed[:_LISTED]}
        more = {"further fields": str(len(changed) - _LISTED)} if len(changed) > _LISTED else {}
        signers = ", ".join(f"{s.record.meaning} by {s.record.person}" for s in approval.signatures)
        with ledger.change(actor) as change:
            change.note(
                "void",
                f"{document.id} r{document.revision}",
                reason="what it says was changed after it was signed",
                facts={"void": mark, "document": document.digest, "signatures": signers, **listed, **more},
            )
        done.append(f"{document.id} r{document.revision}")
    return tuple(done)
