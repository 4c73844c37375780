"""What is to be read of an MLflow server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from csvgen.model.base import Line, Sha256, Value
from csvgen.model.counterpart import Said
from csvgen.targets.databricks.settings import Url
from csvgen.targets.probing.credentials import Reference

Run = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[^/#?]+/[0-9]+$", max_length=200)]
"""A registered model and the number of its version: ``potency/3``."""


class Mlflow(Value):
    """One server and what a validation looks at there. What is not named is not probed."""

    url: Url
    user: Line | None = None
    password: Reference | None = None
    """Of MLflow's own accounts."""
    token: Reference | None = None
    """Instead of user and password, for a server behind something that takes bearer tokens."""
    counterpart: Said | None = None
    experiment: Line | None = None
    models: tuple[Version, ...] = ()
    signed_models: Mapping[Version, Sha256] = Field(default_factory=dict)
    """Digest of the files of each model version that was signed for use, as the signed list says it."""
    sealed_runs: Mapping[Run, Sha256] = Field(default_factory=dict)
    """Run -> digest of all that the server showed of it when it ended, as it was kept outside of MLflow."""
    ticket: Line = "change_ticket"
    """Parameter or tag of a run that names its change ticket."""
    ticket_form: Line = "CHG-[0-9]+"
    runs: Annotated[int, Field(ge=1, le=500)] = 50
    """Runs that are looked at, from the newest backwards."""

    @model_validator(mode="after")
    def _whole(self) -> Mlflow:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and self.token is not None:
            raise ValueError("say either user and password, or token")
        return self
