"""What a signature binds and what the trail proves: the signed record as its bytes say it, and what a check of the trail tells.

The state of the trail that a signature names is worked out here from the export, by RFC 6962, without code of the system.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pytest_bdd import then

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed
from csvgen.ports import AuditEntry, RecordCopy
from csvgen.steps.common import Bench, last, phrase
from csvgen.steps.trail import entries_of

_MISSING = "(not there)"
_AT_MOST = "2"
"""Seconds between the time that was signed and the time of its entry in the trail."""


@then(phrase('the system\'s check after the act tells "{words}"'))
def check_tells(bench: Bench, words: str) -> None:
    """That something is wrong is not enough: what was touched has to be named. ``{n}``: number of the event that was attacked."""
    facts = last(bench).facts
    expected, told = words.replace("{n}", facts.get("place", "{n}")), facts.get("check", "(not reported)")
    source = f"{bench.world.about}, the system's check of the copy that was attacked"
    bench.observe("what the check of the trail names", expected=expected, actual=told, by="contains", source=source)


def _signed(bench: Bench, role: str, lot: str) -> Mapping[str, Any]:
    """The newest signed record of a person on a lot, read from the electronic copy; empty when it holds none."""
    bench.actors.log_in("auditor", anew=True)
    copy: RecordCopy | None = bench.port("Records").copy(bench.actors.session("auditor"), bench.lot(lot))
    files = json.loads(copy.electronic).get("signature_files", []) if copy else []
    bodies = [base64.b64decode(f["record"]) for f in files]
    person = bench.actors.account(role).user_id
    found = [(body, read) for body in bodies if (read := json.loads(body)).get("person") == person]
    if not found:
        return {}
    bench.attach(found[-1][0], name=f"signed record of the {role}", media_type="application/json")
    return dict(found[-1][1])


@then(phrase('the signed record of the "{role}" on lot "{lot}" names person, "{meaning}" and the components "{components}"'))
def names(bench: Bench, role: str, lot: str, meaning: str, components: str) -> None:
    """Each part as the signed bytes say it, the time against the entry that tells of the signature."""
    found, account = _signed(bench, role, lot), bench.actors.account(role)
    source = f"Records.copy of lot {bench.lot(lot)}, bytes that were signed"
    bench.observe("person", expected=account.user_id, actual=found.get("person", _MISSING), source=source)
    bench.observe("printed name", expected=account.printed_name, actual=found.get("printed_name", _MISSING), source=source)
    bench.observe("meaning", expected=meaning, actual=found.get("meaning", _MISSING), source=source)
    bench.observe("components", expected=components, actual=", ".join(found.get("components", ())) or _MISSING, source=source)
    first = "yes" if components.startswith("user id") else "no"
    told = {True: "yes", False: "no"}.get(found.get("first_in_session", _MISSING), _MISSING)
    bench.observe("first of its session", expected=first, actual=told, source=source)
    entry = _entry(bench, role, lot)
    bench.observe(
        "difference between the time signed and that of its entry",
        expected=_AT_MOST,
        actual=f"{abs((parsed(found['signed']) - parsed(entry.at)).total_seconds()):.3f}" if entry and found else "no such entry",
        unit="s",
        by="at-most",
        source=f"{source}; AuditTrail.entries",
    )


def _entry(bench: Bench, role: str, lot: str) -> AuditEntry | None:
    person = bench.actors.account(role).user_id
    found = [e for e in entries_of(bench, lot) if e.action == "sign" and e.user_id == person]
    return found[-1] if found else None


@then(phrase('the signed record of the "{role}" on lot "{lot}" names the audit trail as it was before it'))
def names_trail(bench: Bench, role: str, lot: str) -> None:
    """Number of events, digest of the last, and the root over them: with it nobody can cut the trail behind a signature unseen."""
    found = _signed(bench, role, lot)
    bench.actors.log_in("auditor", anew=True)
    lines = bench.port("AuditTrail").export(bench.actors.session("auditor")).splitlines(keepends=True)
    entry = _entry(bench, role, lot)
    source = "signed bytes; expected is worked out by the recorder from AuditTrail.export"
    count = int(found.get("audit_count", 0))
    before = lines[:count]
    bench.observe(
        "events before the signature",
        expected=str(entry.number - 1 if entry else "(the trail tells of no signature)"),
        actual=str(count),
        source=source,
    )
    head = str(digest_bytes(before[-1])) if before else _MISSING
    bench.observe("digest of the last of them", expected=head, actual=found.get("audit_head", _MISSING), source=source)
    root = f"sha256:{merkle_root([sha256(bytes([0]) + line).digest() for line in before]).hex()}"
    bench.observe("Merkle root over them", expected=root, actual=found.get("audit_root") or _MISSING, source=source)


def merkle_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, over the hashes of the leaves."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return sha256(bytes([1]) + merkle_root(hashes[:middle]) + merkle_root(hashes[middle:])).digest()
