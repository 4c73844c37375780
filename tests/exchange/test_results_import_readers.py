"""Each reader on files that the real tools wrote (corpus/results/make.py; versions in VERSIONS.txt): nothing that failed reads as passed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csvgen.exchange.results.recognise import read
from csvgen.exchange.results.seen import Raw
from csvgen.exchange.results.statuses import STATUSES, lines
from csvgen.model.imported import ForeignResults, ForeignVerdict

CORPUS = Path(__file__).parent / "corpus" / "results"


def read_at(path: Path) -> ForeignResults:
    files = [Raw(p.name, p) for p in sorted(path.iterdir())] if path.is_dir() else [Raw(path.name, path)]
    found, claims = read(files, None)
    assert claims == (), "nothing here is of csvgen"
    return found


def verdicts(path: Path) -> dict[str, str]:
    return {r.identity.rpartition("::")[2].rpartition("#")[2].rpartition(".")[2]: str(r.verdict) for r in read_at(path).results}


EXPECTED = {
    "pytest-junit.xml": (
        "junit",
        {
            "test_passes": "PASSED", "test_named_in_nothing": "PASSED", "test_fails": "FAILED", "test_set_up": "ERROR", "test_tear_down": "ERROR",
            "test_skipped": "SKIPPED", "test_expected_to_fail": "SKIPPED", "test_rows[1]": "PASSED", "test_rows[2]": "PASSED",
            "test_flaky": "UNKNOWN",  # pytest-rerunfailures writes the test twice and the failure nowhere
        },
    ),
    "pytest-ctrf.json": (
        "ctrf",
        {
            "test_passes": "PASSED", "test_named_in_nothing": "PASSED", "test_fails": "FAILED", "test_set_up": "FAILED", "test_tear_down": "FAILED",
            "test_skipped": "SKIPPED", "test_expected_to_fail": "SKIPPED", "test_rows[1]": "PASSED", "test_rows[2]": "PASSED", "test_flaky": "FLAKY",
        },
    ),
    "behave.json": (
        "cucumber-json",
        {
            "Passes": "PASSED", "Fails": "FAILED", "Undefined": "ERROR", "Pending": "ERROR", "Hook": "ERROR", "Skipped": "SKIPPED",
            "1 ": "PASSED", "1": "PASSED", "2": "FAILED",
        },
    ),
    "cucumber-js.json": (
        "cucumber-json",
        {
            "Passes": "PASSED", "Fails": "FAILED", "Undefined": "UNDEFINED", "Pending": "SKIPPED", "Hook": "FAILED", "Flaky": "PASSED",
            "Ambiguous": "UNDEFINED", "Skipped": "SKIPPED", "Rows @ line 43, numbers;rows": "PASSED", "Rows @ line 44, numbers;rows": "FAILED",
        },
    ),
    "pytest-bdd-cucumber.json": (
        "cucumber-json",
        {
            "Passes": "UNKNOWN", "Fails": "FAILED", "Undefined": "UNKNOWN", "Rows @ line 23, test_rows[1]": "UNKNOWN",
            "Rows @ line 23, test_rows[3]": "FAILED",
        },
    ),
    "cucumber-messages.ndjson": (
        "cucumber-messages",
        {
            "Passes": "PASSED", "Fails": "FAILED", "Undefined": "UNDEFINED", "Pending": "SKIPPED", "Hook": "FAILED", "Flaky": "FLAKY",
            "Ambiguous": "UNDEFINED", "Skipped": "SKIPPED", "feature:43": "PASSED", "feature:44": "FAILED",
        },
    ),
    "robot-output.xml": (
        "robot",
        {
            "Passes But Suite Does Not": "FAILED", "Passes": "PASSED", "Fails": "FAILED", "Set Up Fails": "FAILED", "Tear Down Fails": "FAILED",
            "Skipped": "SKIPPED", "Nested": "PASSED", "Flaky": "FAILED",
        },
    ),
    "robot-merged.xml": (
        "robot",
        {
            "Passes But Suite Does Not": "FAILED", "Passes": "PASSED", "Fails": "FAILED", "Set Up Fails": "FAILED", "Tear Down Fails": "FAILED",
            "Skipped": "SKIPPED", "Nested": "PASSED", "Flaky": "FLAKY",
        },
    ),
}  # fmt: skip
EXPECTED["behave.json"][1].pop("1 ")


@pytest.mark.parametrize("name", EXPECTED)
def test_verdicts_of_real_files(name):
    form, expected = EXPECTED[name]
    assert read_at(CORPUS / name).form == form
    assert verdicts(CORPUS / name) == expected


def test_allure_results_of_the_real_tool():
    found = {r.identity: r for r in read_at(CORPUS / "allure-results").results}
    told = {i.partition("#")[2].rpartition(" ")[0] or i.partition("#")[2]: str(r.verdict) for i, r in found.items()}
    assert told == {
        "test_passes": "PASSED", "test_linked": "PASSED", "test_fails": "FAILED", "test_breaks": "ERROR", "test_set_up": "ERROR",
        "test_tear_down": "ERROR", "test_skipped": "SKIPPED", "test_flaky": "FLAKY", "test_rows @ value='1'": "PASSED", "test_rows @ value='2'": "PASSED",
    }  # fmt: skip
    assert "tag=URS-TNY-002" in found["test_numbers#test_passes"].carries
    assert "tms=TC-OQ-0001" in found["test_numbers#test_linked"].carries
    assert found["test_numbers#test_flaky"].status == "failed, passed"
    assert all(r.started and r.started.endswith("Z") for r in found.values())


@pytest.mark.parametrize("name", ["robot-dry-run.xml", "behave-dry-run.json"])
def test_nothing_of_a_dry_run_is_executed(name):
    """Robot writes PASS for every test of a dry run."""
    assert set(verdicts(CORPUS / name).values()) == {"NOT_RUN"}


def test_ids_are_carried_from_the_feature_and_the_scenario():
    for name in ("behave.json", "cucumber-js.json", "pytest-bdd-cucumber.json", "cucumber-messages.ndjson"):
        passes = next(r for r in read_at(CORPUS / name).results if "Passes" in r.identity)
        assert {c.removeprefix("@") for c in passes.carries} == {"URS-TNY-003", "TC-OQ-0002"}


def test_what_a_format_cannot_tell_is_said():
    assert any("does not say whether a scenario was tried again" in o.what for o in read_at(CORPUS / "cucumber-js.json").oddities)
    assert any("zone" in o.what for o in read_at(CORPUS / "robot-output.xml").oddities)
    assert any("stock pytest-bdd" in o.what for o in read_at(CORPUS / "pytest-bdd-cucumber.json").oddities)


def test_the_same_files_are_read_to_the_same_value_in_any_order():
    files = [Raw(p.name, p) for p in (CORPUS / "allure-results").iterdir()]
    assert read(sorted(files, key=lambda r: r.name), None) == read(sorted(files, key=lambda r: r.name, reverse=True), None)


def test_every_status_word_is_printed_and_only_passing_words_pass():
    told = "\n".join(lines(STATUSES))
    for form, words in STATUSES.items():
        assert f"statuses of {form}: " in told
        for word, verdict in words.items():
            assert f"{word} = {verdict}" in told
            passing = word.lower().removeprefix("status ") in {
                "no child element",
                "passed",
                "pass",
                "run",
                "completed",
                "success",
                "ok",
            }
            assert (verdict is ForeignVerdict.PASSED) == passing


# ------------------------------------------------------------ each form, made small: what must not pass


def junit(body: str, suite: str = "") -> str:
    return f"<testsuites><testsuite name='s' {suite}>{body}</testsuite></testsuites>"


def one(tmp_path, name: str, text: str | bytes) -> ForeignResults:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_at(path)


@pytest.mark.parametrize(
    ("body", "suite", "verdict"),
    [
        ("<testcase name='a'/>", "", "PASSED"),
        ("<testcase name='a'><system-out>x</system-out></testcase>", "", "PASSED"),
        ("<testcase name='a'><strange/></testcase>", "", "UNKNOWN"),
        ("<testcase name='a'><skipped/></testcase>", "", "SKIPPED"),
        ("<testcase name='a'><flakyFailure message='x'/></testcase>", "", "FLAKY"),
        ("<testcase name='a'><rerunFailure message='x'/><failure message='x'/></testcase>", "", "FAILED"),
        ("<testcase name='a' status='notrun'/>", "", "NOT_RUN"),
        ("<testcase name='a' status='run' result='completed'/>", "", "PASSED"),
        ("<testcase name='a' status='failed'/>", "", "UNKNOWN"),
        ("<testcase name='a' status='green'/>", "", "UNKNOWN"),
        ("<testcase name='a'/><testcase name='a'><failure/></testcase>", "", "FLAKY"),
        ("<testcase name='a'/><testcase name='a'/>", "", "UNKNOWN"),
        ("<testcase name='a'><error/></testcase><testcase name='a'><failure/></testcase>", "", "FAILED"),
        ("<testcase name='a'/>", "failures='0' errors='1'", "UNKNOWN"),
        ("<testcase name='a'/><testsuite name='t' failures='1' errors='0'/>", "failures='1' errors='0'", "UNKNOWN"),
    ],
)
def test_junit(tmp_path, body, suite, verdict):
    found = one(tmp_path, "x.xml", junit(body, suite)).results
    assert [str(r.verdict) for r in found] == [verdict]
    assert (found[0].reason == "") == (verdict == "PASSED")


def scenario(*words: str | None, hook: str = "", **more: object) -> str:
    steps = [{"name": "s", "result": {"status": w}} if w else {"name": "s"} for w in words]
    hooks = {"after": [{"result": {"status": hook}}]} if hook else {}
    element = {"type": "scenario", "name": "a", "id": "a", "line": 1, "steps": steps, **hooks, **more}
    return json.dumps([{"uri": "x.feature", "name": "x", "elements": [element]}])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (scenario("passed", "passed"), "PASSED"),
        (scenario(), "NOT_RUN"),
        (scenario("passed", None), "NOT_RUN"),
        (scenario("passed", "pending"), "NOT_RUN"),
        (scenario("passed", "ambiguous"), "UNDEFINED"),
        (scenario("passed", "Passed"), "UNKNOWN"),
        (scenario("passed", hook="failed"), "FAILED"),
        (scenario("passed", status="hook_error"), "ERROR"),
        (scenario("passed", status="sparkling"), "UNKNOWN"),
    ],
)
def test_cucumber_json(tmp_path, text, verdict):
    assert [str(r.verdict) for r in one(tmp_path, "x.json", text).results] == [verdict]


def test_a_background_that_failed_belongs_to_the_scenario_behind_it(tmp_path):
    """As Cucumber-JVM writes it: the background is an element of its own before every scenario."""
    element = json.loads(scenario("passed"))[0]["elements"][0]
    background = {
        "type": "background",
        "name": "",
        "steps": [{"name": "b", "result": {"status": "failed", "error_message": "broke"}}],
    }
    other = {**element, "name": "b", "line": 9}
    text = json.dumps([{"uri": "x.feature", "name": "x", "elements": [background, element, {**background, "steps": []}, other]}])
    found = one(tmp_path, "x.json", text).results
    assert [(str(r.verdict), r.reason) for r in found] == [("FAILED", "broke"), ("PASSED", "")]


def messages(*, without: str = "", change: tuple[str, str] | None = None) -> bytes:
    kept = [
        line
        for line in (CORPUS / "cucumber-messages.ndjson").read_text("utf-8").splitlines()
        if not (without and line.startswith(without))
    ]
    text = "\n".join(kept) + "\n"
    if change:
        assert change[0] in text
        text = text.replace(*change)
    return text.encode("utf-8")


def test_messages_of_steps_that_never_finished_are_not_run(tmp_path):
    found = one(tmp_path, "x.ndjson", messages(without='{"testStepFinished"')).results
    assert {str(r.verdict) for r in found} == {"NOT_RUN"}


def test_messages_of_scenarios_that_never_began_are_not_left_out(tmp_path):
    def never(line: str) -> bool:
        return any(w in line[:25] for w in ("testCaseStarted", "testStep", "testCaseFinished"))

    text = "\n".join(x for x in (CORPUS / "cucumber-messages.ndjson").read_text("utf-8").splitlines() if not never(x))
    found = one(tmp_path, "x.ndjson", text).results
    assert (len(found), {str(r.verdict) for r in found}) == (10, {"NOT_RUN"})


def test_messages_with_a_hook_of_the_run_that_failed_show_no_pass(tmp_path):
    hook = '{"testRunHookFinished":{"testRunHookStartedId":"1","result":{"status":"FAILED"}}}\n{"testRunFinished"'
    found = one(tmp_path, "x.ndjson", messages(change=('{"testRunFinished"', hook))).results
    assert "PASSED" not in {str(r.verdict) for r in found}


def allure(tmp_path, result: dict, container: dict | None = None) -> list[str]:
    folder = tmp_path / "results"
    folder.mkdir()
    base = {
        "uuid": "u1",
        "name": "a",
        "fullName": "x#a",
        "historyId": "h",
        "status": "passed",
        "stage": "finished",
        "start": 1,
        "stop": 2,
    }
    (folder / "1-result.json").write_text(json.dumps({**base, **result}), encoding="utf-8")
    if container:
        (folder / "1-container.json").write_text(json.dumps({"uuid": "c", "children": ["u1"], **container}), encoding="utf-8")
    return [str(r.verdict) for r in read_at(folder).results]


@pytest.mark.parametrize(
    ("result", "container", "verdict"),
    [
        ({}, None, "PASSED"),
        ({"status": "broken"}, None, "ERROR"),
        ({"status": "unknown"}, None, "UNKNOWN"),
        ({"status": None}, None, "NOT_RUN"),
        ({"status": "great"}, None, "UNKNOWN"),
        ({"stage": "running"}, None, "NOT_RUN"),
        ({"statusDetails": {"flaky": True}}, None, "FLAKY"),
        ({}, {"befores": [{"name": "f", "status": "broken"}]}, "ERROR"),
        ({}, {"afters": [{"name": "f", "status": "failed"}]}, "ERROR"),
        ({}, {"befores": [{"name": "f", "status": "passed"}]}, "PASSED"),
    ],
)
def test_allure(tmp_path, result, container, verdict):
    assert allure(tmp_path, result, container) == [verdict]


def ctrf(**test: object) -> str:
    test = {"name": "a", "status": "passed", "duration": 1, **test}
    counts = {n: int(test["status"] == n) for n in ("passed", "failed", "skipped", "pending", "other")}
    return json.dumps({"results": {"tool": {"name": "x"}, "summary": {"tests": 1, **counts}, "tests": [test]}})


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ({}, "PASSED"), ({"status": "other"}, "UNKNOWN"), ({"status": "pending"}, "NOT_RUN"), ({"flaky": True}, "FLAKY"), ({"retries": 1}, "FLAKY"),
        ({"retryAttempts": [{"attempt": 1, "status": "failed"}]}, "FLAKY"), ({"steps": [{"name": "s", "status": "failed"}]}, "UNKNOWN"),
    ],
)  # fmt: skip
def test_ctrf(tmp_path, test, verdict):
    assert [str(r.verdict) for r in one(tmp_path, "x.json", ctrf(**test)).results] == [verdict]


def robot(test: str, around: str = "") -> str:
    return f'<robot generator="Robot 7"><suite name="S">{around}<test name="T">{test}</test></suite></robot>'


KEYWORD = '<kw name="Log"><status status="PASS"/></kw>'


@pytest.mark.parametrize(
    ("test", "around", "verdict"),
    [
        (KEYWORD + '<status status="PASS"/>', "", "PASSED"),
        ('<status status="PASS"/>', "", "NOT_RUN"),
        (
            '<kw name="Mine"><kw name="Log"><status status="NOT RUN"/></kw><status status="PASS"/></kw><status status="PASS"/>',
            "",
            "NOT_RUN",
        ),
        (KEYWORD, "", "UNKNOWN"),
        (KEYWORD + '<status status="MAYBE"/>', "", "UNKNOWN"),
        (KEYWORD + '<status status="PASS"/>', '<kw name="x" type="SETUP"><status status="FAIL"/></kw>', "FAILED"),
        (KEYWORD + '<tags><tag>URS-1</tag></tags><status status="PASS" starttime="20260101 10:00:00.000"/>', "", "PASSED"),
    ],
)
def test_robot(tmp_path, test, around, verdict):
    assert [str(r.verdict) for r in one(tmp_path, "x.xml", robot(test, around)).results] == [verdict]
