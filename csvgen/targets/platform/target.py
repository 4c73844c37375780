"""The target itself: the port Probes over every part that the file names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from csvgen.clock import Clock, SystemClock, stored
from csvgen.config import PLATFORM
from csvgen.errors import ConfigError
from csvgen.model.counterpart import Counterpart
from csvgen.targets.airflow import part as airflow
from csvgen.targets.aws import part as aws
from csvgen.targets.databricks import part as databricks
from csvgen.targets.forge import part as forge
from csvgen.targets.jira import part as jira
from csvgen.targets.mlflow import part as mlflow
from csvgen.targets.platform.settings import Platform, read
from csvgen.targets.probing.part import Part
from csvgen.targets.vault import part as vault
from csvgen.views import Fact, Unanswered


class PlatformTarget:
    """Probes by name, ``aws.bucket-lock``. Each is carried out once in a process, so that all its facts are of one reading."""

    def __init__(self, name: str, title: str, parts: tuple[Part, ...], clock: Clock) -> None:
        self.name = name
        self.instance = f"{title}: {', '.join(p.instance for p in parts)}"
        self._clock = clock
        self._parts = {f"{p.name}.{probe}": (p, probe) for p in parts for probe in p.probes}
        self._answers: dict[str, tuple[Fact, ...] | Unanswered] = {}

    def port(self, name: str) -> object | None:
        """Itself, for Probes; it offers nothing else."""
        return self if name == "Probes" else None

    def close(self) -> None:
        """Nothing is held open."""

    def probes(self) -> tuple[str, ...]:
        """See `csvgen.ports.Probes`."""
        return tuple(self._parts)

    def probe(self, name: str) -> tuple[Fact, ...]:
        """See `csvgen.ports.Probes`. What could not be had once is not tried again in this process."""
        part, inner = self._parts[name]
        if name not in self._answers:
            self._answers[name] = self._carried_out(part, inner)
        found = self._answers[name]
        if isinstance(found, Unanswered):
            raise Unanswered(found.message, where=found.where or name, hint=found.hint)
        return found

    def _carried_out(self, part: Part, inner: str) -> tuple[Fact, ...] | Unanswered:
        at = stored(self._clock.now())
        try:
            return tuple(replace(fact, source=f"{fact.source} at {at}") for fact in part.probes[inner]())
        except Unanswered as problem:
            return problem
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as problem:
            # An answer of another shape than is documented: nothing is known, and nothing is guessed.
            return Unanswered(
                f"the answer is not of the shape that is documented ({type(problem).__name__})", where=f"{part.name}.{inner}"
            )

    def counterpart(self, name: str) -> str:
        """See `csvgen.ports.Probes`."""
        part, inner = self._parts[name]
        return part.counterparts[inner]().words

    @property
    def counterparts(self) -> tuple[Counterpart, ...]:
        """Who answers, of all probes; each once."""
        return tuple(dict.fromkeys(part.counterparts[inner]() for part, inner in self._parts.values()))


def start(name: str, settings: Mapping[str, str]) -> PlatformTarget:
    """``file`` names the file of the platform, below the project; the environment variable CSVGEN_PLATFORM names another. Asks nobody.

    Raises ConfigError for settings that cannot be used.
    """
    known = {"adapter", "root", "file"}
    if strange := sorted(set(settings) - known):
        raise ConfigError(f"[target.{name}] says {strange[0]!r}, which means nothing", hint="adapter, file")
    file = os.environ.get(PLATFORM) or settings.get("file", "")
    if not file:
        raise ConfigError(f"[target.{name}] names no file of the platform", hint='file = "platform.yaml"')
    clock = SystemClock()
    found = read(Path(settings.get("root", ".")) / file)
    return PlatformTarget(name, found.title, parts(found, clock), clock)


def parts(found: Platform, clock: Clock) -> tuple[Part, ...]:
    """The parts that the file names. Raises ConfigError where it names none."""
    lookup = vault.lookup(found.vault, clock) if found.vault else None
    made = (
        aws.part(found.aws, clock) if found.aws else None,
        databricks.part(found.databricks, clock, lookup) if found.databricks else None,
        forge.part(found.forge, clock, lookup) if found.forge else None,
        vault.part(found.vault, clock) if found.vault else None,
        jira.part(found.jira, clock, lookup) if found.jira else None,
        mlflow.part(found.mlflow, clock, lookup) if found.mlflow else None,
        airflow.part(found.airflow, clock, lookup) if found.airflow else None,
    )
    there = tuple(p for p in made if p is not None)
    if not there:
        raise ConfigError(
            "the file of the platform names no service", hint="aws, databricks, forge, vault, jira, mlflow, airflow"
        )
    return there
