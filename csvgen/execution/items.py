"""Feature files and their cases as pytest collects them. A case is one item; its node id ends with its id, so that it never shifts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from csvgen.errors import Exit, NotRecorded, Refused

if TYPE_CHECKING:
    import pluggy
    from _pytest.fixtures import FixtureRequest, FuncFixtureInfo

    from csvgen.execution.attended import Attendant
    from csvgen.execution.recorder import CaseRecorder
    from csvgen.model.protocol import Feature, TestCase


class recording:  # noqa: N801 - used like a function
    """What cannot be recorded does not happen: the session ends, and says why."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, NotRecorded | Refused):
            pytest.exit(str(problem), returncode=Exit.FINDINGS)


class FeatureFile(pytest.File):
    """A feature file. Anything in it that would make a runner lie is a collection error of this file alone."""

    fixtures: FuncFixtureInfo | None = None
    """What its cases use before any step asks for more; no case of a file can use other fixtures than the next."""

    @cached_property
    def place(self) -> str:
        """Its path as pytest shows it; pytest would work it out for each case."""
        from csvgen.execution import compat

        return compat.place(self)

    @cached_property
    def hooks(self) -> pluggy.HookRelay:
        """The hooks of every conftest above it; pytest would look for these conftests again at each use."""
        return self.session.gethookproxy(self.path)

    def collect(self) -> Iterator[pytest.Item]:
        from csvgen.protocol.gherkin import read_feature
        from csvgen.rendering import render_text

        text = self.path.read_bytes().decode("utf-8", "replace")
        feature, findings = read_feature(text, self._name())
        if feature is None or findings:
            raise self.CollectError(render_text(findings))
        session: Any = self.config.pluginmanager.get_plugin("csvgen-session")
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


RUNNING: list[CaseItem] = []
"""The case that is going on, last; more than one only where pytest runs inside pytest."""


@cache
def _mark(kind: str, *about: tuple[str, str]) -> pytest.MarkDecorator:
    """A mark with its values; many cases carry the same."""
    made: pytest.MarkDecorator = getattr(pytest.mark, kind)(**dict(about))
    return made


def _steps_of_the_case() -> None:
    """Stands for the function of a case until it is executed."""


class CaseItem(pytest.Function):
    """One test case. Its node id ends with the case id, so that it never shifts."""

    parent: FeatureFile
    feature: Feature
    case: TestCase
    recorder: CaseRecorder | None

    @classmethod
    def from_parent(cls, parent: FeatureFile, *, name: str, feature: Feature, case: TestCase) -> CaseItem:  # type: ignore[override]
        item: CaseItem = super().from_parent(parent, name=name, callobj=_steps_of_the_case, fixtureinfo=parent.fixtures)
        if parent.fixtures is None:
            from csvgen.execution import compat

            parent.fixtures = compat.fixtures(item)
        item.fixturenames = list(item.fixturenames)  # some plugins add to it
        item.feature, item.case, item.recorder = feature, case, None
        item.add_marker(_mark("phase", ("name", case.phase)))
        for identity in case.requirements:
            item.add_marker(_mark("req", ("id", identity)))
        for identity in case.risks or ("none",):
            item.add_marker(_mark("risk", ("id", identity), ("level", case.priority)))
        item.extra_keyword_matches.update(case.tags)
        item.user_properties += [("feature", feature.path), ("case", f"{case.id} {case.title}"), ("phase", case.phase)]
        item.user_properties += [("requirement", r) for r in case.requirements] + [("risk", r) for r in case.risks]
        return item

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        return self.parent.place, self.case.line - 1, f"{self.case.id} {self.case.title}"

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.line - 1, f"{self.case.id} {self.case.title}"

    @property
    def ihook(self) -> pluggy.HookRelay:
        return self.parent.hooks

    @property
    def system(self) -> str:
        return self.parent.system

    def begin(self, session: Any) -> None:
        from csvgen.execution import compat

        self._session = session
        self.obj = lambda: self.run_case(compat.request(self))
        recorder = session.recorder(self.system)
        if not session.claim(self.case.id):
            self.recorder = None
        elif session.attendant is not None and self.case.attended:
            self.recorder = recorder.attended(self.case, session.attendant.parts.get(self.case.id))
        else:
            self.recorder = recorder.case(self.case)
        RUNNING.append(self)

    def run_case(self, request: FixtureRequest) -> None:
        from csvgen.execution.executor import NotPassed, execute, lacking
        from csvgen.model.execution import Verdict
        from csvgen.views import Unanswered

        if self.recorder is None:
            raise NotPassed(Verdict.ERROR, "a worker died in this case; a case is executed once in a run")
        attendant = self._session.attendant
        if self.recorder.began and attendant is None:
            reason = "the case was executed again; only what came first is recorded, and a case that is repeated until it passes proves nothing"
            self.recorder.phase(Verdict.ERROR, reason)
            raise NotPassed(Verdict.ERROR, reason)
        if self.case.attended and attendant is None:
            reason = "attended: a person carries it out; an automated run does not execute it"
            self.recorder.phase(Verdict.NOT_RUN, reason)
            raise NotPassed(Verdict.NOT_RUN, reason)
        if self.case.ports or (attendant is not None and attendant.formal):
            try:
                target = request.getfixturevalue("target")
            except Unanswered as kept:
                self.recorder.phase(Verdict.BLOCKED, lacking(kept))
                raise NotPassed(Verdict.BLOCKED, lacking(kept)) from None
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
        RUNNING.remove(self)
        self.obj = _steps_of_the_case
        if self.recorder is not None:
            result = self.recorder.finish()
            self._session.results[result.verdict] = self._session.results.get(result.verdict, 0) + 1
            self.recorder = None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        from csvgen.execution.executor import NotPassed

        return str(excinfo.value) if isinstance(excinfo.value, NotPassed) else super().repr_failure(excinfo)
