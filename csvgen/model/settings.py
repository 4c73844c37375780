"""protocol.yaml and suppressions.yaml: how deep, by whom, and which findings were set aside for what reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from csvgen.model.base import Grown, Level, Line, Name, Text, Value, later

MeaningName = Literal["authored", "reviewed", "approved", "responsible", "issued", "performed", "verified"]
DocumentKind = Literal[
    "plan", "urs", "fs", "risk", "procedure",
    "iq-protocol", "oq-protocol", "pq-protocol", "iq-report", "oq-report", "pq-report",
    "execution-order", "run-record", "deviation", "conditional-release",
]  # fmt: skip


class Station(Value):
    """One signature on the way of a document: which role signs with which meaning."""

    meaning: MeaningName
    role: Name


class Route(Value):
    """The ordered signatures a kind of document needs."""

    title: Line
    stations: tuple[Station, ...] = Field(min_length=1)


class Separation(Value):
    """Two meanings that one person may not sign on the same record, or on the records named."""

    first: MeaningName
    second: MeaningName
    reason: Line


class ProtocolSettings(Grown):
    """protocol.yaml: depth policy, routes of approval, separation of duties."""

    format: Literal["csvgen.protocol-settings/1"]
    target: Name = Field(description="The target (see csvgen.toml) the protocols are executed against.")
    depth: Mapping[Level, tuple[Line, ...]] = Field(description="Risk priority -> techniques every script must have.")
    routes: Mapping[DocumentKind, Route]
    separation: tuple[Separation, ...] = Field(min_length=1)
    templates: Mapping[DocumentKind, Line] = later(
        {}, "Document kind -> file under templates/documents/ that is used instead of the usual one."
    )


# ------------------------------------------------------------------ suppressions.yaml


class Suppression(Value):
    """A finding somebody decided to live with, and why. Only warnings can be set aside; errors cannot."""

    rule: str = Field(pattern=r"^[A-Z]{3}\d{3}$", description="Code of the rule, for example URS112.")
    id: Line = Field(description="Id the finding is about; a criterion is URS-QC-001/ac-1.")
    reason: Text = Field(description="Printed in the documents.")


class Suppressions(Value):
    """suppressions.yaml: findings set aside."""

    format: Literal["csvgen.suppressions/1"]
    suppressions: tuple[Suppression, ...] = Field(min_length=1)
