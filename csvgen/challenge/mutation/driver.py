"""The driver: pytest and csvgen's plugin in one process, the cases collected once, then executed as often as asked.

    python -m csvgen.challenge.mutation.driver PROJECT SYSTEM FOLDER PRELOAD

Each request is one JSON line on standard input: ``{"home": ..., "server": [...], "cases": [[node, seconds], ...]}``. A
process forked from this one executes the cases in that order against the instance in `home`, served by `server`, and ends at the first
that is not passed, unless ``"stop": false``. What it tells comes as JSON lines on standard output, one a case and a last one:

    {"case": node, "verdict": "PASSED" | "FAILED" | ..., "reason": ..., "seconds": ...}
    {"end": "done" | "timeout" | "broken", "case": node or "", "modules": [...] where asked for}
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

import pytest

from csvgen.challenge.mutation.zygote import end_with_parent, preload
from csvgen.execution.executor import NotPassed
from csvgen.steps.common import Bound, Targets
from csvgen.targets.local.adapter import LocalTarget

OPTIONS = (
    "-p", "pytest_bdd.plugin", "-p", "csvgen.pytest_plugin", "-p", "no:cacheprovider", "-q", "--no-header", "--tb=no", "-rN",
    "-c", os.devnull,
)  # fmt: skip
"""As `csvgen run` starts pytest: free of settings and plugins from elsewhere."""
_STARTING = 20.0
"""Seconds beside those of a case: the first one waits for the server."""


class Given(Targets):
    """The bound target of a request, in place of the project's own."""

    def __init__(self, session: Any, bound: Bound, home: Path, server: tuple[str, ...]) -> None:
        super().__init__(session)
        self._one, self._home, self._server = bound, home, server

    def get(self, system: str) -> Bound:
        if system not in self._bound:
            target = LocalTarget(self._one.spec.settings.target, self._home, self._server)
            self._bound[system] = replace(self._one, target=target)
        return self._bound[system]

    def end(self) -> None:
        """End the process of the system. What it says of itself at the end of a run is not read: nothing is recorded here."""
        for bound in self._bound.values():
            cast("LocalTarget", bound.target).close()


class Fixtures:
    """The fixture `targets` in place of the one that binds the project's own target."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @pytest.fixture(scope="session")
    def targets(self, pytestconfig: pytest.Config) -> Iterator[Targets]:
        """The target of the request, bound when the first case asks for it."""
        made = self._driver.given(pytestconfig.pluginmanager.get_plugin("csvgen-session"))
        try:
            yield made
        finally:
            made.end()


class Driver:
    """A pytest plugin: keeps what was collected, and answers requests in place of the loop over the cases."""

    def __init__(self, bound: Bound, requests: IO[str], answers: IO[str]) -> None:
        self._bound = bound
        self._requests = requests
        self._answers = answers
        self._request: dict[str, Any] = {}
        self._told: IO[str] = answers
        self._verdict = ("PASSED", "")
        self._seen: set[str] = set()

    def given(self, session: Any) -> Given:
        """The target of the request at hand."""
        return Given(session, self._bound, Path(self._request["home"]), tuple(self._request["server"]))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Registered last, so that its fixture `targets` is the one in force."""
        session.config.pluginmanager.register(Fixtures(self), "csvgen-mutation-fixtures")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise pytest.UsageError("the features cannot be collected")
        items = {f"{item.path}::{item.name}": item for item in session.items}
        _say(self._answers, {"ready": len(items)})
        for line in self._requests:
            self._request = json.loads(line)
            self._answer(items)
        return True

    def _answer(self, items: dict[str, pytest.Item]) -> None:
        """Execute one request in a process of its own; end it when a case takes longer than it may."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._told = os.fdopen(writing, "w")
            self._perform([items[node] for node, _ in self._request["cases"]])
        os.close(writing)
        waiting, end = [(node, float(limit)) for node, limit in self._request["cases"]], "done"
        data, spare = b"", _STARTING
        with selectors.DefaultSelector() as selector:
            selector.register(reading, selectors.EVENT_READ)
            until = time.monotonic() + spare + (waiting[0][1] if waiting else 0)
            while True:
                if not selector.select(max(until - time.monotonic(), 0)):
                    os.kill(child, signal.SIGKILL)
                    end = "timeout"
                    break
                piece = os.read(reading, 1 << 16)
                if not piece:
                    break
                data += piece
                *lines, data = data.split(b"\n")
                for line in lines:
                    self._answers.write(line.decode("ascii") + "\n")
                    if b'"case"' in line and waiting:
                        waiting.pop(0)
                        until = time.monotonic() + (waiting[0][1] if waiting else spare)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        if end == "done" and status:
            end = "broken"
        _say(self._answers, {"end": end, "case": waiting[0][0] if waiting else ""})

    def _perform(self, items: list[pytest.Item]) -> None:
        """In the forked process: the cases, until one is not passed, and the end of the process."""
        code = 1
        try:
            end_with_parent()
            for item, after in zip(items, [*items[1:], None], strict=True):
                self._verdict, self._seen, started = ("PASSED", ""), set(), time.monotonic()
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                verdict, reason = self._verdict
                if verdict == "PASSED" and self._seen != {"setup", "call", "teardown"}:  # nothing that was not executed is passed
                    verdict, reason = "ERROR", "the case was not executed as a whole"
                told = {"case": f"{item.path}::{item.name}", "verdict": verdict, "reason": reason[:400]}
                _say(self._told, {**told, "seconds": round(time.monotonic() - started, 3)})
                if verdict != "PASSED" and self._request.get("stop", True):
                    break
            if self._request.get("modules"):
                _say(self._told, {"modules": sorted(sys.modules)})
            code = 0
        finally:
            with contextlib.suppress(Exception):
                self._told.flush()
            os._exit(code)

    @pytest.hookimpl(tryfirst=True)  # the first to make a report is the last to be asked
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """The verdict of csvgen's executor; anything else that was raised is an error. The first that is not passed stands."""
        self._seen.add(call.when)
        if call.excinfo is None or self._verdict[0] != "PASSED":
            return
        problem = call.excinfo.value
        if isinstance(problem, NotPassed):
            self._verdict = (str(problem.verdict), problem.reason)
        else:
            self._verdict = ("ERROR", f"{call.when}: {type(problem).__name__}: {problem}")


def _say(stream: IO[str], value: dict[str, Any]) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def main(arguments: list[str]) -> int:
    """Collect, then answer requests until their stream ends."""
    from csvgen.challenge.mutation.levels import specification
    from csvgen.config import load_config

    end_with_parent()
    project, system, folder, names = arguments
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")  # pytest captures the streams themselves
    os.dup2(2, 1)
    config = load_config(Path(project))
    bound = Bound(config, specification(config, system), None)  # type: ignore[arg-type]  # the target comes with each request
    preload(json.loads(Path(names).read_bytes()))
    gc.freeze()
    return int(pytest.main([*OPTIONS, "--rootdir", str(config.root), folder], plugins=[Driver(bound, requests, answers)]))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
