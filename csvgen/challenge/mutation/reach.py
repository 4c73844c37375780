"""Which lines each case executes in the server process, measured once, and from that which cases a mutant needs.

Each case is executed alone against a fresh instance, so that what it needs (logging in, say) is measured with it, and a case that
cannot stand alone is found: such a case is left out, and named. A mutant inside a function needs the cases that execute a line of its
statement. A mutant of what importing executes (a constant, a field, a decorator) needs the cases that execute a use of the names it
defines, anywhere in csvgen, through further constants too; where it defines no name, every case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.challenge.mutation.levels import Case
from csvgen.challenge.mutation.mutants import PACKAGE, Mutant, Place, Syntax, sources
from csvgen.challenge.mutation.processes import Driven, Zygote, copied, forkable
from csvgen.errors import CsvgenError

LIMIT_SECONDS, LIMIT_TIMES = 15.0, 10.0
"""A case may take ten times what it takes alone without a mutant, and 15 seconds more."""


_NEAR, _NEAR_COUNTS = 20, 5
"""Lines that are likely about what a mutant changes, and how often each counts."""
MOST_UNFIT = 0.1
"""Share of cases that may be left out; with more, something else is wrong."""


@dataclass(frozen=True)
class Reach:
    """What was measured."""

    basis: Digest
    """Of the sources, the cases and the settings it was measured with."""
    seconds: Mapping[str, float]
    """Case -> seconds alone, server start included."""
    lines: Mapping[str, Mapping[str, frozenset[int]]]
    """Case -> file -> lines."""
    installed: Mapping[str, frozenset[int]]
    """What installing an instance executes."""
    unfit: Mapping[str, str]
    """Cases that do not pass alone against the released system, and why."""
    modules: Mapping[str, Sequence[str]]
    """What ``server`` and ``driver`` have imported in the end."""

    def limit(self, case: str) -> float:
        return LIMIT_SECONDS + LIMIT_TIMES * self.seconds[case]

    @cached_property
    def _cases(self) -> Mapping[str, Mapping[int, frozenset[str]]]:
        """File -> line -> cases."""
        found: dict[str, dict[int, set[str]]] = {}
        for case, files in self.lines.items():
            for path, lines in files.items():
                for line in lines:
                    found.setdefault(path, {}).setdefault(line, set()).add(case)
        return {path: {line: frozenset(c) for line, c in lines.items()} for path, lines in found.items()}

    def of_lines(self, path: str, lines: Iterable[int]) -> frozenset[str]:
        """The cases that execute one of these lines."""
        known = self._cases.get(path, {})
        return frozenset().union(*(known.get(line, frozenset()) for line in lines))

    def needed(self, mutant: Mutant) -> frozenset[str]:
        """The cases that can notice a mutant; none where no case reaches it."""
        at = (mutant.path, mutant.line, mutant.column)
        if at not in self._known:
            self._known[at] = self._at(mutant.path, (mutant.line, mutant.column))
        return self._known[at]

    def _at(self, path: str, place: Place) -> frozenset[str]:
        syntax = Syntax.of(path)
        if syntax.when_called(place):
            return self.of_lines(path, syntax.lines_of(place))
        names = syntax.defined_by(place)
        return self._of_names(names) if names else frozenset(self.lines)

    def weight(self, case: str, mutant: Mutant) -> float:
        """How much of a file is a case's own: its lines there, each shared among the cases that execute it; those near the mutant count more."""
        known = self._cases.get(mutant.path, {})
        lines = self.lines[case].get(mutant.path, ())
        return sum((_NEAR_COUNTS if abs(line - mutant.line) <= _NEAR else 1) / len(known[line]) for line in lines)

    def at_installation(self, mutant: Mutant) -> bool:
        """Whether installing an instance executes a mutant, importing included."""
        syntax, place = Syntax.of(mutant.path), (mutant.line, mutant.column)
        known = self.installed.get(mutant.path, frozenset())
        return not syntax.when_called(place) or not known.isdisjoint(syntax.lines_of(place))

    @cached_property
    def _known(self) -> dict[tuple[str, int, int], frozenset[str]]:
        """Answers given so far: many mutants stand at one place."""
        return {}

    @cached_property
    def _uses(self) -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
        """Identifier -> the cases that execute a use of it, and the names that a use at import gives something to."""
        cases: dict[str, set[str]] = {}
        names: dict[str, set[str]] = {}
        for path in sources():
            syntax = Syntax.of(path)
            for name, places in syntax.uses.items():
                for place in places:
                    if syntax.when_called(place):
                        cases.setdefault(name, set()).update(self.of_lines(path, syntax.lines_of(place)))
                    else:
                        names.setdefault(name, set()).update(syntax.defined_by(place))
        return {n: (frozenset(cases.get(n, ())), frozenset(names.get(n, ()))) for n in {*cases, *names}}

    def _of_names(self, names: frozenset[str]) -> frozenset[str]:
        found: set[str] = set()
        seen, waiting = set(names), list(names)
        while waiting:
            cases, more = self._uses.get(waiting.pop(), (frozenset(), frozenset()))
            found |= cases
            waiting += more - seen
            seen |= more
        return frozenset(found)


def basis_of(cases: Sequence[Case], settings: Sequence[str]) -> Digest:
    """What a measurement holds for: every source of csvgen, the cases, the settings of the instance."""
    files = sorted(p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    own = PACKAGE / "challenge"
    code = [[p.relative_to(PACKAGE).as_posix(), digest_bytes(p.read_bytes())] for p in files if own not in p.parents]
    return digest([code, [[c.key, c.level, c.steps] for c in cases], list(settings)])


def read(path: Path, basis: Digest) -> Reach | None:
    """A measurement of the same basis, or None."""
    if not path.is_file():
        return None
    found = json.loads(path.read_bytes())
    if found["basis"] != str(basis):
        return None
    lines = {case: _frozen(files) for case, files in found["lines"].items()}
    return Reach(basis, found["seconds"], lines, _frozen(found["installed"]), found["unfit"], found["modules"])


def write(path: Path, reach: Reach) -> None:
    plain: dict[str, Any] = {
        "basis": str(reach.basis),
        "seconds": reach.seconds,
        "lines": {case: {p: sorted(lines) for p, lines in files.items()} for case, files in reach.lines.items()},
        "installed": {p: sorted(lines) for p, lines in reach.installed.items()},
        "unfit": reach.unfit,
        "modules": {name: list(modules) for name, modules in reach.modules.items()},
    }
    path.write_text(json.dumps(plain), "ascii")


def _frozen(files: Mapping[str, Sequence[int]]) -> dict[str, frozenset[int]]:
    return {path: frozenset(lines) for path, lines in files.items()}


@dataclass(frozen=True)
class Bench:
    """Where a measurement takes place."""

    project: Path
    system: str
    features: Path
    folder: Path
    """For instances, sockets, logs."""
    settings: Sequence[str]
    workers: int = 1

    def driver(self, name: str, modules: Sequence[str]) -> Driven:
        return Driven(self.folder, name, self.project, self.system, self.features, modules)


def measure(bench: Bench, cases: Sequence[Case], show: Any) -> Reach:
    """Execute every case alone. Raises CsvgenError when the released system cannot be installed."""
    template, out = bench.folder / "template", bench.folder / "lines"
    first = Zygote(bench.folder, "first", [])
    try:
        if problem := first.install(template, bench.settings, lines=str(out)):
            raise CsvgenError(f"the released system cannot be installed: {problem}", where=str(bench.folder / "first.log"))
        installed, _ = _told(out)
        server, driven = _modules(bench, first, template, cases, out)
    finally:
        first.close()
    found: dict[str, tuple[float, dict[str, list[int]], str]] = {}
    # The released code is ready before the fork here: what importing executes is not measured, it is told by the text of a file.
    zygote = Zygote(bench.folder, "reach", server)
    drivers: SimpleQueue[tuple[int, Driven]] = SimpleQueue()
    made = [bench.driver(f"reach-{n}", driven) for n in range(bench.workers)]
    for pair in enumerate(made):
        drivers.put(pair)

    def alone(case: Case) -> None:
        number, driver = drivers.get()
        try:
            found[case.key] = _alone(bench, zygote, driver, template, case, number)
            show(f"measured {len(found)} of {len(cases)} cases: {case.key}")
        finally:
            drivers.put((number, driver))

    try:
        with ThreadPoolExecutor(bench.workers) as pool:
            list(pool.map(alone, cases))
    finally:
        zygote.close()
        for driver in made:
            driver.close()
    fit = {key: f for key, f in found.items() if not f[2]}
    if len(found) - len(fit) > MOST_UNFIT * len(found):
        case, why = next((key, f[2]) for key, f in found.items() if f[2])
        raise CsvgenError(
            f"{len(found) - len(fit)} of {len(found)} cases do not pass alone against the released system",
            where=f"{case}: {why}",
        )
    return Reach(
        basis_of(cases, bench.settings),
        {key: f[0] for key, f in fit.items()},
        {key: _frozen(f[1]) for key, f in fit.items()},
        _frozen(installed),
        {key: f[2] for key, f in found.items() if f[2]},
        {"server": [m for m in server if m.partition(".")[0] != "csvgen"], "driver": driven},
    )


def _modules(bench: Bench, zygote: Zygote, template: Path, cases: Sequence[Case], out: Path) -> tuple[list[str], list[str]]:
    """What the server and the driver have imported after one case of each feature, as far as it may be imported before a fork."""
    driver = bench.driver("first-driver", [])
    try:
        one_each = list({c.node.partition("::")[0]: c for c in cases}.values())
        home, asked = copied(template, bench.folder / "home-first"), [(c.node, 600.0) for c in one_each]
        told = driver.ask(home, zygote.server("first", lines=str(out)), asked, modules=True, stop=False)
        driven, server = set(told.modules), _told(out)[1]
    finally:
        driver.close()
    return forkable(bench.folder, sorted(server)), forkable(bench.folder, sorted(driven))


def _alone(
    bench: Bench, zygote: Zygote, driver: Driven, template: Path, case: Case, number: int
) -> tuple[float, dict[str, list[int]], str]:
    out, home = bench.folder / f"lines-{number}", copied(template, bench.folder / f"home-{number}")
    told = driver.ask(home, zygote.server(f"reach-{number}", lines=str(out)), [(case.node, 600.0)])
    if told.end != "done" or told.red is not None or not told.cases:
        _told(out)
        return 0.0, {}, told.red["reason"] if told.red else told.end
    return told.cases[0]["seconds"], _told(out)[0], ""


def _told(folder: Path) -> tuple[dict[str, list[int]], set[str]]:
    """What the processes of one case have written: lines and modules of all of them. The files are taken away."""
    lines: dict[str, set[int]] = {}
    modules: set[str] = set()
    for path in sorted(folder.glob("*.json")):
        found = json.loads(path.read_bytes())
        path.unlink()
        modules |= set(found["modules"])
        for name, executed in found["lines"].items():
            lines.setdefault(name, set()).update(executed)
    return {name: sorted(executed) for name, executed in lines.items()}, modules
