"""A file that was set aside, looked at from outside: who signed it, that no run read it, and that nothing passed because of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from csvgen.pipeline.instance import Settings

from ..pipeline.conftest import Lab
from .instances import Thief, failed, worked
from .test_instance_complete import DECISIONS, removed, with_keys

RECORD = "SA-0001"


def released(lab: Lab) -> None:
    """A lot of two files; the second is set aside, the first decides."""
    lab.ingest("L-1", lab.plate("1.000"), "first.csv")
    lab.ingest("L-1", lab.plate("1.010"), "second.csv")
    lab.app.aside.propose(lab.session("reviewer"), "L-1", "second.csv", "wrong sample", ("logbook 41",))
    quality = (lab.user("quality"), lab.password("quality"))
    lab.app.aside.sign(lab.session("quality"), RECORD, "logbook read", *quality)
    lab.process("L-1")
    lab.app.decisions.dispose(lab.session("quality"), "DV-0001", "accept", "set aside", *quality)
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return worked(shared, tmp_path_factory.mktemp("aside"), Settings(), released)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_as_it_was_made_nothing_is_found(made: Path) -> None:
    assert failed(made) == {}


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (removed("signature", f"set-aside/{RECORD}#1"), f"set-aside/{RECORD} carries no valid signature"),
        (removed("set-aside", RECORD), "file/L-1:second.csv version 2 is set aside, and nothing on record says why"),
        (with_keys("set-aside", RECORD, lambda c: c.update(cause="a whim")), f"set-aside/{RECORD} carries no valid signature"),
        (with_keys("set-aside", RECORD, lambda c: c.update(outside="yes")), "which was set aside, reads out of specification"),
        (
            lambda t: t.rewrite(
                "run", "RUN-0001",
                lambda c: next(iter(c["inputs"].values())).update(sha256=t.content("set-aside", RECORD)["sha256"]),
                rehash=True, with_keys=True,
            ),
            f"set-aside/{RECORD}: second.csv of lot L-1 was read by RUN-0001",
        ),
    ],
    ids=["signature", "record", "cause", "reading", "run"],
)  # fmt: skip
def test_what_was_changed_about_it_is_named(base: Path, act, words: str) -> None:
    act(Thief(base))
    assert words in failed(base).get(DECISIONS, "")
