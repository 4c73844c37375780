"""Word documents: headings, paragraphs with an id, numbered paragraphs, tables with merged cells.

Changes that are tracked are read as accepted, and shown. Text boxes, notes, comments and pictures are shown as not imported.
"""

from __future__ import annotations

import io
import re
from typing import Any

from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, Unreadable, unpacked
from csvgen.exchange.readers.prose import Sections, fields_of, is_metadata, obliges, split_head
from csvgen.exchange.readers.table import Row, read_rows
from csvgen.exchange.readers.word_text import Looks, Numbering, Said, W, blocks, said, tag


def read(data: bytes, name: str, options: Options) -> Read:
    """A .docx file. Raises Unreadable for what is no Word document, or one built to do harm."""
    from docx import Document

    members = unpacked(data, name)
    try:
        document = Document(io.BytesIO(data))
        body = document.element.body
    except Exception as problem:  # noqa: BLE001 - the library raises whatever a damaged file makes it stumble on
        raise Unreadable(f"not a Word document that can be opened: {problem}", where=name) from None
    found = Found(name, "word")
    walk = _Walk(found, options, document, _notes(members, name))
    for block in blocks(body):
        walk.block(block)
    walk.close()
    _margins(members, name, found)
    return found.read()


def _xml(data: bytes, name: str) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as problem:
        raise Unreadable(f"damaged XML: {problem}", where=name) from None


def _notes(members: dict[str, bytes], name: str) -> dict[tuple[str, str], str]:
    """Kind and id of each footnote, endnote and comment -> its text."""
    found = {}
    for kind in ("footnotes", "endnotes", "comments"):
        if (part := members.get(f"word/{kind}.xml")) is not None:
            for note in _xml(part, f"{name} {kind}"):
                if text := "\n".join(said(p).text for p in note.iter(f"{W}p")).strip():
                    found[kind, note.get(f"{W}id", "")] = text
    return found


def _margins(members: dict[str, bytes], name: str, found: Found) -> None:
    for part, content in sorted(members.items()):
        if re.fullmatch(r"word/(?:header|footer)\d*\.xml", part):
            text = "\n".join(said(p).text for p in _xml(content, f"{name} {part}").iter(f"{W}p")).strip()
            if text:
                found.aside(found.place(0, part.removeprefix("word/").removesuffix(".xml")), text, "a header or footer")


class _Walk:
    """Goes through paragraphs and tables in their order; the place of a paragraph is its number."""

    def __init__(self, found: Found, options: Options, document: Any, notes: dict[tuple[str, str], str]) -> None:
        self._found, self._options, self._notes = found, options, notes
        self._sections, self._numbering = Sections(), Numbering(document)
        self._styles = {s.get(f"{W}styleId"): s for s in document.styles.element.iter(f"{W}style")}
        self._looks, self._links = Looks(self._styles), document.part.rels
        self._paragraph = self._table = 0
        self._open: tuple[str, str, str, Any, list[str]] | None = None
        """The requirement that is being read: id, title, first line, place, lines below."""
        self._headed = False
        """Whether it began as a heading, so that paragraphs below belong to it."""

    def block(self, block: Any) -> None:
        if tag(block) == "tbl":
            self._on_table(block)
        elif tag(block) == "p":
            self._on_paragraph(block)
        else:
            self._not_read(block, self._found.place(self._paragraph))

    def _not_read(self, block: Any, place: Any) -> None:
        if tag(block) == "altChunk":
            link = next((v for k, v in block.attrib.items() if k.endswith("}id")), "")
            name = self._links[link].target_ref if link in self._links else link
            self._found.leftover(
                place, f"altChunk {name}", "another file is embedded here, and is not read: open and save in Word"
            )
        else:
            text = "".join(t.text or "" for t in block.iter(f"{W}t", f"{W}delText"))
            self._found.leftover(place, text, f"content of the kind {tag(block)} is not read")

    def close(self) -> None:
        """End of the requirement that is being read."""
        if self._open is None:
            return
        identity, title, first, place, body = self._open
        self._open = None
        if self._headed and not body:
            self._found.aside(place, f"{identity} {title}", "a heading with an id and nothing below it")
            return
        self._found.entry(place, {"title": title, **fields_of(identity, first, body)}, {"Section": self._sections.path})

    def _on_paragraph(self, node: Any) -> None:
        self._paragraph += 1
        place = self._found.place(self._paragraph)
        what = said(node, self._looks)
        self._remarks(what, place)
        if what.text.strip() and node.find(f"{W}pPr/{W}rPr/{W}del") is not None:
            why = (
                "the end of this paragraph is deleted as a tracked change, so that it joins the next; accept or reject it in Word"
            )
            self._found.leftover(place, what.text, why)
        styles = self._style(node)
        label = self._numbering.label(node, styles)
        text = what.text.strip()
        if not text:
            return
        level = _heading(node, styles)
        head = split_head(text, what.bold, heading=level > 1)
        if head is None and label is not None and label[0]:
            head = split_head(f"{label[0]} {text}", label[0])
            if head is not None:
                self._found.aside(place, label[0], "the id is a number that Word writes before the paragraph")
        if level:
            self.close()
            if level > 1 and head is not None:
                self._open, self._headed = (head[0], head[1], "", place, []), True
                return
            self._sections.enter(level, text)
            self._found.aside(place, text, "the title" if level == 1 else "a heading")
        elif head is not None:
            self.close()
            self._open, self._headed = (head[0], "", head[1], place, []), False
        elif self._open is not None and (label is not None or self._headed or _labelled(text)):
            mark = "" if label is None else "- " if label[2] else f"{label[0]} "
            self._open[4].append(f"{'  ' * label[1] if label and label[2] and label[1] > 1 else ''}{mark}{text}")
        else:
            self.close()
            self._other(text, label, place)

    def _other(self, text: str, label: tuple[str, int, bool] | None, place: Any) -> None:
        """A paragraph without an id."""
        if obliges(text) or (label is not None and self._sections.of_requirements):
            number = {"Number": label[0]} if label is not None and label[0] else {}
            self._found.entry(place, fields_of("", text, []), {"Section": self._sections.path, **number})
        else:
            self._found.aside(place, text, "metadata of the document" if is_metadata(text) else "prose")

    def _remarks(self, what: Said, place: Any) -> None:
        if what.inserted.strip():
            self._found.aside(place, what.inserted, "a tracked insertion; it is read as accepted")
        if what.deleted.strip():
            self._found.leftover(place, what.deleted, "a tracked deletion is not imported; accept or reject the changes in Word")
        for why, piece in what.hidden:
            self._found.leftover(place, piece, f"holds {why} text; it is not imported")
        for formula in what.formulas:
            self._found.leftover(place, formula, "a formula; its text alone does not say what it means: write it in words")
        for link in what.links:
            if link in self._links:
                self._found.aside(place, self._links[link].target_ref, "the address of a link; its words were read")
        self._beside(what, place)

    def _beside(self, what: Said, place: Any) -> None:
        """What is anchored in a paragraph and stands elsewhere."""
        for box in what.boxes:
            if box.strip():
                self._found.leftover(place, box, "a text box is not imported")
        for lost in what.lost:
            self._found.leftover(place, lost, f"{lost} is not imported")
        for kind, identity in what.notes:
            if text := self._notes.get((kind, identity)):
                self._found.leftover(place, text, f"a {kind.removesuffix('s')} is not imported")

    def _style(self, node: Any) -> list[Any]:
        """The style of a paragraph and those it is based on, the nearest first."""
        reference = node.find(f"{W}pPr/{W}pStyle")
        name = reference.get(f"{W}val") if reference is not None else None
        found: list[Any] = []
        while name in self._styles and self._styles[name] not in found:
            found.append(self._styles[name])
            base = found[-1].find(f"{W}basedOn")
            name = base.get(f"{W}val") if base is not None else None
        return found

    def _on_table(self, table: Any) -> None:
        self.close()
        self._table += 1
        rows: list[Row] = []
        above: dict[int, str] = {}
        part = f"table {self._table}"
        for number, row in enumerate(table.iter(f"{W}tr"), 1):
            if row.getparent() is not table and tag(row.getparent()) != "sdtContent":
                continue  # a table inside a cell: its text is read with the cell
            place = self._found.place(number, part)
            if row.find(f"{W}trPr/{W}del") is not None:
                self._found.leftover(
                    place, " | ".join(self._cell(c, place) for c in row.iter(f"{W}tc")), "a row whose deletion is tracked"
                )
                continue
            if row.find(f"{W}trPr/{W}hidden") is not None:
                shown = " | ".join("\n".join(said(p).text for p in c.iter(f"{W}p")) for c in row.iter(f"{W}tc"))
                self._found.leftover(place, shown, "a hidden row; it is not imported")
                continue
            rows.append(self._row(row, above, place))
            if row.find(f"{W}trPr/{W}ins") is not None:
                shown = " | ".join(c for c in rows[-1].cells if c.strip())
                self._found.aside(place, shown, "a row whose insertion is tracked; it is read as accepted")
        if not read_rows(rows, self._options, self._found, self._sections.path):
            content = self._sections.of_requirements and any(obliges(cell) for row in rows for cell in row.cells)
            for row in rows:
                shown = " | ".join(c for c in row.cells if c.strip())
                if content:
                    self._found.leftover(
                        row.place, shown, "no header names a column for the requirement text: say --map COLUMN=statement"
                    )
                elif shown:
                    self._found.aside(row.place, shown, "a table that is not one of requirements")

    def _row(self, row: Any, above: dict[int, str], place: Any) -> Row:
        """A row by the columns of the grid; what is merged downwards repeats the text from above."""
        texts: list[str] = []
        merged = set()
        cells = [c for c in row.iter(f"{W}tc") if next(a for a in c.iterancestors(f"{W}tr")) is row]
        for cell in cells:
            column = len(texts)
            merge, span = cell.find(f"{W}tcPr/{W}vMerge"), cell.find(f"{W}tcPr/{W}gridSpan")
            width = span.get(f"{W}val", "1") if span is not None else "1"
            if merge is not None and merge.get(f"{W}val", "continue") == "continue":
                merged.add(column)
                texts.append(above.get(column, ""))
            else:
                above[column] = self._cell(cell, place)
                texts.append(above[column])
            texts += [""] * (min(int(width) if width.isdigit() else 1, 100) - 1)
        return Row(place, tuple(texts), frozenset(merged))

    def _cell(self, cell: Any, place: Any) -> str:
        lines = []
        for paragraph in cell.iter(f"{W}p"):
            if any(tag(a) == "txbxContent" for a in paragraph.iterancestors()):
                continue
            what = said(paragraph, self._looks)
            self._remarks(what, place)
            label = self._numbering.label(paragraph, self._style(paragraph))
            mark = "" if label is None else "- " if label[2] else f"{label[0]} "
            lines.append(mark + what.text if what.text.strip() else "")
        for chunk in cell.iter(f"{W}altChunk"):
            self._not_read(chunk, place)
        if cell.find(f".//{W}tbl") is not None:
            self._found.aside(place, "\n".join(lines), "a table inside a cell; its cells were read as lines")
        return "\n".join(lines).strip()


def _heading(node: Any, styles: list[Any]) -> int:
    """Level of a heading (the title is 1, Heading 1 is 2), or 0."""
    for style in styles:
        name = style.find(f"{W}name")
        words = str(name.get(f"{W}val", "")).casefold() if name is not None else ""
        if words == "title":
            return 1
        if match := re.fullmatch(r"heading ([1-9])", words):
            return int(match[1]) + 1
    for holder in (node, *styles):
        outline = holder.find(f"{W}pPr/{W}outlineLvl")
        if outline is not None and (level := outline.get(f"{W}val", "9")).isdigit() and int(level) < 9:  # noqa: PLR2004 - nine is body text
            return int(level) + 2
    return 0


def _labelled(text: str) -> bool:
    from csvgen.exchange.columns import label

    return label(text) is not None
