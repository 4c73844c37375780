"""The data files of the catalog."""

from __future__ import annotations

from importlib import resources
from typing import Any

from csvgen.marks import own_data


def content(name: str) -> bytes:
    """The bytes of ``data/<name>.yaml``."""
    return resources.files("csvgen.catalog").joinpath("data", f"{name}.yaml").read_bytes()


def read(name: str) -> Any:
    """The same as text values. Raises BadInput with the place when it is not strict YAML."""
    return own_data(content(name), f"{name}.yaml")
