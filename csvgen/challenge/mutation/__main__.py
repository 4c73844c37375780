"""The door: ``python -m csvgen.challenge.mutation -s SYSTEM [--sample N] [--seed S] [--workers W]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from csvgen.challenge.mutation.measure import Wanted, mutate
from csvgen.errors import CsvgenError


def main(arguments: list[str]) -> int:
    """Measure, and write journal and page."""
    parser = argparse.ArgumentParser(
        prog="python -m csvgen.challenge.mutation", description="Mutation of the components under the OQ."
    )
    parser.add_argument("--project", type=Path, default=Path(), help="folder of the csvgen project")
    parser.add_argument("-s", "--system", required=True)
    parser.add_argument("--sample", type=int, default=1000, help="mutants to try")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--budget", type=float, default=0.0, help="seconds of cases at each depth for one mutant  [all cases]")
    parser.add_argument("--folder", type=Path, default=None, help="journal and measurement  [output/SYSTEM/mutation]")
    parser.add_argument("--page", type=Path, default=None, help="Markdown page of the results")
    parser.add_argument("--equivalent", type=Path, default=None, help="file that names equivalent mutants")
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="setting of the instance"
    )
    parser.add_argument("--files", default="", metavar="PREFIX", help="only mutants of these files, as audit/: for trying")
    parser.add_argument("--only", default="", metavar="PREFIX", help="only cases with such keys, as URS-QC-020: for trying")
    given = parser.parse_args(arguments)
    wanted = Wanted(
        given.project.resolve(), given.system, given.sample, given.seed, given.workers, given.folder, given.budget, given.page, given.equivalent,
        given.files, given.only, tuple(given.settings) or Wanted.settings,
    )  # fmt: skip
    try:
        for line in mutate(wanted, lambda line: print(line, file=sys.stderr, flush=True)):  # noqa: T201 - a door
            print(line)  # noqa: T201 - a door
    except CsvgenError as problem:
        sys.stderr.write(f"{problem}\n")
        return int(problem.exit_code)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
