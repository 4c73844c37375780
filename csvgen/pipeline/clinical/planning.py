"""Versions of the plan of a study: registered by one, approved for quality by another, before data are derived (ICH E9, 5.1; E6).

Each version is a record of its own (kind ``study-plan``, ``CDISCPILOT01:1``), written once. The study follows a version from the very change
that carries its signature on.
"""

from __future__ import annotations

from csvgen.errors import NotIntact, Refused
from csvgen.pipeline.clinical.study import PlanVersion, Study
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.judged import once
from csvgen.pipeline.signing import Signatures, word_of

APPROVED = "plan approved"


def plan_id(study: str, number: int) -> str:
    """``CDISCPILOT01:1``."""
    return f"{study}:{number}"


def newest(core: Core, study: str) -> PlanVersion | None:
    """The plan that was registered last, approved or not; None when there is none."""
    found = [v for v in core.ledger.all("study-plan") if v.content["study"] == study]
    return max((PlanVersion.model_validate(v.content) for v in found), key=lambda p: p.number, default=None)


def require_approved(core: Core, study: Study) -> None:
    """Raises Refused for a study whose plan nobody approved, NotIntact for one whose plan is not what was approved and signed."""
    if not study.plan_version:
        waiting = newest(core, study.study)
        name = plan_id(study.study, waiting.number if waiting else 1)
        words = f"the plan of study {study.study} is not approved; nothing is derived before quality has signed it"
        raise Refused(words, rule="RR-F01", hint=f"csvgen pipeline study approve {name}")
    name = plan_id(study.study, study.plan_version)

    def judge() -> None:
        plan, _ = core.known("study-plan", name, PlanVersion)
        if plan.plan != study.plan:
            raise NotIntact(f"study {study.study} has another plan than the one approved", where=f"study-plan/{name}")
        if not approved(core, plan):
            raise NotIntact("no valid signature of quality stands behind this plan", where=f"study-plan/{name}")

    found = core.ledger.latest("study", study.study)
    once(core, f"{name} {found.sha256 if found else ''}", [f"study-plan/{name}"], judge)


def approved(core: Core, plan: PlanVersion) -> bool:
    """Whether quality signed this version of a plan, by somebody else than who registered it, and nothing is wrong with the signature."""
    judged = Signatures(core).of(f"study-plan/{plan_id(plan.study, plan.number)}")
    signers = [j.record for j in judged if j.valid and j.record and word_of(j.record) == APPROVED]
    good = [s for s in signers if "quality" in s.role.split(", ") and s.person != plan.by]
    return bool(good) and len(good) == len(judged)


def plan_state(core: Core, plan: PlanVersion) -> str:
    """Where a version of a plan stands."""
    study, last = core.latest("study", plan.study, Study), newest(core, plan.study)
    followed = study[0].plan_version if study else 0
    if plan.number == followed:
        return "approved, in force"
    if last is not None and plan.number == last.number:
        return "waits for approval by quality"
    return "approved, superseded" if approved(core, plan) else "superseded, never approved"


def run_state(core: Core, run: RunRecord) -> str:
    """Whether the tables of a run are those in force; if not, what took their place."""
    name = run.subject.removeprefix("study/")
    found = core.latest("study", name, Study)
    if found is None or found[0].run == run.id:
        return "in force"
    if run.repeats:
        return f"a repetition of {run.repeats}"
    after = made_under(core, found[0], run.id)
    if after and after != found[0].plan_version:
        return f"superseded: made under plan {after}, in force is plan {found[0].plan_version}"
    return "superseded: data were delivered after it"


def made_under(core: Core, study: Study, run: str) -> int:
    """Number of the plan a run of a study followed; 0 when no version of the study tells of the run."""
    versions = (Study.model_validate(v.content) for v in core.ledger.versions("study", study.study))
    return next((s.plan_version for s in versions if s.run == run), 0)


def superseded(core: Core, study: Study) -> tuple[tuple[str, int], ...]:
    """Every run whose tables were in force and are no more, with the number of the plan it followed."""
    return tuple((run, made_under(core, study, run)) for run in study.runs if run != study.run)
