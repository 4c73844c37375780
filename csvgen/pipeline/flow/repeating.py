"""A run and its repetition: what differs between them, and what of all that is recorded changed in between. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvgen.pipeline.flow.record import RunRecord

if TYPE_CHECKING:
    from csvgen.pipeline.flow.flows import Performed


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over the same inputs."""

    before: str
    """Id of the earlier run."""
    differs: tuple[str, ...]
    """Products, or the validity of the run, that are not the same; in words."""
    causes: tuple[str, ...]
    """What is recorded and not the same in both; in words. Empty: nothing that is recorded changed."""

    @property
    def same(self) -> bool:
        """Whether the outputs are identical."""
        return not self.differs

    @property
    def unexplained(self) -> bool:
        """The outputs differ and nothing that is recorded changed: the run is not reproducible, which is a finding of its own."""
        return bool(self.differs) and not self.causes

    @property
    def words(self) -> str:
        """For the record of the repetition; empty when the outputs are identical."""
        if self.same:
            return ""
        cause = "; ".join(self.causes) or "nothing that is recorded changed: the run is not reproducible"
        return f"differs from {self.before} in {', '.join(self.differs)}; {'because of: ' if self.causes else ''}{cause}"


@dataclass(frozen=True)
class Repeated:
    """A repetition that has happened and is not yet written."""

    performed: Performed
    original: RunRecord
    comparison: Comparison

    @property
    def same(self) -> bool:
        """See `Comparison.same`."""
        return self.comparison.same

    @property
    def unexplained(self) -> bool:
        """See `Comparison.unexplained`."""
        return self.comparison.unexplained

    @property
    def words(self) -> str:
        """See `Comparison.words`."""
        return self.comparison.words


def compared(before: RunRecord, after: RunRecord) -> Comparison:
    """Every product and everything recorded that could explain a difference, one by one."""
    differs = list(_unlike("", before.products, after.products))
    if before.valid != after.valid or before.why != after.why:
        differs.append(f"validity ({_valid(before)}, now {_valid(after)})")
    causes = [
        f"{words} ({old}, now {new})"
        for words, old, new in (
            ("the definition", _version(before), _version(after)),
            ("the code", before.code, after.code),
            ("the locked packages", before.lock, after.lock),
            ("the artifact", before.artifact, after.artifact),
        )
        if old != new
    ]
    causes += _unlike("image of ", _images(before), _images(after))
    causes += _unlike("parameter ", before.parameters, after.parameters)
    causes += _unlike("input ", _inputs(before), _inputs(after))
    causes += _unlike("environment ", before.environment, after.environment)
    return Comparison(before.id, tuple(differs), tuple(causes))


def _unlike(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = sorted({*before, *after})
    return [
        f"{what}{n} ({before.get(n) or 'none'}, now {after.get(n) or 'none'})" for n in names if before.get(n) != after.get(n)
    ]


def _valid(run: RunRecord) -> str:
    return "valid" if run.valid == "yes" else f"invalid: {run.why}"


def _version(run: RunRecord) -> str:
    return f"{run.pipeline_version} {run.definition}"


def _images(run: RunRecord) -> dict[str, str]:
    return {s.step: s.image for s in run.steps if s.image}


def _inputs(run: RunRecord) -> dict[str, str]:
    return {name: source.sha256 for name, source in run.inputs.items()}
