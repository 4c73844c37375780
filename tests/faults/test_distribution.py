"""csvgen-faults as a distribution: apart from csvgen, refused where it does not belong, and never silent."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import csvgen_faults
import pytest
from csvgen_faults import patching

from csvgen.clock import SystemClock
from csvgen.patterns.faults import faults
from csvgen.pipeline import setup
from csvgen.targets.local.connection import Connection

from ..tiny import REPOSITORY

FOLDER = REPOSITORY / "csvgen-faults"


def instance(home: Path, **configuration: str) -> Path:
    """The smallest instance there is: no accounts but the administrator."""
    told = {"organisation": "Example (fictitious)", "instruments": (), "methods": (), "demonstration": True}
    setup.create(
        home,
        SystemClock(),
        configuration=configuration,
        administrator=("admin", "A. Admin (example)", "first-word-of-27"),
        **told,
    )
    return home


def test_csvgen_knows_nothing_of_it():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert not [d for d in needed if "faults" in d]
    assert not [p for p in (REPOSITORY / "csvgen").rglob("*.py") if "csvgen_faults" in p.read_text(encoding="utf-8")]


def test_it_has_the_version_of_the_csvgen_it_breaks_and_tells_where_its_server_is():
    own = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    whole = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert own["version"] == whole["version"]
    assert own["entry-points"]["csvgen.faults"] == {"local": "csvgen_faults.server"}
    assert (FOLDER / "LICENSE").read_bytes() == (REPOSITORY / "LICENSE").read_bytes()


def test_every_fault_that_can_be_seeded_is_one_that_csvgen_lists():
    assert set(csvgen_faults.FAULTS) <= set(faults())


@pytest.mark.parametrize("name", ["audit-broken-somehow", "Audit-create-without-entry", ""])
def test_a_name_that_is_not_listed_is_an_error(name):
    with pytest.raises(KeyError):
        csvgen_faults.fault(name)
    with pytest.raises(KeyError):
        csvgen_faults.apply(name)


# ------------------------------------------------------------ replacing


class Base:
    def inherited(self) -> str:
        return "base"


class Owner(Base):
    word = "as released"

    def said(self, what: str) -> str:
        return what

    @property
    def shown(self) -> str:
        return "shown"

    @staticmethod
    def alone(what: str) -> str:
        return what

    @classmethod
    def of(cls, what: str) -> str:
        return f"{cls.__name__} {what}"


@pytest.fixture
def owner():
    return type("Owner", (Base,), dict(vars(Owner)))


def test_what_is_replaced_gets_the_original_and_its_arguments(owner):
    patching.replace(owner, "said", lambda original, self, what: original(self, what.upper()))
    patching.replace(owner, "shown", lambda original, self: original(self)[::-1])
    patching.replace(owner, "alone", lambda original, what: original(what) * 2)
    patching.replace(owner, "of", lambda original, cls, what: original(cls, what) + "!")
    patching.swap(owner, "word", "broken")
    made = owner()
    assert (made.said("a"), made.shown, made.alone("a"), made.of("a"), made.word) == ("A", "nwohs", "aa", "Owner a!", "broken")


def test_what_is_not_there_cannot_be_replaced(owner):
    for name in ("gone", "inherited", "word"):
        with pytest.raises(patching.NothingToReplace):
            patching.replace(owner, name, lambda original: None)
    for name, value in (("gone", 1), ("word", "as released")):
        with pytest.raises(patching.NothingToReplace):
            patching.swap(owner, name, value)
    with pytest.raises(patching.NothingToReplace):
        patching.replace(SimpleNamespace(said=1), "said", lambda original: None)


# ------------------------------------------------------------ the server


def served(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen_faults.server", *arguments]
    environment = {"PYTHONPATH": f"{REPOSITORY}:{FOLDER}"}
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    return instance(tmp_path_factory.mktemp("kept") / "suv")


def test_an_instance_that_is_kept_is_never_broken(kept):
    before = {p: p.read_bytes() for p in kept.rglob("*") if p.is_file()}
    done = served(ANY, "--", str(kept))
    assert (done.returncode, "not disposable" in done.stderr, done.stdout) == (2, True, "")
    assert {p: p.read_bytes() for p in kept.rglob("*") if p.is_file() and p.name not in ("qc.db-wal", "qc.db-shm")} == before


ANY = "access-never-locks"


@pytest.mark.parametrize(
    "arguments", [(), (ANY,), (ANY, "--"), (ANY, "-", "home"), (ANY, "--", "a", "b"), (ANY, "--", "a", "7", "8")]
)
def test_arguments_that_say_something_else_are_a_usage_error(arguments):
    done = served(*arguments)
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "usage")


def test_an_unknown_fault_and_a_folder_without_instance_are_told(tmp_path, kept):
    assert "no fault" in served("access-sleeps", "--", str(kept)).stderr
    assert "no instance" in served(ANY, "--", str(tmp_path)).stderr


def test_a_disposable_instance_is_served_broken(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{REPOSITORY}:{FOLDER}")
    home = instance(tmp_path / "suv", disposable="yes", failures_to_lock="1")
    told = {"user_id": "admin"}
    for module, locked in ((("csvgen.targets.local.server",), True), (("csvgen_faults.server", ANY, "--"), False)):
        connection = Connection(home, module)
        try:
            assert connection.ask("Installation.configuration")["disposable"] == "yes"
            assert not connection.outcome("Access.log_in", **told, password="not the password").accepted
            assert connection.outcome("Access.log_in", **told, password="first-word-of-27").accepted is not locked
        finally:
            connection.close()
        home = instance(tmp_path / "again", disposable="yes", failures_to_lock="1") if locked else home
