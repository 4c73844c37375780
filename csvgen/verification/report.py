"""What was found, as text for people and as JSON for machines (`VerificationReport`; its schema is printed by `schema_text`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from csvgen import __version__
from csvgen.clock import shown
from csvgen.diagnostics import one_line
from csvgen.model.verification import (
    ReportedCheck,
    ReportedSignature,
    SignatureAnswers,
    Verification,
    VerificationReport,
)

_MARK = {"holds": "ok  ", "fails": "FAIL", "unknown": "??  ", "note": "note"}


def report(verification: Verification, *, path: str, trust: str | None, anchor: str | None, checked: str) -> VerificationReport:
    """The value that `--format json` prints. `checked` is a time of record (UTC)."""
    return VerificationReport(
        csvgen=__version__,
        checked=checked,
        path=path,
        kind=str(verification.kind),
        trust=trust,
        anchor=anchor,
        verified=bool(verification),
        exit=0 if verification else 1,
        bottom_line=verification.bottom_line,
        missing=verification.missing,
        checks=tuple(ReportedCheck(**asdict(c) | {"outcome": str(c.outcome)}) for c in verification.checks),
        signatures=tuple(ReportedSignature(**asdict(s), state=s.state) for s in verification.signatures),
    )


def json_text(value: VerificationReport) -> str:
    return json.dumps(value.model_dump(mode="json"), indent=1, ensure_ascii=False)


def schema_text() -> str:
    """JSON Schema (2020-12) of the report, from the model that writes it."""
    schema = VerificationReport.model_json_schema(mode="serialization")
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "csvgen verify --format json"}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def text_lines(verification: Verification, trust: str | None) -> Iterator[str]:
    """Numbered checks, then every signature with its answers, then the bottom line. Each a harmless line for a terminal."""
    for c in verification.checks:
        place = f"  [{c.subject}]" if c.subject and c.outcome in ("fails", "unknown") else ""
        yield one_line(f"{c.number:>3} {_MARK[c.outcome]} {c.name}: {c.detail}{place}")
    for s in verification.signatures:
        yield one_line(_signature(s))
    yield one_line(f"{verification.bottom_line}  (trust roots: {trust or 'none given'})")


def _signature(s: SignatureAnswers) -> str:
    """Name, date and time with offset, and meaning, in every form (21 CFR 11.50(b)); an invalid one says so first."""
    who = f"{s.printed_name or 'name not readable'}" + (f" ({s.person})" if s.person else "")
    what = ", ".join(
        part
        for part in (s.meaning, f"as {s.role}" if s.role else "", shown(s.signed) if s.signed else "time not readable")
        if part
    )
    answers = f"intact {s.intact}, valid {s.valid}, trusted {s.trusted}, whole {s.whole}, time proven {s.time_proven}"
    why = f"  <- {'; '.join(s.reasons)}" if s.reasons and s.state != "VALID" else ""
    return f"    {s.state:<9} {s.form} {s.subject}: {who}, {what}  [{answers}]{why}"
