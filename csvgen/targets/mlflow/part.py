"""The probes of an MLflow server, by name."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from csvgen.clock import Clock
from csvgen.targets.mlflow import runs, server, shown
from csvgen.targets.mlflow.client import reader, stranger
from csvgen.targets.mlflow.settings import Mlflow
from csvgen.targets.probing.counterpart import declared
from csvgen.targets.probing.credentials import Lookup
from csvgen.targets.probing.facts import need
from csvgen.targets.probing.part import Part, Probe
from csvgen.targets.probing.reader import Reader


def part(settings: Mlflow, clock: Clock, lookup: Lookup | None = None) -> Part:
    """Server, rights, experiment, runs, seals and models."""
    answers = declared(settings.counterpart, own=False, what="MLflow")

    @cache
    def m() -> Reader:
        return reader(settings, answers, clock, lookup)

    def nobody() -> Reader:
        return stranger(settings, answers, clock)

    def home() -> str:
        return need(settings.experiment, "mlflow.experiment")

    def models() -> tuple[str, ...]:
        need(settings.models, "mlflow.models")
        return settings.models

    def sealed() -> dict[str, str]:
        need(settings.sealed_runs, "mlflow.sealed_runs")
        return {k: str(v) for k, v in settings.sealed_runs.items()}

    s = settings
    probes: dict[str, Probe] = {
        "server": lambda: server.server(m(), nobody()),
        "rights": lambda: server.rights(m(), nobody(), s.experiment, sorted({v.rpartition("/")[0] for v in s.models})),
        "experiment": lambda: runs.one_experiment(m(), home()),
        "runs": lambda: runs.change_runs(m(), home(), s.ticket, s.ticket_form, s.runs),
        "sealed-runs": lambda: shown.sealed_runs(m(), sealed()),
        "model-versions": lambda: runs.model_versions(m(), models(), s.ticket),
        "model-digests": lambda: runs.model_digests(m(), models(), {k: str(v) for k, v in s.signed_models.items()}),
    }
    return Part("mlflow", f"mlflow {urlsplit(s.url).hostname}", probes, dict.fromkeys(probes, lambda: answers))
