"""Every fault finds in the released code what it breaks, and what it breaks is what a run then uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_PROLOGUE = "from csvgen_faults import FAULTS, apply\nfrom csvgen_faults.patching import NothingToReplace\n"


def told(program: str, *arguments: str) -> str:
    """What a program of its own prints: a broken process is thrown away."""
    places = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "csvgen-faults")))
    done = subprocess.run(
        [sys.executable, "-c", _PROLOGUE + program, *arguments],
        env=dict(os.environ, PYTHONPATH=places), cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_EACH = """
import os, sys
for name in sorted(FAULTS):
    if name == "installation-component-altered":  # becomes a process of another code
        continue
    child = os.fork()
    if not child:
        try:
            apply(name)
        except BaseException as problem:
            os.write(1, f"{name}: {type(problem).__name__}: {problem}\\n".encode())
        os._exit(0)
    os.waitpid(child, 0)
print(len(FAULTS), "faults")
"""


def test_every_fault_finds_what_it_replaces(tmp_path: Path) -> None:
    """Each in a process of its own: a patch whose function is renamed in the released code raises NothingToReplace."""
    *strange, count = told(_EACH, "--", str(tmp_path)).splitlines()
    assert strange == []
    assert int(count.partition(" ")[0]) > 1


def test_the_rooms_of_the_data_have_every_fault_that_csvgen_lists() -> None:
    rooms = ("pipeline-", "clock-", "storage-", "installation-")
    lost = told(
        f"from csvgen.patterns.faults import faults; print(sorted(n for n in set(faults()) - set(FAULTS) if n.startswith({rooms})))"
    )
    assert lost == "[]"


_LIMIT = """
from csvgen.pipeline.flow.bundle import Bundle
from csvgen.pipeline import rounding
apart = Bundle.shipped()._code(()).module("csvgen.pipeline.rounding")
assert apart is not rounding
print([made.Limits("95.0", "105.0").verdict(value) for made in (rounding, apart) for value in ("95.0", "95.1")])
"""


def test_a_fault_of_a_step_holds_in_the_code_that_runs_load_apart() -> None:
    fine, out = "in specification", "out of specification"
    assert told(_LIMIT) == str([fine, fine, fine, fine])
    assert told(f"apply('pipeline-limit-exclusive')\n{_LIMIT}") == str([out, fine, out, fine])


def test_a_step_that_is_not_there_is_no_silence() -> None:
    program = """
from csvgen_faults.steps import replace_in_steps
for module, name in (("csvgen.pipeline.rounding", "rounded"), ("csvgen.pipeline.rounding", "Bounds.verdict")):
    try:
        replace_in_steps(module, name, print)
    except NothingToReplace as problem:
        print(problem)
"""
    words = told(program).splitlines()
    assert words == ["csvgen.pipeline.rounding has no rounded of its own", "csvgen.pipeline.rounding has no class Bounds"]
