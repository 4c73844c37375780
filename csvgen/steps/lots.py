"""Lots through the pipeline: ingest, process, states, deviations, files."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import SystemClock, parsed, stored
from csvgen.errors import CsvgenError
from csvgen.ports import DeviationView, LotView, Outcome, RecordView, SignatureView
from csvgen.steps.access import WRONG
from csvgen.steps.common import Bench, answer, phrase

PLATE_METHOD = "LIN-01"
"""Method for constructed plates: linear calibration, label claim 1000, so that potency % = 100 x signal."""
REAL_METHOD = "BCA-01"
PLATE_INSTRUMENT = "PR-001"
CLOCKS_DIFFER = "2"
"""Seconds the system's clock may differ from the recorder's: the limit of the installation qualification."""


def constructed_plate(
    signals: tuple[str, ...],
    standards: tuple[tuple[str, str], ...] = (("0", "0"), ("500", "0.5"), ("1000", "1"), ("1500", "1.5")),
    lot: str = "",
) -> bytes:
    """A plate file in the form qc-plate/1 with exactly linear calibrators and the given sample signals.

    With a lot it has a blank well whose signal is that lot's own, as the noise of a reader would make it: two lots are two measurements,
    and a system that is asked to judge the same readings a second time under another name says no. No result depends on the blank.
    """
    lines = ["#qc-plate/1", "kind,id,level_or_dilution,signal"]
    lines += [f"blank,BLK,,0.00{int(digest_bytes(lot.encode()).hex[:12], 16):015d}"] if lot else []
    lines += [f"standard,STD{n},{level},{signal}" for n, (level, signal) in enumerate(standards, 1)]
    lines += [f"sample,S1,1,{signal}" for signal in signals]
    return counted(lines)


def counted(lines: list[str]) -> bytes:
    """Lines of a form of ours, closed by the count of its data rows: a truncated file shows that it is."""
    return "\n".join([*lines, f"end,{len(lines) - 2}", ""]).encode("ascii")


def ingest(bench: Bench, role: str, lot: str, name: str, content: bytes, **metadata: str) -> Outcome:
    outcome: Outcome = bench.port("Pipeline").ingest(bench.actors.session(role), lot, name, content, metadata)
    return outcome


def plate(bench: Bench, role: str, lot: str, signal: str) -> Outcome:
    """Ingest and process a constructed plate; the answer of the step that said no, or of the last."""
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    outcome = ingest(bench, role, lot, "plate.csv", constructed_plate((signal,), lot=lot), **metadata)
    if not outcome.accepted:
        return outcome
    processed: Outcome = bench.port("Pipeline").process(bench.actors.session(role), lot)
    return processed


def view(bench: Bench, lot: str) -> LotView:
    found: LotView | None = bench.port("Pipeline").lot(bench.actors.session("analyst"), lot)
    if found is None:
        raise CsvgenError(f"the system knows no lot {lot}")
    return found


# ------------------------------------------------------------ constructed plates


@when(phrase('a constructed plate with the sample signal "{signal}" is ingested and processed as lot "{lot}"'))
def when_plate(bench: Bench, signal: str, lot: str) -> None:
    content = constructed_plate((signal,), lot=bench.lot(lot))
    bench.attach(content, name="constructed plate", media_type="text/csv")
    outcome = bench.world.take("Pipeline.ingest, Pipeline.process", plate(bench, "analyst", bench.lot(lot), signal))
    bench.observe.note(f"lot {bench.lot(lot)}", answer(outcome), source="Pipeline.process")


@when(phrase('a constructed plate with the sample signal "{signal}" is ingested and processed again as lot "{lot}"'))
def when_plate_again(bench: Bench, signal: str, lot: str) -> None:
    outcome = bench.world.take("Pipeline.ingest, Pipeline.process", plate(bench, "analyst", bench.lot(lot), signal))
    bench.observe.note(f"second processing of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.process")


@when(phrase('the "{role}" ingests and processes a constructed plate with the sample signal "{signal}" as lot "{lot}"'))
def role_plate(bench: Bench, role: str, signal: str, lot: str) -> None:
    outcome = bench.world.take("Pipeline.process", plate(bench, role, bench.lot(lot), signal))
    bench.observe.note(f"lot {bench.lot(lot)} processed by the {role}", answer(outcome), source="Pipeline.process")


@given(phrase('lot "{lot}" has a processed result with the sample signal "{signal}"'))
def given_plate(bench: Bench, signal: str, lot: str) -> None:
    outcome = plate(bench, "analyst", bench.lot(lot), signal)
    if not outcome.accepted:
        raise CsvgenError(f"lot {bench.lot(lot)} could not be prepared: {outcome.message}")
    bench.observe.note(f"lot {bench.lot(lot)}", answer(outcome), source="Pipeline.process")


@when(phrase('{count:d} lots with the sample signal "{signal}" are ingested and processed one after the other'))
def many(bench: Bench, count: int, signal: str) -> None:
    begun = time.monotonic()
    bench.world.facts["lots"] = [bench.lot(f"N{n:04d}") for n in range(1, count + 1)]
    refused = [lot for lot in bench.world.facts["lots"] if not plate(bench, "analyst", lot, signal).accepted]
    bench.world.facts["elapsed"] = time.monotonic() - begun
    bench.observe.note("lots ingested and processed", f"{count - len(refused)} of {count}", source="Pipeline.process")


@then("every one of them has a reportable result")
def all_reported(bench: Bench) -> None:
    lots: list[str] = bench.world.facts["lots"]
    reported = sum(bool(view(bench, lot).tests) for lot in lots)
    bench.observe("lots with a reportable result", expected=str(len(lots)), actual=str(reported), source="Pipeline.lot")


@then(phrase("it took at most {seconds} seconds"))
def in_time(bench: Bench, seconds: str) -> None:
    elapsed = f"{bench.world.facts['elapsed']:.2f}"
    bench.observe("time taken", expected=seconds, actual=elapsed, unit="s", by="at-most", source="recorder's monotonic clock")


# ------------------------------------------------------------ files


@dataclass(frozen=True)
class Sent:
    """A file as the recorder sent it: content, the system's name for its record, and the recorder's time before and after."""

    content: bytes
    record: str
    begun: dt.datetime
    ended: dt.datetime


def _file(bench: Bench, *, role: str, file: str, lot: str, **metadata: str) -> None:
    _send(bench, role, lot, file, bench.testdata.read(file), **metadata)


def _send(bench: Bench, role: str, lot: str, file: str, content: bytes, **metadata: str) -> None:
    begun = SystemClock().now()
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), file, content, **metadata))
    sent = Sent(content, outcome.reference, begun, SystemClock().now())
    bench.world.facts.setdefault("sent", {})[(lot, file)] = sent
    bench.observe.note(
        f"ingest of {file} ({len(content)} bytes) as lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest"
    )


@when(phrase('the "{role}" ingests the file "{file}" as lot "{lot}" with instrument "{instrument}"'))
def file_whole(bench: Bench, role: str, file: str, lot: str, instrument: str) -> None:
    _file(bench, role=role, file=file, lot=lot, instrument=instrument, sample="S1", method=PLATE_METHOD)


@given(phrase('the "{role}" has ingested the file "{file}" sample "{sample}" as lot "{lot}" with instrument "{instrument}"'))
@when(phrase('the "{role}" ingests the file "{file}" sample "{sample}" as lot "{lot}" with instrument "{instrument}"'))
def file_sample(bench: Bench, role: str, file: str, sample: str, lot: str, instrument: str) -> None:
    _file(bench, role=role, file=file, lot=lot, instrument=instrument, sample=sample, method=REAL_METHOD)


@when(phrase('the "{role}" ingests the file "{file}" sample "{sample}" as lot "{lot}" without instrument'))
def file_no_instrument(bench: Bench, role: str, file: str, sample: str, lot: str) -> None:
    _file(bench, role=role, file=file, lot=lot, sample=sample, method=REAL_METHOD)


@when(
    phrase(
        'the "{role}" ingests the file "{file}" sample "{sample}" as lot "{lot}" with instrument "{instrument}" by method "{method}"'
    )
)
def file_method(bench: Bench, role: str, file: str, sample: str, lot: str, instrument: str, method: str) -> None:
    _file(bench, role=role, file=file, lot=lot, instrument=instrument, sample=sample, method=method)


@given(phrase('the "{role}" has ingested a plate with the sample signal "{signal}" as file "{file}" of lot "{lot}"'))
@when(phrase('the "{role}" ingests a plate with the sample signal "{signal}" as file "{file}" of lot "{lot}"'))
def file_measured(bench: Bench, role: str, signal: str, file: str, lot: str) -> None:
    content = constructed_plate((signal,), lot=bench.lot(lot))
    bench.attach(content, name=f"constructed plate {file}", media_type="text/csv")
    _send(bench, role, lot, file, content, instrument=PLATE_INSTRUMENT, sample="S1", method=PLATE_METHOD)


@when(phrase('the "{role}" processes lot "{lot}"'))
def process(bench: Bench, role: str, lot: str) -> None:
    outcome = bench.world.take("Pipeline.process", bench.port("Pipeline").process(bench.actors.session(role), bench.lot(lot)))
    bench.observe.note(f"processing of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.process")


@when(phrase('the "{role}" ingests a plate made for this case only as lot "{lot}"'))
def file_of_its_own(bench: Bench, role: str, lot: str) -> None:
    """A content-addressed store keeps equal files once; what is damaged here must not be anybody else's."""
    content = constructed_plate(("1.000",), lot=bench.lot(lot))
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), "plate.csv", content, **metadata))
    bench.observe.note(f"plate of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")


@then(phrase('the file "{file}" of lot "{lot}" is registered with the SHA-256 of the file sent'))
def registered(bench: Bench, file: str, lot: str) -> None:
    sent = digest_bytes(bench.world.facts["sent"][lot, file].content)
    actual = view(bench, bench.lot(lot)).files.get(PurePosixPath(file).name, "(not registered)")
    bench.observe(
        f"registered digest of {file}", expected=sent, actual=actual, source="Pipeline.lot; digest computed again by the recorder"
    )


def file_record(bench: Bench, file: str, lot: str) -> tuple[Sent, RecordView]:
    """What was sent, and the system's record of it under the name the system answered with."""
    sent: Sent = bench.world.facts["sent"][lot, file]
    found: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), sent.record) if sent.record else None
    if found is None:
        raise CsvgenError(f"the system has no record of the file {file} of lot {bench.lot(lot)}")
    return sent, found


@then(
    phrase(
        'the record of the file "{file}" of lot "{lot}" names the "{role}", instrument "{instrument}" and the UTC time of receipt'
    )
)
def arrival(bench: Bench, file: str, lot: str, role: str, instrument: str) -> None:
    sent, record = file_record(bench, file, lot)
    fields, source = record.fields, f"Records.read {record.id}"
    told = fields.get("by", "(not named)")
    bench.observe(f"sender of {file}", expected=bench.actors.account(role).user_id, actual=told, source=source)
    bench.observe(f"instrument of {file}", expected=instrument, actual=fields.get("instrument", "(not named)"), source=source)
    at = fields.get("at", "(not named)")
    bench.observe(
        f"time of receipt of {file} is in UTC", expected="UTC", actual=f"{at} {_zone(at)}", by="contains", source=source
    )
    received = parsed(at)
    off = max((sent.begun - received).total_seconds(), (received - sent.ended).total_seconds(), 0.0)
    bench.observe(
        "time of receipt outside the time the file was sent",
        expected=CLOCKS_DIFFER,
        actual=f"{off:.3f}",
        unit="s",
        by="at-most",
        source=f"{source}: {at}; recorder's clock: {stored(sent.begun)} to {stored(sent.ended)}",
    )


def _zone(at: str) -> str:
    try:
        return "UTC" if at.endswith(("Z", "+00:00")) and parsed(at).utcoffset() == dt.timedelta() else "in no known zone"
    except ValueError:
        return "no time"


@then(phrase('the file "{file}" of lot "{lot}" is kept as sent, with the standing "{standing}"'))
def kept(bench: Bench, file: str, lot: str, standing: str) -> None:
    sent, record = file_record(bench, file, lot)
    source = f"Records.read {record.id}"
    bench.observe(f"standing of {file}", expected=standing, actual=record.fields.get("standing", "(not said)"), source=source)
    digest = record.fields.get("digest", "(not said)")
    bench.observe(
        f"registered digest of {file}",
        expected=digest_bytes(sent.content),
        actual=digest,
        source=f"{source}; digest computed again by the recorder",
    )
    stored_file(bench, file, lot, "passes")


@then(phrase('the stored file "{file}" of lot "{lot}" {result} the system\'s own check'))
def stored_file(bench: Bench, file: str, lot: str, result: str) -> None:
    outcome: Outcome = bench.port("Pipeline").check_file(bench.actors.session("analyst"), bench.lot(lot), file)
    actual = "passes" if outcome.accepted else "fails"
    bench.observe(
        f"system's check of the stored file {file}",
        expected=result,
        actual=actual,
        source=f"Pipeline.check_file: {answer(outcome)}",
    )


@when(phrase('one byte of the stored file "{file}" of lot "{lot}" is changed outside the application'))
def damage(bench: Bench, file: str, lot: str) -> None:
    outcome: Outcome = bench.port("Pipeline").damage_file(bench.actors.session("analyst"), bench.lot(lot), file)
    if not outcome.accepted:
        raise CsvgenError(f"the byte could not be changed: {outcome.message}")
    bench.observe.note(f"stored file {file}", outcome.message, source="Pipeline.damage_file (validation instance only)")


# ------------------------------------------------------------ states and deviations


@then(phrase('lot "{lot}" is in the state "{state}"'))
def state_is(bench: Bench, lot: str, state: str) -> None:
    bench.actors.log_in("analyst")
    actual = view(bench, bench.lot(lot)).state
    bench.observe(f"state of lot {bench.lot(lot)}", expected=state, actual=actual, source="Pipeline.lot")


@then(phrase('lot "{lot}" has no reportable result'))
def no_result(bench: Bench, lot: str) -> None:
    found: LotView | None = bench.port("Pipeline").lot(bench.actors.session("analyst"), bench.lot(lot))
    actual = ", ".join(f"{t.name} {t.reported}" for t in found.tests) if found and found.tests else "none"
    bench.observe(f"reportable results of lot {bench.lot(lot)}", expected="none", actual=actual, source="Pipeline.lot")


def _deviations(bench: Bench, lot: str) -> tuple[DeviationView, ...]:
    return tuple(bench.port("Pipeline").deviations(bench.actors.session("analyst"), lot))


@then(phrase('lot "{lot}" has {count:d} deviation'))
@then(phrase('lot "{lot}" has {count:d} deviations'))
def deviation_count(bench: Bench, lot: str, count: int) -> None:
    found, what = _deviations(bench, bench.lot(lot)), f"deviations of lot {bench.lot(lot)}"
    bench.observe(what, expected=str(count), actual=str(len(found)), source="Pipeline.deviations")


@then(phrase('lot "{lot}" has {count:d} deviation in the state "{state}"'))
def deviation_state(bench: Bench, lot: str, count: int, state: str) -> None:
    found = _deviations(bench, bench.lot(lot))
    matching = [d for d in found if d.state == state]
    told = "; ".join(f"{d.id} {d.state}: {d.reason}" for d in found) or "none"
    bench.observe(
        f"deviations in the state {state}", expected=str(count), actual=str(len(matching)), source=f"Pipeline.deviations: {told}"
    )


def _latest(bench: Bench, lot: str) -> DeviationView:
    found = _deviations(bench, bench.lot(lot))
    if not found:
        raise CsvgenError(f"lot {bench.lot(lot)} has no deviation")
    return found[-1]


def _only(bench: Bench, lot: str, words: str = "") -> DeviationView:
    found = [d for d in _deviations(bench, bench.lot(lot)) if words in d.reason]
    if len(found) != 1:
        raise CsvgenError(f"lot {bench.lot(lot)} has {len(found)} deviations that say {words!r}; one is looked for")
    return found[0]


def _dispose(bench: Bench, role: str, deviation: DeviationView, decision: str, reason: str, *, wrongly: bool = False) -> None:
    account = bench.actors.account(role)
    password = WRONG if wrongly else account.password
    outcome = bench.port("Pipeline").dispose(
        bench.actors.session(role), deviation.id, decision, reason, account.user_id, password
    )
    bench.world.take("Pipeline.dispose", outcome)
    what = f"disposition of {deviation.id}{' with a wrong password' if wrongly else ''}"
    bench.observe.note(what, answer(outcome), source="Pipeline.dispose")


@when(phrase('the "{role}" disposes of the deviation of lot "{lot}" as "{decision}" because "{reason}"'))
def dispose(bench: Bench, role: str, lot: str, decision: str, reason: str) -> None:
    _dispose(bench, role, _latest(bench, lot), decision, reason)


@when(phrase('the "{role}" disposes of the deviation of lot "{lot}" that says "{words}" as "{decision}" because "{reason}"'))
def dispose_of_one(bench: Bench, role: str, lot: str, words: str, decision: str, reason: str) -> None:
    _dispose(bench, role, _only(bench, lot, words), decision, reason)


@when(phrase('the "{role}" disposes of the deviation of lot "{lot}" as "{decision}" with a wrong password'))
def dispose_wrongly(bench: Bench, role: str, lot: str, decision: str) -> None:
    _dispose(bench, role, _latest(bench, lot), decision, "instrument established from the logbook", wrongly=True)


def _dispositions(bench: Bench, lot: str) -> tuple[DeviationView, tuple[SignatureView, ...]]:
    found = _only(bench, lot)
    made = bench.port("Signing").signatures(bench.actors.session("analyst"), f"deviation/{found.id}")
    return found, tuple(made)


@then(phrase('the deviation of lot "{lot}" is decided as "{decision}", signed by the "{role}" as "{meaning}"'))
def disposition(bench: Bench, lot: str, decision: str, role: str, meaning: str) -> None:
    deviation, made = _dispositions(bench, lot)
    account, source = bench.actors.account(role), f"Signing.signatures of {deviation.id}"
    told = deviation.decision or "(not decided)"
    bench.observe(f"decision on {deviation.id}", expected=decision, actual=told, source="Pipeline.deviations")
    bench.observe(f"signatures of {deviation.id}", expected="1", actual=str(len(made)), source=source)
    bench.observe(
        f"signature of {deviation.id}: person, meaning, validity",
        expected=f"{account.printed_name} ({account.user_id}); {meaning}; valid",
        actual=f"{made[0].printed_name} ({made[0].user_id}); {made[0].meaning}; {'valid' if made[0].valid else made[0].status}",
        source=source,
    )


@then(phrase('the deviation of lot "{lot}" carries no signature'))
def no_disposition(bench: Bench, lot: str) -> None:
    deviation, made = _dispositions(bench, lot)
    actual = ", ".join(f"{s.meaning} by {s.user_id}" for s in made) or "none"
    bench.observe(f"signatures of {deviation.id}", expected="none", actual=actual, source="Signing.signatures")


# ------------------------------------------------------------ repeats


@when(phrase('the file "{file}" sample "{sample}" is processed {count:d} time with instrument "{instrument}"'))
@when(phrase('the file "{file}" sample "{sample}" is processed {count:d} times with instrument "{instrument}"'))
def repeated(bench: Bench, file: str, sample: str, count: int, instrument: str) -> None:
    digests: list[str] = bench.world.facts.setdefault("outputs", [])
    content = bench.testdata.read(file)
    for _ in range(count):
        lot = bench.lot(f"R{len(digests) + 1}")
        ingest(bench, "analyst", lot, file, content, instrument=instrument, sample=sample, method=REAL_METHOD)
        outcome: Outcome = bench.port("Pipeline").process(bench.actors.session("analyst"), lot)
        if not outcome.accepted:
            raise CsvgenError(f"lot {lot} could not be processed: {outcome.message}")
        digests.append(view(bench, lot).run_record["outputs"])
    bench.observe.note("lots processed", f"{count} from sample {sample}", source="Pipeline.process")


@then("all run records name the same digest of outputs")
def same_outputs(bench: Bench) -> None:
    digests: list[str] = bench.world.facts["outputs"]
    for number, found in enumerate(digests[1:], 2):
        bench.observe(f"digest of outputs, repeat {number}", expected=digests[0], actual=found, source="run record, Pipeline.lot")


@then(phrase("the run records name {count:d} different digests of outputs"))
def different_outputs(bench: Bench, count: int) -> None:
    found = {*bench.world.facts["outputs"]}
    bench.observe("different digests of outputs", expected=str(count), actual=str(len(found)), source="run records, Pipeline.lot")
