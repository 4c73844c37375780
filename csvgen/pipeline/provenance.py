"""Where something came from and what came of it; a run repeated; a run record handed out."""

from __future__ import annotations

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput, ConfigError
from csvgen.pipeline import instance
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import open_deviation
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.flow.tracing import Edge, trace
from csvgen.ports import Outcome, TraceStep, TraceView


class Provenance:
    """Traces, in both directions, and repetition: 21 CFR 11.10(e), ALCOA+ (attributable, original)."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._flows = Flows(core)

    def trace(self, session: str, asked: str) -> TraceView:
        """All that a record, run, lot, ticket, commit, file name or digest came from, and all that came of it, nearest first.

        Raises BadInput when nothing here is called so.
        """
        self._core.admit(session, "trace", asked[:100])
        found = trace(self._core, asked)

        def steps(edges: tuple[Edge, ...]) -> tuple[TraceStep, ...]:
            return tuple(TraceStep(e.source, e.words, e.target) for e in edges)

        return TraceView(asked, tuple(n.id for n in found.starts), steps(found.up), steps(found.down))

    def run_record(self, session: str, run: str) -> bytes:
        """The record of a run as canonical JSON, the very bytes whose digest the audit trail holds. Raises BadInput for none."""
        self._core.admit(session, "read", f"run/{run[:40]}")
        found = self._core.ledger.latest("run", run)
        if found is None:
            raise BadInput(f"no run {run[:40]!r} is recorded")
        return canonical_json(found.content)

    def repeat(self, session: str, run: str, reason: str) -> Outcome:
        """Perform a run again on the same inputs with the code approved now, and put it on record beside the first.

        Identical outputs are told as such; a difference is explained by what changed between the two (code, packages, parameters), and
        one that nothing explains opens a deviation. No result of a lot is replaced.
        """
        with self._core.acting(session, "repeat_run", f"run/{run[:40]}") as acting:
            again = self._flows.repeat(acting, run)
            record = again.performed.record
            opened = ""
            with self._flows.recorded(acting, again.performed, reason or f"{run} repeated") as change:
                if again.unexplained:
                    words = f"{record.id} repeats {run} and gave other outputs: {again.words}"
                    opened = open_deviation(self._core, change, record.subject, "not reproducible", words, run=record.id)
        facts = {"run": record.id, "repeats": run, "outputs": str(record.outputs), "deviation": opened}
        if again.same:
            return Outcome(True, f"run {record.id} repeats {run}: the outputs are identical", f"run/{record.id}", facts)
        told = f"; deviation {opened} opened" if opened else ""
        return Outcome(not opened, f"run {record.id} repeats {run}: {again.words}{told}", f"run/{record.id}", facts)

    def send_pending(self, session: str) -> tuple[Outcome, ...]:
        """Tell the tracking server of the settings what it has not been told yet. Raises ConfigError when none is set."""
        from csvgen.pipeline.tracking import Tracking

        server = self._core.settings.tracking
        if not server:
            raise ConfigError("no tracking server is set", where=instance.FILE, hint='tracking = "https://mlflow.example"')
        return Tracking(self._core, server).send_pending(session)
