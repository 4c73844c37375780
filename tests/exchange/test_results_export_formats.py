"""Each format of an exported run, judged by those who read it: their schemas, their libraries, their tools."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import cucumber_messages
import jsonschema
import junitparser
import pytest
from lxml import etree

from csvgen.canonical import digest_bytes
from csvgen.exchange.results import allure, ctrf, junit, messages
from csvgen.exchange.results.copied import Copy
from csvgen.exchange.results.verdicts import WORDS
from csvgen.exchange.results.writing import save_folder
from csvgen.model.execution import Verdict

from ..tiny import REPOSITORY
from . import executed

TOOLS = REPOSITORY / ".tools" / "results" / "node_modules"
PAGE = REPOSITORY / "tests" / "counterparts" / "results" / "page.mjs"


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Copy:
    return executed.copied(executed.every_verdict(tmp_path_factory.mktemp("runs") / "OQ-001", executed.sealer()))


@pytest.fixture(scope="module")
def envelopes(copy) -> list[dict]:
    return [json.loads(line) for line in b"".join(messages.write(copy)).splitlines()]


def statuses(envelopes: list[dict]) -> dict[str, str]:
    """Status of each scenario as readers work it out: the worst of its steps (messages.getWorstTestStepResult)."""
    order = ["UNKNOWN", "PASSED", "SKIPPED", "PENDING", "UNDEFINED", "AMBIGUOUS", "FAILED"]
    of = {e["testCaseStarted"]["id"]: e["testCaseStarted"]["testCaseId"] for e in envelopes if "testCaseStarted" in e}
    worst = dict.fromkeys(of.values(), 0)
    for e in envelopes:
        if found := e.get("testStepFinished"):
            case = of[found["testCaseStartedId"]]
            worst[case] = max(worst[case], order.index(found["testStepResult"]["status"]))
    return {case: order[n] for case, n in worst.items()}


# ------------------------------------------------------------ Cucumber Messages


def test_every_message_is_parsed_by_the_library_of_cucumber(copy, envelopes) -> None:
    lines = b"".join(messages.write(copy)).decode("ascii")
    assert len(lines.splitlines()) == len(envelopes), "no reader splits a message at a line separator of Unicode"
    parsed = [cucumber_messages.message_converter.from_dict(e, cucumber_messages.Envelope) for e in envelopes]
    kinds = Counter(next(k for k, v in vars(e).items() if v is not None) for e in parsed)
    assert kinds["test_case"] == kinds["test_case_started"] == kinds["test_case_finished"] == kinds["pickle"] == len(copy.cases)
    assert kinds["test_step_started"] == kinds["test_step_finished"]
    assert kinds["test_run_started"] == kinds["test_run_finished"] == kinds["meta"] == 1


@pytest.mark.needs("result-tools")
def test_every_message_is_valid_by_the_schema_of_cucumber(envelopes) -> None:
    schema = json.loads((TOOLS / "@cucumber" / "messages" / "messages.schema.json").read_text())
    store = {inner["$id"]: inner for inner in schema["$defs"].values()}
    judge = jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(schema["$id"], schema, store))
    for envelope in envelopes:
        judge.validate(envelope)
    with pytest.raises(jsonschema.ValidationError):
        judge.validate({"testRunFinished": {"success": "yes"}})


def test_scenarios_have_the_status_the_table_says(copy, envelopes) -> None:
    """Also where only the tear-down broke: each step of that case passed, and no reader may call it passed."""
    found = statuses(envelopes)
    assert found == {c.id: WORDS[c.result.verdict].cucumber for c in copy.cases}
    assert found["TC-OQ-0031"] == "FAILED"
    assert found["TC-OQ-0032"] == "SKIPPED"
    told = [e["testStepFinished"]["testStepResult"] for e in envelopes if "testStepFinished" in e]
    assert {
        "status": "FAILED",
        "duration": {"seconds": 0, "nanos": 0},
        "message": "ERROR: the tear-down lost the connection",
    } in told
    assert all(r["message"] for r in told if r["status"] != "PASSED")
    end = envelopes[-1]["testRunFinished"]
    assert not end["success"]
    assert end["message"] == copy.statement


def test_a_run_in_which_all_passed_is_a_success(tmp_path) -> None:
    found = executed.copied(executed.plain(tmp_path / "OQ-001", sealed_with=executed.sealer()))
    lines = list(messages.envelopes(found))
    assert set(statuses(lines).values()) == {"PASSED"}
    assert lines[-1]["testRunFinished"]["success"]
    assert not any("hook" in e for e in lines)
    unsealed = executed.copied(executed.plain(tmp_path / "OQ-002"))
    assert not list(messages.envelopes(unsealed))[-1]["testRunFinished"]["success"]


def test_cases_of_a_feature_that_were_not_planned_are_no_part_of_it(tmp_path) -> None:
    first = executed.protocol().cases[0]
    told = executed.recorder(executed.begun(tmp_path / "OQ-001", [first], scope="partial"))
    executed.passed(told, first)
    told.close()
    lines = list(messages.envelopes(executed.copied(tmp_path / "OQ-001")))
    assert [e["pickle"]["name"] for e in lines if "pickle" in e] == ["TC-OQ-0001 a limit of 4.0"]


def test_evidence_travels_whole_or_is_named(copy, envelopes) -> None:
    """Small text as it is, other small files in base 64, a large one by its place in the run folder."""
    held = {a.sha256: a for c in copy.cases for s in c.result.steps for a in s.attachments}
    sent = {}
    for e in envelopes:
        if (a := e.get("attachment")) and a["mediaType"] != messages.LOG:
            body = a["body"].encode() if a["contentEncoding"] == "IDENTITY" else base64.b64decode(a["body"])
            sent[digest_bytes(body)] = (a["mediaType"], a["fileName"])
    outside = [e["externalAttachment"]["url"] for e in envelopes if "externalAttachment" in e]
    assert len(outside) == 1
    assert (copy.folder / outside[0]).stat().st_size == 300_000
    named = {d: (a.media_type, a.name) for d, a in held.items() if not outside[0].endswith(d.removeprefix("sha256:"))}
    assert sent == named
    assert len(named) == 3


def test_times_are_those_of_the_record(copy, envelopes) -> None:
    first = copy.cases[0].result
    begun = next(e["testCaseStarted"] for e in envelopes if "testCaseStarted" in e)
    ended = next(e["testCaseFinished"] for e in envelopes if "testCaseFinished" in e)
    for told, recorded in ((begun, first.started), (ended, first.finished)):
        moment = told["timestamp"]
        assert time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment["seconds"])) == recorded[:19]


def test_features_are_those_that_were_executed(envelopes) -> None:
    sources = {e["source"]["uri"]: e["source"]["data"] for e in envelopes if "source" in e}
    assert sources["OQ/limits.feature"] == executed.FEATURE
    assert "as the run recorded them" in sources["as-recorded/OQ-001.feature"]
    pickles = {e["pickle"]["name"]: e["pickle"] for e in envelopes if "pickle" in e}
    rows = pickles["TC-OQ-0001 a limit of 4.0"]["steps"][1]["argument"]["dataTable"]["rows"]
    assert [c["value"] for c in rows[0]["cells"]] == ["column", "b | c"]
    assert [t["name"] for t in pickles["TC-OQ-0002 a limit of 4.1"]["tags"]] == ["@OQ", "@URS-X-001", "@risk-high", "@RA-X-001"]


@pytest.fixture(scope="module")
def page(copy, tmp_path_factory) -> dict:
    """What a reader sees of the page the html-formatter makes, with its scripts running in a DOM and everything unfolded."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "messages.ndjson").write_bytes(b"".join(messages.write(copy)))
    script = folder / PAGE.name
    script.write_bytes(PAGE.read_bytes())
    (folder / "node_modules").symlink_to(TOOLS)
    done = subprocess.run(
        ["node", script, "messages.ndjson", "page.html"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.needs("result-tools")
def test_the_official_page_shows_scenarios_failed_steps_and_whose_copy_it_is(copy, page) -> None:
    assert page["problems"] == []
    text = page["text"]
    for case in copy.cases:
        assert case.id in text
    assert "copy of run OQ-001 of probe | NOT COMPLETE" in text
    assert copy.seal in text
    assert "FAILED: because" in text
    assert "ERROR: the tear-down lost the connection" in text
    assert "UNDEFINED: because" in text, "the page has words of its own for an undefined step; ours stand beside them"
    for count in ("passed 2", "skipped 3", "pending 1", "undefined 1", "failed 3"):
        assert count in text
    assert "expected (equal) '7' mg, observed '7' mg" in text


@pytest.mark.needs("result-tools")
def test_nothing_hostile_runs_in_the_official_page(page) -> None:
    assert "window.pwned" in page["text"], "it is shown as text"
    assert page["pwned"] is None


# ------------------------------------------------------------ JUnit

RULES = b"""<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="testsuites">
    <optional><attribute name="name"/></optional><optional><attribute name="tests"/></optional><optional><attribute name="failures"/></optional>
    <optional><attribute name="errors"/></optional><optional><ref name="time"/></optional>
    <zeroOrMore><ref name="suite"/></zeroOrMore>
  </element></start>
  <define name="time"><attribute name="time"><data type="string"><param name="pattern">([0-9]{0,3},?)*(\\.[0-9]{0,3})?</param></data></attribute></define>
  <define name="suite"><element name="testsuite">
    <attribute name="name"/><attribute name="tests"/><attribute name="failures"/><attribute name="errors"/>
    <optional><attribute name="skipped"/></optional><optional><ref name="time"/></optional>
    <optional><attribute name="timestamp"/></optional><optional><attribute name="hostname"/></optional>
    <optional><attribute name="id"/></optional><optional><attribute name="package"/></optional>
    <zeroOrMore><choice><ref name="suite"/><ref name="properties"/><ref name="case"/><ref name="streams"/></choice></zeroOrMore>
  </element></define>
  <define name="properties"><element name="properties"><zeroOrMore>
    <element name="property"><attribute name="name"/><attribute name="value"/><empty/></element>
  </zeroOrMore></element></define>
  <define name="case"><element name="testcase">
    <attribute name="name"/><optional><attribute name="classname"/></optional><optional><attribute name="time"/></optional>
    <zeroOrMore><choice><ref name="outcome"/><ref name="streams"/></choice></zeroOrMore>
  </element></define>
  <define name="outcome"><element><choice><name>skipped</name><name>error</name><name>failure</name></choice>
    <optional><attribute name="type"/></optional><optional><attribute name="message"/></optional><text/>
  </element></define>
  <define name="streams"><element><choice><name>system-out</name><name>system-err</name></choice><text/></element></define>
</grammar>"""
"""What junit-10.xsd of Jenkins' xUnit plugin asks of the elements used here, in RELAX NG: properties belong to suites, times end after three decimals."""


@pytest.fixture(scope="module")
def xml(copy) -> bytes:
    return b"".join(junit.write(copy))


def test_junit_is_what_jenkins_asks_for(xml) -> None:
    judge = etree.RelaxNG(etree.fromstring(RULES))
    judge.assertValid(etree.fromstring(xml))
    strange = xml.replace(b"<system-out>", b"<properties/><system-out>", 1)
    assert not judge.validate(etree.fromstring(strange))


def test_junit_is_read_by_another_library(copy, xml) -> None:
    read = junitparser.JUnitXml.fromstring(xml)
    assert (read.tests, read.failures, read.errors) == (10, 1, 3)
    cases = [(case.name, [type(r).__name__.lower() for r in case.result]) for suite in read for case in suite]
    words = [(c.result.verdict, WORDS[c.result.verdict].junit) for c in copy.cases]
    assert [kinds for _, kinds in cases] == [[word] if word else [] for _, word in words]
    facts = [{p.name: p.value for p in suite.properties()} for suite in read]
    for case, told in zip(copy.cases, facts, strict=True):
        assert (told["case"], told["run"], told["seal"], told["verdict"]) == (
            case.id,
            "OQ-001",
            copy.seal,
            str(case.result.verdict),
        )
    assert (facts[0]["requirement"], facts[0]["risk"]) == ("URS-X-001", "RA-X-001")
    assert read.time == sum(suite.time for suite in read)


def test_hostile_text_comes_out_of_junit_as_text(xml) -> None:
    """Only what XML cannot hold is written otherwise, and so that it is seen."""
    root = ET.fromstring(xml)
    shown = executed.HOSTILE.replace("\x1b", "\\u001b").replace("\x00", "\\u0000").replace("\x07", "\\u0007")
    failure = next(root.iter("failure"))
    assert failure.get("message") == f"FAILED: because {shown}"
    assert not list(root.iter("script"))
    assert f"1. Given {shown} one: FAILED: because {shown}" in "".join(e.text or "" for e in root.iter("system-out"))


# ------------------------------------------------------------ CTRF


@pytest.fixture(scope="module")
def report(copy) -> dict:
    return json.loads(b"".join(ctrf.write(copy)))


@pytest.mark.needs("result-tools")
def test_ctrf_is_valid_by_its_published_schema(report) -> None:
    schema = json.loads((TOOLS / "ctrf" / "dist" / "ctrf-schema-0.0.json").read_text())
    judge = jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    judge.validate(report)
    with pytest.raises(jsonschema.ValidationError):
        judge.validate({**report, "results": {**report["results"], "strange": 1}})


def test_ctrf_counts_what_it_holds(copy, report) -> None:
    summary, tests = report["results"]["summary"], report["results"]["tests"]
    found = Counter(t["status"] for t in tests)
    assert {s: summary[s] for s in ("passed", "failed", "skipped", "pending", "other")} == {
        **dict.fromkeys(("passed", "failed", "skipped", "pending", "other"), 0),
        **found,
    }
    assert summary["tests"] == len(tests) == 10
    assert [(t["testId"], t["status"], t["rawStatus"]) for t in tests] == [
        (c.id, WORDS[c.result.verdict].ctrf, str(c.result.verdict)) for c in copy.cases
    ]
    assert tests[0]["labels"] == {"requirement": ["URS-X-001"], "risk": ["RA-X-001"], "mark": list(copy.marks)}
    assert tests[2]["message"] == f"because {executed.HOSTILE}", "text is as it was recorded, a formula too"
    assert tests[0]["steps"][0]["extra"]["observations"][0]["actual"] == "7"
    for attachment in (a for t in tests for a in t.get("attachments", ())):
        assert digest_bytes((copy.folder / attachment["path"]).read_bytes()) == attachment["extra"]["sha256"]


# ------------------------------------------------------------ Allure


@pytest.fixture(scope="module")
def results(copy, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("allure") / "allure-results"
    save_folder(place, allure.files(copy))
    return place


@pytest.mark.needs("result-tools")
def test_the_allure_tool_opens_the_results(copy, results, tmp_path) -> None:
    command = ["node", TOOLS / "allure" / "cli.js", "generate", results, "-o", tmp_path / "report"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(p.read_bytes()) for p in (tmp_path / "report" / "data" / "test-results").glob("*.json")]
    assert {(t["name"], t["status"]) for t in found} == {(c.name, WORDS[c.result.verdict].allure) for c in copy.cases}
    first = next(t for t in found if t["name"].startswith("TC-OQ-0001"))
    assert [s["name"] for s in first["steps"]] == ["Given a thing", 'When it is used with "4.0"', "Then it answers"]
    assert {"requirement": ["URS-X-001"], "risk": ["RA-X-001"]}.items() <= first["groupedLabels"].items()
    told = {
        e["name"]: e["values"] for e in json.loads((tmp_path / "report" / "widgets" / "allure_environment.json").read_bytes())
    }
    assert told["copy"] == [copy.statement]
    assert told["seal"] == [copy.seal]
    kept = {digest_bytes(p.read_bytes()) for p in (tmp_path / "report" / "data" / "attachments").iterdir()}
    assert kept == {a.sha256 for c in copy.cases for s in c.result.steps for a in s.attachments}


def test_files_of_allure_have_names_of_ours_and_no_type_that_runs(results) -> None:
    assert all(p.name.isascii() and p.parent == results for p in results.rglob("*"))
    told = [json.loads(p.read_bytes()) for p in sorted(results.glob("*-result.json"))]
    attached = [a for t in told for s in t["steps"] for a in s["attachments"]]
    assert {a["type"] for a in attached} == {"text/plain", "image/png", "application/zip"}, (
        "the page of the run is plain text here"
    )
    for a in attached:
        name = a["source"].partition("-")[0]
        assert digest_bytes((results / a["source"]).read_bytes()) == f"sha256:{name}"


def test_the_history_of_a_case_is_one_over_all_its_runs(tmp_path, copy) -> None:
    other = executed.copied(executed.plain(tmp_path / "OQ-007", sealed_with=executed.sealer(), mode="engineering"))

    def told(of: Copy) -> dict[str, dict]:
        found = [json.loads(data) for name, data in allure.files(of) if name.endswith("-result.json")]
        return {t["name"]: t for t in found}

    one, two = told(copy)["TC-OQ-0001 a limit of 4.0"], told(other)["TC-OQ-0001 a limit of 4.0"]
    assert one["historyId"] == two["historyId"]
    assert one["uuid"] != two["uuid"]
    assert len({t["historyId"] for t in told(copy).values()}) == 10


# ------------------------------------------------------------ a run that calls itself something hostile


def properties(text: bytes) -> dict[str, str]:
    """A file of Java properties as java.util.Properties reads the lines we write: escapes, and the first separator."""
    found = {}
    for line in text.decode("latin-1").splitlines():
        key, _, value = line.partition("=")
        found[key] = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), value)
    return found


def test_a_plan_full_of_hostile_text_stays_text_in_every_format(tmp_path) -> None:
    folder = executed.plain(tmp_path / "OQ-001")
    names = ("run", "system", "target", "account", "account_owner")
    executed.rewritten(folder, **{name: f"{name} {executed.HOSTILE}" for name in names})
    hostile = executed.copied(folder)
    lines = b"".join(messages.write(hostile)).splitlines()
    told = [cucumber_messages.message_converter.from_dict(json.loads(line), cucumber_messages.Envelope) for line in lines]
    assert executed.HOSTILE in told[0].meta.ci.name
    root = ET.fromstring(b"".join(junit.write(hostile)))
    ours = {"testsuites", "testsuite", "properties", "property", "testcase", "system-out", "skipped"}
    assert {e.tag for e in root.iter()} == ours
    read = json.loads(b"".join(ctrf.write(hostile)))
    assert read["results"]["environment"]["testEnvironment"] == f"target {executed.HOSTILE}"
    held = dict(allure.files(hostile))
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", name) for name in held)
    environment = properties(held["environment.properties"])
    assert environment["executed_by"] == f"account {executed.HOSTILE}"
    assert environment.keys() == {name.replace(" ", "_") for name in hostile.facts}
    assert json.loads(held["executor.json"])["buildName"].startswith(f"run {executed.HOSTILE}")


# ------------------------------------------------------------ many cases


def test_a_large_run_is_written_in_small_pieces(tmp_path) -> None:
    """Counted, not timed: no piece that is written is larger than a few cases, however many cases there are."""
    cases = [executed.by_hand(n, "one of many") for n in range(1, 401)]
    told = executed.recorder(executed.begun(tmp_path / "OQ-001", cases))
    for case in cases:
        executed.passed(told, case)
    told.close()
    many = executed.copied(tmp_path / "OQ-001")
    assert many.cases[399].result.verdict is Verdict.PASSED
    assert max(map(len, junit.write(many))) < 8_000
    assert max(map(len, ctrf.write(many))) < 8_000
    assert max(len(data) for _, data in allure.files(many)) < 8_000
    sizes = [len(line) for line in messages.write(many)]
    assert sorted(sizes)[-3] < 3_000, "but for the one feature of what was recorded"
