"""The pytest door: collects feature files, runs each case through the executor, records what happened.

`csvgen run` starts pytest with a run folder already planned; plain `pytest protocols/` plans an engineering run itself.
Both go through the same collection, the same executor and the same recorder. Outside a csvgen project features still run
with right verdicts; nothing is recorded then, and the summary says so.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from csvgen.execution.items import RUNNING, CaseItem, FeatureFile, recording

if TYPE_CHECKING:
    from _pytest.fixtures import FixtureRequest

    from csvgen.execution.attended import Attendant
    from csvgen.execution.compat import StepIndex
    from csvgen.execution.recorder import Attach, CaseRecorder, Observe
    from csvgen.execution.session import Stage, WorkerRecorder
    from csvgen.model.approved_code import ApprovedCode

_OPTION, _TRIAL, _DRY_REPORT, _CODE = "--csvgen-run", "--csvgen-trial", "--csvgen-dry-report", "--csvgen-code"
_MANY = 200
"""Cases from which on it is worth while to tell the garbage collector of them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("csvgen")
    group.addoption(_OPTION, metavar="FOLDER", help="record into this planned run (used by `csvgen run`)")
    group.addoption(_TRIAL, metavar="HOME", help="disposable instance of a trial (used by `csvgen challenge`)")
    group.addoption("--csvgen-dry", action="store_true", help="resolve every step of every case without executing anything")
    group.addoption(_DRY_REPORT, metavar="FILE", help="write what a dry run found there (used by `csvgen run --dry`)")
    group.addoption(_CODE, metavar="FILE", help="step code the protocol was approved with (used by `csvgen run --formal`)")
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
        from csvgen.errors import CsvgenError
        from csvgen.execution.session import Stage

        folder, home = self.config.getoption(_OPTION), self.config.getoption(_TRIAL)
        made = Stage()
        if folder or home:
            from csvgen.challenge.stage import stage_of

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
            self._claims = self.config.workerinput["csvgen_claims"]
        elif folder := self.config.getoption(_OPTION):
            self._folders = {_plan(folder)["system"]: str(Path(folder).resolve())}
        elif self._project is not None and not self.config.option.collectonly and not self._dry:
            from csvgen.workflow import engineering

            self._folders, self._notes = engineering.plan_engineering_runs(
                self._project, [str(a) for a in self.config.args], partial=bool(selection(self.config))
            )
        if self.config.getoption(_OPTION) and self.attendant is None:
            gc.freeze()  # a process of `csvgen run`: what was loaded lives to its end, and need not be looked through then
            self.left_out = frozenset(case for f in self._folders.values() for case in _plan(f).get("attended", ()))

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
            from csvgen.execution.secrets import listed
            from csvgen.execution.session import WorkerRecorder
            from csvgen.execution.timekeeping import Timekeeping, timekeeping

            folder, root = self._folders.get(system), self._project or self.config.rootpath
            config = load_config(root) if self._project is not None else None
            settings = timekeeping(config.clock) if config is not None else Timekeeping()
            secrets = listed(config.evidence, config.targets, os.environ) if config is not None else None
            segment = self.attendant.segment if self.attendant else None
            place = Path(folder) if folder else None
            self._recorders[system] = WorkerRecorder(place, self.worker, SystemClock(), root, settings, secrets, segment)
        return self._recorders[system]

    def index(self, request: FixtureRequest) -> StepIndex:
        if self._index is None:
            from csvgen.execution.compat import StepIndex

            self._index = StepIndex(request._fixturemanager)  # noqa: SLF001 - see compat
        return self._index

    # ------------------------------------------------------------ collecting and running

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return FeatureFile.from_parent(parent, path=file_path) if file_path.suffix == ".feature" else None

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        """What is collected in a project lives to the end; while it grows nobody looks through it for garbage."""
        looks = gc.isenabled() and self._project is not None
        if looks:
            gc.disable()
        try:
            return (yield)
        finally:
            if looks:
                gc.enable()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The order of a planned run is that of its plan, however files are sorted; what others do to it afterwards is told."""
        from csvgen.execution.collected import in_order

        if self.config.getoption(_OPTION):
            in_order([i for i in items if isinstance(i, CaseItem)], items, {s: _plan(f) for s, f in self._folders.items()})

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Collected cases live to the end: looked through for garbage once now, not again and again between them.

        Where there are none this process is somebody else's; what is frozen cannot be found by those who ask for its referrers.
        """
        if sum(isinstance(item, CaseItem) for item in session.items) > _MANY:
            gc.collect()
            gc.freeze()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """In a shard the groups of its plan stay whole."""
        from csvgen.execution.collected import grouped
        from csvgen.execution.grouping import scheduler

        groups = grouped(self._folders.values())
        return scheduler(config, log, groups) if groups else None

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
            code = self._code(session, found).model_dump(mode="json")
            Path(report).write_text(json.dumps({**resolved.content(), "code": code}), encoding="utf-8")
        return True

    def _code(self, session: pytest.Session, items: list[CaseItem]) -> ApprovedCode:
        """The step code that the steps of cases of one system resolve to here."""
        from csvgen.execution.compat import StepIndex
        from csvgen.execution.stepcode import code_paths, resolved

        root, protocols = self._project or self.config.rootpath, self._protocols(items[0].system) if items else None
        index = self._index = self._index or StepIndex(session._fixturemanager)  # noqa: SLF001 - see compat
        return resolved(index, [(i, i.case) for i in items], code_paths(self.config, root, protocols), root, protocols)

    def _other_code(self, session: pytest.Session, items: list[CaseItem]) -> list[str]:
        """Where the steps of a formal run resolve to other code than its protocol was approved with."""
        from csvgen.execution.approved_code import other_code
        from csvgen.model.approved_code import ApprovedCode

        if not (file := self.config.getoption(_CODE)):
            return []
        approved = ApprovedCode.model_validate_json(Path(file).read_bytes())
        return other_code(approved, self._code(session, items), [i.case.id for i in items])

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
            cases = [i.case.id for i in session.items if isinstance(i, CaseItem) and i.system == system]
            of_people = set(plan.get("attended", ()))  # who attends carries out what of them is left
            mine = of_people.intersection(cases) if self.attendant else {e["case"] for e in plan.get("planned", ())} - of_people
            planned = [entry["case"] for entry in plan.get("planned", ()) if entry["case"] in mine]
            formal = plan.get("mode") == "formal" or os.environ.get("CSVGEN_FORMAL") == "1"
            refused = refusals(self.config, planned, session.items, cases) if formal else []
            if formal:
                refused += self._other_code(session, [i for i in session.items if isinstance(i, CaseItem) and i.system == system])
            if refused and self.attendant is not None:
                self.attendant.refused = tuple(refused)  # nothing is written: once this is mended, the run goes on
                pytest.exit("; ".join(refused), returncode=pytest.ExitCode.USAGE_ERROR)
            try:
                with recording():
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
        from csvgen.workflow import engineering

        assert self._project is not None
        self._notes += engineering.finish_engineering_runs(self._project, self._folders)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for note in self._notes:
            terminalreporter.write_line(f"csvgen: {note}")
        if not self._notes and not self._folders and self.results:
            terminalreporter.write_line("csvgen: no csvgen project here; verdicts are right, but nothing was recorded")


def _attendant(config: pytest.Config) -> Attendant | None:
    """The person who attends the run of this process, if one does; whoever made one has loaded its module."""
    module = sys.modules.get("csvgen.execution.attended")
    return next((p for p in config.pluginmanager.get_plugins() if isinstance(p, module.Attendant)), None) if module else None


def _plan(folder: str) -> dict[str, Any]:
    """run.json of a planned run."""
    plan: dict[str, Any] = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
    return plan


def _recorder() -> CaseRecorder:
    """That of the case that is going on."""
    recorder = RUNNING[-1].recorder if RUNNING else None
    if recorder is None:
        raise pytest.UsageError("observe and attach work in steps of a feature file only")
    return recorder


# Both are for the session: they hold nothing of a case, and so they need not be set up and torn down for each.


@pytest.fixture(scope="session")
def observe() -> Observe:
    """Compare expected with actual and record both: ``observe("stored value", expected="7", actual=..., source="...")``."""
    from csvgen.execution.recorder import Observe

    return Observe(_recorder)


@pytest.fixture(scope="session")
def attach() -> Attach:
    """Keep a piece of evidence with the step that runs: ``attach(data, name="...", media_type="...")``."""
    from csvgen.execution.recorder import Attach

    return Attach(_recorder)
