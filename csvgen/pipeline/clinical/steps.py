"""The steps of the clinical pipeline (`data/pipelines/clinical.yaml`): bytes in, bytes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from csvgen.canonical import canonical_json
from csvgen.pipeline.clinical import define as metadata
from csvgen.pipeline.clinical import plan as plans
from csvgen.pipeline.clinical import row_lines, xport
from csvgen.pipeline.clinical.adsl import ADSL, SITES
from csvgen.pipeline.clinical.adsl import adsl as adsl_records
from csvgen.pipeline.clinical.adsl import sites as site_records
from csvgen.pipeline.clinical.baseline import BASELINE
from csvgen.pipeline.clinical.baseline import baseline as baseline_records
from csvgen.pipeline.clinical.conformance import conform as conformance
from csvgen.pipeline.clinical.dataset import Dataset, Row, read_dataset
from csvgen.pipeline.clinical.efficacy import EFFICACY
from csvgen.pipeline.clinical.efficacy import efficacy as efficacy_records
from csvgen.pipeline.clinical.plan import INPUTS, Plan
from csvgen.pipeline.clinical.subject import Subject, cut_off, subjects
from csvgen.pipeline.clinical.table import described, read_csv
from csvgen.pipeline.clinical.tte import ADTTE
from csvgen.pipeline.clinical.tte import adtte as adtte_records
from csvgen.pipeline.flow.step import Made, Work

_ROWS = "-rows"


def read(work: Work) -> Made:
    """One file, or one version of a table, as a data set. The step takes one input, ``dm``, and gives ``dm-rows``."""
    (name, data), *_ = work.inputs.items()
    declared = work.parameters.get(f"encodings.{name}", "")
    found = row_lines.read(data, INPUTS[name], declared=declared, where=work.files.get(name, f"{name}.xpt"))
    facts = {"rows": str(len(found.rows)), "variables": str(len(found.variables)), "encoding": found.encoding}
    return Made({f"{name}{_ROWS}": found.bytes()}, facts)


def conform(work: Work) -> Made:
    """Structural rules and checks across data sets."""
    plan, data = plans.of(work.parameters), _datasets(work)
    findings = conformance(data, plan)
    cut, _ = cut_off(plan, data.get("ts"))
    facts = {"findings": str(sum(f.count > 0 for f in findings)), "cut-off": cut.isoformat() if cut else "none"}
    return Made({"conformance": canonical_json(findings)}, facts)


def adsl(work: Work) -> Made:
    """Subject level, and pooled sites."""
    _, plan, found, cut_rows = _seen(work)
    table, trace = ADSL.written(adsl_records(found, cut_rows))
    pooled, pooled_trace = SITES.written(site_records(found, plan))
    flags = read_csv(table, "adsl")
    facts = {
        "subjects": str(len(flags)),
        "safety": str(sum(r["SAFFL"] == "Y" for r in flags)),
        "itt": str(sum(r["ITTFL"] == "Y" for r in flags)),
    }
    return Made({"adsl": table, "adsl-trace": trace, "sites": pooled, "sites-trace": pooled_trace}, facts)


def baseline(work: Work) -> Made:
    """Values before treatment."""
    data, _, found, cut_rows = _seen(work)
    tested = data["findings"].each() if "findings" in data else ()
    table, trace = BASELINE.written(baseline_records(found, tested, cut_rows))
    return Made({"baseline": table, "baseline-trace": trace})


def adtte(work: Work) -> Made:
    """Time to event."""
    _, _, found, cut_rows = _seen(work)
    table, trace = ADTTE.written(adtte_records(found, cut_rows))
    return Made({"adtte": table, "adtte-trace": trace})


def efficacy(work: Work) -> Made:
    """The crude efficacy table, from the times derived here and from those given."""
    plan = plans.of(work.parameters)
    records = efficacy_records("ADTTE", read_csv(work.inputs["adtte"], "adtte"), plan)
    if f"analysis{_ROWS}" in work.inputs:
        given = read_dataset(work.inputs[f"analysis{_ROWS}"], "analysis")
        records += efficacy_records("ANALYSIS", [dict(r.values) for r in given.each()], plan)
    table, trace = EFFICACY.written(records)
    return Made({"efficacy": table, "efficacy-trace": trace}, {"statistics": str(len(records))})


def define(work: Work) -> Made:
    """What the tables are: every variable with label, type, derivation and source; what they were made from."""
    return Made({"define": canonical_json(metadata.describe(plans.of(work.parameters), _datasets(work)))})


def transport(work: Work) -> Made:
    """The tables as XPORT."""
    made = {}
    for name in ("adsl", "baseline", "adtte"):
        shape = metadata.TABLES[name]
        rows = read_csv(work.inputs[name], name)
        made[f"{name}-xpt"] = xport.write(shape.name, shape.label, described(shape, rows), [tuple(r.values()) for r in rows])
    return Made(made)


def _datasets(work: Work) -> dict[str, Dataset]:
    """The data sets among the inputs of a step, by the name of the pipeline's input."""
    return {n.removesuffix(_ROWS): read_dataset(b, n) for n, b in work.inputs.items() if n.endswith(_ROWS)}


def _seen(work: Work) -> tuple[Mapping[str, Dataset], Plan, tuple[Subject, ...], Sequence[Row]]:
    """What derivations start from: data sets, plan, subjects as far as the cut-off lets them be seen, the row that told of it."""
    data, plan = _datasets(work), plans.of(work.parameters)
    cut: dt.date | None
    cut, cut_rows = cut_off(plan, data.get("ts"))
    return data, plan, subjects(data["dm"], data["ex"], plan, cut), cut_rows
