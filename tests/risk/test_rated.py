"""Ratings of a risk against its scheme, and what may be claimed with controls."""

from __future__ import annotations

from typing import Any

import pytest

from csvgen.model.execution import Verdict
from csvgen.model.risk import Risk
from csvgen.risk.rated import grade_problems, residual_problems
from csvgen.risk.residual import residual_status
from csvgen.risk.scheme import assess, assess_residual, scheme

P, F, E, B, S, N, U = (Verdict(v) for v in ("PASSED", "FAILED", "ERROR", "BLOCKED", "SKIPPED", "NOT_RUN", "UNDEFINED"))
GAMP, RPN, CSA = "gamp5-two-step", "rpn-1-5", "fda-csa"
ODS, ODS_WITHOUT = "opendevstack", "opendevstack-no-occurrence"


def rating(grade: str) -> dict[str, str]:
    return {"rating": grade, "reason": "as judged"}


def risk(initial: str, residual: str | None) -> Risk:
    """Ratings as ``s=high p=low``; s, p, d and r."""
    names = {"s": "severity", "p": "probability", "d": "detectability", "r": "relevance"}

    def ratings(text: str) -> dict[str, Any]:
        return {names[part[0]]: rating(part[2:]) for part in text.split()}

    content = {
        "id": "RA-X-1", "requirements": ["URS-X-1"], "failure_mode": "f", "cause": "c", "effect": "e", "controls": ["a test"],
        **ratings(initial),
    }  # fmt: skip
    return Risk.model_validate(content | ({} if residual is None else {"residual": ratings(residual)}))


@pytest.mark.parametrize(
    ("by", "initial", "residual", "path", "said", "hint"),
    [
        (GAMP, "s=high p=low d=low", "p=low d=high", None, "", ""),
        (GAMP, "s=7 p=low d=low", "p=low d=high", ("severity",), "'7' is no grade of severity in gamp5-two-step", "allowed: low, medium, high"),
        (GAMP, "s=not-high p=low d=low", "p=low d=high", ("severity",), "'not-high' is no grade", "schemes are never mixed"),
        (GAMP, "s=high p=low", "p=low d=high", ("detectability",), "detectability is not rated", "allowed: high, medium, low"),
        (GAMP, "s=high p=low d=low r=r2", "p=low d=high", ("relevance",), "gamp5-two-step has no scale for relevance", "remove it"),
        (GAMP, "s=high p=low d=low", "p=low d=certain", ("residual", "detectability"), "'certain' is no grade of residual detectability", "high"),
        (RPN, "s=5 p=5 d=5", "p=1 d=1", None, "", ""),
        (RPN, "s=high p=5 d=5", "p=1 d=1", ("severity",), "'high' is no grade of severity in rpn-1-5", "1, 2, 3, 4, 5"),
        (RPN, "s=5 p=6 d=5", "p=1 d=1", ("probability",), "'6' is no grade", "1, 2, 3, 4, 5"),
        (CSA, "s=high", None, None, "", ""),
        (CSA, "s=medium", None, ("severity",), "'medium' is no grade of severity in fda-csa", "allowed: not-high, high"),
        (CSA, "s=high p=low", None, ("probability",), "fda-csa has no scale for probability", "it rates severity"),
        (CSA, "s=high", "p=low", ("residual", "probability"), "fda-csa has no scale for residual probability", "remove it"),
        (ODS, "s=high p=low d=immediate r=r2", "p=low d=immediate", None, "", ""),
        (ODS, "s=high p=low d=immediate", "p=low d=immediate", ("relevance",), "relevance is not rated", "n1, n2, r2"),
        (ODS_WITHOUT, "s=high d=immediate r=r2", "d=immediate", None, "", ""),
        (ODS_WITHOUT, "s=high p=low d=immediate r=r2", "d=immediate", ("probability",), "has no scale for probability", "remove it"),
    ],
)  # fmt: skip
def test_grades(by: str, initial: str, residual: str | None, path: tuple[str, ...] | None, said: str, hint: str) -> None:
    found = grade_problems(risk(initial, residual), scheme(by))
    assert [p.path for p in found] == ([] if path is None else [path])
    for problem in found:
        assert said in str(problem)
        assert hint in problem.hint


@pytest.mark.parametrize(
    ("by", "initial", "residual", "path", "said"),
    [
        (GAMP, "s=high p=medium d=low", "p=low d=high", None, ""),
        (GAMP, "s=high p=medium d=low", "p=medium d=low", None, ""),
        (GAMP, "s=high p=medium d=low", "s=high p=low d=high", None, ""),
        (GAMP, "s=high p=medium d=low", "s=medium p=low d=high", ("residual", "severity"), "residual severity medium is not the initial high"),
        (GAMP, "s=low p=medium d=low", "s=high p=low d=high", ("residual", "severity"), "residual severity high is not the initial low"),
        (GAMP, "s=high p=medium d=low", "p=high d=high", ("residual", "probability"), "probability high is worse than the initial medium"),
        (GAMP, "s=high p=medium d=high", "p=low d=medium", ("residual", "detectability"), "detectability medium is worse than the initial high"),
        (GAMP, "s=high p=medium d=low", "p=low", ("residual",), "residual detectability is not rated"),
        (GAMP, "s=high p=medium d=low", None, (), "there is no residual rating, and gamp5-two-step rates probability and detectability"),
        (RPN, "s=5 p=3 d=3", "p=2 d=10", None, ""),
        (RPN, "s=5 p=3 d=3", "p=4 d=3", ("residual", "probability"), "probability 4 is worse than the initial 3"),
        (RPN, "s=5 p=3 d=3", "s=4 p=3 d=3", ("residual", "severity"), "residual severity 4"),
        (CSA, "s=high", None, None, ""),
        (CSA, "s=high", "s=high", None, ""),
        (CSA, "s=high", "s=not-high", ("residual", "severity"), "residual severity not-high is not the initial high"),
        (ODS_WITHOUT, "s=high d=before-impact r=r2", "d=after-impact", ("residual", "detectability"), "after-impact is worse"),
        (ODS_WITHOUT, "s=high d=before-impact r=r2", None, (), "rates detectability"),
    ],
)  # fmt: skip
def test_residual_ratings(by: str, initial: str, residual: str | None, path: tuple[str, ...] | None, said: str) -> None:
    """A grade the scheme does not have (detectability 10) is reported once, as a grade."""
    found = residual_problems(risk(initial, residual), scheme(by))
    assert [p.path for p in found] == ([] if path is None else [path])
    assert all(said in str(p) for p in found)


def test_the_reason_why_severity_stays_is_given_for_both_directions() -> None:
    lower = residual_problems(risk("s=high p=low d=low", "s=low p=low d=low"), scheme(GAMP))
    higher = residual_problems(risk("s=low p=low d=low", "s=high p=low d=low"), scheme(GAMP))
    assert "a control never makes the harm smaller" in lower[0].hint
    assert "the initial severity is too low" in higher[0].hint


def test_the_residual_priority_keeps_severity_and_relevance() -> None:
    of = risk("s=high p=high d=after-impact r=r2", "p=low d=immediate")
    assert assess(of, ODS).risk_class.startswith("RPN 54,")
    assert assess_residual(of, ODS).risk_class.startswith("RPN 6,"), "2 x 1 x 3 x 1"
    only = risk("s=high", None)
    assert assess_residual(only, CSA) == assess(only, CSA)


# ------------------------------------------------------------------ status

IN_GAMP = risk("s=high p=medium d=low", "p=low d=high")
"""Class 1 and high before the controls, class 2 and low with them."""


@pytest.mark.parametrize(
    ("verdicts", "state", "priority", "cases", "said"),
    [
        ({}, "claimed", "low", (), "RA-X-1: residual low claimed, not yet supported"),
        ({"A": N}, "claimed", "low", ("A",), "RA-X-1: residual low claimed, not yet supported"),
        ({"A": P}, "shown", "low", ("A",), "RA-X-1: residual low, supported by 1 passed cases"),
        ({"B": P, "A": P}, "shown", "low", ("A", "B"), "RA-X-1: residual low, supported by 2 passed cases"),
        ({"A": P, "B": N}, "claimed", "low", ("B",), "RA-X-1: residual low claimed, not yet supported"),
        ({"A": P, "B": B}, "claimed", "low", ("B",), "RA-X-1: residual low claimed, not yet supported"),
        ({"A": P, "B": S}, "claimed", "low", ("B",), "RA-X-1: residual low claimed, not yet supported"),
        ({"A": P, "B": U}, "claimed", "low", ("B",), "RA-X-1: residual low claimed, not yet supported"),
        ({"A": P, "B": F}, "back to initial", "high", ("B",), "RA-X-1: back to initial high, a mitigating test failed"),
        ({"A": E}, "back to initial", "high", ("A",), "RA-X-1: back to initial high, a mitigating test failed"),
        ({"A": N, "B": F, "C": S}, "back to initial", "high", ("B",), "RA-X-1: back to initial high, a mitigating test failed"),
    ],
)
def test_status(verdicts: dict[str, Verdict], state: str, priority: str, cases: tuple[str, ...], said: str) -> None:
    found = residual_status(IN_GAMP, scheme(GAMP), verdicts)
    assert (found.state, found.priority, found.cases, str(found)) == (state, priority, cases, said)


@pytest.mark.parametrize("verdicts", [{}, {"A": P}, {"A": F}])
def test_without_a_residual_rating_there_is_none_to_lose(verdicts: dict[str, Verdict]) -> None:
    found = residual_status(risk("s=high", None), scheme(CSA), verdicts)
    assert (found.state, found.priority) == ("not rated", "high")
    assert str(found) == (
        "RA-X-1: priority high, no residual rating: high process risk; fda-csa has no rating that a control could change"
    )
