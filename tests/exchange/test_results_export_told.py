"""What a copy says beside verdicts: tolerances, what was taken out, another order, and what people did in attended cases."""

from __future__ import annotations

import datetime as dt
import json
from unittest.mock import patch

import pytest

from csvgen.clock import FixedClock
from csvgen.evidence.attended import Segment
from csvgen.evidence.read import standing
from csvgen.evidence.redaction import Redaction
from csvgen.evidence.seal import seal
from csvgen.exchange.results.copied import Copy
from csvgen.execution import session
from csvgen.execution.session import WorkerRecorder
from csvgen.model.attended import Flag, Performer
from csvgen.model.execution import Verdict

from .executed import ENVIRONMENT, START, begun, by_hand, copied, recorder, sealer
from .test_results_export import texts

ME = Performer(person="nadia.corso", printed_name="Nadia Corso", role="tester")
OTHER = Performer(person="pavel.broz", printed_name="Pavel Broz", role="reviewer")
FIRST, SECOND = by_hand(1, "one", "a thing"), by_hand(2, "two", "a thing")


@pytest.fixture(scope="module")
def automated(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Two cases, the second first: a number within its tolerance, and a secret in a value and in a file."""
    folder = begun(tmp_path_factory.mktemp("told") / "OQ-001", (FIRST, SECOND))
    secrets = Redaction()
    secrets.add("DB_PASSWORD", "wUx7-43kd-Pq2")
    with patch.object(session, "environment", lambda _project: ENVIRONMENT):
        made = WorkerRecorder(folder, "main", FixedClock(START, 1), folder, redaction=secrets)
    for case in (SECOND, FIRST):
        each = made.case(case)
        each.open(case.steps[0])
        each.observe("pH", "within", "7.00", "7.04", "Records.read", "pH", tolerance="0.05")
        each.observe("line", "recorded", "", "login with wUx7-43kd-Pq2", "log", "")
        each.attach(b"wUx7-43kd-Pq2 wUx7-43kd-Pq2", name="log", media_type="text/plain")
        each.close(Verdict.PASSED)
        each.finish()
    made.close()
    seal(folder, sealer(), FixedClock(START + dt.timedelta(hours=1)))
    return copied(folder)


@pytest.fixture(scope="module")
def attended(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """One case without people, and one that a person carried out: corrected, flagged, witnessed, with a note; a session's entries."""
    charter = by_hand(3, "explored", "a charter")
    folder = begun(tmp_path_factory.mktemp("people") / "OQ-001", (FIRST, SECOND, charter), attended=(SECOND.id, charter.id))
    made = recorder(folder)
    each = made.case(FIRST)
    each.open(FIRST.steps[0])
    each.observe("answer", "equal", "7", "7", "probe", "")
    each.close(Verdict.PASSED)
    each.finish()
    made.close()
    with patch.object(session, "environment", lambda _project: ENVIRONMENT):
        segment = Segment(ME, dict(standing(folder).heads))
        made = WorkerRecorder(folder, "attended-001", FixedClock(START + dt.timedelta(minutes=5), 1), folder, segment=segment)
    each = made.attended(SECOND, None)
    each.open(SECOND.steps[0])
    each.judge("a thing", "passed: there was a thing", ME)
    each.close(
        Verdict.PASSED,
        by=ME,
        witness=OTHER,
        note="look at the shelf",
        flags=(Flag(kind="too-fast", words="answered within a second"),),
    )
    each.correct(1, "failed: it was another thing", Verdict.FAILED, "another thing", "I read the wrong label", ME)
    each.finish()
    each = made.attended(charter, None)
    each.open(charter.steps[0])
    each.jot("issue", "the light flickers", ME)
    each.judge("a charter", "failed: one issue", ME)
    each.close(Verdict.FAILED, "one issue", by=ME)
    each.finish()
    made.close()
    seal(folder, sealer(), FixedClock(START + dt.timedelta(hours=1)))
    return copied(folder)


def parameters(copy: Copy, case: str) -> dict[str, str]:
    """Of the Allure result of a case: its own, and those of its first step."""
    found = json.loads(
        next(data for name, data in texts_of(copy) if name.endswith("-result.json") and f":{case}".encode() in data)
    )
    return {p["name"]: p["value"] for p in (*found["parameters"], *found["steps"][0]["parameters"])}


def texts_of(copy: Copy) -> list[tuple[str, bytes]]:
    from csvgen.exchange.results import allure

    return list(allure.files(copy))


def test_a_tolerance_stands_where_the_comparison_is_told(automated: Copy) -> None:
    assert parameters(automated, FIRST.id)["pH, expected (within +/- 0.05)"] == "7.00 pH"
    told = texts(automated)
    for name in ("junit", "cucumber-messages"):
        assert b"expected (within +/- 0.05) '7.00' pH, observed '7.04' pH" in told[name].replace(b"\\u0027", b"'"), name
    assert b'"tolerance":"0.05"' in told["ctrf"].replace(b" ", b"")


def test_what_was_taken_out_and_another_order_are_told_in_every_format(automated: Copy) -> None:
    assert automated.facts["secrets taken out"] == "DB_PASSWORD: taken out, 6 places"
    assert automated.facts["order of execution"] == f"another than planned from case 1 on: {SECOND.id}, {FIRST.id}"
    for name, data in texts(automated).items():
        assert b"wUx7" not in data, name
        assert b"DB_PASSWORD: taken out" in data, name
        assert b"another than planned from case 1 on" in data, name
    told = parameters(automated, FIRST.id)
    assert told["line, taken out"] == "DB_PASSWORD"
    assert told[f"{FIRST.id}.1.1, taken out"] == "2 places"
    assert b"; taken out: DB_PASSWORD" in texts(automated)["junit"]
    assert b"; secrets taken out in 2 places" in texts(automated)["junit"]


def test_what_people_did_is_in_every_format_and_changes_no_verdict(attended: Copy) -> None:
    assert [str(c.result.verdict) for c in attended.cases] == ["PASSED", "FAILED", "FAILED"]
    assert "secrets taken out" not in attended.facts and "order of execution" not in attended.facts
    words = (
        b"Nadia Corso",
        b"Pavel Broz",
        b"I read the wrong label",
        b"answered within a second",
        b"look at the shelf",
        b"the light flickers",
    )
    for name, data in texts(attended).items():
        for said in words:
            assert said in data, (name, said)
        assert b"it was another thing" in data, name
        assert b"there was a thing" in data, f"{name}: the first answer stays"
    told = parameters(attended, SECOND.id)
    assert told["carried out by"] == "Nadia Corso (nadia.corso), tester"
    assert told["second person"] == "Pavel Broz (pavel.broz)"
    assert told["corrected"].startswith("it was PASSED, 'passed: there was a thing'; I read the wrong label; by Nadia Corso")
    assert parameters(attended, "TC-OQ-0003")["issue 1"].startswith("the light flickers (Nadia Corso (nadia.corso) at ")
    assert "carried out by" not in parameters(attended, FIRST.id)
