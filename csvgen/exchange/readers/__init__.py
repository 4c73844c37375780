"""Readers: one file per format, each ``read(data, name, options) -> Read``; a format is known by its suffix and its content.

A reader is imported when a file of its format is read, so that no library is loaded for a format nobody uses.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from csvgen.errors import ConfigError
from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import MAX_BYTES, Options, Unreadable


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    title: str
    module: str
    suffixes: tuple[str, ...]
    signs: tuple[bytes, ...] = ()
    """Any of these in the first part of a file tells formats of one suffix apart."""
    extra: bool = False
    """Needs a library of the extra ``exchange``."""


FORMATS: tuple[Format, ...] = (
    Format("markdown", "Markdown", "markdown", (".md", ".markdown")),
    Format("csv", "CSV: comma, semicolon, tab or bar", "delimited", (".csv", ".tsv", ".txt")),
    Format("excel", "Excel workbook", "workbook", (".xlsx", ".xlsm")),
    Format("word", "Word document", "word", (".docx", ".docm")),
    Format("reqif", "ReqIF", "reqif", (".reqif", ".reqifz", ".xml"), extra=True),
    Format("strictdoc", "StrictDoc", "strictdoc", (".sdoc",), extra=True),
    Format("doorstop", "Doorstop item", "doorstop", (".yml", ".yaml")),
    Format("needs", "sphinx-needs", "needs", (".json",), (b'"needs"', b'"versions"')),
    Format("oscal", "OSCAL catalog", "oscal", (".json",), (b'"catalog"',)),
    Format("suite", "test suite", "suite", (".json",), (b'"test_cases"',)),
)
_SAMPLE = 200_000


def named(name: str) -> Format:
    """The format of a name. Raises ConfigError for an unknown one."""
    for form in FORMATS:
        if form.name == name:
            return form
    raise ConfigError(f"no format is called {name!r}", hint=f"formats: {', '.join(f.name for f in FORMATS)}")


def recognised(data: bytes, name: str) -> Format:
    """The format of a file by its suffix and content. Raises Unreadable when none fits."""
    suffix = PurePath(name).suffix.lower()
    fitting = [f for f in FORMATS if suffix in f.suffixes]
    told = [f for f in fitting if f.signs and any(s in data[:_SAMPLE] for s in f.signs)]
    if len(fitting) == 1 or told:
        return (told or fitting)[0]
    hint = f"say it with --from: {', '.join(f.name for f in fitting or FORMATS)}"
    raise Unreadable("what this file is cannot be told from its name and content", where=name, hint=hint)


def read_file(data: bytes, name: str, options: Options, form: Format | None = None) -> Read:
    """Read one file. Raises Unreadable for a file that is too large, is not of its format, or needs a library that is not there."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file has {len(data)} bytes; the limit is {MAX_BYTES}", where=name, hint="split it")
    if not data.strip():
        raise Unreadable("there is nothing in this file", where=name)
    form = form or recognised(data, name)
    reader: Callable[[bytes, str, Options], Read] = importlib.import_module(f"{__name__}.{form.module}").read
    try:
        return reader(data, name, options)
    except Unreadable as problem:
        problem.where = problem.where or name
        raise
    except ModuleNotFoundError as problem:
        if not form.extra:
            raise
        raise Unreadable(
            f"{form.title} is read by a library that is not installed: {problem.name}",
            where=name,
            hint='pip install "csvgen[exchange]"',
        ) from None
