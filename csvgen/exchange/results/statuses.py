"""The fixed table of foreign status words. It is printed by the command and in docs/imported-evidence.md; what it lacks is UNKNOWN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from csvgen.model.imported import ForeignVerdict, Form

P, F, E, S, N, U, Y, K = (
    ForeignVerdict.PASSED, ForeignVerdict.FAILED, ForeignVerdict.ERROR, ForeignVerdict.SKIPPED,
    ForeignVerdict.NOT_RUN, ForeignVerdict.UNDEFINED, ForeignVerdict.FLAKY, ForeignVerdict.UNKNOWN,
)  # fmt: skip

_GHERKIN = {
    "passed": P, "failed": F, "skipped": S, "pending": N, "undefined": U, "ambiguous": U, "unknown": K,
}  # fmt: skip
STATUSES: Mapping[Form, Mapping[str, ForeignVerdict]] = MappingProxyType({
    "junit": {
        "no child element": P, "failure": F, "error": E, "skipped": S, "flakyFailure": Y, "flakyError": Y,
        "rerunFailure": F, "rerunError": E, "status run": P, "status completed": P, "status passed": P, "status success": P,
        "status ok": P, "status failed": F, "status failure": F, "status error": E, "status skipped": S, "status ignored": S,
        "status notrun": N, "status disabled": N, "status suppressed": N,
    },
    "cucumber-json": {
        **_GHERKIN, "untested": N, "error": E, "hook_error": E, "cleanup_error": E, "pending_warn": N, "untested_pending": N,
        "untested_undefined": N, "no result": N,
    },
    "cucumber-messages": {**_GHERKIN, "no result": N},
    "allure": {"passed": P, "failed": F, "broken": E, "skipped": S, "unknown": K, "no status": N},
    "robot": {"PASS": P, "FAIL": F, "SKIP": S, "NOT RUN": N},
    "ctrf": {"passed": P, "failed": F, "skipped": S, "pending": N, "other": K},
})  # fmt: skip
"""Form -> the tool's word -> what it is taken for. Word and case as the formats have them; Messages write theirs in capitals."""

ALWAYS = (
    "a pass whose set-up or tear-down (or that of its suite or run) failed is not a pass",
    "a pass after a failure is FLAKY, which is not a pass",
    "one id twice without a declared retry is never a pass: a retry that hid a failure looks the same",
    "a test of which nothing was executed (a dry run) is NOT_RUN, whatever its status says",
    "a word that is not in the table is UNKNOWN",
)
"""What holds whatever the words say."""


def verdict_of(form: Form, word: str) -> ForeignVerdict:
    """What a word is taken for."""
    return STATUSES[form].get(word, K)


def lines(forms: Iterable[Form]) -> Iterable[str]:
    """The table in words, for a terminal."""
    for form in forms:
        told = "; ".join(f"{word} = {verdict}" for word, verdict in STATUSES[form].items())
        yield f"statuses of {form}: {told}; every other word = UNKNOWN"
    yield from (f"always: {rule}" for rule in ALWAYS)
