"""What verifies a thing must not be a part of it: roots, keys, time-stamp roots and checkpoints that lie inside vouch for nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.verification.outside import ANOTHER_WAY, KEYS, within

from ..tiny import Stages
from .anchored import Anchored
from .conftest import GOLDEN
from .instances import shown

ROOT = Path("keys", "ca.pem")


@pytest.fixture(scope="module")
def made(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(shown(stages), tmp_path_factory.mktemp("instance") / "demonstration"))


def verified(path: Path, *arguments: str | Path) -> tuple[int, dict]:
    asked = ["-C", str(path.parent), "verify", str(path), *map(str, arguments), "--format", "json"]
    done = CliRunner().invoke(cli, asked, standalone_mode=False, catch_exceptions=False)
    return int(done.return_value), json.loads(done.stdout)


def outcomes(found: dict) -> dict[str, str]:
    return {c["name"]: c["outcome"] for c in found["checks"]}


def linked(at: Path, to: Path) -> Path:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to)
    return at


def hard(at: Path, to: Path) -> Path:
    os.link(to, at)
    return at


INSIDE: dict[str, Callable[[Path, Path], Path]] = {
    "inside": lambda v, _: v / ROOT,
    "inside, by a way around": lambda v, out: out / ".." / v.name / "raw" / ".." / ROOT,
    "a link outside to it": lambda v, out: linked(out / "ca.pem", v / ROOT),
    "a link outside to its folder": lambda v, out: linked(out / "keys", v / "keys") / "ca.pem",
    "a link to a link to it": lambda v, out: linked(out / "b.pem", linked(out / "a.pem", v / ROOT)),
    "a link inside to one outside": lambda v, out: linked(v / "safe.pem", Path(shutil.copy(v / ROOT, out / "kept.pem"))),
    "a link outside to a link inside to one outside": lambda v, out: linked(
        out / "l.pem", linked(v / "safe.pem", Path(shutil.copy(v / ROOT, out / "kept.pem")))
    ),
    "a second name of the file": lambda v, out: hard(out / "hard.pem", v / ROOT),
}


@pytest.fixture
def instance(made: Path, tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    return Path(shutil.copytree(made / "instance", tmp_path / "v"))


@pytest.mark.parametrize("how", INSIDE)
def test_a_root_that_is_a_part_of_it_vouches_for_nobody(instance: Path, tmp_path: Path, how: str) -> None:
    root = INSIDE[how](instance, tmp_path / "outside")
    assert root.read_bytes() == (instance / ROOT).read_bytes()
    assert within(instance, root)


def test_a_copy_somebody_kept_is_another_file(instance: Path, tmp_path: Path) -> None:
    """Its bytes are the same, as they must be; where it came from is the difference."""
    kept = Path(shutil.copy(instance / ROOT, tmp_path / "outside" / "roots.pem"))
    assert not within(instance, kept)
    assert not within(instance, linked(tmp_path / "outside" / "link.pem", kept))
    assert not within(linked(tmp_path / "called otherwise", instance), kept)


def test_the_command_answers_as_without_a_root_and_says_why(instance: Path, tmp_path: Path) -> None:
    code, found = verified(instance, "--trust", instance / ROOT)
    assert (code, found["verified"], found["trust"]) == (1, False, None)
    assert outcomes(found)["signatures of people are trusted"] == "unknown"
    assert "fails" not in outcomes(found).values()
    (told,) = (c for c in found["checks"] if c["name"] == ANOTHER_WAY)
    assert told["outcome"] == "unknown"
    assert "lies inside what is verified" in told["detail"]
    assert "--trust takes the root as it was handed over" in told["detail"]
    kept = shutil.copy(instance / ROOT, tmp_path / "outside" / "roots.pem")
    code, found = verified(instance, "--trust", kept)
    assert (code, found["verified"]) == (0, True), found["bottom_line"]
    assert ANOTHER_WAY not in outcomes(found)


def test_through_a_link_to_the_instance(instance: Path, tmp_path: Path) -> None:
    code, found = verified(linked(tmp_path / "link", instance), "--trust", instance / ROOT)
    assert code == 1
    assert outcomes(found)[ANOTHER_WAY] == "unknown"


def test_a_file_out_of_an_instance_and_the_root_of_that_instance(instance: Path) -> None:
    pdf = next(p for p in (instance / "results").rglob("*") if p.is_file() and p.read_bytes().startswith(b"%PDF-"))
    code, found = verified(pdf, "--trust", instance / ROOT)
    assert code == 1
    assert outcomes(found)[ANOTHER_WAY] == "unknown"
    assert {s["trusted"] for s in found["signatures"]} == {"unknown"}


def test_a_key_of_checkpoints_and_a_checkpoint_that_are_parts_of_it(anchored: Anchored, tmp_path: Path) -> None:
    package = Path(shutil.copytree(anchored.package, tmp_path / "package"))
    code, found = verified(package, "--trust", anchored.trust, "--anchor", anchored.anchor)
    assert code == 0, found["bottom_line"]
    trust = Path(shutil.copytree(anchored.trust, tmp_path / "trust"))
    inside = Path(shutil.copy(trust / KEYS, package / KEYS))
    (trust / KEYS).unlink()
    linked(trust / KEYS, inside)
    code, found = verified(package, "--trust", trust)
    assert code == 1
    assert outcomes(found)[ANOTHER_WAY] == "unknown"
    notes = Path(shutil.copytree(anchored.anchor, package / "kept"))
    code, found = verified(package, "--trust", anchored.trust, "--anchor", notes)
    assert code == 1
    (told,) = (c["detail"] for c in found["checks"] if c["name"] == ANOTHER_WAY)
    assert "--anchor takes checkpoints that somebody else kept" in told


def test_a_root_laid_into_a_package(anchored: Anchored, tmp_path: Path) -> None:
    package = Path(shutil.copytree(anchored.package, tmp_path / "package"))
    root = Path(shutil.copy(anchored.trust / "roots.pem", package / "roots.pem"))
    _, found = verified(package, "--trust", root)
    assert outcomes(found)[ANOTHER_WAY] == "unknown"
    assert {s["trusted"] for s in found["signatures"]} == {"unknown"}


def test_golden_archives_and_roots_beside_them() -> None:
    """A file beside an archive is no part of it."""
    archive = min(GOLDEN.glob("*.tar.xz"))
    assert not within(archive, archive.with_name(archive.name.replace(".tar.xz", ".roots.pem")))
