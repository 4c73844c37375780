"""A description against the OpenAPI document of the system: what it asks has to be listed there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from csvgen.errors import ConfigError
from csvgen.marks import load
from csvgen.targets.http.description import Call, Description

_PLACE = re.compile(r"\{[^{}]*\}")


def refuse_unlisted(description: Description, root: Path) -> None:
    """Raises ConfigError naming every request that the document does not list, or a document that is none."""
    if description.openapi is None:
        return
    listed = _listed(root / description.openapi, description.openapi)
    missing = sorted({c.request for c in _calls(description) if (c.method, _shape(c.path.split("?")[0])) not in listed})
    if missing:
        raise ConfigError(
            f"the system's own document does not list {'; '.join(missing)}", where=description.openapi,
            hint="correct the description, or get the document of the installed version",
        )  # fmt: skip


def _listed(path: Path, shown: str) -> set[tuple[str, str]]:
    """Method and path of each request; names of places do not matter."""
    try:
        data = path.read_bytes()
        document: Any = json.loads(data) if path.suffix == ".json" else getattr(load(data, shown)[0], "value", None)
    except (OSError, ValueError) as problem:
        raise ConfigError(f"the OpenAPI document cannot be read: {problem}", where=shown) from None
    paths = document.get("paths") if isinstance(document, Mapping) and "openapi" in document else None
    if not isinstance(paths, Mapping):
        raise ConfigError("this is no OpenAPI document (it has no openapi and paths)", where=shown)
    return {(method.upper(), _shape(place)) for place, verbs in paths.items() if isinstance(verbs, Mapping) for method in verbs}


def _shape(path: str) -> str:
    return _PLACE.sub("{}", path)


def _calls(value: object) -> Iterator[Call]:
    """Every call of a description, however deep."""
    if isinstance(value, Call):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _calls(getattr(value, name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _calls(part)
