"""Values on the wire: JSON with three marks, so that both ends get back exactly what was sent.

    bytes         {"$bytes": "<base64>"}
    a mapping     {"$map": {name: value}}
    a port value  {"$value": "Outcome", "fields": {name: value}}

Tuples and lists become lists and come back as tuples. Nothing else is sent: no floats, no secrets in answers but the key of a
device, which its owner gets once.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from csvgen import ports

_VALUES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        ports.AccountView,
        ports.AuditEntry,
        ports.ClockReading,
        ports.ComponentState,
        ports.DeviationView,
        ports.LotStanding,
        ports.LotView,
        ports.Outcome,
        ports.RecordCopy,
        ports.RecordView,
        ports.SignatureView,
        ports.TestResult,
        ports.TraceStep,
        ports.TraceView,
    )
}


def encode(value: Any) -> Any:
    """A value as JSON types. Raises TypeError for what has no form on the wire."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {"$map": {str(k): encode(v) for k, v in value.items()}}
    if isinstance(value, list | tuple):
        return [encode(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type) and type(value).__name__ in _VALUES:
        return {"$value": type(value).__name__, "fields": {f.name: encode(getattr(value, f.name)) for f in fields(value)}}
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def decode(value: Any) -> Any:
    """A value from JSON types. Raises ValueError for anything `encode` would not have written."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return tuple(decode(v) for v in value)
    if isinstance(value, dict):
        match sorted(value):
            case ["$bytes"]:
                return base64.b64decode(value["$bytes"], validate=True)
            case ["$map"] if isinstance(value["$map"], dict):
                return {k: decode(v) for k, v in value["$map"].items()}
            case ["$value", "fields"] if value["$value"] in _VALUES and isinstance(value["fields"], dict):
                try:
                    return _VALUES[value["$value"]](**{k: decode(v) for k, v in value["fields"].items()})
                except TypeError:
                    raise ValueError(f"wrong fields for {value['$value']}") from None
    raise ValueError("not a value of the wire")
