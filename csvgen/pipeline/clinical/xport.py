"""Reading and writing SAS XPORT version 5. Values by ReadStat (pyreadstat); structure and encoding are checked beside it."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from csvgen.errors import BadInput, NotIntact
from csvgen.model.base import hazard
from csvgen.pipeline.clinical.dataset import Dataset, Variable, file_digest
from csvgen.pipeline.clinical.layout import CARD, Layout, read_layout, special
from csvgen.pipeline.numbers import number

ENCODINGS: Mapping[str, str] = {
    "UTF-8": "utf-8",
    "US-ASCII": "ascii",
    "WINDOWS-1252": "cp1252",
    "WINDOWS-1250": "cp1250",
    "WINDOWS-1251": "cp1251",
    "ISO-8859-1": "iso8859-1",
    "ISO-8859-15": "iso8859-15",
    "SHIFT_JIS": "shift_jis",
}
"""Encodings that can be declared: the name ReadStat (iconv) knows -> the codec of Python that judges strictly."""
EPOCH = dt.date(1960, 1, 1)
"""Day zero of SAS."""
STAMP = b"01JAN60:00:00:00"
"""The moment written into every header made here: the same table gives the same bytes at any time."""


def read(data: bytes, domain: str, *, declared: str = "", where: str = "") -> Dataset:
    """A data set from a file.

    Text is UTF-8 when every byte of it is; else the declared encoding, in which every byte must have a meaning. No character is
    replaced. Raises BadInput for a file that is cut off, empty, of another format or domain, or in an encoding nobody declared.
    """
    where = where or f"{domain.lower()}.xpt"
    layout = read_layout(data, where)
    if domain and layout.member.upper() != domain.upper():
        raise BadInput(f"the file holds the data set {layout.member or '?'}, expected is {domain}", where=where)
    encoding = _encoding(layout, declared, where)
    columns = _values(data, encoding, where)
    variables = tuple(f.described(ENCODINGS[encoding]) for f in layout.fields)
    if (names := tuple(v.name for v in variables)) != tuple(columns):
        raise NotIntact(f"two readings find other variables: {', '.join(names)}; {', '.join(columns)}", where=where)
    texts = [_column(layout, i, v, columns[v.name], encoding, where) for i, v in enumerate(variables)]
    label = layout.label.decode(ENCODINGS[encoding]).strip()
    if found := hazard(label, newline=False):
        raise BadInput(f"the label of the data set holds {found}", where=where)
    return Dataset(
        domain=layout.member.upper(),
        label=label,
        encoding=encoding,
        file=file_digest(data),
        variables=variables,
        rows=tuple(zip(*texts, strict=True)),
    )


def _encoding(layout: Layout, declared: str, where: str) -> str:
    if declared and declared.upper() not in ENCODINGS:
        raise BadInput(f"the encoding {declared[:40]!r} is not known; known are {', '.join(ENCODINGS)}", where=where)
    first = _undecodable(layout, "utf-8")
    if not first:
        return "UTF-8"
    if not declared or declared.upper() == "UTF-8":
        hint = "declare the encoding of this file, for example WINDOWS-1252"
        raise BadInput(f"not UTF-8: {first}, and no other encoding is declared", where=where, hint=hint)
    if problem := _undecodable(layout, ENCODINGS[declared.upper()]):
        raise BadInput(f"not {declared.upper()} as declared: {problem}", where=where)
    return declared.upper()


def _undecodable(layout: Layout, codec: str) -> str:
    """The first byte that means nothing in an encoding, with its place."""
    for field in layout.fields:
        name = field.name.decode("ascii", "replace").strip()
        for what, text in (("name", field.name), ("label", field.label)):
            try:
                text.decode(codec)
            except UnicodeDecodeError as problem:
                return f"byte 0x{text[problem.start]:02X} in the {what} of variable {name}"
        for row, cell in enumerate(() if field.number else layout.cells(field), 1):
            try:
                cell.decode(codec)
            except UnicodeDecodeError as problem:
                return f"byte 0x{cell[problem.start]:02X} in row {row}, {name}"
    return ""


def _values(data: bytes, encoding: str, where: str) -> Mapping[str, Sequence[Any]]:
    import pyreadstat  # only those who read clinical files wait for it

    try:
        columns, _ = pyreadstat.read_xport(
            io.BytesIO(data), encoding=encoding, disable_datetime_conversion=True, output_format="dict"
        )
    except (pyreadstat.ReadstatError, UnicodeDecodeError, ValueError) as problem:
        raise BadInput(f"ReadStat cannot read the file: {str(problem)[:120]}", where=where) from None
    return columns


def _column(layout: Layout, index: int, variable: Variable, values: Sequence[Any], encoding: str, where: str) -> list[str]:
    """One variable as text. The two readings must agree in every row."""
    if len(values) != len(layout):
        raise BadInput(f"two readings find {len(layout)} and {len(values)} rows", where=where)
    cells = layout.cells(layout.fields[index])
    texts = []
    for row, (cell, value) in enumerate(zip(cells, values, strict=True), 1):
        place = f"{where} row {row} {variable.name}"
        if variable.kind == "number":
            text = special(cell) or _decimal(value, place)
        else:
            text = cell.decode(ENCODINGS[encoding]).rstrip(" \0")
            if text != str(value or "").rstrip(" \0"):
                raise BadInput("two readings of this text differ", where=place)
            if found := hazard(text, newline=False):
                raise BadInput(f"the text holds {found}", where=place)
        texts.append(text)
    return texts


def _decimal(value: float | None, place: str) -> str:
    """The shortest decimal text that says the same number. Raises BadInput for what is no number."""
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        raise BadInput("infinity is not a value", where=place)
    text = format(Decimal(repr(float(value))), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


_STAMP = re.compile(rb"[0-9]{2}[A-Z]{3}[0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{2}")


def write(name: str, label: str, variables: Sequence[Variable], rows: Sequence[Sequence[str]]) -> bytes:
    """A table as XPORT version 5, the same bytes at any time: the moments in its header are set to the first day of SAS.

    Numbers are decimal text; a variable of format ``DATE9`` holds ISO 8601 days. Raises NotIntact when what was written does not
    read back as what was given.
    """
    import pandas as pd
    import pyreadstat

    columns: dict[str, Any] = {}
    for index, variable in enumerate(variables):
        column = [row[index] for row in rows]
        columns[variable.name] = pd.Series(
            [_stored(variable, v) for v in column], dtype="float64" if _numeric(variable) else "object"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name.lower()}.xpt"
        pyreadstat.write_xport(
            pd.DataFrame(columns),
            str(path),
            file_label=label[:40],
            column_labels=[v.label[:40] for v in variables],
            table_name=name,
            file_format_version=5,
            variable_format={v.name: v.format for v in variables if v.format},
        )
        made = path.read_bytes()
    data = _STAMP.sub(STAMP, made[: 8 * CARD]) + made[8 * CARD :]
    back = read(data, name, where=f"{name.lower()}.xpt")
    given = [_said(variables, [_stored_text(v, c) for v, c in zip(variables, row, strict=True)]) for row in rows]
    if [_said(variables, row) for row in back.rows] != given:
        raise NotIntact("what was written does not read back", where=f"{name.lower()}.xpt")
    return data


def day_number(day: str) -> int:
    """A day as SAS counts it."""
    return (dt.date.fromisoformat(day) - EPOCH).days


def iso_day(number: str) -> str:
    """A day counted by SAS as ISO 8601; empty for a missing one."""
    return (EPOCH + dt.timedelta(days=int(Decimal(number)))).isoformat() if number and number[0] != "." else ""


def _numeric(variable: Variable) -> bool:
    return variable.kind == "number"


def _stored_text(variable: Variable, text: str) -> str:
    return str(day_number(text)) if text and variable.format.startswith("DATE") else text


def _said(variables: Sequence[Variable], row: Sequence[str]) -> list[str | Fraction]:
    """What a row says, whatever the spelling of its numbers."""
    return [number(text) if _numeric(v) and text else text for v, text in zip(variables, row, strict=True)]


def _stored(variable: Variable, text: str) -> float | str | None:
    if not _numeric(variable):
        return text
    stored = _stored_text(variable, text)
    return float(stored) if stored else None
