"""The queue of one person: what waits for them and why, and what waits for others, with who can sign it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Directory, Session
from csvgen.model.people import Account
from csvgen.model.signature import DocumentRecord
from csvgen.signature.record import Signature
from csvgen.workflow import gates
from csvgen.workflow.signing import Act, SigningDesk, Waiting, able, barred
from csvgen.workflow.state import ProjectState


@dataclass(frozen=True, slots=True)
class Place:
    """One record that waits for a signature, as one person sees it."""

    item: Waiting
    refusal: str
    """Why this person may not sign it (role, training, separation of duties, paper); empty when it waits for them."""
    who: str
    """Who can, by name; empty where it waits for the person."""

    @property
    def mine(self) -> bool:
        return not self.refusal

    @property
    def why(self) -> str:
        """Why the record waits here: the station of its route, and what was signed before."""
        station, signed = self.item.station, self.item.approval.signatures
        before = (
            f"; signed so far: {', '.join(f'{s.record.meaning} by {s.record.printed_name}' for s in signed)}" if signed else ""
        )
        of = f"station {station.number} of {len(self.item.document.signatures)}"
        return f"{station.meaning} as {station.role} ({of}{before})"


def queue(
    state: ProjectState, directory: Directory, people: Sequence[Account], account: Account, items: Sequence[Waiting], now: str
) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """What waits for a person, and what waits for others; each oldest first, as `items` are. `people`: all accounts."""
    mine: list[Place] = []
    others: list[Place] = []
    for item in items:
        refusal = refused(state, directory, account, item, now)
        if refusal:
            others.append(Place(item, refusal, able(state, people, item, now)))
        else:
            mine.append(Place(item, "", ""))
    return tuple(mine), tuple(others)


def refused(state: ProjectState, directory: Directory, account: Account, item: Waiting, now: str) -> str:
    """Why a person may not sign what waits, or an empty string. A record that cannot be signed now by anybody still waits for them."""
    if item.station.by == "paper":
        return "it waits for a signature on paper"
    if found := barred(state, account, item, now):
        return found.message
    return directory.may(account, f"sign {item.station.meaning}")


def item_of(state: ProjectState, document_id: str) -> Waiting:
    """What of a record waits for a signature. Raises Refused where nothing does."""
    approval = state.latest(document_id)
    if approval is None:
        raise BadInput(f"there is no record {document_id!r}", hint="csvgen status")
    station = approval.awaiting
    if station is None:
        raise Refused(f"nothing of {document_id} waits for a signature: it is {state.life(approval)}", rule="RR-F01")
    return Waiting(approval, station, gates.may_sign(state, approval))


def sign_shown(desk: SigningDesk, state: ProjectState, session: Session, shown: tuple[str, str], act: Act) -> Signature:
    """Sign the record a person was shown: `shown` is its id and the digest they saw. Raises Refused when it is another one now.

    On a screen time passes between reading and signing; what was read is what is signed, or nothing is.
    """
    document_id, digest = shown
    item = item_of(state, document_id)
    refuse_unseen(item.document, digest)
    return desk.sign(session, item, act)


def withdraw_shown(desk: SigningDesk, state: ProjectState, session: Session, shown: tuple[str, str], act: Act) -> Signature:
    """Withdraw the record a person was shown, as `sign_shown`: another revision than the one they read stays as it is."""
    document_id, digest = shown
    approval = state.latest(document_id)
    if approval is None:
        raise BadInput(f"there is no record {document_id!r}", hint="csvgen status")
    refuse_unseen(approval.document, digest)
    return desk.withdraw(session, document_id, act)


def refuse_unseen(document: DocumentRecord, digest: str) -> None:
    """Raises Refused when a record is another one than the person was shown."""
    if str(document.digest) != digest:
        raise Refused(
            f"{document.id} is not the record you were shown: a newer revision waits", hint="read it, then sign", rule="RR-X12"
        )
