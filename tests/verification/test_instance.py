"""`csvgen verify FOLDER` of an instance: recognised by its content, read without disturbing it, honest about what it cannot know."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.clock import SystemClock
from csvgen.crypto.trust import Trust, trust_at
from csvgen.errors import ConfigError
from csvgen.model.verification import Outcome
from csvgen.pipeline.release import QcRelease
from csvgen.verification import instance_runs
from csvgen.verification.outside import Outside
from csvgen.verification.recognise import Kind, recognise
from csvgen.verification.verify import verify

from ..tiny import Stages, clean_environment
from .instances import Thief, checked, failed, shown


@pytest.fixture(scope="module")
def made(stages: Stages) -> Path:
    return shown(stages)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {p.relative_to(folder).as_posix(): (p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def test_it_is_recognised_by_what_is_in_it(base: Path, tmp_path: Path) -> None:
    renamed = (base / "instance").rename(tmp_path / "anything")
    assert recognise(renamed)[0] is Kind.INSTANCE
    named = tmp_path / "instance"
    named.mkdir()
    (named / "qc.db").write_bytes(b"no database")
    with pytest.raises(ConfigError, match="nothing that can be verified"):
        recognise(named)


@pytest.mark.parametrize("lost", ["qc.db", "trail.head", "raw", "results", "keys/trail.key"])
def test_one_that_lost_a_part_is_still_one_and_fails(base: Path, lost: str) -> None:
    path = base / "instance" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert recognise(base / "instance")[0] is Kind.INSTANCE
    assert failed(base), lost


def test_it_leaves_nothing_behind_and_changes_nothing(base: Path) -> None:
    before = listing(base)
    assert checked(base)
    assert listing(base) == before


def test_while_somebody_works_in_it(base: Path) -> None:
    """Read as of its last commit, said so, and the one at work is not disturbed."""
    with QcRelease(base / "instance", SystemClock()) as app:
        found = checked(base)
        assert found, found.bottom_line
        assert [c for c in found.checks if c.outcome is Outcome.NOTE and c.name == "another process works on this instance"]
        assert app.instance
    assert not [c for c in checked(base).checks if "another process" in c.name]


def test_without_a_root_nobody_is_trusted_and_it_is_not_verified(made: Path) -> None:
    found = verify(made / "instance", Trust.none, Outside())
    assert not found
    assert not found.failed
    assert {c.name for c in found.unknown} >= {"signatures of people are trusted"}


def test_a_root_of_somebody_else_vouches_for_nobody(made: Path, tmp_path: Path) -> None:
    from csvgen.crypto.certificates import make_root, pem

    path = tmp_path / "other.pem"
    path.write_bytes(pem([make_root("another laboratory", SystemClock().now(), demonstration=True).certificate]))
    found = verify(made / "instance", trust_at(path), Outside())
    assert {c.name for c in found.failed} == {
        "signatures of people are trusted",
        "certificates are signed by people who are trusted",
        "artifacts are signed under the trusted root",
    }


def test_other_code_installed_is_told_and_is_no_failure(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = instance_runs.pins_now
    other = "sha256:" + "0" * 64
    monkeypatch.setattr(instance_runs, "pins_now", lambda d, b: real(d, b).model_copy(update={"code": other}))
    found = checked(base)
    assert found
    (told,) = (c for c in found.checks if c.name == "code installed now")
    assert "code installed now is another" in told.detail
    assert any("performed again" in m for m in found.missing), "what was not shown stands in the bottom line"


@pytest.mark.parametrize(
    "data", [b"", b"SQLite format 3\0" + b"\xff" * 4096, b"SQLite format 3\0"], ids=["empty", "garbage", "head alone"]
)
def test_a_database_of_any_bytes_is_a_failed_check(base: Path, data: bytes) -> None:
    (base / "instance" / "qc.db").write_bytes(data)
    assert failed(base)


@pytest.mark.parametrize("text", ["[pipeline", '[pipeline]\nlanding = "s3://u:p@b/x"\n', "\0"])
def test_settings_of_any_text_are_a_failed_check(base: Path, text: str) -> None:
    (base / "instance" / "instance.toml").write_text(text)
    assert "settings can be read" in failed(base)


def test_a_landing_that_does_not_answer_leaves_its_check_unknown(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_EC2_METADATA_DISABLED", "true")):
        monkeypatch.setenv(name, value)
    (base / "instance" / "instance.toml").write_text('[pipeline]\nlanding = "s3://bucket/qc?endpoint=http://127.0.0.1:9"\n')
    found = checked(base)
    assert "raw files are those registered on arrival" in {c.name for c in found.unknown}
    assert not found


def test_the_command_says_all_of_it(made: Path) -> None:
    command = [sys.executable, "-m", "csvgen", "verify", str(made / "instance"), "--trust", str(made / "trust")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=made)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "results come out again from the same inputs: 3 of 3 runs performed again" in done.stdout
    assert "not shown: a head of the audit trail that somebody else kept" in done.stdout


def single(path: Path, base: Path) -> dict[str, Outcome]:
    return {c.name: c.outcome for c in verify(path, trust_at(base / "trust" / "roots.pem"), Outside()).checks}


def test_the_data_of_a_certificate_by_themselves(base: Path, tmp_path: Path) -> None:
    path = base / "certificates" / "DEMO-1.json"
    name = "it is what the signed PDF beside it stands for"
    assert recognise(path)[0] is Kind.CERTIFICATE
    assert verify(path, trust_at(base / "trust" / "roots.pem"), Outside())
    path.write_bytes(path.read_bytes().replace(b'"100.5"', b'"101.5"'))
    assert single(path, base)[name] is Outcome.FAILS
    alone = Path(shutil.copy(path, tmp_path / "alone.json"))
    assert single(alone, base)[name] is Outcome.UNKNOWN


def test_a_run_record_by_itself_is_never_verified(base: Path, tmp_path: Path) -> None:
    """Nobody signed it: it can agree with itself, and only its instance can say that it is the one on record."""
    path = tmp_path / "run.json"
    content = Thief(base).content("run", "RUN-0001")
    path.write_bytes(canonical_json(content))
    assert recognise(path)[0] is Kind.RUN_RECORD
    found = single(path, base)
    assert found == {
        "run record agrees with itself": Outcome.HOLDS,
        "it was made inside an instance": Outcome.HOLDS,
        "it is the one the audit trail holds": Outcome.UNKNOWN,
    }
    assert not verify(path, Trust.none, Outside())
    content["products"]["potency-values"] = "sha256:" + "0" * 64
    path.write_bytes(canonical_json(content))
    assert single(path, base)["run record agrees with itself"] is Outcome.FAILS
