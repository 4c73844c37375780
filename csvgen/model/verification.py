"""Verification: numbered, named checks with details, and for every signature its own answers. Never a bare bool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import Field

from csvgen.model.base import Stamp, Value


class Outcome(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """It could not be decided with what was given (no trust root, for example). Unknown is not true."""
    NOTE = "note"
    """Said for completeness; decides nothing (no time-stamp authority was configured, for example)."""


class Answer(StrEnum):
    """To one question about one signature. Unknown is not yes."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, known: bool | None) -> Answer:
        """None is a question nobody could answer."""
        return cls.UNKNOWN if known is None else cls.YES if known else cls.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    number: int
    name: str
    outcome: Outcome
    detail: str
    subject: str = ""
    """The record or file the check is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureAnswers:
    """One signature with its five questions, answered apart from each other. What it cannot tell of itself stays empty."""

    subject: str
    """File that holds it, and the place in the file where there are several."""
    form: str
    """record, PDF, Word, Excel, seal of the package, seal of a run, checkpoint."""
    printed_name: str = ""
    person: str = ""
    role: str = ""
    meaning: str = ""
    signed: str = ""
    """Claimed time, as a time of record (UTC)."""
    intact: Answer = Answer.UNKNOWN
    """The signed bytes are those that were signed."""
    valid: Answer = Answer.UNKNOWN
    """The signature value is this certificate's over them."""
    trusted: Answer = Answer.UNKNOWN
    """A trust root given from outside vouches for the certificate at the time of signing, and nobody revoked it before."""
    whole: Answer = Answer.UNKNOWN
    """It covers the whole document: nothing stands there that it is not over."""
    time_proven: Answer = Answer.UNKNOWN
    """Somebody else than the recording system vouches for the time. Unknown: only the signer's clock tells it."""
    reasons: tuple[str, ...] = ()
    """Why it is not valid, or what is not known."""

    @property
    def state(self) -> str:
        """VALID, INVALID or UNDECIDED, as every rendering shows it (21 CFR 11.50(b): an invalid one is shown, never left out).

        The time is an answer of its own: a signature without a time stamp can be valid, and its time is not proven.
        """
        answers = (self.intact, self.valid, self.trusted, self.whole)
        if Answer.NO in answers or self.time_proven is Answer.NO:
            return "INVALID"
        return "VALID" if set(answers) == {Answer.YES} else "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Verification:
    checks: tuple[Check, ...]
    signatures: tuple[SignatureAnswers, ...] = ()
    kind: str = "package"
    """What was recognised: package, pdf, word, ..."""
    missing: tuple[str, ...] = ()
    """What would be needed to know more than was found; it does not make a check fail."""

    def __bool__(self) -> bool:
        """True only if something was checked, every check holds and no signature is INVALID or undecided."""
        sound = all(s.state == "VALID" for s in self.signatures)
        return bool(self.decided) and sound and all(c.outcome is Outcome.HOLDS for c in self.decided)

    @property
    def decided(self) -> tuple[Check, ...]:
        """Checks that count; notes do not."""
        return tuple(c for c in self.checks if c.outcome is not Outcome.NOTE)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.outcome is Outcome.FAILS)

    @property
    def unknown(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.outcome is Outcome.UNKNOWN)

    @property
    def invalid(self) -> tuple[SignatureAnswers, ...]:
        return tuple(s for s in self.signatures if s.state == "INVALID")

    @property
    def bottom_line(self) -> str:
        total, without = len(self.decided), f"; not shown: {', '.join(self.missing)}" if self.missing else ""
        invalid = f", {len(self.invalid)} of {len(self.signatures)} signatures INVALID" if self.invalid else ""
        if self.failed:
            return f"NOT VERIFIED: {len(self.failed)} of {total} checks fail{invalid}{without}"
        if self.invalid:
            return f"NOT VERIFIED{invalid.replace(', ', ': ', 1)}{without}"
        if self.unknown:
            names = ", ".join(dict.fromkeys(c.name for c in self.unknown))
            return f"NOT VERIFIED: {len(self.unknown)} of {total} checks could not be decided: {names}{without}"
        return f"VERIFIED: all {total} checks hold{without}" if self else f"NOT VERIFIED: nothing was decided{without}"


class ReportedCheck(Value):
    number: int = Field(description="Position in the list; the order of the checks.")
    name: str = Field(description="Name of the check; names of released checks are not reused for another meaning.")
    outcome: Literal["holds", "fails", "unknown", "note"] = Field(
        description="unknown: could not be decided with what was given, and is not true. note: decides nothing."
    )
    detail: str = Field(description="What was found, in words. Not for machines to parse.")
    subject: str = Field(description="Record or file the check is about; empty when it is about all.")


class ReportedSignature(Value):
    subject: str = Field(description="File that holds the signature, and the place in it where there are several.")
    form: str = Field(description="record, PDF, Word, Excel, seal of the package, seal of a run, checkpoint.")
    printed_name: str = Field(description="Printed name of the signer as it was at signing; empty where it cannot be read.")
    person: str = Field(description="Never reused id of the signer; empty for a system.")
    role: str = Field(description="Role the signer signed in; empty where the form does not tell it.")
    meaning: str = Field(description="Meaning of the signature (21 CFR 11.50(a)(3)).")
    signed: str = Field(description="Claimed time of signing, UTC, ISO 8601 with Z; empty where it cannot be read.")
    state: Literal["VALID", "INVALID", "UNDECIDED"] = Field(
        description="VALID: intact, valid, trusted and whole are all yes. INVALID: any answer is no. Else UNDECIDED."
    )
    intact: Answer = Field(description="The signed bytes are those that were signed.")
    valid: Answer = Field(description="The signature value is this certificate's over them.")
    trusted: Answer = Field(description="A root given from outside vouches for the certificate at the time of signing.")
    whole: Answer = Field(description="It covers the whole document.")
    time_proven: Answer = Field(description="A time-stamp authority that is trusted vouches for the time.")
    reasons: tuple[str, ...] = Field(description="Why an answer is no or unknown.")


class VerificationReport(Value):
    """What `csvgen verify --format json` prints. Times are UTC with Z; keys are not removed or given another meaning in /1."""

    format: Literal["csvgen.verification/1"] = "csvgen.verification/1"
    csvgen: str = Field(description="Version that verified.")
    checked: Stamp = Field(description="When, by the clock of the verifying machine, UTC.")
    path: str = Field(description="What was verified.")
    kind: str = Field(description="What it was recognised as, by its content.")
    trust: str | None = Field(description="Where the trust roots came from; null: none were given, and nobody can be trusted.")
    anchor: str | None = Field(description="Where checkpoints kept outside came from; null: none were given.")
    verified: bool = Field(description="True only if something was decided, everything holds and every signature is VALID.")
    exit: Literal[0, 1] = Field(
        description="Exit code of the command: 0 verified, 1 not. Usage errors exit with 2 and print no report."
    )
    bottom_line: str = Field(description="The result in one line.")
    missing: tuple[str, ...] = Field(description="What would be needed to know more; it does not make the result false.")
    checks: tuple[ReportedCheck, ...]
    signatures: tuple[ReportedSignature, ...] = Field(description="Every signature found, INVALID ones too.")
