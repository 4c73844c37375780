"""A ZIP reader that accepts one reading only.

Two programs that read one archive differently can be shown two documents under one signature: two entries of one name, a
local header that contradicts the directory, bytes that belong to no entry. So an archive is taken only if every byte of it
is accounted for (APPNOTE 6.3.10, sections 4.3 and 4.4): entries one behind another from the first byte on, then the
directory, then its end record, and both headers of an entry saying the same. What Word, LibreOffice, openpyxl and
python-docx write passes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from csvgen.errors import NotIntact

MAX_ENTRIES = 20_000
MAX_TOTAL = 512 * 1024 * 1024
"""Upper bound on the unpacked size of all entries together, in bytes."""

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x0001, 0x0008, 0x0800
_FLAGS = 0x0006 | _DESCRIPTOR | _UTF8
"""Flags that change nothing about what an entry says: compression effort, sizes behind the data, spelling of the name."""
_STORED, _DEFLATED = 0, 8
_VERSION, _MIDNIGHT, _PLAIN_FILE = 20, (0, 0x21), 0o600 << 16
"""Of archives we write: version of the format, 1980-01-01 00:00 as time and date, attributes."""
_IS_ZIP64 = {0xFFFF, 0xFFFFFFFF}
"""In the end record these mean: look into a second, 64-bit directory."""
_SEGMENT = r"[A-Za-z0-9._~!$&'()*+,;=:@\[\]-]+"
_PART = re.compile(f"{_SEGMENT}(?:/{_SEGMENT})*")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the directory says of one entry; offset and sizes in bytes."""

    name: bytes
    flags: int
    method: int
    time: tuple[int, int]
    crc: int
    packed: int
    unpacked: int
    offset: int


@dataclass(frozen=True, slots=True)
class Packed:
    """A content, and as what it lies in an archive."""

    content: bytes
    method: int
    data: bytes

    @classmethod
    def stored(cls, content: bytes) -> Packed:
        return cls(content, _STORED, content)

    @classmethod
    def deflated(cls, content: bytes) -> Packed:
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        return cls(content, _DEFLATED, packer.compress(content) + packer.flush())


def read_archive(data: bytes) -> list[tuple[str, Packed]]:
    """Names and contents, in the order of the file. Raises NotIntact for anything but one clean archive."""
    try:
        entries, directory = _directory(data)
        position, contents = 0, []
        for entry in sorted(entries, key=lambda e: e.offset):
            start, end = _data_of(data, entry, position, directory)
            packed = data[start : start + entry.packed]
            contents.append((_name(entry.name), Packed(_unpacked(packed, entry), entry.method, packed)))
            position = end
    except (struct.error, IndexError):
        raise NotIntact("the ZIP archive is cut off or damaged") from None
    if position != directory:
        raise NotIntact("the ZIP archive holds bytes that belong to no entry")
    names = [name.lower() for name, _ in contents]
    if len(set(names)) != len(names):
        raise NotIntact("the ZIP archive holds two entries of one name; readers disagree on which of them counts")
    return contents


def write_archive(contents: Iterable[tuple[str, Packed]]) -> bytes:
    """An archive whose bytes depend on nothing but names and contents, how they are packed, and their order."""
    body, lines, position = [], [], 0
    for name, packed in contents:
        raw = name.encode("ascii")
        sizes = zlib.crc32(packed.content), len(packed.data), len(packed.content)
        common = (_VERSION, 0, packed.method, *_MIDNIGHT, *sizes, len(raw), 0)
        lines.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION, *common, 0, 0, 0, _PLAIN_FILE, position) + raw)
        body += [_LOCAL.pack(b"PK\x03\x04", *common), raw, packed.data]
        position += _LOCAL.size + len(raw) + len(packed.data)
    directory = b"".join(lines)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(lines), len(lines), len(directory), position, 0)
    return b"".join((*body, directory, end))


def _directory(data: bytes) -> tuple[list[_Entry], int]:
    """The entries of the directory and the offset at which it starts."""
    start_of_end = len(data) - _END.size
    if start_of_end < 0 or data[start_of_end : start_of_end + 4] != b"PK\x05\x06":
        raise NotIntact("this is not a ZIP archive, or something follows its end")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, start_of_end)
    if disk or first_disk or here != count or comment or _IS_ZIP64 & {here, count, size, start}:
        raise NotIntact("the ZIP archive is split, commented or larger than accepted here")
    if count > MAX_ENTRIES:
        raise NotIntact(f"the ZIP archive holds {count} entries, more than the {MAX_ENTRIES} accepted here")
    if start + size != start_of_end:
        raise NotIntact("the ZIP archive has bytes before, inside or behind it that its directory does not explain")
    entries, position = [], start
    for _ in range(count):
        signature, _, _, flags, method, time, date, crc, packed, unpacked, name, extra, note, on_disk, _, _, offset = (
            _CENTRAL.unpack_from(data, position)
        )
        if signature != b"PK\x01\x02" or on_disk or note:
            raise NotIntact("the directory of the ZIP archive is damaged")
        begin = position + _CENTRAL.size
        entries.append(_Entry(data[begin : begin + name], flags, method, (time, date), crc, packed, unpacked, offset))
        position = begin + name + extra
    if position != start_of_end:
        raise NotIntact("the directory of the ZIP archive holds bytes that belong to no entry")
    if sum(entry.unpacked for entry in entries) > MAX_TOTAL:
        raise NotIntact(f"the ZIP archive would unpack to more than {MAX_TOTAL} bytes")
    return entries, start


def _data_of(data: bytes, entry: _Entry, position: int, limit: int) -> tuple[int, int]:
    """Where the packed data of an entry starts and where the entry ends; it must begin at `position`."""
    shown = _shown(entry.name)
    signature, _, flags, method, time, date, crc, packed, unpacked, name, extra = _LOCAL.unpack_from(data, position)
    begin = position + _LOCAL.size
    if entry.flags & _ENCRYPTED:
        raise NotIntact(f"the entry {shown} is encrypted")
    if entry.offset != position or signature != b"PK\x03\x04":
        raise NotIntact(f"the entry {shown} overlaps its neighbours or lies apart from them")
    if entry.flags & ~_FLAGS or entry.method not in {_STORED, _DEFLATED}:
        raise NotIntact(f"the entry {shown} is packed in a way not accepted here")
    behind = bool(flags & _DESCRIPTOR)
    same = (data[begin : begin + name], flags, method, (time, date)) == (entry.name, entry.flags, entry.method, entry.time)
    if not same or (not behind and (crc, packed, unpacked) != (entry.crc, entry.packed, entry.unpacked)):
        raise NotIntact(f"the two headers of the entry {shown} contradict each other")
    start = begin + name + extra
    end = start + entry.packed
    if behind:
        sizes = struct.pack("<3I", entry.crc, entry.packed, entry.unpacked)
        descriptor = next((d for d in (b"PK\x07\x08" + sizes, sizes) if data[end : end + len(d)] == d), None)
        if descriptor is None:
            raise NotIntact(f"the sizes behind the entry {shown} are not those of the directory")
        end += len(descriptor)
    if end > limit:
        raise NotIntact(f"the entry {shown} runs into the directory")
    return start, end


def _unpacked(packed: bytes, entry: _Entry) -> bytes:
    if entry.method == _STORED:
        content, whole = packed, True
    else:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            # One byte more than promised is enough to see that more would come; a bomb is never unpacked.
            content = unpacker.decompress(packed, entry.unpacked + 1)
        except zlib.error:
            content = b""
        whole = unpacker.eof and not unpacker.unused_data
    if not whole or len(content) != entry.unpacked or zlib.crc32(content) != entry.crc:
        raise NotIntact(f"the entry {_shown(entry.name)} is damaged: its size or check sum is wrong")
    return content


def _name(raw: bytes) -> str:
    """The name of a part without tricks: relative, in segments of RFC 3986 characters, none ending in a dot (ISO/IEC 29500-2)."""
    name = raw.decode("ascii", "replace")
    if not _PART.fullmatch(name) or any(step.endswith(".") for step in name.split("/")):
        raise NotIntact(f"{_shown(raw)} is not a name of a part")
    return name


def _shown(raw: bytes) -> str:
    """A name of unknown origin, quoted and in ASCII."""
    return ascii(raw.decode("utf-8", "replace"))
