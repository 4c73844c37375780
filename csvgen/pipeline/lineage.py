"""Lineage of runs for other systems: OpenLineage events, one JSON object a line, in a file.

The classes and the file transport of ``openlineage-python`` write them; the specification is RunEvent of OpenLineage 2-0-2. A run
tells START before its first step and COMPLETE when its record is committed, FAIL with the words of a refusal instead. Each dataset
carries its version (the digest of its bytes, for a table its version and digest), the run carries ticket, commit and artifact in a facet of
csvgen. The event file is a copy for others and no record: what is true stands in the ledger, and `complete` can be told again from there.
"""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import csvgen
from csvgen.errors import ConfigError
from csvgen.extras import how_to_add
from csvgen.pipeline.flow.record import RunInput, RunRecord

PRODUCER = f"https://pypi.org/project/csvgen/{csvgen.__version__}"
_NAMES = uuid.UUID("6f3f0f0e-7d0e-5b7b-9a55-6d1d3c1f5a10")
"""Name space of our run ids (RFC 9562, version 5), made of instance, number and start: the same run has the same id in every telling,
and one that failed, whose number the next run takes, has another."""


class Lineage:
    """Where events go. Raises ConfigError when the library is not installed.

    `namespace` names the instance, so that runs of two instances are not taken for one another.
    """

    def __init__(self, path: Path, namespace: str) -> None:
        if importlib.util.find_spec("openlineage") is None:
            raise ConfigError("lineage needs the package openlineage-python", hint=how_to_add("tracking"))
        self.path = path
        self.namespace = namespace

    def complete(self, record: RunRecord) -> None:
        """A recorded run: COMPLETE with its outputs, or FAIL with the reason when it gave no result. Raises OSError when the file cannot be written."""
        told = Telling.of(record)
        if record.valid == "no":
            told.fail(self, record.ended, record.why)
        else:
            self.emit("COMPLETE", told, record.ended, outputs=record.products)

    def whole(self, record: RunRecord) -> None:
        """START and end of a recorded run, of one that other processes carried out. Raises OSError when they cannot be written."""
        Telling.of(record).start(self)
        self.complete(record)

    def emit(self, state: str, told: Telling, at: str, *, outputs: Mapping[str, str] | None = None, problem: str = "") -> None:
        """Append one event. Raises OSError when the file cannot be written."""
        from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
        from openlineage.client.facet_v2 import dataset_version_dataset, error_message_run
        from openlineage.client.transport.file import FileConfig, FileTransport

        facets: dict[str, Any] = {"csvgen": _facet(told)}
        if problem:
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(problem, "Python", producer=PRODUCER)
        version = dataset_version_dataset.DatasetVersionDatasetFacet
        event = RunEvent(
            eventTime=at,
            eventType=RunState[state],
            producer=PRODUCER,
            run=Run(str(uuid.uuid5(_NAMES, f"{self.namespace}/{told.run}/{told.started}")), facets),
            job=Job(self.namespace, told.pipeline),
            inputs=[
                InputDataset(self.namespace, i.record, facets={"version": version(_version(i), producer=PRODUCER)})
                for i in told.inputs.values()
            ],
            outputs=[
                OutputDataset(self.namespace, f"{told.run}/{name}", facets={"version": version(sha256, producer=PRODUCER)})
                for name, sha256 in (outputs or {}).items()
            ],
        )
        FileTransport(FileConfig(log_file_path=str(self.path), append=True)).emit(event)


@dataclass(frozen=True, slots=True)
class Telling:
    """What every event of one run says."""

    run: str
    pipeline: str
    subject: str
    artifact: str
    ticket: str
    commit: str
    started: str
    inputs: Mapping[str, RunInput]

    @classmethod
    def of(cls, r: RunRecord) -> Telling:
        """What a record says."""
        return cls(r.id, r.pipeline, r.subject, r.artifact, r.ticket, r.commit, r.started, r.inputs)

    def start(self, lineage: Lineage) -> None:
        """START. Raises OSError when it cannot be written."""
        lineage.emit("START", self, self.started)

    def fail(self, lineage: Lineage, at: str, words: str) -> None:
        """FAIL, with why. Raises OSError when it cannot be written."""
        lineage.emit("FAIL", self, at, problem=words or "no result")


def _version(source: RunInput) -> str:
    return f"{source.version} {source.sha256}"


def _facet(told: Telling) -> Any:
    """Our own run facet; the specification allows any that names producer and schema."""
    from openlineage.client.generated.base import RunFacet

    values = {
        "record": told.run,
        "subject": told.subject,
        "artifact": told.artifact,
        "ticket": told.ticket,
        "commit": told.commit,
    }
    return RunFacet(producer=PRODUCER).with_additional_properties(**values)
