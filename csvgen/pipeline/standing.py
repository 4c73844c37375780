"""Where every lot stands, and what waits for whom: the list people begin their day with."""

from __future__ import annotations

from csvgen.pipeline.core import Core
from csvgen.pipeline.nouns import INCOMPLETE, FileRecord, Lot
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
        return tuple(
            self._of(Lot.model_validate(v.content), states.get(v.id, ""), waiting.get(v.id, []), quarantined.get(v.id, []))
            for v in self._core.ledger.all("lot")
        )

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
