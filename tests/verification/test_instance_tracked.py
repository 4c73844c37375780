"""A run told to a real MLflow server, and what `csvgen verify` finds when a tag is changed over there, or the server is silent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.crypto.trust import trust_at
from csvgen.model.verification import Outcome, Verification
from csvgen.pipeline.instance import Settings
from csvgen.targets.local.install import install
from csvgen.verification.outside import Outside
from csvgen.verification.verify import verify

from ..counterparts.mlflow_server import Tracker, mlflow_server
from ..pipeline.conftest import Lab
from ..tiny import cheap_secrets

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning:mlflow", "ignore::DeprecationWarning")]
TRACKED = "tracking server shows what was sealed"


def tracked(home: Path) -> Verification:
    return verify(home, trust_at(home / "keys" / "ca.pem"), Outside())


def outcome(found: Verification) -> tuple[Outcome, str]:
    (check,) = (c for c in found.checks if c.name == TRACKED)
    return check.outcome, check.detail


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as running:
        yield running


@pytest.fixture(scope="module")
def made(server: Tracker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("instance") / "qc"
    with cheap_secrets():
        install(home, {})
    (home / "instance.toml").unlink(missing_ok=True)
    Settings(tracking=server.url).write(home)
    lab = Lab(home)
    lab.bring("L-1", "released")
    lab.app.close()
    return home


def test_a_changed_tag_is_found_and_a_silent_server_is_unknown(made: Path, server: Tracker, tmp_path: Path) -> None:
    assert outcome(tracked(made)) == (Outcome.HOLDS, "1 runs")
    runs = server.client.search_runs([e.experiment_id for e in server.client.search_experiments()])
    (run,) = (r.info.run_id for r in runs)
    before = server.client.get_run(run).data.tags["csvgen.ticket"]
    server.client.set_tag(run, "csvgen.ticket", "CHG-9999 approved by nobody")
    said, words = outcome(tracked(made))
    assert said is Outcome.FAILS
    assert "RUN-0001" in words
    assert "ticket" in words
    server.client.set_tag(run, "csvgen.ticket", before)
    assert outcome(tracked(made))[0] is Outcome.HOLDS
    away = Path(shutil.copytree(made, tmp_path / "copy"))
    assert tracked(away)


def test_a_silent_server_is_unknown_and_unknown_is_not_verified(tmp_path: Path) -> None:
    home = tmp_path / "qc"
    with cheap_secrets():
        install(home, {})
    (home / "instance.toml").unlink(missing_ok=True)
    with mlflow_server(tmp_path / "mlflow") as there:
        Settings(tracking=there.url).write(home)
        lab = Lab(home)
        lab.bring("L-1", "processed")
        lab.app.close()
    found = tracked(home)
    assert outcome(found)[0] is Outcome.UNKNOWN
    assert not found
