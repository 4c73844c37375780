"""A YAML file is edited where it is changed and nowhere else; what stands around is judged by who wrote it, not by the editor."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.exchange.difference import steps
from csvgen.exchange.yaml_edit import edited
from csvgen.marks import load

WORDS = ["alpha", "beta", "1.10", "yes", "no", "0123", "x: y", "a # b", "it's", '"quoted"', "- dash", "[b", "{c}", "ü𝄞", "=1+1", "*a", "&b", "!t", "%d", "@x", "~", "null", "a, b", "c:", "trailing:", "§ 11.10(a)"]  # fmt: skip


@dataclass
class Writer:
    """Writes a value as YAML in random styles and remembers where each value stands; it knows nothing of the editor."""

    dice: random.Random
    newline: str = "\n"
    text: str = ""
    spans: dict[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    def put(self, text: str) -> None:
        self.text += text

    def comment(self, indent: int) -> None:
        if self.dice.random() < 0.2:
            said = f"# note {len(self.comments)}: kept"
            self.comments.append(said)
            self.put(" " * indent + said + "\n")
        if self.dice.random() < 0.1:
            self.put("\n")

    def line_end(self) -> None:
        if self.dice.random() < 0.15:
            said = f"# beside {len(self.comments)}"
            self.comments.append(said)
            self.put(f"  {said}")
        self.put("\n")

    def block(self, value: Any, path: tuple[str | int, ...], indent: int) -> None:
        """The lines of a map or list; the first one may begin behind a dash."""
        begin: int | None = None
        entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for n, (key, inner) in enumerate(entries):
            if n or self.text.endswith("\n") or not self.text:
                self.comment(indent)
                self.put(" " * indent)
            begin = len(self.text) if begin is None else begin
            self.put(f"{key}:" if isinstance(value, dict) else "-")
            self.entry(inner, (*path, key), indent, dash=isinstance(value, list))
        assert begin is not None
        self.spans[path] = (begin, len(self.text))

    def entry(self, value: Any, path: tuple[str | int, ...], indent: int, *, dash: bool) -> None:
        if isinstance(value, str):
            self.scalar(value, path, indent)
        elif not value or self.dice.random() < 0.25:
            self.put(" ")
            self.flow(value, path)
            self.line_end()
        elif dash and self.dice.random() < 0.8:
            self.put(" ")
            self.block(value, path, indent + 2)
        else:
            if not dash:
                self.line_end()
                more = 0 if isinstance(value, list) and self.dice.random() < 0.3 else self.dice.choice([2, 3, 4])
                self.block(value, path, indent + more)
            else:
                self.put(" ")
                self.block(value, path, indent + 2)

    def scalar(self, value: str, path: tuple[str | int, ...], indent: int) -> None:
        style = self.dice.choice(["plain", "'", '"', "|", ">", "fold"])
        pad = " " * (indent + self.dice.choice([2, 2, 4]))
        lines = value.split("\n")
        fits = value.strip() == value != "" and all(line == line.strip() for line in lines)
        self.put(" ")
        start = len(self.text)
        if style == "|" and fits:
            self.put("|-\n" + "".join(f"{pad}{line}\n" if line else "\n" for line in lines).rstrip("\n"))
            self.spans[path] = (start, len(self.text))
            self.put("\n")
        elif style == ">" and fits and all(lines):
            self.put(">-\n" + "\n\n".join(pad + line for line in lines))
            self.spans[path] = (start, len(self.text))
            self.put("\n")
        elif style == "fold" and fits and len(lines) == 1 and value.isalpha():
            self.put(value + "\n" + pad + "more")
            self.spans[path] = (start, len(self.text))
            self.line_end()
        else:
            self.put(self.quoted(value, style))
            self.spans[path] = (start, len(self.text))
            self.line_end()

    def quoted(self, value: str, style: str) -> str:
        if style == "'" and "\n" not in value:
            return "'" + value.replace("'", "''") + "'"
        if style == "plain" and value.replace(" ", "").isalpha() and value.strip() == value != "":
            return value
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    def flow(self, value: Any, path: tuple[str | int, ...]) -> None:
        start = len(self.text)
        if isinstance(value, str):
            self.put(self.quoted(value, self.dice.choice(["plain", "'", '"'])))
        else:
            entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
            self.put("{" if isinstance(value, dict) else "[")
            for n, (key, inner) in enumerate(entries):
                if n:
                    self.put(self.dice.choice([", ", ",", " , "]))
                self.spans[(*path, key, "key")] = (len(self.text), len(self.text))
                if isinstance(value, dict):
                    self.put(f"{key}: ")
                self.flow(inner, (*path, key))
            self.put("}" if isinstance(value, dict) else "]")
        self.spans[path] = (start, len(self.text))


def some_value(dice: random.Random, depth: int) -> Any:
    kind = dice.random()
    if depth >= 4 or kind < 0.45:
        return some_text(dice)
    if kind < 0.7:
        return [some_value(dice, depth + 1) for _ in range(dice.randint(0, 3))]
    names = dice.sample(["id", "title", "statement", "rationale", "clauses", "parameters", "k1", "k2"], dice.randint(0, 4))
    return {name: some_value(dice, depth + 1) for name in names}


def some_text(dice: random.Random) -> str:
    words = [dice.choice(WORDS) for _ in range(dice.randint(1, 40 if dice.random() < 0.2 else 5))]
    return dice.choice([" ", " ", "\n"]).join(words)


def document(seed: int) -> tuple[bytes, Writer, Any]:
    """The bytes of a document, who wrote it, and its value as `csvgen.marks` reads it."""
    dice = random.Random(seed)
    value: dict[str, Any] = {"format": "x"}
    value["requirements"] = [
        {"id": f"R-{n}", "title": some_text(dice), **{f"f{k}": some_value(dice, 1) for k in range(dice.randint(0, 4))}}
        for n in range(dice.randint(1, 4))
    ]
    writer = Writer(dice)
    writer.block(value, (), 0)
    if dice.random() < 0.2:
        writer.text = writer.text.rstrip("\n")
    found, findings = load(writer.text.encode(), "d")
    assert found is not None, (findings, writer.text)
    return writer.text.encode(), writer, found.value


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a value but its root."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [p for key, inner in entries for p in ((*path, key), *paths(inner, (*path, key)))]


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans(), st.booleans())
def test_only_the_changed_texts_change(seed: int, change: int, crlf: bool, bom: bool) -> None:
    """The bytes between the texts that were changed stand as they stood, in their order."""
    data, writer, value = document(seed)
    dice = random.Random(change)
    texts = [p for p in paths(value) if isinstance(at(value, p), str) and p[-1] != "id"]
    chosen = sorted(dice.sample(texts, min(len(texts), dice.randint(1, 3))), key=lambda p: writer.spans[p])
    wanted = copy.deepcopy(value)
    for path in chosen:
        at(wanted, path[:-1])[path[-1]] = some_text(dice)
    pieces, position = [], 0
    for start, end in (writer.spans[p] for p in chosen):
        pieces.append(writer.text[position:start])
        position = end
    pieces.append(writer.text[position:])
    if crlf:
        data, pieces = data.replace(b"\n", b"\r\n"), [p.replace("\n", "\r\n") for p in pieces]
    if bom:
        data, pieces[0] = b"\xef\xbb\xbf" + data, "\ufeff" + pieces[0]
    made = edited(data, wanted, "d").decode()
    again, findings = load(made.encode(), "d")
    assert again is not None, findings
    assert again.value == wanted
    rest = made
    assert rest.startswith(pieces[0])
    assert rest.endswith(pieces[-1])
    for piece in pieces:
        assert piece in rest
        rest = rest[rest.index(piece) + len(piece) :]
    assert not crlf or "\n" not in made.replace("\r\n", "")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_what_is_added_and_removed_leaves_the_rest(seed: int, change: int) -> None:
    """Any mixture of changes gives the wanted value; texts that stay are written as they were, comments on lines of their own stay."""
    data, writer, value = document(seed)
    dice = random.Random(change)
    wanted = copy.deepcopy(value)
    for _ in range(dice.randint(1, 4)):
        path = dice.choice([(), *paths(wanted)])
        inner = at(wanted, path)
        if isinstance(inner, dict) and path and len(inner) > 1 and dice.random() < 0.5:
            del inner[dice.choice(list(inner))]
        elif isinstance(inner, dict) and path:
            inner[f"new{dice.randint(0, 9)}"] = some_value(dice, 2)
        elif isinstance(inner, list) and inner and dice.random() < 0.5:
            del inner[dice.randrange(len(inner))]
        elif isinstance(inner, list):
            inner.insert(dice.randint(0, len(inner)), some_value(dice, 2))
        elif path and path[-1] not in {"id", "format"}:
            at(wanted, path[:-1])[path[-1]] = some_value(dice, 2)
    made = edited(data, wanted, "d")
    again, findings = load(made, "d")
    assert again is not None, findings
    assert again.value == wanted
    if wanted == value:
        assert made == data
    gone = [begin_and_end(writer, s.path) for s in steps(value, wanted) if s.kind in {"cut", "set"}]
    for said in writer.comments:
        where = writer.text.index(said)
        if said.endswith("kept") and not any(start <= where < end for start, end in gone):
            assert said in made.decode(), said


def begin_and_end(writer: Writer, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Where a value stands, with its key or dash."""
    start, end = writer.spans[path]
    if writer.text[:start].rstrip(" ").endswith(("[", ",")):
        return start, end  # in brackets there is no dash
    return writer.text.rindex(f"{path[-1]}:" if isinstance(path[-1], str) else "-", 0, start), end


def apart(text: str) -> list[str]:
    return text.split("\n")


def test_a_requirement_in_the_style_people_write() -> None:
    text = """\
# Requirements of the release desk.
format: csvgen.urs/1
requirements:
  - id: URS-A-001   # first
    title: "Old title"  # the title
    statement: >-
      The system shall keep
      the file.

    rationale: |
      One line.
      Two lines.
    clauses: ["11.10(a)", '11.10(b)']
    gxp: "yes"
    criteria:
      # the only one
      - id: ac-1
        title: One
        parameters: {file: a.txt, limits: [ "1.10", "2" ]}
"""
    value = load(text.encode(), "t")[0].value  # type: ignore[union-attr]
    first = value["requirements"][0]
    first["title"] = "New: title"
    first["statement"] = "The system shall keep every file."
    first["rationale"] = "One line.\nAnother line.\n"
    first["clauses"] = ["11.10(a)", "11.10(e)", "211.68"]
    first["gxp"] = "no"
    first["criteria"][0]["parameters"]["limits"][0] = "1.20"
    made = edited(text.encode(), value, "t").decode()
    expected = (
        text.replace('"Old title"', '"New: title"')
        .replace("Two lines", "Another line")
        .replace("'11.10(b)'", "'11.10(e)', \"211.68\"")
        .replace('"yes"', '"no"')
        .replace('"1.10"', '"1.20"')
        .replace(">-\n      The system shall keep\n      the file.", "The system shall keep every file.")
    )
    assert apart(made) == apart(expected)


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        ("a: x", {"a": "w"}, "a: w"),
        ("a:\nb: x\n", {"a": "w", "b": "x"}, "a: w\nb: x\n"),
        ("a: # c\nb: x\n", {"a": "y\nz", "b": "x"}, 'a: "y\\nz" # c\nb: x\n'),
        ("a: x\nb: y", {"a": "x"}, "a: x"),
        ("a: x\nb: y\nc: z\n", {"a": "x", "c": "z"}, "a: x\nc: z\n"),
        ("- a: x\n  b: y\n", [{"b": "y"}], "- b: y\n"),
        ("- a: x # c\n  # d\n  b: y\n", [{"b": "y"}], "- \n  # d\n  b: y\n"),
        ("a: |\n      x\nb: z\n", {"a": "p\nq\n", "b": "z"}, "a: |\n      p\n      q\nb: z\n"),
        ("a: x # c\nb: |-\n  p\n  q\n", {"a": "s\nt", "b": "p\nr"}, 'a: "s\\nt" # c\nb: |-\n  p\n  r\n'),
        ("a: []\n", {"a": ["x"]}, "a:\n  - x\n"),
        ("a:\n- x\n- y\n", {"a": ["y"]}, "a:\n- y\n"),
        ("a:\n- x\n", {"a": []}, "a: []\n"),
        ("a: # c\n  - x\n", {"a": []}, "a: [] # c\n  \n"),
        ("a: [x, y, z]\n", {"a": ["x"]}, "a: [x]\n"),
        ("a: [x, y, z]\n", {"a": ["z"]}, "a: [z]\n"),
        ("a: {b: x, c: y}\n", {"a": {"c": "y", "d": "z"}}, "a: {c: y, d: z}\n"),
        ("a: [\n  x, # one\n  y # two\n]\n", {"a": ["x"]}, "a: [\n  x, # one\n   # two\n]\n"),
        ("a: |+\n  x\n\nb: y\n", {"a": "x\n\n", "k": "new", "b": "y"}, "a: |+\n  x\n\nk: new\nb: y\n"),
        ("- - x\n  - y\n", [["w", "x", "y"]], "- - w\n  - x\n  - y\n"),
        ("a: x\r\nb: y\r\n", {"a": "x", "b": "p\nq"}, "a: x\r\nb: |-\r\n  p\r\n  q\r\n"),
    ],
)  # fmt: skip
def test_each_kind_of_change(text: str, change: Any, expected: str) -> None:
    assert edited(text.encode(), change, "t").decode() == expected


def test_the_same_value_is_the_same_bytes() -> None:
    data = b"\xef\xbb\xbfa:   'x'  # c\r\n\r\n"
    assert edited(data, {"a": "x"}, "t") is data


def test_what_cannot_be_edited_is_refused() -> None:
    with pytest.raises(BadInput, match="anchors"):
        edited(b"a: &x 1\n", {"a": "2"}, "t.yaml")
    with pytest.raises(BadInput, match="around it"):
        edited(b"a: x\n", "all other", "t.yaml")
    with pytest.raises(BadInput):  # a line longer than the strict reader takes
        edited(b"a: {b: x}\n", {"a": {"b": "y" * 200_000}}, "t.yaml")
