"""Lots as people see them, the check of stored files, and the calculator (port Pipeline)."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.canonical import Digest, plain
from csvgen.errors import NotIntact
from csvgen.pipeline import calibration, statistics
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import deviations_of
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.nouns import FileRecord, Lot
from csvgen.pipeline.sheet import flat
from csvgen.ports import DeviationView, LotView, Outcome, TestResult


class Lots:
    """Reading lots and calculating without one."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def lot(self, session: str, lot: str) -> LotView | None:
        """A lot with its results and the record of its newest run; None when there is none."""
        self._core.admit(session, "lot", f"lot/{lot[:100]}")
        found = self._core.latest("lot", lot, Lot)
        if found is None:
            return None
        content, _ = found
        tests = tuple(TestResult(t.name, t.unrounded, t.reported, t.unit, t.limit, t.verdict) for t in content.tests)
        files = {name: str(entry.sha256) for name, entry in content.files.items()}
        run = run_facts(self._core.known("run", content.runs[-1], RunRecord)[0]) if content.runs else {}
        return LotView(lot, self._core.state(lot), content.verdict, tests, files, run)

    def deviations(self, session: str, lot: str) -> tuple[DeviationView, ...]:
        """Deviations (DV-) and investigations (INV-) of a lot, by id."""
        self._core.admit(session, "deviations", f"lot/{lot[:100]}")
        found = deviations_of(self._core, f"lot/{lot}")
        return tuple(DeviationView(d.id, d.lot, d.state, f"{d.kind}: {d.reason}", d.decision) for d in found)

    def check_file(self, session: str, lot: str, file_name: str) -> Outcome:
        """Read every version of a stored file again and compare it with the digest registered on arrival; a fault is an event."""
        acting = self._core.admit(session, "check_file", f"lot/{lot[:100]}")
        name = f"{lot}:{file_name}"
        self._core.known("file", name, FileRecord)
        kept = [FileRecord.model_validate(v.content) for v in self._core.ledger.versions("file", name)]
        for version, file in enumerate(kept, 1):
            try:
                self._core.raw.read(Digest(file.digest), f"{file_name} version {version}")
            except NotIntact as problem:
                with self._core.ledger.change(self._core.actor(acting)) as change:
                    change.note("landing-fault", f"file/{name}", reason=f"{problem.where}: {problem.message}")
                return Outcome(False, f"{problem.where}: {problem.message}", f"file/{name}", {"sha256": str(file.digest)})
        facts = {"sha256": str(kept[-1].digest), "versions": str(len(kept))}
        return Outcome(True, f"{file_name} is as registered on arrival", f"file/{name}", facts)

    def calibrate(self, session: str, model: str, x: tuple[str, ...], y: tuple[str, ...]) -> Mapping[str, str]:
        """Fit a model to levels and signals; see `calibration`."""
        self._core.admit(session, "calculate")
        return calibration.fit(model, x, y).as_text()

    def statistics(self, session: str, values: tuple[str, ...]) -> Mapping[str, str]:
        """Summary statistics of replicates; see `statistics`."""
        self._core.admit(session, "calculate")
        return statistics.summary(values)


def run_facts(run: RunRecord) -> dict[str, str]:
    """A run record as flat text; each input under the name of its file as well: ``inputs.plate.csv`` is its digest."""
    files = {f"inputs.{i.record.partition(':')[2]}": str(i.sha256) for i in run.inputs.values() if ":" in i.record}
    return flat(plain(run)) | files
