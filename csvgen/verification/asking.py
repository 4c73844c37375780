"""One question over many signatures as one check: no is a fault, unknown stays unknown."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.model.verification import Answer, SignatureAnswers
from csvgen.verification.checks import Checks


def ask(checks: Checks, name: str, found: Sequence[SignatureAnswers], question: str, good: str, subject: str) -> None:
    """`question` is the name of an answer: intact, valid, trusted, whole, time_proven."""
    answered = [(s, getattr(s, question)) for s in found]
    bad = [f"{_who(s)}: {'; '.join(s.reasons) or 'no'}" for s, answer in answered if answer is Answer.NO]
    open_ = {f"{'; '.join(s.reasons) or 'not known'}": _who(s) for s, answer in answered if answer is Answer.UNKNOWN}
    if bad or not open_:
        checks.add(name, bad, good, subject)
    else:
        checks.unknown(name, "; ".join(f"{who}: {why}" for why, who in open_.items()), subject)


def _who(answer: SignatureAnswers) -> str:
    return f"{answer.subject} ({answer.printed_name or 'name not readable'})"
