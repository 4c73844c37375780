"""A data set from the version of a table: one canonical JSON object a row, every value as text (see `csvgen.pipeline.datasets`)."""

from __future__ import annotations

import json
from typing import Any

from csvgen.errors import BadInput
from csvgen.model.base import hazard
from csvgen.pipeline.clinical import xport
from csvgen.pipeline.clinical.dataset import Dataset, Variable, file_digest
from csvgen.pipeline.clinical.domains import rules_of
from csvgen.pipeline.numbers import number, text

_LARGEST = 10**75
"""XPORT stores up to 7.2e75 (TS-140)."""


def read(data: bytes, domain: str, *, declared: str = "", where: str = "") -> Dataset:
    """An input of the pipeline, whichever it is: rows of a table, else a file of XPORT. Raises BadInput."""
    if data.startswith(b"{"):
        return read_lines(data, domain, where or f"table of {domain or 'findings'}")
    return xport.read(data, domain, declared=declared, where=where)


def read_lines(data: bytes, domain: str, where: str) -> Dataset:
    """The rows of a table as a data set. Numbers are the variables that the rules of the domain call numbers.

    A table has no labels and no lengths; each length is that of the longest value. Raises BadInput.
    """
    rows: list[dict[str, str]] = []
    for index, row in enumerate(data.decode("utf-8").splitlines(), 1):
        found = _row(row, f"{where} row {index}")
        if rows and set(found) != set(rows[0]):
            raise BadInput("the row has other columns than the first", where=f"{where} row {index}")
        rows.append(found)
    domain = domain or rows[0].get("DOMAIN", "")
    numbers = rules_of(domain).numbers
    names = sorted(rows[0])
    table = tuple(tuple(_value(row[n], n in numbers, f"{where} row {i} {n}") for n in names) for i, row in enumerate(rows, 1))
    return Dataset(
        domain=domain,
        label="",
        encoding="UTF-8",
        file=file_digest(data),
        variables=tuple(
            Variable(
                name=n,
                label="",
                kind="number" if n in numbers else "text",
                length=8 if n in numbers else max(len(r[i].encode()) for r in table),
            )
            for i, n in enumerate(names)
        ),
        rows=table,
    )


def _row(line: str, place: str) -> dict[str, str]:
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise BadInput("not a row of a table", where=place) from None
    if not isinstance(found, dict) or not all(v is None or isinstance(v, str) for v in found.values()):
        raise BadInput("not a row of a table", where=place)
    return {str(k): v or "" for k, v in found.items()}


def _value(value: str, is_number: bool, place: str) -> str:
    if hidden := hazard(value, newline=False):
        raise BadInput(f"the text holds {hidden}", where=place)
    if not is_number or not value:
        return value
    if abs(found := number(value, place)) > _LARGEST:
        raise BadInput(f"no number that a data set can hold: {value[:20]}", where=place)
    return text(found)
