"""Faults of accounts, log-in, sessions, roles and passwords."""

from __future__ import annotations

from csvgen.identity import attempts
from csvgen_faults import fault
from csvgen_faults.patching import replace


@fault("access-never-locks")
def _() -> None:
    """Failures are counted, and the count is not looked at."""
    replace(attempts, "count_account", lambda original, *asked: original(*asked) * 0)
