"""Markdown: list items, paragraphs, headings and table rows that begin with an id are requirements; sections give the context.

Read by markdown-it. At the end every line is accounted for, and a line that became part of nothing is a leftover.
"""

from __future__ import annotations

import re
from typing import Any

from csvgen.exchange.accounting import account
from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, text_of
from csvgen.exchange.readers.prose import Sections, fields_of, is_metadata, obliges, split_head
from csvgen.exchange.readers.table import Row, read_rows

_LISTS = ("bullet_list", "ordered_list")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")


def read(data: bytes, name: str, options: Options) -> Read:
    """A Markdown file (CommonMark with tables)."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    text, encoding = text_of(data, name)
    found = Found(name, "markdown")
    if encoding != "utf-8-sig":
        found.aside(found.place(), encoding, f"the file was read as {encoding}, not UTF-8")
    root = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    _Walk(found, options).blocks(root.children)
    lines = text.split("\n")
    for line in account(text, found.entries, found.leftovers):
        if line.kind == "lost":
            found.leftover(found.place(line.number), lines[line.number - 1].strip(), "this line became part of nothing")
    return found.read()


class _Walk:
    """Goes through the blocks of a document in their order."""

    def __init__(self, found: Found, options: Options) -> None:
        self._found, self._options = found, options
        self._sections = Sections()
        self._heading: tuple[str, str, int, list[str]] | None = None
        """A requirement that began as a heading: id, title, line, and the lines below it so far."""

    def blocks(self, nodes: list[Any]) -> None:
        for node in nodes:
            match node.type:
                case "heading":
                    self._close()
                    self._on_heading(node)
                case "bullet_list" | "ordered_list" if self._heading is None or _has_ids(node):
                    self._close()
                    for item in node.children:
                        self._on_item(item)
                case "table" if self._heading is None:
                    self._on_table(node)
                case "paragraph" if self._heading is None or _begins(node):
                    self._close()
                    self._on_paragraph(node)
                case "hr":
                    self._close()
                    self._found.aside(self._place(node), "---", "a line across")
                case _ if self._heading is not None:
                    self._heading[3].extend(_lines(node))
                case _:
                    self._other(node)
        self._close()

    def _place(self, node: Any) -> Any:
        return self._found.place(node.map[0] + 1 if node.map else 0)

    def _close(self) -> None:
        """End of a requirement that began as a heading."""
        if self._heading is None:
            return
        identity, title, line, body = self._heading
        self._heading = None
        place = self._found.place(line)
        if not body:
            self._found.aside(place, f"{identity} {title}", "a heading with an id and nothing below it")
            return
        self._found.entry(place, {"title": title, **fields_of(identity, "", body)}, {"Section": self._sections.path})

    def _on_heading(self, node: Any) -> None:
        level, head, text = int(node.tag[1]), _head(node), _plain(node)
        if level > 1 and head is not None:
            self._heading = (head[0], head[1], node.map[0] + 1, [])
            return
        self._sections.enter(level, text)
        self._found.aside(self._place(node), text, "the title" if level == 1 else "a heading")

    def _on_item(self, item: Any) -> None:
        first = item.children[0] if item.children else None
        head = _head(first) if first is not None and first.type == "paragraph" else None
        if first is not None and head is not None:
            *others, (line, last) = _segments(first)
            for number, segment in others:
                self._segment(first, number, segment)
            inside = split_head(last[0], last[1]) if others else head
            if inside is None:  # a footnote below the id
                self._segment(first, line, last)
                self._rest_of(item)
                return
            rest, *more = inside[1].split("\n")
            body = [*more, *(line for child in item.children[1:] for line in _lines(child))]
            place = self._found.place(first.map[0] + 1 + line) if others else self._place(item)
            self._found.entry(place, fields_of(inside[0], rest, body), {"Section": self._sections.path})
        elif any(_has_ids(child) for child in item.children if child.type in _LISTS):
            inner = [c for c in item.children if c.type in _LISTS]
            outer = "\n".join(line for c in item.children if c.type not in _LISTS for line in _lines(c))
            self._found.aside(self._place(item), outer, "the lead-in of a list")
            for child in inner:
                for deeper in child.children:
                    self._on_item(deeper)
        else:
            self._without_id(item, "\n".join(line for child in item.children for line in _lines(child)))

    def _rest_of(self, item: Any) -> None:
        """What stands in an item below its first paragraph, when that ends with a piece of its own."""
        for child in item.children[1:]:
            if text := "\n".join(_lines(child)).strip():
                self._found.leftover(self._place(child), text, "below a footnote: not read as part of a requirement")

    def _on_paragraph(self, node: Any) -> None:
        for number, segment in _segments(node):
            self._segment(node, number, segment)

    def _segment(self, node: Any, number: int, segment: tuple[str, str]) -> None:
        """Lines of a paragraph that belong together: a requirement, a footnote, or text."""
        text, stress = segment
        head = split_head(text, stress)
        place = self._found.place(node.map[0] + 1 + number if node.map else 0)
        if _FOOTNOTE.match(text):
            self._found.leftover(place, text, "a footnote is not imported")
        elif head is not None:
            rest, *more = head[1].split("\n")
            self._found.entry(place, fields_of(head[0], rest, more), {"Section": self._sections.path})
        elif obliges(text):
            first, *body = text.split("\n")
            self._found.entry(place, fields_of("", first, body), {"Section": self._sections.path})
        else:
            why = "metadata of the document" if all(map(is_metadata, text.split("\n"))) else "prose"
            self._found.aside(place, text, why)

    def _without_id(self, node: Any, text: str) -> None:
        """A requirement in all but its id becomes an entry without one; anything else is context."""
        if not text.strip():
            return
        if obliges(text) or self._sections.of_requirements:
            head, *body = text.split("\n")
            self._found.entry(self._place(node), fields_of("", head, body), {"Section": self._sections.path})
        else:
            self._found.aside(self._place(node), text, "prose")

    def _on_table(self, node: Any) -> None:
        rows = [
            Row(self._found.place(row.map[0] + 1), tuple(_plain(cell) for cell in row.children))
            for part in node.children
            for row in part.children
        ]
        if not read_rows(rows, self._options, self._found, self._sections.path):
            text = "\n".join(" | ".join(row.cells) for row in rows)
            if obliges(text) and self._sections.of_requirements:
                self._found.leftover(
                    self._place(node), text, "a table without a column for the requirement text: say --map COLUMN=statement"
                )
            else:
                self._found.aside(self._place(node), text, "a table that is not one of requirements")

    def _other(self, node: Any) -> None:
        text = "\n".join(_lines(node))
        if not text.strip():
            return
        if node.type == "html_block" and re.fullmatch(r"(?s)\s*<!--.*-->\s*", text):
            self._found.aside(self._place(node), text, "a comment")
        elif obliges(text):
            self._found.leftover(self._place(node), text, f"{node.type.replace('_', ' ')}: not read as a requirement")
        else:
            self._found.aside(self._place(node), text, node.type.replace("_", " "))


# ------------------------------------------------------------------ text of nodes


def _inline(node: Any) -> Any | None:
    return next((c for c in node.children if c.type == "inline"), None)


def _head(node: Any) -> tuple[str, str] | None:
    """Id and the rest of a heading or paragraph that begins with one."""
    inline = _inline(node)
    if inline is None or not inline.children:
        return None
    first = next((c for c in inline.children if c.type != "text" or c.content.strip()), None)
    stress = _said(first) if first is not None and first.type in _STRESSED else ""
    return split_head(_plain(node), stress, heading=node.type == "heading")


_STRESSED = {"strong", "em", "code_inline", "link"}


def _segments(node: Any) -> list[tuple[int, tuple[str, str]]]:
    """A paragraph cut where a line begins with an id or is a footnote: number of the line, text, stressed beginning."""
    inline = _inline(node)
    lines: list[tuple[str, str]] = [("", "")]
    for child in inline.children if inline is not None else []:
        if child.type in {"softbreak", "hardbreak"}:
            lines.append(("", ""))
            continue
        text, stress = lines[-1]
        said = _said(child)
        lines[-1] = text + said, said if not text.strip() and child.type in _STRESSED else stress
    found: list[tuple[int, tuple[str, str]]] = []
    number = 0
    for text, stress in lines:
        cut = not found or _FOOTNOTE.match(text) or split_head(text, stress) is not None
        if cut:
            found.append((number, (text, stress)))
        else:
            at, (before, stressed) = found[-1]
            found[-1] = at, (f"{before}\n{text}", stressed)
        number += text.count("\n") + 1
    return [(at, (text.strip(), stress)) for at, (text, stress) in found if text.strip()]


def _begins(node: Any) -> bool:
    """Whether a requirement or footnote begins in a paragraph."""
    return any(_FOOTNOTE.match(text) or split_head(text, stress) for _, (text, stress) in _segments(node))


def _has_ids(node: Any) -> bool:
    """Whether a list, at any depth, holds an item that begins with an id."""
    for item in node.children:
        for child in item.children:
            if (child.type == "paragraph" and _head(child)) or (child.type in _LISTS and _has_ids(child)):
                return True
    return False


def _plain(node: Any) -> str:
    inline = _inline(node)
    return "".join(map(_said, inline.children)).strip() if inline is not None else ""


def _said(node: Any) -> str:
    """Inline Markdown as plain text; addresses stay, in brackets."""
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            words = "".join(map(_said, node.children))
            address = str(node.attrs.get("href", ""))
            return words if address in ("", words) else f"{words} ({address})"
        case "image":
            return f"[picture: {node.content} ({node.attrs.get('src', '')})]"
        case _:
            return "".join(map(_said, node.children)) if node.children else str(node.content)


def _lines(node: Any, indent: str = "") -> list[str]:
    """A block as lines of plain text; lists keep their marks and depth."""
    match node.type:
        case "paragraph" | "heading":
            return [indent + line for line in _plain(node).split("\n")]
        case "bullet_list" | "ordered_list":
            out = []
            for number, item in enumerate(node.children, int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 1):
                mark = f"{number}. " if node.type == "ordered_list" else "- "
                inner = [line for child in item.children for line in _lines(child)] or [""]
                out += [f"{indent}{mark}{inner[0]}", *(f"{indent}  {line}" for line in inner[1:])]
            return out
        case "table":
            return [indent + " | ".join(map(_plain, row.children)) for part in node.children for row in part.children]
        case "blockquote":
            return [line for child in node.children for line in _lines(child, indent)]
        case "hr":
            return []
        case _:
            return [indent + line for line in str(node.content).rstrip("\n").split("\n")]
