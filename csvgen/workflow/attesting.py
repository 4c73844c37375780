"""An attestation of a run for people outside: made by the recording system, of a run that it sealed itself, and told to the audit trail."""

from __future__ import annotations

from csvgen.audit.ledger import Ledger
from csvgen.canonical import digest_bytes
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused
from csvgen.exchange.results.attestation import envelope
from csvgen.exchange.results.copied import Copy
from csvgen.model.audit import Actor
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify


def attest(copy: Copy, ledger: Ledger, actor: Actor, credential: Credential, trust: Trust) -> bytes:
    """The signed envelope. Raises Refused for a run that cannot be verified: whoever gets it would believe it for our signature's sake."""
    found = verify(copy.folder, trust, NOTHING)
    if not found:
        raise Refused(f"run {copy.run} cannot be verified, so it is not attested: {found.bottom_line}", where=str(copy.folder))
    made = envelope(copy, credential)
    with ledger.change(actor) as change:
        facts = {"seal": copy.seal, "attestation": digest_bytes(made), "marks": " | ".join(copy.marks) or "none"}
        change.note("export-attestation", copy.run, facts=facts)
    return made
