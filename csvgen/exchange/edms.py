"""A submission folder for an EDMS: the documents of a package, and what the system that takes them asks about each.

    documents/            the signed files, byte for byte
    cmis.json             one CMIS document object each (OASIS CMIS 1.1 property names; what CMIS has no name for is called csvgen:...)
    loader.csv            the same as a loader table, in the column names of Veeva Vault Loader; a column more is ignored by others
    SHA256SUMS            of all of these

No EDMS was asked: this is a neutral hand-over, and whoever loads it maps types and life cycles. Every cell is safe in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from csvgen.canonical import digest_bytes, digest_file, write_once
from csvgen.errors import BadInput, ConfigError
from csvgen.model.base import first_fault
from csvgen.model.package import PackageManifest
from csvgen.signature.approvals import Approval, load

CMIS, LOADER, SUMS = "cmis.json", "loader.csv", "SHA256SUMS"
TYPES = {".pdf": "application/pdf", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
SIGNED = "all signatures there"
"""Whether they are to be believed is for `csvgen verify`, with trust from outside."""
COLUMNS = (
    "file", "name__v", "title__v", "type__v", "external_id__v", "major_version_number__v", "minor_version_number__v", "status__v",
    "system", "system_version", "language__v", "signatures", "demonstration", "sha256", "size",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
"""What the first character of a formula can be (OWASP, CSV Injection), and the mark itself."""


@dataclass(frozen=True)
class Item:
    """One file of one revision of a document."""

    file: str
    document: str
    title: str
    kind: str
    revision: int
    status: str
    system: str
    system_version: str
    signatures: tuple[str, ...]
    demonstration: bool
    sha256: str
    size: int


def submit(package: Path, folder: Path) -> tuple[Item, ...]:
    """Write the submission folder, and read it back. Raises BadInput for a package whose documents are not those it lists."""
    try:
        manifest = PackageManifest.model_validate(json.loads((package / "package.json").read_bytes()))
    except OSError:
        raise ConfigError("there is no package here", where=str(package), hint="csvgen export package makes one") from None
    except ValidationError as problem:
        raise BadInput(f"the list of the package cannot be used: {first_fault(problem)}", where="package.json") from None
    except ValueError:
        raise BadInput("the list of the package cannot be read", where="package.json") from None
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError("something is there already; nothing was written", where=str(folder), hint="name an empty folder")
    items = tuple(_items(package, manifest))
    if not items:
        raise BadInput("the package holds no documents", where=str(package))
    files = {i.file: (package / i.file).read_bytes() for i in items}
    files |= {CMIS: _cmis(items), LOADER: _loader(items)}
    files[SUMS] = "".join(
        f"{digest_bytes(data).removeprefix('sha256:')}  {name}\n" for name, data in sorted(files.items())
    ).encode()
    for name, data in files.items():
        write_once(folder / name, data)
    if faults := tuple(check(folder)):
        raise BadInput(f"what was written does not read back: {faults[0]}", where=str(folder))
    return items


def _items(package: Path, manifest: PackageManifest) -> Iterator[Item]:
    approvals = {(a.document.id, a.document.revision): a for a in load(package / "protocols" / manifest.system / "approvals")}
    for file in manifest.files:
        path = PurePosixPath(file.path)
        if path.parts[0] != "documents" or path.suffix not in TYPES:
            continue
        document, _, revision = path.stem.rpartition("-r")
        approval = approvals.get((document, int(revision))) if revision.isdigit() else None
        if approval is None or len(path.parts) != 2 or ".." in path.parts:  # noqa: PLR2004 - documents/<file>
            raise BadInput("no record in the package tells what this file is", where=file.path)
        try:
            found = digest_file(package / file.path)
        except OSError:
            raise BadInput("the package lists a file that is not there", where=file.path) from None
        if found != file.sha256:
            raise BadInput(
                "this file is not the one the package lists", where=file.path, hint="csvgen verify tells what else is wrong"
            )
        yield _item(approval, manifest, file.path, found, file.size)


def _item(approval: Approval, manifest: PackageManifest, path: str, sha256: str, size: int) -> Item:
    d = approval.document
    made = {s.record.number for s in approval.signatures}
    whole = not approval.problems and all(r.number in made for r in d.signatures)
    status = "withdrawn" if approval.withdrawn else SIGNED if whole else "NOT all signatures"
    signed = tuple(f"{s.record.printed_name}, {s.record.meaning}, {s.record.signed}" for s in approval.signatures)
    return Item(
        path, d.id, d.title, d.kind, d.revision, status, d.system, d.system_version, signed, manifest.demonstration, sha256, size
    )


# ------------------------------------------------------------ writing


def _cmis(items: tuple[Item, ...]) -> bytes:
    objects = [{"properties": _properties(i), "contentStream": i.file} for i in items]
    return (json.dumps({"format": "csvgen.edms/1", "objects": objects}, ensure_ascii=False, indent=1) + "\n").encode()


def _properties(i: Item) -> dict[str, Any]:
    return {
        "cmis:objectTypeId": "cmis:document",
        "cmis:name": PurePosixPath(i.file).name,
        "cmis:description": i.title,
        "cmis:versionLabel": f"{i.revision}.0",
        "cmis:isMajorVersion": True,
        "cmis:contentStreamFileName": PurePosixPath(i.file).name,
        "cmis:contentStreamMimeType": TYPES[PurePosixPath(i.file).suffix],
        "cmis:contentStreamLength": i.size,
        "csvgen:contentStreamHash": i.sha256,
        "csvgen:document": i.document,
        "csvgen:kind": i.kind,
        "csvgen:status": i.status,
        "csvgen:system": i.system,
        "csvgen:systemVersion": i.system_version,
        "csvgen:signatures": list(i.signatures),
        "csvgen:demonstration": i.demonstration,
    }


def _cells(i: Item) -> tuple[str, ...]:
    return (
        i.file, f"{i.document} {PurePosixPath(i.file).suffix[1:]}", i.title, i.kind, f"{i.document}-r{i.revision}{PurePosixPath(i.file).suffix}",
        str(i.revision), "0", i.status, i.system, i.system_version, "en", " | ".join(i.signatures), "yes" if i.demonstration else "no", i.sha256, str(i.size),
    )  # fmt: skip


def _loader(items: tuple[Item, ...]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        writer.writerow([f"'{c}" if c.startswith(_FORMULA) else c for c in _cells(item)])
    return out.getvalue().encode("utf-8")


# ------------------------------------------------------------ checking


def check(folder: Path) -> Iterator[str]:
    """What is wrong with a submission folder, wherever it was carried: files, sums, and that both tables tell the same. Writes nothing."""
    try:
        lines = [line.split("  ", 1) for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()]
        sums = {name: told for told, name in lines}
        objects = [o["properties"] | {"file": o["contentStream"]} for o in json.loads((folder / CMIS).read_bytes())["objects"]]
        rows = list(csv.DictReader(io.StringIO((folder / LOADER).read_bytes().decode("utf-8"), newline=""), strict=True))
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as problem:
        yield f"the folder cannot be read: {type(problem).__name__}"
        return
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir() or p.is_symlink()} - {SUMS}
    yield from (f"{name} is not listed" for name in sorted(there - set(sums)))
    yield from (f"{name} is missing" for name in sorted(set(sums) - there))
    for name in sorted(there & set(sums)):
        place = folder / name
        if place.is_symlink() or digest_file(place) != f"sha256:{sums[name]}":
            yield f"{name} is not the file that was handed over"
    yield from _tables(folder, objects, rows, {n for n in sums if n not in {CMIS, LOADER}})


def _tables(folder: Path, objects: list[dict[str, Any]], rows: list[dict[str, str]], files: set[str]) -> Iterator[str]:
    by = {str(o.get("file")): o for o in objects}
    told = {_plain(r.get("file")): r for r in rows}
    if set(by) != files or len(by) != len(objects):
        yield f"{CMIS} does not tell of each file once"
    if set(told) != files or len(told) != len(rows):
        yield f"{LOADER} does not tell of each file once"
    for name in sorted(files & set(by) & set(told)):
        yield from (f"{name}: {what} is told differently in {CMIS} and {LOADER}" for what in _differ(by[name], told[name]))
        place = folder / name
        if place.is_file() and str(place.stat().st_size) != _plain(told[name].get("size")):
            yield f"{name} has another size than {LOADER} says"
    for row in rows:
        yield from (
            f"{LOADER}: a cell of {_plain(row.get('file'))} begins as a formula"
            for c in row.values()
            if str(c).startswith(_FORMULA[:-1])
        )


def _differ(o: Mapping[str, Any], row: Mapping[str, str]) -> Iterator[str]:
    pairs = {
        "the title": (o.get("cmis:description"), row.get("title__v")), "the digest": (o.get("csvgen:contentStreamHash"), row.get("sha256")),
        "the kind": (o.get("csvgen:kind"), row.get("type__v")), "the status": (o.get("csvgen:status"), row.get("status__v")),
        "the version": (o.get("cmis:versionLabel"), f"{row.get('major_version_number__v')}.{row.get('minor_version_number__v')}"),
        "the signatures": (" | ".join(o.get("csvgen:signatures", ())), row.get("signatures")), "the size": (str(o.get("cmis:contentStreamLength")), row.get("size")),
    }  # fmt: skip
    return (what for what, (first, second) in pairs.items() if str(first) != _plain(second))


def _plain(cell: Any) -> str:
    text = str(cell or "")
    return text.removeprefix("'")
