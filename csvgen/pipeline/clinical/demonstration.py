"""The pipeline clinical shown from end to end: a study from its delivery to released tables, beside the tables it was published with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from csvgen.canonical import write
from csvgen.pipeline.clinical.plan_file import read_plan
from csvgen.pipeline.clinical.reference import Beside, beside
from csvgen.pipeline.demonstration import Compared, Hands, Say, Shown, StudyPlan, hand_out_root

_NEEDED = ("adsl", "sites", "adtte", "dm-rows")
_TABLES = ("adsl", "adtte", "baseline", "efficacy")


def show(told: StudyPlan, place: Path, hands: Hands, base: Path, say: Say) -> Shown:
    """One study. `place` holds its plan and a folder ``data``. The tables are written beside the instance as CSV."""
    app, analyst, data = hands.app, hands.session("analyst"), place / "data"
    plan = (place / told.plan).read_bytes()
    study = read_plan(plan, told.plan).study
    app.sources.register_sender(hands.session("administrator"), told.sender.id, told.sender.name, "sponsor", told.reason)
    registered = app.studies.register(analyst, plan, told.reason)
    approved = registered.reference.partition("/")[2]
    app.study_decisions.approve(hands.session("quality"), approved, told.reason, *hands.components("quality"))
    say(f"study {study}: plan {approved} registered by one and approved by another, before any data are derived")
    for name, file in told.files.items():
        app.studies.ingest(analyst, study, name, file, (data / file).read_bytes(), {"sender": told.sender.id})
        say(f"study {study}: {file} brought in as {name}")
    app.studies.process(analyst, study)
    say(f"study {study}: tables derived")
    _decide(hands, study, told.reason)
    say(f"study {study}: tables reviewed, data frozen and locked, tables released")
    products = {name: app.studies.product(analyst, study, name) for name in (*_NEEDED, *_TABLES)}
    for name in _TABLES:
        write(base / "tables" / f"{name}.csv", products[name])
    references = {name: (data / file).read_bytes() for name, file in told.references.items()}
    record, state = app.studies.study(analyst, study)
    return Shown(
        home=base / "instance",
        trust=hand_out_root(base),
        compared=_compared(study, products, references),
        runs={study: record.run},
        states={study: f"data {state.data}, tables {state.tables}"},
        certificates={},
    )


def _decide(hands: Hands, study: str, reason: str) -> None:
    decisions = hands.app.study_decisions
    quality, reviewer = hands.components("quality"), hands.components("reviewer")
    decisions.sign(hands.session("reviewer"), study, "reviewed", reason, *reviewer)
    decisions.hold(hands.session("quality"), study, "freeze", reason, *quality)
    decisions.hold(hands.session("quality"), study, "lock", reason, *quality)
    decisions.sign(hands.session("quality"), study, "released", reason, *quality)


def _compared(study: str, products: Mapping[str, bytes], references: Mapping[str, bytes]) -> tuple[Compared, ...]:
    return tuple(_of(study, found) for found in beside(products, references) if not found.not_derived)


def _of(study: str, found: Beside) -> Compared:
    """One variable over all subjects: how many say the same, and how many differences the data do not explain."""
    open_ = sum(not d.explanation for d in found.differences)
    return Compared(
        subject=study,
        test=found.ours,
        reported=f"{found.same} of {found.compared} subjects as published in {found.reference}",
        unrounded="",
        verdict="",
        reference=found.reference,
        difference=str(open_),
        within="0",
        source="; ".join(_told(found)),
        agrees=not open_ and found.compared > 0,
        unit="differences without explanation",
    )


def _told(found: Beside) -> Iterator[str]:
    """The subjects that differ, by what explains it; empty when all are the same."""
    for words, number in Counter(d.explanation for d in found.differences).most_common():
        yield f"{number} {'differs' if number == 1 else 'differ'}, {f'explained: {words}' if words else 'NOT explained by the data'}"
