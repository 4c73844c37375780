"""Engineering runs, which count for nothing: to try things. Recorded like formal ones, and said so on every line of their plan.

Plain pytest comes here with every start, so that what only a formal run needs (people, trail, keys) is not loaded.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.canonical import digest
from csvgen.clock import SystemClock, stored
from csvgen.config import Config, load_config
from csvgen.errors import ConfigError, CsvgenError
from csvgen.evidence.read import read_outcome
from csvgen.execution.process import irregular_end, run_pytest
from csvgen.execution.session import planned, write_plan
from csvgen.model.evidence import Outcome
from csvgen.model.execution import RunPlan
from csvgen.model.protocol import Protocol, TestCase
from csvgen.protocol.files import read_protocol

if TYPE_CHECKING:
    from csvgen.execution.dry import Resolved  # its room loads pytest


def engineering_run(config: Config, system: str, paths: Sequence[str], show: Callable[[str], None]) -> tuple[Outcome, int]:
    """A run that counts for nothing: to try things. Recorded like a formal one, and marked on every line of its plan."""
    protocol, _ = read_protocol(config.protocol_folder(system), system)
    cases = selected(config, protocol, paths)
    folder = _engineering_folder(config, system, protocol, cases)
    code = run_pytest(config.root, list(paths) or [str(config.protocol_folder(system))], folder, show, formal=False)
    finish_engineering_runs(config.root, {system: str(folder)}, irregular_end(code))
    return read_outcome(folder), code


def dry_run(config: Config, paths: Sequence[str]) -> Resolved:
    """Resolve every step of the features without executing anything. Raises ConfigError when pytest says nothing of them."""
    from csvgen.execution.dry import Resolved

    with tempfile.TemporaryDirectory(prefix="csvgen-dry-") as folder:
        report, said = Path(folder) / "dry.json", list[str]()
        run_pytest(
            config.root, paths, None, said.append, formal=False, options=("--csvgen-dry", "--csvgen-dry-report", str(report))
        )
        if not report.is_file():
            raise ConfigError("the steps could not be resolved: " + " ".join(line for line in said if line.strip())[-400:])
        return Resolved.read(json.loads(report.read_bytes()))


def plan_engineering_runs(root: Path, arguments: Sequence[str], *, partial: bool = False) -> tuple[dict[str, str], list[str]]:
    """For plain pytest: one planned run folder for each system whose features the arguments name.

    `partial`: options were given that may leave cases out, so the run is planned as one that never counts as complete.
    """
    try:
        config = load_config(root)
    except CsvgenError as problem:
        return {}, [str(problem)]
    folders: dict[str, str] = {}
    for system_folder in sorted(p for p in config.protocols.glob("*") if p.is_dir()):
        named = [a for a in arguments if _touches(Path(a.split("::", 1)[0]).resolve(), system_folder.resolve())]
        if not named:
            continue
        protocol, _ = read_protocol(system_folder, system_folder.name)
        cases = selected(config, protocol, named)
        if cases:
            folders[system_folder.name] = str(_engineering_folder(config, system_folder.name, protocol, cases, partial=partial))
    return folders, []


def finish_engineering_runs(root: Path, folders: Mapping[str, str], ended: str = "") -> list[str]:
    """Seal each run if this project has a seal key; say what became of it. `ended` as in `csvgen.evidence.seal.seal`."""
    config = load_config(root)
    notes = []
    for folder in folders.values():
        path = Path(folder)
        where = os.path.relpath(path, config.root)
        if not config.seal_file.exists():
            notes.append(f"run recorded in {where}, not sealed: this project has no seal key (csvgen pki init)")
            continue
        from csvgen.evidence.seal import seal
        from csvgen.workflow.keys import seal_key

        try:
            evidence = seal(path, seal_key(config), SystemClock(), ended=ended)
        except CsvgenError as problem:
            notes.append(f"run recorded in {where}, not sealed: {' '.join(str(problem).split())}")
            continue
        assert evidence.seal is not None
        verdicts = ", ".join(f"{n} {v}" for v, n in evidence.seal.summary.verdicts.items())
        partial = "" if evidence.seal.complete else "; partial, it can never count as complete"
        notes.append(f"engineering run {evidence.run}: {verdicts}{partial} -> {where}")
        notes += [f"engineering run {evidence.run}: {told}" for told in evidence.irregular]
    return notes


def _touches(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents or path in folder.parents


def selected(config: Config, protocol: Protocol, arguments: Sequence[str]) -> list[TestCase]:
    """Cases that the files and node ids named contain; all of them when nothing is named."""
    if not arguments:
        return list(protocol.cases)
    named: dict[str, set[str]] = {}
    """File or folder -> ids of cases in it; the empty id stands for all of them."""
    for argument in arguments:
        name, _, case_id = argument.partition("::")
        named.setdefault(name, set()).add(case_id)
    folder = config.protocol_folder(protocol.system).resolve()
    paths = {Path(name).resolve(): ids for name, ids in named.items()}
    chosen: list[TestCase] = []
    for feature in protocol.features:
        place = folder / feature.path
        ids = {i for path, asked in paths.items() if _touches(place, path) for i in asked}
        chosen += [c for c in feature.cases if "" in ids or c.id in ids]
    return chosen


def engineering_name(now: str) -> str:
    """``dev-20261121T083301-123456``: the moment an engineering run was begun."""
    return "dev-" + now.replace("-", "").replace(":", "").replace(".", "-").rstrip("Z")


def _engineering_folder(
    config: Config, system: str, protocol: Protocol, cases: Sequence[TestCase], *, partial: bool = False
) -> Path:
    now = stored(SystemClock().now())
    name = engineering_name(now)
    phases = {c.phase for c in cases}
    plan = RunPlan(
        run=name,
        system=system,
        phase=next(iter(phases)) if len(phases) == 1 else "mixed",
        mode="engineering",
        protocol=digest([[c.id, c.digest] for c in protocol.cases]),
        target="as configured",
        scope="complete" if len(cases) == len(protocol.cases) and not partial else "partial",
        planned=planned(cases),
        created=now,
        account="engineering",
        account_owner="",
    )
    folder = config.runs(system) / name
    write_plan(folder, plan)
    return folder
