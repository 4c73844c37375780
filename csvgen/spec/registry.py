"""Rules and what they look at.

A rule is a function under a stable code. One that looks at a single noun (a requirement, a risk, protocol.yaml) is given that noun
and a `Context`; one that looks across files is given the `Index`. Both yield what is wrong, where, and how to mend it. The
help page of a rule is ``pages/<code>.md``, with a bad and a good example that the tests run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.model.depth import DepthPolicy
from csvgen.model.plan import Plan
from csvgen.model.scheme import Scheme
from csvgen.model.settings import ProtocolSettings, Suppressions
from csvgen.model.system import Suppliers, System


@dataclass(frozen=True, slots=True)
class Hit:
    """Something wrong inside the noun a rule was given."""

    message: str
    at: tuple[str | int, ...] = ()
    """Path below the noun: ("criteria", 0, "pattern"). The nearest thing that is in the file is shown."""
    hint: str = ""
    about: str = ""
    """Id it is about when it is not the noun's own."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The small files of a system, which rules about a single noun may look into. What could not be read is None."""

    folder: str
    system: System | None = None
    plan: Plan | None = None
    settings: ProtocolSettings | None = None
    depth: DepthPolicy | None = None
    """Of depth.yaml, where there is one."""
    suppliers: Suppliers | None = None
    suppressions: Suppressions | None = None
    oracles: Collection[str] = frozenset()
    files: Collection[str] = frozenset()
    """Paths of bound files below the system's folder."""
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    """The project's own risk schemes."""
    broken_schemes: Collection[str] = ()
    """Names of the project's schemes whose file is there and could not be read."""
    scheme: Scheme | None = None
    """The scheme of the risk file at hand."""

    @property
    def roles(self) -> frozenset[str] | None:
        return frozenset(r.id for r in self.system.roles) if self.system is not None else None


@dataclass(frozen=True, slots=True)
class Item:
    """What rules across files know of one entry; small, because a large system has many."""

    kind: str
    id: str
    file: str
    place: tuple[int, int]
    marks: Mapping[str, tuple[int, int]]
    """Places of the keys that such rules point at."""
    says: Mapping[str, Any]

    def location(self, key: str = "") -> Location:
        return Location(self.file, *self.marks.get(key, self.place))


class Index:
    """All entries of a system, by kind and id."""

    def __init__(self, items: Iterable[Item], *, complete: bool, names: Iterable[str] = (), unread: bool = False) -> None:
        self.items = tuple(items)
        self.complete = complete
        """No file and no entry failed to be built: only then does an absence mean anything."""
        self.names = frozenset(names)
        """Ids of all entries, built or not."""
        self.unread = unread
        """Some file could not be read at all, so any id may stand in it."""

    def of(self, kind: str) -> tuple[Item, ...]:
        return self._kinds.get(kind, ())

    @cached_property
    def _kinds(self) -> dict[str, tuple[Item, ...]]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.kind, []).append(item)
        return {kind: tuple(items) for kind, items in found.items()}

    @cached_property
    def kind(self) -> Mapping[str, str]:
        """Id -> kind of the entries that could be built."""
        return {i.id: i.kind for i in self.items}

    @cached_property
    def requirement(self) -> Mapping[str, Item]:
        return {i.id: i for i in self.of("requirement")}

    @cached_property
    def function(self) -> Mapping[str, Item]:
        return {i.id: i for i in self.of("function")}


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule across files yields."""

    item: Item
    message: str
    key: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    severity: Severity
    on: tuple[str, ...]
    """Nouns it looks at: requirement, risk, function, scenario, section, oracle, system, plan, protocol, depth, suppliers, suppressions,
    installation, assessment; or index for a rule across files."""
    check: Callable[[Any, Any], Iterable[Any]]

    @property
    def title(self) -> str:
        return (self.check.__doc__ or "").strip().split("\n")[0]


RULES: dict[str, Rule] = {}

F = TypeVar("F", bound=Callable[..., Any])


def rule(code: str, *on: str, severity: Severity = Severity.WARNING) -> Callable[[F], F]:
    """Register a rule about one or several nouns under its stable code."""

    def register(function: F) -> F:
        if code in RULES:
            raise ValueError(f"the rule code {code} is taken")
        RULES[code] = Rule(code, severity, on, function)
        return function

    return register


def error(code: str, *on: str) -> Callable[[F], F]:
    """Register a rule whose findings block drafting."""
    return rule(code, *on, severity=Severity.ERROR)


def rules_on(kind: str) -> tuple[Rule, ...]:
    return tuple(r for r in RULES.values() if kind in r.on)


def diagnostics(found: Rule, yielded: Iterable[Found]) -> Iterator[Diagnostic]:
    """Findings of a rule across files."""
    for f in yielded:
        yield Diagnostic(
            rule=found.code,
            severity=found.severity,
            location=f.item.location(f.key),
            message=f.message,
            hint=f.hint,
            about=f.item.id,
        )
