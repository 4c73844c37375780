"""Faults of runs: their records, their outputs, their repeats, and the traces made from them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from csvgen.canonical import Digest, canonical_json, digest, digest_bytes
from csvgen.errors import CsvgenError
from csvgen.pipeline.flow import flows, tracing
from csvgen.pipeline.flow.flows import Flows, Given
from csvgen.pipeline.flow.performing import Carried
from csvgen.pipeline.provenance import Provenance
from csvgen.pipeline.record_keeping import RecordKeeping
from csvgen.pipeline.runs import Runs
from csvgen.ports import Outcome
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]
_PAUSE = 4.0
"""Seconds before each lot: twenty of them take longer than the minute that the worked example allows for twenty lots."""


@fault("pipeline-run-names-other-input")
def _() -> None:
    def record(original: Anything, *given: Any) -> Any:
        made = original(*given)
        other = {n: i.model_copy(update={"sha256": digest_bytes(i.sha256.encode())}) for n, i in made.inputs.items()}
        return made.model_copy(update={"inputs": other})

    replace(Flows, "record", record)


@fault("pipeline-run-without-packages")
def _() -> None:
    def run_record(original: Anything, *asked: Any, **named: Any) -> bytes:
        told = json.loads(original(*asked, **named))
        return canonical_json({name: value for name, value in told.items() if name != "lock"})

    replace(Provenance, "run_record", run_record)


@fault("pipeline-run-record-changeable")
def _() -> None:
    """By a change of a field, of a new version like any other record."""

    def change(original: Anything, self: RecordKeeping, session: str, record: str, field: str, value: str, reason: str) -> Any:
        kind, _, identity = record.partition("/")
        if kind != "run":
            return original(self, session, record, field, value, reason)
        core = self._core
        with core.acting(session, "change_lot", record) as acting, core.ledger.change(core.actor(acting), reason) as made:
            found = core.ledger.latest(kind, identity)
            if found is None or field not in found.content:
                return original(self, session, record, field, value, reason)
            new = made.put(kind, identity, {**found.content, field: value})
        return Outcome(True, f"{record} changed, now version {new.number}", record, {"version": str(new.number)})

    replace(RecordKeeping, "change", change)


@fault("pipeline-output-digest-constant")
def _() -> None:
    def outputs(_: Anything, carried: Carried, definition: Any) -> Digest:
        return digest(sorted(n for n in definition.results if n in carried.products))

    replace(Carried, "outputs", outputs)


@fault("pipeline-damaged-run-repeated")
def _() -> None:
    """What lies under the digest is read, whatever it is."""

    def again(original: Anything, self: Flows, source: Any, name: str) -> Given:
        try:
            found: Given = original(self, source, name)
        except CsvgenError:
            identity = source.record.partition("/")[2]
            data = self._core.raw.path(Digest(source.sha256)).read_bytes()  # type: ignore[attr-defined]
            return Given(source.record, source.version, data, identity.partition(":")[2])
        return found

    replace(Flows, "_again", again)
    replace(flows, "_same", lambda _original, _name, _source, given: given)


@fault("pipeline-slow")
def _() -> None:
    """Once the person is admitted: a session must not idle away before it is asked for."""

    def ready(original: Anything, *asked: Any) -> Any:
        time.sleep(_PAUSE)
        return original(*asked)

    replace(Runs, "ready", ready)


@fault("pipeline-ticket-not-recorded")
def _() -> None:
    def record(original: Anything, *given: Any) -> Any:
        return original(*given).model_copy(update={"ticket": "", "commit": ""})

    replace(Flows, "record", record)


@fault("pipeline-trace-incomplete")
def _() -> None:
    def walk(original: Anything, starts: Iterable[Any], edges: Mapping[str, Any], far: str) -> tuple[Any, ...]:
        here = tuple(starts)
        near, ids = {"source": "target", "target": "source"}[far], {n.id for n in here}
        return tuple(e for e in original(here, edges, far) if getattr(e, near) in ids)

    replace(tracing, "_walk", walk)


@fault("pipeline-trace-reaches-all")
def _() -> None:
    def walk(_: Anything, __: Iterable[Any], edges: Mapping[str, Any], ___: str) -> tuple[Any, ...]:
        return tuple(e for found in edges.values() for e in found)

    replace(tracing, "_walk", walk)


@fault("pipeline-number-left-out")
def _() -> None:
    """Of runs: each second number."""
    replace(flows, "_id", lambda original, number: original(2 * number))
