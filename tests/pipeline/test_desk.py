"""Commands of an instance as people at a terminal see them, in this process: what is shown, and what is asked in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from csvgen.cli import cli, instances, pipelines, project
from csvgen.clock import SystemClock
from csvgen.errors import ConfigError, NotIntact, Refused
from csvgen.pipeline.release import QcRelease
from tests.pipeline.clinical_group import STUDY, Group
from tests.pipeline.clinical_lab import PLAN_TEXT
from tests.pipeline.conftest import Lab


class Screen:
    """A terminal: each prompt is kept, and answered by `answers` in order."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.prompts, self.answers = lab, list[str](), list[str]()

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self.answers.pop(0)

    def does(self, who: str, *arguments: str, typed: tuple[str, ...] = ()) -> Result:
        self.prompts, self.answers = [], [self.lab.password(who), *typed]
        return CliRunner().invoke(
            cli, ["pipeline", *arguments, "--home", str(self.lab.home), "--as", self.lab.user(who)], standalone_mode=False
        )

    def again(self) -> Lab:
        """The instance as it is afterwards, opened anew."""
        return Lab(self.lab.home)


@pytest.fixture
def screen(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Screen]]:
    """The terminal of an instance on which nobody works in another process."""
    made = Screen(lab)
    for module in (instances, pipelines):
        monkeypatch.setattr(module, "need_terminal", lambda _what: None)
    for module in (instances, project):
        monkeypatch.setattr(module, "ask_secret", made)

    def begin() -> Screen:
        lab.app.close()
        return made

    return begin


def test_a_release_that_must_be_refused_asks_for_no_signature(lab: Lab, screen: Callable[[], Screen]) -> None:
    lab.bring("L-1", "reviewed", "1.300")
    at = screen()
    done = at.does("quality", "release", "L-1", "--reason", "meets it")
    assert isinstance(done.exception, Refused)
    assert "out of specification and cannot be released" in str(done.exception)
    assert at.prompts == ["Password"], "that of the log-in alone"
    assert "Your signature" not in done.output
    again = at.again()
    assert [e.reason for e in again.events("sign-released-refused")] == ["lot L-1 is out of specification and cannot be released"]
    again.app.close()


def test_a_review_shows_the_packet_short_and_whole_with_full(lab: Lab, screen: Callable[[], Screen]) -> None:
    lab.bring("L-1", "processed")
    at = screen()
    short = at.does("reviewer", "review", "L-1", "--reason", "read")
    assert "Your signature" in short.output, "nothing speaks against it: now the components are asked for"
    full = at.does("reviewer", "review", "L-1", "--full", "--reason", "read")
    assert "values are shortened here" in short.output
    assert "review LOT --full" in short.output
    assert len(short.output.splitlines()) < len(full.output.splitlines())
    digest = lab_digest(lab.home)
    assert digest[:19] in short.output
    assert digest not in short.output
    assert digest in full.output


def lab_digest(home: Path) -> str:
    """Digest of the code of the run, as its record says it."""
    lab = Lab(home)
    found = str(lab.app._core.ledger.latest("run", "RUN-0001").content["code"])
    lab.app.close()
    return found


def test_the_trail_and_records_are_shown(lab: Lab, screen: Callable[[], Screen]) -> None:
    lab.bring("L-1", "released")
    at = screen()
    short, full = (at.does("auditor", "trail", "L-1", *more).output for more in ((), ("--full",)))
    assert "whole: csvgen pipeline trail L-1 --full" in short
    assert "status/L-1 state: processed -> reviewed  (signed as reviewed)" in short
    assert len(short.splitlines()) < 50 < 90 < len(full.splitlines())
    assert "RUN-0001" in at.does("auditor", "show", "RUN-0001").output
    assert "1 lot, 0 wait for somebody" in at.does("auditor", "status").output


def test_studies_are_in_the_list_people_begin_their_day_with(lab: Lab, screen: Callable[[], Screen], tmp_path: Path) -> None:
    Group(lab).with_sender()
    at = screen()
    plan = tmp_path / "plan.yaml"
    plan.write_bytes(PLAN_TEXT)
    assert "no lots and no studies" in at.does("auditor", "status").output
    told = at.does("analyst", "study", "register", str(plan), "--reason", "plan 1.0").output
    assert f"plan {STUDY}:1 registered; data are derived by it when quality has approved it" in told
    listed = at.does("auditor", "status").output
    assert f"{STUDY}     plan not approved; no data; tables not derived; waits for quality: approval of plan {STUDY}:1" in listed
    assert "1 study, 1 waits for somebody" in listed
    done = at.does("analyst", "study", "approve", f"{STUDY}:1", "--reason", "mine")
    assert "may not approve the plan of a study" in str(done.exception)
    assert at.prompts == ["Password"]
    held = at.does("quality", "study", "hold", STUDY, "freeze", "--reason", "x")
    assert "has no data" in str(held.exception)
    assert f"Record: study/{STUDY}" in held.output, "who signs sees first what is signed"
    assert at.prompts == ["Password"]
    early = at.does("reviewer", "study", "sign", STUDY, "reviewed", "--reason", "x")
    assert "are not derived; they cannot be reviewed now" in str(early.exception)
    assert at.prompts == ["Password"]


def test_a_password_that_is_not_set_leaves_no_session(lab: Lab, screen: Callable[[], Screen]) -> None:
    at = screen()
    done = at.does("analyst", "account", "password", typed=("a-New-Word-of-Many-1", "a-New-Word-of-Many-2"))
    assert isinstance(done.exception, ConfigError)
    again = at.again()
    assert [e.action for e in again.events() if e.user_id == lab.user("analyst")][-2:] == ["log-in", "log-out"]
    again.app.close()


def test_a_backup_is_made_tried_and_restored_by_command(lab: Lab, screen: Callable[[], Screen], tmp_path: Path) -> None:
    lab.processed("L-1")
    at, saved = screen(), tmp_path / "saved"
    made = at.does("administrator", "backup", str(saved))
    digest = made.output.splitlines()[0]
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    assert "recovery point: event" in made.output
    tried = at.does("administrator", "restore-test", str(saved), str(tmp_path / "tried"), "--sha256", digest)
    assert "nothing that came later is in it" in tried.output
    again = at.again()
    told = [len({e.number for e in again.events(action)}) for action in ("backup", "restore", "restored")]
    again.app.close()
    assert told == [1, 1, 0]
    done = pipeline("restore", saved, tmp_path / "home", "--sha256", digest)
    assert digest in done.output.splitlines()
    with QcRelease(tmp_path / "home", SystemClock()) as after:
        said = {(e.number, e.reason.partition(" event")[0]) for e in after.trail.about("") if e.action == "restored"}
        assert {v.id for v in after._core.ledger.all("lot")} == {"L-1"}
    assert [words for _, words in said] == ["restored to"]


def test_a_restore_is_held_to_the_digest_that_was_kept(lab: Lab, screen: Callable[[], Screen], tmp_path: Path) -> None:
    at, saved = screen(), tmp_path / "saved"
    at.does("administrator", "backup", str(saved))
    another = "sha256:" + "0" * 64
    refused = pipeline("restore", saved, tmp_path / "home", "--sha256", another)
    assert isinstance(refused.exception, NotIntact)
    assert not (tmp_path / "home").exists()
    assert "is no digest" in str(pipeline("restore", saved, tmp_path / "home", "--sha256", "12").exception)
    assert "would not have been noticed" in pipeline("restore", saved, tmp_path / "home").output
    analyst = at.does("analyst", "backup", str(tmp_path / "mine"))
    assert "may not make a backup" in str(analyst.exception)
    assert not (tmp_path / "mine").exists()


def pipeline(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["pipeline", *map(str, arguments)], standalone_mode=False)
