"""Faults of the pipeline, by subject: what is calculated, which acts a state allows, sources, runs, code, integrations, certificates,
and what people do at their desk.
"""

from csvgen_faults.pipeline import (
    calculation,
    certificate,
    desk,
    gate,
    integration,
    investigation,
    promotion,
    quarantine,
    reading,
    runs,
)

__all__ = [
    "calculation",
    "certificate",
    "desk",
    "gate",
    "integration",
    "investigation",
    "promotion",
    "quarantine",
    "reading",
    "runs",
]
