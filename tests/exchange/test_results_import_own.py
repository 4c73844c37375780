"""What csvgen itself exported comes back as no evidence (RR-X02); and nothing that did not pass here is a pass in the copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.errors import Refused
from csvgen.evidence.read import read_run
from csvgen.exchange.results import allure, ctrf, junit, messages
from csvgen.exchange.results.copied import copy_of
from csvgen.exchange.results.recognise import read
from csvgen.exchange.results.seen import Raw
from csvgen.workflow.imported import import_results

from ..tiny import OPERATOR
from . import executed

WRITERS = {"cucumber-messages": messages.write, "junit": junit.write, "ctrf": ctrf.write}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A sealed run with every verdict in it."""
    return executed.every_verdict(tmp_path_factory.mktemp("runs") / "OQ-001", executed.sealer())


def exported(run: Path, form: str, to: Path) -> Path:
    copy = copy_of(read_run(run), None)
    if form == "allure":
        for name, data in allure.files(copy):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes(data)
        return to
    to.write_bytes(b"".join(WRITERS[form](copy)))
    return to


@pytest.mark.parametrize("form", [*WRITERS, "allure"])
def test_an_export_is_recognised_and_only_its_passes_read_as_passes(run, tmp_path, form):
    path = exported(run, form, tmp_path / "copy")
    files = (
        [Raw(p.relative_to(path).as_posix(), p) for p in sorted(path.rglob("*")) if p.is_file()]
        if path.is_dir()
        else [Raw(path.name, path)]
    )
    found, claims = read(files, None)
    assert found.form == form
    assert claims, "it says what it is a copy of"
    here = read_run(run).results
    passed = sorted(r.case for r in here if r.verdict == "PASSED")
    assert passed
    assert len(passed) < len(here)
    told = [r for r in found.results if r.verdict == "PASSED"]
    assert len(told) == len(passed)
    for case in passed:
        assert any(case in f"{r.identity} {r.title} {r.carries}" for r in told), case


@pytest.mark.parametrize("form", [*WRITERS, "allure"])
def test_an_export_is_refused_as_evidence(run, tmp_path, tiny, form):
    project = tiny("founded")
    with pytest.raises(Refused, match="no such run was executed here") as refusal:
        import_results(project.state, project.ledger, project.clock, OPERATOR, exported(run, form, tmp_path / "copy"), None, None)
    assert refusal.value.rule == "RR-X02"
