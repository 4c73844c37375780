"""The structure of a SAS XPORT version 5 file: cards of 80 bytes, descriptions of variables, rows of fixed width.

Source: SAS technical paper TS-140, "The record layout of a data set in SAS transport (XPORT) format". Only the structure is read
here; the values are read by ReadStat. Reading both shows what a reader of values alone passes over: a file cut off inside a row,
a second member, and the letters of special missing values.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.pipeline.clinical.dataset import Variable

CARD = 80
_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_LIBRARY_8 = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
_NAMES = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_ROWS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl")
_SIZES = (136, 140)
_MOST_VARIABLES = 9999
_SPECIAL = frozenset(b"_ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NUMBER, _TEXT = 1, 2
_LONGEST_NUMBER = 8


@dataclass(frozen=True, slots=True)
class Field:
    """A variable and where it lies in a row."""

    name: bytes
    label: bytes
    number: bool
    length: int
    offset: int
    format: str

    def described(self, encoding: str) -> Variable:
        """As the data set tells of it. Raises UnicodeDecodeError."""
        name, label = (t.decode(encoding).rstrip(" \0") for t in (self.name, self.label))
        kind = "number" if self.number else "text"
        return Variable.model_validate({"name": name, "label": label, "kind": kind, "length": self.length, "format": self.format})


@dataclass(frozen=True)
class Layout:
    """The structure of one file."""

    member: str
    """Name of the data set inside."""
    label: bytes
    fields: tuple[Field, ...]
    data: bytes
    """The rows, without padding."""

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return sum(f.length for f in self.fields)

    def __len__(self) -> int:
        return len(self.data) // self.width

    def cells(self, field: Field) -> Iterator[bytes]:
        """The bytes of one variable, row by row."""
        for start in range(field.offset, len(self.data), self.width):
            yield self.data[start : start + field.length]


def special(cell: bytes) -> str:
    """``.A`` for a number that is specially missing, else empty."""
    return f".{chr(cell[0])}" if cell[0] in _SPECIAL and not any(cell[1:]) else ""


def read_layout(data: bytes, where: str) -> Layout:
    """The structure of a file. Raises BadInput, with what is wrong, for anything that is not one whole XPORT version 5 data set."""
    if not data:
        raise BadInput("the file is empty", where=where)
    if data.startswith(_LIBRARY_8):
        raise BadInput("an XPORT file of version 8; a submission takes version 5", where=where)
    if not data.startswith(_LIBRARY):
        raise BadInput("not a SAS XPORT file: it does not begin with the library header", where=where)
    if len(data) % CARD:
        raise BadInput(f"cut off: {len(data)} bytes are no whole number of records of {CARD} bytes", where=where)
    cards = [data[i * CARD : (i + 1) * CARD] for i in range(8)]
    for at, expected, what in ((3, _MEMBER, "member"), (4, _DESCRIPTOR, "descriptor"), (7, _NAMES, "variable")):
        if not cards[at].startswith(expected):
            raise BadInput(f"cut off or not XPORT version 5: the {what} header is missing", where=where)
    size, count = _number(cards[3][74:78], where), _number(cards[7][54:58], where)
    if size not in _SIZES or not 0 < count <= _MOST_VARIABLES:
        raise BadInput(f"the header tells of {count} variables described in {size} bytes each", where=where)
    begins = 8 * CARD
    after = begins + -(-count * size // CARD) * CARD
    if not data[after : after + CARD].startswith(_ROWS):
        raise BadInput("cut off or altered: no header of the rows follows the descriptions of the variables", where=where)
    fields = tuple(_field(data[begins + i * size : begins + (i + 1) * size], where) for i in range(count))
    _joined(fields, where)
    return Layout(
        member=cards[5][8:16].decode("ascii", "strict").strip() if cards[5][8:16].isascii() else "",
        label=cards[6][32:72],
        fields=fields,
        data=_rows(data[after + CARD :], sum(f.length for f in fields), where),
    )


def _number(text: bytes, where: str) -> int:
    if not text.strip().isdigit():
        raise BadInput("the header holds something else where a number must stand", where=where)
    return int(text)


def _field(record: bytes, where: str) -> Field:
    kind, _, length, _, name, label, form, width, decimals, *_, offset = _NAMESTR.unpack(record[: _NAMESTR.size])
    longest = _LONGEST_NUMBER if kind == _NUMBER else 200
    if kind not in (_NUMBER, _TEXT) or not 0 < length <= longest or offset < 0:
        raise BadInput(f"variable {name[:8]!r} is described as type {kind}, length {length}, place {offset}", where=where)
    letters = form.decode("ascii", "replace").strip()
    shown = f"{letters}{width or ''}" + (f".{decimals}" if decimals else "")
    return Field(name, label, kind == _NUMBER, length, offset, shown)


def _joined(fields: tuple[Field, ...], where: str) -> None:
    """Variables lie side by side, without gap and without overlap, and no name is there twice."""
    place = 0
    for field in fields:
        if field.offset != place:
            raise BadInput(f"variable {field.name.strip()!r} lies at {field.offset}, not at {place}", where=where)
        place += field.length
    names = [f.name.strip() for f in fields]
    if twice := {n.decode("ascii", "replace") for n in names if names.count(n) > 1}:
        raise BadInput(f"variable {', '.join(sorted(twice))} is there twice", where=where)


def _rows(rest: bytes, width: int, where: str) -> bytes:
    if _MEMBER in rest:
        raise BadInput("the file holds more than one data set", where=where)
    whole, tail = divmod(len(rest), width)
    padding = rest[whole * width :]
    if len(padding) >= CARD or padding.strip(b" "):
        raise BadInput(f"cut off: row {whole + 1} has {tail} of {width} bytes", where=where)
    blank = b" " * width
    room = CARD - len(padding)
    while whole and width < room and rest[(whole - 1) * width : whole * width] == blank:  # padding that is as long as a row
        whole, room = whole - 1, room - width
    if not whole:
        raise BadInput("the data set has no row", where=where)
    return rest[: whole * width]
