"""A form read: its controls, the rows of its listings, and the words that are the company's own. Nothing here can write.

The same reading serves a form that is still empty and one that was filled, so that the two can be compared.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from csvgen.report.form_tags import BODY, IN_PLACE, LISTINGS, PREFIX, REGION, SPECIMENS

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SDT, ROW, TABLE, PARAGRAPH = f"{_W}sdt", f"{_W}tr", f"{_W}tbl", f"{_W}p"
_GAPS = {f"{_W}tab", f"{_W}br", f"{_W}cr", PARAGRAPH, f"{_W}tc"}
_SECTION = f"{_W}sectPr"


@dataclass(frozen=True, slots=True)
class Form:
    """What a Word file on a company's form says outside of its body."""

    values: tuple[tuple[str, str], ...]
    """Tag and text of every control that stands alone, in the document and in its header and footer."""
    carried: frozenset[str]
    """Tags in header and footer."""
    rows: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    """Listing -> its rows, the texts of each in the order of the tags."""
    fixed: tuple[str, ...]
    """The company's own words, line by line, a control in them as its tag."""


def parsed(data: bytes) -> Any:
    """An XML part, its entities and addresses left alone."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def tag_of(control: Any) -> str:
    """The tag of a control of ours without its prefix; empty for any other."""
    found = control.find(f"{_W}sdtPr/{_W}tag")
    text = found.get(f"{_W}val", "") if found is not None else ""
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else ""


def controls(root: Any) -> Iterator[tuple[str, Any]]:
    """Every control of ours below an element, and the element itself if it is one: tag and control."""
    return ((tag, control) for control in root.iter(SDT) if (tag := tag_of(control)))


def is_form(body: Any) -> bool:
    """Whether a document's body is a form, or was drawn on one."""
    return any(True for _ in controls(body)) or _region(body) is not None


def fixed_text(reference: bytes) -> tuple[str, ...]:
    """The company's own words in a form; nothing for a reference document that is none, or no Word file."""
    try:
        with zipfile.ZipFile(io.BytesIO(reference)) as archive:
            body = parsed(archive.read("word/document.xml"))[0]
    except (zipfile.BadZipFile, KeyError, IndexError, etree.XMLSyntaxError, RuntimeError):
        return ()
    return tuple(_fixed(body)) if is_form(body) else ()


def read(body: Any, around: list[Any]) -> tuple[Form, list[Any]]:
    """A filled form from the body of its document and its headers and footers, and the elements of the region of the body."""
    outside, inside = _parted(body)
    single: list[tuple[str, str]] = []
    rows: dict[str, list[tuple[str, ...]]] = {}
    for part in (*outside, *around):
        for tag, control in controls(part):
            if listing_of(tag) is None and tag != BODY:
                single.append((tag, _said(control)))
    for part in outside:
        for line in part.iter(ROW):
            texts = {tag: _said(control) for tag, control in controls(line) if row_of(control) is line}
            for listing, tags in IN_PLACE.items():
                if texts.keys() & set(tags):
                    rows.setdefault(listing, []).append(tuple(texts.get(tag, "") for tag in tags))
    listed = tuple((name, tuple(found)) for name, found in rows.items())
    carried = frozenset(tag for part in around for tag, _ in controls(part))
    return Form(tuple(single), carried, listed, tuple(_fixed(body))), inside


def listing_of(tag: str) -> str | None:
    """The listing a tag belongs to, by its first part."""
    first, dot, _ = tag.partition(".")
    return first if dot and first in LISTINGS else None


def row_of(control: Any) -> Any:
    """The table row a control stands in; None outside of tables."""
    return next(control.iterancestors(ROW), None)


def is_specimen(element: Any) -> bool:
    """Whether a table shows how tables of the body look: it is none of the company's words."""
    return element.tag == TABLE and any(listing_of(tag) in SPECIMENS for tag, _ in controls(element))


# ------------------------------------------------------------------ in pieces


def _region(body: Any) -> Any:
    starts = (c for c in body.iterchildren(f"{_W}bookmarkStart") if c.get(f"{_W}name") == REGION)
    return next(starts, None)


def _parted(body: Any) -> tuple[list[Any], list[Any]]:
    """The children of a body outside, and those inside, of the region that csvgen filled."""
    start = _region(body)
    if start is None:
        return [c for c in body if c.tag != _SECTION], []
    outside: list[Any] = []
    inside: list[Any] = []
    number, within = start.get(f"{_W}id"), False
    for child in body:
        if child is start:
            within = True
        elif child.tag == f"{_W}bookmarkEnd" and within and child.get(f"{_W}id") == number:
            within = False
        elif child.tag != _SECTION:
            (inside if within else outside).append(child)
    return outside, inside


def _fixed(body: Any) -> Iterator[str]:
    """Line by line, a table row as one; the copies of a prototype row as one, tables that are specimens not at all."""
    start, inside = _region(body), set(_parted(body)[1])
    last = ""
    for child in body:
        if child is start:
            yield f"{{{BODY}}}"
        if child is start or child in inside or child.tag in (_SECTION, f"{_W}bookmarkStart", f"{_W}bookmarkEnd"):
            continue
        if is_specimen(child):
            continue
        for line in child.iter(ROW) if child.tag == TABLE else (child,):
            text = " ".join(_skeleton(line).split())
            if text and not (text == last and any(f"{{{name}." in text for name in IN_PLACE)):
                yield text
            last = text


def _skeleton(element: Any) -> str:
    """The text of an element, each control of ours as its tag."""
    if element.tag == SDT and (tag := tag_of(element)):
        return f" {{{tag}}} "
    if element.tag == f"{_W}t":
        return element.text or ""
    inner = "".join(_skeleton(child) for child in element if isinstance(child.tag, str))
    return f" {inner} " if element.tag in _GAPS else inner


def _said(control: Any) -> str:
    """The text in a control."""
    content = control.find(f"{_W}sdtContent")
    found = "" if content is None else "".join(
        (node.text or "") if node.tag == f"{_W}t" else " " for node in content.iter(f"{_W}t", *_GAPS)
    )  # fmt: skip
    return " ".join(found.split())
