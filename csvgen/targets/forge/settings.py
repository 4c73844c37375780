"""What is to be read of a repository on a forge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.model.base import Line, Value
from csvgen.model.counterpart import Said
from csvgen.targets.databricks.settings import Url
from csvgen.targets.probing.credentials import Reference

_API = {"github": "https://api.github.com", "gitlab": "https://gitlab.com"}


class Forge(Value):
    """One branch of one repository."""

    kind: Literal["github", "gitlab"]
    url: Url | None = None
    """Address of the interface, where it is not that of github.com or gitlab.com; then `counterpart` says what answers."""
    repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+(?:/[\w.-]+)+$", max_length=200)]
    branch: Annotated[str, StringConstraints(pattern=r"^[\w.-]+(?:/[\w.-]+)*$", max_length=200)] = "main"
    token: Reference
    counterpart: Said | None = None
    ticket_form: Line = "CHG-[0-9]+"
    """How a change ticket looks in the title or text of a pull request."""
    commits: Annotated[int, Field(ge=1, le=1000)] = 50
    changes: Annotated[int, Field(ge=1, le=200)] = 20
    """Commits and merged changes that are looked at, from the newest backwards."""

    @property
    def address(self) -> str:
        """Where the interface is."""
        return self.url or _API[self.kind]
