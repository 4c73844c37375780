"""What a signature shows wherever it is shown (21 CFR 11.50): one value, one wording for PDF, Word, screen and print."""

from __future__ import annotations

from dataclasses import dataclass

from csvgen import clock
from csvgen.canonical import Digest
from csvgen.errors import Refused
from csvgen.model.base import hazard
from csvgen.report.wording import IN_ENGLISH, Wording

DEMONSTRATION = "DEMONSTRATION - simulated signature, not a GxP record"
SHORTENED = "[shortened]"
MEANING = "Meaning: {meaning}"
_ROOM = 24
"""The least number of characters a reason is shortened to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifestation:
    """Who signed what, when, as whom, with which meaning and why.

    Raises Refused when one of the items that 21 CFR 11.50(a) asks for is missing, or when a text holds characters that
    would make it read as something else than it says.
    """

    printed_name: str
    """Full name as it was at signing time, 11.50(a)(1)."""
    role: str
    meaning: str
    """From the closed list of meanings, 11.50(a)(3)."""
    reason: str
    """In the signer's own words; may be empty and may run over several lines."""
    signed: str
    """Stored stamp text, see `csvgen.clock`, 11.50(a)(2)."""
    record_id: str
    revision: int
    record_digest: Digest
    demonstration: bool

    def __post_init__(self) -> None:
        for name in ("printed_name", "role", "meaning", "record_id"):
            text: str = getattr(self, name)
            if not text.strip():
                raise Refused(f"a signature without {name.replace('_', ' ')} cannot be shown", rule="RR-M03")
            _refuse_hazard(name, text, newline=False)
        _refuse_hazard("reason", self.reason, newline=True)
        try:
            clock.parsed(self.signed)
        except ValueError:
            raise Refused(f"{self.signed!r} is not a time of record", rule="RR-M02") from None

    def lines(self, room: int | None = None, words: Wording = IN_ENGLISH) -> tuple[str, ...]:
        """The lines every rendering shows, in this order, each one line of text of any length.

        With `room`, a reason longer than that many characters is shortened, and says so; nothing else ever is. `words`: of the
        language of the document; name, role, reason and the meaning itself stay as they were signed.
        """
        who, when = f"{self.printed_name} ({self.role})", words.say("Signed: {when}", when=clock.shown(self.signed))
        return (who, self._meant(words), *self._why(room, words), when, *self._what(words))

    def statement(self, limit: int | None = None, words: Wording = IN_ENGLISH) -> str:
        """All of it but name and time as one line: what a signature panel shows as the reason for signing.

        With `limit` the reason is shortened so that the line has no more characters. Raises Refused when that is not enough.
        """
        whole = self._statement(None, words)
        if limit is None or len(whole) <= limit:
            return whole
        shortened = self._statement(len(self.short_reason()) - (len(whole) - limit), words)
        if len(shortened) > limit:
            raise Refused(f"meaning, role and record do not fit into {limit} characters", hint="give the role a shorter name")
        return shortened

    def _statement(self, room: int | None, words: Wording) -> str:
        role = words.say("Role: {role}", role=self.role)
        return "; ".join((self._meant(words), role, *self._why(room, words), *self._what(words)))

    def short_reason(self, room: int | None = None, words: Wording = IN_ENGLISH) -> str:
        """The reason on one line, in at most `room` characters (but never in fewer than 24)."""
        reason = " ".join(self.reason.split())
        room = max(room, _ROOM) if room is not None else len(reason)
        if len(reason) <= room:
            return reason
        mark = f" {words.say(SHORTENED)}"
        kept = reason[: room - len(mark) + 1]
        return (kept.rpartition(" ")[0] or kept[:-1]).rstrip() + mark

    def _meant(self, words: Wording) -> str:
        """The meaning as it was signed, and in another language its word in brackets."""
        told = f" ({words.say(self.meaning)})" if self.meaning in words.phrases else ""
        return words.say(MEANING, meaning=f"{self.meaning}{told}")

    def _why(self, room: int | None, words: Wording) -> tuple[str, ...]:
        reason = self.short_reason(room, words)
        return (words.say("Reason: {reason}", reason=reason),) if reason else ()

    def _what(self, words: Wording) -> tuple[str, ...]:
        record = words.say(
            "Record: {record} revision {number}, sha256 {digest}",
            record=self.record_id, number=str(self.revision), digest=self.record_digest.short,
        )  # fmt: skip
        return (record, words.say(DEMONSTRATION)) if self.demonstration else (record,)


def _refuse_hazard(name: str, text: str, *, newline: bool) -> None:
    if found := hazard(text, newline=newline):
        raise Refused(f"the {name.replace('_', ' ')} of a signature holds {found}", hint="type it again as plain text")
