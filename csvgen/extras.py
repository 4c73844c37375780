"""Optional parts (extras): how one is added to the csvgen at hand."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path


def how_to_add(extra: str) -> str:
    """The command that adds an optional part (extra) to this csvgen: it depends on where it came from (PEP 610, direct_url.json)."""
    if (Path(__file__).parents[1] / "pyproject.toml").is_file():
        return f"in the folder of the sources: pip install -c constraints.txt -e '.[{extra}]'"
    try:
        origin = json.loads(metadata.distribution("csvgen").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        origin = {}
    url = str(origin.get("url", ""))
    return f"pip install '{f'csvgen[{extra}] @ {url}' if url.endswith('.whl') else f'csvgen[{extra}]'}'"
