"""A record as a neutral sheet: title, rows, signatures. Every form and copy is drawn from it, so that none shows less."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from csvgen.audit.ledger import Version
from csvgen.canonical import canonical_json
from csvgen.clock import shown
from csvgen.errors import BadInput
from csvgen.pipeline.clinical.planning import plan_state, run_state
from csvgen.pipeline.clinical.standing import standing
from csvgen.pipeline.clinical.study import PlanVersion, Study
from csvgen.pipeline.core import Core, named
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.signing import Judged, Signatures, word_of
from csvgen.pipeline.words import words
from csvgen.ports import SignatureView

KINDS = (
    "lot", "file", "run", "deviation", "reintegration", "set-aside", "certificate",  # of lots
    "study", "study-plan", "study-hold",
    "artifact", "promotion", "withdrawal", "revalidation", "revalidation-act", "method-change", "batch", "batch-part",
    "tracked",
    "procedure", "training", "condition",
    "method", "material", "material-change", "instrument", "sender", "dataset", "configuration", "settings", "account", "signature",
)  # fmt: skip
"""Kinds of records a person can read. ``lot/L-001``; a name without kind is that of the one record called so (`find`)."""


SUPERSEDED = "superseded"
"""State of every version of a record but the newest."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One version of a record, ready to be shown."""

    record: str
    version: int
    state: str
    sha256: str
    rows: tuple[tuple[str, str], ...]
    """Label, value: for people, in the order shown."""
    fields: Mapping[str, str]
    """Every field under its dotted name: for machines."""
    signatures: tuple[tuple[SignatureView, str, str], ...]
    """View, statement, reason."""
    demonstration: bool
    notes: tuple[str, ...] = ()
    """What is to be known of who signed."""


def identify(record: str) -> tuple[str, str]:
    """Kind and id of a record named by a person. Raises BadInput."""
    kind, _, identity = named(record).partition("/")
    if kind not in KINDS:
        raise BadInput(f"no kind of record {kind[:40]!r}; the kinds are {', '.join(KINDS)}")
    return kind, identity


def find(core: Core, record: str) -> tuple[str, str]:
    """Kind and id of a record by its name, or by its id alone: of the one record that is called so, else of a lot.

    Raises BadInput when more than one is called so.
    """
    if "/" in record:
        return identify(record)
    kinds = [kind for kind in KINDS if core.ledger.latest(kind, record) is not None]
    if len(kinds) > 1:
        raise BadInput(
            f"{record[:80]!r} names several records; say which: {', '.join(f'{kind}/{record[:80]}' for kind in kinds)}"
        )
    return (kinds or ["lot"])[0], record


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested content as dotted names with text values; lists of named values by their names."""
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for name, inner in value.items():
            found |= flat(inner, f"{prefix}.{name}" if prefix else str(name))
        return found
    if _named_once(value):
        return flat({v["name"]: {k: x for k, x in v.items() if k != "name"} for v in value}, prefix)
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return {prefix: ", ".join(value)}
    if value is None or isinstance(value, str | int):
        return {prefix: "" if value is None else str(value)}
    return {prefix: canonical_json(value).decode("utf-8").strip()}


def _named_once(value: Any) -> bool:
    """Whether a value is a list of things with a name each, no two of them alike: one would hide the other."""
    if not (isinstance(value, list) and value and all(isinstance(v, Mapping) and "name" in v for v in value)):
        return False
    return len({str(v["name"]) for v in value}) == len(value)


_LOT_LABELS = (
    "lot",
    "material",
    "manufactured_on",
    "expires_on",
    "method",
    "verdict",
    "sampled_on",
    "storage",
    "comment",
    "runs",
)


def readable(kind: str, content: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The rows of a record for people. A lot: what it is, then a line for each test and file. Others: field by field."""
    if kind != "lot":
        return tuple(row for name, value in content.items() for row in _rows(name, value))
    rows = [(_capital(name.replace("_", " ")), value) for name in _LOT_LABELS if (value := flat(content[name], name)[name])]
    rows += [(_capital(test["name"]), told_value(test)) for test in content["tests"]]
    for gone in content.get("withdrawn", ()):
        value = f"{told_value(gone['value'])}, by {gone['by']}: {gone['reason']}"
        rows.append((f"Withdrawn: {gone['value']['name']}", value))
    for plan in content.get("retests", ()):
        done = ", ".join(plan["runs"]) or "none yet"
        rows.append((f"Retests of {plan['part']}", f"{plan['count']} planned by {plan['investigation']}, done: {done}"))
    for gone in content.get("aside", ()):
        rows.append((f"Set aside: {gone['file']} version {gone['version']}", f"{gone['told']}; {gone['by']}, {gone['sha256']}"))
    if review := content.get("review"):
        rows.append(("Audit trail reviewed", f"{review['events']} events through event {review['through']}, {review['packet']}"))
    for name, file in content["files"].items():
        source = f"instrument {file['instrument'] or 'not known'}" + (f", sample {file['sample']}" if file["sample"] else "")
        told = f"version {file['version']}, {file['standing']}, for {file['part']}, {source}, {file['sha256']}"
        rows.append((f"File {name}", told))
    return tuple(rows)


def _rows(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A field as rows: a list of things without names (steps of a run, phases of an investigation) has a row for each, in words."""
    if isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value) and not _named_once(value):
        yield from ((f"{name} {number}", words(one)) for number, one in enumerate(value, 1))
    else:
        yield from flat(value, name).items()


def told_value(test: Mapping[str, Any]) -> str:
    """A result in words: as reported, its verdict, the limit, the value before rounding, and the run it comes from."""
    limit = f", limit {test['limit']}" if test["limit"] else ""
    run = f", {test['run']}" if test.get("run") else ""
    more = "".join(f", {words}" for words in (told_interval(test), test.get("flag", "")) if words)
    return f"{test['reported']} {test['unit']}, {test['verdict']}{limit}{more} (unrounded {test['unrounded']}{run})"


def told_interval(test: Mapping[str, Any]) -> str:
    """The confidence limits of a result in words; empty when it has none."""
    if not test.get("lower"):
        return ""
    return f"95 % confidence limits {test['lower']} to {test['upper']} {test['unit']} ({test['interval']})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class Sheets:
    """Sheets of one instance."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    def of(self, record: str) -> Sheet:
        """The newest version of a record. Raises BadInput when there is none."""
        kind, identity = find(self._core, record)
        version = self._core.ledger.latest(kind, identity)
        if version is None:
            raise BadInput(f"no record {record[:80]!r}", hint=f"KIND/ID, where the kinds are {', '.join(KINDS)}")
        return self.draw(version, self.state(version), self._signatures.of(f"{kind}/{identity}"))

    def draw(self, version: Version, state: str, signatures: Sequence[Judged] = ()) -> Sheet:
        """One version of a record with the signatures given."""
        return Sheet(
            record=f"{version.kind}/{version.id}",
            version=version.number,
            state=state,
            sha256=version.sha256,
            rows=self._rows(version),
            fields=flat(version.content),
            signatures=tuple((view(j), _text(j, "statement"), _text(j, "reason")) for j in signatures),
            demonstration=self._core.keys.demonstration,
            notes=tuple(note for j in signatures if (note := self._gone(j))),
        )

    def _gone(self, judged: Judged) -> str:
        """That somebody who signed has left since; empty for everybody else. The signature stays what it was (RR-U01)."""
        record = judged.record
        account = self._core.ledger.latest("account", record.person) if record else None
        if record is None or account is None or account.content.get("state") != "retired":
            return ""
        versions = self._core.ledger.versions("account", record.person)
        since = next(v.event for v in versions if v.content.get("state") == "retired")
        day = next(shown(e.at) for e in self._core.ledger.events() if e.seq == since)
        who = f"{record.printed_name} ({record.person}), who signed as {word_of(record)}"
        return f"{who}, was retired on {day}, after signing; the signature stays {judged.status}"

    def signature_views(self, kind: str, identity: str) -> tuple[SignatureView, ...]:
        """The signatures of a record as a port shows them."""
        return tuple(view(j) for j in self._signatures.of(f"{kind}/{identity}"))

    def _rows(self, version: Version) -> tuple[tuple[str, str], ...]:
        """The rows of a record; of a signature what was signed, in place of its bytes."""
        if version.kind != "signature":
            return readable(version.kind, version.content)
        judged = _judged(self._core, version)
        signed = judged.record.model_dump(mode="json") if judged and judged.record else {}
        kept = {name: value for name, value in version.content.items() if name not in _BYTES and name not in signed}
        encoded = {
            name: f"{len(str(version.content[name]))} characters of base64; whole as data"
            for name in _BYTES
            if name in version.content
        }
        return tuple(flat({**kept, **signed, **encoded}).items())

    def state(self, version: Version) -> str:
        """The state of the newest version of a record: its place in life, what it says of itself, else in force."""
        told = _STATES.get(version.kind)
        if told is not None and (state := told(self._core, version)):
            return state
        return str(version.content.get("state") or version.content.get("standing") or "in force")


def _judged(core: Core, version: Version) -> Judged | None:
    """A kept signature with what is to be said of it now."""
    return next((j for j in Signatures(core).of(str(version.content["of"])) if j.content == version.content), None)


def _run(core: Core, version: Version) -> str:
    of_study = str(version.content.get("subject", "")).startswith("study/")
    return run_state(core, RunRecord.model_validate(version.content)) if of_study else ""


def _signature(core: Core, version: Version) -> str:
    judged = _judged(core, version)
    return judged.status if judged else "INVALID: it does not stand on the record it names"


_STATES: Mapping[str, Callable[[Core, Version], str]] = {
    "lot": lambda core, version: core.state(version.id),
    "study": lambda core, version: standing(core, Study.model_validate(version.content)).words,
    "study-plan": lambda core, version: plan_state(core, PlanVersion.model_validate(version.content)),
    "run": _run,
    "signature": _signature,
}
"""Kinds whose state stands beside them -> how it is found."""
_BYTES = ("body", "cms")


def view(judged: Judged) -> SignatureView:
    """A signature as shown. One that cannot be read is shown too, from what was kept beside it, as INVALID."""
    record, kept = judged.record, judged.content
    if record is None:
        return SignatureView(
            str(kept.get("printed_name", "")),
            str(kept.get("person", "")),
            str(kept.get("signed", "")),
            "",
            str(kept.get("meaning", "")),
            False,
            judged.status,
        )
    return SignatureView(
        record.printed_name, record.person, record.signed, record.offset, word_of(record), judged.valid, judged.status
    )


def _text(judged: Judged, name: str) -> str:
    return str(getattr(judged.record, name)) if judged.record else ""
