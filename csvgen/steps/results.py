"""Results: certified data sets, oracles, reported values, verdicts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

from pytest_bdd import given, then, when

from csvgen.errors import BadInput, CsvgenError
from csvgen.execution.observe import agreement
from csvgen.model.execution import Comparison
from csvgen.ports import LotView, TestResult
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate, counted, ingest, view

# ------------------------------------------------------------ certified data sets (NIST StRD)


@dataclass(frozen=True)
class Certified:
    """A certified data set: inputs, and the certified value of each statistic under the port's name for it."""

    x: tuple[str, ...]
    y: tuple[str, ...]
    values: Mapping[str, str]
    source: str = ""
    """Who certifies the values: what the data set says of itself."""


_NUMBER = r"[-+]?\d*\.?\d+(?:[EeDd][-+]?\d+)?"


def certified_set(text: str, statistic: str) -> Certified:
    """Read a file in the form of the NIST StRD: certified values from its header, never from a copy of them."""
    found = _replicates(text) if statistic == "replicates" else _regression(text)
    by = "certified by NIST (StRD)" if "NIST" in text.partition("\n")[0] else "exact by construction"
    return replace(found, source=f"header of the data set, {by}")


def _regression(text: str) -> Certified:
    head, _, data = text.partition("\nData:  ")[0], "", text.rpartition("\nData:")[2]
    values: dict[str, str] = {}
    for name, estimate, deviation in re.findall(rf"^\s+(B\d)\s+({_NUMBER})\s+({_NUMBER})\s*$", text, re.MULTILINE):
        values[name], values[f"sd:{name}"] = estimate, deviation
    for label, name in (("Standard Deviation", "residual-sd"), ("R-Squared", "r-squared")):
        if match := re.search(rf"^\s+{label}\s+({_NUMBER})\s*$", text, re.MULTILINE):
            values[name] = match[1]
    rows = [line.split() for line in data.splitlines()[1:] if len(line.split()) == 2]  # noqa: PLR2004 - y and x
    if not rows or "B1" not in values or not head:
        raise BadInput("this is not a certified regression data set")
    return Certified(x=tuple(r[1] for r in rows), y=tuple(r[0] for r in rows), values=values)


_UNIVARIATE = {
    "mean": (r"Sample Mean\s+ybar:\s+({n})", r"^mean\s*=\s*({n})"),
    "sd": (r"Sample Standard Deviation[^\n]*s:\s+({n})", r"^standardDeviation\s*=\s*({n})"),
    "lag-1": (r"Sample Autocorrelation[^\n]*r\(1\):\s+({n})", r"^autocorrelationCoefficient\s*=\s*({n})"),
}


def _replicates(text: str) -> Certified:
    values: dict[str, str] = {}
    for name, patterns in _UNIVARIATE.items():
        for pattern in patterns:
            if match := re.search(pattern.replace("{n}", _NUMBER), text, re.MULTILINE):
                values[name] = match[1]
    lines = text.splitlines()
    start = max(n for n, line in enumerate(lines) if re.match(r"\s*(-{3,}|#+\s*$|Data: *Y)", line)) + 1
    data = tuple(line.strip() for line in lines[start:] if re.fullmatch(rf"\s*{_NUMBER}\s*", line))
    if len(values) != len(_UNIVARIATE) or not data:
        raise BadInput("this is not a certified univariate data set")
    return Certified(x=(), y=data, values=values)


@when(phrase('the "{statistic}" of the certified data set "{file}" is computed'))
def compute_certified(bench: Bench, statistic: str, file: str) -> None:
    found = certified_set(bench.testdata.read(file).decode("ascii"), statistic)
    pipeline, session = bench.port("Pipeline"), bench.actors.session("analyst")
    computed = (
        pipeline.statistics(session, found.y)
        if statistic == "replicates"
        else pipeline.calibrate(session, statistic, found.x, found.y)
    )
    bench.world.facts["certified"], bench.world.facts["computed"] = found, computed
    bench.attach(
        "\n".join(f"{k}\t{v}" for k, v in sorted(computed.items())),
        name=f"computed values of {file}",
        media_type="text/tab-separated-values",
    )
    if statistic == "linear" and (points := on_the_line(found, computed)):
        bench.attach([("level", "signal", "line"), *points], name=f"calibration: {statistic} of {file}")
    bench.observe.note(f"{statistic} of {file} ({len(found.y)} observations)", f"{len(computed)} values", source="Pipeline")


def on_the_line(found: Certified, computed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Level, signal, and the value of the system's own polynomial at that level; nothing where it computed none, or was given no levels."""
    powers = {int(name[1:]): Fraction(value) for name, value in computed.items() if re.fullmatch(r"B\d", name)}
    if not powers or not found.x:
        return []
    at = [sum((b * Fraction(x) ** p for p, b in powers.items()), Fraction(0)) for x in found.x]
    return [(x, y, spelled(line)) for x, y, line in zip(found.x, found.y, at, strict=True)]


def spelled(value: Fraction) -> str:
    """A fraction as decimal text, to 12 digits."""
    with localcontext() as context:
        context.prec = 12
        return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


@then(phrase("each certified value agrees in at least {digits} significant digits"))
def agrees(bench: Bench, digits: str) -> None:
    found: Certified = bench.world.facts["certified"]
    computed: Mapping[str, str] = bench.world.facts["computed"]
    for name, certified in sorted(found.values.items()):
        value = computed.get(name, "nothing")
        told = f" (agreement {agreement(certified, value):.1f} digits)" if name in computed else ""
        bench.observe(
            f"{name}, certified and computed",
            expected=digits,
            actual=f"{certified}|{value}",
            by="digits",
            source=f"{found.source}; Pipeline.statistics{told}",
        )


@when(phrase('the "{statistic}" of x "{x}" and y "{y}" is computed'))
def compute_invalid(bench: Bench, statistic: str, x: str, y: str) -> None:
    from csvgen.ports import Outcome

    xs, ys = (tuple(v.strip() for v in text.split(";") if v.strip()) for text in (x, y))
    pipeline, session = bench.port("Pipeline"), bench.actors.session("analyst")
    computed = pipeline.statistics(session, ys) if statistic == "replicates" else pipeline.calibrate(session, statistic, xs, ys)
    refusal = computed.get("refused", "")
    bench.world.facts["computed"] = {name: value for name, value in computed.items() if name != "refused"}
    outcome = Outcome(not refusal, refusal or f"computed {len(computed)} values")
    bench.world.take("Pipeline.calibrate", outcome)
    bench.observe.note(f"{statistic} of x {x} and y {y}", answer(outcome), source="Pipeline")


@then("no value was computed")
def nothing_computed(bench: Bench) -> None:
    """A refusal with a number beside it would let somebody use the number."""
    told = "; ".join(f"{name} = {value}" for name, value in bench.world.facts["computed"].items())
    bench.observe("values computed", expected="none", actual=told or "none", source="Pipeline")


# ------------------------------------------------------------ oracles


@when(phrase('the inputs of the oracle "{oracle}" are ingested and processed as lot "{lot}"'))
def run_oracle(bench: Bench, oracle: str, lot: str) -> None:
    worked = bench.testdata.oracle(oracle)
    name, content, metadata = _oracle_file(worked.inputs, bench.lot(lot))
    bench.attach(content, name=f"inputs of {oracle}", media_type="text/csv")
    outcome = ingest(bench, "analyst", bench.lot(lot), name, content, **metadata)
    if outcome.accepted:
        outcome = bench.port("Pipeline").process(bench.actors.session("analyst"), bench.lot(lot))
    bench.world.take("Pipeline.ingest, Pipeline.process", outcome)
    bench.observe.note(
        f"oracle {oracle}, worked by {worked.author}, checked by {worked.checker}", answer(outcome), source="Pipeline.process"
    )


def _oracle_file(inputs: tuple[Mapping[str, str], ...], lot: str) -> tuple[str, bytes, dict[str, str]]:
    """The inputs of an oracle as an instrument file: standards and samples, or peaks."""
    if any("peak" in row for row in inputs):
        lines = ["#qc-peaks/1", "name,area", *(f"{row['peak']},{row['area']}" for row in inputs)]
        return "peaks.csv", counted(lines), {"instrument": "HP-001", "sample": "S1", "method": PLATE_METHOD}
    standards = tuple((row["standard"], row["signal"]) for row in inputs if "standard" in row)
    samples = tuple(row["signal"] for row in inputs if "sample" in row)
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    return "plate.csv", constructed_plate(samples, standards, lot), metadata


@then(phrase('every expected value of the oracle "{oracle}" is reported for lot "{lot}"'))
def oracle_holds(bench: Bench, oracle: str, lot: str) -> None:
    worked = bench.testdata.oracle(oracle)
    found = {t.name: t for t in view(bench, bench.lot(lot)).tests}
    for name, expected in sorted(worked.expected.items()):
        test, _, what = name.rpartition(" ")
        result = found.get(test)
        actual = "(not reported)" if result is None else {"unrounded": result.unrounded, "reported": result.reported}[what]
        by: Comparison = "rounds-to" if what == "unrounded" else "equal"
        bench.observe(
            f"{name} of lot {bench.lot(lot)}", expected=expected, actual=actual, by=by, source=f"Pipeline.lot; oracle {oracle}"
        )


@then(
    phrase('the value "{value}" of the oracle "{oracle}" is reported for lot "{lot}" with a difference of at most "{tolerance}"')
)
def oracle_value(bench: Bench, value: str, oracle: str, lot: str, tolerance: str) -> None:
    """The difference is formed in exact fractions; a value that is not reported has none and is found missing."""
    worked = bench.testdata.oracle(oracle)
    if value not in worked.expected:
        raise CsvgenError(f"the oracle {oracle} works no value {value!r}; it works {', '.join(worked.expected)}")
    test, _, what = value.rpartition(" ")
    expected, found = worked.expected[value], {t.name: t for t in view(bench, bench.lot(lot)).tests}.get(test)
    told = "(not reported)" if found is None else {"unrounded": found.unrounded, "reported": found.reported}[what]
    source = f"Pipeline.lot; oracle {oracle} of {worked.author}, checked by {worked.checker}"
    try:
        off = decimal_text(abs(Fraction(told) - Fraction(expected)))
    except ValueError:
        bench.observe(f"{value} of lot {bench.lot(lot)}", expected=expected, actual=told, source=source)
        return
    bench.observe(
        f"{value}: difference between {told} reported and {expected} worked by hand",
        expected=tolerance,
        actual=off,
        by="at-most",
        source=source,
    )


def decimal_text(value: Fraction) -> str:
    """A fraction as decimal text, never below its value: to 40 digits, rounded up."""
    with localcontext() as context:
        context.prec, context.rounding = 40, ROUND_CEILING
        return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


# ------------------------------------------------------------ reported values


def result_of(bench: Bench, test: str, lot: str) -> TestResult:
    """The result of a test; where the lot has none of that name, one that says what there is instead, and fits no expectation."""
    found: LotView = view(bench, bench.lot(lot))
    told = f"(not reported; reported: {', '.join(t.name for t in found.tests) or 'nothing'})"
    return next((t for t in found.tests if t.name == test), TestResult(test, told, told, "", "", told))


@then(phrase('the test "{test}" of lot "{lot}" reports "{reported}" {unit}'))
def reports(bench: Bench, test: str, lot: str, reported: str, unit: str) -> None:
    result = result_of(bench, test, lot)
    actual = f"{result.reported} {result.unit}"
    bench.observe(f"reported {test} of lot {bench.lot(lot)}", expected=f"{reported} {unit}", actual=actual, source="Pipeline.lot")


@when(phrase('the "analyst" lists the reported values of lot "{lot}" with their limits'))
def list_values(bench: Bench, lot: str) -> None:
    """A table for the control charts of the report: one reading a test, with the limits the system says it was held against."""
    tests = view(bench, bench.lot(lot)).tests
    rows = [(t.name, bench.lot(lot), t.reported, t.unit, *limits_of(t.limit)) for t in tests]
    name = f"control chart: {bench.lot(lot)}"
    bench.attach([("quantity", "reading", "value", "unit", "at least", "at most"), *rows], name=name)
    for t in tests:
        bench.observe.note(f"{t.name}, {t.unit}, limit {t.limit or 'none'}", t.reported, source=name)
    if not tests:
        bench.observe.note(f"reported values of lot {bench.lot(lot)}", "(nothing reported)", source="Pipeline.lot")


def limits_of(limit: str) -> tuple[str, str]:
    """The lower and the upper number of a limit as the system spells it; blank where it names none."""
    if found := re.match(rf"({_NUMBER}) to ({_NUMBER})\b", limit):
        return found[1], found[2]
    least, most = (re.match(rf"not {word} than ({_NUMBER})\b", limit) for word in ("less", "more"))
    return least[1] if least else "", most[1] if most else ""


@then(phrase('the unrounded value of the test "{test}" of lot "{lot}" is "{value}"'))
def unrounded(bench: Bench, test: str, lot: str, value: str) -> None:
    result = result_of(bench, test, lot)
    bench.observe(
        f"unrounded {test} of lot {bench.lot(lot)}",
        expected=value,
        actual=result.unrounded,
        by="same-number",
        source="Pipeline.lot",
    )


@then(phrase('the verdict of the test "{test}" of lot "{lot}" is "{verdict}"'))
def verdict_is(bench: Bench, test: str, lot: str, verdict: str) -> None:
    result = result_of(bench, test, lot)
    source = f"Pipeline.lot (limit {result.limit}, reported {result.reported})"
    bench.observe(f"verdict of {test} of lot {bench.lot(lot)}", expected=verdict, actual=result.verdict, source=source)


@then(phrase('the verdict of lot "{lot}" is "{verdict}"'))
def lot_verdict(bench: Bench, lot: str, verdict: str) -> None:
    actual = view(bench, bench.lot(lot)).verdict
    bench.observe(f"verdict of lot {bench.lot(lot)}", expected=verdict, actual=actual, source="Pipeline.lot")


@given(phrase('peaks "{peaks}" have been ingested as lot "{lot}"'))
@when(phrase('the "analyst" ingests the peaks "{peaks}" as lot "{lot}"'))
def ingest_peaks(bench: Bench, peaks: str, lot: str) -> None:
    """Peaks as ``name area; name area``."""
    rows = [p.strip().rsplit(" ", 1) for p in peaks.split(";")]
    content = counted(["#qc-peaks/1", "name,area", *(f"{name},{area}" for name, area in rows)])
    method = str(bench.world.facts.get("method", PLATE_METHOD))
    metadata = {"instrument": "HP-001", "sample": "S1", "method": method}
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, "analyst", bench.lot(lot), "peaks.csv", content, **metadata))
    bench.attach(content, name="constructed peaks", media_type="text/csv")
    bench.observe.note(f"peaks of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")
