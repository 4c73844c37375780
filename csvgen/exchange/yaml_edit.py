"""Change values in a YAML file and nothing else: `edited`.

Comments, order, quoting and layout of all that is not changed stay byte for byte. A new text takes the style of the old one
where that can carry it. A comment on the line of a removed value goes with it. What was made is read back, and refused unless it
says exactly what was wanted.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from csvgen.errors import BadInput
from csvgen.exchange.difference import Step, steps
from csvgen.exchange.yaml_nodes import Node, find, read
from csvgen.exchange.yaml_style import as_block, as_entry, as_flow, as_value
from csvgen.marks import Path, load

_BREAK = re.compile(r"\r\n|\n|\r")
_BOM = "\ufeff"

Cut = tuple[int, int, str]
"""From, to, and what stands there instead."""


def edited(data: bytes, wanted: Any, name: str) -> bytes:
    """The bytes of a file that says `wanted`, with the fewest changes from `data`.

    `wanted`: mappings, lists and texts, made from the value of the file by changes. Raises BadInput, naming the file, when
    `data` is not strict YAML or the change cannot be made without touching what lies around it.
    """
    marked, findings = load(data, name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location), hint=findings[0].hint)
    todo = tuple(steps(marked.value, wanted))
    if not todo:
        return data
    text = data.decode("utf-8")
    bom, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    root = read(text)
    for careful in (False, True):
        editor = _Editor(text, root, {s.path for s in todo if s.kind == "cut"}, careful)
        made = editor.carried_out(todo)
        if made is not None:
            new = (bom + made).encode("utf-8")
            again, _ = load(new, name)
            if again is not None and again.value == wanted:
                return new
    raise BadInput(
        f"{'.'.join(map(str, todo[0].path))} cannot be changed here without touching what lies around it",
        where=str(marked.at(todo[0].path)), hint="change it by hand",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """A node with what it stands in."""

    node: Node
    parent: Node | None
    index: int
    in_flow: bool


class _Editor:
    """Turns steps into cuts of one text. A careful one writes new values in quotes and brackets, which nothing around can bend."""

    def __init__(self, text: str, root: Node, removed: Collection[Path], careful: bool) -> None:
        self._text, self._root, self._removed, self._careful = text, root, removed, careful
        found = _BREAK.search(text)
        self._newline = found[0] if found else "\n"
        self._cuts: list[Cut] = []

    def carried_out(self, todo: Collection[Step]) -> str | None:
        """The new text, or None where two changes touch the same place."""
        for step in todo:
            match step.kind:
                case "set":
                    self._set(step)
                case "add":
                    self._add(step)
                case "cut":
                    self._cut(step)
                case "insert":
                    self._insert(step)
        out, position = [], 0
        for start, end, new in sorted(self._cuts, key=lambda cut: (cut[0], cut[0] != cut[1])):
            if start < position:
                return None
            out += [self._text[position:start], new]
            position = end
        made = "".join((*out, self._text[position:]))
        return made if self._text.endswith(("\n", "\r")) else made.removesuffix(self._newline)

    def _replace(self, start: int, end: int, new: str) -> None:
        self._cuts.append((start, end, new.replace("\n", self._newline)))

    # ------------------------------------------------------------------ places in the text

    def _place(self, path: Path) -> _Place:
        chain = find(self._root, path)
        parent = chain[-2] if len(chain) > 1 else None
        index = next((n for n, inner in enumerate(parent.inner) if inner is chain[-1]), 0) if parent is not None else 0
        return _Place(chain[-1], parent, index, any(n.flow for n in chain[:-1]))

    def _line_start(self, position: int) -> int:
        return max(self._text.rfind(c, 0, position) for c in "\n\r") + 1

    def _line_end(self, position: int) -> int:
        found = _BREAK.search(self._text, position)
        return found.start() if found else len(self._text)

    def _next_line(self, position: int) -> int:
        found = _BREAK.search(self._text, position)
        return found.end() if found else len(self._text)

    def _free(self, start: int, end: int) -> bool:
        """Whether there is nothing but blanks and line breaks."""
        return not self._text[start:end].strip()

    def _behind(self, node: Node) -> int:
        """The beginning of the line after a value."""
        return node.tail if node.tail > node.end else self._next_line(node.end)

    def _dash(self, listed: Node, index: int) -> int:
        """The dash of an entry of a block list: all of them stand in one column."""
        if index == 0:
            return listed.start
        position = self._behind(listed.inner[index - 1])
        while not self._is_dash(position, listed.column):
            position = self._next_line(position)
        return position + listed.column

    def _is_dash(self, line: int, column: int) -> bool:
        return self._text[line + column : line + column + 1] == "-" and self._free(line, line + column)

    # ------------------------------------------------------------------ another value

    def _set(self, step: Step) -> None:
        at = self._place(step.path)
        node, new = at.node, step.new
        alone = self._free(node.end, self._line_end(node.end))
        indent = (at.parent.column if at.parent is not None else 0) + 2
        if at.parent is None:
            return  # the whole document: nothing would be left of it
        if node.start == node.end and at.parent.kind == "map" and not self._has_colon(at):
            self._replace(node.start, node.end, f": {as_flow(new)}")
        elif at.in_flow or self._careful or not alone:
            self._inline(at, new)
        elif isinstance(new, str) and node.kind == "scalar":
            blank = " " if node.start == node.end else ""
            old = self._text[node.start : node.end]
            self._replace(node.start, node.end, blank + as_value(new, node.style, old, indent))
        elif new and isinstance(new, list if node.kind == "list" else dict) and node.kind != "scalar" and not node.flow:
            self._replace(node.start, node.end, as_block(new, node.column).lstrip(" "))
        elif new and not isinstance(new, str) and at.parent.kind == "map" and self._is_empty(node):
            self._replace(self._colon(at), node.end, as_entry("k", new, at.parent.column).lstrip(" ")[2:])
        else:
            self._inline(at, new)

    def _is_empty(self, node: Node) -> bool:
        return not node.inner and (node.kind != "scalar" or node.start == node.end)

    def _inline(self, at: _Place, new: Any) -> None:
        """A value on the line of its key or dash, in quotes or brackets where it needs them."""
        node = at.node
        text = as_flow(new, node.style)
        if node.kind == "scalar" or node.flow or at.parent is None or at.parent.kind == "list":
            blank = " " if node.start == node.end and self._text[node.start - 1 : node.start] in {":", "-"} else ""
            self._replace(node.start, node.end, blank + text)
        elif self._free(colon := self._colon(at), node.start):
            self._replace(colon, node.end, f" {text}")
        else:  # a comment stands between the key and its value
            self._replace(colon, colon, f" {text}")
            self._replace(node.start, node.end, "")

    def _has_colon(self, at: _Place) -> bool:
        assert at.parent is not None
        rest = self._text[at.parent.keys[at.index].end :]
        return rest.lstrip().startswith(":")

    def _colon(self, at: _Place) -> int:
        """Behind the colon of a key."""
        assert at.parent is not None
        return self._text.index(":", at.parent.keys[at.index].end) + 1

    # ------------------------------------------------------------------ something new

    def _add(self, step: Step) -> None:
        at = self._place(step.path[:-1])
        owner, name = at.node, str(step.path[-1])
        index = owner.names.index(step.after) if step.after is not None else len(owner.inner) - 1
        if at.in_flow or owner.flow:
            self._in_brackets(owner, step.path[:-1], index + 1, as_flow({name: step.new})[1:-1])
            return
        new = {name: step.new}
        lines = f"{' ' * owner.column}{as_flow(new)[1:-1]}\n" if self._careful else as_block(new, owner.column) + "\n"
        self._lines(self._behind(owner.inner[index]), lines)

    def _insert(self, step: Step) -> None:
        at = self._place(step.path[:-1])
        owner, index = at.node, step.path[-1]
        assert isinstance(index, int)
        if owner.flow or at.in_flow:
            self._in_brackets(owner, step.path[:-1], index, as_flow(step.new))
            return
        first = self._line_start(owner.start)
        position = self._behind(owner.inner[index - 1]) if index else first
        if not index and not self._free(first, owner.start):
            position = owner.start  # - - entry: the first dash shares its line
            self._replace(position, position, f"- {as_flow(step.new)}\n{' ' * owner.column}")
            return
        lines = f"{' ' * owner.column}- {as_flow(step.new)}\n" if self._careful else as_block([step.new], owner.column) + "\n"
        self._lines(position, lines)

    def _lines(self, position: int, lines: str) -> None:
        """Whole lines before `position`; a last line without its end gets one."""
        if position and self._text[position - 1] not in "\r\n":
            lines = "\n" + lines.removesuffix("\n")
        self._replace(position, position, lines)

    def _in_brackets(self, owner: Node, path: Path, index: int, new: str) -> None:
        """A new entry of a list or map in brackets, behind the last one before it that stays."""
        stays = [n for n in range(len(owner.inner)) if not self._goes(owner, path, n)]
        if before := [n for n in stays if n < index]:
            end = owner.inner[before[-1]].end
            self._replace(end, end, f", {new}")
        else:
            start = owner.begin(stays[0])
            self._replace(start, start, f"{new}, ")

    # ------------------------------------------------------------------ something that goes

    def _goes(self, owner: Node, path: Path, index: int) -> bool:
        return (*path, owner.names[index] if owner.kind == "map" else index) in self._removed

    def _cut(self, step: Step) -> None:
        path = step.path[:-1]
        at = self._place(path)
        owner, name = at.node, step.path[-1]
        index = name if isinstance(name, int) else owner.names.index(name)
        if owner.flow or at.in_flow:
            self._from_brackets(owner, path, index)
            return
        beside_dash = not self._free(self._line_start(owner.start), owner.start)
        if beside_dash and all(self._goes(owner, path, n) for n in range(index + 1)):
            if index == 0:
                self._first(owner, path)
            return
        start = owner.begin(index) if owner.kind == "map" else self._dash(owner, index)
        self._replace(self._line_start(start), self._behind(owner.inner[index]), "")

    def _first(self, owner: Node, path: Path) -> None:
        """The first entries of ``- key: value`` and ``- - entry``: what follows them moves up beside the dash."""
        stays = next(n for n in range(len(owner.inner)) if not self._goes(owner, path, n))
        last = owner.inner[stays - 1]
        after = owner.begin(stays) if owner.kind == "map" else self._dash(owner, stays)
        clear = self._free(self._behind(last), after)
        self._replace(owner.start, after if clear else self._line_end(last.end), "")

    def _from_brackets(self, owner: Node, path: Path, index: int) -> None:
        """Each run of entries that go is one cut, made at the first of them."""
        if index and self._goes(owner, path, index - 1):
            return
        end = index
        while end + 1 < len(owner.inner) and self._goes(owner, path, end + 1):
            end += 1
        start = owner.begin(index)
        if end + 1 < len(owner.inner):
            self._replace(start, owner.begin(end + 1), "")
        elif self._between(owner.inner[index - 1].end, start):
            self._replace(owner.inner[index - 1].end, owner.inner[end].end, "")
        else:  # a comment stands before it: the comma stays, as a last one
            found = re.compile(r"\s*,").match(self._text, owner.inner[end].end)
            self._replace(start, found.end() if found else owner.inner[end].end, "")

    def _between(self, start: int, end: int) -> bool:
        return "#" not in self._text[start:end]
