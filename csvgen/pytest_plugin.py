"""The pytest door: collects feature files, runs each case through the executor, records what happened.

`csvgen run` starts pytest with a run folder already planned; plain `pytest protocols/` plans an engineering run itself.
Both go through the same collection, the same executor and the same recorder. Outside a csvgen project features still run
with right verdicts; nothing is recorded then, and the summary says so.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from _pytest.fixtures import FixtureRequest

    from csvgen.execution.attended import Attendant
    from csvgen.execution.compat import StepIndex
    from csvgen.execution.recorder import Attach, CaseRecorder, Observe
    from csvgen.execution.session import Stage, WorkerRecorder
    from csvgen.model.protocol import Feature, TestCase

_OPTION, _TRIAL = "--csvgen-run", "--csvgen-trial"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("csvgen")
    group.addoption(_OPTION, metavar="FOLDER", help="record into this planned run (used by `csvgen run`)")
    group.addoption(_TRIAL, metavar="HOME", help="disposable instance of a trial (used by `csvgen challenge`)")
    group.addoption("--csvgen-dry", action="store_true", help="resolve every step of every case without executing anything")
    group.addoption("--csvgen-off", action="store_true", help="leave feature files to other plugins")


def pytest_configure(config: pytest.Config) -> None:
    for marker in ("req(id): requirement the case serves", "risk(id, level): risk behind the case", "phase(name): IQ, OQ or PQ"):
        config.addinivalue_line("markers", marker)
    if not config.getoption("--csvgen-off"):
        config.pluginmanager.register(Session(config), "csvgen-session")


class Session:
    """State of one pytest process. Under xdist each worker has its own; the controller plans and sums up."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.attendant = _attendant(config)
        self.worker = self.attendant.worker if self.attendant else os.environ.get("PYTEST_XDIST_WORKER", "main")
        self.left_out: frozenset[str] = frozenset()
        """Cases that a person carries out in this run, after its automated part."""
        self.results: dict[str, int] = {}
        self._index: StepIndex | None = None
        self._recorders: dict[str, WorkerRecorder] = {}
        self._folders: dict[str, str] = {}
        self._claims: str | None = None
        """Folder in which the workers of one run say which case each of them began."""
        self._notes: list[str] = []
        self._dry = bool(config.getoption("--csvgen-dry"))
        self._project = self._find_project()
        self.stage = self._stage()
        if self._project is not None:
            from csvgen import steps

            for module in steps.modules():
                config.pluginmanager.register(module, module.__name__)

    def _find_project(self) -> Path | None:
        from csvgen.config import find_root

        starts = [Path(str(a).split("::", 1)[0]) for a in self.config.args] or [self.config.rootpath]
        for start in starts:
            if (found := find_root(start.resolve())) is not None:
                return found
        return None

    def _stage(self) -> Stage:
        """What is done with the system the cases run on. A trial's plan and its disposable instance come together or not at all."""
        from csvgen.challenge.stage import stage_of
        from csvgen.errors import CsvgenError

        folder, home = self.config.getoption(_OPTION), self.config.getoption(_TRIAL)
        try:
            made = stage_of(Path(folder) if folder else None, Path(home) if home else None)
        except CsvgenError as problem:
            raise pytest.UsageError(str(problem)) from None
        self.config.pluginmanager.register(made, "csvgen-stage")
        return made

    @property
    def project(self) -> Path | None:
        return self._project

    # ------------------------------------------------------------ planning

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        from csvgen.execution import compat

        if problem := compat.supported():
            raise pytest.UsageError(problem)
        if hasattr(self.config, "workerinput"):
            self._folders = json.loads(self.config.workerinput["csvgen_folders"])
            self._claims = self.config.workerinput["csvgen_claims"]
        elif folder := self.config.getoption(_OPTION):
            plan = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
            self._folders = {plan["system"]: str(Path(folder).resolve())}
        elif self._project is not None and not self.config.option.collectonly and not self._dry:
            from csvgen.workflow import running

            self._folders, self._notes = running.plan_engineering_runs(self._project, [str(a) for a in self.config.args])
        if self.config.getoption(_OPTION) and self.attendant is None:
            plans = (json.loads((Path(f) / "run.json").read_text(encoding="utf-8")) for f in self._folders.values())
            self.left_out = frozenset(case for plan in plans for case in plan.get("attended", ()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """xdist: hand the planned folders to a worker."""
        if self._claims is None:
            self._claims = tempfile.mkdtemp(prefix="csvgen-")
        node.workerinput["csvgen_folders"] = json.dumps(self._folders)
        node.workerinput["csvgen_claims"] = self._claims

    def claim(self, case: str) -> bool:
        """Whether this process may execute a case. xdist hands out again what a worker died in; nothing is executed twice in a run."""
        if self._claims is None:
            return True
        try:
            (Path(self._claims) / case).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def recorder(self, system: str) -> WorkerRecorder:
        """The recorder of this process for a system; without a planned folder it records nothing."""
        if system not in self._recorders:
            from csvgen.clock import SystemClock
            from csvgen.config import load_config
            from csvgen.execution.session import WorkerRecorder
            from csvgen.execution.timekeeping import Timekeeping, timekeeping

            folder, root = self._folders.get(system), self._project or self.config.rootpath
            settings = timekeeping(load_config(root).clock) if self._project is not None else Timekeeping()
            segment = self.attendant.segment if self.attendant else None
            place = Path(folder) if folder else None
            self._recorders[system] = WorkerRecorder(place, self.worker, SystemClock(), root, settings, segment)
        return self._recorders[system]

    def index(self, request: FixtureRequest) -> StepIndex:
        if self._index is None:
            from csvgen.execution.compat import StepIndex

            self._index = StepIndex(request._fixturemanager)  # noqa: SLF001 - see compat
        return self._index

    # ------------------------------------------------------------ collecting and running

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return FeatureFile.from_parent(parent, path=file_path) if file_path.suffix == ".feature" else None

    @pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """In a shard, cases of one group go to one worker: what they share is not fought over (xdist, --dist loadgroup)."""
        from csvgen.evidence.read import read_shard_plan
        from csvgen.model.shard import SHARDS

        for folder in self._folders.values() if hasattr(self.config, "workerinput") else ():
            if (Path(folder) / SHARDS).is_file():
                groups = {c.case: c.group for c in read_shard_plan(Path(folder) / SHARDS).cases}
                for item in items:
                    if isinstance(item, CaseItem) and item.case.id in groups:
                        item.add_marker(pytest.mark.xdist_group(groups[item.case.id]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Dry run: every step is looked up, none is executed, and nothing counts as a result."""
        if not self._dry:
            return None
        from csvgen.execution.compat import StepIndex
        from csvgen.execution.executor import undefined
        from csvgen.model.protocol import ATTENDED

        index = StepIndex(session._fixturemanager)  # noqa: SLF001 - see compat
        found_ = [item for item in session.items if isinstance(item, CaseItem)]
        cases = [item for item in found_ if ATTENDED not in item.case.tags]
        for item in cases:
            for number, step in enumerate(item.case.steps, 1):
                found = index.matches(step.keyword.lower(), step.text, item)
                if len(found) != 1:
                    self._notes.append(
                        f"{item.case.feature}:{step.line}: {item.case.id} step {number}: {undefined(step, found, index)}"
                    )
        session.testsfailed = len(self._notes)
        if len(found_) > len(cases):
            self._notes.append(f"{len(found_) - len(cases)} attended cases: no automated run executes them")
        self._notes.append(
            f"DRY RUN, nothing was executed: {len(cases)} cases, {session.testsfailed} steps without exactly one definition"
        )
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        if not isinstance(item, CaseItem):
            return (yield)
        with recording():
            item.begin(self)
        try:
            return (yield)
        finally:
            with recording():
                item.end()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if isinstance(item, CaseItem):
            item.phase(report)
        return report

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        if (
            self.config.getoption(_OPTION)
            and os.environ.get("CSVGEN_FORMAL") == "1"
            and any(isinstance(i, CaseItem) for i in items)
        ):
            raise pytest.UsageError("cases may not be deselected in a formal run")

    # ------------------------------------------------------------ the end

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """After everything was torn down: close the journals, seal. What then goes wrong is said; there is no case to say it of."""
        from csvgen.errors import CsvgenError, Exit

        try:
            result = yield
            for recorder in self._recorders.values():
                recorder.close()
            if self._claims is not None and not hasattr(self.config, "workerinput"):
                shutil.rmtree(self._claims)
            self._finish_engineering()
        except CsvgenError as problem:
            self._notes.append(str(problem))
            session.exitstatus = max(session.exitstatus, Exit.FINDINGS)
            return None
        return result

    def _finish_engineering(self) -> None:
        if hasattr(self.config, "workerinput") or self.config.getoption(_OPTION) or not self._folders:
            return
        from csvgen.workflow import running

        assert self._project is not None
        self._notes += running.finish_engineering_runs(self._project, self._folders)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for note in self._notes:
            terminalreporter.write_line(f"csvgen: {note}")
        if not self._notes and not self._folders and self.results:
            terminalreporter.write_line("csvgen: no csvgen project here; verdicts are right, but nothing was recorded")


@contextmanager
def recording() -> Iterator[None]:
    """What cannot be recorded does not happen: the session ends, and says why."""
    from csvgen.errors import Exit, NotRecorded, Refused

    try:
        yield
    except (NotRecorded, Refused) as problem:
        pytest.exit(str(problem), returncode=Exit.FINDINGS)


class FeatureFile(pytest.File):
    """A feature file. Anything in it that would make a runner lie is a collection error of this file alone."""

    def collect(self) -> Iterator[pytest.Item]:
        from csvgen.protocol.gherkin import read_feature
        from csvgen.rendering import render_text

        text = self.path.read_bytes().decode("utf-8", "replace")
        feature, findings = read_feature(text, self._name())
        if feature is None or findings:
            raise self.CollectError(render_text(findings))
        session = cast("Session", self.config.pluginmanager.get_plugin("csvgen-session"))
        for case in feature.cases:
            if case.id not in session.left_out:
                yield CaseItem.from_parent(self, name=case.id, feature=feature, case=case)

    def _name(self) -> str:
        """Path below protocols/<system>/ where there is one, else the file name."""
        parts = self.path.parts
        return "/".join(parts[-2:]) if parts[-2] in ("IQ", "OQ", "PQ") else self.path.name

    @property
    def system(self) -> str:
        parts = self.path.parts
        return parts[-3] if len(parts) > 2 and parts[-2] in ("IQ", "OQ", "PQ") else ""  # noqa: PLR2004 - system/phase/file


class CaseItem(pytest.Function):
    """One test case. Its node id ends with the case id, so that it never shifts."""

    feature: Feature
    case: TestCase
    recorder: CaseRecorder | None

    @classmethod
    def from_parent(cls, parent: pytest.File, *, name: str, feature: Feature, case: TestCase) -> CaseItem:  # type: ignore[override]
        item: CaseItem = super().from_parent(parent, name=name, callobj=lambda request: item.run_case(request))  # noqa: PLW0108 - `item` is not there yet
        item.feature, item.case, item.recorder = feature, case, None
        item.add_marker(pytest.mark.phase(name=case.phase))
        for identity in case.requirements:
            item.add_marker(pytest.mark.req(id=identity))
        for identity in case.risks or ("none",):
            item.add_marker(pytest.mark.risk(id=identity, level=case.priority))
        item.extra_keyword_matches.update(case.tags)
        item.user_properties += [("feature", feature.path), ("case", f"{case.id} {case.title}"), ("phase", case.phase)]
        item.user_properties += [("requirement", r) for r in case.requirements] + [("risk", r) for r in case.risks]
        return item

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.line - 1, f"{self.case.id} {self.case.title}"

    def begin(self, session: Session) -> None:
        self._session = session
        parent = self.parent
        assert isinstance(parent, FeatureFile)
        recorder = session.recorder(parent.system)
        if not session.claim(self.case.id):
            self.recorder = None
        elif session.attendant is not None and self.case.attended:
            self.recorder = recorder.attended(self.case, session.attendant.parts.get(self.case.id))
        else:
            self.recorder = recorder.case(self.case)

    def run_case(self, request: FixtureRequest) -> None:
        from csvgen.execution.executor import NotPassed, execute
        from csvgen.model.execution import Verdict

        if self.recorder is None:
            raise NotPassed(Verdict.ERROR, "a worker died in this case; a case is executed once in a run")
        attendant = self._session.attendant
        if self.case.attended and attendant is None:
            reason = "attended: a person carries it out; an automated run does not execute it"
            self.recorder.phase(Verdict.NOT_RUN, reason)
            raise NotPassed(Verdict.NOT_RUN, reason)
        if self.case.ports or (attendant is not None and attendant.formal):
            target = request.getfixturevalue("target")
            missing = [name for name in self.case.ports if target.port(name) is None]
            if missing:
                reason = f"the target {target.name} does not offer the port {', '.join(missing)}"
                self.recorder.phase(Verdict.BLOCKED, reason)
                raise NotPassed(Verdict.BLOCKED, reason)
        if attendant is not None and self.case.attended:
            self._attend(request, attendant)
            return
        try:
            with recording():
                execute(request, self.feature, self.case, self.recorder, self._session.index(request))
        finally:
            # On the report these survive xdist and reach JUnit XML, which has no steps of its own.
            self.user_properties += [("step", f"{s.number} {s.verdict} {s.keyword} {s.text}") for s in self.recorder.results]

    def _attend(self, request: FixtureRequest, attendant: Attendant) -> None:
        """A person carries the case out. When they leave, it stays open, and no other case begins."""
        from csvgen.execution.attended import Left, attend
        from csvgen.execution.attended_recorder import AttendedRecorder

        assert isinstance(self.recorder, AttendedRecorder)
        try:
            attend(request, self.feature, self.case, self.recorder, self._session.index(request), attendant)
        except Left as why:
            self.recorder.leave(attendant.by)
            attendant.left = str(why)
            request.session.shouldstop = attendant.left
            self.recorder = None

    def phase(self, report: pytest.TestReport) -> None:
        """Set-up and tear-down can only make the verdict worse."""
        from csvgen.model.execution import Verdict

        if self.recorder is not None and report.when in ("setup", "teardown") and not report.passed:
            verdict = Verdict.SKIPPED if report.skipped else Verdict.ERROR
            self.recorder.phase(
                verdict, f"{report.when}: {report.longreprtext.strip().splitlines()[-1] if report.longreprtext else 'failed'}"
            )

    def end(self) -> None:
        if self.recorder is not None:
            result = self.recorder.finish()
            self._session.results[result.verdict] = self._session.results.get(result.verdict, 0) + 1
            self.recorder = None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        from csvgen.execution.executor import NotPassed

        return str(excinfo.value) if isinstance(excinfo.value, NotPassed) else super().repr_failure(excinfo)


def _attendant(config: pytest.Config) -> Attendant | None:
    """The person who attends the run of this process, if one does; whoever made one has loaded its module."""
    module = sys.modules.get("csvgen.execution.attended")
    return next((p for p in config.pluginmanager.get_plugins() if isinstance(p, module.Attendant)), None) if module else None


def _recorder_of(request: FixtureRequest) -> CaseRecorder:
    recorder = getattr(request.node, "recorder", None)
    if recorder is None:
        raise pytest.UsageError("observe and attach work in steps of a feature file only")
    return recorder  # type: ignore[no-any-return]


@pytest.fixture
def observe(request: FixtureRequest) -> Observe:
    """Compare expected with actual and record both: ``observe("stored value", expected="7", actual=..., source="...")``."""
    from csvgen.execution.recorder import Observe

    return Observe(lambda: _recorder_of(request))


@pytest.fixture
def attach(request: FixtureRequest) -> Attach:
    """Keep a piece of evidence with the step that runs: ``attach(data, name="...", media_type="...")``."""
    from csvgen.execution.recorder import Attach

    return Attach(lambda: _recorder_of(request))
