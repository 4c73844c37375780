"""The probes of a workspace by name, bound to its settings."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from csvgen.clock import Clock
from csvgen.targets.databricks import client, jobs, tables, workspace
from csvgen.targets.databricks.settings import Databricks
from csvgen.targets.probing.credentials import Lookup
from csvgen.targets.probing.facts import need
from csvgen.targets.probing.part import Part, Probe
from csvgen.targets.probing.reader import Reader


def part(settings: Databricks, clock: Clock, lookup: Lookup | None = None) -> Part:
    """Every probe; one for which the settings say too little tells what is missing when it is asked."""
    answers = client.counterpart(settings)

    @cache
    def w() -> Reader:
        return client.workspace(settings, clock, lookup)

    def job() -> str:
        return need(settings.job, "databricks.job")

    def names() -> tuple[str, ...]:
        need(settings.tables, "databricks.tables")
        return settings.tables

    def group_names() -> tuple[str, ...]:
        need(settings.groups, "databricks.groups")
        return settings.groups

    def policy() -> str:
        return need(settings.cluster_policy, "databricks.cluster_policy")

    def linked() -> Reader:
        return client.account(settings, clock, lookup)

    probes: dict[str, Probe] = {
        "groups": lambda: workspace.groups(w(), group_names()),
        "job-rights": lambda: workspace.rights(w(), "jobs", job(), "the job"),
        "policy-rights": lambda: workspace.rights(w(), "cluster-policies", policy(), "the cluster policy"),
        "cluster-policy": lambda: workspace.cluster_policy(w(), policy()),
        "network": lambda: workspace.network(w()),
        "private-link": lambda: workspace.private_link(
            linked(), need(settings.account_id, "databricks.account_id"), need(settings.workspace_id, "databricks.workspace_id")
        ),
        "column-masks": lambda: tables.masks(w(), names()),
        "table-grants": lambda: tables.grants(w(), names()),
        "table-versions": lambda: tables.versions(w(), names()),
        "table-lineage": lambda: tables.lineage(w(), names()),
        "job-source": lambda: jobs.job_source(w(), job(), settings.git_folder or ""),
        "job-machines": lambda: jobs.job_machines(w(), job()),
        "job-artifacts": lambda: jobs.job_artifacts(w(), job(), settings.signed_artifacts),
        "job-runs": lambda: jobs.runs(w(), job(), settings.ticket, settings.ticket_form, settings.runs),
        "promotion-gate": lambda: jobs.promotion_gate(w(), job()),
    }
    host = urlsplit(settings.host).hostname or settings.host
    return Part("databricks", f"databricks {host}", probes, dict.fromkeys(probes, lambda: answers))
