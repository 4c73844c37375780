"""Every Then of the library, on the worked example, against falsified observations: none may be blind."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.challenge import plan
from csvgen.challenge.phrases import covering, library
from csvgen.challenge.run import Bench, configured
from csvgen.clock import SystemClock
from csvgen.config import load_config
from csvgen.targets import disposable
from csvgen.workflow.state import read_state

from ..tiny import REPOSITORY
from .broken import distribution
from .test_falsehoods import NOT_IN_USE

BLIND: dict[str, str] = {}
"""Phrase -> why no falsified observation can turn it red. It may only get shorter."""


@pytest.mark.slow
def test_every_then_turns_red_when_what_it_reads_is_falsified(tmp_path, monkeypatch):
    faults = distribution(tmp_path / "faults")  # the port has to be offered; no fault is seeded
    monkeypatch.setenv("PYTHONPATH", f"{REPOSITORY}:{faults}")
    config = load_config(REPOSITORY)
    state = read_state(config, "qc-release")
    template = tmp_path / "template"
    disposable("validation", config.targets["validation"], template, configured(state.spec))
    said: list[str] = []
    bench = Bench(
        config, state.spec, state.protocol, SystemClock(), said.append, tmp_path / "challenge", Path(template), "CH-001"
    )
    trial = bench.trial("falsified", covering(plan.executable(state.protocol)))
    noticed = {f.phrase for f in trial.falsifications if f.noticed is not None}
    told = {f.phrase: f.reason for f in trial.falsifications if f.phrase not in noticed}
    not_green = {r.case: r.reason for r in trial.results if r.verdict != "PASSED"}
    assert set(told) <= set(BLIND), told
    assert set(library()) - noticed <= {*BLIND, *NOT_IN_USE}, not_green
