"""Blocks about hand-worked values: their inputs, their working, and what is expected."""

from __future__ import annotations

from csvgen.model.report import Block, Bullets, Column, Facts, Heading, Paragraph, Table
from csvgen.model.spec import Oracle, Spec
from csvgen.report.spec_blocks import NONE, table
from csvgen.report.wording import own, say

_INPUTS = 6
"""Columns of a table of inputs; a table of more turns its pages."""


def _inputs(o: Oracle) -> Table:
    """The inputs of a hand-worked value: a column for each where every row has the same ones, and few of them."""
    names = list(o.inputs[0]) if o.inputs else []
    if names and len(names) <= _INPUTS and all(list(row) == names for row in o.inputs):
        columns = tuple(Column(own(_with_unit(name, o)), 1 / len(names)) for name in names)
        return Table(columns, tuple(tuple(str(row[name]) or NONE for name in names) for row in o.inputs), "Inputs")
    return table(
        "Inputs",
        "Input:100",
        [("; ".join(" ".join(filter(None, (k, v, o.units.get(k)))) for k, v in row.items()),) for row in o.inputs],
    )


def _with_unit(name: str, o: Oracle) -> str:
    return f"{name}, {o.units[name]}" if name in o.units else name


def _expected(o: Oracle) -> Table:
    """The values, with their units where the specification states any."""
    values = sorted(o.expected.items())
    if not o.units:
        return table("Expected values", "Value:50|Expected:50:mono", values)
    rows = [(name, value, o.units.get(name) or say("none stated")) for name, value in values]
    return table("Expected values", "Value:44|Expected:36:mono|Unit:20", rows)


def oracles(spec: Spec) -> tuple[Block, ...]:
    """Hand-worked values with their working."""
    blocks: list[Block] = []
    for o in spec.oracles:
        blocks.append(Heading(2, own(f"{o.id} {o.title}"), o.id))
        blocks.append(Facts((("Method", o.method), ("Worked by", o.author), ("Checked by", o.checker))))
        blocks.append(_inputs(o))
        blocks.append(Bullets(tuple(map(own, o.working)), numbered=True))
        blocks.append(_expected(o))
    return tuple(blocks) or (Paragraph("Not applicable: no requirement is shown by a hand-worked oracle."),)
