"""The tiny project with cases that a person carries out: one by hand, one hybrid, one with a second person, one by charter."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
from pexpect.fdpexpect import fdspawn

import csvgen.pytest_plugin
import csvgen.workflow.attending  # noqa: F401 - loaded once, before the forks
from csvgen import cli
from csvgen.evidence.read import read_run
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult

from ..tiny import Tiny, clean_environment

HAND = """@PQ @URS-TNY-002 @RA-TNY-002 @risk-low
Feature: Looked at by a person
  Decided by a person: the label can be read.

  @attended
  Scenario: TC-PQ-0101 label
    Given the printer is switched on
    When a label is printed
    Then the label reads "LOT 7"
"""
HYBRID = """@PQ @URS-TNY-002 @RA-TNY-002 @risk-low
Feature: Looked at by both

  @attended
  Scenario: TC-PQ-0102 both
    Given the file one.txt is there
    When the screen is looked at
    Then the file one.txt says 1
    And the number can be read
"""
WITNESSED = """@PQ @URS-TNY-002 @RA-TNY-002 @risk-low
Feature: Looked at by two

  @attended @witness
  Scenario: TC-PQ-0103 two
    Then the seal is not broken
"""
CHARTER = """@PQ @URS-TNY-002 @RA-TNY-002 @risk-low
Feature: Explored
  Mission: find out whether numbers are shown.
  Time box: 30 minutes

  @attended @charter
  Scenario: TC-PQ-0104 session
    Given the mission of the charter "URS-TNY-002" has been read
    When a trained person explores the system for at most "30" minutes and takes notes
    Then the notes of the session are on record
    And every issue found is on record, or that there was none
    And the conclusion of the person is on record
"""
ME = "nadia.corso"
ACTUAL = "Actual result"
VERDICT = "Verdict (p"


class Sitting:
    """One person at one terminal, attending. The command is run in a process forked from this one, which has loaded csvgen already."""

    def __init__(self, project: Tiny, *arguments: str, person: str = ME) -> None:
        self.process, descriptor = pty.fork()
        if not self.process:
            _become(("-C", str(project.root), "run", *arguments, "--attended"))
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 160, 0, 0))
        self.child = fdspawn(descriptor, encoding="utf-8", timeout=60)
        self.child.delaybeforesend = None
        self.shown = self.child.logfile_read = io.StringIO()
        self.type(("User id", person), ("Password", project.password(person)))

    def type(self, *pairs: tuple[str, str]) -> None:
        for prompt, text in pairs:
            self.child.expect_exact(prompt)
            self.child.sendline(text)

    def end(self) -> tuple[int, str]:
        self.child.expect(pexpect.EOF)
        return self._left(), self.shown.getvalue()

    def _left(self) -> int:
        self.child.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def answers(self, actual: str, letter: str = "p", **more: str) -> None:
        """One step: what was seen and the verdict."""
        self.type((ACTUAL, actual), (VERDICT, letter))
        for prompt, text in more.items():
            self.type((prompt.replace("_", " "), text))

    def finish_case(self) -> None:
        self.type(("Enter finishes the case", ""))

    def kill(self) -> None:
        """The process dies without a word."""
        os.kill(self.process, signal.SIGKILL)
        assert self._left() == -signal.SIGKILL


def _become(arguments: tuple[str, ...]) -> None:
    """In the forked process: be `csvgen ARGUMENTS` with the environment of a user, and never return."""
    code = 3
    try:
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            number = ("stdin", "stdout", "stderr").index(name)
            setattr(sys, name, open(number, mode, encoding="utf-8", buffering=1 if number else -1, closefd=False))  # noqa: SIM115
        environment = clean_environment()
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["csvgen", *arguments]
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@pytest.fixture
def project(tiny: Callable[[str], Tiny]) -> Iterator[Callable[..., Tiny]]:
    """The founded tiny project with features written by hand beside the drafted ones."""

    def made(*features: str, stage: str = "founded") -> Tiny:
        found = tiny(stage)
        for text in features:
            case = re.search(r"TC-PQ-\d+", text)
            assert case
            (found.root / "protocols" / "tiny" / "PQ" / f"hand-{case[0]}.feature").write_text(text, encoding="utf-8")
        return found

    yield made


def newest(project: Tiny) -> Evidence:
    """The newest run of the project."""
    folders = sorted((project.root / "output" / "tiny" / "runs").iterdir())
    return read_run(Path(folders[-1]))


def only(project: Tiny) -> CaseResult:
    (result,) = newest(project).results
    return result


__all__ = ["ACTUAL", "CHARTER", "HAND", "HYBRID", "ME", "VERDICT", "WITNESSED", "Sitting", "clean_environment", "newest", "only"]
