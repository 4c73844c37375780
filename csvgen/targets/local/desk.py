"""Functions of the application that people use at their desk, beside those of the ports: as the server of an instance offers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from csvgen.pipeline.release import QcRelease
from csvgen.ports import LotStanding, Outcome

_WORKERS = 2
"""Processes of a batch asked for here. What comes of a batch is the same for any number."""


def verbs(app: QcRelease) -> Mapping[str, Callable[..., Any]]:
    """By their names on the wire."""

    def process_batch(session: str, lots: tuple[str, ...]) -> tuple[Outcome, ...]:
        return app.many.process_batch(session, lots, workers=_WORKERS)

    def process_each(session: str, lots: tuple[str, ...]) -> tuple[Outcome, ...]:
        return tuple(app.many.process_each(session, lots))

    def standing(session: str) -> tuple[LotStanding, ...]:
        return app.standing.lots(session)

    return {
        "Pipeline.change_material": app.materials.change,
        "Pipeline.approve_material": app.materials.approve,
        "Pipeline.describe_lot": app.materials.describe,
        "Pipeline.correct_certificate": app.certificates.correct_certificate,
        "Pipeline.certificate_copy": app.certificates.certificate_copy,
        "Pipeline.certificate_draft": app.certificates.certificate_draft,
        "Pipeline.end_procedure": app.conditions.end_procedure,
        "Pipeline.standing": standing,
        "Pipeline.waiting": app.many.waiting,
        "Pipeline.process_batch": process_batch,
        "Pipeline.process_each": process_each,
        "SecondFactor.report_device": app.access.report_device,
        "SecondFactor.verify_identity": app.access.verify_identity,
    }
