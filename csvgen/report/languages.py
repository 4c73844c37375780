"""Languages of a project's own: ``templates/wording/<language>.yaml`` and templates of documents beside it, complete or refused.

The file has the form of csvgen's own wording files: ``phrases`` and ``sentences``, each English text with what documents print instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from csvgen.errors import BadInput, ConfigError
from csvgen.marks import own_data
from csvgen.report.wording import IN_ENGLISH, Wording, languages, places, wording
from csvgen.templates import Templates, shipped

FORMAT = "csvgen.wording/1"
FOLDER = "wording"
_PARTS = ("phrases", "sentences")


def file_of(language: str) -> str:
    """Where a project keeps a wording of its own, below its templates."""
    return f"{FOLDER}/{language}.yaml"


def wording_for(language: str, templates: Templates) -> Wording:
    """The wording of a language as a project has it. Raises ConfigError naming everything that its file lacks."""
    if not language or language in languages():
        return wording(language) if language else IN_ENGLISH
    lacks = list(lacking(language, templates.folders[0] if len(templates.folders) > 1 else None))
    if lacks:
        more = f"; and {len(lacks) - _TOLD} more" if len(lacks) > _TOLD else ""
        raise ConfigError(
            f"the language {language!r} is not complete: {'; '.join(lacks[:_TOLD])}{more}", where=f"templates/{file_of(language)}",
            hint="csvgen check lists all of it",
        )  # fmt: skip
    said = _read(templates.path(file_of(language)))
    return Wording(language, _texts(said["phrases"]), _texts(said["sentences"]))


_TOLD = 8


def lacking(language: str, project: Path | None) -> Iterator[str]:
    """What keeps a language from being used, one text each: phrases, places, templates of documents. Nothing for a language of csvgen's."""
    if language in languages():
        return
    path = project / file_of(language) if project is not None else None
    if not re.fullmatch("[a-z]{2}", language) or path is None or not path.is_file():
        yield f"csvgen has no words in the language {language!r} ({', '.join(languages())}), and the project has no templates/{file_of(language)}"
        return
    try:
        said = _read(path)
    except BadInput as problem:
        yield problem.message
        return
    yield from _lacking_words(said)
    for name in sorted(p.name for p in (shipped() / "documents" / "de").glob("*.j2")):
        if project is not None and not (project / "documents" / language / name).is_file():
            yield f"there is no template documents/{language}/{name}"


def _lacking_words(said: Mapping[str, Any]) -> Iterator[str]:
    if said.get("format") != FORMAT:
        yield f"the format is not {FORMAT}"
    english = tomllib.loads((shipped() / FOLDER / "en.toml").read_text(encoding="utf-8"))
    for part in _PARTS:
        there = _texts(said.get(part))
        for phrase in english[part]:
            words = there.get(phrase, "")
            if not words.strip():
                yield f"{part} lack {phrase!r}"
            elif sorted(places(words)) != sorted(places(phrase)):
                yield f"{part}: the places of {phrase!r} are not those of {words!r}"
        yield from (f"{part}: csvgen says nothing like {phrase!r}" for phrase in there if phrase not in english[part])


def _texts(value: Any) -> dict[str, str]:
    return {str(name): str(words) for name, words in value.items()} if isinstance(value, Mapping) else {}


def _read(path: Path) -> Mapping[str, Any]:
    """The file as plain values. Raises BadInput for what is no wording file."""
    where = f"templates/{FOLDER}/{path.name}"
    try:
        found = own_data(path.read_bytes(), where)
    except (OSError, ValueError, ConfigError) as problem:
        raise BadInput(f"the wording file cannot be read: {problem}", where=where) from None
    if not isinstance(found, Mapping):
        raise BadInput("a wording file is a mapping with format, phrases and sentences", where=where)
    return found
