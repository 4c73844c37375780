"""What each verdict is called in the formats of others: one visible table. Only PASSED is ever called passed.

No format but our own has a word for each of them. Where one is missing the nearest word that nobody can take for a pass
stands in the format's own field, and the verdict itself stands beside it in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from csvgen.model.execution import Verdict

Cucumber = Literal["PASSED", "FAILED", "SKIPPED", "PENDING", "UNDEFINED"]
JUnit = Literal["", "failure", "error", "skipped"]
Allure = Literal["passed", "failed", "broken", "skipped"]
Ctrf = Literal["passed", "failed", "skipped", "pending", "other"]
InToto = Literal["passedTests", "failedTests"]


@dataclass(frozen=True)
class Words:
    """One verdict in the words of each format."""

    cucumber: Cucumber
    junit: JUnit
    """Name of the element inside the test case; none for a pass."""
    allure: Allure
    ctrf: Ctrf
    in_toto: InToto
    """The predicate has a list of tests that passed and one of tests that did not, and nothing between them."""


WORDS: Mapping[Verdict, Words] = {
    Verdict.PASSED: Words("PASSED", "", "passed", "passed", "passedTests"),
    Verdict.FAILED: Words("FAILED", "failure", "failed", "failed", "failedTests"),
    Verdict.ERROR: Words("FAILED", "error", "broken", "failed", "failedTests"),
    Verdict.UNDEFINED: Words("UNDEFINED", "error", "broken", "other", "failedTests"),
    Verdict.BLOCKED: Words("PENDING", "skipped", "skipped", "pending", "failedTests"),
    Verdict.NOT_RUN: Words("SKIPPED", "skipped", "skipped", "pending", "failedTests"),
    Verdict.SKIPPED: Words("SKIPPED", "skipped", "skipped", "skipped", "failedTests"),
    Verdict.NOT_APPLICABLE: Words("SKIPPED", "skipped", "skipped", "skipped", "failedTests"),
}

SEVERITY: tuple[Cucumber, ...] = ("PASSED", "SKIPPED", "PENDING", "UNDEFINED", "FAILED")
"""From best to worst, as readers of Cucumber Messages judge a scenario by its steps."""
