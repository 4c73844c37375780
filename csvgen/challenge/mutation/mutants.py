"""Every mutant of a source file, by the operators of cosmic-ray, and which of them count.

Left out as classes, each for its reason: what stands in a type annotation (functions do not execute it, and of a model it is the declaration
that import reads: mutated, nothing starts, which would only raise the score); operators cosmic-ray takes for binary that are none (a
star in a signature, two in a display); of those drawn, what does not compile and what compiles to the same code.
"""

from __future__ import annotations

import ast
import hashlib
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import csvgen
from csvgen.errors import ConfigError
from csvgen.extras import how_to_add

PACKAGE = Path(csvgen.__file__).parent
ROOMS = ("audit", "signature", "identity", "pipeline")
"""The components whose mutants are tried."""

Place = tuple[int, int]
"""Line from 1, column from 0."""


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    id: str
    """Of file, definition, operator and text of the line: the same as long as these are, wherever the line stands."""
    path: str
    """Below the package, as ``audit/chain.py``."""
    operator: str
    occurrence: int
    line: int
    column: int

    @property
    def module(self) -> str:
        """The name it is imported by."""
        parts = list(Path(self.path).with_suffix("").parts)
        return ".".join(["csvgen", *(parts[:-1] if parts[-1] == "__init__" else parts)])


def sources() -> tuple[str, ...]:
    """The files whose mutants are tried, below the package."""
    return tuple(sorted(p.relative_to(PACKAGE).as_posix() for room in ROOMS for p in (PACKAGE / room).rglob("*.py")))


@cache
def text_of(path: str) -> str:
    """The released text of a file below the package."""
    return (PACKAGE / path).read_text(encoding="utf-8")


@cache
def _operators() -> dict[str, Any]:
    try:
        from cosmic_ray.operators.provider import OperatorProvider
    except ImportError:
        raise ConfigError("mutants are made by cosmic-ray, which is not installed", hint=how_to_add("mutation")) from None
    provider = OperatorProvider()
    return {name: provider[name] for name in sorted(provider) if not provider[name].arguments()}


_FAMILY = len("ReplaceBinary")
_KINDS = {"ReplaceBinary": ("operator",), "ReplaceCompar": ("comparison",), "ReplaceUnaryO": ("factor", "not_test")}
"""Families of many operators, and the only nodes they look at."""


def mutants_of(path: str) -> tuple[Mutant, ...]:
    """Every mutant of a file that counts, in the order of its operators. Raises ConfigError without cosmic-ray."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.ast.ast_query import ASTQuery

    text, tree = text_of(path), Syntax.of(path)
    nodes, lines = list(ast_nodes(get_ast(text))), text.splitlines()
    of_kind = {family: [n for n in nodes if n.type in kinds] for family, kinds in _KINDS.items()}
    found, seen = [], Counter[tuple[str, ...]]()
    for name, operator in _operators().items():
        made, occurrence = operator(), -1
        for node in of_kind.get(name[:_FAMILY], nodes):
            for start, _ in made.mutation_positions(node):
                occurrence += 1
                if tree.in_annotation(start) or (name.startswith("ReplaceBinary") and not tree.is_binary(start)):
                    continue
                key = (path, str(ASTQuery(node).get_definition_name()), name, lines[start[0] - 1].strip())
                seen[key] += 1
                identity = hashlib.sha256("\n".join([*key, str(seen[key])]).encode()).hexdigest()[:12]
                found.append(Mutant(f"M-{identity}", path, name, occurrence, *start))
    return tuple(found)


def mutated(mutant: Mutant) -> str | None:
    """The mutated text, or None where it does not compile or compiles to what was there."""
    from cosmic_ray.mutating import mutate_code

    original = text_of(mutant.path)
    made = mutate_code(original, _operators()[mutant.operator](), mutant.occurrence)
    if made is None or made == original:
        return None
    try:
        code = compile(made, mutant.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return None if _same(code, compile(original, mutant.path, "exec", dont_inherit=True)) else str(made)


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    """Whether two code objects do the same, lines and columns aside."""
    names = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_argcount", "co_kwonlyargcount",
             "co_name", "co_exceptiontable")  # fmt: skip
    if any(getattr(one, n) != getattr(other, n) for n in names) or len(one.co_consts) != len(other.co_consts):
        return False
    return all(
        _same(a, b)
        if isinstance(a, types.CodeType) and isinstance(b, types.CodeType)
        else (type(a), repr(a)) == (type(b), repr(b))
        for a, b in zip(one.co_consts, other.co_consts, strict=True)
    )


class Syntax:
    """What the syntax tree of a file says of places in it."""

    def __init__(self, text: str) -> None:
        self._tree = ast.parse(text)

    @classmethod
    @cache
    def of(cls, path: str) -> Syntax:
        """Of a file below the package."""
        return cls(text_of(path))

    @cached_property
    def _annotations(self) -> list[tuple[Place, Place]]:
        found: list[ast.expr | None] = []
        for node in ast.walk(self._tree):
            if isinstance(node, ast.arg | ast.AnnAssign):
                found.append(node.annotation)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(node.returns)
        return [_span(n) for n in found if n is not None]

    @cached_property
    def _gaps(self) -> list[tuple[Place, Place]]:
        """Between the operands of each binary operation: where its operator stands."""
        return [(_span(n.left)[1], _span(n.right)[0]) for n in ast.walk(self._tree) if isinstance(n, ast.BinOp)]

    def in_annotation(self, place: Place) -> bool:
        return any(start <= place < end for start, end in self._annotations)

    def is_binary(self, place: Place) -> bool:
        return any(start <= place < end for start, end in self._gaps)

    @cached_property
    def _functions(self) -> list[tuple[Place, Place]]:
        """From the first statement of each body to its end: what calling executes. Headers and decorators are executed by importing."""
        kinds = ast.FunctionDef | ast.AsyncFunctionDef
        return [(_span(n.body[0])[0], _span(n)[1]) for n in ast.walk(self._tree) if isinstance(n, kinds)]

    def when_called(self, place: Place) -> bool:
        """Whether a place is executed when something is called, not when the module is imported."""
        return any(start <= place < end for start, end in self._functions)

    @cached_property
    def _statements(self) -> list[tuple[Place, Place, ast.stmt]]:
        """Start, end and statement, the innermost last among those that hold a place."""
        found = [(_starts(n), _span(n)[1], n) for n in ast.walk(self._tree) if isinstance(n, ast.stmt)]
        return sorted(found, key=lambda one: one[0])

    def lines_of(self, place: Place) -> range:
        """The lines of the statement a place belongs to; of a statement with a body its header."""
        holding = [node for start, end, node in self._statements if start <= place < end]
        return _header(holding[-1], place) if holding else range(place[0], place[0] + 1)

    def defined_by(self, place: Place) -> frozenset[str]:
        """The names that the statement at an imported place gives something to; empty where it gives none a name."""
        names: set[str] = set()
        for node in self._around(self._tree.body, place):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        return frozenset(names)

    def _around(self, body: Iterable[ast.stmt], place: Place) -> Iterator[ast.stmt]:
        for node in body:
            if _starts(node) <= place < _span(node)[1]:
                yield node
                if isinstance(node, ast.ClassDef):
                    yield from self._around(node.body, place)

    @cached_property
    def uses(self) -> dict[str, set[Place]]:
        """Identifier -> where it is read, as a name, an attribute or an import."""
        found: dict[str, set[Place]] = {}
        for node in ast.walk(self._tree):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                    found.setdefault(name, set()).add((node.lineno, node.col_offset))
                case ast.alias(name=name):
                    found.setdefault(name.rpartition(".")[2], set()).add((node.lineno, node.col_offset))
        return found


def _span(node: ast.AST) -> tuple[Place, Place]:
    at: Any = node
    return (at.lineno, at.col_offset), (at.end_lineno, at.end_col_offset)


def _starts(node: ast.stmt) -> Place:
    """Where a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([_span(node)[0], *((d.lineno, max(d.col_offset - 1, 0)) for d in decorators)])


def _header(node: ast.stmt, place: Place) -> range:
    bodies = [b for name in ("body", "handlers", "orelse", "finalbody", "cases") for b in getattr(node, name, [])]
    if not bodies:
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    inside = [b for b in bodies if isinstance(b, ast.ExceptHandler) and _span(b)[0] <= place < _span(b)[1]]
    if inside:  # the header of one handler
        return range(inside[0].lineno, max(_span(inside[0].body[0])[0][0], inside[0].lineno + 1))
    first = min(_line(b) for b in bodies)
    return range(_starts(node)[0], max(first, node.lineno + 1))


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0) or getattr(getattr(node, "pattern", None), "lineno", 0))
