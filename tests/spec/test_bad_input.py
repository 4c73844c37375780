"""What people, editors and attackers put into specification files: a finding with its place and a way out, never a traceback.

Every row changes one file of a small system and runs `csvgen check` on it as the command line does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

SMALL = Path(__file__).parent / "small"
URS, RISK, PQ, INSTALL, PLAN, POLICY, ORACLE = (
    "urs/urs.yaml",
    "risk/risks.yaml",
    "pq/pq.yaml",
    "installation.yaml",
    "plan.yaml",
    "protocol.yaml",
    "oracles/sum.yaml",
)
LINE = re.compile(r"requirements_specs/probe/(\S+?):(\d+):(\d+): (error|warning) ([A-Z]{3}\d{3}) (.+)")

Change = Callable[[bytes], bytes]


def swap(old: str, new: str) -> Change:
    def change(data: bytes) -> bytes:
        assert old.encode() in data, old
        return data.replace(old.encode(), new.encode(), 1)

    return change


def whole(data: bytes) -> Change:
    return lambda _: data


def behind(data: bytes) -> Change:
    return lambda before: before + data


@dataclass(frozen=True)
class Row:
    name: str
    file: str
    change: Change
    rule: str
    line: int
    words: str
    hint: str = ""


TITLE = "title: Greeting"
ROWS = [
    # keys and ids
    Row("misspelt key", URS, swap("    statement: The probe shall greet", "    statment: The probe shall greet"), "SPC002", 5, "unknown key 'statment'", "did you mean 'statement'?"),
    Row("missing key", URS, swap("    rationale: Manners.\n", ""), "SPC003", 3, "this key is missing: rationale"),
    Row("duplicate id", URS, swap("id: URS-P-002", "id: URS-P-001"), "SPC006", 17, "the id URS-P-001 is taken; first at", "never reused"),
    Row("duplicate key", URS, swap("    title: Greeting\n", "    title: Greeting\n    title: Greeting\n"), "YML009", 5, "the key 'title' stands here again; first on line 4", "keep one"),
    Row("unknown clause", URS, swap("11.10(a)", "11.10(z)"), "CIT301", 8, "cites '11.10(z)'", "did you mean 11.10("),
    Row("risk for no requirement", RISK, swap("URS-P-001, URS-P-004", "URS-P-099"), "RSK201", 6, "URS-P-099, which does not exist", "add the requirement"),
    Row("scenario for no requirement", PQ, swap("covers: [URS-P-001", "covers: [URS-P-099"), "PQS551", 8, "URS-P-099, which does not exist"),
    Row("section for no requirement", INSTALL, swap("requirement: URS-P-003", "requirement: URS-P-099"), "INS501", 6, "URS-P-099, which does not exist"),
    Row("typed priority", RISK, swap("    severity: {rating: low,", "    priority: low\n    severity: {rating: low,"), "SPC002", 10, "unknown key 'priority'", "computed from the ratings"),
    Row("typed risk class", RISK, swap("    severity: {rating: low,", '    risk_class: "3"\n    severity: {rating: low,'), "SPC002", 10, "unknown key 'risk_class'", "computed from the ratings"),
    Row("unknown pattern", URS, swap("password-policy@1", "pasword-policy@1"), "PRT401", 28, "there is no pattern", "did you mean password-policy@1?"),
    Row("unknown parameter", URS, swap('minimum: "12"', 'minimun: "12"'), "PRT402", 29, "did you mean 'minimum'"),
    Row("unknown format", URS, swap("csvgen.urs/1", "csvgen.urs/2"), "SPC004", 1, "'csvgen.urs/2' is not one of: 'csvgen.urs/1'"),
    Row("a text for a list", URS, swap("given: [the probe is on]", "given: the probe is on"), "SPC007", 14, "this must be a list"),
    Row("a list for a text", URS, swap(TITLE, "title: [a, b]"), "SPC007", 4, "this must be a text"),
    Row("a list at the top", URS, whole(b"- a\n- b\n"), "SPC007", 1, "this must be keys with values"),
    Row("a word at the top", URS, whole(b"requirements\n"), "SPC007", 1, "this must be keys with values"),
    # text that hides something
    Row("newline in a title", URS, swap(TITLE, 'title: "one\\ntwo"'), "TXT901", 4, "one line of printable text; it holds U+000A"),
    Row("folded newline in a title", URS, swap(TITLE, "title: |\n      one\n      two"), "TXT901", 4, "U+000A"),
    Row("control character", URS, swap(TITLE, 'title: "a\\x07"'), "TXT901", 4, "U+0007"),
    Row("raw control character", URS, swap(TITLE, "title: a\x07"), "YML004", 4, "a character that may not stand here"),
    Row("escape sequence in a statement", URS, swap("statement: The probe shall greet whoever asks.", 'statement: "It shall \\e[2J greet."'), "TXT901", 5, "U+001B"),
    Row("NUL by escape", URS, swap(TITLE, 'title: "a\\0b"'), "TXT901", 4, "U+0000"),
    Row("NUL as a byte", URS, swap(TITLE, "title: a\0b"), "YML004", 4, "a character that may not stand here"),
    Row("text against the direction of reading", URS, swap(TITLE, 'title: "a\\u202Eb"'), "TXT901", 4, "RIGHT-TO-LEFT OVERRIDE"),
    Row("control character in a parameter", URS, swap("weak: [holds the user id,", 'weak: ["a\\x1bb",'), "PRT402", 29, "U+001B"),
    Row("line separator in a parameter", URS, swap("weak: [holds the user id,", 'weak: ["a\\Lb",'), "PRT402", 29, "U+2028"),
    Row("script in a parameter", URS, swap("weak: [holds the user id,", 'weak: ["<script>",'), "PRT402", 29, "<, > and quotation marks"),
    Row("quotation mark in a parameter", URS, swap("weak: [holds the user id,", "weak: ['a\" and \"b',"), "PRT402", 29, "<, > and quotation marks"),
    Row("blank at the end of a parameter", URS, swap("weak: [holds the user id,", 'weak: ["a ",'), "PRT402", 29, "would be lost"),
    Row("placeholder in a baseline item", INSTALL, swap('expected: "12"', 'expected: "<subject>"'), "INS502", 8, "<, > and quotation marks"),
    Row("control character in an oracle", ORACLE, swap('expected: {sum: "3"}', 'expected: {sum: "3\\x07"}'), "TXT901", 10, "U+0007"),
    Row("blank title", URS, swap(TITLE, 'title: "  "'), "TXT902", 4, "may not be blank"),
    Row("empty value", URS, swap(TITLE, "title:"), "TXT902", 4, "may not be blank"),
    Row("id in look-alike letters", URS, swap("id: URS-P-001", "id: URS-\u0420-001"), "SPC005", 3, "does not have the form", "look like URS-QC-014"),
    Row("too long a title", URS, swap(TITLE, f"title: {'x' * 401}"), "SPC005", 4, "longer than 400 characters"),
    # YAML
    Row("tab", URS, swap("    title: Greeting", "\ttitle: Greeting"), "YML003", 4, "not YAML", "YAML indents with spaces; there is a tab here"),
    Row("line of ten megabytes", URS, lambda b: b + b"# " + b"x" * 10_000_000, "YML001", 1, "the limit is 5000000", "split it"),
    Row("long line in a file that is not too long", URS, behind(b"# " + b"x" * 200_000 + b"\n"), "YML001", 48, "200002 characters", "wrap it"),
    Row("alias bomb", URS, whole(b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c + 1, c + 1, c, c) for c in range(97, 122))), "YML006", 1, "anchors (&name)", "write the value out"),
    Row("merge key", URS, swap(TITLE, "<<: *base"), "YML006", 4, "aliases (*name)", "write the value out"),
    Row("tag that would run code", URS, swap(TITLE, "title: !!python/object/apply:os.system [id]"), "YML007", 4, "is not part of the language", "remove it"),
    Row("deep nesting", URS, whole(b"a: " + b"[" * 500 + b"]" * 500), "YML005", 1, "nested deeper than 40 levels"),
    Row("deep nesting without end", URS, whole(b"a: " + b"{b: " * 50_000), "YML001", 1, "the limit is 100000", "wrap it"),
    Row("key that is a list", URS, whole(b"? [a]\n: b\n"), "YML008", 1, "a key must be plain text"),
    Row("second document", URS, behind(b"---\na: b\n"), "YML010", 48, "a second document", "one document a file"),
    Row("unclosed quotation", URS, swap(TITLE, 'title: "Greeting'), "YML003", 8, "not YAML"),
    Row("merge conflict", URS, swap("  - id: URS-P-002", "<<<<<<< HEAD\n  - id: URS-P-002"), "YML003", 18, "not YAML"),
    Row("not UTF-8", URS, lambda b: b.replace(b"Manners", b"Man\xe4ners"), "YML002", 6, "not UTF-8", "save the file as UTF-8"),
    Row("UTF-16", URS, lambda b: b.decode().encode("utf-16"), "YML002", 1, "not UTF-8", "save the file as UTF-8"),
    Row("bytes of a picture", URS, whole(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), "YML002", 1, "not UTF-8"),
    Row("empty file", URS, whole(b""), "SPC003", 1, "this key is missing: format"),
    Row("comments only", URS, whole(b"# nothing yet\n"), "SPC003", 1, "this key is missing: format"),
    Row("no requirement", PQ, swap("scenarios:\n", "scenarios: []\nx:\n"), "SPC005", 3, "at least 1 entry is needed"),
    # values that plain YAML would have typed
    Row("no, unquoted, where text is wanted", URS, swap('gxp: "yes"', "gxp: off"), "SPC004", 9, "'off' is not one of: 'yes' or 'no'"),
    Row("a figure with an exponent", URS, swap('minimum: "12"', "minimum: 1e3x"), "PRT402", 29, "'1e3x' is not a decimal number"),
    Row("a hexadecimal figure", URS, swap('minimum: "12"', "minimum: 0x1F"), "PRT402", 29, "'0x1F' is not a decimal number"),
    Row("a figure without end", URS, swap('minimum: "12"', "minimum: .inf"), "PRT402", 29, "is not a decimal number"),
    Row("not a number", URS, swap('minimum: "12"', "minimum: NaN"), "PRT402", 29, "is not a finite number"),
    Row("a figure of a billion digits", URS, swap('minimum: "12"', "minimum: 1e999999999"), "PRT402", 29, "has more than 24 digits"),
    Row("half a character", URS, swap('minimum: "12"', 'minimum: "12.5"'), "PRT402", 29, "is not a whole number of 1 or more"),
    Row("a length of zero", URS, swap('minimum: "12"', 'minimum: "0"'), "PRT402", 29, "is not a whole number of 1 or more"),
    Row("one row twice", URS, swap("is one character repeated", "holds the user id"), "PRT402", 29, "two rows have the same weak"),
    Row("one baseline item twice", INSTALL, swap("title: Idle time", "title: Minimum length"), "INS502", 4, "2 items of kind configuration"),
    Row("baseline kind without pattern", INSTALL, swap("kind: configuration", "kind: account"), "INS502", 8, "no pattern compares", "kinds: component"),
    # policy
    Row("priority without depth", POLICY, lambda b: re.sub(rb"  low: \[[^]]*\]\n", b"", b, count=1), "PRT407", 4, "no depth for low priority"),
    Row("misspelt technique", POLICY, lambda b: b.replace(b"[positive]", b"[postive]", 1), "PRT407", 5, "no script has the technique 'postive'", "did you mean 'positive'?"),
    Row("approval by the author", POLICY, lambda b: re.sub(rb"\{first: authored, second: approved", b"{first: authored, second: issued", b, count=1), "APR602", 0, "one person sign authored and approved"),
]  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    shutil.copytree(SMALL, tmp_path / "requirements_specs")
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\n', encoding="utf-8")
    return tmp_path


def check(root: Path, *arguments: str) -> tuple[int, str]:
    """`csvgen check` through its door; anything that is not a finding comes out as it is raised."""
    from csvgen.cli import cli

    done = CliRunner().invoke(cli, ["-C", str(root), "check", *arguments], standalone_mode=False, catch_exceptions=False)
    return int(done.return_value), done.stdout


def damage(root: Path, row: Row) -> None:
    path = root / "requirements_specs" / "probe" / row.file
    before = path.read_bytes()
    after = row.change(before)
    assert after != before
    path.write_bytes(after)


def expect(row: Row, out: str) -> None:
    found = [m for m in map(LINE.fullmatch, out.splitlines()) if m and m[5] == row.rule]
    assert found, f"no finding {row.rule}\n{out[:2000]}"
    file, line, column, severity, _, message = found[0].groups()
    assert (file, severity) == (row.file, "error")
    assert row.words in message
    if row.line:
        assert int(line) == row.line
    assert int(column) >= 1
    assert row.hint in out
    assert not any(not c.isprintable() and c != "\n" for c in out), "what is printed is printable"


def test_the_small_system_has_no_finding(small: Path) -> None:
    assert check(small) == (0, "")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_bad_input_is_a_finding_with_place_and_hint(small: Path, row: Row) -> None:
    damage(small, row)
    code, out = check(small)
    assert code == 1
    expect(row, out)


IN_A_PROCESS = [
    "misspelt key",
    "NUL as a byte",
    "line of ten megabytes",
    "alias bomb",
    "not UTF-8",
    "deep nesting",
    "empty file",
    "script in a parameter",
    "risk for no requirement",
]


def test_the_real_command_says_the_same_and_never_shows_a_traceback(tmp_path: Path) -> None:
    """One project with as many systems as rows, one process."""
    rows = [r for r in ROWS if r.name in IN_A_PROCESS]
    assert len(rows) == len(IN_A_PROCESS)
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\n', encoding="utf-8")
    for number, row in enumerate(rows):
        shutil.copytree(SMALL, tmp_path / "projects" / str(number) / "requirements_specs")
        damage(tmp_path / "projects" / str(number), row)
        shutil.move(
            tmp_path / "projects" / str(number) / "requirements_specs" / "probe", tmp_path / "requirements_specs" / f"s{number}"
        )
    done = subprocess.run([sys.executable, "-m", "csvgen", "check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "internal error" not in done.stderr
    for number, row in enumerate(rows):
        own = [line for line in done.stdout.splitlines() if line.startswith((f"requirements_specs/s{number}/", "   "))]
        expect(row, "\n".join(line.replace(f"/s{number}/", "/probe/") for line in own))


# ------------------------------------------------------------------ inert text


INERT = ['=HYPERLINK("http://x.invalid","y")', "<script>alert(1)</script>", "]]>", "| a | b |", "@tag", "# not a comment", "Scenario: x", "{{ 7 * 7 }}", "%s %n", "no", "1e3", "0x1F", "2026-11-21", "~", "null", "1_000", "12:30:45", "0o17", ".5"]  # fmt: skip


@pytest.mark.parametrize("text", INERT)
def test_text_stays_text(small: Path, text: str) -> None:
    """Neither typed nor interpreted: what was written is what the specification holds, plain or quoted."""
    from csvgen.spec.load import load_system

    path = small / "requirements_specs" / "probe" / "urs" / "urs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(TITLE, f"title: {json.dumps(text)}"), encoding="utf-8")
    loaded = load_system(small / "requirements_specs", "probe")
    assert loaded.spec is not None
    assert loaded.spec.requirement["URS-P-001"].title == text
    if re.fullmatch(r"[\w.:~-]+", text):
        path.write_text(
            path.read_text(encoding="utf-8").replace(f"title: {json.dumps(text)}", f"title: {text}"), encoding="utf-8"
        )
        assert load_system(small / "requirements_specs", "probe").spec == loaded.spec


# ------------------------------------------------------------------ files


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(small: Path) -> None:
    from csvgen.spec.load import load_system

    path = small / "requirements_specs" / "probe" / "urs" / "urs.yaml"
    before = load_system(small / "requirements_specs", "probe").spec
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    after = load_system(small / "requirements_specs", "probe").spec
    assert before is not None
    assert after is not None
    assert after.digest == before.digest


def test_a_missing_file_is_a_finding(small: Path) -> None:
    (small / "requirements_specs" / "probe" / "plan.yaml").unlink()
    code, out = check(small)
    assert code == 1
    assert "requirements_specs/probe/plan.yaml:0:0: error SPC001 cannot be read" in out


def test_a_folder_in_place_of_a_file_is_a_finding(small: Path) -> None:
    (small / "requirements_specs" / "probe" / "urs" / "more.yaml").mkdir()
    code, out = check(small)
    assert code == 1
    assert "requirements_specs/probe/urs/more.yaml:0:0: error SPC001 cannot be read" in out


def test_a_name_cannot_forge_output(small: Path) -> None:
    """A file name may hold line breaks and escape sequences; neither reaches a terminal or a workflow command."""
    name = "x\n::error file=a::forged\x1b[2J,line=9.yaml"
    (small / "requirements_specs" / "probe" / "urs" / name).write_text("requirements: [", encoding="utf-8")
    code, out = check(small)
    assert code == 1
    assert "YML003" in out
    assert not any(not c.isprintable() and c != "\n" for c in out)
    assert not any(line.startswith("::error") for line in out.splitlines())
    code, out = check(small, "--format", "github")
    assert code == 1
    commands = [
        re.fullmatch(r"::error file=([^:,]+),line=\d+,col=\d+,title=[A-Z]{3}\d{3}::[^:].*", line) for line in out.splitlines()
    ]
    assert commands
    assert all(c is not None and c[1].startswith("requirements_specs/probe/urs/x\\u000a%3A%3Aerror") for c in commands), out
    code, out = check(small, "--format", "json")
    assert any(name in d["file"] for d in json.loads(out))


@pytest.mark.parametrize("form", ["text", "concise", "json", "github"])
def test_every_form_names_rule_and_place(small: Path, form: str) -> None:
    damage(small, ROWS[0])
    code, out = check(small, "--format", form)
    assert code == 1
    if form == "json":
        assert {("SPC002", 5), ("SPC003", 3)} <= {(d["rule"], d["line"]) for d in json.loads(out)}
    else:
        assert "SPC002" in out
        assert "urs.yaml" in out
        assert "did you mean" in out


def test_all_findings_of_all_files_come_at_once_and_sorted(small: Path) -> None:
    for name in ("misspelt key", "typed priority", "misspelt technique"):
        damage(small, next(r for r in ROWS if r.name == name))
    _, out = check(small, "--format", "concise")
    places = [(m[1], int(m[2])) for m in map(LINE.fullmatch, out.splitlines()) if m]
    assert {p[0] for p in places} == {URS, RISK, POLICY}
    assert places == sorted(places)


def test_a_pipe_to_nobody_is_no_traceback(small: Path) -> None:
    damage(small, ROWS[0])
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "csvgen", "check"], cwd=small, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert "Traceback" not in done.stderr
