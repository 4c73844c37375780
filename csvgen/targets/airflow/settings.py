"""What is to be read of an Airflow server."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from csvgen.model.base import Line, Value
from csvgen.model.counterpart import Said
from csvgen.targets.databricks.settings import Url
from csvgen.targets.probing.credentials import Reference

Dag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.~-]+$", max_length=250)]


class Airflow(Value):
    """One server (Airflow 3, REST API v2) and what a validation looks at there. What is not named is not probed."""

    url: Url
    token: Reference | None = None
    """A token that was given out already; it ends within a day."""
    user: Line | None = None
    password: Reference | None = None
    """Instead of a token: the probes get one, as everybody does."""
    counterpart: Said | None = None
    dags: tuple[Dag, ...] = ()
    ticket: Line = "ticket"
    """Key in the configuration of a run that names its change ticket."""
    ticket_form: Line = "CHG-[0-9]+"
    runs: Annotated[int, Field(ge=1, le=500)] = 50
    """Runs of each DAG that are looked at, from the newest backwards."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Airflow:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if (self.user is None) == (self.token is None):
            raise ValueError("say either token, or user and password")
        return self
