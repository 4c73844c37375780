"""Metadata of the derived tables, as a define file has them: data sets, variables, derivations, and the files they came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from csvgen.pipeline.clinical.adsl import ADSL, SITES
from csvgen.pipeline.clinical.baseline import BASELINE
from csvgen.pipeline.clinical.dataset import Dataset
from csvgen.pipeline.clinical.efficacy import EFFICACY
from csvgen.pipeline.clinical.plan import Plan
from csvgen.pipeline.clinical.table import Shape
from csvgen.pipeline.clinical.tte import ADTTE

TABLES: Mapping[str, Shape[Any]] = {"adsl": ADSL, "sites": SITES, "baseline": BASELINE, "adtte": ADTTE, "efficacy": EFFICACY}
"""Product of the pipeline -> what the table is."""


def describe(plan: Plan, data: Mapping[str, Dataset]) -> dict[str, Any]:
    """The metadata of one run."""
    return {
        "format": "csvgen.define/1",
        "study": plan.study,
        "title": plan.title,
        "plan": plan.parameters(),
        "sources": [_source(name, found) for name, found in sorted(data.items())],
        "tables": [_table(product, shape) for product, shape in TABLES.items()],
    }


def _source(name: str, found: Dataset) -> dict[str, Any]:
    return {
        "input": name,
        "domain": found.domain,
        "label": found.label,
        "file": found.file,
        "encoding": found.encoding,
        "rows": len(found.rows),
        "variables": [v.model_dump() for v in found.variables],
    }


def _table(product: str, shape: Shape[Any]) -> dict[str, Any]:
    return {
        "product": product,
        "name": shape.name,
        "label": shape.label,
        "key": list(shape.key),
        "rule": shape.rule,
        "variables": [
            {"name": c.name, "label": c.label, "type": c.kind, "derivation": c.derivation, "source": c.source}
            for c in shape.columns
        ],
    }
