"""What drafting would do to the files of a system, worked out from everything or, after an edit, from what the edit touches.

A file follows from a requirement (OQ), a section of the baseline (IQ) or a business scenario (PQ), from the requirements these name, and
from the risks of these. So an edited entry touches few files, and only for these a specification is put together and drafted, by
the same `draft` and under the ids they have. With and without a memory the plan is the same; a test compares the two after edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from csvgen import __version__
from csvgen.canonical import digest, digest_bytes
from csvgen.errors import ConfigError
from csvgen.model.base import PHASES
from csvgen.model.protocol import Shortfall
from csvgen.model.spec import Installation, Spec
from csvgen.protocol.draft import TEMPLATE, Drafted, draft
from csvgen.protocol.files import LOCK, Standing, State, held_ids, read_lock, standing, standings
from csvgen.protocol.gherkin import split_header
from csvgen.protocol.lock import Lock, adoptions
from csvgen.protocol.memory import DraftMemory, Source, Unit, entry_digest, gaps_of, stat_of, stats
from csvgen.spec.check import Examined, Memory, examine
from csvgen.spec.files import MANY
from csvgen.spec.load import assemble
from csvgen.spec.memory import FileMemory, own_code
from csvgen.spec.read import Part, read_part
from csvgen.templates import Templates

_MAKERS = ("marks.py", "canonical.py", "templates.py", "model", "catalog", "patterns", "risk", "spec", "protocol")
"""What decides on the words of a draft: a change in one of them makes the memory void."""
_KINDS = ("urs", "risk", "pq")
"""Kinds of file that drafting follows from and that may be many."""
_ROW = re.compile(r"^\s*\| (TC-(?:IQ|OQ|PQ)-\d{4,}) ", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """What drafting would write, and how every file stands that is not as it would be drafted."""

    spec: Spec
    """Of a plan by memory: only what was drafted from, with all settings."""
    standings: tuple[Standing, ...]
    """Those that are not fresh."""
    fresh: int
    files: Mapping[str, str]
    lock: bytes
    shortfalls: tuple[Shortfall, ...]

    @property
    def unsettled(self) -> tuple[Standing, ...]:
        return tuple(s for s in self.standings if not s.settled)

    @property
    def by_hand(self) -> int:
        return sum(s.state is State.BY_HAND for s in self.standings)


class Drafting:
    """One drafting of one system. `kept` is the folder of its memory; with None nothing is believed, and nothing kept."""

    def __init__(self, root: Path, system: str, folder: Path, templates: Templates, kept: Path | None = None) -> None:
        self._root, self._system, self._folder, self._templates, self._kept = root, system, folder, templates, kept
        self._believe = kept is not None
        self._memory: DraftMemory | None = None
        self._files: FileMemory | None = None
        self._head, self._lock = "", b""
        self._known = Lock()
        self._sources: dict[str, Source] = {}
        self._untouched: dict[str, str] = {}

    def plan(self) -> Plan:
        """Raises ConfigError for a specification with errors, and what reading a damaged lock raises."""
        seen = examine(
            self._root, self._system, keep=True, memory=self._recalled if self._kept is not None else None, only_errors=True
        )
        if seen.findings.errors or not seen.complete:
            count = len(seen.findings.errors)
            raise ConfigError(f"the specification of {self._system} has {count} errors", hint="csvgen check")
        made = self._after_edits(seen, self._memory) if self._memory is not None else self._from_everything(seen)
        if made is None:  # something changed that every file follows from
            self._believe = False
            return self.plan()
        return made

    def _recalled(self, context: str) -> Memory:
        assert self._kept is not None  # only then anybody asks
        self._head = f"{__version__} {own_code(_MAKERS)} {context} {self._templates.digest_of(TEMPLATE)}"
        self._lock = _bytes(self._folder / LOCK)
        memory = DraftMemory.read(self._kept / "draft.memory", self._head) if self._believe else None
        self._memory = memory if memory is not None and memory.lock == digest_bytes(self._lock) else None
        self._files = FileMemory(self._kept / "draft-specification.memory", context, believed=self._memory is not None)
        return self._files

    # ------------------------------------------------------------ from everything

    def _from_everything(self, seen: Examined) -> Plan:
        parts = {p.file: p for kind in _KINDS for p in seen.many.get(kind, ())}
        if self._kept is not None:
            self._sources = {name: _source(part, seen.contents[name]) for name, part in parts.items()}
        spec = assemble(seen, {})
        self._known = read_lock(self._folder)
        drafted = draft(spec, self._known, self._templates)
        found = standings(self._folder, drafted)
        return self._planned(spec, drafted, found, drafted.lock, drafted.shortfalls, 0)

    def _planned(
        self, spec: Spec, drafted: Drafted, found: Iterable[Standing], lock: bytes, gaps: Iterable[Shortfall], others: int
    ) -> Plan:
        every = tuple(found)
        rest = tuple(s for s in every if s.state is not State.FRESH)
        ordered = tuple(sorted(gaps, key=lambda s: s.requirement))
        return Plan(spec, rest, others + len(every) - len(rest), drafted.files, lock, ordered)

    # ------------------------------------------------------------ after edits

    def _after_edits(self, seen: Examined, memory: DraftMemory) -> Plan | None:
        """The same plan from what was edited since; None when that cannot be told apart."""
        parts = {p.file: p for kind in _KINDS for p in seen.many.get(kind, ())}
        for name, content in seen.contents.items():
            before = memory.sources.get(name)
            if _kind(name) not in _KINDS:
                continue
            if before is not None and before.content == content:
                self._sources[name] = before
                continue
            parts[name] = parts.get(name) or self._part(name)
            self._sources[name] = _source(parts[name], content)
        if _heads(memory.sources) != _heads(self._sources):
            return None
        touched = _Touched(memory.sources, self._sources, seen.single["installation.yaml"].value)
        there = stats(self._folder, PHASES)
        touched.add_files(p for p in memory.lines if "\th\t" in memory.lines[p] or not memory.same(p, there.get(p)))
        touched.add_files(p for p in there if p not in memory.lines)
        texts = {p: _text(self._folder / p) for p in there if p not in memory.lines or p in touched.paths}
        units = {p: unit for p in touched.paths if (unit := memory.unit(p)) is not None}
        spec = self._narrowed(seen, parts, touched)
        active = {key: tc for unit in units.values() for key, tc in unit.cases.items()}
        self._known = Lock.partial(active, memory.highest, held_ids([t for t in texts.values() if not split_header(t)[0]]))
        drafted = draft(spec, self._known, self._templates)
        adopted = adoptions(self._lock)
        names = sorted({*texts, *drafted.files})
        found = [standing(p, texts.get(p), drafted.files.get(p), adopted.get(p)) for p in names]
        self._untouched = {p: line for p, line in memory.lines.items() if p not in units}
        redone = {*touched.requirements, *(r.id for r in spec.requirements)}
        gaps = [*(s for s in memory.shortfalls() if s.requirement not in redone), *drafted.shortfalls]
        return self._planned(spec, drafted, found, self._lock + drafted.lock, gaps, len(self._untouched))

    def _part(self, name: str) -> Part:
        return read_part((self._root.parent / name).read_bytes(), name, MANY[_kind(name)])

    def _narrowed(self, seen: Examined, parts: dict[str, Part], touched: _Touched) -> Spec:
        """A specification of what is touched: the requirements with all their risks, the sections and the scenarios."""
        wanted = {"urs": touched.needed, "risk": touched.risks, "pq": touched.scenarios}
        many: dict[str, list[Part]] = {"oracles": []}
        for kind in _KINDS:
            names = [n for n in sorted(self._sources) if _kind(n) == kind]
            chosen = [n for n in names if wanted[kind] & self._sources[n].entries.keys()]
            chosen = names if kind == "pq" and chosen else chosen or (names[:1] if kind == "risk" else [])
            read = [parts.get(n) or self._part(n) for n in chosen]
            many[kind] = [replace(p, entries=[(k, e) for k, e in p.entries if e.id in wanted[kind]]) for p in read]
        baseline = seen.single["installation.yaml"]
        sections = tuple(s for s in baseline.value.sections if s.id in touched.sections)
        single = {
            **seen.single,
            "installation.yaml": replace(baseline, value=baseline.value.model_copy(update={"sections": sections})),
        }
        return assemble(replace(seen, single=single, many=many), {})

    # ------------------------------------------------------------ remembering

    def remember(self, plan: Plan) -> None:
        """Keep what was drafted and written. Only after the files of the plan are in their places."""
        if self._kept is None or self._files is None:
            return
        self._files.store()
        there = stats(self._folder, PHASES)
        keys = {tc: key for key, tc in self._known.active.items()}
        by_hand = {s.path for s in plan.standings if s.state is State.BY_HAND}
        lines = dict(self._untouched)
        for path, text in plan.files.items():
            if path in there:
                cases = {keys[tc]: tc for tc in _ROW.findall(text)}
                lines[path] = Unit(stat_of(there[path]), digest_bytes(text.encode()), cases, path in by_hand).line()
        lock = digest_bytes(_bytes(self._folder / LOCK))
        made = DraftMemory(lock, dict(self._known.highest), self._sources, lines, gaps_of(plan.shortfalls))
        made.store(self._kept / "draft.memory", self._head)


class _Touched:
    """What has to be drafted anew: ids of requirements, sections and scenarios, and the files that follow from them."""

    def __init__(self, old: Mapping[str, Source], new: Mapping[str, Source], baseline: Installation) -> None:
        self._old, self._new, self._baseline = _entries(old), _entries(new), baseline
        moved = {kind: _moved(self._old[kind], self._new[kind]) for kind in _KINDS}
        named = {r for kind in (self._old, self._new) for i in moved["risk"] & kind["risk"].keys() for r in kind["risk"][i][1]}
        self.requirements = moved["urs"] | named
        self._scenarios, self._sections = set(moved["pq"]), set[str]()

    def add_files(self, paths: Iterable[str]) -> None:
        """Files that are not what was remembered: what they follow from is drafted anew."""
        for path in paths:
            phase, _, name = path.removesuffix(".feature").partition("/")
            {"IQ": self._sections, "OQ": self.requirements, "PQ": self._scenarios}[phase].add(name)

    @property
    def scenarios(self) -> set[str]:
        both = {**self._old["pq"], **self._new["pq"]}
        return self._scenarios | {i for i, (_, covers) in both.items() if self.requirements.intersection(covers)}

    @property
    def sections(self) -> set[str]:
        return self._sections | {s.id for s in self._baseline.sections if s.requirement in self.requirements}

    @property
    def needed(self) -> set[str]:
        """Requirements that what is touched names: they are read, and drafted with the rest."""
        covered = {r for i in self.scenarios & self._new["pq"].keys() for r in self._new["pq"][i][1]}
        return self.requirements | covered | {s.requirement for s in self._baseline.sections if s.id in self.sections}

    @property
    def risks(self) -> set[str]:
        needed = self.needed
        return {i for i, (_, named) in self._new["risk"].items() if needed.intersection(named)}

    @property
    def paths(self) -> set[str]:
        found = {f"OQ/{i}.feature" for i in self.needed} | {f"PQ/{i}.feature" for i in self.scenarios}
        return found | {f"IQ/{i}.feature" for i in self.sections}


def _entries(sources: Mapping[str, Source]) -> dict[str, dict[str, tuple[str, tuple[str, ...]]]]:
    found: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {kind: {} for kind in _KINDS}
    for name, source in sources.items():
        found[_kind(name)].update(source.entries)
    return found


def _moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Ids that came, went, or say something else."""
    return {i for i in old.keys() | new.keys() if old.get(i) != new.get(i)}


def _heads(sources: Mapping[str, Source]) -> set[tuple[str, str, str]]:
    """What files say beside their entries; of scenarios in their order, for it makes one text."""
    return {(_kind(n), n if _kind(n) == "pq" else "", s.head) for n, s in sources.items()}


def _kind(name: str) -> str:
    """Of a file as findings name it: <requirements folder>/<system>/urs/10.yaml."""
    return name.split("/")[2]


def _source(part: Part, content: str) -> Source:
    head = {"risk": "scheme", "pq": "environment"}.get(part.kind.name, "")
    return Source(
        content=content,
        head=digest(getattr(part.value, head)) if head else "",
        entries={
            e.id: (entry_digest(e), tuple(getattr(e, "requirements", ()) or getattr(e, "covers", ()))) for _, e in part.entries
        },
    )


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
