"""Master data that are in force only by a signature of quality: methods and materials.

Whoever wants another version proposes it, as a record of its own (kind ``method-change``, ``material-change``). The record ``method`` or
``material`` gets a new version in the very change that carries the signature of quality. Here it is asked, each time such data are used,
whether that is so.
"""

from __future__ import annotations

from csvgen.audit.ledger import Version
from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.core import Core
from csvgen.pipeline.judged import once
from csvgen.pipeline.signing import Signatures, word_of


def version_of(core: Core, kind: str, identity: str, number: int) -> Version:
    """One version of a record of master data. Raises BadInput when there is none."""
    found = next((v for v in core.ledger.versions(kind, identity) if v.number == number), None)
    if found is None:
        raise BadInput(f"{kind} {identity[:40]!r} has no version {number}")
    return found


def require(core: Core, kind: str, identity: str, number: int, word: str) -> None:
    """Raises NotIntact unless a version came with the installation or by a change that quality signed, with this very content.

    `word` is the meaning of that signature (``data/meanings.yaml``).
    """
    found = version_of(core, kind, identity, number)
    changes = [v for v in core.ledger.all(f"{kind}-change") if (v.content[kind], v.content["replaces"]) == (identity, number - 1)]
    if number == 1 and not changes:
        return

    def judge() -> None:
        if not any(proposed.content["content"] == found.content and _signed(core, proposed, word) for proposed in changes):
            words = "no valid signature of quality stands behind this version"
            raise NotIntact(words, where=f"{kind}/{identity} version {number}")

    once(core, f"{kind} {identity} {number} {found.sha256}", [f"{kind}-change/{v.id}" for v in changes], judge)


def _signed(core: Core, proposed: Version, word: str) -> bool:
    judged = Signatures(core).of(f"{proposed.kind}/{proposed.id}")
    signers = [j.record for j in judged if j.valid and j.record and word_of(j.record) == word]
    good = [s for s in signers if "quality" in s.role.split(", ") and s.person != proposed.content["by"]]
    return bool(good) and len(good) == len(judged)
