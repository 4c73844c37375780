"""The probes of an Airflow server, by name."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from csvgen.clock import Clock
from csvgen.targets.airflow import dags, server
from csvgen.targets.airflow.client import reader, stranger
from csvgen.targets.airflow.settings import Airflow
from csvgen.targets.probing.counterpart import declared
from csvgen.targets.probing.credentials import Lookup
from csvgen.targets.probing.facts import need
from csvgen.targets.probing.part import Part, Probe
from csvgen.targets.probing.reader import Reader


def part(settings: Airflow, clock: Clock, lookup: Lookup | None = None) -> Part:
    """Server, configuration, rights, secrets, DAGs and runs."""
    answers = declared(settings.counterpart, own=False, what="Airflow")

    @cache
    def a() -> Reader:
        return reader(settings, answers, clock, lookup)

    def names() -> tuple[str, ...]:
        need(settings.dags, "airflow.dags")
        return settings.dags

    probes: dict[str, Probe] = {
        "server": lambda: server.server(a(), stranger(settings, answers, clock)),
        "configuration": lambda: server.configuration(a()),
        "rights": lambda: server.rights(a()),
        "secrets": lambda: server.secrets(a()),
        "dags": lambda: dags.dags(a(), names()),
        "import-errors": lambda: dags.import_errors(a()),
        "runs": lambda: dags.runs(a(), names(), settings.ticket, settings.ticket_form, settings.runs),
    }
    return Part("airflow", f"airflow {urlsplit(settings.url).hostname}", probes, dict.fromkeys(probes, lambda: answers))
