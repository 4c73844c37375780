"""verify(instance): a folder in which a pipeline works, walked back from what people signed to the bytes that arrived.

Nothing of it is opened for writing and nobody is asked; a server that is configured is told as not asked. The order: trail and
records, files, runs and their results performed again, signatures and decisions.
"""

from __future__ import annotations

from pathlib import Path

from csvgen.crypto.trust import Trust
from csvgen.verification.checks import Checks
from csvgen.verification.instance_code import check_code
from csvgen.verification.instance_data import check_landing, check_products, check_trail
from csvgen.verification.instance_lots import check_lots
from csvgen.verification.instance_people import check_people
from csvgen.verification.instance_runs import check_runs
from csvgen.verification.instance_seen import Seen, seen
from csvgen.verification.outside import Outside


def check_instance(home: Path, trust: Trust, _outside: Outside, checks: Checks) -> None:
    """Every check of an instance. Whatever damage does to one of them is that check's failure, and the next one goes on."""
    with seen(home) as there:
        checks.guarded("settings can be read", lambda: _settings(there, checks))
        checks.guarded("audit trail and records can be read", lambda: check_trail(there, checks))
        checks.guarded("raw files can be read", lambda: check_landing(there, checks))
        checks.guarded("run records can be read", lambda: check_runs(there, checks))
        checks.guarded("artifacts can be read", lambda: check_code(there, trust, checks))
        checks.guarded("outputs can be read", lambda: check_products(there, checks))
        checks.guarded("lots and certificates can be read", lambda: check_lots(there, trust, checks))
        checks.guarded("signatures can be read", lambda: check_people(there, trust, checks))


def _settings(there: Seen, checks: Checks) -> None:
    remote = there.settings.remote
    told = f"servers: {', '.join(remote)}" if remote else "no part of it is a server"
    checks.note("parts of the instance", told)
