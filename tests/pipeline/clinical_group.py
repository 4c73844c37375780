"""A data group at work in one instance, for tests: plan, deliveries, tables, decisions."""

from __future__ import annotations

from csvgen.ports import Outcome
from tests.pipeline.clinical_lab import FILES, PLAN_TEXT, original
from tests.pipeline.conftest import Lab

STUDY = "CDISCPILOT01"


class Group:
    """A data group at work in one instance."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.studies, self.decisions = lab.app.studies, lab.app.study_decisions

    def register(self, plan: bytes = PLAN_TEXT, who: str = "analyst", reason: str = "plan 1.0") -> Outcome:
        """Registered by one and approved by another, as a group at work does it."""
        told = self.propose(plan, who, reason)
        self.approve(told.reference.partition("/")[2])
        return told

    def propose(self, plan: bytes = PLAN_TEXT, who: str = "analyst", reason: str = "plan 1.0") -> Outcome:
        return self.studies.register(self.lab.session(who), plan, reason)

    def approve(self, plan: str = f"{STUDY}:1", who: str = "quality", reason: str = "read and agreed") -> Outcome:
        return self.decisions.approve(self.lab.session(who), plan, reason, self.lab.user(who), self.lab.password(who))

    def deliver(self, name: str, content: bytes | None = None, who: str = "analyst", **metadata: str) -> Outcome:
        given = {"sender": "SPONSOR-1"} | metadata
        data = original(name) if content is None else content
        return self.studies.ingest(self.lab.session(who), STUDY, name, FILES[name], data, {k: v for k, v in given.items() if v})

    def process(self, who: str = "analyst") -> Outcome:
        return self.studies.process(self.lab.session(who), STUDY)

    def sign(self, meaning: str, who: str, reason: str = "checked") -> Outcome:
        return self.decisions.sign(self.lab.session(who), STUDY, meaning, reason, self.lab.user(who), self.lab.password(who))

    def hold(self, act: str, who: str = "quality", reason: str = "as planned") -> Outcome:
        return self.decisions.hold(self.lab.session(who), STUDY, act, reason, self.lab.user(who), self.lab.password(who))

    def seen(self) -> tuple[str, str]:
        state = self.studies.study(self.lab.session("auditor"), STUDY)[1]
        return state.data, state.tables

    def delivered(self) -> None:
        self.register()
        for name in FILES:
            self.deliver(name)

    def with_sender(self) -> None:
        administrator = self.lab.session("administrator")
        self.lab.app.sources.register_sender(administrator, "SPONSOR-1", "Example sponsor (fictitious)", "sponsor", "contract 1")
