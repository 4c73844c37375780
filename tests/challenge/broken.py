"""A distribution that breaks the local target, made by a test; and a tiny project whose risks name its faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ..tiny import REPOSITORY, SYSTEM, Tiny, cheap_secrets, make_project, specification

SERVER = """
import sys

from csvgen.identity import attempts
from csvgen.pipeline import facts
from csvgen.pipeline.people import People
from csvgen.targets.local import server


def never_locks():
    attempts.count_account = lambda *asked: 0


def breaks_down():
    def log_in(self, user_id: str, password: str):
        raise RuntimeError("out of order")
    People.log_in = log_in


def other_setting():
    for kind in vars(facts).values():
        if isinstance(kind, type) and kind.__module__ == facts.__name__ and "configuration" in vars(kind):
            whole = kind.configuration
            kind.configuration = lambda self: {**whole(self), "failures_to_lock": "4"}


FAULTS = {
    "access-never-locks": never_locks, "access-password-not-checked": breaks_down, "pipeline-slow": lambda: None,
    "installation-setting-other-value": other_setting,
}
fault, _, *rest = sys.argv[1:]
if fault not in FAULTS:
    sys.stderr.write(f"there is no fault {fault}\\n")
    raise SystemExit(2)
FAULTS[fault]()
raise SystemExit(server.main(rest))
"""
STEPS = """

@then("everything is fine")
def fine(bench):
    bench.observe("the weather", expected="fine", actual="fine", source="nobody")
"""


def distribution(folder: Path) -> Path:
    """Put on PYTHONPATH it is as good as installed: a module, and the entry point that names it."""
    told = folder / "tests_broken-1.0.dist-info"
    told.mkdir(parents=True)
    (folder / "tests_broken.py").write_text(SERVER, encoding="utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: tests-broken\nVersion: 1.0\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[csvgen.faults]\nlocal = tests_broken\n", encoding="utf-8")
    return folder


def project(root: Path) -> Path:
    """A lock-out that is tested, a number nobody can break, and a Then that looks at nothing."""
    files = specification()
    urs, risks = files["urs/urs.yaml"]["requirements"], files["risk/risk.yaml"]["risks"]
    lock = ['a new account with the role "analyst"']
    logs_in = ["the new account logs in 3 times with a wrong password", "the new account logs in with its password"]
    urs[1]["criteria"] = [
        {"id": "ac-1", "title": "Locked", "given": lock, "when": logs_in, "then": ["the system refuses it"]},
        {"id": "ac-2", "title": "Fine", "given": lock, "then": ["everything is fine"]},
    ]
    urs[2]["criteria"][0]["given"] = [*lock, "the file two.txt is there"]
    urs[1]["statement"] = "The system shall lock an account after 3 failures."
    for risk, requirement, fault in (
        (risks[1], "URS-TNY-002", "access-never-locks"),
        (risks[2], "URS-TNY-003", "pipeline-slow"),
    ):
        risk["requirements"] = [requirement]
        risk["challenge"] = {"how": "It is broken on purpose.", "fault": fault}
    more = {
        **risks[1],
        "id": "RA-TNY-004",
        "challenge": {"how": "The log-in breaks down.", "fault": "access-password-not-checked"},
    }
    risks.append(more)
    files["pq/pq.yaml"]["scenarios"][0]["steps"] = ["Given the file two.txt is there", "Then the file two.txt says 2"]
    files["pq/pq.yaml"]["scenarios"][0]["covers"] = ["URS-TNY-003"]
    make_project(root, files)
    steps = root / "protocols" / SYSTEM / "conftest.py"
    steps.write_text(steps.read_text(encoding="utf-8") + STEPS, encoding="utf-8")
    with cheap_secrets():
        Tiny(root).found()
    return root


def csvgen(root: Path, *arguments: str, faults: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, beside the distribution that breaks things, or without it."""
    path = [str(REPOSITORY), *([str(faults)] if faults is not None else [])]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CSVGEN_"))} | {
        "PYTHONPATH": os.pathsep.join(path)
    }
    command = [sys.executable, "-m", "csvgen", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def told(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)
