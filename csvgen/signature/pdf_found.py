"""What an inspection finds in a PDF: signatures, time stamps, and what is wrong with them, as values.

Five questions, answered apart from each other: are the signed bytes those that were signed, does the value belong to them, is
the signer believed, does the signature cover the whole document, and is its time proven by somebody else. The mathematics
alone prove little in a PDF: anyone can append an update that draws over a signed page.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from csvgen import clock
from csvgen.canonical import Digest


class Coverage(StrEnum):
    """How much of the file a signature is over."""

    FILE = "the whole file"
    REVISION = "its revision and all before it"
    PART = "a part only"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What signatures and time stamps have in common."""

    field: str
    revision: int
    """Number of the revision it was appended with; the unsigned file is revision 0."""
    fingerprint: Digest | None = None
    """Digest of the signer's certificate (DER)."""
    intact: bool = False
    """The signed bytes are those that were signed."""
    valid: bool = False
    """The signature value is this certificate's over them."""
    coverage: Coverage = Coverage.UNCLEAR
    changes_allowed: bool = False
    """What was appended after it is nothing but further signatures in fields it left empty, and time stamps."""
    trusted: bool | None = None
    """Whether a given root vouches for the certificate at the time that counts; None when that cannot be known."""
    distrust: str = ""
    """Why `trusted` is not True, in words."""
    problems: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it is not to be relied on, apart from trust."""
        found = {
            "the signed bytes were changed": not self.intact,
            "the signature value does not belong to this signer and file": not self.valid,
            f"it covers {self.coverage}": self.coverage not in {Coverage.FILE, Coverage.REVISION},
            "the file was changed after it in a way it does not allow": not self.changes_allowed,
        }
        return (*(text for text, wrong in found.items() if wrong), *self.problems)

    @property
    def whole(self) -> bool:
        """It covers the document: its revision and all before it, and nothing came later that it does not allow."""
        return self.coverage in {Coverage.FILE, Coverage.REVISION} and self.changes_allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature(Container):
    """One signature, in the words of the file; who vouches for them is `trusted`."""

    printed_name: str = ""
    """Common name of the signer's certificate."""
    person: str = ""
    """Id of the person the certificate was issued to; empty for a system."""
    is_seal: bool = False
    """A certification by a system: nobody's signature."""
    claimed: dt.datetime | None = None
    """Signing time as the signer claims it, to the second, UTC."""
    reason: str = ""
    proven: dt.datetime | None = None
    """It is at least as old as this: the time of the first time stamp over it whose authority is believed, UTC."""
    proof: str = ""
    """Who proves the time, or why nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTimeStamp(Container):
    """One document time stamp: the file up to here was there at `moment`, says `authority`."""

    authority: str = ""
    moment: dt.datetime | None = None
    """UTC."""
    accuracy: dt.timedelta = dt.timedelta(0)
    expires: dt.datetime | None = None
    """End of the authority's certificate, UTC: by then somebody else has to vouch for this stamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfInspection:
    """A PDF and all its signatures."""

    signatures: tuple[PdfSignature, ...] = ()
    """In the order in which they were made, that is by revision."""
    time_stamps: tuple[PdfTimeStamp, ...] = ()
    """In the order in which they were made."""
    unsigned_length: int | None = None
    """Length in bytes of the file before its first signature: the digest of so many first bytes is that of the unsigned
    file. The whole length when nothing is signed; None when it cannot be told."""
    whole_file: bool = False
    """The last signature or time stamp covers every byte of the file."""
    unsigned_fields: tuple[str, ...] = ()
    """Signature fields still empty, in the order of the form."""
    problems: tuple[str, ...] = ()
    """What is wrong with the file as a whole; a file that cannot be read has nothing else."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that speaks against the file, apart from trust and from signatures that are not there."""
        containers = (*self.signatures, *self.time_stamps)
        return (*self.problems, *(f"{c.field}: {fault}" for c in containers for fault in c.faults))

    @property
    def certified(self) -> bool:
        """A system's seal is the first signature, and says what may be added."""
        return bool(self.signatures) and self.signatures[0].is_seal

    @property
    def proven_until(self) -> dt.datetime | None:
        """Until then the proof of time stands by itself; before, the file has to be stamped anew. None when no stamp is believed."""
        believed = [s.expires for s in self.time_stamps if s.trusted and not s.faults and s.expires is not None]
        return believed[-1] if believed else None

    def at_least_as_long_as(self, moment: dt.datetime) -> bool:
        """Whether the file, left as it is, can prove the time of every signature until `moment`."""
        until = self.proven_until
        return until is not None and until >= moment and all(s.proven is not None for s in self.signatures)


def shown(signature: PdfSignature, moment: dt.datetime | None = None) -> tuple[str, ...]:
    """What every rendering says of a signature in a PDF: who, when, what for, and first of all INVALID with the reasons if it is.

    21 CFR 11.50(b) and 11.70: a signature that does not hold is neither left out nor shown like one that does. Trust that cannot be
    known is said as well. `moment` is the time of the question, printed when given.
    """
    against = [*signature.faults, *([signature.distrust] if signature.trusted is False else [])]
    when = clock.shown(clock.stored(signature.claimed)) if signature.claimed else "no time"
    who = signature.printed_name or "a name that cannot be read"
    asked = f" (as of {clock.shown(clock.stored(moment))})" if moment else ""
    if against:
        first = (f"INVALID{asked}: {'; '.join(against)}", f"It claims to be by {who}, {when}; do not rely on this.")
    elif signature.trusted is None:
        first = (
            f"NOT DECIDED{asked}: {signature.distrust or 'nobody was asked whether the signer is to be trusted'}",
            f"{who}, {when}",
        )
    else:
        first = (f"Valid{asked}", f"{who}, {when}")
    kind = "Seal of a system, nobody's signature" if signature.is_seal else signature.reason
    return (*first, kind, f"Time: {signature.proof}") if signature.proof else (*first, kind)
