"""What is read aloud of a PDF, and in which order: the structure tree while pages are drawn (ISO 32000-1, 14.7; ISO 14289-1).

Setting a block makes its nodes, in reading order; painting a strip ties the content of a page to one of them. What belongs to none
(rules, repeated heads of tables, header and footer) is an artifact.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from csvgen.model.report import Table

CELLS = 1000
"""Cells of tables that are tagged in a document; a table that would take more is a bulk listing. Whoever checks a signature walks
every element of the tree at each later revision: 1,000 cells cost a document with a seal and three signatures about 0.7 s."""


@dataclass(slots=True, eq=False)
class Node:
    """An element of the tree: role, what it holds, and what is said instead of it."""

    role: str
    alt: str = ""
    scope: str = ""
    """Of the head of a table: Column or Row."""
    span: int = 1
    """Columns a cell goes over."""
    kids: list[Node | tuple[int, int]] = field(default_factory=list)
    """Elements, and marked content as page and number, both from 0."""
    links: list[int] = field(default_factory=list)
    """Numbers of the annotations this element is the text of, in the order of drawing."""
    fields: list[str] = field(default_factory=list)
    """Names of the signature fields that stand here."""

    def add(self, role: str, **more: Any) -> Node:
        """A new last child."""
        made = Node(role, **more)
        self.kids.append(made)
        return made


class Itself(Node):
    """Stands for: this piece ties its parts to nodes of their own while it is drawn."""


ITSELF = Itself("")


@dataclass(slots=True)
class Tags:
    """The tree of one document."""

    root: Node = field(default_factory=lambda: Node("Document"))
    contents: dict[int, int] = field(default_factory=dict)
    """Page, from 0 -> pieces of marked content on it."""
    bulk: bool = False
    """A listing was too long to be tagged cell by cell: the file does not claim PDF/UA."""
    cells: int = CELLS
    """Cells that may still be tagged."""
    facts: int = CELLS
    """The same of lists of facts; counted only in a document that is not tagged as a whole."""
    _level: int = 0
    in_artifact: bool = False
    """What is drawn belongs to no element: a piece of it needs not say so again."""

    def is_bulk(self, table: Table) -> bool:
        """Whether a table is too long to be tagged cell by cell in this document."""
        need = (len(table.rows) + 1) * len(table.columns)
        if need > self.cells:
            self.bulk = True
            return True
        self.cells -= need
        return False

    def list_of_facts(self, rows: int) -> Node | None:
        """A list of so many names and values; None where it is one of too many.

        A protocol of a thousand cases has a list for each. It is not tagged as a whole anyway, and its signatures would wait for every cell.
        """
        if self.bulk:
            self.facts -= 2 * rows
            if self.facts < 0:
                return None
        return self.root.add("Table")

    def heading(self, level: int) -> Node:
        """A heading; no level is skipped on the way down (ISO 14289-1, 7.4.2)."""
        self._level = min(level, self._level + 1)
        return self.root.add(f"H{self._level}")

    def around(self, canvas: Any, page: int, node: Node | None) -> AbstractContextManager[None]:
        """What is drawn inside belongs to `node`, or to none."""
        if isinstance(node, Itself) or (node is None and self.in_artifact):
            return _AS_IT_IS
        if node is None:
            return _Artifact(canvas, self)
        number = self.contents.get(page, 0)
        self.contents[page] = number + 1
        node.kids.append((page, number))
        return _Marked(canvas, f"/{node.role} <</MCID {number}>> BDC")


_AS_IT_IS = nullcontext()


class _Marked:
    """Marked content; ReportLab has no verb for it."""

    __slots__ = ("_canvas", "_code")

    def __init__(self, canvas: Any, code: str) -> None:
        self._canvas, self._code = canvas, code

    def __enter__(self) -> None:
        self._canvas._code.append(self._code)  # noqa: SLF001

    def __exit__(self, *_: object) -> None:
        self._canvas._code.append("EMC")  # noqa: SLF001


class _Artifact(_Marked):
    """What is not read aloud."""

    __slots__ = ("_tags",)

    def __init__(self, canvas: Any, tags: Tags) -> None:
        super().__init__(canvas, "/Artifact BMC")
        self._tags = tags

    def __enter__(self) -> None:
        self._tags.in_artifact = True
        super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._tags.in_artifact = False
