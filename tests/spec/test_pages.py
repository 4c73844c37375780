"""The help page of every rule, held to what it says: its bad example is found by the rule, its good one is not."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from csvgen.patterns.policy import default
from csvgen.spec.check import RULES
from csvgen.spec.pages import Example, page, titles

SMALL = Path(__file__).parent / "small"
SOURCES = Path(__file__).parents[2] / "csvgen"
CODE = re.compile(r"[A-Z]{3}\d{3}")
WARNINGS_OUTSIDE_THE_REGISTRY = {"SUP802"}
NOT_REACHED_BY_A_CHECK = {
    "TXT903": "stands in records that csvgen writes; no key of a specification is a time of record",
    "TXT904": "stands in records that csvgen writes; no key of a specification is a digest",
    "PRT446": "refuses a command; tests/protocol/test_design.py sees a draft refused for it",
    **{f"CHL{n:03d}": "stands in what a challenge tells; tests/challenge sees it" for n in range(1, 11)},
    **{f"DRY{n:03d}": "stands in what a dry run tells; tests/plugin/test_dry.py sees it" for n in range(1, 5)},
    **{
        f"TPL{n:03d}": "stands in what csvgen template check tells; tests/report/test_template_check.py sees it"
        for n in range(1, 6)
    },
    "FNT001": "stands in what csvgen check and report tell; tests/report/test_before.py and test_fonts.py see it",
    "SYS713": "looks at files of the templates; tests/report/test_before.py sees it",
    "PRT420": "refuses a command; tests/protocol/test_draft.py edits a drafted file and sees it refused",
}
NOT_REACHED_BY_A_CHECK |= {
    code: "stands in what csvgen gdp tells of a package; tests/verification/test_gdp.py sees each"
    for code in titles()
    if code.startswith("GDP")
}
"""Codes whose pages carry no examples, each with its reason."""

ENTRIES = {
    "requirement": ("urs/urs.yaml", "requirements"),
    "risk": ("risk/risks.yaml", "risks"),
    "function": ("fs/fs.yaml", "functions"),
    "scenario": ("pq/pq.yaml", "scenarios"),
    "section": ("installation.yaml", "sections"),
    "oracle": ("oracles/sum.yaml", "oracles"),
}
WHOLE = {
    "system": "system.yaml",
    "plan": "plan.yaml",
    "protocol": "protocol.yaml",
    "installation": "installation.yaml",
    "assessment": "risk/risks.yaml",
    "suppliers": "suppliers.yaml",
    "suppressions": "suppressions.yaml",
}
BEGINNINGS: Mapping[str, Any] = {
    "fs/fs.yaml": {
        "format": "csvgen.fs/1",
        "functions": [
            {
                "id": "FS-P-01",
                "title": "The probe",
                "implements": ["URS-P-001", "URS-P-002", "URS-P-003", "URS-P-004"],
                "behaviour": "It greets.",
                "on_error": "It says what is wrong.",
                "configuration": "None.",
                "design": "One process.",
            }
        ],
    },
    "suppliers.yaml": {"format": "csvgen.suppliers/1"},
    "suppressions.yaml": {"format": "csvgen.suppressions/1"},
}
"""What a file begins with that the small system does not have."""
LOCK = '{"key":"one","tc":"TC-OQ-0001"}\n{"key":"two","tc":"TC-OQ-0002"}\n'


# ------------------------------------------------------------------ laying an example over the small system


def merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
    return above


def lay_over(root: Path, example: Example) -> None:
    folder = root / "requirements_specs" / "probe"
    kind, _, path = example.replaces.partition(" ")
    match kind:
        case "file":
            write(folder / path, example.text.encode())
        case "bytes":
            write(folder / path, unescaped(example.text))
        case "without":
            assert not example.text
            (folder / path).unlink()
        case "feature":
            protocols = root / "protocols" / "probe"
            if not (protocols / "protocols.lock").exists():
                write(protocols / "protocols.lock", LOCK.encode())
            write(protocols / path, example.text.encode())
        case "depth":
            policy = merged({**default().model_dump(mode="json", exclude_none=True), "id": "probe-depth"}, parsed(example.text))
            dump(folder / "depth.yaml", {**policy, **{k: bare(policy[k], parsed(example.text).get(k)) for k in LEVELS}})
            settings = read(folder, "protocol.yaml")
            dump(folder / "protocol.yaml", {key: value for key, value in settings.items() if key != "depth"})
        case _ if kind in ENTRIES:
            name, key = ENTRIES[kind]
            content = read(folder, name)
            entries, block = content[key], parsed(example.text)
            place = next((n for n, e in enumerate(entries) if e["id"] == block.get("id", entries[0]["id"])), len(entries))
            entries[place : place + 1] = [merged(deepcopy(entries[place % len(entries)]), block)]
            dump(folder / name, content)
        case _:
            dump(folder / WHOLE[kind], merged(read(folder, WHOLE[kind]), parsed(example.text)))


LEVELS = ("low", "medium", "high")


def bare(depth: dict[str, Any], said: dict[str, Any] | None) -> dict[str, Any]:
    """A block that names techniques says the strength, too, or means none."""
    named = said is not None and "techniques" in said
    return {key: value for key, value in depth.items() if not (named and key == "strength" and "strength" not in (said or {}))}


def unescaped(text: str) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})(?:\{(\d+)\})?", lambda m: bytes.fromhex(m[1].decode()) * int(m[2] or 1), text.encode())


def parsed(text: str) -> Any:
    return yaml.load(text, yaml.BaseLoader)


def read(folder: Path, name: str) -> Any:
    path = folder / name
    return parsed(path.read_text(encoding="utf-8")) if path.exists() else BEGINNINGS[name]


def dump(path: Path, content: Any) -> None:
    write(path, yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode())


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def check(root: Path) -> list[dict[str, Any]]:
    from csvgen.cli import cli

    done = CliRunner().invoke(
        cli, ["-C", str(root), "check", "--anew", "--format", "json"], standalone_mode=False, catch_exceptions=False
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def findings(root: Path, blocks: list[Example]) -> list[dict[str, Any]]:
    shutil.copytree(SMALL, root / "requirements_specs")
    (root / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\n', encoding="utf-8")
    for block in blocks:
        lay_over(root, block)
    return check(root)


# ------------------------------------------------------------------ examples


def examples() -> Iterator[Any]:
    for code in titles():
        numbers = sorted({(e.good, e.number) for e in page(code).examples})
        for good, number in numbers:
            yield pytest.param(code, good, number, id=f"{code}-{'good' if good else 'bad'}-{number}")


@pytest.mark.parametrize(("code", "good", "number"), list(examples()))
def test_an_example_is_what_its_page_says(tmp_path: Path, code: str, good: bool, number: int) -> None:
    found = findings(tmp_path, [e for e in page(code).examples if (e.good, e.number) == (good, number)])
    own = [d for d in found if d["rule"] == code]
    if good:
        assert not own
        assert not [d for d in found if d["severity"] == "error"]
        return
    assert own, [(d["rule"], d["message"]) for d in found]
    expected = RULES[code].severity if code in RULES else "warning" if code in WARNINGS_OUTSIDE_THE_REGISTRY else "error"
    assert {d["severity"] for d in own} == {str(expected)}


# ------------------------------------------------------------------ pages


@cache
def codes_of_the_sources() -> frozenset[str]:
    """Every text of the sources that is the code of a rule; texts that a description gives as examples are none."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        shown = {
            id(node)
            for keyword in ast.walk(tree)
            if isinstance(keyword, ast.keyword) and keyword.arg == "examples"
            for node in ast.walk(keyword.value)
        }
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in shown
            and CODE.fullmatch(node.value)
        }
    return frozenset(found)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(codes_of_the_sources() - titles().keys()) == []
    assert sorted(titles().keys() - codes_of_the_sources()) == []
    assert RULES.keys() <= titles().keys()


def test_there_are_at_least_forty_rules() -> None:
    assert len(RULES) >= 40


@pytest.mark.parametrize("code", list(titles()))
def test_a_page_says_what_why_and_how(code: str) -> None:
    """A title, prose of several sentences, and both kinds of examples; no block that the tests would pass over."""
    found = page(code)
    assert len(found.title.split()) > 1
    assert found.title[0].isupper()
    assert not found.title.endswith(".")
    fences = [line for line in found.text.split("\n") if line.startswith("```") and line != "```"]
    assert len(fences) == len(found.examples), "every block is an example"
    prose = re.sub(r"^```.*?^```$", "", found.text, flags=re.MULTILINE | re.DOTALL).partition("\n")[2]
    assert len(re.findall(r"[.?!](?=\s|$)", prose)) >= 3
    if code in NOT_REACHED_BY_A_CHECK:
        assert not found.examples
    else:
        assert {e.good for e in found.examples} == {True, False}


def test_titles_tell_rules_apart() -> None:
    assert len(set(titles().values())) == len(titles())


def test_explain_prints_the_page_and_lists_all_titles() -> None:
    from csvgen.cli import cli

    shown = CliRunner().invoke(cli, ["explain", "URS102"], standalone_mode=False, catch_exceptions=False)
    assert shown.stdout.strip() == page("URS102").text
    listed = CliRunner().invoke(cli, ["explain"], standalone_mode=False, catch_exceptions=False)
    rules = listed.stdout.partition("\n\n")[0]  # behind it stands what else can be listed
    assert [line[:6] for line in rules.splitlines()] == sorted(titles())
