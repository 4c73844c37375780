"""What is made quicker while a run goes says the same as what it stands for."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

from csvgen.canonical import plain
from csvgen.clock import FixedClock
from csvgen.evidence.read import read_run
from csvgen.execution.environment import _told
from csvgen.execution.session import WorkerRecorder, write_plan
from csvgen.model.execution import CaseResult, StepResult, Verdict
from tests.evidence.conftest import START, case, plan
from tests.evidence.small_project import project, pytest_of


def recorded(folder: Path) -> CaseResult:
    write_plan(folder, plan(case(1)))
    recorder = WorkerRecorder(folder, "main", FixedClock(START, 1), folder)
    each = recorder.case(case(1))
    for step in case(1).steps[:-1]:
        each.open(step)
        each.observe("answer", "equal", "7", "7", "probe", "")
        each.close(Verdict.PASSED)
    made = each.finish()
    recorder.close()
    return made


def test_a_result_that_was_put_together_is_the_one_that_is_read_back(tmp_path: Path) -> None:
    """Put together, it was not validated; read back, it was, and nothing differs: not a field, not a type, not what it says as content."""
    made = recorded(tmp_path / "OQ-001")
    (read,) = read_run(tmp_path / "OQ-001").results
    assert [s.verdict for s in made.steps][-1] is Verdict.NOT_RUN
    assert (made, plain(made), made.model_dump()) == (read, plain(read), read.model_dump())
    for mine, its in zip((made, *made.steps), (read, *read.steps), strict=True):
        assert mine.__dict__.keys() == its.__dict__.keys() == type(its).model_fields.keys()
        assert list(mine.__dict__) == list(its.__dict__)
        assert {k: type(v) for k, v in mine.__dict__.items() if not isinstance(v, str)} == {
            k: type(v) for k, v in its.__dict__.items() if not isinstance(v, str)
        }
        assert hash(mine) == hash(its)
        assert repr(mine) == repr(its)
    assert isinstance(made.steps[0], StepResult)


def test_what_a_package_says_is_read_from_its_head_alone() -> None:
    """Of every package that is installed here: the version and the needs that importlib.metadata reads from the whole file."""
    compared = 0
    for package in distributions():
        whole = package.metadata
        assert _told(package) == (whole["Version"], whole.get_all("Requires-Dist") or []), whole["Name"]
        compared += 1
    assert compared > 50


def test_garbage_is_looked_for_again_once_cases_are_collected(tmp_path: Path) -> None:
    """Also where a file among them cannot be read."""
    root = project(tmp_path, "garbage is looked for")
    conftest = root / "protocols" / "probe" / "OQ" / "conftest.py"
    conftest.write_text(
        conftest.read_text(encoding="utf-8")
        + "\nimport gc\n\n@when('garbage is looked for')\ndef _(observe): observe('gc', expected='True', actual=str(gc.isenabled()), source='gc')\n",
        encoding="utf-8",
    )
    (conftest.parent / "broken.feature").write_text("Fature: x\n", encoding="utf-8")
    process = pytest_of(root, "--continue-on-collection-errors")
    said, _ = process.communicate("")
    assert "1 passed" in said, said
    assert "1 error" in said, said
    assert "could be garbage collected" not in said, "whoever asks what refers to a thing is told"
