"""The process of an instance dies by SIGKILL in the middle of an act: afterwards either all of the act is there, or nothing.

Each process is a real one, forked from one that has loaded what the acts need and has never opened an instance. The hooks that kill it
are put into these alone; nothing is replaced in the process that looks afterwards.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.pipeline.flow import check

from .conftest import Lab

ACTORS = """
import json, os, signal, sys
from pathlib import Path
import model_signing.verifying, scipy.optimize, scipy.stats  # what every act would load anew
from csvgen.audit import ledger
from csvgen.clock import SystemClock
from csvgen.crypto.cms import load_library
from csvgen.pipeline.flow import flows
from csvgen.pipeline.flow.definition import shipped
from csvgen.pipeline.flow.lock import altered
from csvgen.pipeline.release import QcRelease
from csvgen.store import writing as store

load_library()
altered(shipped("qc-release"))
for line in sys.stdin:
    child = os.fork()
    if not child:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    os._exit(0)

home, act, point = json.loads(line)
home, armed = Path(home), [False]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

kept_put, kept_end, kept_perform = ledger.Change.put, store.Transaction.end, flows.Flows.perform

def put(change, kind, identity, *a, **k):
    if armed[0] and point == f"before {kind}":
        die()
    made = kept_put(change, kind, identity, *a, **k)
    if armed[0] and point == f"after {kind}":
        die()
    return made

def end(transaction, verb):
    if armed[0] and point == "before commit" and verb == "COMMIT":
        die()
    kept_end(transaction, verb)
    if armed[0] and point == "after commit" and verb == "COMMIT":
        die()

def perform(self, *a, **k):
    made = kept_perform(self, *a, **k)
    if armed[0] and point == "after the steps":
        die()
    return made

ledger.Change.put, store.Transaction.end, flows.Flows.perform = put, end, perform
accounts = json.loads((home / "test-accounts.json").read_bytes())
with QcRelease(home, SystemClock()) as app:
    def session(key):
        return app.access.log_in(accounts[key]["user_id"], accounts[key]["password"]).reference
    def signing(key):
        return accounts[key]["user_id"], accounts[key]["password"]
    if act == "process":
        who = session("analyst")
        armed[0] = True
        app.runs.process(who, "L-1")
    elif act == "reviewed":
        who = session("reviewer")
        app.decisions.review_packet(who, "L-1")
        hand = app._core.directory.components
        def components(*a, **k):
            made = hand(*a, **k)
            armed[0] = True   # proving the components is an act of its own, with its own commit
            return made
        app._core.directory.components = components
        app.decisions.sign(who, "L-1", "reviewed", "read", *signing("reviewer"))
    elif act == "released":
        who = session("quality")
        hand = app._core.directory.components
        def components(*a, **k):
            made = hand(*a, **k)
            armed[0] = True
            return made
        app._core.directory.components = components
        app.decisions.sign(who, "L-1", "released", "all in order", *signing("quality"))
print("alive")
"""

POINTS = {
    "process": ["after the steps", "after run", "after deviation", "before commit"],
    "reviewed": ["after lot", "after signature", "before commit"],
    "released": ["before signature", "after signature", "before certificate", "before commit"],
}
"""Deaths that leave nothing; after each, the same act is tried again, and in the end it dies once more, after its commit."""
BEFORE = {"process": "registered", "reviewed": "processed", "released": "reviewed"}
AFTER = {"process": "processed", "reviewed": "reviewed", "released": "released"}


Kill = Callable[[Path, str, str], None]


@pytest.fixture(scope="module")
def killed() -> Iterator[Kill]:
    """Lets an actor begin an act in an instance, and has seen it die at a point of it."""
    actors = subprocess.Popen([sys.executable, "-c", ACTORS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def kill(home: Path, act: str, point: str) -> None:
        actors.stdin.write(json.dumps([str(home), act, point]) + "\n")
        assert actors.stdout.readline() == "-9\n", f"{act} did not die {point}"

    with actors:
        yield kill
    assert actors.returncode == 0


def state(home: Path) -> dict[str, object]:
    """Everything an act writes, as a process finds it that opens the instance; the trail is whole, and so are the products."""
    lab = Lab(home)
    try:
        view, core = lab.view("L-1"), lab.app._core
        assert lab.app.trail.integrity(lab.session("auditor")).accepted
        assert check.problems(core) == ()
        return {
            "state": view.state,
            "results": [t.reported for t in view.tests],
            "runs": [v.id for v in core.ledger.all("run")],
            "investigations": [d.id for d in lab.app.lots.deviations(lab.session("auditor"), "L-1")],
            "signatures": [(s.meaning, s.valid) for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1")],
            "certificates": [v.id for v in core.ledger.all("certificate")],
        }
    finally:
        lab.app.close()


@pytest.mark.parametrize("act", list(POINTS))
def test_all_of_an_act_or_nothing(home: Path, act: str, killed: Kill) -> None:
    lab = Lab(home)
    lab.bring("L-1", BEFORE[act], signal="0.900" if act == "process" else "1.000")
    lab.app.close()
    before = state(home)
    for point in POINTS[act]:
        killed(home, act, point)
        assert state(home) == before, point
    killed(home, act, "after commit")
    after = state(home)
    assert after["state"] == AFTER[act]
    if act == "process":
        assert (after["results"], after["runs"], after["investigations"]) == (["90.0"], ["RUN-0001"], ["INV-0001"])
    elif act == "reviewed":
        assert after["signatures"] == [("reviewed", True)]
    else:
        assert (after["signatures"], after["certificates"]) == ([("reviewed", True), ("released", True)], ["COA-0001"])
        lab = Lab(home)
        assert lab.app.certificates.certificate(lab.session("quality"), "L-1").human.startswith(b"%PDF")
        lab.app.close()
