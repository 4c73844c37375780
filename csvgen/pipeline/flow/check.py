"""What the records of runs promise, looked at again: products are there and are what was made, and nothing lies beside them."""

from __future__ import annotations

import re

from sqlalchemy import select

from csvgen.audit.tree import raw
from csvgen.canonical import Digest
from csvgen.errors import NotIntact
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.record import RunRecord
from csvgen.store.tables import record

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
FORMAT = "csvgen.pipeline-run/1"


def runs(core: Core) -> tuple[RunRecord, ...]:
    """Every recorded run of a pipeline, by id."""
    return tuple(RunRecord.model_validate(v.content) for v in core.ledger.all("run") if v.content.get("format") == FORMAT)


def problems(core: Core) -> tuple[str, ...]:
    """Every product of a run that is gone or changed, and every run that was written more than once; in words. Empty: none."""
    found: list[str] = []
    for run in runs(core):
        for name, sha256 in run.products.items():
            try:
                core.results.read(Digest(sha256), f"{run.id} {name}")
            except NotIntact as problem:
                found.append(str(problem))
        if len(core.ledger.versions("run", run.id)) > 1:
            found.append(f"{run.id}: the record of a run has more than one version; a run is written once")
    return tuple(found)


def orphans(core: Core) -> tuple[Digest, ...]:
    """Files of the results store that no record names, in any of its versions.

    A process leaves them that was killed before its run was recorded. Nothing reads them; they are no result.
    """
    with core.database.read() as connection:
        named = {d for body in connection.execute(select(record.c.body)).scalars() for d in _DIGEST.findall(bytes(raw(body)))}
    folder = core.results.folder
    lying = (Digest(f"sha256:{p.name}") for p in sorted(folder.rglob("*")) if p.is_file() and len(p.name) == 64)  # noqa: PLR2004
    return tuple(d for d in lying if d.encode() not in named)
