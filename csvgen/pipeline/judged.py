"""Signatures judged once in a process for each content of what they stand on.

To judge a signature means reading the whole trail, and a run rests on several. The answer depends on the trust root, the records and
the kept signatures alone; these are looked up anew each time, one by one, and any other bytes are judged again. What a later change of
the trail itself would say is the business of its own check (`trail`), not of each run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from csvgen.audit.ledger import Version
from csvgen.canonical import Digest, digest
from csvgen.pipeline.core import Core

_good: set[Digest] = set()
"""Marks of what this process found good. What is not good is never kept: it raises."""


def once(core: Core, question: str, records: Sequence[str], judge: Callable[[], None]) -> None:
    """Ask `judge`, which raises what is wrong, unless the same question about the same bytes was answered well before.

    `records` are all records (``promotion/ART-0001:production``) whose newest versions and signatures the answer depends on.
    """
    told = [[record, _newest(core, record), [[v.sha256, v.content] for v in signatures_on(core, record)]] for record in records]
    mark = digest([core.keys.fingerprint, question, told])
    if mark not in _good:
        judge()
        _good.add(mark)


def signatures_on(core: Core, record: str) -> tuple[Version, ...]:
    """The kept signatures on a record, looked up one by one: an instance may hold very many others."""
    found: list[Version] = []
    while (one := core.ledger.latest("signature", f"{record}#{len(found) + 1}")) is not None:
        found.append(one)
    return tuple(found)


def _newest(core: Core, record: str) -> list[object]:
    kind, _, identity = record.partition("/")
    version = core.ledger.latest(kind, identity)
    return [version.number, version.sha256, version.content] if version else []
