"""The built-in step library, written against the ports only."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

NAMES = (
    "common",
    "access",
    "sessionless",
    "refusing",
    "lots",
    "results",
    "instruments",
    "records",
    "trail",
    "since",
    "readback",
    "signing",
    "installation",
    "matrix",
    "provenance",
    "investigation",
    "promotion",
    "certificate",
    "held",
    "malformed",
    "report",
    "concurrency",
    "transfer",
    "entry",
    "states",
    "continuity",
    "gates",
    "changes",
    "factor",
    "signed",
    "replicates",
    "plates",
    "restored",
    "clocked",
    "material",
    "corrected",
    "worklist",
    "lost",
    "visible",
    "setaside",
    "told",
    "onrecord",
    "anyrecord",
    "probes",
)


def modules() -> list[ModuleType]:
    """The modules that hold fixtures and step definitions, for the pytest plugin to register."""
    return [import_module(f"csvgen.steps.{name}") for name in NAMES]
