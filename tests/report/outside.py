"""Reports seen from outside: other people's programs read what csvgen drew."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from csvgen.model.picture import Picture
from csvgen.model.report import (
    ApprovalPage,
    Bullets,
    Contents,
    Facts,
    Heading,
    Paragraph,
    Report,
    Table,
    Timeline,
)
from csvgen.report.text import shown

HERE = Path(__file__).parent


def tool(*command: object) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=300).stdout.decode("utf-8")


def page_texts(pdf: Path) -> list[str]:
    """Text of each page in the order in which it was drawn."""
    return tool("pdftotext", "-raw", "-enc", "UTF-8", pdf, "-").split("\f")[:-1]


def packed(text: str) -> str:
    """Text without white space: what line ends and columns cannot change."""
    return re.sub(r"\s+", "", text)


def office(source: Path, kind: str, folder: Path) -> Path:
    """Convert with LibreOffice, in a profile of its own; gives the folder of the results."""
    out = folder / "converted"
    out.mkdir(exist_ok=True)
    profile = (folder / "profile").as_uri()
    tool("soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind, "--outdir", out, source)
    return out


def digest_elsewhere(expression: str, seed: str) -> str:
    """SHA-256 of what an expression over `sample`, `pdf`, `word`, `excel` draws in another process."""
    room = expression.partition(".")[0]  # what else is loaded, and in which order, must not matter either
    rooms, zone = {"0": (room, "UTC"), "1": ("excel, pdf, word", "Asia/Tokyo")}[seed]
    code = (
        f"import hashlib, sys; sys.path.insert(0, sys.argv[1]); import sample; from csvgen.report import {rooms}; "
        f"print(hashlib.sha256({expression}).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
    done = subprocess.run([sys.executable, "-c", code, str(HERE)], capture_output=True, check=True, env=env, timeout=300)
    return done.stdout.decode().strip()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part(package: bytes, name: str) -> bytes:
    with zipfile.ZipFile(__import__("io").BytesIO(package)) as archive:
        return archive.read(name)


def calls(work) -> int:
    """How many Python functions a piece of work calls: a measure of work that no slow machine can change."""
    count = 0

    def tick(frame, event, arg):
        nonlocal count
        count += event == "call"

    sys.setprofile(tick)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


NOTE = (
    "One row for each signature this document needs, in this order.",
    "The signature counts, not its picture: some readers leave pictures out.",
    "The file's list of signatures tells which rows are signed and whether validly",
    "(PDF: signature panel; Word: File, Info, View Signatures; LibreOffice: File, Digital Signatures), and so does csvgen verify.",
    "The digest in a signature is that of the record of this revision; the record holds the content digest and the text digest of the first page.",
)


def expected(report: Report) -> list[str]:
    """What a rendition must print after its cover, piece by piece, in order; written down without the code under test."""
    pieces: list[str] = []
    counts, tables, figures = [0, 0, 0], 0, 0
    numbers: list[tuple[int, str, str]] = []
    for block in report.blocks:
        if isinstance(block, Heading):
            counts = [*counts[: block.level - 1], counts[block.level - 1] + 1, *[0] * (3 - block.level)]
            numbers.append((block.level, ".".join(map(str, counts[: block.level])), block.text))
    queue = iter(numbers)
    for block in report.blocks:
        match block:
            case Heading():
                _, number, text = next(queue)
                pieces += [number, text]
            case Paragraph():
                pieces.append(block.text)
            case Bullets():
                for n, item in enumerate(block.items, 1):
                    pieces += [f"{n}." if block.numbered else "•", item]
            case Facts():
                pieces += [text for row in block.rows for text in row]
            case Table():
                if block.caption:
                    tables += 1
                    pieces.append(f"Table {tables} {block.caption}")
                pieces += [column.title for column in block.columns]
                pieces += [text for row in block.rows for text in row] if block.rows else [block.empty]
            case Picture():
                figures += 1
                pieces += [f"Figure {figures} {block.caption}", *([] if block.shows else [block.empty])]
            case ApprovalPage():
                pieces += ["Approval", *NOTE, "Role and meaning", "Signature"]
                for slot in block.slots:
                    pieces += [f"{slot.number} {slot.role}", slot.meaning, slot.statement]
            case Timeline():
                pieces += ["When (UTC)", "Kind", "What", "Who"]
                pieces += [text for e in block.entries for text in (e.when, e.kind, e.what, e.who)]
            case Contents():
                pieces.append("Contents")
                for level, number, text in numbers:
                    pieces += [number, text] if level < 3 else []
    pieces += [
        f"End of {report.id}, revision {report.revision}.",
        "Made from",
        *(text for row in report.made_from for text in row),
    ]
    pieces += ["Digests", *digests(report), official(report)]
    return [packed(shown(piece)) or "–" for piece in pieces]


def cover(report: Report) -> list[str]:
    """What the cover must print, in order."""
    pieces = [report.organisation, report.title, report.subtitle, "Document", report.id, "Revision", str(report.revision)]
    pieces += ["Status", report.status, "Date", report.date, "System", report.system]
    pieces += [text for row in report.cover for text in row]
    pieces += ["Digests", *digests(report), official(report)]
    return [packed(shown(piece)) for piece in pieces]


def bodies(path: Path, source: Report) -> list[str]:
    """Packed text of each page without banner, header and footer, which must be there."""
    texts = [packed(text) for text in page_texts(path)]
    around = [furniture(source, n, len(texts)) for n in range(1, len(texts) + 1)]
    for n, (text, head) in enumerate(zip(texts, around, strict=True), 1):
        assert text.startswith(head), (n, text[:200], head)
    return [text[len(head) :] for text, head in zip(texts, around, strict=True)]


def digests(report: Report) -> list[str]:
    return ["Content digest", report.content, "Text digest", str(report.digest)]


def official(report: Report) -> str:
    first, second = ("PDF", "Word") if report.official == "pdf" else ("Word", "PDF")
    return f"The {first} file is the official rendition of this document. The {second} file is a copy with the same text."


def furniture(report: Report, page: int, total: int) -> str:
    """Banner, header and footer of a page, as they are drawn."""
    head = [report.banner, report.organisation, report.title, f"{report.id} · Revision {report.revision}", report.status]
    foot = [f"Content {report.content[7:19]} · {report.made_by}", f"Page {page} of {total}"]
    return packed(" ".join([*head, *foot]))
