"""The few files every page needs: style, keys, htmx. Shipped inside; named by their content, so that browsers may keep them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from csvgen.canonical import digest_bytes

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class File:
    data: bytes
    media_type: str
    mark: str
    """First digits of its digest."""


@cache
def files() -> dict[str, File]:
    """Every file of the folder `static`, read once."""
    folder = resources.files("csvgen.portal").joinpath("static")
    found = {}
    for entry in folder.iterdir():
        ending = "." + entry.name.rpartition(".")[2]
        if entry.is_file() and ending in _TYPES:
            data = entry.read_bytes()
            found[entry.name] = File(data, _TYPES[ending], digest_bytes(data).short)
    return found


def address_of(name: str) -> str:
    """Where a file is got. Raises KeyError for one that is not shipped."""
    return f"/static/{name}?v={files()[name].mark}"
