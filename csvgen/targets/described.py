"""What adapters share that are described in YAML: the settings of such a target, and its description read with every finding and its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from csvgen.canonical import digest
from csvgen.errors import ConfigError, Refused
from csvgen.marks import load
from csvgen.model.base import Value
from csvgen.model.counterpart import UNREAD, Counterpart
from csvgen.views import ComponentState, Unanswered, Unreachable

V = TypeVar("V", bound=Value)


def named(name: str, settings: Mapping[str, str], *more: str) -> tuple[Path, str]:
    """The folder of the project and the description that the settings of a target name; `more` are further settings its adapter knows.

    Raises ConfigError for a setting that nobody reads, and where no description is named.
    """
    if strange := sorted(set(settings) - {"adapter", "description", "root", *more}):
        raise ConfigError(
            f"the target {name!r} has the setting {strange[0]!r}, which this adapter does not know", where="csvgen.toml"
        )
    if not settings.get("description"):
        raise ConfigError(f"the target {name!r} needs the setting description: a YAML file", where="csvgen.toml")
    return Path(settings.get("root", ".")), settings["description"]


def read_as(model: type[V], path: Path, shown: str) -> V:
    """The description in a file. Raises ConfigError with every finding and its line."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"the description cannot be read: {problem.strerror}", where=shown) from None
    marked, findings = load(data, shown)
    if marked is None:
        raise ConfigError("; ".join(f"{f.location}: {f.message}" for f in findings), where=shown)
    try:
        return model.model_validate(marked.value)
    except ValidationError as problem:
        told: dict[str, str] = {}
        for fault in problem.errors(include_url=False, include_input=False):
            place = marked.at(marked.known(tuple(fault["loc"])))
            known = ".".join(str(p) for p in fault["loc"] if not str(p).startswith("function-"))
            told.setdefault(str(place), f"{place}: {known or 'the description'}: {fault['msg'].removeprefix('Value error, ')}")
        raise ConfigError(
            "the description has findings\n" + "\n".join(f"  {t}" for _, t in sorted(told.items())), where=shown
        ) from None


def schema_of(model: type[Value]) -> dict[str, Any]:
    """JSON Schema of a description, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def tells_digests(installation: Any) -> bool:
    """Whether a description says where the system tells the digests of its components: nobody is asked for what is not described."""
    return installation is not None and installation.components is not None and "sha256" in installation.components.each


def with_digest(said: Counterpart, components: Callable[[], Sequence[ComponentState]]) -> Counterpart:
    """The counterpart of a description that names no digest, with one over those of its components, as the system tells them.

    As it was said where the system tells none, or does not answer: a digest is never made up.
    """
    if said.digest != UNREAD:
        return said
    try:
        told = sorted((c.name, c.sha256) for c in components() if c.sha256)
    except (Unanswered, Unreachable, Refused):
        return said
    return said.model_copy(update={"digest": str(digest(told))}) if told else said
