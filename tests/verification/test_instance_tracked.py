"""A run told to a real MLflow server, and what `csvgen verify` finds when a tag is changed over there, or the server is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.model.verification import Outcome
from csvgen.pipeline.instance import Settings

from ..counterparts.mlflow_server import mlflow_server
from .instances import answer, checked, worked

pytestmark = pytest.mark.filterwarnings("ignore::Warning:mlflow", "ignore::DeprecationWarning")
TRACKED = "tracking server shows what was sealed"


def tracked(base: Path) -> tuple[Outcome, str]:
    return answer(checked(base), TRACKED)


def test_a_changed_tag_is_found_and_a_silent_server_is_unknown(shared: Path, tmp_path: Path) -> None:
    """A run told to the real server; what anybody on its network can change there; and the server gone."""
    with mlflow_server(tmp_path / "mlflow") as server:
        base = worked(shared, tmp_path / "at", Settings(tracking=server.url), lambda lab: lab.bring("L-1", "processed"))
        found = checked(base)
        assert found, found.bottom_line
        assert answer(found, TRACKED) == (Outcome.HOLDS, "1 runs")
        runs = server.client.search_runs([e.experiment_id for e in server.client.search_experiments()])
        (run,) = (r.info.run_id for r in runs)
        before = server.client.get_run(run).data.tags["csvgen.ticket"]
        server.client.set_tag(run, "csvgen.ticket", "CHG-9999 approved by nobody")
        said, words = tracked(base)
        assert said is Outcome.FAILS
        assert "RUN-0001: tag 'csvgen.ticket' is 'CHG-9999 approved by nobody'" in words
        server.client.set_tag(run, "csvgen.ticket", before)
        assert tracked(base)[0] is Outcome.HOLDS
    found = checked(base)
    assert answer(found, TRACKED)[0] is Outcome.UNKNOWN
    assert not found
