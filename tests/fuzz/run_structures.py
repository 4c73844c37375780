"""Damaged structures for a given time, each run with other random choices. Prints how many were tried; a failing one is printed whole.

python -m tests.fuzz.run_structures 600
"""

from __future__ import annotations

import sys
import time

from hypothesis import HealthCheck, given, seed, settings

from .test_loader import check, damaged


def run(seconds: float) -> int:
    """Number of inputs tried. Raises what the loader raised."""
    tried = 0
    end = time.monotonic() + seconds
    number = 0

    while time.monotonic() < end:

        @seed(number)
        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(damaged())
        def one_round(files: dict[str, bytes]) -> None:
            nonlocal tried
            tried += 1
            check(files)

        one_round()
        number += 1
    return tried


if __name__ == "__main__":
    sys.stdout.write(f"{run(float(sys.argv[1]))} damaged specifications, no defect\n")
