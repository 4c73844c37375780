"""The submission folder for an EDMS: made of the golden package, read back with other code, and found out when somebody touched it."""

from __future__ import annotations

import csv
import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.canonical import digest_bytes
from csvgen.cli import cli
from csvgen.errors import BadInput, ConfigError
from csvgen.exchange import edms
from csvgen.exchange.edms import Item, check, submit

from ..tiny import REPOSITORY


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    with tarfile.open(REPOSITORY / "tests" / "golden_packages" / "0.1.0-qc-release.tar.xz") as archive:
        wanted = [
            m for m in archive.getmembers() if "documents/" in m.name or "approvals/" in m.name or m.name.endswith("package.json")
        ]
        archive.extractall(folder, members=wanted, filter="data")
    return next(folder.rglob("package.json")).parent


@pytest.fixture
def folder(package, tmp_path) -> Path:
    submit(package, tmp_path / "submission")
    return tmp_path / "submission"


def test_every_document_is_there_byte_for_byte_and_both_tables_tell_of_it(package, folder):
    names = sorted(p.name for p in (package / "documents").iterdir())
    assert sorted(p.name for p in (folder / "documents").iterdir()) == names and len(names) == 20
    objects = {o["contentStream"]: o["properties"] for o in json.loads((folder / "cmis.json").read_bytes())["objects"]}
    with (folder / "loader.csv").open(encoding="utf-8", newline="") as file:
        rows = {r["file"]: r for r in csv.DictReader(file)}
    for name in names:
        data = (folder / "documents" / name).read_bytes()
        assert data == (package / "documents" / name).read_bytes()
        told = objects[f"documents/{name}"]
        assert (
            told["csvgen:contentStreamHash"]
            == f"sha256:{hashlib.sha256(data).hexdigest()}"
            == rows[f"documents/{name}"]["sha256"]
        )
        assert told["cmis:contentStreamLength"] == len(data)
    urs = objects["documents/QCR-URS-r1.pdf"]
    assert (urs["csvgen:document"], urs["cmis:versionLabel"], urs["csvgen:kind"], urs["csvgen:status"]) == (
        "QCR-URS",
        "1.0",
        "urs",
        edms.SIGNED,
    )
    assert urs["cmis:contentStreamMimeType"] == "application/pdf"
    assert "Mara Ivens (fictitious), authored, 2026-11-21T14:14:19" in urs["csvgen:signatures"][0]
    assert list(check(folder)) == []


def touched(folder: Path, name: str, act: Callable[[bytes], bytes]) -> None:
    place = folder / name
    place.write_bytes(act(place.read_bytes()))


def sums_anew(folder: Path) -> None:
    """Somebody who alters a file can write its sum anew; the tables still tell."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS")
    (folder / "SHA256SUMS").write_text(
        "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n" for p in files)
    )


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda f: touched(f, "documents/QCR-URS-r1.pdf", lambda d: d + b"x"), "QCR-URS-r1.pdf is not the file"),
        (lambda f: (f / "documents" / "QCR-URS-r1.pdf").unlink(), "QCR-URS-r1.pdf is missing"),
        (lambda f: (f / "documents" / "more.pdf").write_bytes(b"x"), "more.pdf is not listed"),
        (lambda f: (touched(f, "documents/QCR-URS-r1.pdf", lambda d: d + b"x"), sums_anew(f)), "another size"),
        (lambda f: (touched(f, "loader.csv", lambda d: d.replace(b'"urs"', b'"plan"')), sums_anew(f)), "the kind is told differently"),
        (lambda f: (touched(f, "cmis.json", lambda d: d.replace(b"authored", b"approved", 1)), sums_anew(f)), "the signatures is told differently"),
        (lambda f: (touched(f, "loader.csv", lambda d: d.replace(b'"urs"', b'"=urs"')), sums_anew(f)), "begins as a formula"),
        (lambda f: (touched(f, "loader.csv", lambda d: b"\r\n".join(d.split(b"\r\n")[:-2]) + b"\r\n"), sums_anew(f)), "loader.csv does not tell of each file once"),
        (lambda f: (f / "cmis.json").write_text("{"), "cannot be read"),
    ],
)  # fmt: skip
def test_a_touched_folder_is_found_out(folder, act, words):
    act(folder)
    assert any(words in fault for fault in check(folder)), list(check(folder))


def test_no_cell_is_a_formula_whatever_a_title_says(tmp_path):
    files = {"documents/X-r1.pdf": b"x"}
    item = Item(
        "documents/X-r1.pdf",
        "X",
        '=HYPERLINK("http://x","y")',
        "urs",
        1,
        edms.SIGNED,
        "@s",
        "-1",
        ("+A, approved, now",),
        False,
        str(digest_bytes(b"x")),
        1,
    )
    files |= {edms.CMIS: edms._cmis((item,)), edms.LOADER: edms._loader((item,))}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    sums_anew(tmp_path)
    assert list(check(tmp_path)) == [], "and it reads back as it was"
    with (tmp_path / "loader.csv").open(encoding="utf-8", newline="") as file:
        cells = [c for row in csv.reader(file) for c in row]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]
    assert '\'=HYPERLINK("http://x","y")' in cells


def test_a_package_whose_documents_are_not_those_it_lists_is_refused(package, tmp_path):
    for name in ("package.json", "documents", "protocols"):
        (tmp_path / "p").mkdir(exist_ok=True)
        (tmp_path / "p" / name).symlink_to(package / name)
    (tmp_path / "p" / "documents").unlink()
    (tmp_path / "p" / "documents").mkdir()
    for path in (package / "documents").iterdir():
        (tmp_path / "p" / "documents" / path.name).write_bytes(
            path.read_bytes() + (b"x" if path.name == "QCR-RA-r1.pdf" else b"")
        )
    with pytest.raises(BadInput, match="not the one the package lists"):
        submit(tmp_path / "p", tmp_path / "out")
    assert not (tmp_path / "out").exists(), "nothing was written"
    (tmp_path / "p" / "documents" / "QCR-RA-r1.pdf").unlink()
    with pytest.raises(BadInput, match="not there"):
        submit(tmp_path / "p", tmp_path / "out")


def test_the_command(package, tmp_path):
    run = CliRunner().invoke(cli, ["export", "edms", str(package), str(tmp_path / "s")], standalone_mode=False)
    assert run.return_value == 0, run.output
    assert "20 files" in run.output
    again = CliRunner().invoke(cli, ["export", "edms", "--check", str(tmp_path / "s")], standalone_mode=False)
    assert again.return_value == 0 and "as it was handed over" in again.output
    (tmp_path / "s" / "loader.csv").write_bytes(b"")
    assert CliRunner().invoke(cli, ["export", "edms", "--check", str(tmp_path / "s")], standalone_mode=False).return_value == 1
    with pytest.raises(ConfigError, match="already"):
        submit(package, tmp_path / "s")
    with pytest.raises(ConfigError, match="no package"):
        submit(tmp_path, tmp_path / "t")
