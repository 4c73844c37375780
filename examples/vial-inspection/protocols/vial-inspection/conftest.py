"""What no pattern says: the locked challenge set put through the station, and what its counts prove. And a record named by its id.

The bounds are scipy's (Clopper and Pearson, exact, one-sided), the counts are made here from the decision records; nothing of the station's
own arithmetic is used but to compare it with this.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections import Counter
from dataclasses import dataclass

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import SystemClock
from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.extras import how_to_add
from csvgen.steps.common import Bench, Bound, answer, last, phrase
from csvgen.steps.entry import filled

CONFIDENCE = 0.95
GOOD = "good"


@dataclass(frozen=True)
class Decided:
    """What the station decided on one picture of the challenge set."""

    file: str
    truth: str
    sha256: str
    record: str
    seen: str
    model: str
    digest: str
    score: str
    decision: str


@dataclass(frozen=True)
class Counts:
    tp: int
    fn: int
    tn: int
    fp: int

    @property
    def sensitivity(self) -> float:
        return lower_bound(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        return lower_bound(self.tn, self.tn + self.fp)


def lower_bound(hits: int, of: int) -> float:
    """The exact one-sided lower bound of a share with a confidence of 95 %. Source: Clopper and Pearson, Biometrika 26 (1934)."""
    try:
        from scipy.stats import binomtest
    except ImportError:
        raise Blocked(f"scipy is not installed, and bounds are not reckoned without it: {how_to_add('vision')}") from None
    interval = binomtest(hits, of, alternative="greater").proportion_ci(confidence_level=CONFIDENCE, method="exact")
    return float(interval.low)


def told(bound: float) -> str:
    """Four decimals, cut off: a bound is never told better than it is."""
    return f"{math.floor(bound * 10_000) / 10_000:.4f}"


# ------------------------------------------------------------ the locked set


def _manifest(bench: Bench, name: str) -> tuple[str, list[dict[str, str]]]:
    """Digest and rows of a list that the specification binds."""
    data = bench.testdata.read(f"{name}.json")
    return str(digest_bytes(data)), json.loads(data)["pictures"]


@given(phrase('the challenge set "{name}" as it was locked with the digest "{digest}"'))
def locked(bench: Bench, bound: Bound, name: str, digest: str) -> None:
    """The list is the approved one, and each picture is the listed one. Nothing lies beside them."""
    actual, rows = _manifest(bench, name)
    bench.observe(f"digest of the list {name}.json", expected=digest, actual=actual, source="data bound by the specification")
    folder = bound.config.root / "pictures" / name
    missing = [row["file"] for row in rows if not (folder / row["file"]).is_file()]
    if missing:
        raise Blocked(
            f"{len(missing)} of {len(rows)} pictures of the set are not there, {missing[0]} the first: python -m vials.make pictures"
        )
    pictures = {row["file"]: (folder / row["file"]).read_bytes() for row in rows}
    other = [row["file"] for row in rows if str(digest_bytes(pictures[row["file"]])) != row["sha256"]]
    source = f"SHA-256 of {len(rows)} files, {name}.json"
    bench.observe("pictures that are not the listed ones", expected="0", actual=_listed(other), source=source)
    beside = sorted({p.name for p in folder.iterdir()} - set(pictures))
    bench.observe("files beside the listed ones", expected="0", actual=_listed(beside), source=source)
    bench.observe.note(
        "vials of the set",
        ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(r["truth"] for r in rows).items())),
        source=source,
    )
    bench.world.facts["set"] = (rows, pictures)


def _listed(names: list[str]) -> str:
    return f"{len(names)}: {', '.join(names[:5])}" if names else "0"


@then(phrase('no picture of it was used in the set "{other}"'))
def apart(bench: Bench, other: str) -> None:
    """A model is not asked what it was taught."""
    rows, _ = bench.world.facts["set"]
    digest, taught = _manifest(bench, other)
    both = sorted({r["sha256"] for r in rows} & {r["sha256"] for r in taught})
    source = f"both lists, {other}.json is {digest}"
    some = f"yes, {len(taught)}" if taught else "no"
    bench.observe(f"the list {other}.json names pictures", expected="yes", actual=some, by="contains", source=source)
    bench.observe("pictures in both sets", expected="0", actual=_listed(both), source=source)


# ------------------------------------------------------------ through the station


@when(phrase('the "{role}" has every vial of it inspected in the batch "{batch}"'))
def inspected(bench: Bench, role: str, batch: str) -> None:
    _inspected(bench, role, batch, bench.world.facts["set"][0])


@given(phrase('the "{role}" has had every vial of it but the last inspected in the batch "{batch}"'))
def inspected_but_one(bench: Bench, role: str, batch: str) -> None:
    _inspected(bench, role, batch, bench.world.facts["set"][0][:-1])


def _inspected(bench: Bench, role: str, batch: str, rows: list[dict[str, str]]) -> None:
    _, pictures = bench.world.facts["set"]
    session, of = bench.actors.session(role), filled(bench, batch)
    entry, records, found = bench.port("Entry"), bench.port("Records"), []
    for number, row in enumerate(rows):
        values = {"id": f"{of}-{number:03d}", "batch": of, "content": base64.b64encode(pictures[row["file"]]).decode()}
        outcome = entry.enter(session, "inspection", values, "challenge set")
        if not outcome.accepted:
            raise CsvgenError(f"{row['file']} was not inspected: {outcome.message}")
        view = records.read(session, outcome.reference)
        if view is None:
            raise CsvgenError(f"the station has no record {outcome.reference}, which it named itself")
        said = [view.fields.get(f, "(not told)") for f in ("picture", "model", "digest", "score", "decision")]
        found.append(Decided(row["file"], row["truth"], row["sha256"], outcome.reference, *said))
    table = [(d.file, d.truth, d.sha256, d.record, d.model, d.score, d.decision) for d in found]
    bench.attach(
        [("file", "truth", "sha256", "record", "model", "score", "decision"), *table],
        name=f"decisions on the challenge set, {of}",
    )
    source = "decision records, Records.read"
    other = [d.file for d in found if d.seen != d.sha256]
    bench.observe("decision records that name another picture", expected="0", actual=_listed(other), source=source)
    undecided = [d.file for d in found if d.decision not in ("accept", "reject")]
    bench.observe("vials the model did not decide", expected="0", actual=_listed(undecided), source=source)
    bench.world.facts["decided"] = found
    bench.world.facts["counts"] = counts = Counts(
        tp=sum(d.truth != GOOD and d.decision == "reject" for d in found), fn=sum(d.truth != GOOD and d.decision == "accept" for d in found),
        tn=sum(d.truth == GOOD and d.decision == "accept" for d in found), fp=sum(d.truth == GOOD and d.decision == "reject" for d in found),
    )  # fmt: skip
    for what, count in (
        ("TP, defects rejected", counts.tp), ("FN, defects accepted", counts.fn), ("TN, good vials accepted", counts.tn),
        ("FP, good vials rejected", counts.fp),
    ):  # fmt: skip
        bench.observe.note(f"{what}, of {len(found)} vials", str(count), source=source)
    for kind in sorted({d.truth for d in found}):
        of_kind = [d for d in found if d.truth == kind]
        rejected = sum(d.decision == "reject" for d in of_kind)
        bench.observe.note(f"{kind}: rejected", f"{rejected} of {len(of_kind)}", source=source)


@then(phrase('every decision on it was made by the model "{version}" with the digest "{digest}"'))
def by_model(bench: Bench, version: str, digest: str) -> None:
    said = sorted({f"{d.model} {d.digest}" for d in bench.world.facts["decided"]})
    bench.observe(
        "models that decided", expected=f"{version} {digest}", actual="; ".join(said), source="decision records, Records.read"
    )


@then(phrase('its sensitivity is at least "{limit}" with a confidence of 95 %'))
def sensitivity(bench: Bench, limit: str) -> None:
    counts: Counts = bench.world.facts["counts"]
    _proved(bench, "sensitivity", counts.tp, counts.tp + counts.fn, counts.sensitivity, limit)


@then(phrase('its specificity is at least "{limit}" with a confidence of 95 %'))
def specificity(bench: Bench, limit: str) -> None:
    counts: Counts = bench.world.facts["counts"]
    _proved(bench, "specificity", counts.tn, counts.tn + counts.fp, counts.specificity, limit)


def _proved(bench: Bench, what: str, hits: int, of: int, bound: float, limit: str) -> None:
    bench.observe.note(f"{what} observed", f"{hits} of {of}", source="counts of this step")
    source = f"{hits} of {of}; Clopper-Pearson, exact, one-sided; scipy.stats.binomtest"
    bench.observe(f"lower 95 % confidence bound of the {what}", expected=limit, actual=told(bound), by="at-least", source=source)


@then("the qualification on record tells the same counts and bounds")
def same_counts(bench: Bench) -> None:
    """The station counts and reckons for itself; two independent ways have to agree."""
    view = bench.port("Records").read(bench.actors.session("administrator"), last(bench).reference)
    if view is None:
        raise CsvgenError("the station has no record of the qualification it named itself")
    counts: Counts = bench.world.facts["counts"]
    expected = {
        "tp": ("defects rejected (TP)", str(counts.tp)), "fn": ("defects accepted (FN)", str(counts.fn)),
        "tn": ("good vials accepted (TN)", str(counts.tn)), "fp": ("good vials rejected (FP)", str(counts.fp)),
        "sensitivity_bound": ("lower bound of the sensitivity", told(counts.sensitivity)),
        "specificity_bound": ("lower bound of the specificity", told(counts.specificity)),
    }  # fmt: skip
    for name, (words, value) in expected.items():
        actual = view.fields.get(name, "(not told)")
        source = f"Records.read, {name} of {view.id}; expected from the decision records"
        bench.observe(f"{words}, as the station reckoned", expected=value, actual=actual, source=source)


# ------------------------------------------------------------ what a person decides


@given(phrase('the "{role}" has decided "{decision}" on that record because "{reason}"'))
def decided(bench: Bench, role: str, decision: str, reason: str) -> None:
    """On the vial entered last."""
    made = [o.reference for about, o in bench.world.outcomes if about.startswith("Entry.enter") and o.accepted]
    bench.actors.log_in(role)
    outcome = bench.port("Records").change(bench.actors.session(role), made[-1], "decision", decision, reason)
    if not outcome.accepted:
        raise CsvgenError(f"the decision on {made[-1]} was refused: {outcome.message}")
    bench.observe.note(f"decision of the {role} on {made[-1]}", decision, source="Records.change")


@when(phrase('the "{role}" asks for the export of the audit trail'))
def asks_for_export(bench: Bench, role: str) -> None:
    outcome = bench.port("AuditTrail").export_outcome(bench.actors.session(role))
    bench.world.take("AuditTrail.export", outcome)
    bench.observe.note(f"export asked for by the {role}", answer(outcome), source="AuditTrail.export_outcome")


@when(phrase('the "{role}" retires the new account while its session is open'))
def retired_while_open(bench: Bench, role: str) -> None:
    known, access = bench.world.account, bench.actors.access
    if known is None:
        raise CsvgenError("no step before this one made an account")
    opened = access.log_in(known.user_id, known.password)
    before = access.whoami(opened.reference)
    bench.observe("session before", expected="accepted: ", actual=answer(before), by="contains", source="Access.whoami")
    gone = access.retire_account(bench.actors.session(role), known.user_id, "left the plant")
    bench.observe("retirement", expected="accepted: ", actual=answer(gone), by="contains", source="Access.retire_account")
    bench.world.take("Access.whoami", access.whoami(opened.reference))
    bench.observe.note("session after", answer(last(bench)), source="Access.whoami")


# ------------------------------------------------------------ a record by its id


def _read(bench: Bench, record: str) -> tuple[str, str, dict[str, str]]:
    named = filled(bench, record)
    bench.actors.log_in("auditor")
    view = bench.port("Records").read(bench.actors.session("auditor"), named)
    return named, view.state if view else "(no such record)", dict(view.fields) if view else {}


@then(phrase('the station shows "{field}" of "{record}" as "{value}"'))
def shows(bench: Bench, field: str, record: str, value: str) -> None:
    named, _, fields = _read(bench, record)
    bench.observe(
        f"{field} of {named}", expected=filled(bench, value), actual=fields.get(field, "(no such field)"), source="Records.read"
    )


@then(phrase('the station tells of "{record}" when it was decided on, with the offset of its clock'))
def dated(bench: Bench, record: str) -> None:
    """Within a minute of the recorder's clock: the decision was made by a step of this case."""
    named, _, fields = _read(bench, record)
    said = fields.get("at", "(no such field)")
    try:
        moment = dt.datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        bench.observe(
            f"time of the decision on {named}", expected="a time with its offset", actual=said or "(blank)", source="Records.read"
        )
        return
    apart = abs((SystemClock().now() - moment).total_seconds())
    what = f"time of the decision on {named}, apart from the recorder's clock"
    bench.observe(what, expected="60", actual=f"{apart:.1f}", unit="s", by="at-most", source=f"Records.read: {said}")


@then(phrase('the station shows "{record}" in the state "{state}"'))
def in_state(bench: Bench, record: str, state: str) -> None:
    named, actual, _ = _read(bench, record)
    bench.observe(f"state of {named}", expected=state, actual=actual, source="Records.read")


@then(phrase('the station keeps version "{number}" of "{record}" with "{field}" as "{value}"'))
def keeps(bench: Bench, number: str, record: str, field: str, value: str) -> None:
    """An earlier version, as it was."""
    named = filled(bench, record)
    bench.actors.log_in("auditor")
    versions = {str(v.version): v.fields for v in bench.port("Records").history(bench.actors.session("auditor"), named)}
    actual = versions[number].get(field, "(no such field)") if number in versions else "(no such version)"
    bench.observe(f"{field} of {named}, version {number}", expected=value, actual=actual, source="Records.history")


@then(phrase('the audit trail tells that "{who}" did "{act}" on "{record}" because "{reason}"'))
def told_of(bench: Bench, who: str, act: str, record: str, reason: str) -> None:
    """`who` is a role with an account, or ``the station``. The reason is looked for in that of the entry."""
    named = filled(bench, record)
    expected = "station" if who == "the station" else bench.actors.account(who).user_id
    bench.actors.log_in("auditor")
    entries = bench.port("AuditTrail").entries(bench.actors.session("auditor"), named)
    found = [e for e in entries if e.action == act]
    actual = f"{found[-1].user_id}" if found else "no such entry"
    bench.observe(f"who did {act} on {named}", expected=expected, actual=actual, source="AuditTrail.entries")
    bench.observe(
        f"reason of {act} on {named}",
        expected=filled(bench, reason),
        actual=found[-1].reason,
        by="contains",
        source="AuditTrail.entries",
    )
