"""QC release, the application: one instance, its functions grouped as the ports of `csvgen.ports` group them.

Functions take the session token that `access.log_in` gave as their `Outcome.reference`. They raise Refused, BadInput or
NotIntact when the system says no; the door (`csvgen.targets.local.server`) turns that into an answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from csvgen.clock import Clock
from csvgen.pipeline.arrivals import Arrivals
from csvgen.pipeline.artifacts import Artifacts
from csvgen.pipeline.backup import Backups
from csvgen.pipeline.certificates import Certificates
from csvgen.pipeline.clinical.deciding import StudyDecisions
from csvgen.pipeline.clinical.studies import Studies
from csvgen.pipeline.conditions import Conditions
from csvgen.pipeline.core import Core
from csvgen.pipeline.datasets import Datasets
from csvgen.pipeline.decisions import Decisions
from csvgen.pipeline.facts import Facts
from csvgen.pipeline.integrations import Integrations
from csvgen.pipeline.investigation import Investigations
from csvgen.pipeline.lots import Lots
from csvgen.pipeline.materials import Materials
from csvgen.pipeline.methods import Methods
from csvgen.pipeline.people import People
from csvgen.pipeline.promotion import Promotions
from csvgen.pipeline.provenance import Provenance
from csvgen.pipeline.record_keeping import RecordKeeping
from csvgen.pipeline.revalidation import Revalidations
from csvgen.pipeline.review import Reviews
from csvgen.pipeline.runs import Runs
from csvgen.pipeline.runs_many import ManyRuns
from csvgen.pipeline.setting_aside import SettingAside
from csvgen.pipeline.source_keeping import SourceKeeping
from csvgen.pipeline.standing import Standing
from csvgen.pipeline.trail import Trail


class QcRelease:
    """An opened instance. Close it with `close`, or use it as a context manager."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._core = Core(home, clock)
        self.installation = Facts(self._core)
        self.access = People(self._core)
        self.trail = Trail(self._core)
        self.records = RecordKeeping(self._core, self.trail)
        self.certificates = Certificates(self._core)
        self.decisions = Decisions(self._core, Reviews(self._core, self.trail), self.certificates)
        self.investigations = Investigations(self._core)
        self.integrations = Integrations(self._core)
        self.arrivals = Arrivals(self._core)
        self.aside = SettingAside(self._core)
        self.sources = SourceKeeping(self._core, self.arrivals.register)
        self.runs = Runs(self._core)
        self.many = ManyRuns(self._core, self.runs)
        self.lots = Lots(self._core)
        self.artifacts = Artifacts(self._core)
        self.backups = Backups(self._core)
        self.promotions = Promotions(self._core)
        self.revalidations = Revalidations(self._core)
        self.methods = Methods(self._core)
        self.materials = Materials(self._core)
        self.conditions = Conditions(self._core)
        self.standing = Standing(self._core)
        self.provenance = Provenance(self._core)
        self.datasets = Datasets(self._core)
        self.studies = Studies(self._core)
        self.study_decisions = StudyDecisions(self._core, self.studies)

    @property
    def instance(self) -> str:
        """Identity of this instance: the fingerprint of its trust root."""
        return self._core.keys.fingerprint

    def close(self) -> None:
        """Close the database. The sessions end with the process."""
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
