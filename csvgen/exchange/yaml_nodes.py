"""Where every value of a YAML text begins and ends: `read`.

`csvgen.marks` says where values begin; to replace one, its end is needed too. Positions count characters of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from csvgen.marks import Path

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """A value in the text, from `start` to `end` (without blank lines behind it)."""

    kind: str
    """``scalar``, ``map`` or ``list``."""
    start: int
    end: int
    column: int
    style: str = ""
    """Of a scalar: empty for plain, else ``'``, ``"``, ``|`` or ``>``."""
    flow: bool = False
    """Of a map or list: written in brackets."""
    tail: int = 0
    """Behind the blank lines that belong to the value (a block that keeps them), else the same as `end`."""
    keys: list[Node] = field(default_factory=list)
    """Of a map: where its keys stand, in the order of `inner`."""
    inner: list[Node] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of a map: its keys."""

    def begin(self, index: int) -> int:
        """Where an entry begins: at its key, if it has one."""
        return (self.keys or self.inner)[index].start


def read(text: str) -> Node:
    """The tree of a text that `csvgen.marks.load` has taken (so it has no anchors, aliases, tags or second documents)."""
    open_: list[Node] = []
    root: Node | None = None
    for event in yaml.parse(text, Loader=_LOADER):
        match event:
            case ScalarEvent():
                node = _scalar(text, event)
                _put(open_, node, event.value)
                root = root or node
            case MappingStartEvent() | SequenceStartEvent():
                kind = "map" if isinstance(event, MappingStartEvent) else "list"
                node = Node(kind, *_span(event), flow=bool(event.flow_style))
                _put(open_, node, None)
                open_.append(node)
                root = root or node
            case MappingEndEvent() | SequenceEndEvent():
                node = open_.pop()
                last = node.inner[-1] if node.inner else node
                node.end = _span(event)[1] if node.flow else last.end
                node.tail = node.end if node.flow else last.tail
            case _:
                pass
    assert root is not None
    return root


def _span(event: Any) -> tuple[int, int, int]:
    """Start, end and column; events of a parser have marks, those of an emitter need not."""
    return event.start_mark.index, event.end_mark.index, event.start_mark.column


def _scalar(text: str, event: ScalarEvent) -> Node:
    start, end, column = _span(event)
    style = event.style or ""
    tail = end
    if style in {"|", ">"}:
        end = start + len(text[start:end].rstrip())
        header = text[start:end].split("\n", 1)[0]
        tail = tail if "+" in header.split("#", 1)[0] else end
    return Node("scalar", start, end, column, style=style, tail=tail)


def _put(open_: list[Node], node: Node, value: str | None) -> None:
    if not open_:
        return
    parent = open_[-1]
    if parent.kind == "map" and len(parent.keys) == len(parent.inner):
        parent.keys.append(node)
        parent.names.append(value or "")
    else:
        parent.inner.append(node)


def find(root: Node, path: Path) -> list[Node]:
    """The nodes from the root down to the one at `path`, both among them."""
    found = [root]
    for part in path:
        node = found[-1]
        found.append(node.inner[part if isinstance(part, int) else node.names.index(part)])
    return found
