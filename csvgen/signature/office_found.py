"""What was found about the signatures of an Office file, and how each is shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from csvgen import clock
from csvgen.canonical import Digest
from csvgen.report.text import one_line, visible
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.office_part import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeSignature:
    """One signature. Texts are what the signature covers; empty where it covers none."""

    part: str
    printed_name: str = ""
    """Common name of the signer's certificate; who vouches for it is `trusted`."""
    person: str = ""
    fingerprint: Digest | None = None
    """Digest of the signer's certificate (DER)."""
    claimed: dt.datetime | None = None
    """Signing time as the signer claims it, to the second, UTC."""
    comments: str = ""
    """What Word shows as the purpose of the signature."""
    role: str = ""
    meaning: str = ""
    line_id: str = ""
    """Id of the visible signature line it fills, or empty."""
    manifestation: Manifestation | None = None
    """The whole manifestation as csvgen put it in; None in a signature made by another program."""
    intact: bool = False
    """The signature value and every digest hold and nothing contradicts; the reasons why not are in `problems`."""
    complete: bool = False
    """Every part and relationship that can be signed is signed; what is not is in `unsigned_parts`."""
    trusted: bool | None = None
    """Whether a given root vouches for the certificate at the proven time, or else the claimed one; None when that is unknown."""
    distrust: str = ""
    """Why it is not trusted, or why that is not known."""
    proven: dt.datetime | None = None
    """When the signature was there at the latest, by the clock of a time-stamp authority that a given root vouches for."""
    proof: str = ""
    """What is to be said about the time stamp; empty where there is none."""
    ground: Ground | None = None
    """What csvgen let the signature stand on; None in one made by another program or before csvgen 0.2."""
    unsigned_parts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Why this signature is not to be relied on, apart from trust."""
        left_out = tuple(f"does not cover {part}" for part in self.unsigned_parts)
        unread = () if self.intact or self.problems else ("could not be read",)
        return (*self.problems, *left_out, *unread)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeInspection:
    """An Office file and all its signatures."""

    signatures: tuple[OfficeSignature, ...] = ()
    """In the order in which the file lists them; the format protects neither their order nor their number."""
    unsigned_parts: tuple[str, ...] = ()
    """Parts and relationships that at least one signature does not cover."""
    problems: tuple[str, ...] = ()
    """What is wrong with the file as a whole; a file that cannot be read has nothing else."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that speaks against the file, apart from trust and from signatures that are not there."""
        return (*self.problems, *(f"{s.printed_name or s.part}: {fault}" for s in self.signatures for fault in s.faults))

    def manifestations(self) -> tuple[tuple[str, ...], ...]:
        """The lines to show for each signature; the first of one that does not hold says INVALID, with the reason."""
        return tuple(_shown(s, (*s.faults, *self.problems)) for s in self.signatures)


def _shown(signature: OfficeSignature, faults: tuple[str, ...]) -> tuple[str, ...]:
    """Name, time and meaning as the signature says them; of one that does not hold they are what somebody claims."""
    if signature.manifestation:
        said = signature.manifestation.lines()
    else:
        when = f"Signed: {clock.shown(clock.stored(signature.claimed))}" if signature.claimed else ""
        said = tuple(line for line in (signature.printed_name, signature.comments, when) if line)
    if not faults:
        return said
    return (
        f"INVALID: {visible(one_line(faults[0]))}",
        *(f"(claimed) {visible(one_line(line))}" for line in said or (signature.part,)),
    )
