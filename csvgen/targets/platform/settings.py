"""The file of a platform: which account, workspace, repository. One file is all that a run against a real one takes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from csvgen.errors import ConfigError
from csvgen.marks import load
from csvgen.model.base import Value, first_fault
from csvgen.targets.airflow.settings import Airflow
from csvgen.targets.aws.settings import Aws
from csvgen.targets.databricks.settings import Databricks
from csvgen.targets.forge.settings import Forge
from csvgen.targets.jira.part import Jira
from csvgen.targets.mlflow.settings import Mlflow
from csvgen.targets.vault.part import Vault


class Platform(Value):
    """Everything a validation looks at outside the system itself. Secrets stand here by reference only."""

    format: Literal["csvgen.platform/1"]
    title: str = Field(min_length=1, max_length=200)
    aws: Aws | None = None
    databricks: Databricks | None = None
    forge: Forge | None = None
    vault: Vault | None = None
    jira: Jira | None = None
    mlflow: Mlflow | None = None
    airflow: Airflow | None = None


def read(path: Path) -> Platform:
    """Raises ConfigError naming file, place and fault; never a value, which may be a secret somebody put here by mistake."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"the file of the platform cannot be read: {problem.strerror}", where=path.name) from None
    marked, findings = load(data, path.name)
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location))
    try:
        return Platform.model_validate(marked.value)
    except ValidationError as problem:
        loc = tuple(problem.errors(include_url=False, include_input=False)[0]["loc"])
        raise ConfigError(first_fault(problem), where=str(marked.at(marked.known(loc))), hint="docs/live-run.md") from None
