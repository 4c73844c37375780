"""Titles of scripts: what the pattern says, and the data by which one script differs from the next, each with its name.

A title follows from its own criterion and row alone, so that a new row or requirement renames no script that was approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from csvgen.patterns.catalogue import Script
from csvgen.patterns.rows import Row

ABOUT = ("form", "field", "test", "oracle")
"""Parameters of a criterion that say what its scripts are about; a script names those that its steps use."""
LONGEST = 60
"""Characters of a value in a title; of a longer one the beginning stands there, up to the end of a word, and the steps show all of it."""
IN_SHORT = "{name} in short"
"""Column for values that are blank or too long for a title."""
BLANK = "(blank)"


def shortened(text: str, most: int = LONGEST) -> str:
    """A value in a title. One that is cut ends with a word and says how long it is."""
    if not text.strip():
        return BLANK
    if len(text) <= most:
        return text
    head, _, _ = text[: most + 1].rpartition(" ")
    return f"{head or text[:most]} ... ({len(text)} characters)"


_PLACES = ("first", "second", "third", "fourth")


def _label(column: str, given: Mapping[str, object]) -> str:
    """What a column is called in a title; of a form's combined fields the field's own name."""
    fields = given.get("fields")
    if isinstance(fields, tuple) and column in _PLACES[: len(fields)]:
        return str(fields[_PLACES.index(column)])
    return column.replace("-", " ")


def _used(name: str, steps: Iterable[str], given: Mapping[str, object]) -> bool:
    return isinstance(given.get(name), str) and any(f"{{{{ {name} }}}}" in step for step in steps)


def named(script: Script, given: Mapping[str, object], rows: tuple[Row, ...]) -> tuple[str, tuple[Row, ...], tuple[str, ...]]:
    """Title of an outline, its rows, and the columns they have beyond those of the script: those in short that its title needs."""
    title = script.title
    told = [f"{name}: {shortened(str(given[name]))}" for name in ABOUT if _used(name, script.steps, given)]
    more: list[str] = []
    made = [dict(row) for row in rows]
    for name in (n for n in script.key if f"<{n}>" not in title):
        column = name
        if any(shortened(row[name]) != row[name] for row in rows):
            column = IN_SHORT.format(name=name)
            for row in made:
                row[column] = shortened(row[name])
        if column not in script.columns:
            more.append(column)
        told.append(f"{_label(name, given)}: <{column}>")
    return f"{title} ({'; '.join(told)})" if told else title, tuple(made), tuple(more)
