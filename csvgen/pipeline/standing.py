"""Where every lot and study stands, and what waits for whom: the list people begin their day with."""

from __future__ import annotations

from dataclasses import replace

from csvgen.pipeline import aside
from csvgen.pipeline.clinical.standing import StudyStanding, standing
from csvgen.pipeline.clinical.study import Study
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import deviations_of
from csvgen.pipeline.materials import unfit
from csvgen.pipeline.nouns import INCOMPLETE, FileRecord, Lot
from csvgen.pipeline.rounding import IN
from csvgen.ports import LotStanding


class Standing:
    """Reading; nothing here changes a record."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def lots(self, session: str) -> tuple[LotStanding, ...]:
        """Every lot, by number, with the role its next act belongs to."""
        self._core.admit(session, "lot")
        waiting: dict[str, list[str]] = {}
        for deviation in self._core.ledger.all("deviation"):
            if deviation.content.get("state") == "open":
                waiting.setdefault(str(deviation.content.get("lot", "")), []).append(deviation.id)
        states = {v.id: str(v.content["state"]) for v in self._core.ledger.all("status")}
        quarantined: dict[str, list[str]] = {}
        for version in self._core.ledger.all("file"):
            file = FileRecord.model_validate(version.content)
            if file.standing == "quarantined":
                quarantined.setdefault(file.lot, []).append(file.name)
        proposed: dict[str, list[str]] = {}
        for version in self._core.ledger.all(aside.KIND):
            if version.content.get("state") == "proposed":
                proposed.setdefault(str(version.content["lot"]), []).append(version.id)
        found = (
            self._of(Lot.model_validate(v.content), states.get(v.id, ""), waiting.get(v.id, []), quarantined.get(v.id, []))
            for v in self._core.ledger.all("lot")
        )
        return tuple(self._asked(standing, proposed.get(standing.lot, [])) for standing in found)

    def _asked(self, found: LotStanding, proposed: list[str]) -> LotStanding:
        """What comes before everything else: a file that may not belong to the lot, and before a review what the lot is."""
        if found.waits_for and proposed:
            return replace(found, waits_for="quality", what=f"{', '.join(proposed)}: whether a file is set aside")
        if found.what == "review" and found.verdict == IN and unfit(self._core, self._core.known("lot", found.lot, Lot)[0]):
            return replace(found, waits_for="analyst", what="what the lot is: material and day of manufacture")
        return found

    def studies(self, session: str) -> tuple[StudyStanding, ...]:
        """Every study, by id, with the role its next act belongs to."""
        self._core.admit(session, "study")
        studies = [Study.model_validate(v.content) for v in self._core.ledger.all("study")]
        return tuple(standing(self._core, s, self._open_deviations(s.subject)) for s in studies)

    def _open_deviations(self, subject: str) -> tuple[str, ...]:
        return tuple(d.id for d in deviations_of(self._core, subject) if d.state == "open")

    @staticmethod
    def _of(lot: Lot, state: str, deviations: list[str], quarantined: list[str]) -> LotStanding:
        role, what = _NEXT.get(state, ("", ""))
        if state == "processed" and lot.verdict == INCOMPLETE:
            planned = [f"{plan.remaining} of {plan.part} ({plan.investigation})" for plan in lot.retests if plan.remaining]
            role, what = "analyst", f"retests: {', '.join(planned)}" if planned else "data of the tests that have no result"
        if role and quarantined and state == "registered":
            role, what = "analyst", f"quarantined: {', '.join(quarantined)}"
        elif role and deviations:
            role, what = "quality", f"disposition of {', '.join(deviations)}"
        return LotStanding(lot.lot, state, lot.verdict, tuple(deviations), role, what)


PROCESSING = ("analyst", "processing")
_NEXT = {
    "registered": PROCESSING,
    "processed": ("reviewer", "review"),
    "reviewed": ("quality", "release or rejection"),
}
"""State of a lot -> role whose act comes next, and the act."""
