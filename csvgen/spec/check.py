"""Look at a whole system: read its files, run the rules, set aside what somebody set aside with a reason.

Rules about one noun run file by file, and what other files need of it is kept as facts; rules across files run over the facts
alone. So a file that has not changed need not be read again (`Memory`), and a large system is never in memory as a whole.
With or without a memory the findings are the same: both ways run the same functions over the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from csvgen.canonical import digest_bytes
from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.errors import ConfigError, CsvgenError
from csvgen.spec import rules  # noqa: F401 - registers the rules
from csvgen.spec.facts import Fact, facts_of, items, plan_facts, section_facts
from csvgen.spec.files import BOUND, MANY, SCHEMES, SINGLE, Kind, listed, outside, strangers, systems
from csvgen.spec.read import Part, read_part
from csvgen.spec.registry import RULES, Context, Index, Item, Rule, diagnostics, rules_on

_NOUN = {"urs": "requirement", "fs": "function", "risk": "risk", "pq": "scenario", "oracles": "oracle"}


@dataclass(frozen=True)
class Seen:
    """What remains of a file after it was read: findings, facts, ids with their places, and whether all of it could be built."""

    findings: list[Diagnostic]
    facts: list[Fact]
    names: list[tuple[str, int, int]]
    sound: bool
    read: bool = True
    """Whether it could be parsed at all."""
    scheme: str = ""
    """Of a risk file: the scheme it names."""


class Memory(Protocol):
    """What was seen of files before, by their content."""

    def recall(self, file: str, content: str) -> Seen | None: ...
    def part(self, file: str) -> Part | None:
        """What a file says that was just recalled, where that is remembered, too."""

    def keep(self, file: str, content: str, seen: Seen, part: Part) -> None: ...


@dataclass
class Examined:
    """All findings about a system, and the parts if they were to be kept."""

    findings: Findings
    set_aside: tuple[tuple[Diagnostic, str], ...]
    """Findings that a suppression names, each with its reason."""
    counts: Mapping[str, int]
    single: dict[str, Part] = field(default_factory=dict)
    many: dict[str, list[Part]] = field(default_factory=dict)
    schemes: Mapping[str, Any] = field(default_factory=dict)
    complete: bool = False
    """Every file and entry could be built."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """File -> digest of its bytes, of the files of which there may be many."""


def examine(
    root: Path,
    system: str,
    *,
    keep: bool = False,
    memory: Callable[[str], Memory] | None = None,
    only_errors: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Examined:
    """Check one system below `root`. `memory` is given the digest of the context and returns what may be believed under it.

    `keep` holds the parts for building a `Spec`: of all files, or with a memory of those that were read or are remembered whole. `only_errors` leaves out the
    rules across files that only warn. Raises ConfigError only when the folder is not there.
    """
    folder = root / system
    if not folder.is_dir():
        known = ", ".join(systems(root)) or "none"
        raise ConfigError(f"no system {system!r} under {root.name}/", hint=f"systems there: {known}")
    work = _Work(root, folder)
    single = {name: part for name, kind in SINGLE.items() if (part := work.part(folder / name, kind)) is not None}
    oracles = [p for path in listed(folder, "oracles") if (p := work.part(path, MANY["oracles"])) is not None]
    context = work.context(single, oracles)
    believed = (
        memory(digest_bytes("\n".join(sorted(work.digests)).encode("utf-8", "surrogateescape"))) if memory is not None else None
    )
    for part in (*single.values(), *oracles):
        work.see(part, context)
    many: dict[str, list[Part]] = {"oracles": oracles}
    files = [(name, path) for name in MANY if name != "oracles" for path in listed(folder, name)]
    for done, (name, path) in enumerate(files, 1):
        part = work.file(path, MANY[name], context, believed)
        if keep and part is not None:
            many.setdefault(name, []).append(replace(part, marked=None))  # places were for findings, and weigh more than the rest
        progress(done, len(files))
    work.missing_kinds({name for name, _ in files})
    work.strange()
    index = Index(work.items, complete=work.complete, names=(name for name, _ in work.names), unread=work.unread)
    chosen = [r for r in rules_on("index") if r.severity is Severity.ERROR or not only_errors]
    across = [d for r in chosen for d in diagnostics(r, r.check(index, context))]
    findings, aside = _set_aside([*work.findings, *work.twice(), *across], single.get("suppressions.yaml"))
    counts = {kind: len(index.of(kind)) for kind in ("requirement", "risk", "function", "scenario")}
    kept = (single, many) if keep else ({}, {})
    return Examined(Findings.of(findings), aside, counts, *kept, context.schemes, work.complete, work.contents)


def astray(root: Path) -> list[Diagnostic]:
    """Files that look like a specification and lie in no system."""
    message, hint = "this file belongs to no system and would be ignored", "move it into the folder of a system"
    return [
        Diagnostic(
            rule="SPC008", severity=Severity.ERROR, location=Location(f"{root.name}/{p.name}", 0, 0), message=message, hint=hint
        )
        for p in outside(root)
    ]


class _Work:
    """What is gathered while the files of one system are read."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.findings: list[Diagnostic] = []
        self.items: list[Item] = []
        self.names: list[tuple[str, Location]] = []
        self.digests: list[str] = []
        self.contents: dict[str, str] = {}
        self.complete = True
        self.unread = False
        self._schemes: dict[str, list[str]] = {}

    def name(self, path: Path) -> str:
        """A path as findings name it."""
        return f"{self.root.name}/{path.relative_to(self.root).as_posix()}"

    def bytes_of(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except OSError as problem:
            self.missing(path, f"cannot be read: {problem.strerror}")
            return None

    def part(self, path: Path, kind: Kind) -> Part | None:
        """One of the small files that the rules on other files may look into."""
        if kind.optional and not path.exists() and not path.is_symlink():
            return None
        data = self.bytes_of(path)
        if data is None:
            return None
        self.digests.append(f"{self.name(path)} {digest_bytes(data)}")
        return read_part(data, self.name(path), kind)

    def context(self, single: Mapping[str, Part], oracles: Iterable[Part]) -> Context:
        from csvgen.risk.read import read_scheme

        schemes: dict[str, Any] = {}
        broken: set[str] = set()
        for path in sorted((self.folder / SCHEMES).glob("*.yaml")):
            data = self.bytes_of(path)
            if data is not None:
                self.digests.append(f"{self.name(path)} {digest_bytes(data)}")
                scheme, findings = read_scheme(data, self.name(path))
                self._add(findings)
                broken |= {path.stem} if scheme is None else set()
                schemes |= {scheme.id: scheme} if scheme is not None else {}
        files = sorted(
            p.relative_to(self.folder).as_posix() for name in BOUND for p in (self.folder / name).rglob("*") if p.is_file()
        )
        self.digests += [f"{self.folder.name}/{name}" for name in files]

        def value(name: str) -> Any:
            return single[name].value if name in single else None

        return Context(
            folder=self.folder.name, system=value("system.yaml"), settings=value("protocol.yaml"), depth=value("depth.yaml"), suppliers=value("suppliers.yaml"),
            plan=value("plan.yaml"), suppressions=value("suppressions.yaml"), oracles=frozenset(o.id for part in oracles for _, o in part.entries),
            files=frozenset(files), schemes=schemes, broken_schemes=frozenset(broken),
        )  # fmt: skip

    def file(self, path: Path, kind: Kind, context: Context, memory: Memory | None) -> Part | None:
        """One of the files of which there may be many. Gives back its part if it was read, or is remembered whole."""
        data = self.bytes_of(path)
        if data is None:
            return None
        name = self.name(path)
        content = self.contents[name] = digest_bytes(data)
        if memory is not None and (seen := memory.recall(name, content)) is not None:
            self._take(name, seen)
            return memory.part(name)
        part = read_part(data, name, kind)
        seen = self.see(part, context)
        if memory is not None:
            memory.keep(name, content, seen, part)
        return part

    def see(self, part: Part, context: Context) -> Seen:
        """Run the rules about single nouns over a part, and take in what is to be known of it."""
        findings = [*part.findings, *_about_file(part, context)]
        if part.kind.name == "risk":
            context = replace(context, scheme=_scheme(part, context))
        noun = _NOUN.get(part.kind.name)
        chosen = rules_on(noun) if noun is not None else ()
        for number, entry in part.entries:
            for rule in chosen:
                findings += _local(rule, entry, part, (part.kind.entries, number), context)
        facts = {"installation": section_facts, "plan": plan_facts}.get(part.kind.name, facts_of)(part)
        named = getattr(part.value, "scheme", "") if part.kind.name == "risk" else ""
        seen = Seen(findings, facts, part.names, part.sound, part.marked is not None and not part.nameless, named)
        self._take(part.file, seen)
        return seen

    def _take(self, name: str, seen: Seen) -> None:
        self._add(seen.findings)
        self.items += items(name, seen.facts)
        self.names += [(identity, Location(name, line, column)) for identity, line, column in seen.names]
        self.complete &= seen.sound
        self.unread |= not seen.read
        if seen.scheme:
            self._schemes.setdefault(seen.scheme, []).append(name)

    def _add(self, findings: Iterable[Diagnostic]) -> None:
        self.findings += findings

    def missing(self, path: Path, message: str) -> None:
        self.complete, self.unread = False, True
        self.findings.append(
            Diagnostic(rule="SPC001", severity=Severity.ERROR, location=Location(self.name(path), 0, 0), message=message)
        )

    def missing_kinds(self, there: set[str]) -> None:
        for name, kind in MANY.items():
            if not kind.optional and name not in there:
                self.missing(self.folder / name, f"no {name}/*.yaml here")

    def strange(self) -> None:
        for path in strangers(self.folder):
            message = "this file has no place in a specification and would be ignored"
            if path.is_symlink():
                message, hint = (
                    "a link has no place in a specification: what it leads to can change unseen",
                    "put the file itself here",
                )
            else:
                hint = _where_to(path, self.folder)
            self.findings.append(
                Diagnostic(
                    rule="SPC008", severity=Severity.ERROR, location=Location(self.name(path), 0, 0), message=message, hint=hint
                )
            )

    def twice(self) -> Iterator[Diagnostic]:
        """Ids that stand in two places; and two schemes in one system."""
        first: dict[str, Location] = {}
        for identity, place in self.names:
            if (before := first.setdefault(identity, place)) is not place:
                message = f"the id {identity} is taken; first at {before.file}:{before.line}"
                yield Diagnostic(rule="SPC006", severity=Severity.ERROR, location=place, message=message, about=identity,
                                 hint="ids are unique over the whole system and never reused")  # fmt: skip
        if len(self._schemes) > 1:
            message = f"risk files name {len(self._schemes)} schemes: {', '.join(sorted(self._schemes))}"
            place = Location(max(files[0] for files in self._schemes.values()), 0, 0)
            yield Diagnostic(rule="RSK205", severity=Severity.ERROR, location=place, message=message,
                             hint="one scheme a system; schemes are never mixed")  # fmt: skip


def _where_to(path: Path, folder: Path) -> str:
    """What was probably meant by a file that has no place."""
    import difflib

    parts = path.relative_to(folder).parts
    if (
        path.suffix.lower() in {".yml", ".yaml"}
        and path.suffix != ".yaml"
        and (parts[0] in MANY or path.with_suffix(".yaml").name in SINGLE)
    ):
        return f"the ending is .yaml here: {path.with_suffix('.yaml').name}"
    near = difflib.get_close_matches(parts[0], [*SINGLE, *MANY, SCHEMES], n=1, cutoff=0.75)
    return f"did you mean {near[0]}?" if near else "move it below data/, or away"


def _scheme(part: Part, context: Context) -> Any:
    """The scheme a risk file names, if it can be had."""
    from csvgen.risk.scheme import scheme

    name = getattr(part.value, "scheme", None)
    if name is None:
        return None
    if name in context.schemes:
        return context.schemes[name]
    try:
        return scheme(name)
    except CsvgenError:
        return None  # RSK203 says so


def _about_file(part: Part, context: Context) -> Iterator[Diagnostic]:
    """Findings of the rules about a file that is one noun, or about the head of a file of risks or scenarios."""
    noun = {"risk": "assessment", "pq": "scenarios"}.get(part.kind.name, part.kind.name)
    if part.value is not None and part.kind.name not in {"urs", "fs", "oracles"}:
        for rule in rules_on(noun):
            yield from _local(rule, part.value, part, (), context)


def _local(rule: Rule, noun: Any, part: Part, base: tuple[str | int, ...], context: Context) -> Iterator[Diagnostic]:
    for hit in rule.check(noun, context):
        yield Diagnostic(
            rule=rule.code, severity=rule.severity, location=part.at((*base, *hit.at) if hit.at or not base else (*base, "id")),
            message=hit.message, hint=hit.hint, about=hit.about or (getattr(noun, "id", "") if base else _spelled(part, hit.at)),
        )  # fmt: skip


def _spelled(part: Part, at: tuple[str | int, ...]) -> str:
    """A place in a file that is one noun, by names: protocol.routes.plan, system.records.raw-file. A suppression names it."""
    names = [part.kind.name]
    value: Any = part.marked.value if part.marked is not None else None
    for step in at:
        match value:
            case dict():
                value = value.get(step)
                names.append(str(step))
            case list() if isinstance(step, int) and step < len(value):
                value = value[step]
                own = value.get("id") if isinstance(value, dict) else None
                names.append(own if isinstance(own, str) else str(step))
            case _:
                names.append(str(step))
    return ".".join(names)


def _set_aside(found: list[Diagnostic], part: Part | None) -> tuple[list[Diagnostic], tuple[tuple[Diagnostic, str], ...]]:
    """Warnings that a suppression names leave the findings; one that names nothing is a finding itself."""
    if part is None or part.value is None:
        return found, ()
    wanted = {(s.rule, s.id): (number, s.reason) for number, s in enumerate(part.value.suppressions)}
    left: list[Diagnostic] = []
    aside = []
    used = set()
    for d in found:
        key = (d.rule, d.about)
        if key in wanted and d.severity is not Severity.ERROR:
            used.add(key)
            aside.append((replace(d, severity=Severity.NOTE), wanted[key][1]))
        else:
            left.append(d)
    for (code, identity), (number, _) in wanted.items():
        if (code, identity) not in used and code in RULES and RULES[code].severity is not Severity.ERROR:
            place = part.at(("suppressions", number, "id"))
            message = f"{code} is set aside for {identity}, but nothing of that kind is found there"
            left.append(Diagnostic(rule="SUP802", severity=Severity.WARNING, location=place, message=message, about=identity,
                                   hint="remove this entry, or correct the id"))  # fmt: skip
    return left, tuple(sorted(aside, key=lambda pair: pair[0].sort_key))
