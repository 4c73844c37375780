"""`csvgen init` from outside: a project that loads, that says what is still to be written, and nothing overwritten."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csvgen.exchange.model import PLACEHOLDER
from csvgen.marks import load
from csvgen.spec.load import load_system

from .test_commands import csvgen

SPECIFICATION = "requirements_specs/lims"


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a file with its path."""
    if isinstance(value, str):
        yield path, value
        return
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield from leaves(part, (*path, key))


@pytest.fixture
def project(tmp_path) -> Path:
    assert csvgen("init", "lims", cwd=tmp_path).returncode == 0
    return tmp_path / "lims"


def test_the_files_of_a_project_are_there_and_named(tmp_path):
    done = csvgen("init", "lims", cwd=tmp_path)
    assert done.returncode == 0
    named = done.stdout.splitlines()
    assert set(named) | {n for n in tree(tmp_path / "lims") if n.startswith(".csvgen/schemas/")} == set(tree(tmp_path / "lims"))
    assert {"csvgen.toml", ".gitignore", ".vscode/settings.json", ".vscode/extensions.json", ".pre-commit-config.yaml",
            *(f"{SPECIFICATION}/{n}" for n in ("system.yaml", "plan.yaml", "protocol.yaml", "installation.yaml", "urs/10-requirements.yaml"))} <= set(named)  # fmt: skip
    assert "cd lims; csvgen check" in done.stderr
    assert not [n for n in tree(tmp_path) if ".staged" in n]


def test_what_is_written_loads_and_only_asks_to_be_finished(project):
    loaded = load_system(project / "requirements_specs", "lims")
    assert loaded.spec is not None, [str(d) for d in loaded.findings.items]
    assert loaded.spec.system.name == "Lims"
    rules = {d.rule for d in loaded.findings.items}
    assert not {r for r in rules if r.startswith(("SPC", "YML", "APR", "CIT"))}


def test_check_names_each_text_that_is_to_be_written_at_its_place_and_drafting_is_refused(project):
    asked = set()
    for path in (project / SPECIFICATION).rglob("*.yaml"):
        name = path.relative_to(project).as_posix()
        marked, _ = load(path.read_bytes(), name)
        asked |= {marked.at(place) for place, value in leaves(marked.value) if value == PLACEHOLDER}
    found = {d.location for d in load_system(project / "requirements_specs", "lims").findings.items if PLACEHOLDER in d.message}
    assert len(asked) > 50
    assert sorted(map(str, asked - found)) == []
    assert found <= asked
    assert csvgen("check", cwd=project).returncode == 1
    assert csvgen("draft", cwd=project).returncode == 2
    assert not (project / "protocols").exists()


def test_what_a_person_decides_is_marked_and_nothing_else_is_invented(project):
    """No example system slips into the specification of a user: free text is a usual passage, or the placeholder alone."""
    marked = {n for n, data in tree(project).items() if PLACEHOLDER.encode() in data}
    files = {"system.yaml", "plan.yaml", "installation.yaml", "urs/10-requirements.yaml", "risk/risks.yaml", "fs/functions.yaml", "pq/scenarios.yaml"}  # fmt: skip
    assert marked == {f"{SPECIFICATION}/{name}" for name in files}
    spec = load_system(project / "requirements_specs", "lims").spec
    assert spec is not None
    decided = [
        spec.system.intended_use, spec.system.organisation, spec.system.classification.reason, spec.plan.purpose, spec.plan.training,
        spec.requirements[1].statement, spec.installation.release, spec.environment, *(r.severity.reason for r in spec.risks),
    ]  # fmt: skip
    assert set(decided) == {PLACEHOLDER}
    for data in tree(project).values():
        assert not re.search(rb"qc-release|QCR|Kessler|fictitious", data) or b'"$schema"' in data


def test_each_file_names_the_schema_that_lies_beside_it(project):
    for path in (project / SPECIFICATION).rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert match, path
        schema = json.loads((path.parent / match[1]).read_text(encoding="utf-8"))
        assert schema["properties"]["format"]["const"] == load(path.read_bytes(), path.name)[0].value["format"]
    settings = json.loads((project / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    written = {n for n in tree(project) if n.startswith(".csvgen/schemas/")}
    assert {n.removeprefix("./") for n in settings["yaml.schemas"]} == written
    assert settings["redhat.telemetry.enabled"] is False
    assert json.loads((project / ".vscode" / "extensions.json").read_text(encoding="utf-8")) == {
        "recommendations": ["redhat.vscode-yaml"]
    }


HOSTILE = ['a": b', "a # b", "x'y\\z", "{a: b}", "- a", "<script>", "{{ 7*7 }}", "%TAG", "é 漢", "null", "1.10"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_wherever_it_is_printed(tmp_path, name):
    assert csvgen("init", ".", "--system", "lims", "--name", name, "--prefix", "LIM", cwd=tmp_path).returncode == 0
    spec = load_system(tmp_path / "requirements_specs", "lims").spec
    assert spec is not None
    assert spec.system.name == name
    assert [c.name for c in spec.system.components] == [name]
    assert tomllib.loads((tmp_path / "csvgen.toml").read_text(encoding="utf-8")) == {"csvgen": {"project": "lims"}}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *((["--system", name], "--system") for name in ("../lims", "a/b", "a\\b", "Lims", "lims\n", "", ".", "..", "-x", "a..b", "lims ", "l\u0456ms", "a" * 65)),
        *((["--name", name], "--name") for name in ("", " ", "two\nlines", "a\u202eb", "x\x07", "n" * 401)),
        *((["--prefix", prefix], "--prefix") for prefix in ("q", "qcr", "1AB", "", "QCR\n", "Q" * 11)),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_and_nothing_is_written(tmp_path, arguments, words):
    done = csvgen("init", "here", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert not tree(tmp_path)


def test_without_a_name_the_folder_gives_it_or_the_person_is_asked(tmp_path):
    assert csvgen("init", "qc-lab", cwd=tmp_path).returncode == 0
    system = load_system(tmp_path / "qc-lab" / "requirements_specs", "qc-lab").spec.system
    assert (system.id, system.name, system.prefix) == ("qc-lab", "Qc lab", "QCL")
    done = csvgen("init", "My Lab", cwd=tmp_path)
    assert done.returncode == 2
    assert "--system" in done.stderr


def test_a_second_time_changes_nothing(project):
    (project / SPECIFICATION / "plan.yaml").write_text("mine\n")
    before = tree(project)
    done = csvgen("init", cwd=project)
    assert done.returncode == 2
    assert "this is a project already" in done.stderr
    assert "--system NAME" in done.stderr
    assert tree(project) == before
    again = csvgen("init", "--system", SPECIFICATION.rpartition("/")[2], cwd=project)
    assert again.returncode == 2
    assert {name for name in before if name in again.stderr} == {
        name for name in before if name.startswith("requirements_specs/")
    }
    assert tree(project) == before


def test_a_second_system_joins_the_first(project):
    before = tree(project)
    done = csvgen("init", "--system", "second", "--prefix", "SEC", cwd=project)
    assert done.returncode == 0, done.stderr
    after = tree(project)
    assert {name: text for name, text in after.items() if name in before} == before
    assert {name.split("/")[1] for name in after.keys() - before.keys()} == {"second"}
    checked = csvgen("check", "second", "--format", "concise", cwd=project)
    assert checked.returncode == 1
    assert " URS110 " in checked.stdout
    assert " SPC" not in checked.stdout


@pytest.mark.parametrize("taken", [".gitignore", f"{SPECIFICATION}/urs/10-requirements.yaml", ".csvgen/schemas/urs.schema.json"])
def test_one_file_in_the_way_stops_all(tmp_path, taken):
    path = tmp_path / "lims" / taken
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    done = csvgen("init", "lims", cwd=tmp_path)
    assert done.returncode == 2
    assert taken in done.stderr
    assert tree(tmp_path) == {f"lims/{taken}": b"mine\n"}


def test_a_link_or_a_file_where_a_folder_belongs_is_in_the_way(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name, make in (("linked", lambda p: p.symlink_to(tmp_path / "elsewhere")), ("filed", lambda p: p.write_text(""))):
        (tmp_path / name).mkdir()
        make(tmp_path / name / ".vscode")
        done = csvgen("init", name, "--prefix", "LIM", cwd=tmp_path)
        assert done.returncode == 2
        assert ".vscode/settings.json" in done.stderr
        assert "csvgen.toml" not in done.stderr
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling" / "csvgen.toml").symlink_to(tmp_path / "elsewhere" / "x")
    assert csvgen("init", "dangling", cwd=tmp_path).returncode == 2
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_write_that_fails_takes_back_what_was_written(tmp_path, monkeypatch):
    """As when the disk is full half-way."""
    real, written = os.link, []

    def link(source: str, target: str) -> None:
        if len(written) == 10:
            raise OSError(28, "No space left on device")
        written.append(target)
        real(source, target)

    monkeypatch.setattr("csvgen.canonical.os.link", link)
    done = csvgen("init", "lims", cwd=tmp_path)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert len(written) == 10
    assert not tree(tmp_path)
