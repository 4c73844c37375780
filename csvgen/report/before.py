"""Findings about documents before there is one: characters of the specification that no font has, and a language that is not complete.

The files are read as they lie: a large specification is never held as a whole, and a finding has its line and column.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.errors import BadInput
from csvgen.marks import Marked, load
from csvgen.report.languages import lacking

_ENDINGS = ("*.yaml", "*.yml")
_SYSTEM = "system.yaml"


def before_documents(root: Path, system: str, templates: Path) -> tuple[Diagnostic, ...]:
    """What documents of a system would lack. `root`: the folder of all specifications."""
    files = sorted(p for ending in _ENDINGS for p in (root / system).rglob(ending))
    return (*_language(root, system, templates), *_glyphs(root, files, templates))


# ------------------------------------------------------------------ language


def _language(root: Path, system: str, templates: Path) -> Iterator[Diagnostic]:
    """SYS713 for each phrase, place and template that the language of the system lacks."""
    path = root / system / _SYSTEM
    place, language = _asked(path)
    if not language:
        return
    where = replace(place, file=path.relative_to(root).as_posix())
    for what in lacking(language, templates if templates.is_dir() else None):
        yield Diagnostic(
            rule="SYS713", severity=Severity.ERROR, location=where, about=system, message=f"the language {language!r}: {what}",
            hint="complete templates/wording and templates/documents of the project, or leave out language",
        )  # fmt: skip


def _asked(path: Path) -> tuple[Location, str]:
    """Place and value of `language` in system.yaml; none where it asks for none, or cannot be read: that is told elsewhere."""
    marked = _marked(path)
    value = marked.value.get("language") if marked is not None and isinstance(marked.value, dict) else None
    return (marked.at(("language",)), value) if marked is not None and isinstance(value, str) else (Location(), "")


def shared_language(root: Path) -> str:
    """The language that every system below `root` asks for, for what is of the project as a whole; empty where they differ."""
    asked = {_asked(path)[1] for path in root.glob(f"*/{_SYSTEM}")}
    return asked.pop() if len(asked) == 1 else ""


# ------------------------------------------------------------------ characters


def _glyphs(root: Path, files: list[Path], templates: Path) -> Iterator[Diagnostic]:
    """FNT001 for each character of a text that no font has, with its first place and how many texts hold it."""
    odd = [path for path in files if _is_odd(_text(path))]
    if not odd:
        return
    from csvgen.report.fonts import characters
    from csvgen.report.glyphs import found_before
    from csvgen.report.theme import read_theme

    known = set(characters())
    with suppress(BadInput):  # a theme that cannot be read is told by csvgen template check
        known |= {c for font in read_theme(templates if templates.is_dir() else None).fonts for c in font.advances}
    first: dict[str, Location] = {}
    count: dict[str, int] = {}
    for path in odd:
        if (marked := _marked(path)) is None:
            continue
        for steps, value in _values(marked.value):
            for char in sorted(set(value) - known):
                first.setdefault(char, replace(marked.at(steps), file=path.relative_to(root).as_posix()))
                count[char] = count.get(char, 0) + 1
    yield from found_before(first, count)


def _is_odd(text: str) -> bool:
    """Whether a file can hold a character beyond ASCII, as itself or by its number."""
    return not text.isascii() or any(escape in text for escape in ("\\u", "\\U", "\\x"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""  # YML001 tells of it


def _marked(path: Path) -> Marked | None:
    """A file with the places of its values; None where it cannot be read, which is told elsewhere."""
    try:
        return load(path.read_bytes(), path.name)[0]
    except OSError:
        return None


def _values(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text of a file with the way to it; no comment is one."""
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, (*steps, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _values(inner, (*steps, n))
