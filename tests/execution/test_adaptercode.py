"""What binds a target belongs to the approval: the file of a platform that is really asked, whoever names it."""

from __future__ import annotations

import pytest

from csvgen.errors import ConfigError
from csvgen.execution.adaptercode import adapter_files


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("CSVGEN_PLATFORM", raising=False)
    (tmp_path / "csvgen.toml").write_text('[target.validation]\nadapter = "platform"\nfile = "platform.yaml"\n', encoding="utf-8")
    specs = tmp_path / "requirements_specs" / "tiny"
    specs.mkdir(parents=True)
    (specs / "protocol.yaml").write_text("format: csvgen.protocol/1\ntarget: validation\n", encoding="utf-8")
    for folder in ("protocols/tiny", "instance"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("platform.yaml", "instance/platform.yaml"):
        (tmp_path / file).write_text(f"title: {file}\n", encoding="utf-8")
    return tmp_path


def found(project):
    return {p.relative_to(project).as_posix() for p in adapter_files(project, project / "protocols" / "tiny")}


def test_the_file_that_the_target_names_is_bound(project):
    assert found(project) == {"platform.yaml"}


def test_a_file_that_the_environment_names_is_bound_in_its_place(project, monkeypatch):
    monkeypatch.setenv("CSVGEN_PLATFORM", "instance/platform.yaml")
    assert found(project) == {"instance/platform.yaml"}


def test_a_file_outside_of_the_project_is_refused(project, monkeypatch, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere") / "platform.yaml"
    other.write_text("title: elsewhere\n", encoding="utf-8")
    monkeypatch.setenv("CSVGEN_PLATFORM", str(other))
    with pytest.raises(ConfigError, match="outside of the project"):
        found(project)
