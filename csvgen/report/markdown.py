"""Document templates: Markdown with Jinja2 values, read into neutral blocks.

A template is prose with places. A value printed into it is escaped, so that whatever a specification says stays text.
Tables, approval pages and the like are made in code and put in by name:

    ```block
    results
    ```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from csvgen.errors import ConfigError
from csvgen.model.report import Block, Bullets, Heading, PageBreak, Paragraph
from csvgen.report.text import visible
from csvgen.report.wording import Own, own

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:@=\"'$%^,;/?])")


def escape(value: Any) -> str:
    """Any value as Markdown that reads back as its text, on one line; hidden characters become visible, as everywhere."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(str(value).split())))


def read_blocks(text: str, insert: Mapping[str, Callable[[], tuple[Block, ...]]], where: str) -> tuple[Block, ...]:
    """Blocks of a rendered template. Raises ConfigError for an unknown place or a form of Markdown not used here."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": False}).parse(text)
    return tuple(_blocks(tokens, insert, where))


def _blocks(tokens: list[Any], insert: Mapping[str, Callable[[], tuple[Block, ...]]], where: str) -> Iterator[Block]:
    index = 0
    while index < len(tokens):
        token = tokens[index]
        match token.type:
            case "heading_open":
                yield Heading(min(int(token.tag[1]), 3), _text(tokens[index + 1], where))  # type: ignore[arg-type]
                index += 3
            case "paragraph_open":
                yield Paragraph(_text(tokens[index + 1], where))
                index += 3
            case "blockquote_open":
                end = _end(tokens, index, "blockquote_close")
                yield from (Paragraph(_text(t, where), "note") for t in tokens[index:end] if t.type == "inline")
                index = end + 1
            case "bullet_list_open" | "ordered_list_open":
                end = _end(tokens, index, token.type.replace("open", "close"))
                items = tuple(_text(t, where) for t in tokens[index:end] if t.type == "inline")
                yield Bullets(items, numbered=token.type == "ordered_list_open")
                index = end + 1
            case "hr":
                yield PageBreak()
                index += 1
            case "fence" if token.info.strip() == "block":
                name = token.content.strip()
                if name not in insert:
                    raise ConfigError(f"there is no block {name!r}", where=where, hint=f"known: {', '.join(sorted(insert))}")
                yield from insert[name]()
                index += 1
            case _:
                raise ConfigError(f"this Markdown has no place in a document: {token.type}", where=where)


def _end(tokens: list[Any], start: int, kind: str) -> int:
    level = tokens[start].level
    return next(i for i in range(start + 1, len(tokens)) if tokens[i].type == kind and tokens[i].level == level)


def _text(inline: Any, where: str) -> Own:
    parts = []
    for child in inline.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type == "text":
            parts.append(child.content)
        else:
            raise ConfigError(f"this Markdown has no place in a document: {child.type}", where=where)
    return own("".join(parts))
