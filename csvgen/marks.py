"""Strict YAML: every scalar is text, every value keeps its place, and surprising YAML is refused.

Plain YAML turns ``1.10`` into a number, ``no`` into false and the second of two equal keys into the only one. In a
specification each of these is a silent change of a requirement. Here nothing is typed, duplicate keys, tags, anchors and
aliases are findings, and `Marked.marks` maps every path (``("requirements", 3, "title")``) to its line and column.

Limits are refused with their figure, never run into: file size, line length, nesting depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.errors import BadInput

MAX_BYTES = 5_000_000
MAX_LINE = 100_000
MAX_DEPTH = 40
MAX_VALUES = 100_000
"""Texts, lists and mappings of one file. A requirement with its criteria has about forty."""
MAX_MISTAKES = 200
"""Keys that stand twice; after so many the rest of the file is not read."""

Path = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parser_version() -> str:
    """Version of the YAML reader underneath, and whether it is the one in C; the two differ in what they call YAML."""
    return f"PyYAML {yaml.__version__}, {_LOADER.__name__}"


@dataclass(frozen=True)
class Marked:
    """A parsed file: `value` is dicts, lists and text only; `marks` says where each of them stands."""

    file: str
    value: Any
    marks: dict[Path, tuple[int, int]] = field(repr=False)
    key_marks: dict[Path, tuple[int, int]] = field(repr=False)
    cut: tuple[tuple[Path, tuple[int, int], str], ...] = ()
    """Values without quotes that end where a comment begins: path, place of the comment, its words."""

    def at(self, path: Path) -> Location:
        """The place of the value at `path`, or of the nearest thing around it that is in the file."""
        for length in range(len(path), -1, -1):
            if (mark := self.marks.get(path[:length])) is not None:
                return Location(self.file, *mark)
        return Location(self.file, 1, 1)

    def known(self, loc: Path) -> Path:
        """The part of a path that exists in the file: a model's unions and keys of mappings add steps of their own."""
        path: Path = ()
        for part in loc:
            if (*path, part) in self.marks or (*path, part) in self.key_marks:
                path = (*path, part)
        return path

    def key_at(self, path: Path) -> Location:
        """The place of the key itself (for findings about the key, not its value)."""
        mark = self.key_marks.get(path)
        return Location(self.file, *mark) if mark is not None else self.at(path)


class _Refused(Exception):
    """Internal: one structural finding ends the reading of a file."""

    def __init__(self, rule: str, place: tuple[int, int], message: str, hint: str = "") -> None:
        self.rule, self.place, self.message, self.hint = rule, place, message, hint


def load(data: bytes, file: str) -> tuple[Marked | None, list[Diagnostic]]:
    """Parse one document. Returns the value, or None and the structural findings (rules YML001 to YML010)."""
    builder = _Builder()
    try:
        text = _checked_text(data)
        builder.read(text)
    except _Refused as refusal:
        builder.findings.append(refusal)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        lines = text.split("\n")
        line = min(line, len(lines))  # an unfinished document is reported one line behind its last
        message = " ".join(filter(None, (problem.context, problem.problem)))
        builder.findings.append(
            _Refused("YML003", (line, column), f"not YAML: {message}", _way_out(message, lines, line, column))
        )
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, problem.position) + 1
        column = problem.position - text.rfind("\n", 0, problem.position)
        builder.findings.append(_Refused("YML004", (line, column), f"a character that may not stand here: {problem.reason}"))
    findings = [
        Diagnostic(rule=f.rule, severity=Severity.ERROR, location=Location(file, *f.place), message=f.message, hint=f.hint)
        for f in builder.findings
    ]
    return (None if findings else Marked(file, builder.root, builder.marks, builder.key_marks, tuple(builder.cut))), findings


_MERGE = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)")
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


_HINTS = (
    ("cannot start any token", "a text that begins with %, @ or ` goes into quotes"),
    ("mapping values are not allowed", "a text with ': ' in it goes into quotes; or this line is indented too far"),
    ("unexpected end of stream", "a quotation mark above is not closed"),
    ("quoted scalar", "a quotation mark above is not closed"),
    (
        "could not find expected ':'",
        "in the line before, a ':' followed by a blank is missing, or a text over several lines is not indented",
    ),
    ("expected <block end>", "this line is indented differently from the one it belongs with"),
)
"""Words of the parser -> what most likely happened."""


def _way_out(message: str, lines: list[str], line: int, column: int) -> str:
    """What most likely happened where a file stopped being YAML."""
    here, near = lines[line - 1], lines[max(0, line - 3) : line]
    if any(_MERGE.match(n) for n in near):
        return "a merge of two versions was left half-way: lines of <<<<<<<, ======= and >>>>>>>"
    if here[:column].endswith("\t"):
        return "YAML indents with spaces; there is a tab here"
    if any(c in n for n in near for c in "\u00a0\u2007\u202f\u3000"):
        return "there is a blank of another kind in this line or the one before; type an ordinary one"
    return next((hint for words, hint in _HINTS if words in message), "")


def own_data(data: bytes, file: str) -> Any:
    """The value of a data file that comes with csvgen. Raises BadInput with its place when this installation's copy is damaged."""
    marked, findings = load(data, file)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    return marked.value


def _checked_text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _Refused(
            "YML001", (1, 1), f"the file has {len(data)} bytes; the limit is {MAX_BYTES}", "split it into several files"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise _Refused("YML002", (line, 1), f"not UTF-8 at byte {problem.start}", "save the file as UTF-8") from None
    for number, content in enumerate(text.split("\n"), 1):
        if len(content) > MAX_LINE:
            raise _Refused("YML001", (number, 1), f"this line has {len(content)} characters; the limit is {MAX_LINE}", "wrap it")
    return text


class _Builder:
    """Builds the value from parser events, without recursion: depth is a count, not a stack of calls."""

    def __init__(self) -> None:
        self.root: Any = {}
        self.marks: dict[Path, tuple[int, int]] = {(): (1, 1)}
        self.key_marks: dict[Path, tuple[int, int]] = {}
        self.findings: list[_Refused] = []
        self._open: list[_Open] = []
        self.cut: list[tuple[Path, tuple[int, int], str]] = []
        self._documents = 0
        self._values = 0
        self._comments: dict[int, str] = {}
        """Line -> text, of the lines in which a comment may follow a value."""

    def read(self, text: str) -> None:
        if " #" in text:
            self._comments = {n: line for n, line in enumerate(_LINE_END.split(text)) if " #" in line}
        for event in yaml.parse(text, Loader=_LOADER):
            self._on(event)

    def _on(self, event: Event) -> None:
        mark = event.start_mark
        assert mark is not None  # every event of a parser has one
        place = (mark.line + 1, mark.column + 1)
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _Refused("YML010", place, "a second document begins here", "one document a file; remove the --- line")
            case AliasEvent():
                raise _Refused("YML006", place, "aliases (*name) are not part of the language", "write the value out")
            case ScalarEvent() | SequenceStartEvent() | MappingStartEvent():
                self._begin(event, place)
            case SequenceEndEvent() | MappingEndEvent():
                self._open.pop()

    def _begin(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent, place: tuple[int, int]) -> None:
        if event.anchor is not None:
            raise _Refused("YML006", place, "anchors (&name) are not part of the language", "write the value out")
        if event.tag is not None:
            raise _Refused("YML007", place, f"the tag {event.tag!r} is not part of the language", "remove it")
        self._values += 1
        if self._values > 2 * MAX_VALUES:  # a key counts, too
            raise _Refused("YML011", place, f"more than {MAX_VALUES} values in one file", "split it into several files")
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.wants_key:
            if not isinstance(event, ScalarEvent):
                raise _Refused("YML008", place, "a key must be plain text")
            self._key(parent, event.value, place)
            return
        path = parent.next_path() if parent is not None else ()
        value: Any = event.value if isinstance(event, ScalarEvent) else [] if isinstance(event, SequenceStartEvent) else {}
        self.marks.setdefault(path, place) if path else self.marks.__setitem__((), place)
        if parent is None:
            self.root = value
        else:
            parent.add(value)
        if isinstance(event, ScalarEvent):
            self._note_comment(event, path)
        else:
            if len(self._open) >= MAX_DEPTH:
                raise _Refused("YML005", place, f"nested deeper than {MAX_DEPTH} levels")
            self._open.append(_Open(value, path, ghost=parent is not None and (parent.ghost or parent.skip)))

    def _note_comment(self, event: ScalarEvent, path: Path) -> None:
        """A value without quotes and, behind it on its last line, something that YAML takes for a comment."""
        end = event.end_mark
        if not event.style and end is not None and (line := self._comments.get(end.line)) is not None:
            rest = line[end.column :]
            if rest.lstrip(" ").startswith("#"):
                column = end.column + len(rest) - len(rest.lstrip(" "))
                self.cut.append((path, (end.line + 1, column + 1), rest))

    def _key(self, parent: _Open, key: str, place: tuple[int, int]) -> None:
        path = (*parent.path, key)
        if parent.ghost:
            pass  # it stands inside a value that stands there twice; that has been said
        elif (first := self.key_marks.get(path)) is not None:
            parent.skip = True
            if not parent.doubled:
                hint = "keep one; or, if a new entry of the list begins here, put '- ' before its first key"
                self.findings.append(
                    _Refused("YML009", place, f"the key {key!r} stands here again; first on line {first[0]}", hint)
                )
            parent.doubled = True
            if len(self.findings) >= MAX_MISTAKES:
                raise _Refused("YML011", place, f"more than {MAX_MISTAKES} keys stand twice; the rest of the file was not read")
        else:
            self.key_marks[path] = place
        parent.key = key


class _Open:
    """A mapping or sequence whose end has not come yet."""

    __slots__ = ("doubled", "ghost", "key", "path", "skip", "value")

    def __init__(self, value: Any, path: Path, *, ghost: bool) -> None:
        self.value, self.path = value, path
        self.key: str | None = None
        self.skip = False
        self.ghost = ghost
        """Inside the value of a key that stands twice: read, and not kept."""
        self.doubled = False
        """One key of it was said to stand twice; the first says enough."""

    @property
    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None

    def next_path(self) -> Path:
        return (*self.path, self.key if self.key is not None else len(self.value))

    def add(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif not self.skip and self.key is not None:
            self.value[self.key] = value
        self.key, self.skip = None, False
