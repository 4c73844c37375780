"""docs/verify-without-csvgen.md, word by word: its commands run on a package, in order, and find what is wrong with damaged ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..tiers import some
from .anchored import Anchored
from .conftest import light_copy

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "verify-without-csvgen.md").read_text(encoding="utf-8")
READER = ROOT / "scripts" / "verify_without_csvgen.py"
BLOCKS = {
    int(n): re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for n, text in re.findall(r"## (\d) .*?\n(.*?)(?=\n## |\Z)", PAGE, re.DOTALL)
}
"""Number of the section -> its commands."""
TOOLS = ("openssl", "pdfsig", "qpdf", "certutil", "xmlsec1", "unzip", "soffice", "uno")


@pytest.fixture
def place(anchored: Anchored, tmp_path: Path) -> Path:
    """A folder as the page asks for it: package and trust."""
    light_copy(anchored.package, tmp_path / "package")
    shutil.copytree(anchored.trust, tmp_path / "trust")
    return tmp_path


def run(place: Path, *sections: int) -> subprocess.CompletedProcess[str]:
    """The commands of some sections in one shell session, without csvgen, its environment or any user's settings."""
    script = "set -eu\n" + "\n".join(block for n in sections for block in BLOCKS[n])
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "LC_ALL": "C.UTF-8", "TZ": "UTC", "READER": str(READER)}
    return subprocess.run(["sh", "-c", script], cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_every_section_with_something_to_do_has_commands():
    assert sorted(BLOCKS) == list(range(1, 10))
    assert [n for n, found in BLOCKS.items() if not found] == [9]
    assert "csvgen verify" not in "".join(b for found in BLOCKS.values() for b in found)
    assert "import csvgen" not in READER.read_text(encoding="utf-8")


@pytest.mark.needs(*TOOLS)
def test_every_command_of_the_page_holds_on_a_package(place):
    done = run(place, *range(1, 9))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count("\nok  ") + done.stdout.startswith("ok  ") == 29, "every signature record"
    assert "0 faults" in done.stdout
    assert "Time stamp: " in done.stdout
    assert int(re.search(r"LibreOffice calls (\d+) signatures valid and trusted", done.stdout)[1]) > 10
    assert "Systems - a seal, not a signature" in done.stdout


@pytest.mark.slow
@pytest.mark.needs(*TOOLS)
def test_commands_hold_on_a_package_without_runs_time_stamps_or_workbooks(place):
    """A package made before anything ran: a loop over nothing is no failure."""
    shutil.rmtree(place / "package" / "runs")
    for path in [*place.rglob("*.tst"), *place.rglob("*.xlsx")]:
        path.unlink()
    done = run(place, 2, 6, 8)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    seals = "set -eu\n" + BLOCKS[4][1]
    assert subprocess.run(["sh", "-c", seals], cwd=place, capture_output=True, check=False).returncode == 0


def test_reader_tells_of_a_withdrawal(place):
    """Who reads without csvgen must not take a withdrawn revision for one that holds."""
    signed = next((place / "package" / "protocols").rglob("01-*.json"))
    said = json.loads(signed.read_bytes())
    signed.with_name("withdrawn.json").write_text(json.dumps(said | {"meaning": "withdrawn"}), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(READER), str(place / "package")]
    assert (
        f"  signed:    {said['printed_name']}, withdrawn, "
        in subprocess.run(command, capture_output=True, text=True, check=False).stdout
    )


def damage(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.unlink()
    path.write_bytes(data.replace(old, new))


URS = "package/protocols/tiny/approvals/TNY-URS/r1"
DAMAGE = {
    "file changed": (1, "package/README.txt", b"PACKAGE", b"Package"),
    "manifest changed": (2, "package/package.json", b"Tiny", b"Tine"),
    "signature record changed": (3, f"{URS}/01-mara.ivens.json", b"authored", b"approved"),
    "record changed under its signatures": (3, f"{URS}/document.json", b"TNY-URS", b"TNY-URZ"),
    "event changed": (4, "package/audit/events.jsonl", b"checked", b"chucked"),
    "run changed": (4, "package/runs/OQ-001/run.json", b"OQ-001", b"OQ-002"),
    "checkpoint changed": (5, "package/audit/checkpoints/{newest}.note", b"\n1", b"\n2"),
    "time stamp over another note": (6, "package/audit/checkpoints/{newest}.note", b"\n1", b"\n2"),
    "page of a PDF changed": (7, "package/documents/TNY-URS-r1.pdf", b"/Rotate 0", b"/Rotate 9"),
}
ALIKE = ("record changed under its signatures", "run changed")
"""Found by the same commands as the one before them."""


@pytest.mark.needs(*TOOLS)
@pytest.mark.parametrize("what", some(DAMAGE, lambda what: what not in ALIKE))
def test_the_section_meant_for_it_finds_damage(what, place):
    section, name, old, new = DAMAGE[what]
    newest = max((place / "package" / "audit" / "checkpoints").glob("*.note")).stem
    path = place / name.format(newest=newest)
    prepare = [2] if section in (3, 4) else []
    assert run(place, *prepare, section).returncode == 0
    shutil.rmtree(place / "nss", ignore_errors=True)
    if what == "page of a PDF changed":
        old = path.read_bytes()[2000:2040]
        new = bytes([old[0] ^ 1]) + old[1:]
    damage(path, old, new)
    done = run(place, *prepare, section)
    assert done.returncode != 0, done.stdout


@pytest.mark.needs(*TOOLS)
def test_word_file_with_another_text(place, tmp_path):
    import zipfile

    path = place / "package" / "documents" / "TNY-URS-r1.docx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    path.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(b"shall", b"might") if name == "word/document.xml" else data)
    done = run(place, 2, 8)
    assert done.returncode != 0
    assert "word/document.xml was changed" in done.stderr
    assert run(place, 2).returncode == 0
    asked = subprocess.run(
        ["sh", "-c", "set -eu\n" + BLOCKS[8][1]], cwd=place, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(place), "READER": str(READER)},
    )  # fmt: skip
    assert asked.returncode != 0, "LibreOffice finds it by itself"
    assert '"valid": false' in asked.stdout


def test_reader_needs_nothing_but_the_standard_library_and_shows_what_is_there(anchored, tmp_path):
    """In a clean environment: no site packages, no environment, another folder (rule RR-B03)."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(READER), str(anchored.package)],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for approval in anchored.owner.state.approvals:
        assert f"{approval.document.id} r{approval.document.revision}" in done.stdout
    assert len(re.findall(r"^  signed: ", done.stdout, re.MULTILINE)) == 29
    assert {r.run for r in anchored.owner.state.runs} == set(re.findall(r"^run: +(\S+)", done.stdout, re.MULTILINE))


def test_reader_finds_what_csvgen_finds(place):
    """Held against each other on damage that both must see."""
    for name, old, new in (("package/audit/events.jsonl", b"checked", b"chucked"), ("package/matrix.json", b"passed", b"parsed")):
        kept = (place / name).read_bytes()
        damage(place / name, old, new)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(READER), str(place / "package")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert f"{name.removeprefix('package/')} was changed" in done.stdout
        (place / name).write_bytes(kept)


@pytest.mark.parametrize("arguments", [[], ["."], ["a", "b"]])
def test_reader_without_a_package_says_how_to_call_it(arguments, tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(READER), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "PACKAGE" in done.stderr


@pytest.mark.parametrize("text", [b"[]", b"{}", b"null", b"\xff", b'{"files":[{}]}', b"[" * 5000])
def test_reader_takes_any_bytes_without_a_traceback(text, tmp_path):
    (tmp_path / "package.json").write_bytes(text)
    done = subprocess.run([sys.executable, "-I", "-S", str(READER), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FAULT" in done.stdout
    assert not done.stderr
