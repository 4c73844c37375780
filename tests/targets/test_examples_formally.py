"""The worked examples as docs/examples.md tells it: drafted, approved, executed formally, reported, packed and verified, each act by its person."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from csvgen.evidence.read import read_run

from ..counterparts import running
from ..tiny import REPOSITORY
from .serving import served

pytestmark = pytest.mark.slow
EVERYBODY = ("mara.ivens", "oskar.lindqvist", "tomas.feld", "ruth.amsel")
THREE = ("mara.ivens", "oskar.lindqvist", "ruth.amsel")


@contextmanager
def lims(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with served(["lims", "instance", "--idle", "4"], project, project, "/api/about", LIMS_DEFECTS="none") as address:
        monkeypatch.setenv("LIMS_URL", address)
        yield


@contextmanager
def workspace(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    platform = project / "instance" / "platform.yaml"
    command = [sys.executable, "-m", "stub", project / "instance"]
    with running(command, platform.is_file, project / "stub.log", cwd=project):
        monkeypatch.setenv("CSVGEN_PLATFORM", "instance/platform.yaml")
        monkeypatch.setenv("STUB_TOKEN", "any")
        yield


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What types for the fictitious people of the demonstration."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "examples" / "qc-release"))
    import demo

    return demo


@pytest.mark.parametrize(
    ("name", "system", "cases"),
    [("lims-http", lims, (3, 57, 2)), ("qc-databricks", workspace, (30, 12, 1))],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_from_init_to_a_verified_package(name, system, cases, people, tmp_path, monkeypatch):
    project = tmp_path / "project"
    with closing((writer := people.Demonstration(tmp_path)).log):
        writer.csvgen("init", str(project), "--example", name)
    flow = people.Demonstration(project)
    with closing(flow.log), system(project, monkeypatch):
        flow.csvgen("check")
        assert " 0 gaps." in flow.csvgen("draft")
        appointed(flow, project)
        named = (project / "requirements_specs" / name / "suppliers.yaml").is_file()
        flow.csvgen("report", "plan", "urs", "fs", "risk", "system-description", *(("supplier-assessment",) if named else ()))
        flow.signed_by(*EVERYBODY, reason="initial issue")
        flow.csvgen("report", "iq-protocol", "oq-protocol", "pq-protocol")
        flow.signed_by(*EVERYBODY, reason="expected results stand before execution")
        for phase, owner in (("IQ", "tomas.feld"), ("OQ", "tomas.feld"), ("PQ", "oskar.lindqvist")):
            flow.run_phase(phase, expect=0)
            flow.close_phase(f"{phase}-001")
            flow.report(phase, "mara.ivens", owner, "ruth.amsel")
        for kinds in (people.LATER, ("validation-summary",), ("release-certificate",)):
            flow.csvgen("report", *kinds)
            flow.signed_by(*THREE, reason="drawn from the records of this validation")
        flow.csvgen("trace")
        flow.csvgen("export", "package")
        flow.csvgen("verify", str(project / "output" / name / "package"))
    runs = [read_run(project / "output" / name / "runs" / f"{phase}-001") for phase in ("IQ", "OQ", "PQ")]
    assert {str(r.verdict) for run in runs for r in run.results} == {"PASSED"}
    assert tuple(len(run.results) for run in runs) == cases
    log = (project / "demo.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert not [secret for secret in flow.passwords.values() if secret in log]


def appointed(flow: Any, project: Path) -> None:
    """Authority and people, from the file that init wrote."""
    flow.make_authority()
    flow.csvgen("people", "import", str(project / "people.yaml"))
    flow.activate("ines.halvorsen")
    flow.log_in("ines.halvorsen")
    flow.activate("tomas.feld")
    flow.csvgen("people", "token", "ci-runner", "--out", str(project / "ci-runner.token"), "--reason", "executes")
    for person in ("mara.ivens", "oskar.lindqvist", "ruth.amsel", "nadia.corso", "pavel.broz"):
        flow.activate(person)
