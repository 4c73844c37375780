"""Every command from outside: exit codes as documented, data on stdout, talk on stderr, never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import click
import pytest

from csvgen.cli import cli, main
from csvgen.errors import Exit

from ..tiny import REPOSITORY, SYSTEM, TOML, clean_environment, make_project, runner


def process(*arguments: str, cwd: Path | None = None, **changed: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, as users start it."""
    command = [sys.executable, "-m", "csvgen", *arguments]
    environment = clean_environment() | changed
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=cwd, stdin=subprocess.DEVNULL
    )


def csvgen(*arguments: str, cwd: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """The entry point of the script, called in this process: the same answers in a tenth of the time."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd), Path(os.devnull).open(encoding="utf-8") as nothing, patch.object(sys, "stdin", nothing),
        patch.object(sys, "argv", ["csvgen", *arguments]), patch.dict(os.environ, clean_environment() | changed, clear=True),
        contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end,
    ):  # fmt: skip
        main()
    return subprocess.CompletedProcess(arguments, int(end.value.code), out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def drafted(tmp_path_factory) -> Path:
    """A project that is specified and drafted; never to be changed."""
    return make_project(tmp_path_factory.mktemp("cli") / "project")


@pytest.fixture
def project(drafted, tmp_path) -> Path:
    made = Path(shutil.copytree(drafted, tmp_path / "project"))
    (made / "damaged").mkdir()
    (made / "damaged" / "package.json").write_text("{}\n", encoding="utf-8")
    return made


def commands(group: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


def run_in_process(arguments: tuple[str, ...]):
    from click.testing import CliRunner

    return CliRunner().invoke(cli, list(arguments))


# ------------------------------------------------------------ help


@pytest.mark.parametrize("path", list(commands()), ids=lambda p: " ".join(p) or "csvgen")
def test_every_command_explains_itself(path):
    for flag in ("--help", "-h"):
        done = run_in_process((*path, flag))
        assert done.exit_code == 0
        assert done.output.startswith("Usage:")
        text = done.output.split("\n\n", 1)[1]
        assert re.match(r"\s+[A-Z]", text), "one sentence says what it does"


def test_help_and_version_of_the_program():
    done = process("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 fine, 1 findings" in done.stdout
    listed = re.findall(r"^  ([a-z]+)  ", done.stdout, re.MULTILINE)
    assert listed.index("check") < listed.index("draft") < listed.index("sign") < listed.index("verify"), (
        "in the order of the work"
    )
    assert re.fullmatch(r"csvgen, version \d+\.\d+\.\d+(?:\.dev\d+)?\n", process("--version").stdout)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["run", "--nonsense"], ["order"], ["order", "XQ", "--account", "a"], ["verify"], ["export"]]
)
def test_wrong_usage_is_two(project, arguments):
    done = csvgen(*arguments, cwd=project)
    assert done.returncode == Exit.USAGE
    assert done.stdout == "" or "Usage" in done.stdout
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------ exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("check", 0),
        ("check tiny", 0),
        ("draft --check", 0),
        ("status", 0),
        ("status --config", 0),
        ("trace", 1),  # gaps
        ("trace URS-TNY-001", 1),
        ("trace URS-TNY-999", 1),
        ("explain URS102", 0),
        ("explain audit-entry@1", 0),
        ("explain URS999", 2),
        ("deviation list", 0),
        ("deviation investigate DEV-001 --file csvgen.toml", 1),
        ("run OQ --formal", 1),  # refused, as all that follows: nobody is in office yet
        ("run --formal", 1),
        ("report nonsense", 1),
        ("report urs", 1),
        ("export package", 1),
        ("record IQ-001", 1),
        ("order IQ --account nobody", 1),
        ("people list", 0),
        ("people activate nobody", 1),
        ("people import csvgen.toml", 1),
        ("audit check", 0),
        ("audit show", 0),
        ("target install nowhere", 1),
        ("target configure validation a b --reason r", 1),
        ("check nowhere", 2),
        ("status -s nowhere", 2),
        ("draft -s nowhere", 2),
        ("trace -s nowhere", 2),
        ("run -s nowhere", 2),
        ("verify nowhere", 2),
        ("verify csvgen.toml", 2),
        ("verify .", 2),
        ("verify damaged", 1),
        ("sign", 2),
        ("pki init", 2),
    ],
)
def test_exit_codes(project, arguments, code):
    done = csvgen(*arguments.split(), cwd=project)
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    assert "internal error" not in done.stderr
    if code == Exit.USAGE:
        assert done.stdout == ""
        assert done.stderr.startswith(("csvgen: ", "Usage: "))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("run --formal", 2, "takes a phase"),
        ("run OQ --formal", 1, "RR-F02"),
        ("report nonsense", 2, "no document kind"),
        ("record OQ-009", 1, "OQ-009"),
        ("order IQ --account nobody", 1, "nobody"),
        ("target install nowhere", 1, "RR-G01"),
        ("target configure validation a b --reason r", 1, "RR-G01"),
        ("people lock ruth.amsel --reason r", 1, "RR-G01"),
    ],
)
def test_exit_codes_for_the_technical_account(tiny, arguments, code, words):
    project = tiny("founded")
    done = csvgen(*arguments.split(), cwd=project.root, **runner(project.root))
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert words in done.stderr
    assert "internal error" not in done.stderr


def test_errors_of_the_specification_are_findings(project):
    path = project / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('"11.10(a)"', '"11.10(z)"'), encoding="utf-8")
    done = csvgen("check", cwd=project)
    assert done.returncode == 1
    assert "CIT301" in done.stdout
    for arguments in (["draft"], ["status"], ["trace"]):
        done = csvgen(*arguments, cwd=project)
        assert (done.returncode, done.stdout) == (2, "")
        assert "csvgen check" in done.stderr, "the way on is named"


def test_stale_protocol_is_a_finding(project):
    path = project / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("shall say 2", "shall say just 2"), encoding="utf-8")
    done = csvgen("draft", "--check", cwd=project)
    assert (done.returncode, "stale" in done.stdout) == (1, True)
    assert csvgen("draft", cwd=project).returncode == 0
    assert csvgen("draft", "--check", cwd=project).returncode == 0


# ------------------------------------------------------------ machine-readable output

JSON = [
    ["check", "--format", "json"],
    ["draft", "--check", "--format", "json"],
    ["run", "--dry", "--format", "json"],
    ["target", "list", "--format", "json"],
    ["trace", "--format", "json"],
    ["trace", "URS-TNY-002", "--format", "json"],
    ["verify", "damaged", "--format", "json"],
    ["import", str(REPOSITORY / "tests" / "exchange" / "corpus" / "requirements.csv"), "--format", "json"],
    ["schema"],
]


@pytest.mark.parametrize("arguments", JSON, ids=" ".join)
def test_json_alone_on_stdout(project, arguments):
    done = csvgen(*arguments, cwd=project)
    assert json.loads(done.stdout) is not None
    assert done.returncode in (0, 1)


def test_every_command_with_a_format_has_json_and_is_tested():
    with_format = set()
    for path in commands():
        command = cli
        for name in path:
            command = command.commands[name]
        for parameter in command.params:
            if parameter.name == "form":
                with_format.add(" ".join(path))
                if " ".join(path) != "audit export":  # its formats are kinds of files
                    assert "json" in parameter.type.choices, path
    assert with_format == {
        "challenge", "check", "draft", "import", "run", "suggest", "target check", "target list", "trace", "verify", "gdp", "find", "audit show", "audit search", "audit export", "people list", "show",
        "pipeline run", "pipeline ingest", "pipeline process", "pipeline status", "pipeline show", "pipeline trail",
        "pipeline investigate", "pipeline reintegrate", "pipeline landing", "pipeline trace", "pipeline repeat", "pipeline revalidation due",
        "pipeline tracking", "pipeline study ingest", "pipeline study process", "pipeline study link", "pipeline dataset show",
        "pipeline backup", "pipeline restore-test", "pipeline dataset register", "pipeline qualify-landing", "pipeline aside propose", "pipeline material change", "pipeline lot",
    }  # fmt: skip


def test_events_are_json_lines(project):
    csvgen("people", "import", str(REPOSITORY / "examples" / "qc-release" / "people.yaml"), cwd=project)
    done = csvgen("audit", "show", "--format", "json", cwd=project)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["record"].partition("/")[0] for e in events if e["action"] == "create"].count("account") == 8
    assert re.fullmatch(r"\d+ events \(all events\)\n", done.stderr)


def test_json_of_findings_on_a_broken_specification(project):
    path = project / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('"phase": "OQ"', '"phase": "XQ"', 1), encoding="utf-8")
    done = csvgen("check", "--format", "json", cwd=project)
    assert done.returncode == 1
    assert json.loads(done.stdout)


# ------------------------------------------------------------ bad surroundings


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["check"], ["draft"], ["trace"], ["people", "list"], ["audit", "check"], ["run"]],
    ids=" ".join,
)
def test_outside_of_a_project(tmp_path, arguments):
    done = csvgen(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no csvgen.toml here or above" in done.stderr


def test_folder_that_is_not_there(tmp_path):
    done = csvgen("-C", str(tmp_path / "nowhere"), "status", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[csvgen", "not TOML"),
        ("[csvgen]\nouput = 'x'\n", "ouput"),
        ("[csvgn]\nproject = 'x'\n", "csvgn"),
        ("\xff", "not TOML"),
        ("csvgen = 1\n", "csvgen"),
        ("[csvgen]\nproject = 'x'\n[target]\nvalidation = 'local'\n", "target"),
        ("target = 3\n[csvgen]\nproject = 'x'\n", "target"),
    ],
    ids=["cut off", "misspelt setting", "misspelt table", "no UTF-8", "no table", "target is text", "target is a number"],
)
def test_settings_that_cannot_be_used(project, text, words):
    (project / "csvgen.toml").write_bytes(text.encode("latin-1"))
    done = csvgen("status", cwd=project)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert words in done.stderr
    assert "internal error" not in done.stderr


def test_records_that_are_no_database(project):
    (project / "records").mkdir()
    (project / "records" / "records.db").write_bytes(b"this is no database" * 100)
    done = csvgen("people", "list", cwd=project)
    assert done.returncode in (1, 2)
    assert "internal error" not in done.stderr
    assert "records.db" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_file_that_may_not_be_read(project):
    path = project / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    path.chmod(0)
    done = csvgen("check", cwd=project)
    assert done.returncode in (1, 2)
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("name", ["urs/urs.yaml", "system.yaml", "protocol.yaml"])
def test_folder_in_the_place_of_a_file(project, name):
    path = project / "requirements_specs" / SYSTEM / name
    path.unlink()
    path.mkdir()
    done = csvgen("check", SYSTEM, cwd=project)
    assert done.returncode in (1, 2), done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe\x00", b"", b"\x00", b"a: &x 1", b"- " * 3000, b"{" * 3000],
    ids=["binary", "empty", "null", "anchor", "deep list", "deep map"],
)
@pytest.mark.parametrize("name", ["urs/urs.yaml", "system.yaml"])
def test_specification_of_any_bytes(project, name, data):
    (project / "requirements_specs" / SYSTEM / name).write_bytes(data)
    done = csvgen("check", SYSTEM, "--format", "json", cwd=project)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.parametrize("data", [b"\xff", b"not a lock\n", b'{"key":"x","tc":"TC-OQ-0001"}\n' * 2])
def test_damaged_lock(project, data):
    (project / "protocols" / SYSTEM / "protocols.lock").write_bytes(data)
    done = csvgen("draft", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert "protocols.lock:" in done.stderr


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"", b"[]", b"accounts: 3\n", b"accounts: [3]\n", b"- a\n", b"accounts:\n  - {id: X}\n"]
)
def test_people_of_any_bytes(project, data):
    (project / "people.yaml").write_bytes(data)
    done = csvgen("people", "import", "people.yaml", cwd=project)
    assert done.returncode == 1, done.stderr
    assert "people.yaml" in done.stderr
    assert "internal error" not in done.stderr


def test_unknown_case_to_repeat_is_refused(tiny):
    project = tiny("iq-failed")
    done = csvgen("order", "IQ", "--account", "ci-runner", "--retest", "TC-IQ-0099", cwd=project.root, **runner(project.root))
    assert done.returncode == 1
    assert "TC-IQ-0099" in done.stderr
    done = csvgen("order", "IQ", "--account", "ruth.amsel", cwd=project.root, **runner(project.root))
    assert (done.returncode, "technical account" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "text", ["", "cause: [", "cause: luck\n", "3\n", "decision: retest\nretest: [TC-IQ-0001]\n", "cause: system\nextra: 1\n"]
)
def test_investigation_of_any_text(tiny, text):
    project = tiny("iq-failed")
    (project.root / "i.yaml").write_text(text, encoding="utf-8")
    done = csvgen("deviation", "investigate", "DEV-001", "--file", "i.yaml", cwd=project.root, **runner(project.root))
    assert done.returncode == 1, done.stderr
    assert "internal error" not in done.stderr
    assert project.state.latest("TNY-DEV-001") is None


def test_damaged_record_is_named_by_every_command_that_reads_it(tiny):
    project = tiny("approved")
    path = project.root / "protocols" / "tiny" / "approvals" / "TNY-URS" / "r1" / "document.json"
    path.write_bytes(path.read_bytes()[:-20])
    for arguments in (["status"], ["order", "IQ", "--account", "ci-runner"], ["run", "IQ", "--formal"]):
        done = csvgen(*arguments, cwd=project.root, **runner(project.root))
        assert done.returncode == 1
        assert "TNY-URS/r1/document.json" in done.stderr
        assert "internal error" not in done.stderr


# ------------------------------------------------------------ streams


def test_reader_that_leaves_early_is_no_error(project):
    command = f"{sys.executable} -m csvgen schema | head -c 100 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=clean_environment(), cwd=project
    )
    assert done.stdout.strip() == "0"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("arguments", ["sign", "pki init", "trace --format json"])
def test_closed_standard_input(project, arguments):
    command = f"{sys.executable} -m csvgen {arguments} <&-"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=clean_environment(), cwd=project
    )
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


def test_output_does_not_depend_on_the_locale(project):
    said = {
        process("trace", "--format", "json", cwd=project, LC_ALL=locale, PYTHONHASHSEED=seed).stdout
        for locale, seed in (("C", "1"), ("C.UTF-8", "2"))
    }
    assert len(said) == 1


def test_no_option_takes_a_secret():
    for path in commands():
        command = cli
        for name in path:
            command = command.commands[name]
        for parameter in command.params:
            named = " ".join((*parameter.opts, *parameter.secondary_opts, parameter.name or "")).lower()
            assert not re.search(r"pass|secret|pin\b|token|otp", named), (path, named)
            assert not parameter.envvar, (path, named)


def test_settings_come_from_flag_environment_file_in_this_order(project):
    (project / "csvgen.toml").write_text(TOML.replace("[target", 'output = "here"\n\n[target'), encoding="utf-8")
    shown = csvgen("status", "--config", cwd=project).stdout
    assert re.search(r"output +\S+/here +\(csvgen.toml\)", shown)
    shown = csvgen("status", "--config", cwd=project, CSVGEN_OUTPUT="there").stdout
    assert re.search(r"output +\S+/there +\(environment\)", shown)


# ------------------------------------------------------------ explain


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("patterns", "audit-entry@1"),
        ("schemes", "gamp5-two-step"),
        ("units", "mass: kg"),
        ("rpn-1-5", "kind: product"),
        ("urs102", "# URS102"),
        ("audit-entry@1", "Ports of the target: Access, Pipeline, Records, AuditTrail"),
        ("lock-out", "### Faults it must detect"),
        ("faults", "access-never-locks  "),
        ("access-never-locks", "lock-out@1"),
    ],
)
def test_explain_knows_rules_patterns_schemes_and_units(tmp_path, word, said):
    done = csvgen("explain", word, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_check_sees_a_generated_feature_that_was_edited(project):
    feature = next((project / "protocols" / SYSTEM / "OQ").glob("*.feature"))
    before = csvgen("check", "--format", "concise", cwd=project)
    feature.write_text(feature.read_text(encoding="utf-8").replace("says 1", "says 2", 1), encoding="utf-8")
    after = csvgen("check", "--format", "concise", cwd=project)
    assert "PRT420" not in before.stdout
    assert f"OQ/{feature.name}:1:1: error PRT420 this generated file was edited" in after.stdout
    assert after.returncode == 1


def test_check_names_what_belongs_to_no_system(project):
    (project / "requirements_specs" / "80.yaml").write_text("a: b\n", encoding="utf-8")
    done = csvgen("check", "--format", "concise", cwd=project)
    assert "requirements_specs/80.yaml:0:0: error SPC008 this file belongs to no system" in done.stdout
    assert done.returncode == 1
