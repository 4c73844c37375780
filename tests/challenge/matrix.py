"""Pattern x fault: the scripts of a pattern, run by the product's own runner against an instance with one fault seeded.

Scripts are bound with the criteria of the worked example that use the pattern, else with the pattern's own example, at the depth of high
priority. The instance is installed once, as disposable, and copied for each run; each run is a server process and a pytest of its own.

    python -m tests.challenge.matrix audit-entry-without-reason signature-    runs faults by name or beginning, prints the table
    python -m tests.challenge.matrix --good [PATTERN ...]                     runs the scripts against an instance with nothing broken
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from csvgen.canonical import digest
from csvgen.config import load_config
from csvgen.evidence.read import read_run
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict
from csvgen.model.spec import Spec
from csvgen.model.urs import Criterion
from csvgen.patterns.bind import IQ_PATTERNS, find
from csvgen.patterns.catalogue import Pattern, catalogue
from csvgen.patterns.policy import default
from csvgen.pipeline.components import component_digests
from csvgen.protocol.draft import draft
from csvgen.protocol.lock import Lock
from csvgen.spec.load import load_system
from csvgen.targets.local.install import install
from csvgen.templates import Templates
from csvgen.workflow.engineering import engineering_run

REPOSITORY = Path(__file__).parents[2]
SYSTEM = "qc-release"
SETTINGS = {"failures_to_lock": "3", "idle_seconds": "5", "disposable": "yes"}
"""As the worked example installs its validation instance, but for the mark."""

_MARK = "configuration value disposable"
"""What every instance here differs in from the one that records evidence: no fault makes it."""

_TOML = '[csvgen]\nproject = "matrix"\n\n[target.validation]\nadapter = "local"\nhome = "suv"\n'
_CONFTEST = '''"""The target of this folder is served by {server}."""
from pathlib import Path

import csvgen.steps.common as common
from csvgen.targets.local.adapter import LocalTarget

common.bind = lambda name, settings: LocalTarget(name, Path(settings["root"]) / settings["home"], {server!r})
'''


# ------------------------------------------------------------ scripts


@dataclass(frozen=True)
class Scripts:
    """The drafted scripts of every pattern."""

    files: Mapping[str, str]
    """Path below the folder of the system -> text."""
    paths: Mapping[str, tuple[str, ...]]
    """Pattern -> its files. Those of the installation hold several patterns each."""
    cases: Mapping[str, tuple[str, str]]
    """Case id -> pattern and key, ``<criterion>/<script>/...``."""

    def of(self, names: Iterable[str]) -> dict[str, str]:
        wanted = {path for name in names for path in self.paths[name]}
        return {path: self.files[path] for path in sorted(wanted)}


@cache
def worked_example() -> Spec:
    loaded = load_system(REPOSITORY / "requirements_specs", SYSTEM)
    assert loaded.spec is not None, loaded.findings
    return loaded.spec


@cache
def scripts() -> Scripts:
    """One requirement for each pattern, with every criterion that uses it; the installation as it is. Every priority asks for what high asks for."""
    spec, policy = worked_example(), default()
    high = policy.high.model_copy(update={"evidence": "observed"})
    used: dict[str, list[Criterion]] = {name: [] for name in sorted(catalogue()) if name not in IQ_PATTERNS.values()}
    for requirement in spec.requirements:
        for criterion in requirement.criteria:
            if criterion.pattern in used:
                used[criterion.pattern].append(criterion)
    model = next(r for r in spec.requirements if r.criteria and r.phase == "OQ")
    mine = {f"URS-QC-{900 + number}": name for number, name in enumerate(used)}
    requirements = [
        model.model_copy(update={"id": identity, "title": name, "criteria": tuple(_criteria(find(name), used[name]))})
        for identity, name in mine.items()
    ]
    kept = [r for r in spec.requirements if r.id in {s.requirement for s in spec.installation.sections}]
    whole = replace(
        spec, requirements=(*kept, *requirements), scenarios=(), depth=policy.model_copy(update=dict.fromkeys(("low", "medium", "high"), high)),
    )  # fmt: skip
    lock = Lock()
    drafted = draft(whole, lock, Templates(None, str))
    paths: dict[str, list[str]] = {name: [f"OQ/{identity}.feature"] for identity, name in mine.items()}
    for section in spec.installation.sections:
        for kind in {i.kind for i in section.items}:
            paths.setdefault(IQ_PATTERNS[kind], []).append(f"IQ/{section.id}.feature")
    cases = {lock.take(_phase(key), key): (_pattern(key, mine), key.partition("/")[2]) for key in lock.active}
    return Scripts(drafted.files, {name: tuple(p) for name, p in paths.items()}, cases)


def _criteria(pattern: Pattern, used: list[Criterion]) -> Iterator[Criterion]:
    if not used:
        yield Criterion(id="ac-1", title=pattern.title, pattern=pattern.name, parameters=pattern.example)
    for number, criterion in enumerate(used, 1):
        yield criterion.model_copy(update={"id": f"ac-{number}"})


def _phase(key: str) -> str:
    return "IQ" if key.startswith("IQ-") else "OQ"


def _pattern(key: str, mine: Mapping[str, str]) -> str:
    first, second = key.split("/")[:2]
    return mine[first] if first in mine else IQ_PATTERNS[second]


def listing(fault: str) -> tuple[str, ...]:
    """The patterns that must detect a fault."""
    return tuple(sorted(name for name, pattern in catalogue().items() if fault in pattern.faults))


# ------------------------------------------------------------ running


@dataclass(frozen=True)
class Seen:
    """What became of the scripts of one pattern."""

    pattern: str
    results: tuple[CaseResult, ...]
    keys: Mapping[str, str]

    @property
    def red(self) -> tuple[CaseResult, ...]:
        return tuple(r for r in self.results if r.verdict is not Verdict.PASSED)

    @property
    def right(self) -> tuple[CaseResult, ...]:
        """The cases that fail as they should: at a Then, by an observation that does not hold."""
        return tuple(r for r in self.red if failed(r) is not None)

    @property
    def told(self) -> str:
        """Where the first of them turned red, and what it expected and saw."""
        if not self.right:
            return "; ".join(f"{self.keys[r.case]}: {r.verdict} {r.reason[:200]}" for r in self.red[:2]) or "NOTHING SEEN"
        first = self.right[0]
        step, observation = failed(first) or (None, None)
        assert step is not None and observation is not None
        return f"{self.keys[first.case]} | {step.text[:110]} | {observation.what[:60]}: expected {observation.expected[:70]!r}, observed {observation.actual[:90]!r}"


def failed(result: CaseResult) -> tuple[StepResult, Observation] | None:
    """The Then that failed and its observation; None when the case ended in any other way."""
    step = next((s for s in result.steps if s.verdict is not Verdict.PASSED), None)
    if result.verdict is not Verdict.FAILED or step is None:
        return None
    wrong = [o for o in step.observations if not o.holds and o.what != _MARK]
    if step.keyword != "Then" or step.verdict is not Verdict.FAILED or not wrong:
        return None
    return step, wrong[-1]


@cache
def template() -> Path:
    """An instance as it ships, installed once in this process; in the folder CSVGEN_MATRIX_TEMPLATE it is kept for the next one.

    Its name there tells of the released components: an instance runs no other code than it was installed with.
    """
    kept = os.environ.get("CSVGEN_MATRIX_TEMPLATE")
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="csvgen-matrix-"))
    home = folder / f"suv-{digest(component_digests()).removeprefix('sha256:')[:12]}"
    if not home.exists():
        install(home, SETTINGS)
    return home


@contextmanager
def project(files: Mapping[str, str], fault: str) -> Iterator[Path]:
    """A csvgen project of its own: the specification, these feature files, a copy of the instance, and the server with the fault."""
    with tempfile.TemporaryDirectory(prefix="csvgen-matrix-") as scratch:
        root = Path(scratch)
        shutil.copytree(template(), root / "suv")
        (root / "csvgen.toml").write_text(_TOML, encoding="utf-8")
        (root / "requirements_specs").symlink_to(REPOSITORY / "requirements_specs")
        folder = root / "protocols" / SYSTEM
        server = ("csvgen_faults.server", fault, "--") if fault else ("csvgen.targets.local.server",)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        (folder / "conftest.py").write_text(_CONFTEST.format(server=server), encoding="utf-8")
        yield root


def seen(names: Iterable[str], fault: str = "", loud: bool = False) -> dict[str, Seen]:
    """Run all scripts of these patterns against one instance: broken by a fault, or as released. The mark of the instance is left out."""
    names, drafted = sorted(names), scripts()
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "csvgen-faults")))
    try:
        with project(drafted.of(names), fault) as root:
            outcome, _ = engineering_run(load_config(root), SYSTEM, [], say if loud else lambda _line: None)
            evidence = read_run(Path(outcome.folder))
            assert not [p for p in evidence.problems if "seal" not in p], evidence.problems
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before
    found: dict[str, list[CaseResult]] = {name: [] for name in names}
    for result in evidence.results:
        name, key = drafted.cases[result.case]
        if name in found and not key.endswith("/item=Disposable"):  # a file of the installation holds other patterns too
            found[name].append(result)
    keys = {case: key for case, (_, key) in drafted.cases.items()}
    return {name: Seen(name, tuple(results), keys) for name, results in found.items()}


def challenged(fault: str) -> Iterator[Seen]:
    """The scripts of each pattern that lists a fault, each pattern on an instance of its own: what one leaves behind is not seen by another."""
    for name in listing(fault):
        yield seen([name], fault)[name]


# ------------------------------------------------------------ by hand


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    from csvgen_faults import FAULTS

    if arguments[:1] == ["--good"]:
        for name, one in seen(arguments[1:] or scripts().paths).items():
            say(f"{'red  ' if one.red else 'green'} {name} ({len(one.results)} cases){'  ' + one.told if one.red else ''}")
        return 0
    missed = 0
    for fault in (f for f in FAULTS if any(f == a or (a.endswith("-") and f.startswith(a)) for a in arguments)):
        if not listing(fault):
            say(f"{fault}\n    listed by no pattern")
        for one in challenged(fault):
            missed += not one.right
            strange = [r for r in one.red if r not in one.right]
            more = f" (+{len(strange)} not at a Then: {strange[0].verdict} {strange[0].reason[:120]})" if strange else ""
            say(
                f"{fault}\n    {'RED ' if one.right else 'MISS'} {one.pattern} {len(one.right)}/{len(one.results)}{more}\n      {one.told}"
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
