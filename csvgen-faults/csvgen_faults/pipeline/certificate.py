"""Faults of certificates of analysis."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from csvgen.errors import Refused
from csvgen.pipeline.certificates import Certificates
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


@fault("pipeline-certificate-of-unreleased")
def _() -> None:
    """Who asks for what is not there gets what it would be."""

    def certificate(original: Anything, self: Certificates, session: str, lot: str) -> Any:
        try:
            return original(self, session, lot)
        except Refused as refusal:
            if refusal.rule != "RR-F01":
                raise
            return self.certificate_draft(session, lot)

    replace(Certificates, "certificate", certificate)


@fault("pipeline-certificate-other-value")
def _() -> None:
    def content(original: Anything, *given: Any) -> dict[str, Any]:
        told: dict[str, Any] = original(*given)
        for result in told["results"]:
            result["reported"] = str(Decimal(result["reported"]) + Decimal("0.1"))
        return told

    replace(Certificates, "_content", content)
