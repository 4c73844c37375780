"""What is installed, and what the data tables of the product must be."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

import csvgen
from csvgen.clock import FixedClock, SystemClock, parsed
from csvgen.errors import BadInput, ConfigError, Refused
from csvgen.pipeline import access, components, data_files, setup
from csvgen.pipeline.facts import zone_of
from csvgen.pipeline.method import Method
from csvgen.pipeline.release import QcRelease


def test_components_are_digests_of_the_files_that_are_there(lab) -> None:
    found = {c.name: c for c in lab.app.installation.components()}
    package = Path(csvgen.__file__).parent
    for name in ("audit", "crypto", "identity", "pipeline", "signature", "store"):
        pairs = sorted(
            [p.relative_to(package / name).as_posix(), "sha256:" + hashlib.sha256(p.read_bytes()).hexdigest()]
            for p in (package / name).rglob("*")
            if p.is_file() and "__pycache__" not in p.parts
        )
        assert len(pairs) > 1
        text = json.dumps(pairs, separators=(",", ":"), ensure_ascii=False) + "\n"
        assert found[name].sha256 == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert found["allotropy"].version == metadata.version("allotropy")
    assert all(c.version for c in found.values())


def test_a_changed_byte_changes_the_digest(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(Path(csvgen.__file__).parent / "pipeline", tmp_path / "pipeline"))
    before = components.component_digest(tmp_path, "pipeline")
    assert before == components.component_digests()["pipeline"]
    (copy / "__pycache__").mkdir(exist_ok=True)
    (copy / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert components.component_digest(tmp_path, "pipeline") == before
    (copy / "data" / "life.yaml").write_bytes((copy / "data" / "life.yaml").read_bytes() + b"\n")
    changed = components.component_digest(tmp_path, "pipeline")
    (copy / "rounding.py").rename(copy / "rounded.py")
    assert len({before, changed, components.component_digest(tmp_path, "pipeline")}) == 3


def digest_of_the_guards() -> str:
    """As the baseline names it."""
    baseline = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "installation.yaml"
    found = re.search(r'subject: "digest of the guards",\s+expected: "(sha256:[0-9a-f]{64})"', baseline.read_text())
    assert found
    return found[1]


def test_every_file_of_this_package_that_the_server_loads_is_in_a_component() -> None:
    """Asked of a process of its own, after it has imported what it imports late."""
    code = (
        "import sys, csvgen.targets.local.server, csvgen.pipeline.instruments_gen5, csvgen.pipeline.instruments_empower;"
        "print('\\n'.join(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'csvgen' and m.__file__))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    package = Path(csvgen.__file__).parent
    covered = [package / place for places in components.COMPONENTS.values() for place in places]
    assert all(place.exists() for place in covered)
    loaded = [Path(line) for line in done.stdout.split()]
    assert len(loaded) > 40
    assert [p for p in loaded if not any(p == place or place in p.parents for place in covered)] == []


@pytest.mark.parametrize("file", ["canonical.py", "model/base.py", "targets/local/server.py"])
def test_a_changed_byte_of_the_ground_changes_its_digest(tmp_path: Path, file: str) -> None:
    copy = Path(shutil.copytree(Path(csvgen.__file__).parent, tmp_path / "csvgen", ignore=shutil.ignore_patterns("__pycache__")))
    before = components.component_digest(copy, "ground")
    assert before == components.component_digests()["ground"]
    (copy / file).write_bytes((copy / file).read_bytes() + b"\n")
    assert components.component_digest(copy, "ground") != before


def test_a_guard_with_another_text_has_another_digest(lab) -> None:
    before = lab.app.installation.storage()
    with closing(sqlite3.connect(lab.home / "qc.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER record_no_delete")
        database.execute("CREATE TRIGGER record_no_delete BEFORE DELETE ON record WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END")
    after = lab.app.installation.storage()
    assert after["append-only guards"] == before["append-only guards"]
    assert after["digest of the guards"] != before["digest of the guards"]


@pytest.mark.parametrize(
    ("text", "zone"),
    [("2026-11-21T08:33:01.123456Z", "UTC"), ("2026-11-21T08:33:01+01:00", "+01:00"), ("2026-11-21T08:33:01", "none")],
)
def test_the_zone_is_read_off_a_recorded_time(text: str, zone: str) -> None:
    assert zone_of(text) == zone


def test_protection_of_the_store(lab) -> None:
    lab.processed("L-1")
    assert lab.app.installation.storage() == {
        "mode of home": "0700",
        "mode of database": "0600",
        "mode of key folder": "0700",
        "mode of authority key": "0600",
        "mode of anchor key": "0600",
        "landing": "local write-once store",
        "mode of raw folder": "0700",
        "mode of raw files": "0444",
        "who may reach the store": "its owner alone",
        "owner of the store": "the account of the process",
        "files others may write": "none",
        "links that lead out of the store": "none",
        "ports that listen": "none",
        "append-only guards": "audit_event_no_again, audit_event_no_delete, audit_event_no_update, "
        "record_no_again, record_no_delete, record_no_update, tree_node_no_again, tree_node_no_delete, tree_node_no_update",
        "digest of the guards": digest_of_the_guards(),
        "journal mode": "WAL",
        "synchronous": "FULL",
        "recursive triggers": "ON",
    }
    lab.stored(lab.view("L-1").files["plate.csv"]).chmod(0o644)
    (lab.home / "qc.db").chmod(0o644)
    loose = lab.app.installation.storage()
    assert (loose["mode of raw files"], loose["mode of database"]) == ("0644", "0644")


def test_configuration_and_clock(lab) -> None:
    assert dict(lab.app.installation.configuration()) == {
        "failures_to_lock": "3", "idle_seconds": "900", "minimum_length": "12", "password_history": "5", "retention_days": "3650",
        "ahead_seconds": "300", "repeated_data": "told", "environment": "qualification", "material": "not stated", "revalidation_days": "365",
        "extension_days": "90", "revalidation_blocks": "yes", "second_factor": "none",
        "source_failures": "0", "source_wait_seconds": "900", "disposable": "no",
    }  # fmt: skip
    reading = lab.app.installation.clock()
    newest = lab.app.trail.about("")[-1].at
    assert (reading.zone, reading.source) == ("UTC", f"Hands, for tests; newest recorded time {newest}")
    assert abs((parsed(reading.utc) - lab.clock.now()).total_seconds()) < 5
    lab.app._core.clock = SystemClock()
    assert lab.app.installation.clock().source.startswith("clock of the operating system; ")


def test_two_installations_have_nothing_in_common(lab, tmp_path: Path) -> None:
    create(tmp_path / "other", lab.clock)
    with QcRelease(tmp_path / "other", lab.clock) as other:
        assert other.instance != lab.app.instance
        with pytest.raises(Refused):
            other.access.log_in(lab.user("analyst"), lab.password("analyst"))


def create(home: Path, clock, **given) -> None:
    wanted = {
        "organisation": "Test",
        "configuration": {},
        "instruments": (),
        "methods": (),
        "administrator": ("test.admin", "Test Administrator", "long enough 1"),
        "demonstration": False,
    } | given
    setup.create(home, clock, **wanted)


def test_an_instance_is_never_made_over_another(tmp_path: Path, lab) -> None:
    create(tmp_path / "one", lab.clock, configuration={"idle_seconds": "5"})
    with QcRelease(tmp_path / "one", lab.clock) as app:
        assert app.installation.configuration()["idle_seconds"] == "5"
    with pytest.raises(ConfigError, match="this folder is not empty"):
        create(tmp_path / "one", lab.clock)


@pytest.mark.parametrize(
    "given",
    [
        {"configuration": {"audit": "off"}},
        {"configuration": {"idle_seconds": "0"}},
        {"administrator": ("test.admin", "A", "short")},
    ],
)
def test_installations_that_cannot_be(tmp_path: Path, lab, given) -> None:
    with pytest.raises((Refused, BadInput)):
        create(tmp_path / "one", lab.clock, **given)
    create(tmp_path / "one", lab.clock)  # nothing was left in the way


def test_a_clock_that_steps_back_is_told(tmp_path: Path, lab) -> None:
    lab.bring("L-1", "registered")
    import datetime as dt

    lab.clock.ahead = dt.timedelta(hours=-1)
    lab.app.records.change(lab.session("analyst"), "L-1", "comment", "x", "y")
    assert lab.events("clock-stepped-back")


def test_a_fixed_clock_is_a_clock() -> None:
    import datetime as dt

    assert FixedClock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)).now().year == 2026


# ------------------------------------------------------------------ tables


def test_a_faulty_table_stops_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for text in (b"format: qc.access/2\n", b"format: [\n", b"format: qc.access/1\nformat: qc.access/1\n"):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "access.yaml").write_bytes(text)
        monkeypatch.setattr(data_files.resources, "files", lambda _: tmp_path)
        data_files._read.cache_clear()
        with pytest.raises(ConfigError):
            data_files.table("access", access.AccessMatrix)
    data_files._read.cache_clear()


@pytest.mark.parametrize(
    "change",
    [{"model": "cubic"}, {"label_claim": "a lot"}, {"decimals": -1}, {"low": "NaN"}, {"surprise": "x"}],
)
def test_methods_that_cannot_be(change) -> None:
    good = {
        "model": "linear",
        "label_claim": "1000",
        "unit": "ug/mL",
        "r_squared": "0.99",
        "low": "95",
        "high": "105",
        "decimals": 1,
    }
    assert Method.model_validate({"id": "AB-1", "title": "t", "potency": good}).parts == ("potency",)
    with pytest.raises(ValueError, match="validation error"):
        Method.model_validate({"id": "AB-1", "title": "t", "potency": good | change})
