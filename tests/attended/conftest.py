"""The tiny project with cases that a person carries out: one by hand, one hybrid, one with a second person, one by charter."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult

from ..flow.test_terminal import Screen
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


class Sitting(Screen):
    """One person at one terminal, attending."""

    def __init__(self, project: Tiny, *arguments: str, person: str = ME) -> None:
        self.project = project
        super().__init__(project.root, "run", *arguments, "--attended")
        self.type(("User id", person), ("Password", project.password(person)))

    def answers(self, actual: str, letter: str = "p", **more: str) -> None:
        """One step: what was seen and the verdict."""
        self.type((ACTUAL, actual), (VERDICT, letter))
        for prompt, text in more.items():
            self.type((prompt.replace("_", " "), text))

    def finish_case(self) -> None:
        self.type(("Enter finishes the case", ""))

    def kill(self) -> None:
        """The process dies without a word."""
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()


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
