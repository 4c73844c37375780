"""The same criteria drafted at three depths: what the OQ would be if every requirement had low, medium or high priority.

Only the depth is exchanged: specification, patterns and ids are the project's own. A case of a deeper protocol that is also in a
shallower one has the same key and the same steps, and counts for the shallower.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from csvgen.canonical import Digest, digest
from csvgen.config import FILE, Config
from csvgen.errors import BadInput
from csvgen.model.base import Level
from csvgen.model.protocol import ATTENDED
from csvgen.model.spec import Spec
from csvgen.patterns.policy import default
from csvgen.protocol.draft import Drafted, draft
from csvgen.protocol.files import LOCK
from csvgen.protocol.gherkin import read_feature
from csvgen.protocol.lock import Lock
from csvgen.spec.load import load_system
from csvgen.templates import Templates

LEVELS: tuple[Level, ...] = ("low", "medium", "high")


@dataclass(frozen=True)
class Case:
    """One case of the OQ and the lowest depth that has it."""

    key: str
    """Key of the lock; with the depth behind it where the steps differ from those of a lower depth."""
    level: Level
    node: str
    """Feature file and id, as pytest is told: ``.../OQ/URS-1.feature::TC-OQ-0001``."""
    steps: Digest


def specification(config: Config, system: str) -> Spec:
    """Raises BadInput for a specification with findings."""
    loaded = load_system(config.requirements_specs, system)
    if loaded.spec is None or loaded.findings.errors:
        raise BadInput(f"the specification of {system} has findings", hint="csvgen check")
    return loaded.spec


def drafted_at(config: Config, spec: Spec, level: Level) -> tuple[Drafted, Lock]:
    """The protocol with every requirement at one depth. The lock of the project is read and stays as it is."""
    policy = spec.depth or default()
    one = policy.of(level)
    given = replace(spec, depth=policy.model_copy(update=dict.fromkeys(LEVELS, one)))
    path = config.protocol_folder(spec.system.id) / LOCK
    lock = Lock.read(path.read_bytes(), str(path)) if path.is_file() else Lock()
    return draft(given, lock, Templates(config.templates, str)), lock


def protocols(config: Config, system: str, folder: Path) -> tuple[Case, ...]:
    """Write the OQ at each depth below `folder`, and say which cases there are, each once."""
    spec = specification(config, system)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes((config.root / FILE).read_bytes())  # wherever it lies, pytest's plugin sees a project
    cases: dict[str, Case] = {}
    for level in LEVELS:
        made, lock = drafted_at(config, spec, level)
        keys = {tc: key for key, tc in lock.active.items()}
        for name, text in made.files.items():
            feature, findings = read_feature(text, name)
            if not name.startswith("OQ/") or feature is None or findings:
                continue
            path = folder / level / system / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            for case in feature.cases:
                if ATTENDED in case.tags:
                    continue
                steps = digest([[s.keyword, s.text, s.table, s.doc] for s in case.steps])
                key = keys[case.id]
                if key in cases and cases[key].steps != steps:
                    key = f"{key} ({level})"
                cases.setdefault(key, Case(key, level, f"{path}::{case.id}", steps))
    return tuple(cases.values())
