"""Faults of the pipeline, by subject: what is calculated, which acts a state allows, sources, runs, code, integrations, certificates."""

from csvgen_faults.pipeline import (
    calculation,
    certificate,
    gate,
    integration,
    investigation,
    promotion,
    quarantine,
    reading,
    runs,
)

__all__ = ["calculation", "certificate", "gate", "integration", "investigation", "promotion", "quarantine", "reading", "runs"]
