"""One value as YAML text that fits where an old one stood: `as_value`, `as_flow`, `as_block`, `as_entry`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from csvgen.exchange.yaml_text import dump, quoted


def as_value(text: str, style: str, old: str, indent: int) -> str:
    """A text in the style of the old one where that can carry it, else in the style of `dump`; lines below are indented."""
    if "\n" not in text and style in {"'", '"'}:
        return as_flow(text, style)
    made = _in_block(text, style, old, indent) if style in {"|", ">"} else None
    return made or _moved(dump({"k": text})[3:-1], indent - 2)


def _in_block(text: str, style: str, old: str, indent: int) -> str | None:
    """A text in a literal or folded block that ends as the old one does, where one can carry it."""
    found = re.search(r"[\r\n]+( +)", old)
    inner = len(found[1]) if found else indent
    chomp, body = ("", text[:-1]) if text.endswith("\n") else ("-", text)
    if _in_lines(body) and (style == "|" or "\n" in body):
        return "\n".join((f"|{chomp}", *(" " * inner + line if line else "" for line in body.split("\n"))))
    shown = _moved(dump({"k": body})[3:-1], inner - 2)
    if shown.startswith(">-"):
        return f">{chomp}{shown[2:]}"
    return shown if chomp else None


def as_flow(value: Any, style: str = "") -> str:
    """Any value on one line, safe between brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_flow(k)}: {as_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_flow(v) for v in value) + "]"
    text = str(value)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and not set(text) & set(",[]{}:#") and dump({"k": text}) == f"k: {text}\n":
        return text
    return quoted(text)


def as_block(value: Any, indent: int) -> str:
    """A list or map in lines, each indented; no line end behind the last one."""
    return " " * indent + _moved(dump(value)[:-1], indent)


def as_entry(key: str, value: Any, indent: int) -> str:
    """``key: value`` in lines, each indented."""
    return as_block({key: value}, indent)


def _in_lines(text: str) -> bool:
    """Whether a literal block carries this text as it is."""
    lines = text.split("\n")
    return (
        bool(lines[0].strip())
        and not lines[0].startswith((" ", "\t"))
        and bool(lines[-1])
        and all(line == line.rstrip() and (line.isprintable() or not line) for line in lines)
    )


def _moved(text: str, by: int) -> str:
    """Every line but the first further to the right; empty lines stay empty."""
    first, *rest = text.split("\n")
    return "\n".join((first, *(" " * by + line if line else "" for line in rest)))
