"""Running a pipeline inside an instance: approved code, intact inputs, and a record of the run."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

import csvgen
from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import stored
from csvgen.errors import NotIntact
from csvgen.identity.directory import Session
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.approved import Approved, approved
from csvgen.pipeline.flow.bundle import require_pinned
from csvgen.pipeline.flow.performing import Carried, carry_out
from csvgen.pipeline.flow.record import RunInput, RunRecord


@dataclass(frozen=True, slots=True)
class Given:
    """One input as the instance has it: the record that registers it, and its bytes, read and compared by the caller."""

    record: str
    version: int
    data: bytes
    file: str = ""
    """The name it came as."""


@dataclass(frozen=True)
class Performed:
    """A run that has happened and is not yet written: its record, and the bytes it made."""

    record: RunRecord
    products: Mapping[str, bytes]

    @property
    def invalid(self) -> str:
        """Why there is no result; empty when there is one."""
        return self.record.why


class Flows:
    """Performing pipelines and keeping what they made."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def perform(
        self,
        acting: Session,
        pipeline: str,
        subject: str,
        given: Mapping[str, Given],
        parameters: Mapping[str, str],
        *,
        repeats: str = "",
        difference: str = "",
        method: str = "",
        method_version: int = 0,
    ) -> Performed:
        """Perform a pipeline with the code approved for this instance. Keeps its products, writes no record: that is the caller's.

        The caller puts the record with everything that follows from it into one change (`change.put("run", record.id, ...)`).
        Raises Refused when no artifact is approved, NotIntact when what is installed is not what was approved, BadInput for data
        a step refuses. Nothing is written then.
        """
        licence = approved(self._core, pipeline)
        require_pinned(licence.pins, licence.definition, licence.bundle)
        started = self._now()
        carried = carry_out(
            licence.definition,
            {name: g.data for name, g in given.items()},
            parameters,
            executor=licence.executor,
            now=self._now,
            files={name: g.file for name, g in given.items()},
        )
        for name, data in carried.products.items():
            with self._core.results.kept(data, name):
                pass
        record = self._record(acting, licence, carried, subject, given, parameters, started)
        extra = {"repeats": repeats, "difference": difference, "method": method, "method_version": method_version}
        return Performed(record.model_copy(update=extra), carried.products)

    def product(self, run: RunRecord, name: str) -> bytes:
        """The bytes of one product of a run, as they were made. Raises NotIntact when they are gone or are others now."""
        if name not in run.products:
            raise NotIntact(f"run {run.id} made no {name}")
        return self._core.results.read(Digest(run.products[name]), f"{run.id} {name}")

    def _record(
        self,
        acting: Session,
        licence: Approved,
        carried: Carried,
        subject: str,
        given: Mapping[str, Given],
        parameters: Mapping[str, str],
        started: str,
    ) -> RunRecord:
        return RunRecord(
            id=f"RUN-{len(self._core.ledger.all('run')) + 1:04d}",
            pipeline=licence.definition.id,
            pipeline_version=licence.definition.version,
            subject=subject,
            operator=acting.account.id,
            operator_name=acting.account.printed_name,
            started=started,
            ended=self._now(),
            artifact=licence.artifact,
            definition=licence.pins.definition,
            code=licence.pins.code,
            lock=licence.pins.lock,
            ticket=licence.ticket,
            commit=licence.commit,
            parameters=dict(parameters),
            inputs={n: RunInput(record=g.record, version=g.version, sha256=digest_bytes(g.data)) for n, g in given.items()},
            steps=carried.steps,
            facts=dict(carried.facts),
            products={n: digest_bytes(b) for n, b in carried.products.items()},
            outputs=carried.outputs(licence.definition),
            environment=environment(),
            valid="no" if carried.invalid else "yes",
            why=carried.invalid,
        )

    def _now(self) -> str:
        return stored(self._core.clock.now())


def environment() -> dict[str, str]:
    """What the run stands on, beside the locked packages."""
    return {
        "csvgen": csvgen.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
    }
