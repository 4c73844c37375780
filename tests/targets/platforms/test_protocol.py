"""The worked example qc-databricks as its reader has it: drafted, run against its stub in processes of their own, and told who answered."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.config import load_config
from csvgen.errors import ConfigError
from csvgen.evidence.read import read_run
from csvgen.spec.load import load_system
from csvgen.targets import bind

from ...counterparts import free_port, running
from ...tiny import REPOSITORY, clean_environment

EXAMPLES = REPOSITORY / "examples"


@pytest.fixture
def project(tmp_path) -> Path:
    """The example, written anew."""
    return Path(shutil.copytree(EXAMPLES / "qc-databricks", tmp_path / "project"))


def command(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment() | {"PYTHONPATH": str(REPOSITORY)} | variables
    return subprocess.run(
        [sys.executable, "-m", "csvgen", *arguments], cwd=project, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def run(project: Path, phase: str, system: str = "qc-databricks", **variables: str) -> dict[str, tuple[str, str, str]]:
    """Subject of each case -> verdict, reason, sources of what it observed."""
    done = command(project, "run", phase, **variables)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    (folder,) = (project / "output" / system / "runs").iterdir()
    found = {}
    for result in read_run(folder).results:
        subject = result.steps[0].text.partition('"')[2].rstrip('"')
        sources = " ".join(o.source + o.actual for s in result.steps for o in s.observations)
        found[subject] = (result.verdict.value, result.reason, sources)
    shutil.rmtree(folder)
    return found


@pytest.mark.parametrize("name", ["qc-databricks", "qc-tracking", "clinical-aws"])
def test_the_specification_is_whole_and_its_platform_can_be_read(name):
    loaded = load_system(EXAMPLES / name / "requirements_specs", name)
    assert loaded.spec is not None and not loaded.findings.errors, loaded.findings.items
    config = load_config(EXAMPLES / name, environ={})
    target = bind("validation", {"root": str(config.root), **config.targets["validation"]})
    asked = {i.subject for s in loaded.spec.installation.sections for i in s.items}
    asked |= {row["subject"] for r in loaded.spec.requirements for c in r.criteria for row in c.parameters["items"]}
    assert {s.partition(": ")[0] for s in asked} <= set(target.port("Probes").probes())
    assert all(c.kind == "real server" for c in target.counterparts), "the file for the real account"


def test_right_wrong_and_unreadable_settings_in_one_run(project):
    """One setting is wrong, one service refuses, one credential is missing; everything else passes. The stub is named wherever it answered."""
    answers = json.loads((project / "stub" / "answers.json").read_text())
    answers["/api/2.2/jobs/get"]["settings"]["edit_mode"] = "EDITABLE"
    del answers["/v1/sys/audit"]
    (project / "stub" / "answers.json").write_text(json.dumps(answers))
    platform = project / "instance" / "platform.yaml"
    with running([sys.executable, "-m", "stub", project / "instance"], platform.is_file, project / "log", cwd=project):
        platform.write_text(
            platform.read_text().replace(
                "repository: example/qc-release\n  token: {env: STUB_TOKEN}",
                "repository: example/qc-release\n  token: {env: NOBODY_SET_THIS}",
            )
        )
        assert command(project, "draft").returncode == 0
        found = run(project, "IQ", CSVGEN_PLATFORM="instance/platform.yaml", STUB_TOKEN="never-in-evidence")
    wrong = {s: (v, why) for s, (v, why, _) in found.items() if v != "PASSED"}
    assert wrong["databricks.promotion-gate: edited by hand"][0] == "FAILED"
    blocked = {s: why for s, (v, why) in wrong.items() if v == "BLOCKED"}
    assert {s.partition(":")[0] for s in blocked} == {"vault.server", "forge.branch-protection"}
    assert "NOBODY_SET_THIS is not set" in blocked["forge.branch-protection: protected"]
    assert len(wrong) == len(blocked) + 1
    assert len(found) > 25
    assert all("stub qc-databricks 1" in sources for s, (v, _, sources) in found.items() if v == "PASSED")
    assert "never-in-evidence" not in repr(found)


@pytest.mark.slow
def test_as_shipped_everything_passes_and_without_network_everything_is_blocked(project):
    platform = project / "instance" / "platform.yaml"
    command(project, "draft")
    with running([sys.executable, "-m", "stub", project / "instance"], platform.is_file, project / "log", cwd=project):
        for phase in ("IQ", "OQ", "PQ"):
            found = run(project, phase, CSVGEN_PLATFORM="instance/platform.yaml", STUB_TOKEN="x")
            assert {v for v, _, _ in found.values()} == {"PASSED"}, found
    found = run(project, "IQ", CSVGEN_PLATFORM="instance/platform.yaml", STUB_TOKEN="x")
    assert {v for v, _, _ in found.values()} == {"BLOCKED"}
    assert all("no network" in why for _, why, _ in found.values())


@pytest.mark.slow
def test_a_run_changed_in_a_real_mlflow_is_found_by_its_case_alone(tmp_path):
    """The example qc-tracking: MLflow's own server. It shows nothing of the change; the digest that was kept elsewhere does."""
    project = Path(shutil.copytree(EXAMPLES / "qc-tracking", tmp_path / "project"))
    platform, password = project / "instance" / "platform.yaml", {"QC_TRACKING_PASSWORD": "of this test alone 7"}
    assert command(project, "draft").returncode == 0
    serve = [sys.executable, "-B", "-m", "server", project / "instance", "--port", str(free_port())]
    with running(serve, platform.is_file, project / "log", cwd=project, env=password, seconds=180):
        asked = password | {"CSVGEN_PLATFORM": "instance/platform.yaml"}
        before = run(project, "OQ", "qc-tracking", **asked)
        assert {v for v, _, _ in before.values()} == {"PASSED"}, before
        assert all("real server MLflow 3.17" in sources for _, _, sources in before.values())
        subprocess.run([*serve, "--forge"], cwd=project, env=clean_environment() | password, check=True)
        after = run(project, "OQ", "qc-tracking", **asked)
    failed = {s: v for s, (v, _, _) in after.items() if v != "PASSED"}
    assert failed == {"mlflow.sealed-runs: runs that are not as they were sealed": "FAILED"}
    assert password["QC_TRACKING_PASSWORD"] not in repr((before, after))
    blocked = run(project, "PQ", "qc-tracking", CSVGEN_PLATFORM="instance/platform.yaml")
    assert {v for v, _, _ in blocked.values()} == {"BLOCKED"}, "without its password nothing is known"


# ------------------------------------------------------------ settings


def platform(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "platform.yaml").write_text(text)
    return {"adapter": "platform", "root": str(tmp_path), "file": "platform.yaml"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format: csvgen.platform/1\ntitle: x\n", "names no service"),
        ("format: csvgen.platform/1\ntitle: x\naws: {account: '12', region: x}\n", "aws.account"),
        ("format: csvgen.platform/1\ntitle: x\nforge: {kind: github, repository: a/b, token: ghp_secret}\n", "forge.token"),
        ("format: csvgen.platform/1\ntitle: x\naws: {account: '123456789012', region: x, buckets: y}\n", "aws.buckets"),
        ("format: csvgen.platform/1\ntitle: x\ntitle: y\n", "stands here again"),
        ("format: csvgen.platform/1\ntitle: x\nairflow: {url: 'http://x', user: ada}\n", "user and password go together"),
        ("format: csvgen.platform/1\ntitle: x\nmlflow: {url: 'http://x', user: ada, password: ghp_secret}\n", "mlflow.password"),
        ("title: [", "platform.yaml"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_place(tmp_path, text, words):
    with pytest.raises(ConfigError) as told:
        bind("validation", platform(tmp_path, text))
    assert words in str(told.value)
    assert "platform.yaml" in str(told.value) or "names no service" in words
    assert "ghp_secret" not in str(told.value)


def test_settings_of_the_target_that_mean_nothing_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="means nothing"):
        bind("validation", {"adapter": "platform", "root": str(tmp_path), "url": "x"})
    with pytest.raises(ConfigError, match="names no file"):
        bind("validation", {"adapter": "platform", "root": str(tmp_path)})
    with pytest.raises(ConfigError, match="cannot be read"):
        bind("validation", {"adapter": "platform", "root": str(tmp_path), "file": "none.yaml"})


def test_each_probe_is_asked_once_and_an_answer_of_another_shape_is_none(tmp_path, monkeypatch):
    from csvgen.clock import SystemClock
    from csvgen.targets.platform.target import PlatformTarget
    from csvgen.targets.probing.facts import facts
    from csvgen.targets.probing.part import Part
    from csvgen.views import Unanswered

    asked = []

    def right():
        asked.append(1)
        return facts("GET /x", {"a": True})

    def odd():
        asked.append(2)
        return facts("GET /x", {}["no such key"])

    target = PlatformTarget("validation", "x", (Part("p", "one", {"right": right, "odd": odd}, {}),), SystemClock())
    assert [target.probe("p.right")[0].value for _ in range(3)] == ["yes"] * 3
    for _ in range(2):
        with pytest.raises(Unanswered, match="not of the shape"):
            target.probe("p.odd")
    assert asked == [1, 2]
    with pytest.raises(KeyError):
        target.probe("p.none")
