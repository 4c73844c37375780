"""The ZIP reader: an archive that two programs could read differently is not read at all."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile

import pytest

from csvgen.errors import BadInput, NotIntact
from csvgen.signature import word
from csvgen.signature.archive import MAX_TOTAL, read_archive

from .office_material import TYPES, parts_of

NAMES = ["Ada Lovelace", "Jürgen Großmann-Øst", "Ελένη Παπαδοπούλου"]
SIG1 = "_xmlsignatures/sig1.xml"
DOCUMENT = "word/document.xml"


def entry(name: bytes, content: bytes, **odd: int) -> tuple[bytes, bytes]:
    """A stored entry written by hand: its local part and its line of the directory, with odd values where asked."""
    import zlib

    crc, size, flags, real = odd.get("crc", zlib.crc32(content)), odd.get("size", len(content)), odd.get("flags", 0), len(content)
    head = struct.pack("<5H3I2H", 20, flags, odd.get("method", 0), 0, 33, crc, real, size, len(name), 0)
    line = struct.pack(
        "<6H3I5H2I",
        20,
        20,
        flags,
        odd.get("method", 0),
        0,
        33,
        odd.get("other_crc", crc),
        real,
        size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        odd.get("offset", 0),
    )
    return b"PK\x03\x04" + head + name + content, b"PK\x01\x02" + line + name


def archive(*entries: tuple[bytes, bytes], between: bytes = b"", count: int = -1, comment: bytes = b"") -> bytes:
    body = b"".join(local for local, _ in entries) + between
    directory = b"".join(line for _, line in entries)
    number = len(entries) if count < 0 else count
    return (
        body
        + directory
        + b"PK\x05\x06"
        + struct.pack("<4H2IH", 0, 0, number, number, len(directory), len(body), len(comment))
        + comment
    )


def contents(data: bytes) -> list[tuple[str, bytes]]:
    return [(name, packed.content) for name, packed in read_archive(data)]


def test_an_archive_written_by_hand_is_read():
    assert contents(archive(entry(b"a/b.xml", b"<x/>"))) == [("a/b.xml", b"<x/>")]
    assert read_archive(archive()) == []


ONE = entry(b"a", b"1")
BAD_ARCHIVES = {
    "nothing": (b"", "not a ZIP archive"),
    "no archive": (b"x" * 100, "not a ZIP archive"),
    "bytes before": (b"x" + archive(ONE), "does not explain"),
    "bytes behind": (archive(ONE) + b"x", "something follows its end"),
    "a comment": (archive(ONE, comment=b"x"), "something follows its end"),
    "a comment announced": (archive(ONE)[:-2] + b"\5\0", "commented"),
    "a second disk": (archive(ONE)[:-18] + b"\1\0" + archive(ONE)[-16:], "split"),
    "bytes between": (archive(ONE, between=b"x"), "belong to no entry"),
    "fewer entries than counted": (archive(ONE, count=2), "cut off"),
    "more entries than counted": (archive(ONE, count=0), "directory of the ZIP archive holds bytes"),
    "wrong check sum": (archive(entry(b"a", b"1", crc=7)), "check sum is wrong"),
    "an entry of another name": (archive((entry(b"b", b"1")[0], entry(b"a", b"1")[1])), "contradict each other"),
    "headers that differ": (archive(entry(b"a", b"1", other_crc=7)), "contradict each other"),
    "encrypted": (archive(entry(b"a", b"1", flags=1)), "encrypted"),
    "another way of packing": (archive(entry(b"a", b"1", method=14)), "not accepted here"),
    "patched data": (archive(entry(b"a", b"1", flags=32)), "not accepted here"),
    "wrong size": (archive(entry(b"a", b"1", size=2)), "size or check sum is wrong"),
    "a bomb": (archive(entry(b"a", b"1", size=MAX_TOTAL + 1)), "would unpack to more"),
    "overlapping entries": (archive(ONE, entry(b"b", b"1", offset=0)), "overlaps"),
    "an offset that is not so": (archive(entry(b"a", b"1", offset=1)), "overlaps"),
    "too many entries": (archive(count=20_001), "more than the"),
    "64-bit sizes": (archive(ONE, count=0xFFFF), "larger than accepted"),
    **{f"name {name!r}": (archive(entry(name, b"1")), "is not a name of a part") for name in (
        b"", b"/a", b"a/", b"a//b", b"../a", b"a/./b", b"a\\b", b"a%2e", b"a\0b", b"a b", "ä".encode(), b"a?b", b"a.")},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_an_archive_with_two_readings_is_not_read(pki, name):
    data, words = BAD_ARCHIVES[name]
    with pytest.raises(NotIntact, match=words):
        read_archive(data)
    assert word.inspect(data, pki.trust).problems
    with pytest.raises(BadInput):
        word.without_signatures(data)
    with pytest.raises(BadInput):
        pki.sign_word(data, 0)


def test_a_bomb_is_not_unpacked():
    """Ten thousand times its size, and the directory lies about it."""
    import tracemalloc
    import zlib

    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(b"\0" * 100_000_000) + bomb.flush()
    head = struct.pack("<5H3I2H", 20, 0, 8, 0, 33, 0, len(packed), 10, 1, 0)
    line = struct.pack("<6H3I5H2I", 20, 20, 0, 8, 0, 33, 0, len(packed), 10, 1, 0, 0, 0, 0, 0, 0)
    data = archive((b"PK\x03\x04" + head + b"a" + packed, b"PK\x01\x02" + line + b"a"))
    tracemalloc.start()
    with pytest.raises(NotIntact, match="damaged"):
        read_archive(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_what_common_writers_write_is_read(make):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file, file.open("a.xml", "w") as stream:
        stream.write(b"<x/>" * 100)
    assert contents(out.getvalue()) == [("a.xml", b"<x/>" * 100)]

    class Pipe(io.RawIOBase):  # cannot seek: sizes go behind the data
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.xml", b"<x/>" * 100)
    assert contents(pipe.data) == [("a.xml", b"<x/>" * 100)]
    assert "word/document.xml" in dict(read_archive(make.docx()))
    assert "xl/workbook.xml" in dict(read_archive(make.xlsx()))


# ------------------------------------------------------------------ the one form of an archive that csvgen signed


def repacked(data: bytes, change=None, *, order=None, **odd) -> bytes:
    """The same contents in an archive written by zipfile: `change` gets each entry's ZipInfo, `order` the list of names."""
    parts = parts_of(data)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in (order or list)(list(parts)):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            ours = name == TYPES or name.endswith(".rels") or name.startswith("_xmlsignatures/")
            info.compress_type, info.create_system = zipfile.ZIP_STORED if ours else zipfile.ZIP_DEFLATED, 0
            if change:
                change(info)
            file.writestr(info, parts[name], compresslevel=odd.get("level", 6))
        file.comment = odd.get("comment", b"")
    return out.getvalue()


def attribute(name: str, value: object):
    return lambda info: setattr(info, name, value)


def streamed(data: bytes) -> bytes:
    """Sizes behind the data, as writers do that cannot seek."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, piece):
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts_of(data).items():
            file.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return pipe.data


def padded(data: bytes) -> bytes:
    """A bit set behind the end of packed data, where no reader looks."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        info = file.getinfo("docProps/core.xml")
    end = info.header_offset + 30 + len(info.filename) + info.compress_size
    return data[: end - 1] + bytes([data[end - 1] | 0x80]) + data[end:]


REPACKED = {
    "a date": lambda d: repacked(d, attribute("date_time", (2026, 11, 21, 0, 0, 0))),
    "a symbolic link": lambda d: repacked(d, attribute("external_attr", 0o120777 << 16)),
    "a program to be run": lambda d: repacked(d, attribute("external_attr", 0o755 << 16)),
    "another system": lambda d: repacked(d, attribute("create_system", 3)),
    "another version": lambda d: repacked(d, attribute("create_version", 45)),
    "an extra field": lambda d: repacked(d, attribute("extra", b"\x30\x00\x02\x00xx")),
    "an extra field that says 64 bits": lambda d: repacked(d, attribute("extra", b"\x01\x00\x08\x00" + bytes(8))),
    "a comment of an entry": lambda d: repacked(d, attribute("comment", b"approved")),
    "internal attributes": lambda d: repacked(d, attribute("internal_attr", 1)),
    "another order": lambda d: repacked(d, order=lambda names: list(reversed(names))),
    "everything stored": lambda d: repacked(d, attribute("compress_type", zipfile.ZIP_STORED)),
    "packed harder": lambda d: repacked(d, level=9),
    "sizes behind the data": streamed,
    "a comment": lambda d: repacked(d, comment=b"approved"),
    "bytes before": lambda d: b"#!/bin/sh\n" + d,
    "bytes behind": lambda d: d + b"approved",
    "an archive before": lambda d: d + d,
}  # fmt: skip


def test_repacking_by_itself_changes_nothing(office):
    """So that each of the attacks below is noticed for what it is."""
    assert repacked(office.stages[2]) == office.stages[2]


@pytest.mark.parametrize("name", REPACKED)
def test_a_signed_file_packed_anew_is_not_the_file_that_was_signed(office, name):
    data = REPACKED[name](office.stages[2])
    found = office.inspect(data)
    assert found.faults
    assert all(line[0].startswith("INVALID: ") for line in found.manifestations())


def test_a_bit_behind_the_end_of_packed_data(office):
    assert "packed in another way" in office.faults(padded(office.stages[2]))


def test_a_file_cut_off_anywhere(office):
    data = office.stages[2]
    assert all(office.inspect(data[:end]).faults for end in range(0, len(data), 997))


@pytest.mark.needs("soffice")
def test_what_libreoffice_writes_is_read_and_signed(pki, make, tmp_path):
    (tmp_path / "plain.docx").write_bytes(make.docx(()))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "docx:Office Open XML Text",
        "--outdir",
        tmp_path / "out",
        tmp_path / "plain.docx",
    ]
    subprocess.run([str(c) for c in command], check=True, capture_output=True, timeout=120)
    signed = pki.sign_word((tmp_path / "out" / "plain.docx").read_bytes(), 0)
    assert word.inspect(signed, pki.trust).faults == ()
