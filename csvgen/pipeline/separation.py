"""Separation of duties: who brought in data of a subject, or processed them, does not judge them."""

from __future__ import annotations

from csvgen.audit.ledger import Version
from csvgen.errors import Refused
from csvgen.identity.directory import Session
from csvgen.pipeline.core import Core


def refuse_own(core: Core, subject: str, session: Session, act: str) -> None:
    """Raises Refused (RR-G02) for a person who brought in data of the subject, or processed them: their work is for others to judge."""
    person, name, words = session.account.id, session.account.printed_name, subject.replace("/", " ", 1)

    def about(kind: str) -> list[Version]:
        return [v for v in core.ledger.all(kind) if (v.content.get("subject") or f"lot/{v.content.get('lot')}") == subject]

    if any(run.content["operator"] == person for run in about("run")):
        raise Refused(f"{name} processed {words} and may not {act}", rule="RR-G02")
    if any(version.content["by"] == person for file in about("file") for version in core.ledger.versions("file", file.id)):
        raise Refused(f"{name} brought in data of {words} and may not {act}", rule="RR-G02")
