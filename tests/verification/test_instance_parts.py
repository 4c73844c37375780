"""`instance.toml` is covered: what lies in it is what the audit trail last told of, or `csvgen verify` says where it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.model.verification import Outcome
from csvgen.pipeline.core import Core
from csvgen.pipeline.instance import FILE, Settings

from .instances import Thief, answer, checked, failed, worked

HERE = "settings are those the audit trail last told of"


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(lineage="events.jsonl", alerts="security@example.org")
    return worked(shared, tmp_path_factory.mktemp("parts"), settings, lambda _: None)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_as_recorded(made: Path) -> None:
    outcome, words = answer(checked(made), HERE)
    assert outcome is Outcome.HOLDS
    assert "version 2" in words, "laid down after the installation, and found at the next opening"


def edited(text: Callable[[str], str]) -> Callable[[Path], None]:
    def work(path: Path) -> None:
        before = path.read_text()
        assert text(before) != before
        path.write_text(text(before))

    return work


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (edited(lambda t: t.replace("security@", "nobody@")), "alerts is 'nobody@example.org', recorded is 'security@example.org'"),
        (edited(lambda t: t.replace('alerts = "security@example.org"', "")), "alerts is '', recorded is 'security@example.org'"),
        (edited(lambda t: t.replace('tracking = ""', 'tracking = "https://elsewhere.example"')), "tracking is 'https://elsewhere.example'"),
        (Path.unlink, "instance.toml is gone, so the defaults hold"),
    ],
    ids=["another contact", "a line taken away", "another server", "deleted"],
)  # fmt: skip
def test_edited_while_closed_is_found_and_after_an_opening_on_record(base: Path, act: Callable[[Path], None], words: str) -> None:
    act(base / "instance" / FILE)
    assert words in failed(base)[HERE]
    core = Core(base / "instance", SystemClock())
    told = [e for e in core.ledger.events() if e.action == "settings-changed"][-1]
    core.close()
    assert told.person == "system"
    assert words in told.reason
    assert HERE not in failed(base)


def test_a_comment_is_no_setting(base: Path) -> None:
    edited(lambda t: "# moved in spring\n\n" + t)(base / "instance" / FILE)
    assert HERE not in failed(base)


def test_the_defaults_written_down_and_taken_away(shared: Path, tmp_path: Path) -> None:
    """Nothing works otherwise without the file, and still somebody took it away."""
    base = worked(shared, tmp_path, Settings(), lambda _: None)
    (base / "instance" / FILE).unlink()
    assert "is gone" in failed(base)[HERE]


def test_while_somebody_works_in_it(base: Path) -> None:
    """What was read at the opening holds; the edited file takes effect with the next one, and until then it is not what is on record."""
    core = Core(base / "instance", SystemClock())
    edited(lambda t: t.replace("events.jsonl", "other.jsonl"))(base / "instance" / FILE)
    assert core.settings.lineage == "events.jsonl"
    assert "lineage is 'other.jsonl', recorded is 'events.jsonl'" in failed(base)[HERE]
    core.close()


def test_the_record_changed_with_the_file(base: Path) -> None:
    thief = Thief(base)
    edited(lambda t: t.replace("security@", "nobody@"))(base / "instance" / FILE)
    thief.rewrite("settings", FILE, lambda c: c.update(alerts="nobody@example.org"))
    assert "records are those the audit trail tells of" in failed(base)
