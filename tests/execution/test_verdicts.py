"""The fixed table of verdicts: all pairs, all events of a step, and the page that prints it."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.execution import EXECUTED, WORST, Verdict, worst

V = Verdict
PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
NAMES = {
    "F": V.FAILED,
    "E": V.ERROR,
    "U": V.UNDEFINED,
    "B": V.BLOCKED,
    "S": V.SKIPPED,
    "N": V.NOT_RUN,
    "A": V.NOT_APPLICABLE,
    "P": V.PASSED,
}

PAIRS = """
  F E U B S N A P
F F F F F F F F F
E F E E E E E E E
U F E U U U U U U
B F E U B B B B B
S F E U B S S S S
N F E U B S N N N
A F E U B S N A A
P F E U B S N A P
"""
"""Two steps of a case and what the case is, written by hand. Only two passes are a pass."""


def table() -> dict[tuple[Verdict, Verdict], Verdict]:
    head, *rows = [line.split() for line in PAIRS.strip().splitlines()]
    return {(NAMES[row[0]], NAMES[column]): NAMES[cell] for row in rows for column, cell in zip(head, row[1:], strict=True)}


def test_every_pair_of_verdicts_has_its_verdict() -> None:
    wanted = table()
    assert wanted.keys() == set(product(V, V))
    assert {pair: worst(pair) for pair in wanted} == wanted


def test_only_all_passed_is_passed_and_nothing_is_not_run() -> None:
    for triple in product(V, V, V):
        assert (worst(triple) is V.PASSED) == (set(triple) == {V.PASSED})
    assert worst([]) is V.NOT_RUN


def test_the_order_holds_every_verdict_once() -> None:
    assert sorted(WORST) == sorted(V)
    assert set(V) - EXECUTED == {V.NOT_RUN, V.NOT_APPLICABLE}


def test_the_page_prints_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| [0-9] \| ([A-Z_]+) \|", text, re.MULTILINE)) == tuple(str(v) for v in WORST)


EVENTS = {
    "observes what it expects": ("observe('x', expected='1', actual='1', source='s')", V.PASSED),
    "observes something else": ("observe('x', expected='1', actual='2', source='s')", V.FAILED),
    "swallows that": ("\n    try: observe('x', expected='1', actual='2', source='s')\n    except AssertionError: pass", V.FAILED),
    "asserts": ("assert False, 'no'", V.FAILED),
    "fails by pytest": ("pytest.fail('no')", V.FAILED),
    "is expected to fail": ("pytest.xfail('known')", V.FAILED),
    "compares nothing": ("pass", V.ERROR),
    "only notes": ("observe.note('x', '1', source='s')", V.ERROR),
    "only attaches": ("attach('1', name='x')", V.ERROR),
    "breaks": ("1 / 0", V.ERROR),
    "ends the process": ("sys.exit(0)", V.ERROR),
    "observes nothing in words": ("observe('x', expected='', actual='', source='s')", V.ERROR),
    "attaches what it is not": ("attach('{', name='x', kind='json')", V.ERROR),
    "skips itself": ("pytest.skip('not today')", V.SKIPPED),
    "is skipped by a library": ("pytest.importorskip('nothing_of_this_name')", V.SKIPPED),
    "cannot be had here": ("raise Blocked('no port')", V.BLOCKED),
    "is kept back by the world": ("raise Unanswered('no network')", V.BLOCKED),
    "asks a system that ended": ("raise Unreachable('it ended')", V.ERROR),
    "nobody wrote": ("", V.UNDEFINED),
}
"""What a step does -> its code and its verdict, which is that of its case too."""


def test_every_event_of_a_step_has_its_verdict(pytester: pytest.Pytester) -> None:
    folder = pytester.path / "protocols" / "probe" / "OQ"
    folder.mkdir(parents=True)
    (pytester.path / "csvgen.toml").write_text(
        '[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8"
    )
    head = "import sys\nimport pytest\nfrom pytest_bdd import then\nfrom csvgen.execution.observe import Blocked\nfrom csvgen.views import Unanswered, Unreachable\n\n"
    steps = [f"@then('it {words}')\ndef _(observe, attach): {code}\n" for words, (code, _) in EVENTS.items() if code]
    (folder / "conftest.py").write_text(head + "\n".join(steps), encoding="utf-8")
    cases = [
        f"  Scenario: TC-OQ-{n:04d} x\n    Then it {words}\n    And it observes what it expects\n"
        for n, words in enumerate(EVENTS, 1)
    ]
    (folder / "f.feature").write_text("@OQ @URS-P-001 @risk-low\nFeature: f\n" + "\n".join(cases), encoding="utf-8")
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "ignore", "protocols")
    (run,) = (pytester.path / "output" / "probe" / "runs").iterdir()
    evidence = read_run(run)
    assert evidence.problems == ()
    found = {words: (r.verdict, r.steps[0].verdict) for words, r in zip(EVENTS, evidence.results, strict=True)}
    assert found == {words: (verdict, verdict) for words, (_, verdict) in EVENTS.items()}
    after = {r.steps[1].verdict for r in evidence.results if r.verdict is not V.PASSED}
    assert after == {V.NOT_RUN}
