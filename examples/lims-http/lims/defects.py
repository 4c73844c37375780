"""What is wrong with this LIMS, and the switch: ``LIMS_DEFECTS`` is ``all`` (as delivered), ``none`` (repaired), or names with commas."""

from __future__ import annotations

import os

DEFECTS = {
    "access-entry": "A reviewer may register results.",
    "lock-out": "No number of wrong passwords locks an account.",
    "session": "A session that nobody uses never ends.",
    "retired-id": "The id of a retired person is given out again.",
    "audit-old-value": "The audit trail does not say what a value was before it was changed.",
    "audit-reason": "A change without a reason is taken.",
    "signature-void": "A signature stays valid when the signed record is changed.",
    "signature-password": "The password is not checked when a record is signed.",
    "range": "An amount above the upper limit is taken.",
    "blank-field": "A product of spaces only counts as a product.",
    "export": "The export of the audit trail leaves refusals out.",
    "rounding": "Reported results are rounded half to even, not half up.",
}
"""Name -> what a user would see."""


def switched_on() -> frozenset[str]:
    """The defects of this start. Raises ValueError for a name there is not."""
    said = os.environ.get("LIMS_DEFECTS", "all")
    chosen = set(DEFECTS) if said == "all" else set() if said == "none" else set(said.split(","))
    if unknown := chosen - set(DEFECTS):
        raise ValueError(f"no defect {min(unknown)!r}; there are {', '.join(DEFECTS)}")
    return frozenset(chosen)
