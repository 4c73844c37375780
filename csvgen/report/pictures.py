"""Pictures of what a document tells, made from the same values as its tables; the sentence for the blind is made here too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from csvgen.model.base import PHASES, Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Matrix
from csvgen.model.picture import Bar, Bars, Heat, Net, Panel, Picture, Place, ToneName, Way
from csvgen.model.report import Block, Table
from csvgen.model.risk import Risk
from csvgen.model.scheme import Scheme
from csvgen.model.spec import Spec
from csvgen.report import look
from csvgen.report.series import calibrations, control_charts
from csvgen.report.thumbnails import Opened
from csvgen.report.wording import joined, say, spelled, told
from csvgen.risk.rate import LEVELS, Ratings, rate, ratings_of, residual_ratings_of
from csvgen.risk.residual import residual_status
from csvgen.risk.scheme import rating_scheme
from csvgen.trace.matrix import reported

_LEVEL: dict[str, ToneName] = {"high": "bad", "medium": "open", "low": "good"}
_LAST_RUNS = 20
"""Runs in the history."""


def _tone(word: str) -> ToneName:
    name = look.tone(word).name
    return name if name in ("good", "bad", "open") else "quiet"  # type: ignore[return-value]


def _bar(label: str, words: Iterable[str]) -> Bar:
    """What there is of each word: good first, bad last, the words in the order they came."""
    counted = Counter(words)
    order: list[ToneName] = ["good", "quiet", "open", "bad"]
    parts = sorted(((word, number, _tone(word)) for word, number in counted.items()), key=lambda part: order.index(part[2]))
    return Bar(label, tuple(parts))


def _bars(caption: str, bars: Sequence[Bar], empty: str) -> Picture:
    lines = [joined(": ", (b.label, ", ".join(f"{word} {n}" for word, n, _ in b.parts) or say("none"))) for b in bars]
    alt = joined("", (caption, ". ", joined("; ", lines), ".")) if bars else empty
    return Picture(caption, alt, Bars(tuple(bars)) if bars else None, empty)


# ------------------------------------------------------------------ verdicts and coverage


def verdicts(matrix: Matrix, phase: Phase) -> Picture:
    """The last verdict of every case, phase by phase, up to and with this one."""
    phases = PHASES[: PHASES.index(phase) + 1]
    by_phase = {p: [spelled(row.final) for row in matrix.reverse if row.phase == p] for p in phases}
    bars = [_bar(p, words) for p, words in by_phase.items() if words]
    return _bars(say("Last verdict of every case, by phase"), bars, "No case is planned.")


def run_history(runs: Sequence[Evidence], phase: Phase) -> Picture:
    """Every formal run of a phase with what its cases came to, the first at the top; of many the last."""
    of_phase = [run for run in runs if reported(run) and run.plan.phase == phase]
    left_out = max(len(of_phase) - _LAST_RUNS, 0)
    bars = [
        _bar(
            say("{run} (aborted, does not count)", run=run.run) if run.aborted else run.run,
            (spelled(r.verdict) for r in run.results),
        )
        for run in of_phase[left_out:]
    ]
    more = [say("{number} earlier runs stand in the table of results", number=str(left_out))] if left_out else []
    caption = joined("; ", (say("Runs of the {phase} and what their cases came to", phase=phase), *more))
    return _bars(caption, bars, say("There is no formal run of the {phase}.", phase=phase))


def coverage(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks about coverage with a picture before them; it counts the rows of the very table that is printed."""
    found = next(b for b in blocks if isinstance(b, Table))
    titles = [column.title for column in found.columns]
    priority, state = titles.index("Priority"), titles.index("State")
    by_level: dict[str, list[str]] = {level: [] for level in reversed(LEVELS)}
    for row in found.rows:
        by_level.setdefault(row[priority], []).append(row[state])
    bars = [_bar(say("priority {priority}", priority=level), words) for level, words in by_level.items() if words]
    return (_bars(say("{caption}, by priority", caption=_phrase(found.caption)), bars, found.empty), *blocks)


def _phrase(text: str) -> str:
    """A caption, as the phrase it is."""
    return say(text) if type(text) is str else text


# ------------------------------------------------------------------ risk


def risk_heat(spec: Spec, matrix: Matrix | None = None) -> Picture:
    """Where the risks lie before and with their controls. With a matrix: what holds after the runs, as the residual table says."""
    s = rating_scheme(spec)
    initial = [(r, ratings_of(r)) for r in spec.risks]
    finals = None if matrix is None else _finals(matrix)
    later = [(r, _holding(r, s, finals)) for r in spec.risks]
    after = say("With controls, as claimed" if matrix is None else "As it holds after the runs")
    caption = say(
        "Risks before controls and with controls, as claimed"
        if matrix is None
        else "Risks before controls and as it holds after the runs"
    )
    before = say("Before controls")
    if len(s.scales.rated) < 2:  # noqa: PLR2004 - a table needs two scales
        bars = [_bar_of(name, rated, s) for name, rated in ((before, initial), (after, later))]
        return _bars(say("{caption}, by priority", caption=caption), bars if spec.risks else [], "No risk is assessed.")
    panels = (_panel(before, initial, s), _panel(after, later, s))
    caption = say("{caption}: number and priority in each field", caption=caption)
    alt = joined("", (caption, ". ", joined(" ", map(_told, panels))))
    return Picture(caption, alt, Heat(panels) if spec.risks else None, "No risk is assessed.")


def _finals(matrix: Matrix) -> dict[str, dict[str, Verdict]]:
    """Risk -> case -> what it came to."""
    found: dict[str, dict[str, Verdict]] = {}
    for row in matrix.reverse:
        for risk in row.risks:
            found.setdefault(risk, {})[row.case] = row.final
    return found


def _holding(risk: Risk, s: Scheme, finals: Mapping[str, Mapping[str, Verdict]] | None) -> Ratings:
    """The ratings a risk has with its controls; the initial ones where a test of them failed."""
    if finals is None or residual_status(risk, s, finals.get(risk.id, {})).state == "shown":
        return residual_ratings_of(risk)
    return ratings_of(risk)


def _bar_of(name: str, rated: Sequence[tuple[Risk, Ratings]], s: Scheme) -> Bar:
    levels = Counter(rate(s, ratings).priority for _, ratings in rated)
    return Bar(name, tuple((level, levels[level], _LEVEL[level]) for level in LEVELS if levels[level]))


def _panel(title: str, rated: Sequence[tuple[Risk, Ratings]], s: Scheme) -> Panel:
    (down, first), (across, second), *_ = s.scales.rated.items()
    lying: dict[tuple[str | None, str | None], Counter[str]] = {}
    for ratings, number in Counter(tuple(r.items()) for _, r in rated).items():  # thousands of risks, few ways to rate one
        r = dict(ratings)
        lying.setdefault((r.get(down), r.get(across)), Counter())[rate(s, r).priority] += number
    cells = []
    for row in reversed(first.names):
        line = []
        for column in second.names:
            levels = lying.get((row, column), Counter())
            line.append(tuple((level, levels[level], _LEVEL[level]) for level in reversed(LEVELS) if levels[level]))
        cells.append(tuple(line))
    return Panel(title, told(down), tuple(reversed(first.names)), told(across), second.names, tuple(cells))


def _told(panel: Panel) -> str:
    said = [
        joined("", (panel.down, f" {row}, ", panel.across, f" {column}: {', '.join(f'{n} {level}' for level, n, _ in cell)}"))
        for row, cells in zip(panel.rows, panel.cells, strict=True)
        for column, cell in zip(panel.columns, cells, strict=True)
        if cell
    ]
    return joined("", (panel.title, ": ", joined("; ", said) if said else say("no risk"), "."))


# ------------------------------------------------------------------ data flow


def data_flow(spec: Spec) -> Picture:
    """Where records come into being, are processed and lie, drawn."""
    caption, empty = say("Data flow: where records are created, processed and stored"), "No data flow is described."
    flow = spec.system.data_flow
    if flow is None:
        return Picture(caption, empty, None, empty)
    record = {r.id: r.name for r in spec.system.records}
    part = {c.id: c.name for c in spec.system.components}
    places = [
        Place(
            n.id, n.name, joined("; ", (stages, part.get(n.component or "", say("outside of the system")))), n.component is None
        )
        for n in flow.nodes
        for stages in (joined(", ", map(say, n.stages)),)
    ]
    ways = [Way(f.source, f.target, ", ".join(record.get(r, r) for r in f.records), f.how) for f in flow.flows]
    name = {p.id: p.name for p in places}
    lines = [
        say("{number}. {source} to {target}: {what}. {how}", number=str(n), source=name[w.source], target=name[w.target], what=w.what, how=w.how)
        for n, w in enumerate(ways, 1)
    ]  # fmt: skip
    boxes = joined("; ", (joined("", (f"{p.name} (", p.about, ")")) for p in places))
    alt = say(
        "{caption}. Places: {places}. Ways: {ways}",
        caption=caption,
        places=boxes,
        ways=joined(" ", lines) if lines else say("none"),
    )
    return Picture(caption, alt, Net(tuple(places), tuple(ways)))


# ------------------------------------------------------------------ by the names templates know them by


def of_specification(spec: Spec) -> dict[str, Callable[[], tuple[Block, ...]]]:
    """The pictures every document may have."""
    return {"risk-heat": lambda: (risk_heat(spec),), "data-flow-picture": lambda: (data_flow(spec),)}


def of_results(
    runs: Sequence[Evidence], matrix: Matrix, phase: Phase, spec: Spec, opened: Opened
) -> dict[str, Callable[[], tuple[Block, ...]]]:
    """The pictures of a report."""
    return {
        "verdicts": lambda: (verdicts(matrix, phase),),
        "run-history": lambda: (run_history(runs, phase),),
        "risk-standing": lambda: (risk_heat(spec, matrix),),
        "readings": lambda: control_charts(runs, phase, opened),
        "calibrations": lambda: calibrations(runs, opened),
    }
