"""Packages of past releases: they verify, and no byte of them can change unseen.

A package is verified years after it was made, by a csvgen that did not make it. So one package of each release stays here.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.crypto.trust import Trust
from csvgen.model.verification import Outcome
from csvgen.verification.package import verify_package

from ..tiny import clean_environment
from .conftest import ARCHIVES


def csvgen(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=cwd)


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def kind(name: str) -> str:
    """What a file is for: one of each kind goes through the whole command."""
    parts = name.split("/")
    if parts[0] == "protocols" and "approvals" in parts:
        return f"approvals {parts[-1].partition('-')[0][:2]}{Path(name).suffix}"
    return f"{parts[0]} {Path(name).suffix}"


def test_at_least_one_release_is_kept():
    assert ARCHIVES
    assert all(p.with_name(p.name.replace(".tar.xz", ".roots.pem")).is_file() for p in ARCHIVES)
    assert all(p.stat().st_size < 4_000_000 for p in ARCHIVES), "every clone carries these for ever"


def test_it_verifies_as_a_command(kept, tmp_path):
    done = csvgen("verify", str(kept.folder), "--trust", str(kept.trust), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("VERIFIED: all")
    assert str(kept.trust) in last, "the reader must see whom the result rests on"
    assert "FAIL" not in done.stdout


@pytest.mark.slow  # a package of the tiny project in the normal tier: test_anything.test_nobody_is_believed_without_trust
def test_without_trust_roots_it_is_never_verified(kept, tmp_path):
    done = csvgen("verify", str(kept.folder), "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["verified"] is False
    assert found["trust"] is None
    outcomes = {c["name"]: c["outcome"] for c in found["checks"]}
    assert {name for name, outcome in outcomes.items() if outcome == "unknown"} == {
        name for name in outcomes if "trusted" in name
    }
    assert "fails" not in outcomes.values(), "the mathematics are right; only whose they are is not known"
    assert "could not be decided" in found["bottom_line"]


# ------------------------------------------------------------ every file, and a sample of each kind through the command


def named(verification, name: str) -> bool:
    """Whether a failing check names the file or its folder."""
    return any(name in c.detail or name in c.subject for c in verification.failed)


def sample(folder: Path, which: str) -> list[str]:
    """Every file, or the last of each kind."""
    names = files(folder)
    kinds = list({kind(name): name for name in names}.values())
    return {"any": names, "every third kind": kinds[::3]}.get(which, kinds)


SAMPLES = ["every third kind", *(pytest.param(s, marks=pytest.mark.slow) for s in ("one of each kind", "any"))]


@pytest.mark.parametrize("which", SAMPLES)
def test_one_byte_more_in_any_file_is_found_and_named(damaged, kept, replace, which):
    missed = []
    for name in sample(kept.folder, which):
        path, data = damaged.folder / name, (kept.folder / name).read_bytes()
        replace(path, data + b"x")
        verification = damaged.verify()
        if verification or not named(verification, name):
            missed.append(name)
        path.unlink()
        os.link(kept.folder / name, path)
    assert not missed


@pytest.mark.parametrize("which", ["each eighth", pytest.param("any", marks=pytest.mark.slow)])
def test_one_flipped_bit_anywhere_in_any_file_is_found_and_named(damaged, kept, replace, which):
    """Of each eight files of the folder one, and one of each kind; the slow tier takes every file."""
    dice = random.Random(20_261_121)
    missed = []
    some = files(kept.folder) if which == "any" else sorted({*files(kept.folder)[::8], *sample(kept.folder, which="kinds")})
    assert len(some) > 40
    for name in some:
        path, data = damaged.folder / name, bytearray((kept.folder / name).read_bytes())
        if not data:
            continue
        place = dice.randrange(len(data))
        data[place] ^= 1 << dice.randrange(8)
        replace(path, bytes(data))
        verification = damaged.verify()
        if verification or not named(verification, name):
            missed.append(f"{name} byte {place}")
        path.unlink()
        os.link(kept.folder / name, path)
    assert not missed


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_one_file_of_each_kind_through_the_whole_command(damaged, kept, tmp_path, step):
    """As an inspector would try it: printf x >> FILE, then csvgen verify. What the command says of all kinds is read above without it."""
    kinds = sample(kept.folder, "one of each kind")
    assert len(kinds) > 12
    for name in kinds[::step]:
        path = damaged.folder / name
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
        subprocess.run(["sh", "-c", 'printf x >> "$1"', "sh", str(path)], check=True)
        done = csvgen("verify", str(damaged.folder), "--trust", str(kept.trust), cwd=tmp_path)
        assert done.returncode == 1, name
        assert name in done.stdout
        assert "NOT VERIFIED" in done.stdout.splitlines()[-1]
        assert "Traceback" not in done.stderr
        path.write_bytes(data)


# ------------------------------------------------------------ files added, removed, renamed, exchanged


def fails(verification, words: str) -> None:
    assert not verification
    details = "; ".join(c.detail for c in verification.failed)
    assert words in details, details


def test_file_removed(damaged):
    for name in files(damaged.folder)[::9]:
        if name in ("package.json", "package.p7s"):
            continue
        path = damaged.folder / name
        aside = path.rename(damaged.folder.parent / "aside")
        fails(damaged.verify(), f"{name} is missing")
        aside.rename(path)


@pytest.mark.parametrize("name", ["package.json", "package.p7s"])
def test_manifest_or_seal_removed(damaged, name):
    (damaged.folder / name).unlink()
    verification = damaged.verify()
    assert not verification
    assert named(verification, name)


@pytest.mark.parametrize(
    "name", ["extra.txt", "runs/OQ-002/run.json", "protocols/qc-release/approvals/QCR-URS/r2/document.json", ".hidden"]
)
def test_file_added(damaged, name):
    path = damaged.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"{}\n")
    fails(damaged.verify(), f"{name} does not belong to the package")


def test_file_renamed(damaged):
    (damaged.folder / "matrix.xlsx").rename(damaged.folder / "Matrix.xlsx")
    verification = damaged.verify()
    fails(verification, "matrix.xlsx is missing")
    fails(verification, "Matrix.xlsx does not belong")


def test_file_emptied(damaged, replace):
    for name in ("audit/events.jsonl", "documents/QCR-URS-r1.pdf", "package.p7s", "package.json"):
        data = (damaged.folder / name).read_bytes()
        replace(damaged.folder / name, b"")
        verification = damaged.verify()
        assert not verification
        assert named(verification, name)
        replace(damaged.folder / name, data)


def test_two_files_exchanged(damaged, replace):
    one, other = (damaged.folder / "documents" / f"QCR-{code}-r1.pdf" for code in ("URS", "RA"))
    first, second = one.read_bytes(), other.read_bytes()
    replace(one, second)
    replace(other, first)
    verification = damaged.verify()
    fails(verification, "documents/QCR-URS-r1.pdf was changed")
    fails(verification, "documents/QCR-RA-r1.pdf was changed")


def test_file_replaced_by_a_link_to_its_own_content(damaged):
    """What a link leads to can change after the verification."""
    path = damaged.folder / "matrix.json"
    aside = path.rename(damaged.folder.parent / "matrix.json")
    path.symlink_to(aside)
    fails(damaged.verify(), "matrix.json is a link, not a file")


@pytest.mark.parametrize("name", ["package.json", "package.p7s"])
def test_manifest_or_seal_replaced_by_a_link(damaged, name):
    path = damaged.folder / name
    path.symlink_to(path.rename(damaged.folder.parent / name))
    fails(damaged.verify(), f"{name} is a link, not a file")


def test_folder_without_any_file_of_the_package(damaged):
    (damaged.folder / "runs" / "OQ-009").mkdir()
    fails(damaged.verify(), "runs/OQ-009/ is a folder without any file of the package")


def test_folder_replaced_by_a_link(damaged):
    aside = (damaged.folder / "runs").rename(damaged.folder.parent / "runs")
    (damaged.folder / "runs").symlink_to(aside)
    assert not damaged.verify()


def test_pipe_in_place_of_a_file(damaged):
    """It must neither be believed nor make the verification wait for ever."""
    path = damaged.folder / "README.txt"
    path.unlink()
    os.mkfifo(path)
    fails(damaged.verify(), "README.txt is not a regular file")


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "runs/../../outside.txt", "..", "", "runs\\x"])
def test_manifest_that_names_files_outside(damaged, replace, name):
    (damaged.folder.parent / "outside.txt").write_text("outside", encoding="utf-8")
    from csvgen.canonical import canonical_json

    manifest = json.loads((damaged.folder / "package.json").read_bytes())
    manifest["files"].append({"path": name, "size": 7, "sha256": "sha256:" + "0" * 64})
    replace(damaged.folder / "package.json", canonical_json(manifest))
    verification = damaged.verify()
    fails(verification, f"{name} is missing")
    assert any(c.name.startswith("seal") for c in verification.failed)


def test_empty_folder_is_no_package(tmp_path):
    verification = verify_package(tmp_path, Trust.none)
    assert not verification
    assert [c.outcome for c in verification.checks] == [Outcome.FAILS]


@pytest.mark.parametrize("text", [b"", b"null\n", b"[]\n", b'{"format":"csvgen.package/9"}\n', b"\xff\xfe", b"[" * 100_000])
def test_manifest_of_any_shape_is_a_failed_check_and_no_crash(tmp_path, text):
    (tmp_path / "package.json").write_bytes(text)
    verification = verify_package(tmp_path, Trust.none)
    assert not verification
    assert verification.failed
