"""The process of a broken instance: ``python -m csvgen_faults.server FAULT -- HOME [DOOR]``.

What follows the two dashes is what `csvgen.targets.local.server` takes. The fault holds from before the instance is opened until the
process ends. It is refused unless the instance says of itself that it is thrown away: its setting ``disposable``, fixed at installation
and part of its configuration, is yes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from csvgen.audit.ledger import Ledger
from csvgen.clock import SystemClock
from csvgen.errors import ConfigError, CsvgenError
from csvgen.pipeline.core import DATABASE
from csvgen.store.database import open_database
from csvgen.targets.local import server
from csvgen_faults import FAULTS, apply
from csvgen_faults.patching import NothingToReplace

SETTING = "disposable"


def require_disposable(home: Path) -> None:
    """Raises ConfigError for an instance that does not say it is thrown away, or none."""
    if not (home / DATABASE).is_file():
        raise ConfigError("no instance of QC release is installed here", where=home.name)
    database = open_database(f"sqlite:///{home / DATABASE}")
    try:
        found = Ledger(database, SystemClock()).latest("configuration", SETTING)
    finally:
        database.close()
    if found is None or found.content.get("value") != "yes":
        raise ConfigError(
            "this instance is not disposable; no fault is seeded into it",
            where=home.name,
            hint=f"python -m csvgen.targets.local.install ANOTHER-FOLDER {SETTING}=yes",
        )


def main(arguments: list[str]) -> int:
    """Break the code of this process by one fault, then serve."""
    name, dashes, *rest = [*arguments, "", ""][: max(len(arguments), 2)]
    if dashes != "--" or len(rest) not in (1, 2) or not all(a.isdigit() for a in rest[1:]):
        sys.stderr.write("usage: python -m csvgen_faults.server FAULT -- HOME [DOOR]\n")
        return 2
    if name not in FAULTS:
        sys.stderr.write(f"there is no fault {name[:80]!r}; known: {', '.join(sorted(FAULTS))}\n")
        return 2
    try:
        require_disposable(Path(rest[0]))
        apply(name)
    except ConfigError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except (CsvgenError, NothingToReplace) as problem:
        sys.stderr.write(f"the fault {name} cannot be seeded: {problem}\n")
        return 1
    return server.main(rest)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
