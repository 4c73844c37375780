"""What is to be read of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from csvgen.model.base import Line, Sha256, Value
from csvgen.model.counterpart import Said
from csvgen.targets.probing.credentials import Reference

Url = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+(?:/[\w./-]*)?$", max_length=300)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]


class Databricks(Value):
    """One workspace and what a validation looks at there. What is not named is not probed."""

    host: Url
    token: Reference | None = None
    client_id: Reference | None = None
    client_secret: Reference | None = None
    """Either a token, or id and secret of a service principal (OAuth)."""
    counterpart: Said | None = None
    account_host: Url | None = None
    account_id: Line | None = None
    account_token: Reference | None = None
    """The account's own interface tells of private links; the workspace does not."""
    workspace_id: Number | None = None
    groups: tuple[Line, ...] = ()
    job: Number | None = None
    cluster_policy: Line | None = None
    git_folder: Number | None = None
    tables: tuple[Line, ...] = ()
    """Full names of tables of Unity Catalog whose masks, grants, lineage and versions count."""
    signed_artifacts: Mapping[Line, Sha256] = Field(default_factory=dict)
    """Place of each artifact that was signed for production -> its digest, from the signed list of the promotion."""
    ticket: Line = "change_ticket"
    """Parameter of a run that names its change ticket."""
    ticket_form: Line = "CHG-[0-9]+"
    runs: Annotated[int, Field(ge=1, le=500)] = 50
    """Runs that are looked at, from the newest backwards."""
