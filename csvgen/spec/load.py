"""Load a system's specification as one value, all findings at once, each with its place. Everything is read anew but in a process that keeps a `Reading`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest
from csvgen.diagnostics import Diagnostic, Findings
from csvgen.model.spec import Spec
from csvgen.patterns.policy import default
from csvgen.spec.check import Examined, examine
from csvgen.spec.files import bound_files, systems
from csvgen.spec.reading import Reading

__all__ = ["Loaded", "assemble", "load_system", "source_lines", "systems"]


@dataclass
class Loaded:
    """A specification, if it could be built, and all findings about it."""

    spec: Spec | None
    findings: Findings
    root: Path = field(default=Path())

    @property
    def usable(self) -> bool:
        """Built, and no finding is an error."""
        return self.spec is not None and not self.findings.errors

    @cached_property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """File -> its lines, of the files that findings are about."""
        return source_lines(self.root, self.findings.items)


def load_system(root: Path, system: str, reading: Reading | None = None) -> Loaded:
    """Load one system, with a `reading` only what changed since the last one. Raises ConfigError only when its folder is not there."""
    seen = examine(root, system, keep=True, memory=reading.under if reading is not None else None)
    if reading is not None:
        reading.ended()
    spec = assemble(seen, bound_files(root / system)) if seen.complete else None
    return Loaded(spec, seen.findings, root)


def source_lines(root: Path, findings: Iterable[Diagnostic]) -> dict[str, list[str]]:
    """The lines of every file below `root` that a finding is about."""
    lines: dict[str, list[str]] = {}
    for name in {d.location.file for d in findings if d.location.line}:
        path = root.parent / name
        try:
            lines[name] = path.read_bytes().decode("utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError):
            continue  # the finding stands without its line
    return lines


def assemble(seen: Examined, files: Mapping[str, Digest]) -> Spec:
    """The parts of a complete system as one value."""
    single = {name: part.value for name, part in seen.single.items()}
    suppliers, suppressions = single.get("suppliers.yaml"), single.get("suppressions.yaml")
    unproven = single.get("unproven.yaml")

    def merged(kind: str) -> tuple[Any, ...]:
        found = (entry for part in seen.many.get(kind, ()) for _, entry in part.entries)
        return tuple(sorted(found, key=lambda entry: entry.id))

    risk = [part.value for part in seen.many["risk"]]
    return Spec(
        system=single["system.yaml"],
        plan=single["plan.yaml"],
        requirements=merged("urs"),
        functions=merged("fs"),
        scheme=min(part.scheme for part in risk),
        raters=tuple(sorted({r for part in risk for r in part.raters})),
        risks=merged("risk"),
        installation=single["installation.yaml"],
        environment="\n".join(part.value.environment for part in seen.many.get("pq", ())),
        scenarios=merged("pq"),
        oracles=merged("oracles"),
        settings=single["protocol.yaml"],
        files=files,
        suppliers=suppliers.suppliers if suppliers is not None else (),
        suppressions=suppressions.suppressions if suppressions is not None else (),
        schemes=seen.schemes,
        unproven=unproven.justifications if unproven is not None else (),
        depth=single.get("depth.yaml") or (None if single["protocol.yaml"].depth else default()),
    )
