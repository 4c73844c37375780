"""What `csvgen check` prints, in every form and for every reader: people, editors, build servers; and what it remembers.

Judges are not ours: the schema of OASIS for SARIF, the one of the Jenkins plugin for JUnit, processes of their own for exit codes.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from lxml import etree

from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.errors import Exit
from csvgen.rendering import render_text

from ..tiny import clean_environment

SPEC_TESTS = Path(__file__).parents[1] / "spec"
SMALL = SPEC_TESTS / "small"
FORMS = ("text", "concise", "json", "github", "sarif", "junit")
HOSTILE = "x\n::error file=a,line=1::forged\r]]> <b>&amp; %0A 100% \u202e \u2028 \x9b31m \x07 \ufffe"
LINE = re.compile(r"\S+:\d+:\d+: (error|warning|note) [A-Z]{3}\d{3} .+")
COMMAND = re.compile(r"::(error|warning|notice) file=[^:,]+,line=\d+,col=\d+,title=[A-Z]{3}\d{3}::\S.*")
REASON = "Agreed with the process owner, memo QA-118."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(SMALL, tmp_path / "requirements_specs")
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\n', encoding="utf-8")
    return tmp_path


def folder(project: Path) -> Path:
    return project / "requirements_specs" / "probe"


def swap(project: Path, name: str, old: str, new: str) -> None:
    path = folder(project) / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(project: Path, *arguments: str) -> tuple[int, str]:
    from csvgen.cli import cli

    done = CliRunner().invoke(cli, ["-C", str(project), "check", *arguments], standalone_mode=False, catch_exceptions=False)
    return int(done.return_value), done.stdout


def process(project: Path, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "csvgen", *arguments],
        cwd=project,
        env=clean_environment() | changed,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def without_criterion(project: Path) -> None:
    """One warning: URS102 about URS-P-001."""
    swap(
        project, "urs/urs.yaml",
        '    criteria:\n      - id: ac-1\n        title: a greeting is given\n        given: [the probe is on]\n'
        '        when: [somebody asks]\n        then: ["the answer is \\"hello\\""]\n',
        "",
    )  # fmt: skip
    swap(project, "pq/pq.yaml", "covers: [URS-P-001, ", "covers: [")


def set_aside(project: Path) -> None:
    content = {"format": "csvgen.suppressions/1", "suppressions": [{"rule": "URS102", "id": "URS-P-001", "reason": REASON}]}
    (folder(project) / "suppressions.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def hostile(project: Path) -> Path:
    """An id with everything a renderer could trip over, standing twice; in a file whose name is no better, and not even text."""
    entries = "".join(f"  - {{id: {json.dumps(HOSTILE)}}}\n" for _ in range(2))
    path = Path(os.fsdecode(os.fsencode(folder(project)) + b"/urs/\xff\n::error, 100%]]>\x1b[2J.yaml"))
    path.write_text(f"format: csvgen.urs/1\nrequirements:\n{entries}", encoding="utf-8")
    return path


# ------------------------------------------------------------------ text


def caret(out: str, rule: str) -> tuple[str, int]:
    """The source line shown for the first finding of a rule, and the cell its caret stands in, counted from the bar."""
    lines = out.split("\n")
    at = next(n for n, line in enumerate(lines) if f" {rule} " in line)
    return lines[at + 1].split("| ", 1)[1], lines[at + 2].split("| ", 1)[1].index("^")


@pytest.mark.parametrize(
    ("before", "cells"),
    [
        ("  - {", 5),
        ("  - {attributes: {a: 漢字}, ", 28),  # two wide characters of two cells
        ("  - {attributes: {a: ｗｉｄｅ}, ", 32),
        ("  - {attributes: {a: e\u0301e\u0301}, ", 26),  # accents that stand on the letter before
        ("  - {attributes: {a: 'b\tc'}, ", 29),
        ("  - {attributes: {a: 'b\u00adc'}, ", 34),  # a soft hyphen is shown by its number
    ],
    ids=["plain", "wide", "full width", "combining", "tab", "hidden"],
)
def test_the_caret_stands_under_the_place(project, before, cells):
    (folder(project) / "urs" / "more.yaml").write_text(
        f"format: csvgen.urs/1\nrequirements:\n{before}statment: x}}\n", encoding="utf-8"
    )
    _, out = check(project)
    line, cell = caret(out, "SPC002")
    assert line.endswith("statment: x}")
    assert cell == cells


def test_windows_line_ends_and_a_byte_order_mark_are_not_shown(project):
    (folder(project) / "urs" / "more.yaml").write_bytes(b"\xef\xbb\xbfformt: csvgen.urs/1\r\nrequirements: []\r\n")
    _, out = check(project)
    assert caret(out, "SPC002") == ("formt: csvgen.urs/1", 0)


def test_of_a_long_line_the_place_is_shown():
    d = Diagnostic(rule="URS106", severity=Severity.WARNING, location=Location("a.yaml", 1, 5001), message="m")
    shown = render_text([d], {"a.yaml": ["a" * 5000 + "B" + "c" * 5000]}).split("\n")
    text, place = (line.split("| ", 1)[1] for line in shown[1:3])
    assert len(text) == 160
    assert text[place.index("^")] == "B"


def test_a_finding_is_one_line_in_concise_and_has_its_hint_in_both(project):
    swap(project, "urs/urs.yaml", "statement: The probe shall greet", "statment: The probe shall greet")
    _, text = check(project)
    code, concise = check(project, "--format", "concise")
    assert code == 1
    assert "        = hint: did you mean 'statement'?" in text
    _, findings = check(project, "--format", "json")
    lines = concise.splitlines()
    assert len(lines) == len(json.loads(findings)) > 1
    assert all(LINE.fullmatch(line) for line in lines)
    assert {line.partition(" | hint: ")[0] for line in lines} <= set(text.splitlines())
    assert any(" | hint: did you mean 'statement'? " in line for line in lines)


# ------------------------------------------------------------------ machines


def sarif(out: str) -> Any:
    found = json.loads(out)
    schema = json.loads((SPEC_TESTS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    jsonschema.validate(found, schema, cls=jsonschema.Draft4Validator)
    for result in found["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), uri
    return found


def junit(out: str) -> Any:
    schema = etree.XMLSchema(etree.parse(SPEC_TESTS / "junit-10.xsd"))
    found = etree.fromstring(out.encode())
    schema.assertValid(found)
    return found


def test_the_judges_can_say_no(project):
    without_criterion(project)
    bad = json.loads(check(project, "--format", "sarif")[1])
    bad["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        sarif(json.dumps(bad))
    with pytest.raises(etree.DocumentInvalid):
        junit(check(project, "--format", "junit")[1].replace("<testcase", "<test-case").replace("</testcase", "</test-case"))


@pytest.mark.parametrize("form", FORMS)
def test_data_goes_to_stdout_and_talk_to_stderr(project, form):
    without_criterion(project)
    swap(project, "urs/urs.yaml", "11.10(a)", "11.10(z)")
    done = process(project, "check", "--format", form)
    assert done.returncode == Exit.FINDINGS
    assert done.stderr.splitlines() == [
        "probe: 4 requirements, 2 risks, 0 functions, 2 scenarios",
        "1 error, 1 warning.",
    ]
    match form:
        case "json":
            assert [(d["rule"], d["severity"], d["about"]) for d in json.loads(done.stdout)] == [
                ("URS102", "warning", "URS-P-001"),
                ("CIT301", "error", "URS-P-001"),
            ]
        case "sarif":
            assert [(r["ruleId"], r["level"]) for r in sarif(done.stdout)["runs"][0]["results"]] == [
                ("URS102", "warning"),
                ("CIT301", "error"),
            ]
        case "junit":
            # What makes the command fail is what fails here; a warning says its words and passes.
            assert [f.get("type") for f in junit(done.stdout).iter("failure")] == ["error"]
            assert len(list(junit(done.stdout).iter("system-out"))) == 1
        case "github":
            assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["::warning", "::error"]
        case _:
            assert len([line for line in done.stdout.splitlines() if LINE.fullmatch(line)]) == 2


@pytest.mark.parametrize("form", FORMS)
def test_without_findings_every_form_is_whole(project, form):
    code, out = check(project, "--format", form)
    assert code == 0
    match form:
        case "json":
            assert json.loads(out) == []
        case "sarif":
            assert sarif(out)["runs"][0]["results"] == []
        case "junit":
            cases = list(junit(out).iter("testcase"))
            assert {c.get("name") for c in cases} == {"no findings"}
            assert len(cases) == len(list(folder(project).rglob("*.yaml")))
        case _:
            assert out == ""


def test_sarif_says_where_what_and_how_to_learn_more(project):
    swap(project, "urs/urs.yaml", "statement: The probe shall greet", "statment: The probe shall greet")
    run = sarif(check(project, "--format", "sarif")[1])["runs"][0]
    result = next(r for r in run["results"] if r["ruleId"] == "SPC002")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "requirements_specs/probe/urs/urs.yaml"
    assert place["region"] == {"startLine": 5, "startColumn": 5}
    assert run["columnKind"] == "unicodeCodePoints"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (rule["id"], rule["help"]["text"]) == ("SPC002", "csvgen explain SPC002")
    assert rule["shortDescription"]["text"] == "Unknown key"


def test_what_was_set_aside_is_in_sarif_with_its_reason(project):
    without_criterion(project)
    set_aside(project)
    code, out = check(project, "--format", "sarif", "--strict")
    assert code == 0
    (result,) = sarif(out)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("URS102", "note")
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": REASON}]


@pytest.mark.parametrize("form", FORMS)
def test_hostile_text_stays_inside_its_field(project, form):
    path = hostile(project)
    code, out = check(project, "--format", form)
    assert code == 1
    assert not any(not c.isprintable() and c != "\n" for c in out)
    match form:
        case "json":
            found = next(d for d in json.loads(out) if d["rule"] == "SPC006")
            assert found["about"] == HOSTILE
            assert os.fsencode(found["file"]).endswith(os.fsencode(path.name))
        case "sarif":
            found = next(r for r in sarif(out)["runs"][0]["results"] if r["ruleId"] == "SPC006")
            assert HOSTILE in found["message"]["text"]
            uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert unquote_to_bytes(uri) == b"requirements_specs/probe/urs/" + os.fsencode(path.name)
        case "junit":
            assert any("forged" in str(f.get("message")) for f in junit(out).iter("failure"))
        case "github":
            assert all(COMMAND.fullmatch(line) for line in out.splitlines())
            assert "%250A" in out, "a percent sign of the text does not become a line break"
        case _:
            assert not any(line.startswith("::") for line in out.splitlines())
            if form == "concise":
                assert all(re.match(r"requirements_specs/probe/urs/", line) for line in out.splitlines())


# ------------------------------------------------------------------ exit codes


def test_warnings_pass_unless_strict(project):
    without_criterion(project)
    code, out = check(project, "--format", "json")
    assert (code, [d["severity"] for d in json.loads(out)]) == (0, ["warning"])
    assert check(project, "--strict")[0] == Exit.FINDINGS


@pytest.mark.parametrize(
    "arguments", [("--format", "xml"), ("nowhere",), ("--watch", "--format", "json"), ("--nonsense",)], ids=" ".join
)
def test_wrong_usage_is_two(project, arguments):
    done = process(project, "check", *arguments)
    assert done.returncode == Exit.USAGE
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_bug_is_three_and_its_traceback_goes_to_a_log(project, tmp_path):
    """A room that raises what nobody expects, put there before csvgen starts."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import csvgen.spec.check\n\ndef examine(*a, **k):\n    raise ZeroDivisionError('nobody expects this')\n\n"
        "csvgen.spec.check.examine = examine\n",
        encoding="utf-8",
    )
    path = os.pathsep.join(filter(None, (str(broken), os.environ.get("PYTHONPATH"))))
    done = process(project, "check", PYTHONPATH=path, TMPDIR=str(broken))
    assert (done.returncode, done.stdout) == (Exit.INTERNAL, "")
    said = re.fullmatch(r"csvgen: internal error \(ZeroDivisionError\); please report it with the log (\S+)\n", done.stderr)
    assert said
    log = Path(said[1]).read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "nobody expects this" in log


def test_watch_sees_a_change_and_ends_by_interrupt(project):
    out, err = project / "out", project / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        watching = subprocess.Popen(
            [sys.executable, "-m", "csvgen", "check", "--watch", "--format", "concise"],
            cwd=project, env=clean_environment(), stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def wait(condition: Callable[[], bool]) -> None:
        for _ in range(600):
            if condition():
                return
            assert watching.poll() is None, err.read_text(encoding="utf-8")
            time.sleep(0.1)
        pytest.fail(f"waited in vain: {out.read_text(encoding='utf-8')} {err.read_text(encoding='utf-8')}")

    try:
        wait(lambda: err.read_text(encoding="utf-8").count("watching") == 1)
        assert out.read_text(encoding="utf-8") == ""
        swap(project, "urs/urs.yaml", "11.10(a)", "11.10(z)")
        wait(lambda: "error CIT301" in out.read_text(encoding="utf-8"))
        wait(lambda: err.read_text(encoding="utf-8").count("watching") == 2)
        seen = out.read_text(encoding="utf-8")
        swap(project, "urs/urs.yaml", "11.10(z)", "11.10(a)")
        wait(lambda: err.read_text(encoding="utf-8").count("watching") == 3)
        assert out.read_text(encoding="utf-8") == seen, "what was mended is not said again"
        watching.send_signal(signal.SIGINT)
        assert watching.wait(timeout=30) == Exit.INTERRUPTED
    finally:
        watching.kill()
        watching.wait()
    assert "Traceback" not in err.read_text(encoding="utf-8")


# ------------------------------------------------------------------ suppressions


def test_a_suppression_takes_a_warning_out_and_is_counted(project):
    without_criterion(project)
    set_aside(project)
    done = process(project, "check", "--strict")
    assert (done.returncode, done.stdout) == (0, "")
    assert "0 errors, 0 warnings, 1 set aside with a reason." in done.stderr
    assert json.loads(check(project, "--format", "json")[1]) == []


def test_a_suppression_of_nothing_is_a_warning_and_one_of_an_error_is_an_error(project):
    set_aside(project)
    code, out = check(project, "--format", "concise")
    assert code == 0
    assert "suppressions.yaml:3:" in out
    assert "warning SUP802 URS102 is set aside for URS-P-001, but nothing of that kind is found there" in out
    swap(project, "suppressions.yaml", "URS102", "CIT301")
    swap(project, "urs/urs.yaml", "11.10(a)", "11.10(z)")
    code, out = check(project, "--format", "json")
    assert code == 1
    assert {("SUP801", "error"), ("CIT301", "error")} <= {(d["rule"], d["severity"]) for d in json.loads(out)}


def test_an_unknown_rule_and_a_pair_named_twice_are_errors(project):
    without_criterion(project)
    set_aside(project)
    path = folder(project) / "suppressions.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["suppressions"] += [content["suppressions"][0], {"rule": "URS999", "id": "URS-P-001", "reason": "None."}]
    path.write_text(yaml.dump(content, Dumper=_Plain), encoding="utf-8")
    code, out = check(project, "--format", "json")
    assert code == 1
    assert sorted((d["rule"], d["message"]) for d in json.loads(out)) == [
        ("SUP801", "URS102 is set aside twice for URS-P-001"),
        ("SUP801", "URS999: there is no rule of this code that can be set aside"),
    ]


def test_a_suppression_without_a_reason_is_refused(project):
    without_criterion(project)
    set_aside(project)
    swap(project, "suppressions.yaml", REASON, "' '")
    assert {"TXT902", "URS102"} <= {d["rule"] for d in json.loads(check(project, "--format", "json")[1])}


# ------------------------------------------------------------------ memory


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


class Edits:
    """Random changes to a specification, one at a time, as people and scripts make them; some sound, some not."""

    def __init__(self, base: Path, seed: int) -> None:
        self.base, self.random = base, random.Random(seed)
        self.made = 0

    def one(self) -> str:
        self.made += 1
        edit = self.random.choice(
            [
                self.add_requirement, self.remove_requirement, self.duplicate_requirement, self.break_a_reference, self.rename_an_id,
                self.add_file, self.remove_file, self.change_settings, self.bind_a_file, self.break_yaml, self.set_aside,
                self.drop_the_oracles,
            ]
        )  # fmt: skip
        edit()
        return edit.__name__

    def file(self, name: str = "urs") -> Path:
        return self.random.choice(sorted((self.base / name).glob("*.yaml")))

    def change(self, path: Path, key: str, change: Callable[[list[Any]], object]) -> None:
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        except yaml.YAMLError:
            shutil.copy(SMALL / "probe" / "urs" / "urs.yaml", path)  # what was broken before is mended
            return
        if isinstance(content.get(key), list):
            change(content[key])
            path.write_text(yaml.dump(content, Dumper=_Plain, sort_keys=False), encoding="utf-8")

    def add_requirement(self) -> None:
        new = {
            "id": f"URS-P-{100 + self.made}", "title": "More", "statement": "The probe shall do more.", "rationale": "Why not.", "category": "function",
            "gxp": self.random.choice(["yes", "no"]), "phase": "OQ",
        }  # fmt: skip
        self.change(self.file(), "requirements", lambda entries: entries.append(new))

    def remove_requirement(self) -> None:
        self.change(self.file(), "requirements", lambda e: e.pop(self.random.randrange(len(e))) if e else None)

    def duplicate_requirement(self) -> None:
        self.change(self.file(), "requirements", lambda e: e.append(self.random.choice(e)) if e else None)

    def break_a_reference(self) -> None:
        self.change(self.file("risk"), "risks", lambda e: self.random.choice(e).update(requirements=["URS-P-001", "URS-P-999"]))

    def rename_an_id(self) -> None:
        self.change(self.file(), "requirements", lambda e: self.random.choice(e).update(id=f"URS-R-{self.made}") if e else None)

    def add_file(self) -> None:
        shutil.copy(self.file(), self.base / "urs" / f"more-{self.made}.yaml")

    def remove_file(self) -> None:
        if len(list((self.base / "urs").glob("*.yaml"))) > 1:
            self.file().unlink()

    def change_settings(self) -> None:
        path = self.base / "protocol.yaml"
        text = path.read_text(encoding="utf-8")
        old, new = self.random.choice(
            [("[positive]", "[postive]"), ("[postive]", "[positive]"), ("role: tester", "role: nobody")]
        )
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def bind_a_file(self) -> None:
        """The document that a requirement names; it comes and goes."""
        document = self.base / "procedures" / "SOP-1.md"
        covered = {"by": "SOP-1", "reason": "People do it.", "document": "procedures/SOP-1.md"}
        if document.exists():
            document.unlink()
            return
        self.change(
            self.file(),
            "requirements",
            lambda e: e[0].update(verification="procedure", covered=covered, criteria=[]) if e else None,
        )
        document.parent.mkdir(exist_ok=True)
        document.write_text("As it is done.", encoding="utf-8")

    def break_yaml(self) -> None:
        path = self.file()
        path.write_text(path.read_text(encoding="utf-8") + '\nbroken: "', encoding="utf-8")

    def set_aside(self) -> None:
        rule = self.random.choice(["URS102", "URS106", "CIT303"])
        entry = {"rule": rule, "id": f"URS-P-00{self.random.randint(1, 4)}", "reason": "As agreed."}
        content = {"format": "csvgen.suppressions/1", "suppressions": [entry]}
        (self.base / "suppressions.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def drop_the_oracles(self) -> None:
        path = self.base / "oracles" / "sum.yaml"
        if path.exists():
            path.unlink()
        else:
            shutil.copy(SMALL / "probe" / "oracles" / "sum.yaml", path)


@pytest.mark.parametrize("seed", range(8))
def test_with_and_without_a_memory_the_findings_are_the_same(project, seed):
    edits = Edits(folder(project), seed)
    made, different = [], set()
    for _ in range(25):
        made.append(edits.one())
        remembered = check(project, "--format", "json")
        assert remembered == check(project, "--format", "json", "--anew"), made
        different.add(remembered)
    assert len(different) > 5, "the edits do change what is found"


def memory(project: Path) -> Path:
    return project / "output" / "probe" / "check.memory"


def marked(project: Path) -> str:
    """A memory whose warning has other words than the rule would write, so that one sees when it is believed."""
    from csvgen.spec.memory import _sum

    swap(project, "urs/urs.yaml", "The probe shall refuse", "The probe refuses")
    _, honest = check(project, "--format", "json")
    assert "has no shall" in honest
    lines = memory(project).read_bytes().split(b"\n")
    for number, line in enumerate(lines):
        if b"has no shall" in line:
            *head, _, text = line.split(b"\t", 3)
            text = text.replace(b"has no shall", b"was read before")
            lines[number] = b"\t".join((*head, _sum(text), text))
    memory(project).write_bytes(b"\n".join(lines))
    return honest


def remark(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")


def test_a_memory_is_believed_and_anew_does_not_ask_it(project):
    honest = marked(project)
    assert "was read before" in check(project, "--format", "json")[1]
    assert check(project, "--format", "json", "--anew")[1] == honest


@pytest.mark.parametrize(
    "change",
    [
        lambda base: (base / "procedures").mkdir() or (base / "procedures" / "SOP.md").write_text("x"),
        lambda base: remark(base / "protocol.yaml"),
        lambda base: (base / "oracles" / "sum.yaml").unlink(),
        lambda base: remark(base / "urs" / "urs.yaml"),
        lambda base: memory(base.parents[1]).write_bytes(memory(base.parents[1]).read_bytes().replace(b"csvgen check 0", b"csvgen check 9")),
    ],
    ids=["a bound file", "settings", "an oracle", "the file itself", "another version"],
)  # fmt: skip
def test_a_memory_of_another_context_is_not_believed(project, change):
    honest = marked(project)
    change(folder(project))
    assert check(project, "--format", "json")[1] == honest


def test_a_damaged_memory_counts_as_empty(project):
    swap(project, "urs/urs.yaml", "The probe shall refuse", "The probe will refuse")
    _, honest = check(project, "--format", "json")
    whole = memory(project).read_bytes()
    chance = random.Random(1)
    damaged = [b"", b"garbage", b"\xff\xfe\x00" * 99, whole.replace(b"\n", b"\r\n"), whole.replace(b"\t", b" ")]
    damaged += [whole[: chance.randrange(len(whole))] for _ in range(20)]
    for _ in range(20):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        damaged.append(bytes(flipped))
    for data in damaged:
        memory(project).write_bytes(data)
        assert check(project, "--format", "json")[1] == honest
    assert memory(project).read_bytes() == whole, "and it is written anew"


def test_a_memory_nobody_may_write_costs_nothing_but_time(project):
    (project / "output").write_text("a file where the folder should be", encoding="utf-8")
    assert check(project) == (0, "")
