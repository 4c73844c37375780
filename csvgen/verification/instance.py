"""verify(instance): a folder in which a pipeline works, walked back from what people signed to the bytes that arrived.

Nothing of it is opened for writing. A server that its settings name is asked (landing, tables, images, tracking); what it does not
answer is unknown. The order: trail and records, files and tables, runs and their results performed again, signatures and decisions.
"""

from __future__ import annotations

from pathlib import Path

from csvgen.crypto.trust import Trust
from csvgen.errors import ConfigError
from csvgen.pipeline.instance import FILE, KIND, content, differences
from csvgen.verification.checks import Checks
from csvgen.verification.instance_code import check_code
from csvgen.verification.instance_complete import check_complete
from csvgen.verification.instance_data import check_products, check_trail
from csvgen.verification.instance_images import check_images
from csvgen.verification.instance_inputs import Sources, check_landing, check_tables
from csvgen.verification.instance_lots import check_lots
from csvgen.verification.instance_people import check_people
from csvgen.verification.instance_runs import check_runs
from csvgen.verification.instance_seen import Seen, seen
from csvgen.verification.outside import Outside

TRACKED = "tracking server shows what was sealed"
SETTINGS = "settings are those the audit trail last told of"


def check_instance(home: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """Every check of an instance. Whatever damage does to one of them is that check's failure, and the next one goes on."""
    with seen(home) as there:
        checks.guarded("settings can be read", lambda: _settings(there, checks))
        checks.guarded("audit trail and records can be read", lambda: check_trail(there, trust, outside, checks))
        sources = Sources(there)
        checks.guarded("raw files can be read", lambda: check_landing(sources, checks))
        checks.guarded("tables can be read", lambda: check_tables(sources, checks))
        checks.guarded("run records can be read", lambda: check_runs(sources, checks))
        checks.guarded("artifacts can be read", lambda: check_code(there, trust, checks))
        checks.guarded("images can be asked for", lambda: check_images(there, checks))
        checks.guarded("tracking can be compared", lambda: _tracking(there, checks))
        checks.guarded("outputs can be read", lambda: check_products(there, checks))
        checks.guarded("lots and certificates can be read", lambda: check_lots(there, trust, checks))
        checks.guarded("signatures can be read", lambda: check_people(there, trust, checks))
        checks.guarded("what was decided can be read", lambda: check_complete(there, checks))


def _settings(there: Seen, checks: Checks) -> None:
    remote = there.settings.remote
    told = f"servers: {', '.join(remote)}" if remote else "no part of it is a server"
    checks.note("parts of the instance", told)
    recorded = there.latest(KIND).get(FILE)
    if recorded is None:
        checks.add(SETTINGS, ["no record tells of any settings"], "", FILE)
        return
    faults = [
        f"{words} (version {recorded.number}, event {recorded.event})"
        for words in differences(recorded.content, content(there.home))
    ]
    if faults:
        faults[-1] += "; edited, and nobody opened the instance since: opening puts a change on record"
    checks.add(SETTINGS, faults, f"version {recorded.number}, of event {recorded.event}", FILE)


def _tracking(there: Seen, checks: Checks) -> None:
    """What an MLflow server shows now against what was sealed in our own trail when it was told; there it stays changeable."""
    from csvgen.pipeline import tracking

    sent = there.latest(tracking.KIND)
    if not sent:
        if there.settings.tracking and there.latest("run"):
            checks.unknown(TRACKED, "the settings name a server, and no run was ever told to it")
        return
    try:
        found = tracking.check_tracked(there.ledger)
    except ConfigError as problem:
        checks.unknown(TRACKED, problem.message)
        return
    faults = [str(d) for d in found if d.kind not in ("unreachable", "pending")]
    if faults or not (silent := [str(d) for d in found if d.kind == "unreachable"]):
        checks.add(TRACKED, faults, f"{len(sent)} runs")
    else:
        checks.unknown(TRACKED, silent[0])
    if waiting := [d.run for d in found if d.kind == "pending"]:
        checks.note("runs that wait to be told to the tracking server", ", ".join(waiting[:5]))
