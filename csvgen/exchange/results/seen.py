"""What readers gather: one `Seen` for each attempt of each test; and how attempts become one result."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from csvgen.clock import stored
from csvgen.diagnostics import many, one_line
from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.statuses import verdict_of
from csvgen.model.imported import ForeignResult, ForeignResults, ForeignVerdict, Form, Oddity, worst

MAX_RESULTS = 200_000
_LONG, _SHORT = 1_000, 300
_DIGITS = 40
"""Of a number: more say nothing, and cost time."""
_MANY = 50
"""Findings of one kind beyond this are counted, not listed."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A file to be read: the name it has in the import, and where its bytes are."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Seen:
    """One attempt of one test."""

    identity: str
    title: str
    status: str
    verdict: ForeignVerdict
    reason: str = ""
    place: str = ""
    """What tells two tests of one identity apart (line of a feature, parameters); empty where the format has nothing."""
    started: str | None = None
    seconds: str = ""
    carries: tuple[str, ...] = ()
    attempt: int | None = None
    """Number of the attempt, where the format declares attempts."""


class Found:
    """What a reader gathers on its way through the files."""

    def __init__(self, form: Form) -> None:
        self.form: Form = form
        self.tool = ""
        self.seen: list[Seen] = []
        self.claims: list[str] = []
        """What the files say of runs of csvgen, see `note`."""
        self._oddities: dict[tuple[str, str], int] = {}
        self._kinds: dict[str, int] = {}

    def add(self, seen: Seen) -> None:
        if len(self.seen) >= MAX_RESULTS:
            raise Unreadable(
                f"more than {MAX_RESULTS} results in one import", hint="import the files of each suite by themselves"
            )
        self.seen.append(seen)

    def verdict(self, word: str, place: str) -> ForeignVerdict:
        """What a status is taken for; one that the table does not know is a finding."""
        found = verdict_of(self.form, word)
        if found is ForeignVerdict.UNKNOWN:
            self.odd(place, f"the status {clean(word)!r} is not known; it is not taken for a pass")
        return found

    def odd(self, place: str, what: str) -> None:
        """A finding. What is said of very many places is listed for the first of them and counted for the others."""
        self._kinds[what] = self._kinds.get(what, 0) + 1
        kept = place if self._kinds[what] <= _MANY else "and more"
        key = (clean(kept, _SHORT), what)
        self._oddities[key] = self._oddities.get(key, 0) + 1

    def note(self, name: str, value: str) -> None:
        """A property, tag or tool of the file. One that speaks of a run of csvgen is a claim (RR-X02)."""
        if claim := _claim(name, value):
            self.claims.append(claim)

    def moment(self, text: str, place: str) -> str | None:
        """A time with its zone as a time of record; one without a zone is a finding and no time."""
        if not text:
            return None
        try:
            read = dt.datetime.fromisoformat(text)
        except ValueError:
            self.odd(place, "a time that cannot be read")
            return None
        if read.tzinfo is None:
            self.odd(place, "a time without a zone; no time is recorded")
            return None
        return stored(read)

    def epoch(self, text: str, unit: Decimal, place: str) -> str | None:
        """A count since 1970 (UTC) as a time of record; `unit` is seconds per count."""
        value = self._number(text, "time", place)
        if value is None:
            return None
        try:
            return stored(dt.datetime.fromtimestamp(float(value * unit), dt.UTC))
        except (ValueError, OverflowError, OSError):
            self.odd(place, "a time that cannot be read")
            return None

    def seconds(self, text: str, unit: Decimal, place: str) -> str:
        """A duration as decimal seconds; NaN, infinite and negative ones are findings and no duration."""
        value = self._number(text, "duration", place)
        if value is not None and value < 0:
            self.odd(place, "a negative duration; none is recorded")
            return ""
        return "" if value is None else _plain(round(value * unit, 9))

    def _number(self, text: str, what: str, place: str) -> Decimal | None:
        if not text:
            return None
        if len(text) > _DIGITS:
            self.odd(place, f"a {what} of more than {_DIGITS} characters; none is recorded")
            return None
        try:
            value = Decimal(text.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text) else text)
        except InvalidOperation:
            self.odd(place, f"a {what} that is no number; none is recorded")
            return None
        if not value.is_finite() or value.adjusted() > 15:  # noqa: PLR2004 - beyond any time there is
            self.odd(place, f"a {what} that is no finite number; none is recorded")
            return None
        return value if value.adjusted() > -15 else Decimal(0)  # noqa: PLR2004 - less than any clock can tell

    def not_passed(self, since: int, verdict: ForeignVerdict, why: str) -> None:
        """Passes from number `since` on are none: something around them (suite, run) failed."""
        for at in range(since, len(self.seen)):
            if self.seen[at].verdict is ForeignVerdict.PASSED:
                self.seen[at] = replace(self.seen[at], verdict=verdict, reason=why)

    def results(self, version: int, where: str) -> ForeignResults:
        """All attempts as results, in the order in which the tests were first seen. Raises Unreadable where there is none."""
        if not self.seen:
            raise Unreadable("there is no result in it", where=where, hint="an empty file shows nothing, and is not kept")
        groups: dict[tuple[str, str], list[Seen]] = {}
        places: dict[str, set[str]] = {}
        for seen in self.seen:
            groups.setdefault((seen.identity, seen.place), []).append(seen)
            places.setdefault(seen.identity, set()).add(seen.place)
        made = [self._result(group, alone=len(places[identity]) == 1) for (identity, _), group in groups.items()]
        oddities = [
            Oddity(place=place, what=what if n == 1 else f"{what} ({n} times)") for (place, what), n in self._oddities.items()
        ]
        return ForeignResults(
            form=self.form, reader=version, tool=clean(self.tool) or "not said", results=tuple(made), oddities=tuple(oddities)
        )

    def _result(self, group: Sequence[Seen], *, alone: bool) -> ForeignResult:
        identity = clean(group[0].identity if alone else f"{group[0].identity} @ {group[0].place}")
        verdict, reason = self._verdict(identity, group)
        last = group[-1]
        return ForeignResult(
            identity=identity or "(no name)",
            title=clean(last.title, _SHORT),
            status=clean(", ".join(s.status for s in group), _SHORT),
            verdict=verdict,
            reason=clean(reason),
            started=next((s.started for s in group if s.started), None),
            seconds=last.seconds,
            carries=tuple(sorted({clean(c, _SHORT) for s in group for c in s.carries})),
        )

    def _verdict(self, identity: str, group: Sequence[Seen]) -> tuple[ForeignVerdict, str]:
        if len(group) == 1:
            return group[0].verdict, group[0].reason
        verdicts = [s.verdict for s in group]
        numbers = [s.attempt for s in group]
        if all(n is not None for n in numbers) and len(set(numbers)) == len(numbers):
            ordered = sorted(group, key=lambda s: s.attempt or 0)
            before = [s.verdict for s in ordered[:-1] if s.verdict is not ForeignVerdict.PASSED]
            if ordered[-1].verdict is ForeignVerdict.PASSED and before:
                return ForeignVerdict.FLAKY, f"passed in its last of {many(len(group), 'attempt')}, after {before[0]}"
            return ordered[-1].verdict, ordered[-1].reason
        self.odd(identity, f"stands {len(group)} times, and nothing says that these are attempts of one test")
        if ForeignVerdict.PASSED not in verdicts:
            decided = worst(verdicts)
            return decided, next(s.reason for s in group if s.verdict is decided)
        if set(verdicts) == {ForeignVerdict.PASSED}:
            return ForeignVerdict.UNKNOWN, f"stands {len(group)} times as passed; a retry that hid a failure looks the same"
        return ForeignVerdict.FLAKY, "stands more than once, passed and not passed"


def clean(text: str, limit: int = _LONG) -> str:
    """Text of unknown origin as one harmless line."""
    line = one_line(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def whole(text: str) -> int | None:
    """A count or a number as it stands in a file; None for what is none, or is beyond any count."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def first(texts: Iterable[str]) -> str:
    """The first text that says something."""
    return next((t for t in texts if t.strip()), "")


_RUN = r"(?:IQ|OQ|PQ)-\d{3}"
_RECORD = re.compile(rf"[A-Z][A-Z0-9]*-(?:XO|RUN)-{_RUN}")
_OWN = re.compile(r"csvgen(?: \d.*)?", re.IGNORECASE)
_OF_A_RUN = {
    "run", "run-id", "execution", "execution-copy", "execution-order", "copy", "copy-number", "protocol-copy", "paper", "paper-copy",
}  # fmt: skip


def _claim(name: str, value: str) -> str:
    """What a property says of a run of csvgen or of a paper copy, or an empty string."""
    label = re.sub(r"[\s_.:]+", "-", name.strip().lower())
    if label.startswith("csvgen") or _OWN.fullmatch(value.strip()):
        return f"{name} {value}".strip()
    if found := _RECORD.search(value):
        return found[0]
    paper = label.startswith("paper")
    return f"{name} {value}" if label in _OF_A_RUN and (paper or re.search(_RUN, value)) else ""


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
