"""The best forgery there is without any of the true keys: the whole validation made again around the true journals."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from csvgen.canonical import canonical_json, read_canonical
from csvgen.clock import parsed
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE
from csvgen.evidence.seal import seal as seal_run
from csvgen.model.audit import Actor
from csvgen.model.execution import Seal

from ..tiny import Tiny
from .forging import Hands, passing, rechain


def counterfeit(drafted: Tiny, true: Tiny, root: Path) -> Path:
    """A package with its own authority under the same names, in which the first run passed at once."""
    forger = drafted.copy(root)
    runs = {name: true.state.run(name) for name in ("IQ-001", "OQ-001")}
    forger.clock = Hands(parsed(runs["IQ-001"].plan.created) - dt.timedelta(minutes=2))
    forger.found()
    forger.approve_specification()
    forger.approve_protocols("IQ", "OQ", "PQ")
    for name, run in runs.items():
        order = forger.order(run.plan.phase)
        _take_over(forger, Path(run.folder), forger.state.latest(order).document.digest)
        forger.clock.set(parsed(run.seal.sealed))
        forger.review(name)
        forger.close_phase(run.plan.phase)
    return forger.export(root / "package")


def _take_over(forger: Tiny, source: Path, order: str) -> None:
    folder = Path(shutil.copytree(source, forger.root / "output" / "tiny" / "runs" / source.name))
    sealed = Seal.model_validate(read_canonical((folder / SEAL).read_bytes())).sealed
    plan = read_canonical((folder / RUN).read_bytes())
    for name in (SEAL, SEAL_SIGNATURE, RUN):
        (folder / name).unlink()
    (folder / RUN).write_bytes(canonical_json({**plan, "order": order}))
    rechain(folder, passing)
    actor = Actor(plan["account"], f"technical account of {plan['account_owner']}", "technical", f"run {plan['run']}")
    forger.clock.set(parsed(plan["created"]))
    with forger.ledger.change(actor) as change:
        facts = {"order": order, "protocol": plan["protocol"], "cases": str(len(plan["planned"]))}
        change.note("run-begin", plan["run"], facts=facts)
    forger.clock.set(parsed(sealed))
    evidence = seal_run(folder, forger.seal, forger.clock)
    with forger.ledger.change(actor) as change:
        change.note("run-seal", plan["run"], facts={"seal": str(evidence.digest), "PASSED": str(len(plan["planned"]))})
