"""Every command a reader finds in the documentation exists, with every option it is shown with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from csvgen.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<body>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL)
PREFIX = re.compile(r"^(?:[A-Z_]+=\S+ +)*(?:\S*/)?(?:python3? -m )?(?=csvgen\b)")


def commands(text: str) -> list[str]:
    """Lines of code blocks, fenced or indented, that begin with csvgen after a prompt or a path; continued lines are joined."""
    found = []
    blocks = [block["body"] for block in FENCE.finditer(text)] + re.findall(r"(?:^ {4}.*\n)+", FENCE.sub("", text), re.MULTILINE)
    for block in blocks:
        for given in block.replace("\\\n", " ").splitlines():
            line = PREFIX.sub("", given.strip().removeprefix("$ ").strip())
            if re.match(r"csvgen(?: |$)", line):
                found.append(re.split(r" +# | \| | && | > ", line)[0].strip())
    return found


def problem(line: str) -> str:
    """Why a command line cannot be: an unknown command or option, or an empty string."""
    command: click.Command = cli
    words = shlex.split(line, comments=True)[1:]
    while words:
        word = words.pop(0)
        if word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            options = {o: p for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)}
            options |= dict.fromkeys(("-h", "--help"))
            if name not in options:
                return f"{command.name} has no option {name}"
            option = options[name]
            if option is not None and not option.is_flag and "=" not in word and words:
                words.pop(0)
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return f"there is no command {word!r} in {command.name}"
            command = command.commands[word]
    return ""


LINES = [(page, line) for page in PAGES if page.exists() for line in commands(page.read_text(encoding="utf-8"))]


def test_readme_shows_the_way_from_check_to_verify():
    shown = {line.split()[1] for page, line in LINES if page.name == "README.md" and len(line.split()) > 1}
    assert {"check", "draft", "sign", "run", "verify"} <= shown


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{p.name}: {line}" for p, line in LINES])
def test_command_of_the_documentation_exists(page, line):
    assert not problem(line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\n$ csvgen check qc-release\n```\n", ["csvgen check qc-release"]),
        ("~~~sh\n.venv/bin/csvgen run OQ \\\n  --formal   # at last\n~~~\n", ["csvgen run OQ    --formal"]),
        ("```console\npython -m csvgen verify x --trust y | tail -1\nverified\n```\n", ["csvgen verify x --trust y"]),
        ("In words:\n\n    csvgen check     # all of it\n    csvgen/   a folder\n", ["csvgen check"]),
        ("no code: csvgen nonsense\n", []),
    ],
)
def test_commands_are_found_where_they_stand(text, expected):
    assert commands(text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "csvgen nonsense",
        "csvgen check --nonsense",
        "csvgen people nobody",
        "csvgen --formal run OQ",
        "csvgen export --trust x package",
    ],
)
def test_what_does_not_exist_is_noticed(line):
    assert problem(line)


@pytest.mark.parametrize(
    "line",
    ["csvgen", "csvgen --help", "csvgen -C output/demo status", "csvgen run OQ --formal", "csvgen order IQ --account ci-runner --retest TC-IQ-0001",
     "csvgen people import people.yaml", "csvgen verify FOLDER --trust root.pem --format json", "csvgen -C x people activate --help"],
)  # fmt: skip
def test_what_exists_is_accepted(line):
    assert not problem(line)
