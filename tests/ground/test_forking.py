"""A forked command is like one that was started anew: what it was given, what it loads, how it ends (see `tests.forking`)."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from csvgen.execution.process import run_pytest

from .. import forking
from ..tiny import clean_environment

PROBE = """
import json, os, signal, sys, tempfile, time
text = sys.stdin.read() if not os.isatty(0) else ""
handles = {}
for number in sorted(int(n) for n in os.listdir("/proc/self/fd")):
    try:
        handles[number] = os.fstat(number).st_mode >> 12
    except OSError:
        pass
told = {
    "argv": sys.argv[1:], "cwd": os.getcwd(), "environ": dict(sorted(os.environ.items())), "path": sys.path, "stdin": text,
    "name": __name__, "handles": handles, "session": os.getsid(0) == os.getpid(), "terminal": os.isatty(0),
    "umask": os.umask(0), "flags": list(sys.flags),
    "streams": [(s.encoding, s.errors, s.line_buffering, s.write_through) for s in (sys.stdin, sys.stdout, sys.stderr)],
    "signals": {s.name: str(signal.getsignal(s)) for s in signal.Signals if s.name not in ("SIGKILL", "SIGSTOP")},
    "temporary": tempfile.gettempdir(), "zone": time.tzname, "writes": sys.dont_write_bytecode, "threads": len(os.listdir("/proc/self/task")),
}
print(json.dumps(told))
sys.stderr.write("talk")
end = sys.argv[1] if len(sys.argv) > 1 else "0"
if end == "wait":
    sys.stdout.flush()
    time.sleep(60)
if end == "break":
    raise ValueError("broken")
sys.exit(int(end) if end.isdigit() else end)
"""


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")


@pytest.fixture(scope="module", autouse=True)
def _to_fork_from() -> None:
    """Where tests start every command anew it is not there yet."""
    forking.begin()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("probe")
    (made / "a_probe.py").write_text(PROBE, encoding="utf-8")
    (made / "here").mkdir()
    return made


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([*forking.paths(dict(os.environ)), str(folder)])
    return clean_environment() | {"PYTHONPATH": path, "TZ": "Asia/Tokyo", "TMPDIR": str(folder), "A_NAME": "a value é"}


def both(folder: Path, environ: dict[str, str], *arguments: str, **named: object) -> tuple[subprocess.CompletedProcess[str], ...]:
    command = [sys.executable, "-m", "a_probe", *arguments]
    found = []
    for kind in (forking.ANEWED, forking.Popen):
        with kind(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder / "here", env=environ, **named
        ) as process:  # fmt: skip
            out, err = process.communicate("typed é\n", timeout=60)
        assert (kind is forking.Popen) == (getattr(process, "_asked", None) is not None), "one is forked, and one is not"
        found.append(subprocess.CompletedProcess(command, process.returncode, out, err))
    return tuple(found)


@pytest.mark.parametrize("end", ["0", "7", "a word", "break"])
def test_what_it_was_given_and_how_it_ends(folder, environ, end):
    anew, forked = both(folder, environ, end, "-x", "é")
    told = json.loads(anew.stdout)
    assert (told["argv"], told["stdin"]) == ([end, "-x", "é"], "typed é\n")
    assert json.loads(forked.stdout) == told
    assert forked.returncode == anew.returncode == {"0": 0, "7": 7}.get(end, 1)
    assert forked.stderr.splitlines()[-1] == anew.stderr.splitlines()[-1]


def test_a_session_of_its_own_and_handles_that_it_is_handed(folder, environ):
    ends, other = os.pipe()
    anew, forked = both(folder, environ, start_new_session=True, pass_fds=(other,))
    os.close(ends)
    os.close(other)
    told = json.loads(anew.stdout)
    assert told["session"] is True
    assert str(other) in told["handles"]
    assert json.loads(forked.stdout) == told


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_killed_it_has_ended_by_that_signal(folder, environ, sign):
    command = [sys.executable, "-m", "a_probe", "wait"]
    with forking.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=folder / "here", env=environ) as process:
        assert process.poll() is None
        assert process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(sign)
        assert process.wait(60) == -sign
    assert process.poll() == -sign


def test_at_a_terminal(folder, environ, monkeypatch):
    found = []
    for fork in (False, True):
        monkeypatch.setattr(pexpect.spawn, "_spawnpty", forking.spawn if fork else forking.spawned_anew)
        child = pexpect.spawn(
            sys.executable, ["-m", "a_probe", "5"], encoding="utf-8", timeout=60, dimensions=(60, 3000), env=environ, cwd=str(folder / "here")
        )  # fmt: skip
        child.logfile_read = io.StringIO()
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 5
        assert hasattr(child.ptyproc, "asked") is fork
        found.append(json.loads(child.logfile_read.getvalue().splitlines()[0]))
    assert found[0]["terminal"] is found[0]["session"] is True
    assert found[1] == found[0]


def test_what_could_load_other_code_is_started_anew(folder, environ, tmp_path):
    """Another interpreter, other settings of it, and folders whose modules would come before ours."""
    (tmp_path / "json.py").write_text("", encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("", encoding="utf-8")
    here = str(folder / "here")
    words = [sys.executable, "-m", "csvgen"]
    assert forking.place(words, here, environ) is not None
    for command, cwd, changed in (
        (["/usr/bin/python3", "-m", "csvgen"], here, {}),
        ([sys.executable, "-I", "-m", "csvgen"], here, {}),
        ([sys.executable, "-c", "pass"], here, {}),
        ([sys.executable, "-m", "pip"], here, {}),
        (words, str(tmp_path), {}),
        (words, here, {"PYTHONPATH": str(tmp_path)}),
        (words, here, {"PYTHONPATH": str(tmp_path / "own")}),
        (words, here, {"PYTHONHASHSEED": "1"}),
        (words, here, {"LC_ALL": "de_DE.UTF-8"}),
        ([sys.executable, "-m", "pytest", "-q"], here, {}),
    ):
        assert forking.place(command, cwd, environ | changed) is None, (command, cwd, changed)


def test_a_run_says_the_same(tiny, monkeypatch):
    """pytest would tell of every plugin that was loaded before it: then its assertions were not rewritten."""
    project, said = tiny("drafted"), []
    for kind in (forking.ANEWED, forking.Popen):
        monkeypatch.setattr(subprocess, "Popen", kind)
        shown: list[str] = []
        assert run_pytest(project.root, ["protocols"], None, shown.append, formal=False, options=["--csvgen-dry"]) == 0
        said.append([re.sub(r"in [0-9.]+s", "in s", line) for line in shown])
    assert len(said[0]) > 1
    assert said[1] == said[0]
