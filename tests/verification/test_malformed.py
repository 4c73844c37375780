"""A malformed record is refused with its file and field, and never mended in silence (RR-A02); a byte in each class of record (RR-A01)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.evidence.read import read_run
from csvgen.signature.approvals import read_approval
from csvgen.verification.outside import NOTHING
from csvgen.verification.package import verify_package
from csvgen.verification.verify import verify

from .conftest import light_copy

APPROVALS = "protocols/tiny/approvals"
RECORDS: dict[str, str] = {
    "requirement": "requirements_specs/tiny/urs/urs.yaml",
    "risk": "requirements_specs/tiny/risk/risk.yaml",
    "protocol": "protocols/tiny/OQ/URS-TNY-002.feature",
    "record": f"{APPROVALS}/TNY-URS/r1/document.json",
    "signature": f"{APPROVALS}/TNY-URS/r1/01-mara.ivens.json",
    "signature value": f"{APPROVALS}/TNY-URS/r1/01-mara.ivens.p7s",
    "deviation": f"{APPROVALS}/TNY-DEV-001/r1/content.json",
    "run": "runs/IQ-001/run.json",
    "result": "runs/IQ-001/journal.main.jsonl",
    "seal of a run": "runs/IQ-001/seal.json",
    "signed document": "documents/TNY-URS-r1.pdf",
    "matrix": "matrix.json",
    "audit event": "audit/events.jsonl",
    "revocation list": "trust/chain.pem",
    "manifest": "package.json",
    "seal": "package.p7s",
}


def _record(kind: str, package: Path) -> Path:
    """The file of a class of records; journals and checkpoints have names of their own."""
    path = package / RECORDS[kind]
    return path if path.exists() else next(path.parent.glob(f"{path.name.split('.')[0]}.*{path.suffix}"))


@pytest.mark.parametrize("kind", [*RECORDS, "evidence file", "checkpoint", "time stamp"])
def test_one_byte_in_each_class_of_record(kind, anchored, tmp_path):
    package = light_copy(anchored.package, tmp_path / "package")
    inner = {
        "evidence file": "runs/OQ-001/evidence/*/*",
        "checkpoint": "audit/checkpoints/*.note",
        "time stamp": "audit/checkpoints/*.tst",
    }
    path = next(package.glob(inner[kind])) if kind in inner else _record(kind, package)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.unlink()
    path.write_bytes(bytes(data))
    verification = anchored.verify(package)
    assert not verification
    name = path.relative_to(package).as_posix()
    assert any(name in c.detail or name in c.subject for c in verification.failed), "the record is named"


# ------------------------------------------------------------ a corpus of malformed records

Spoil = Callable[[dict], bytes]


def _with(**changed: object) -> Spoil:
    return lambda value: canonical_json({**value, **changed})


def _without(name: str) -> Spoil:
    return lambda value: canonical_json({k: v for k, v in value.items() if k != name})


def _spelt(how: Callable[[str], str]) -> Spoil:
    return lambda value: how(canonical_json(value).decode()).encode("utf-8", "surrogatepass")


SPELLINGS: dict[str, Spoil] = {
    "not JSON": lambda value: b"{",
    "empty": lambda value: b"",
    "null": lambda value: b"null\n",
    "a list": lambda value: b"[]\n",
    "indented": lambda value: json.dumps(value, indent=1).encode(),
    "no newline at its end": _spelt(lambda text: text.rstrip("\n")),
    "two newlines at its end": _spelt(lambda text: text + "\n"),
    "byte order mark": _spelt(lambda text: "\ufeff" + text),
    "a key twice": _spelt(lambda text: text.replace("{", '{"format":"x",', 1)),
    "a float": _spelt(lambda text: text.replace("{", '{"a":1.5,', 1)),
    "not a number": _spelt(lambda text: text.replace("{", '{"a":NaN,', 1)),
    "half a character": _spelt(lambda text: text.replace("{", '{"a":"\udc80",', 1)),
    "very deep": lambda value: b"[" * 50_000,
}
FIELDS: dict[str, tuple[str, Spoil]] = {
    "unknown key": ("more", _with(more="x")),
    "another format": ("format", _with(format="csvgen.something/9")),
    "no format at all but the default": ("", _without("format")),
}
OF_RECORD = {
    "id is missing": ("id", _without("id")),
    "revision is a text": ("revision", _with(revision="one")),
    "no digest": ("content", _with(content="sha256:xyz")),
    "a date alone": ("composed", _with(composed="2026-11-21")),
}
OF_MANIFEST = {
    "files are missing": ("files", _without("files")),
    "a size is a text": ("files.0.size", lambda v: canonical_json({**v, "files": [{**v["files"][0], "size": "many"}]})),
    "a date alone": ("made", _with(made="2026-11-21")),
}
OF_RUN = {"created is no time": ("created", _with(created="yesterday")), "planned is missing": ("planned", _without("planned"))}


def _put(path: Path, spoil: Spoil) -> None:
    data = spoil(json.loads(path.read_bytes()))
    path.unlink()
    path.write_bytes(data)


@pytest.mark.parametrize("how", SPELLINGS)
@pytest.mark.parametrize("name", [f"{APPROVALS}/TNY-URS/r1/document.json", "runs/IQ-001/run.json", "package.json"])
def test_other_spelling_is_refused_by_file(how, name, anchored, tmp_path):
    """Nothing is trimmed, re-ordered or guessed: one record has one spelling."""
    package = light_copy(anchored.package, tmp_path / "package")
    _put(package / name, SPELLINGS[how])
    if name == "package.json":
        (failed, *_) = verify_package(package, Trust.none).failed
        assert "package.json" in failed.detail
        return
    with pytest.raises(NotIntact) as refused:
        (read_approval if "approvals" in name else read_run)((package / name).parent)
    assert str(package / name) in str(refused.value)


@pytest.mark.parametrize("how", [*FIELDS, *OF_RECORD])
def test_record_of_another_shape_is_refused_by_file_and_field(how, anchored, tmp_path):
    package = light_copy(anchored.package, tmp_path / "package")
    path = package / APPROVALS / "TNY-URS" / "r1" / "document.json"
    field, spoil = (FIELDS | OF_RECORD)[how]
    _put(path, spoil)
    with pytest.raises(NotIntact) as refused:
        read_approval(path.parent)
    assert (refused.value.where, f"{field}:" in refused.value.message) == (str(path), bool(field)), refused.value.message
    assert not verify(path.parent, anchored.believed, NOTHING)


@pytest.mark.parametrize("how", [*OF_MANIFEST])
def test_manifest_of_another_shape_is_refused_by_file_and_field(how, anchored, tmp_path):
    package = light_copy(anchored.package, tmp_path / "package")
    field, spoil = OF_MANIFEST[how]
    _put(package / "package.json", spoil)
    (failed, *_) = verify_package(package, Trust.none).failed
    assert "package.json" in failed.detail
    assert f"{field}:" in failed.detail


@pytest.mark.parametrize("how", [*OF_RUN])
def test_run_of_another_shape_is_refused_by_file_and_field(how, anchored, tmp_path):
    package = light_copy(anchored.package, tmp_path / "package")
    field, spoil = OF_RUN[how]
    _put(package / "runs" / "IQ-001" / "run.json", spoil)
    with pytest.raises(NotIntact) as refused:
        read_run(package / "runs" / "IQ-001")
    assert refused.value.where.endswith("run.json")
    assert f"{field}:" in refused.value.message


def test_reading_mends_nothing(anchored, tmp_path):
    """After a look at a malformed record the file is what it was."""
    package = light_copy(anchored.package, tmp_path / "package")
    path = package / APPROVALS / "TNY-URS" / "r1" / "document.json"
    _put(path, SPELLINGS["indented"])
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in package.rglob("*") if p.is_file()}
    assert not verify_package(package, Trust.none)
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in package.rglob("*") if p.is_file()} == before
