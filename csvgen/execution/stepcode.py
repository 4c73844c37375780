"""Step code is part of the script: every file of it is recorded with its digest when a run begins, and again when it ends.

Beside csvgen's own library these are the files of a team: whatever lies under protocols/<system>/, each conftest.py that was loaded, and
every other file a step definition came from, and what binds the target (`adaptercode`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

import csvgen
from csvgen.canonical import digest_file
from csvgen.execution import compat
from csvgen.execution.adaptercode import adapter_files
from csvgen.execution.compat import StepIndex
from csvgen.execution.executor import step_code
from csvgen.model.approved_code import ApprovedCode, Definition
from csvgen.model.base import PHASES
from csvgen.model.execution import CodeFile
from csvgen.model.protocol import Step, TestCase

_PACKAGE = Path(csvgen.__file__).resolve().parent


def code_paths(config: pytest.Config, root: Path, protocols: Path | None) -> dict[str, Path]:
    """Name -> path of every file of step code, the name free of the machine."""
    found = {Path(source).resolve() for source in filter(None, map(_source, compat.step_functions()))}
    files = (getattr(plugin, "__file__", None) for plugin in config.pluginmanager.get_plugins())
    found |= {Path(file).resolve() for file in files if file and Path(file).name == "conftest.py"}
    if protocols is not None and protocols.is_dir():
        found |= {path.resolve() for path in protocols.rglob("*.py") if path.is_file()}
    found |= adapter_files(root, protocols)
    made: dict[str, Path] = {}
    for path in sorted(found):
        name = named(path, root.resolve())
        made[name if name not in made else f"{name} ({len(made)})"] = path  # two files of one name elsewhere are two
    return made


def resolved(
    index: StepIndex, items: Sequence[tuple[pytest.Item, TestCase]], paths: Mapping[str, Path], root: Path, protocols: Path | None
) -> ApprovedCode:
    """The definition each step of the cases resolves to, and the files of step code that belong to them. Nothing is executed.

    `paths`: from `code_paths`. Of the project every file counts but those below the folder of another phase; of csvgen and of what
    lies elsewhere the files that a step resolves to.
    """
    names = {path: name for name, path in paths.items()}
    known: dict[int, int] = {}
    found: dict[tuple[str, str, int], int | None] = {}
    definitions: list[Definition] = []
    used: dict[str, Path] = {}

    def place(step: Step, node: pytest.Item) -> int | None:
        key = (step.keyword, step.text, id(node.parent))  # all cases of a file may use the same definitions
        if key not in found:
            fitting = index.matches(step.keyword.lower(), step.text, node)
            found[key] = defined(fitting[0].step_func) if len(fitting) == 1 else None
        return found[key]

    def defined(function: Callable[..., object]) -> int:
        if id(function) not in known:
            code, source = step_code(function), _source(inspect.unwrap(function))
            path = Path(source).resolve() if source else None
            name = names.get(path) or named(path, root.resolve()) if path else code.file
            if path:
                used[name] = path
            known[id(function)] = len(definitions)
            definitions.append(Definition(file=name, line=code.line, function=code.function, sha256=code.sha256))
        return known[id(function)]

    cases = {case.id: tuple(place(step, node) for step in case.steps) for node, case in items}
    mine = {case.phase for _, case in items}
    others = [protocols.resolve() / phase for phase in PHASES if protocols is not None and phase not in mine]
    used |= {
        name: path
        for name, path in paths.items()
        if name.startswith("project/") and not any(path.is_relative_to(other) for other in others)
    }
    return ApprovedCode(files={f.file: f.sha256 for f in digests(used)}, definitions=tuple(definitions), cases=cases)


def _source(function: object) -> str | None:
    try:
        return inspect.getsourcefile(function)  # type: ignore[arg-type]
    except TypeError:
        return None


def named(path: Path, root: Path) -> str:
    """A file below csvgen, below the project, or elsewhere."""
    if path.is_relative_to(_PACKAGE):
        return f"csvgen/{path.relative_to(_PACKAGE).as_posix()}"
    if path.is_relative_to(root):
        return f"project/{path.relative_to(root).as_posix()}"
    return "elsewhere/" + "/".join(path.parts[-2:])


def digests(paths: Mapping[str, Path]) -> tuple[CodeFile, ...]:
    """The files as they are now; one that is gone has no digest."""
    return tuple(CodeFile(file=name, sha256=_digest(path)) for name, path in sorted(paths.items()))


def _digest(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError:
        return ""


def findable(files: Iterable[CodeFile]) -> tuple[CodeFile, ...]:
    """Those of csvgen and of the project; where "elsewhere" was, nobody wrote down."""
    return tuple(f for f in files if not f.file.startswith("elsewhere/"))


def project_files(root: Path, protocols: Path, phase: str) -> tuple[str, ...]:
    """Names of the Python files below the protocols of a system that belong to a phase: all but those of other phases."""
    others = [protocols / other for other in PHASES if other != phase]
    found = (p for p in protocols.rglob("*.py") if p.is_file() and not any(p.is_relative_to(o) for o in others))
    return tuple(sorted(named(p.resolve(), root.resolve()) for p in found))


def now(files: Iterable[CodeFile], root: Path) -> tuple[CodeFile, ...]:
    """The same files as they are in this installation and this project; what lay elsewhere cannot be found again."""
    places = {"csvgen": _PACKAGE, "project": root}
    paths = {}
    for f in files:
        origin, _, rest = f.file.partition("/")
        if origin in places:
            paths[f.file] = places[origin] / rest
    return digests(paths)


def differences(before: Iterable[CodeFile], after: Iterable[CodeFile]) -> tuple[str, ...]:
    """What changed between two records of step code, file by file."""
    old, new = ({f.file: f.sha256 for f in files} for files in (before, after))
    found = []
    for name in sorted(old.keys() | new.keys()):
        if not old.get(name) or not new.get(name):
            found.append(f"{name} is {'not there any more' if old.get(name) else 'new'}")
        elif old[name] != new[name]:
            found.append(f"{name} was changed: {old[name][7:19]} -> {new[name][7:19]}")
    return tuple(found)
