"""The pytest door: collects feature files, runs each case through the executor, records what happened.

`csvgen run` starts pytest with a run folder already planned; plain `pytest protocols/` plans an engineering run itself.
Both go through the same collection, the same executor and the same recorder. Outside a csvgen project features still run
with right verdicts; nothing is recorded then, and the summary says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.fixtures import FixtureRequest

    from csvgen.errors import CsvgenError
    from csvgen.execution.compat import StepIndex
    from csvgen.execution.recorder import Attach, CaseRecorder, Observe
    from csvgen.execution.session import Stage, WorkerRecorder
    from csvgen.model.protocol import Feature, TestCase

_OPTION, _TRIAL, _DRY_REPORT = "--csvgen-run", "--csvgen-trial", "--csvgen-dry-report"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("csvgen")
    group.addoption(_OPTION, metavar="FOLDER", help="record into this planned run (used by `csvgen run`)")
    group.addoption(_TRIAL, metavar="HOME", help="disposable instance of a trial (used by `csvgen challenge`)")
    group.addoption("--csvgen-dry", action="store_true", help="resolve every step of every case without executing anything")
    group.addoption(_DRY_REPORT, metavar="FILE", help="write what a dry run found there (used by `csvgen run --dry`)")
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
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self.results: dict[str, int] = {}
        self._index: StepIndex | None = None
        self._recorders: dict[str, WorkerRecorder] = {}
        self._folders: dict[str, str] = {}
        self._notes: list[str] = []
        self._broken: list[tuple[str, str]] = []
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
        from csvgen.execution.collected import selection

        if problem := compat.supported():
            raise pytest.UsageError(problem)
        if hasattr(self.config, "workerinput"):
            self._folders = json.loads(self.config.workerinput["csvgen_folders"])
            return
        if folder := self.config.getoption(_OPTION):
            self._folders = {_plan(folder)["system"]: str(Path(folder).resolve())}
        elif self._project is not None and not self.config.option.collectonly and not self._dry:
            from csvgen.workflow import running

            partial = bool(selection(self.config))
            self._folders, self._notes = running.plan_engineering_runs(
                self._project, [str(a) for a in self.config.args], partial=partial
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """xdist: hand the planned folders to a worker."""
        node.workerinput["csvgen_folders"] = json.dumps(self._folders)

    def recorder(self, system: str) -> WorkerRecorder:
        """The recorder of this process for a system; without a planned folder it records nothing."""
        if system not in self._recorders:
            from csvgen.clock import SystemClock
            from csvgen.config import load_config
            from csvgen.execution.secrets import listed
            from csvgen.execution.session import WorkerRecorder
            from csvgen.execution.timekeeping import Timekeeping, timekeeping

            folder, root = self._folders.get(system), self._project or self.config.rootpath
            config = load_config(root) if self._project is not None else None
            settings = timekeeping(config.clock) if config is not None else Timekeeping()
            secrets = listed(config.evidence, config.targets, os.environ) if config is not None else None
            self._recorders[system] = WorkerRecorder(
                Path(folder) if folder else None, self.worker, SystemClock(), root, settings, secrets
            )
        return self._recorders[system]

    def index(self, request: FixtureRequest) -> StepIndex:
        if self._index is None:
            from csvgen.execution.compat import StepIndex

            self._index = StepIndex(request._fixturemanager)  # noqa: SLF001 - see compat
        return self._index

    # ------------------------------------------------------------ collecting and running

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return FeatureFile.from_parent(parent, path=file_path) if file_path.suffix == ".feature" else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The order of a planned run is that of its plan, however files are sorted; what others do to it afterwards is told."""
        if self.config.getoption(_OPTION):
            plans = {system: _plan(folder).get("planned", ()) for system, folder in self._folders.items()}
            places = {(system, entry["case"]): n for system, plan in plans.items() for n, entry in enumerate(plan)}
            items.sort(key=lambda i: places.get((i.system, i.case.id), len(places)) if isinstance(i, CaseItem) else len(places))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Before the first case: what is about to be executed is recorded. Dry run: every step is looked up and none executed."""
        if not self._dry:
            if not self.config.pluginmanager.hasplugin("dsession"):  # under xdist the workers know what they have
                self._before(session)
            return None
        from csvgen.execution.dry import resolve
        from csvgen.rendering import render_concise

        found = [item for item in session.items if isinstance(item, CaseItem)]
        resolved = resolve(session, [(i, i.case) for i in found], self._broken, whole=self._whole(found))
        session.testsfailed = len(resolved.findings.items)
        self._notes += [*render_concise(resolved.findings.items).splitlines(), *resolved.summary()]
        if report := self.config.getoption(_DRY_REPORT):
            Path(report).write_text(json.dumps(resolved.content()), encoding="utf-8")
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._broken.append((report.nodeid, report.longreprtext))

    def _whole(self, items: list[CaseItem]) -> bool:
        """Whether every feature file of the systems that were collected is among them."""
        from csvgen.execution.collected import selection

        features = {item.path.resolve() for item in items}
        folders = [folder for system in {i.system for i in items} if (folder := self._protocols(system)) is not None]
        return (
            bool(folders)
            and not selection(self.config)
            and all(f.resolve() in features for d in folders for f in d.rglob("*.feature"))
        )

    def _before(self, session: pytest.Session) -> None:
        """Raises UsageError where a formal run would execute something else than its plan; under xdist the worker fails."""
        from csvgen.errors import CsvgenError
        from csvgen.execution.collected import refusals, told
        from csvgen.execution.stepcode import code_paths

        root = self._project or self.config.rootpath
        for system, folder in self._folders.items():
            plan = _plan(folder)
            planned = [entry["case"] for entry in plan.get("planned", ())]
            cases = [i.case.id for i in session.items if isinstance(i, CaseItem) and i.system == system]
            formal = plan.get("mode") == "formal" or os.environ.get("CSVGEN_FORMAL") == "1"
            refused = refusals(self.config, planned, session.items, cases) if formal else []
            try:
                recorder = self.recorder(system)
                recorder.note("collected", **told(self.config, planned, cases), refused=refused)
                recorder.watch(code_paths(self.config, root, self._protocols(system)))
            except CsvgenError as problem:
                raise pytest.UsageError(str(problem)) from None
            if refused:
                words = f"this formal run is refused: {'; '.join(refused)}"
                if hasattr(self.config, "workerinput"):
                    session.shouldfail = words
                    raise session.Failed(words)
                raise pytest.UsageError(words)

    def _protocols(self, system: str) -> Path | None:
        from csvgen.config import load_config

        return load_config(self._project).protocol_folder(system) if self._project is not None else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        if not isinstance(item, CaseItem):
            return (yield)
        from csvgen.evidence.journal import CannotRecord

        try:
            item.begin(self)
            try:
                return (yield)
            finally:
                item.end()
        except CannotRecord as problem:
            item.session.shouldstop = _told(problem)
            return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if isinstance(item, CaseItem):
            item.phase(report)
        return report

    # ------------------------------------------------------------ the end

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        from csvgen.evidence.journal import CannotRecord

        for recorder in self._recorders.values():
            try:
                recorder.close()
            except CannotRecord as problem:
                self._notes.append(_told(problem))
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


class FeatureFile(pytest.File):
    """A feature file. Anything in it that would make a runner lie is a collection error of this file alone."""

    def collect(self) -> Iterator[pytest.Item]:
        from csvgen.protocol.gherkin import read_feature
        from csvgen.rendering import render_text

        text = self.path.read_bytes().decode("utf-8", "replace")
        feature, findings = read_feature(text, self._name())
        if feature is None or findings:
            raise self.CollectError(render_text(findings))
        for case in feature.cases:
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

    @property
    def system(self) -> str:
        parent = self.parent
        assert isinstance(parent, FeatureFile)
        return parent.system

    def begin(self, session: Session) -> None:
        self._session = session
        self.recorder = session.recorder(self.system).case(self.case)

    def run_case(self, request: FixtureRequest) -> None:
        from csvgen.execution.executor import NotPassed, execute
        from csvgen.model.execution import Verdict
        from csvgen.model.protocol import ATTENDED

        assert self.recorder is not None
        if self.recorder.began:
            reason = "the case was executed again; only what came first is recorded, and a case that is repeated until it passes proves nothing"
            self.recorder.phase(Verdict.ERROR, reason)
            raise NotPassed(Verdict.ERROR, reason)
        if ATTENDED in self.case.tags:
            reason = "attended: a person carries it out; an automated run does not execute it"
            self.recorder.phase(Verdict.NOT_RUN, reason)
            raise NotPassed(Verdict.NOT_RUN, reason)
        if self.case.ports:
            target = request.getfixturevalue("target")
            missing = [name for name in self.case.ports if target.port(name) is None]
            if missing:
                reason = f"the target {target.name} does not offer the port {', '.join(missing)}"
                self.recorder.phase(Verdict.BLOCKED, reason)
                raise NotPassed(Verdict.BLOCKED, reason)
        try:
            execute(request, self.feature, self.case, self.recorder, self._session.index(request))
        finally:
            # On the report these survive xdist and reach JUnit XML, which has no steps of its own.
            self.user_properties += [("step", f"{s.number} {s.verdict} {s.keyword} {s.text}") for s in self.recorder.results]

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


def _plan(folder: str) -> dict[str, Any]:
    """run.json of a planned run."""
    plan: dict[str, Any] = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
    return plan


def _told(problem: CsvgenError) -> str:
    """An error in one line, for places that have no more."""
    return " ".join(str(problem).split())


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
