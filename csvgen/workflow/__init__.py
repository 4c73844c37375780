"""The only room that knows the order of the flow and its gates, and that joins events of the flow to the audit trail."""

from __future__ import annotations

from csvgen.workflow.running import finish_engineering_runs, plan_engineering_runs

__all__ = ["finish_engineering_runs", "plan_engineering_runs"]
