"""The crude efficacy table: per parameter and arm counts, rates with limits, Kaplan-Meier, log-rank and Cox against the control.

Statistics by statsmodels and scipy. Every value is told twice: to `DIGITS` significant digits, and reported, rounded half up from these
digits to stated decimals. What cannot be estimated says so and why.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from csvgen.errors import BadInput
from csvgen.pipeline.clinical.plan import Plan
from csvgen.pipeline.clinical.table import Column, Record, Ref, Shape
from csvgen.pipeline.numbers import number
from csvgen.pipeline.rounding import reported

DIGITS = 10
"""Significant digits kept of a calculated value: fewer than binary floats of different machines can disagree on."""
_KEPT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
_SMALLEST_P = Decimal("0.0001")


@dataclass(frozen=True)
class Time:
    """One subject's time, as the statistics see it."""

    arm: str
    length: float
    event: bool


@dataclass(frozen=True)
class Stat:
    """One line of the efficacy table."""

    source: str
    code: str
    title: str
    arm: str
    name: str
    label: str
    value: str
    """To `DIGITS` significant digits; empty when it cannot be estimated."""
    shown: str


_C = Column[Stat]

EFFICACY: Shape[Stat] = Shape(
    name="EFFICACY",
    label="Crude Efficacy by Arm",
    rule="efficacy/1.0",
    key=("SRCTAB", "PARAMCD", "ARM", "STATCD"),
    columns=(
        _C("SRCTAB", "Source Table", "text", "ADTTE (derived here) or ANALYSIS (given)", "", lambda s: s.source),
        _C("PARAMCD", "Parameter Code", "text", "as in the source table", "ADTTE.PARAMCD", lambda s: s.code),
        _C("PARAM", "Parameter Description", "text", "as in the source table", "ADTTE.PARAM", lambda s: s.title),
        _C("ARM", "Planned Arm", "text", "TRTP; empty for a statistic over all arms", "ADTTE.TRTP", lambda s: s.arm),
        _C("STATCD", "Statistic Code", "text", "", "", lambda s: s.name),
        _C("STAT", "Statistic", "text", "", "", lambda s: s.label),
        _C("AVAL", "Value", "number", f"to {DIGITS} significant digits", "ADTTE.AVAL, ADTTE.CNSR, ADTTE.TRTP", lambda s: s.value),
        _C("AVALC", "Reported Value", "text", "rounded half up as the statistic says", "", lambda s: s.shown),
    ),
)  # fmt: skip


def kept(value: float) -> str:
    """A float as decimal text of `DIGITS` significant digits. Raises BadInput for what is no number."""
    if not math.isfinite(value):
        raise BadInput(f"a statistic came out as {value}")
    text = format(_KEPT.create_decimal(repr(float(value))), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def efficacy(source: str, rows: Sequence[Mapping[str, str]], plan: Plan) -> tuple[Record, ...]:
    """The records of the efficacy table from records of a time-to-event table. Raises BadInput for an arm the plan does not know."""
    made: list[Record] = []
    for code in sorted({r["PARAMCD"] for r in rows}):
        of_parameter = [r for r in rows if r["PARAMCD"] == code]
        titles = {r["PARAM"] for r in of_parameter}
        if len(titles) > 1:
            raise BadInput(f"parameter {code} has several descriptions")
        times = [_time(source, r, plan) for r in of_parameter if r["TRTP"]]
        for arm, name, label, value, decimals in _statistics(times, plan):
            text, shown = _told(name, value, decimals)
            stat = Stat(source, code, next(iter(titles)), arm, name, label, text, shown)
            arms = (arm, plan.control) if name in _COMPARING else (arm,) if arm else tuple(plan.arms)
            made.append(EFFICACY.record(stat, (), [Ref(table=source, where={"PARAMCD": code, "TRTP": a}) for a in arms]))
    return tuple(made)


def _time(source: str, row: Mapping[str, str], plan: Plan) -> Time:
    if row["TRTP"] not in plan.arms:
        raise BadInput(f"the plan knows no arm {row['TRTP'][:40]!r}", where=f"{source} {row['USUBJID']} TRTP")
    length = float(number(row["AVAL"], f"{source} {row['USUBJID']} AVAL"))
    return Time(row["TRTP"], length, row["CNSR"] == "0")


_COMPARING = frozenset({"RD", "RDLCL", "RDUCL", "LRCHI", "LRP", "HR", "HRLCL", "HRUCL", "HRP"})
_Told = tuple[str, str, str, "float | str", int]
"""Arm, code, label, value (a text says why there is none), decimals."""


def _told(name: str, value: float | str, decimals: int) -> tuple[str, str]:
    if isinstance(value, str):
        return "", value
    text = kept(value)
    if name.endswith("P") and Decimal(text) < _SMALLEST_P:
        return text, f"<{_SMALLEST_P}"
    return text, reported(number(text), decimals)


def _statistics(times: Sequence[Time], plan: Plan) -> Iterator[_Told]:
    alpha = 1 - float(plan.confidence)
    control = [t for t in times if t.arm == plan.control]
    for arm in plan.arms:
        own = [t for t in times if t.arm == arm]
        yield from _rates(arm, own, alpha, plan)
        yield from _kaplan_meier(arm, own, alpha, plan)
        if arm != plan.control:
            yield from _difference(arm, own, control, alpha, plan)
            yield from _log_rank(arm, [*own, *control], ("LRCHI", "LRP"))
            yield from _cox(arm, own, control, alpha, plan)
    yield from _log_rank("", times, ("LRCHIALL", "LRALLP"))


def _rates(arm: str, own: Sequence[Time], alpha: float, plan: Plan) -> Iterator[_Told]:
    from statsmodels.stats.proportion import proportion_confint

    n, events = len(own), sum(t.event for t in own)
    yield arm, "N", "Subjects", float(n), 0
    yield arm, "EVENTS", "Subjects with event", float(events), 0
    yield arm, "CENSORED", "Subjects censored", float(n - events), 0
    if not n:
        yield arm, "RATE", "Rate", "no subject in this arm", 3
        return
    yield arm, "RATE", "Rate", events / n, 3
    for code, label, method in (("W", "Wilson", "wilson"), ("E", "exact (Clopper-Pearson)", "beta")):
        low, high = proportion_confint(events, n, alpha=alpha, method=method)
        low = 0.0 if not events else low  # both methods mean exactly 0 and 1 at the ends; floats may miss them
        high = 1.0 if events == n else high
        yield arm, f"RATE{code}L", f"Rate, lower {_per_cent(plan)} limit, {label}", low, 3
        yield arm, f"RATE{code}U", f"Rate, upper {_per_cent(plan)} limit, {label}", high, 3


def _kaplan_meier(arm: str, own: Sequence[Time], alpha: float, plan: Plan) -> Iterator[_Told]:
    import numpy as np
    from statsmodels.duration.survfunc import SurvfuncRight

    if not own or not any(t.event for t in own):
        why = "no event in this arm" if own else "no subject in this arm"
        yield arm, "MEDIAN", "Median time (days), Kaplan-Meier", f"not reached: {why}", 0
        return
    curve = SurvfuncRight([t.length for t in own], [int(t.event) for t in own])
    for code, label, found in _median(curve, alpha, plan):
        yield arm, code, label, found, 0
    longest = max(t.length for t in own)
    for day in plan.days:
        label = f"Survival at day {day}, Kaplan-Meier"
        index = int(np.searchsorted(curve.surv_times, float(day), side="right")) - 1
        if float(day) > longest:
            yield arm, f"KM{day}", label, "after the last subject was observed", 3
            continue
        yield arm, f"KM{day}", label, float(curve.surv_prob[index]) if index >= 0 else 1.0, 3
        yield arm, f"KM{day}SE", f"{label}, standard error (Greenwood)", _error(curve, index), 3


def _median(curve: Any, alpha: float, plan: Plan) -> Iterator[tuple[str, str, float | str]]:
    label = "Median time (days), Kaplan-Meier"
    found = float(curve.quantile(0.5))
    low, high = (float(v) for v in curve.quantile_ci(0.5, alpha=alpha, method="cloglog"))
    for code, words, value in (
        ("MEDIAN", label, found),
        ("MEDIANL", f"{label}, lower {_per_cent(plan)} limit (log-log)", low),
        ("MEDIANU", f"{label}, upper {_per_cent(plan)} limit (log-log)", high),
    ):
        yield code, words, value if math.isfinite(value) else "not reached"


def _error(curve: Any, index: int) -> float | str:
    if index < 0:
        return 0.0
    found = float(curve.surv_prob_se[index])
    return found if math.isfinite(found) else "not estimable: no subject at risk is left"


def _difference(arm: str, own: Sequence[Time], control: Sequence[Time], alpha: float, plan: Plan) -> Iterator[_Told]:
    from statsmodels.stats.proportion import confint_proportions_2indep

    label = f"Risk difference to {plan.control}"
    if not own or not control:
        yield arm, "RD", label, "no subject in one of the arms", 3
        return
    events, others = sum(t.event for t in own), sum(t.event for t in control)
    low, high = confint_proportions_2indep(events, len(own), others, len(control), method="newcomb", compare="diff", alpha=alpha)
    yield arm, "RD", label, events / len(own) - others / len(control), 3
    yield arm, "RDLCL", f"{label}, lower {_per_cent(plan)} limit (Newcombe)", float(low), 3
    yield arm, "RDUCL", f"{label}, upper {_per_cent(plan)} limit (Newcombe)", float(high), 3


def _log_rank(arm: str, times: Sequence[Time], codes: tuple[str, str]) -> Iterator[_Told]:
    from scipy.stats import chi2
    from statsmodels.duration.survfunc import survdiff

    label = "Log-rank" if arm else "Log-rank, all arms"
    why = _not_comparable(times)
    if why:
        yield arm, codes[1], f"{label}, p", why, 4
        return
    chi, _ = survdiff([t.length for t in times], [int(t.event) for t in times], [t.arm for t in times])
    p = chi2.sf(
        float(chi), len({t.arm for t in times}) - 1
    )  # survdiff's own p is 1 - cdf: below 1e-10 few of its digits are right
    yield arm, codes[0], f"{label}, chi-square", float(chi), 3
    yield arm, codes[1], f"{label}, p", float(p), 4


def _cox(arm: str, own: Sequence[Time], control: Sequence[Time], alpha: float, plan: Plan) -> Iterator[_Told]:
    import numpy as np
    from statsmodels.duration.hazard_regression import PHReg

    label = f"Hazard ratio to {plan.control} (Cox, ties by Efron)"
    both = [*own, *control]
    if why := _not_comparable(both):
        yield arm, "HR", label, why, 3
        return
    if without := [name for name, part in ((arm, own), (plan.control, control)) if not any(t.event for t in part)]:
        yield arm, "HR", label, f"not estimable: no event in {', '.join(without)}", 3
        return
    model = PHReg(
        np.array([t.length for t in both]),
        np.array([[float(t.arm == arm)] for t in both]),
        status=np.array([int(t.event) for t in both]),
        ties="efron",
    )
    estimate = _newton(model)
    error = math.sqrt(-1 / float(model.hessian(np.array([estimate]))[0, 0]))
    from scipy.stats import norm

    reach = float(norm.ppf(1 - alpha / 2)) * error
    yield arm, "HR", label, math.exp(estimate), 3
    yield arm, "HRLCL", f"{label}, lower {_per_cent(plan)} limit (Wald)", math.exp(estimate - reach), 3
    yield arm, "HRUCL", f"{label}, upper {_per_cent(plan)} limit (Wald)", math.exp(estimate + reach), 3
    yield arm, "HRP", f"{label}, p (Wald)", float(2 * norm.sf(abs(estimate) / error)), 4


def _newton(model: Any) -> float:
    """The maximum of the partial likelihood, to the last digits: the default optimiser stops at seven. Raises BadInput without one."""
    import numpy as np

    estimate = 0.0
    for _ in range(50):
        at = np.array([estimate])
        step = float(model.score(at)[0]) / float(model.hessian(at)[0, 0])
        estimate -= step
        if abs(step) < 1e-13 * max(1.0, abs(estimate)):
            return estimate
        if abs(estimate) > 30:  # noqa: PLR2004 - a ratio of 1e13 is no estimate
            break
    raise BadInput("the Cox model has no maximum: the arms do not overlap")


def _not_comparable(times: Sequence[Time]) -> str:
    if len({t.arm for t in times}) < 2:  # noqa: PLR2004 - two are compared
        return "not estimable: only one arm has subjects"
    return "" if any(t.event for t in times) else "not estimable: no event"


def _per_cent(plan: Plan) -> str:
    return f"{reported(100 * number(plan.confidence), 2).rstrip('0').rstrip('.')} %"
