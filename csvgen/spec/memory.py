"""What `csvgen check` remembers of files it has read, so that one edit in a large specification is checked at once.

One text file, one line a specification file: name, digest of its content, and what was seen, with a sum that tells damage. `check` and
`draft` have one each; approving and verifying read everything anew, and so does `draft --check`. It is believed only for the same
csvgen, the same rules and the same context.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from csvgen import __version__
from csvgen.canonical import digest, write
from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.spec.check import Seen
from csvgen.spec.read import Part

_READERS = ("marks.py", "model", "catalog", "patterns", "risk", "spec")
"""What decides on findings: a change in one of them makes the memory void."""


class FileMemory:
    """A memory in a file. A damaged one counts as empty; it is only ever a help."""

    def __init__(self, path: Path, context: str, *, believed: bool = True) -> None:
        self._path = path
        self._head = f"csvgen check {__version__} {own_code(_READERS)} {context}\n".encode()
        self._old = dict(self._lines()) if believed else {}
        self._new: dict[str, bytes] = {}
        self._changed = False

    def _lines(self) -> Iterator[tuple[str, bytes]]:
        try:
            data = self._path.read_bytes()
        except OSError:
            return
        head, _, rest = data.partition(b"\n")
        if head + b"\n" != self._head:
            return
        for line in rest.split(b"\n"):
            name, tab, _ = line.partition(b"\t")
            if tab:
                yield name.decode("utf-8", "surrogateescape"), line

    def recall(self, file: str, content: str) -> Seen | None:
        line = self._old.get(file, b"")
        *head, text = line.split(b"\t", 3)
        if head[1:] != [content.encode(), _sum(text)]:
            return None
        try:
            findings, facts, names, sound, read, scheme = json.loads(text)
            seen = Seen([_diagnostic(d) for d in findings], facts, names, sound, read, scheme)
        except (ValueError, TypeError, KeyError):
            return None
        self._new[file] = line
        return seen

    def part(self, file: str) -> None:
        """What a file says is not written down; whoever needs it reads it."""

    def keep(self, file: str, content: str, seen: Seen, _part: Part) -> None:
        if "\t" in file or "\n" in file:
            return
        value = [[_row(d) for d in seen.findings], seen.facts, seen.names, seen.sound, seen.read, seen.scheme]
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self._new[file] = b"\t".join((file.encode("utf-8", "surrogateescape"), content.encode(), _sum(text), text))
        self._changed = True

    def store(self) -> None:
        """Write what is to be remembered, if it differs from what is there."""
        if self._changed or self._new.keys() != self._old.keys():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write(self._path, self._head + b"\n".join(self._new.values()) + b"\n")


def _sum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)


def _row(d: Diagnostic) -> list[Any]:
    return [d.rule, str(d.severity), d.location.file, d.location.line, d.location.column, d.message, d.hint, d.about]


def _diagnostic(row: list[Any]) -> Diagnostic:
    rule, severity, file, line, column, message, hint, about = row
    return Diagnostic(
        rule=rule, severity=Severity(severity), location=Location(file, line, column), message=message, hint=hint, about=about
    )


@cache
def own_code(rooms: tuple[str, ...]) -> str:
    """Digest of what decides in some of our rooms: our own files by name, size and time; the readers underneath by version."""
    import pydantic

    from csvgen.marks import parser_version

    package = resources.files("csvgen")
    assert isinstance(package, Path)
    paths = [p for name in rooms for p in sorted([package / name] if name.endswith(".py") else (package / name).rglob("*"))]
    stats = [(p.relative_to(package).as_posix(), p.stat()) for p in paths if p.suffix in {".py", ".yaml", ".md"}]
    readers = [sys.version, parser_version(), pydantic.VERSION]
    return digest([*readers, *(f"{name} {s.st_size} {s.st_mtime_ns}" for name, s in stats)]).hex
