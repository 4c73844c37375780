"""The review packet: the lot with all of its records and its own audit trail, as the second person has to read them before signing.

The packet is asked for in the session that then signs. The lot record the reviewer signs names its digest, and its bytes are kept; so
the signature binds what was shown. An event about the lot after that makes the packet stale (PIC/S PI 041, 9.5; RR-E10).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from csvgen.audit.ledger import Version
from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import Refused
from csvgen.model.audit import Event
from csvgen.pipeline import telling
from csvgen.pipeline.core import Core
from csvgen.pipeline.forms import FLAG, head, review_page
from csvgen.pipeline.nouns import Lot, ReviewedTrail
from csvgen.pipeline.sheet import SUPERSEDED, Sheets
from csvgen.pipeline.trail import Trail
from csvgen.ports import RecordCopy

FORMAT = "qc.review-packet/1"
HOW = "csvgen pipeline review LOT --full"
OWN = ("sign-reviewed-refused",)
"""Events that make no packet stale: a reviewer who mistypes the password has still read it."""
AFTER = ("copy", "sign")
"""Events that may follow a review without touching what was reviewed; refused attempts are others."""


@dataclass(frozen=True)
class Packet:
    """What is shown, and what of it is bound."""

    human: bytes
    data: bytes
    shown: ReviewedTrail
    lines: tuple[str, ...]
    """As a terminal shows it: drawn from the same records and events, what nobody reads (digests, encoded bytes) shortened."""

    def as_copy(self) -> RecordCopy:
        """To read and to process."""
        return RecordCopy(self.human, "text/html", self.data, "application/json")


class Reviews:
    """Review packets of the lots of an instance."""

    def __init__(self, core: Core, trail: Trail) -> None:
        self._core = core
        self._trail = trail
        self._sheets = Sheets(core)
        self._shown: dict[tuple[str, str], Packet] = {}

    def packet(self, session: str, lot: str) -> RecordCopy:
        """The packet of a lot as of now. Who signs the review in this session signs this one."""
        acting = self._core.admit(session, "review_packet", f"lot/{lot[:100]}")
        made = self.draw(lot)
        self._shown[acting.id, lot] = made
        return made.as_copy()

    def packet_lines(self, session: str, lot: str) -> tuple[str, ...]:
        """As `packet`, for a terminal. What a signature binds is the same: the data, whole."""
        self.packet(session, lot)
        return self._shown[session, lot].lines

    def draw(self, lot: str) -> Packet:
        """As `packet`, without asking for authority and without remembering it. Raises BadInput when there is no such lot."""
        content, version = self._core.known("lot", lot, Lot)
        through = self._core.ledger.head().count
        entries = self._trail.about(f"lot/{lot}")
        records = list(self._records(lot))
        data = canonical_json(
            {
                "format": FORMAT,
                "lot": lot,
                "version": version.number,
                "sha256": version.sha256,
                "verdict": content.verdict,
                "records": [
                    {"record": f"{v.kind}/{v.id}", "version": v.number, "sha256": v.sha256, "content": v.content} for v in records
                ],
                "audit_trail": [asdict(e) for e in entries],
                "through": through,
            }
        )
        newest = {(v.kind, v.id): v.number for v in records}
        sheets = [
            self._sheets.draw(v, self._sheets.state(v) if newest[v.kind, v.id] == v.number else SUPERSEDED) for v in records
        ]
        page = review_page(self._sheets.of(f"lot/{lot}"), sheets, entries, str(digest_bytes(data)))
        shown = ReviewedTrail(packet=digest_bytes(data), events=len({e.number for e in entries}), through=through)
        above = [f"{v.kind}/{v.id}" for v in records if newest[v.kind, v.id] == 1]
        lines = (*self._lines(lot, records, str(shown.packet)), "Audit trail", *telling.trail(entries, HOW, above).lines)
        return Packet(page.encode("utf-8"), data, shown, lines)

    def _lines(self, lot: str, records: Sequence[Version], packet: str) -> Iterator[str]:
        """The lot and, of each record about it, the newest version: what the versions before it said stands in the trail."""
        made = telling.Lines([f"Review of lot/{lot}"])
        for name, value in (*head(self._sheets.of(f"lot/{lot}")), ("Review packet", packet)):
            made.block(name, value, "")
        newest = {(v.kind, v.id): v for v in records}
        for version in newest.values():
            earlier = f", changed {version.number - 1} times: see the trail" if version.number > 1 else ""
            made.lines += ["", f"{version.kind}/{version.id} version {version.number}, {self._sheets.state(version)}{earlier}"]
            if version.content.get("turns") == "yes":
                made.block("Flag", FLAG, "    ")
            telling.record(made, version.kind, version.content)
        made.end(HOW)
        yield from (*made.lines, "")

    def of_session(self, session: str, lot: str, packet: str) -> Packet:
        """The packet this session was shown, if the trail of the lot still ends where it ended then.

        Raises Refused (RR-E10) when none was asked for, when `packet` (optional, a digest) is another, and when it is stale.
        """
        made = self._shown.get((session, lot))
        if made is None:
            raise Refused(
                f"the audit trail of lot {lot} was not shown in this session; ask for its review packet first", rule="RR-E10"
            )
        if packet and packet != made.shown.packet:
            raise Refused(f"the review packet {packet[:80]} is not the one shown in this session", rule="RR-E10")
        for event in self.events(lot):
            if event.seq > made.shown.through and event.action not in OWN:
                told = f"event {event.seq} ({event.action} {event.record})"
                raise Refused(
                    f"the review packet of lot {lot} is stale: {told} came after it was shown; ask for it again", rule="RR-E10"
                )
        return made

    def refuse_overtaken(self, lot: Lot) -> None:
        """Raises Refused (RR-F01) when something happened to the lot after its review that the review did not see."""
        events = self.events(lot.lot)
        reviewed = max((e.seq for e in events if e.action == "review"), default=0)
        for event in events:
            of_review = event.seq <= reviewed or event.record.startswith("status/")
            decided = event.record.startswith("deviation/") and event.action == "modify"
            if not of_review and not decided and event.action not in AFTER and not event.action.endswith("-refused"):
                raise Refused(
                    f"lot {lot.lot} was reviewed before event {event.seq} ({event.action} {event.record}); it must be reviewed again",
                    rule="RR-F01",
                )

    def events(self, lot: str) -> tuple[Event, ...]:
        """The events about a lot and its records, in order."""
        return self._trail.events(f"lot/{lot}")

    def _records(self, lot: str) -> Iterator[Version]:
        """Every version of the lot and of every record about it; the events and the sheet tell of its signatures."""
        for name in self._trail.family(f"lot/{lot}"):
            kind, _, identity = name.partition("/")
            if kind not in ("status", "signature"):
                yield from self._core.ledger.versions(kind, identity)
