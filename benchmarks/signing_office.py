"""What signing and verifying an Office file costs, beside what nobody can do without: SHA-256 of the file, and unpacking it.

    python benchmarks/signing_office.py [--megabytes 5] [--write]

A Word document and a workbook of that size, each twice: most of it pictures (which deflate cannot make smaller), and all of it text
(which unpacks to about three times its size). Each is signed by one person with ECDSA P-256 and verified. The smallest of five repeats
counts, in CPU seconds of this process. `--write` replaces the section of this benchmark in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import io
import platform
import random
import re
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from csvgen import clock
from csvgen.canonical import digest, normalised_zip
from csvgen.crypto import certificates
from csvgen.crypto.trust import Trust
from csvgen.signature import excel, word
from csvgen.signature.manifestation import Manifestation

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "## Signing and verifying Word documents and workbooks"
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


def text(chance: random.Random, letters: int) -> str:
    """Words that repeat."""
    words = [f"{chance.randrange(1 << 40):x}" for _ in range(400)]
    found, length = [], 0
    while length < letters:
        found.append(chance.choice(words))
        length += len(found[-1]) + 1
    return " ".join(found)


def docx(megabytes: float, *, pictures: bool) -> bytes:
    import docx as library
    from docx.shared import Mm

    chance = random.Random(1)
    document = library.Document()
    if pictures:
        for _ in range(max(1, round(megabytes))):
            document.add_picture(io.BytesIO(picture(chance, megabytes / max(1, round(megabytes)))), width=Mm(80))
    else:
        for _ in range(round(megabytes * 300)):
            document.add_paragraph(text(chance, 9_000))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx(megabytes: float, *, pictures: bool) -> bytes:
    import openpyxl

    chance = random.Random(2)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Rows")
    for _ in range(10 if pictures else round(megabytes * 1_240)):
        sheet.append([text(chance, 160) for _ in range(8)])
    out = io.BytesIO()
    book.save(out)
    return with_picture(out.getvalue(), picture(chance, megabytes)) if pictures else out.getvalue()


def with_picture(book: bytes, png: bytes) -> bytes:
    """A workbook with a large picture as a thumbnail: no drawing over the cells is ever signed."""
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    kind = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
    link = f'<Relationship Id="rIdPicture" Type="{kind}" Target="docProps/thumbnail.png"/></Relationships>'
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", link.encode())
    types = b'<Default Extension="png" ContentType="image/png"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types)
    return normalised_zip({**parts, "docProps/thumbnail.png": png}.items(), first="[Content_Types].xml")


def picture(chance: random.Random, megabytes: float) -> bytes:
    from PIL import Image

    side = round((megabytes * 1_000_000 / 3) ** 0.5)
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), chance.randbytes(side * side * 3)).save(out, "PNG")
    return out.getvalue()


def cost(act: Callable[[], object], repeats: int = 5) -> float:
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        act()
        found.append(time.process_time() - begun)
    return min(found)


def unpacked(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return sum(len(file.read(name)) for name in file.namelist())


def row(name: str, data: bytes, room: ModuleType) -> str:
    root = certificates.make_root("Example Ltd", NOW, demonstration=True)
    person = certificates.issue_person(root, person="p-0001", printed_name="Ada Lovelace", organisation="Example Ltd", now=NOW)
    shown = Manifestation(
        printed_name="Ada Lovelace", role="author", meaning="authored", reason="I wrote it.", signed=clock.stored(NOW),
        record_id="OQ-REP-001", revision=1, record_digest=digest("record"), demonstration=True,
    )  # fmt: skip
    trust = Trust((root.certificate,))

    def sign() -> bytes:
        return bytes(room.sign(data, person, line_id=None, manifestation=shown, moment=NOW))

    signed = sign()
    found = room.inspect(signed, trust)
    if found.faults or not found.signatures[0].trusted:
        raise SystemExit(f"{name} does not verify: {found.faults}")
    least = cost(lambda: (hashlib.sha256(signed).digest(), unpacked(signed)))
    making, reading = cost(sign), cost(lambda: room.inspect(signed, trust))
    return (
        f"| {name} | {len(data) / 1e6:.1f} | {unpacked(data) / 1e6:.1f} | {least:.3f} | {making:.3f} ({making / least:.1f}) "
        f"| {reading:.3f} ({reading / least:.1f}) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=5.0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = [
        row(f"{kind}, {'pictures' if pictures else 'text'}", make(given.megabytes, pictures=pictures), room)
        for kind, make, room in (("docx", docx, word), ("xlsx", xlsx, excel))
        for pictures in (True, False)
    ]
    section = "\n".join(
        [
            TITLE,
            "",
            f"`python benchmarks/signing_office.py --megabytes {given.megabytes:g} --write`, Python {platform.python_version()}.",
            "CPU seconds; in brackets the ratio to the least: SHA-256 of the signed file and unpacking it, by the standard library, in the",
            "same process. Signing includes a full verification of what was made.",
            "",
            "| file | MB | MB unpacked | the least, s | sign, s | verify, s |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
    sys.stdout.write(f"{section}\n")
    if given.write:
        before = RESULTS.read_text(encoding="utf-8")
        kept = re.sub(rf"{re.escape(TITLE)}\n.*?(?=\n## |\Z)", "", before, flags=re.DOTALL).rstrip()
        RESULTS.write_text(f"{kept}\n\n{section}", encoding="utf-8")


if __name__ == "__main__":
    main()
