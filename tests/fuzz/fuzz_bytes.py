"""Bytes against the loader, guided by coverage (libFuzzer by way of atheris). `make fuzz` runs it; arguments are libFuzzer's.

    python tests/fuzz/fuzz_bytes.py -max_total_time=600 -rss_limit_mb=500 -timeout=2 <corpus>

libFuzzer ends with an error, and keeps the input, at an exception, after two seconds on one input, or above 500 MB.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(
    include=["csvgen.marks", "csvgen.spec", "csvgen.model", "csvgen.rendering", "csvgen.risk", "csvgen.patterns"]
):
    import target


def main() -> None:
    atheris.Setup(sys.argv, target.one_file)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
