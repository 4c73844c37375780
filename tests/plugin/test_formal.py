"""A formal run executes its plan: each case once, in its order, excused by nothing. Otherwise it is refused, and says so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from csvgen.canonical import digest
from csvgen.clock import SystemClock, stored
from csvgen.errors import NotIntact
from csvgen.evidence.read import read_run
from csvgen.evidence.seal import seal
from csvgen.execution.session import planned, write_plan
from csvgen.model.evidence import Evidence
from csvgen.model.execution import RunPlan, Verdict
from csvgen.protocol.files import read_protocol

from .test_partial import MARKS, Probe, case, credential, probe  # noqa: F401 - fixtures


class Formal:
    """A planned formal run of the four cases, executed by pytest itself as somebody could who wants to go round `csvgen run`."""

    def __init__(self, probe: Probe) -> None:  # noqa: F811
        self.probe = probe
        self.root = probe.pytester.path

    def run(self, *arguments: str, process: bool = False, paths: tuple[str, ...] = ("protocols",)) -> tuple[Evidence, str, int]:
        protocol, _ = read_protocol(self.root / "protocols" / "probe", "probe")
        folder = self.root / "output" / "probe" / "runs" / "OQ-001"
        plan = RunPlan(
            run="OQ-001", system="probe", phase="OQ", mode="formal", protocol=digest("p"), target="none", scope="complete",
            planned=planned(protocol.cases), created=stored(dt.datetime.now(dt.UTC)), account="ci-runner", account_owner="somebody",
        )  # fmt: skip
        write_plan(folder, plan)
        done = self.probe.execute("-p", "no:cacheprovider", "--csvgen-run", str(folder), *arguments, *paths, process=process)
        return read_run(folder), done.stdout.str() + done.stderr.str(), int(done.ret)


@pytest.fixture
def formal(probe: Probe) -> Formal:  # noqa: F811
    return Formal(probe)


def refused(outcome: tuple[Evidence, str, int], credential, *words: str) -> None:  # noqa: F811
    evidence, said, code = outcome
    assert code != 0
    assert "INTERNALERROR" not in said
    assert {r.verdict for r in evidence.results} == {Verdict.NOT_RUN}
    assert evidence.problems == ()
    told = " ".join(evidence.unsealable)
    for word in words:
        assert word in told
        assert word in said
    with pytest.raises(NotIntact, match="cannot be sealed: the run was refused before anything was executed"):
        seal(Path(evidence.folder), credential, SystemClock())


def test_the_plan_as_it_is_runs(formal: Formal, credential) -> None:  # noqa: F811
    evidence, _, _ = formal.run()
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.PASSED]
    assert evidence.unsealable == ()
    assert not evidence.reordered
    sealed = seal(Path(evidence.folder), credential, SystemClock())
    assert sealed.seal is not None
    assert sealed.seal.complete


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-m", MARKS), ("the option -m", "TC-OQ-0002 was planned and is left out")),
        pytest.param(("-x",), ("the option -x or --maxfail",), marks=pytest.mark.slow),
        (
            ("--deselect", "protocols/probe/OQ/f.feature::TC-OQ-0001"),
            ("the option --deselect", "TC-OQ-0001 was planned and is left out"),
        ),
    ],
    ids=["-m", "-x", "--deselect"],
)
def test_options_that_leave_cases_out_or_stop_are_refused(formal: Formal, credential, arguments, words) -> None:  # noqa: F811
    refused(formal.run(*arguments), credential, *words)


CONFTESTS = {
    "takes a case away": ("def pytest_collection_modifyitems(items): del items[1]", "TC-OQ-0002 was planned and is left out"),
    "deselects a case": (
        "def pytest_collection_modifyitems(config, items):\n    config.hook.pytest_deselected(items=[items.pop()])",
        "TC-OQ-0004 was planned and is left out",
    ),
    "turns them round": ("def pytest_collection_modifyitems(items): items.reverse()", "in another order than planned, from TC-OQ-0004 on"),
    "expects a failure": (
        "import pytest\ndef pytest_collection_modifyitems(items): items[2].add_marker(pytest.mark.xfail)",
        "TC-OQ-0003 carries the mark xfail",
    ),
    "skips one": (
        "import pytest\ndef pytest_collection_modifyitems(items): items[2].add_marker(pytest.mark.skipif(True, reason='x'))",
        "TC-OQ-0003 carries the mark skipif",
    ),
    "brings a plugin that retries": (
        "import types\nplugin = types.ModuleType('pytest_rerunfailures')\n\ndef pytest_configure(config): config.pluginmanager.register(plugin, 'rerunfailures')",
        "the plugin pytest_rerunfailures repeats cases",
    ),
}  # fmt: skip


_QUICK = ("takes a case away", "turns them round", "expects a failure")


@pytest.mark.parametrize("what", [w if w in _QUICK else pytest.param(w, marks=pytest.mark.slow) for w in CONFTESTS])
def test_a_conftest_that_meddles_is_refused(formal: Formal, credential, what: str) -> None:  # noqa: F811
    code, words = CONFTESTS[what]
    formal.probe.conftest(f"\n{code}\n")
    refused(formal.run(), credential, words)


@pytest.mark.slow
def test_what_is_no_case_of_the_protocol_is_refused(formal: Formal, credential) -> None:  # noqa: F811
    (formal.probe.folder / "test_more.py").write_text("def test_more(): pass\n", encoding="utf-8")
    refused(formal.run(), credential, "test_more.py::test_more is no case of the protocol")


def test_files_in_another_order_than_planned_run_as_planned(formal: Formal) -> None:
    """A shard or a retest names files as it likes."""
    (formal.probe.folder / "a.feature").write_text("@OQ\nFeature: a\n" + case(9, "URS-QC-001", "low"), encoding="utf-8")
    evidence, _, _ = formal.run(paths=("protocols/probe/OQ/f.feature", "protocols/probe/OQ/a.feature"))
    assert evidence.unsealable == ()
    assert evidence.plan.planned[0].case == "TC-OQ-0009"
    assert evidence.order[0] == "TC-OQ-0009"
    assert not evidence.reordered


@pytest.mark.slow
def test_a_refusal_under_xdist_ends_the_run_too(formal: Formal, credential) -> None:  # noqa: F811
    evidence, said, code = formal.run("-n", "2", "-k", "0001", process=True)
    assert code != 0
    assert {r.verdict for r in evidence.results} == {Verdict.NOT_RUN}
    assert any("the option -k" in why for why in evidence.unsealable), said


def test_a_mark_put_on_while_the_case_runs_excuses_nothing(formal: Formal) -> None:
    formal.probe.conftest(
        "\nimport pytest\n@pytest.fixture(autouse=True)\ndef excuse(request): request.applymarker(pytest.mark.xfail(reason='later'))\n"
    )
    evidence, _, _ = formal.run()
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.PASSED]


# ------------------------------------------------------------------ step code

EDITS = """
@then("the step code is edited meanwhile")
def _(observe):
    import pathlib
    path = pathlib.Path(__file__)
    path.write_text(path.read_text() + "\\n# a better expectation\\n")
    observe("thing", expected="1", actual="1", source="probe")
"""


def test_step_code_that_is_edited_while_the_run_goes_is_found_and_not_sealed(formal: Formal, credential) -> None:  # noqa: F811
    formal.probe.conftest(EDITS)
    (formal.probe.folder / "f.feature").write_text(
        "@OQ\nFeature: f\n  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then the step code is edited meanwhile\n",
        encoding="utf-8",
    )
    evidence, _, code = formal.run()
    assert code == 0, "pytest itself noticed nothing"
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED]
    assert evidence.unsealable == ("the step code project/protocols/probe/OQ/conftest.py was changed while the run went",)
    with pytest.raises(NotIntact, match=r"cannot be sealed: the step code project/protocols"):
        seal(Path(evidence.folder), credential, SystemClock())


def test_the_step_code_of_a_run_can_be_compared(formal: Formal) -> None:
    from csvgen.execution.stepcode import differences, findable, now

    (formal.probe.folder / "helpers.py").write_text("LIMIT = 3\n", encoding="utf-8")
    evidence, _, _ = formal.run(process=True)
    names = {f.file for f in evidence.code}
    assert {"project/protocols/probe/OQ/conftest.py", "project/protocols/probe/OQ/helpers.py", "csvgen/steps/common.py"} <= names
    code = findable(evidence.code)
    assert differences(code, now(code, formal.root)) == ()
    (formal.probe.folder / "helpers.py").write_text("LIMIT = 4\n", encoding="utf-8")
    (changed,) = differences(code, now(code, formal.root))
    assert changed.startswith("project/protocols/probe/OQ/helpers.py was changed: ")
    (formal.probe.folder / "helpers.py").unlink()
    assert differences(code, now(code, formal.root)) == ("project/protocols/probe/OQ/helpers.py is not there any more",)
