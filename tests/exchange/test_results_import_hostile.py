"""Files that are broken or meant to harm: each a clear message, nothing of it believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results import json_text, seen
from csvgen.exchange.results.recognise import read
from csvgen.exchange.results.seen import Raw

from .test_results_import_readers import CORPUS, ctrf, junit, messages, one, robot, scenario

BOMB = """<?xml version="1.0"?><!DOCTYPE testsuite [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><testsuite><testcase name="&c;"/></testsuite>"""
FILE = """<!DOCTYPE testsuite [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>"""


def refused(tmp_path, name: str, data: str | bytes, form=None) -> str:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    with pytest.raises(Unreadable) as caught:
        read([Raw(path.name, path)], form)
    assert name in caught.value.where
    return str(caught.value)


@pytest.mark.parametrize("form", ["junit", "robot"])
@pytest.mark.parametrize(
    "text", [BOMB, FILE, "<!DOCTYPE testsuite><testsuite/>", '<!DOCTYPE t SYSTEM "http://x.example/t.dtd"><testsuite/>']
)
def test_document_types_and_entities_are_refused(tmp_path, text, form):
    assert "document type or entities" in refused(tmp_path, "x.xml", text, form)


def test_an_entity_that_nobody_declared_is_refused(tmp_path):
    assert "undefined entity" in refused(tmp_path, "x.xml", "<testsuite><testcase name='a'>&x;</testcase></testsuite>", "junit")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (junit("<testcase name='a'/>")[:-5], "the file ends in the middle"),
        (junit("<testcase name='a'")[:30], "the file ends in the middle"),
        ("<testsuite><testcase></testsuite></testcase>", "not XML: mismatched tag"),
        ("<testsuite>" + "<a>" * 600 + "</a>" * 600 + "</testsuite>", "nested deeper than 500"),
        (junit(f"<testcase name='{'x' * 200_000}'/>"), "an attribute of more than 100000"),
        (junit("<testcase " + " ".join(f"a{n}='1'" for n in range(300)) + "/>"), "more than 200"),
        ("<?xml version='1.0' encoding='utf-8'?><testsuite><testcase name='\u00e4'/></testsuite>".encode("latin-1"), "not in the encoding it declares"),
        ("<?xml version='1.0' encoding='klingon'?><testsuite/>", "encoding"),
        ("<?xml version='1.0' encoding='utf-16'?><testsuite/>", "encoding"),
        (junit("<!--" + "x" * 5_000_000 + "--><testcase name='a'/>"), "of more than 4194304 bytes"),
        (junit(""), "there is no result in it"),
        ("<html/>", "its root is 'html'"),
    ],
)  # fmt: skip
def test_xml_that_is_broken_or_built_to_harm(tmp_path, text, words):
    path = tmp_path / "x.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    with pytest.raises(Unreadable, match=words):
        read([Raw("x.xml", path)], "junit")


def test_utf_16_and_latin_1_are_read_when_they_are_declared(tmp_path):
    text = "<?xml version='1.0' encoding='{}'?><testsuite><testcase name='gr\u00fcn'/></testsuite>"
    for encoding in ("utf-16", "iso-8859-1"):
        assert one(tmp_path, f"{encoding}.xml", text.format(encoding).encode(encoding)).results[0].identity == "grün"


DEEP = '[{"name":' + "[" * 100_000 + "]" * 100_000 + "}]"


@pytest.mark.parametrize(
    ("form", "data", "words"),
    [
        ("cucumber-json", scenario("passed")[:-9], "ends in the middle"),
        ("cucumber-json", '[{"name": "a", "name": "b"}]', "'name' stands twice"),
        ("cucumber-json", DEEP, "nested deeper"),
        ("cucumber-json", "{}", "a list of features"),
        ("cucumber-json", "[3]", "an object is expected"),
        ("cucumber-json", '[{"name": "a", "elements": 3}]', "a list is expected"),
        ("cucumber-json", "[]", "there is no result"),
        ("cucumber-json", '[{"name": "\u00e4"}]'.encode("latin-1"), "not UTF-8"),
        ("ctrf", ctrf()[:-3], "ends in the middle"),
        ("ctrf", ctrf().replace('"passed": 1', '"passed": 2'), "does not count its tests: passed 2, 1 there"),
        ("ctrf", ctrf().replace('"tests": 1', '"tests": 5'), "tests 5, 1 there"),
        ("ctrf", "[]", "an object is expected"),
        ("cucumber-messages", messages(without='{"testRunFinished"'), "ends before the run does"),
        ("cucumber-messages", messages()[:-20], "ends in the middle"),
        ("cucumber-messages", messages(without='{"testCaseStarted"'), "attempt that was never begun"),
        ("cucumber-messages", messages(without='{"pickle"'), "a pickle that the file does not have"),
        ("cucumber-messages", messages(without='{"testCase"'), "a test case that the file does not have"),
        ("cucumber-messages", messages() + messages(), "stands twice"),
    ],
)
def test_json_that_is_broken_or_built_to_harm(tmp_path, form, data, words):
    assert words in refused(tmp_path, "x.json", data, form)


def test_an_allure_result_that_stands_twice_is_refused(tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}-result.json").write_text('{"uuid": "u", "name": "a", "status": "passed"}', encoding="utf-8")
    with pytest.raises(Unreadable, match="'u' stands twice"):
        read([Raw(p.name, p) for p in sorted(tmp_path.iterdir())], None)


def oddities(found) -> str:
    return "\n".join(f"{o.place}: {o.what}" for o in found.oddities)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("NaN", "no finite number"),
        ("Infinity", "no finite number"),
        ("-1", "negative"),
        ("soon", "is no number"),
        ("1e999", "no finite number"),
    ],
)
def test_durations_that_are_none(tmp_path, value, words):
    files = {
        "x.xml": junit(f"<testcase name='a' time='{value}'/>"),
        "r.xml": robot(f'<kw name="L"><status status="PASS"/></kw><status status="PASS" elapsed="{value}"/>'),
    }
    if value != "soon":
        files["x.json"] = ctrf().replace('"duration": 1', f'"duration": {value}')
        files["c.json"] = scenario("passed").replace('"status": "passed"', f'"status": "passed", "duration": {value}')
    for name, text in files.items():
        found = one(tmp_path, name, text)
        assert words in oddities(found), name
        assert [r.seconds for r in found.results] == [""], name


def test_numbers_without_end_are_no_counts(tmp_path):
    """Python refuses to read more than 4300 digits, with an error of its own."""
    many = "9" * 5000
    assert one(tmp_path, "x.xml", junit("<testcase name='a'/>", f"failures='{many}' errors='0'")).results
    assert one(tmp_path, "x.json", ctrf(retries=0).replace('"retries": 0', f'"retries": {many}')).results
    changed = messages(change=('"attempt":0', f'"attempt":{many}'))
    assert one(tmp_path, "x.ndjson", changed).results
    (tmp_path / "a").mkdir()
    text = f'{{"uuid": "u", "name": "a", "status": "passed", "start": {many}, "stop": 1e-999999}}'
    (tmp_path / "a" / "1-result.json").write_text(text, encoding="utf-8")
    assert read([Raw("1-result.json", tmp_path / "a" / "1-result.json")], None)[0].results[0].seconds == ""
    assert one(tmp_path, "y.xml", junit("<testcase name='a' time='1e-999999'/>")).results[0].seconds == "0"


def test_numbers_written_as_text_are_read_and_told(tmp_path):
    found = one(tmp_path, "x.json", ctrf(duration="1500"))
    assert (found.results[0].seconds, "written as text" in oddities(found)) == ("1.5", True)
    assert "written as text" not in oddities(one(tmp_path, "y.json", ctrf(duration=1500)))


@pytest.mark.parametrize(
    ("said", "started", "told"),
    [
        ("2026-03-29T02:30:00+02:00", "2026-03-29T00:30:00.000000Z", ""),
        ("2026-03-29T02:30:00Z", "2026-03-29T02:30:00.000000Z", ""),
        ("2026-03-29T02:30:00", None, "without a zone"),
        ("yesterday", None, "cannot be read"),
    ],
)
def test_times_are_of_record_only_with_their_zone(tmp_path, said, started, told):
    found = one(tmp_path, "x.xml", junit(f"<testcase name='a' timestamp='{said}'/>"))
    assert found.results[0].started == started
    assert told in oddities(found)


def test_text_is_one_harmless_line_and_cut(tmp_path):
    text = json.dumps(
        [
            {
                "uri": "x",
                "elements": [
                    {"type": "scenario", "name": "a\u202e\u001b[31m\ud800", "steps": [], "tags": [{"name": "t" * 9_000}]}
                ],
            }
        ]
    )
    result = one(tmp_path, "x.json", text).results[0]
    assert result.identity == "x::a\\u202e\\u001b[31m\\ud800"
    assert len(result.carries[0]) == 300


def test_what_is_said_of_very_many_is_counted(tmp_path):
    found = one(tmp_path, "x.xml", junit("".join(f"<testcase name='a{n}' time='-1'/>" for n in range(500))))
    assert len(found.oddities) == 51
    assert "(450 times)" in oddities(found)


def test_too_many_results_and_too_much_json_are_refused_by_their_figure(tmp_path, monkeypatch):
    monkeypatch.setattr(seen, "MAX_RESULTS", 3)
    with pytest.raises(Unreadable, match="more than 3 results"):
        one(tmp_path, "x.xml", junit("".join(f"<testcase name='a{n}'/>" for n in range(4))))
    monkeypatch.setattr(json_text, "MAX_BYTES", 10)
    with pytest.raises(Unreadable, match="more than 10 bytes"):
        one(tmp_path, "x.json", ctrf())


@pytest.mark.parametrize(
    "name",
    ["pytest-junit.xml", "behave.json", "cucumber-js.json", "pytest-ctrf.json", "robot-output.xml", "cucumber-messages.ndjson"],
)
def test_no_beginning_of_a_file_is_taken_for_the_whole(tmp_path, name):
    """Cut anywhere, a file is refused; it never gives a result."""
    data = (CORPUS / name).read_bytes().rstrip()
    form = read([Raw(name, CORPUS / name)], None)[0].form
    for at in [*range(1, len(data), max(1, len(data) // 60)), len(data) - 1]:
        path = tmp_path / name
        path.write_bytes(data[:at])
        with pytest.raises(Unreadable):
            read([Raw(name, path)], form)


def test_files_of_several_formats_are_not_one_import(tmp_path):
    (tmp_path / "a.xml").write_text(junit("<testcase name='a'/>"), encoding="utf-8")
    (tmp_path / "b.xml").write_text(robot('<status status="PASS"/>'), encoding="utf-8")
    with pytest.raises(Unreadable, match="several formats in one folder: junit, robot"):
        read([Raw(p.name, p) for p in sorted(tmp_path.iterdir())], None)
    (tmp_path / "b.xml").write_text(junit("<testcase name='b'/>"), encoding="utf-8")
    found, _ = read([Raw(p.name, p) for p in sorted(tmp_path.iterdir())], None)
    assert [r.identity for r in found.results] == ["s::a", "s::b"]


MEASURED = """
import sys
from pathlib import Path
from csvgen.exchange.results.recognise import read
from csvgen.exchange.results.seen import Raw
found, _ = read([Raw("x", Path(sys.argv[1]))], None)
peak = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(len(found.results), peak)
"""
"""Not ru_maxrss: a child begins with the peak of the process that started it."""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["junit", "robot", "cucumber-messages"])
def test_a_hundred_megabytes_need_no_more_memory_than_one(tmp_path, form):
    """The same results with little and with very much text in them: memory is asked of a process of its own."""
    filling = "output of a test, line after line\n"
    number = 1000 if form == "cucumber-messages" else 4  # a line of Messages has a limit, an element of XML has none

    def write(name: str, times: int) -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as file:
            if form == "junit":
                file.write("<testsuites><testsuite name='s'>")
                for n in range(number):
                    file.write(f"<testcase name='t{n}'><system-out>{filling * times}</system-out></testcase>")
                file.write("</testsuite></testsuites>")
            elif form == "robot":
                file.write("<robot generator='Robot 7'><suite name='s'>")
                for n in range(number):
                    kw = f"<kw name='Log'><msg>{filling * times}</msg><status status='PASS'/></kw>"
                    file.write(f"<test name='t{n}'>{kw}<status status='PASS'/></test>")
                file.write("</suite></robot>")
            else:
                file.write('{"meta":{"implementation":{"name":"x"}}}\n')
                for n in range(number):
                    file.write(
                        json.dumps({"pickle": {"id": f"p{n}", "uri": "x", "name": f"t{n}", "tags": [], "astNodeIds": [str(n)]}})
                        + "\n"
                    )
                    file.write(json.dumps({"attachment": {"body": filling * times, "mediaType": "text/plain"}}) + "\n")
                file.write('{"testRunFinished":{"success":true}}\n')
        return path

    def measured(path: Path) -> tuple[int, int]:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True, env=env)
        count, peak = done.stdout.split()
        return int(count), int(peak)

    small, large = write("small", 30_000 // number), write("large", 3_100_000 // number)
    assert large.stat().st_size > 100_000_000
    (few, low), (many, high) = measured(small), measured(large)
    assert (few, many) == (number, number)
    assert high - low < 20_000, f"{low} kB for {small.stat().st_size} bytes, {high} kB for {large.stat().st_size}"
