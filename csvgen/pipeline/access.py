"""The access matrix: role x function, as data. Pure; `core.Core.admit` is the one place that asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from csvgen.errors import BadInput, Refused
from csvgen.model.base import Line, Value
from csvgen.pipeline.data_files import table

Role = Literal["administrator", "analyst", "reviewer", "quality", "auditor"]


class Function(Value):
    """A row of the matrix: the words of a refusal, and who may."""

    words: Line
    roles: tuple[Role, ...]


class AccessMatrix(Value):
    """The table ``data/access.yaml``."""

    format: Literal["qc.access/1"]
    roles: Mapping[Role, Line]
    exclusive: tuple[Role, ...]
    functions: Mapping[str, Function]


def matrix() -> AccessMatrix:
    """The matrix in force; it is part of the program, not of the configuration."""
    return table("access", AccessMatrix)


def allowed(function: str, roles: tuple[str, ...]) -> bool:
    """One cell of the matrix, for a person who may hold several roles. Raises KeyError for a function that is not listed."""
    return bool(set(roles) & set(matrix().functions[function].roles))


def refusal(function: str, roles: tuple[str, ...]) -> str:
    """The words of an authority refusal, 21 CFR 11.10(g)."""
    return f"the role {', '.join(roles)} may not {matrix().functions[function].words}"


def check_roles(roles: tuple[str, ...]) -> None:
    """Refuse role sets that do not exist or break the separation of duties."""
    known = matrix().roles
    if not roles or (unknown := [r for r in roles if r not in known]):
        named = ", ".join(unknown) if roles else "none"
        raise BadInput(f"unknown role: {named}; the roles are {', '.join(known)}")
    for role in matrix().exclusive:
        if role in roles and len(set(roles)) > 1:
            raise Refused(f"the role {role} may not be combined with another role", rule="RR-G03")
