"""Blocks about people: who took part, trained for what and since when, and every signature they made."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.model.evidence import Evidence
from csvgen.model.people import Account
from csvgen.model.report import Block
from csvgen.model.spec import Spec
from csvgen.report.case_blocks import utc
from csvgen.report.deviation_blocks import SignatureLine
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say
from csvgen.trace.matrix import reported


def people(
    accounts: Sequence[Account], lines: Sequence[SignatureLine], runs: Sequence[Evidence], spec: Spec
) -> tuple[Block, ...]:  # fmt: skip
    """Everybody who took part: duties, training and since when, identity check, acknowledgement. As the register of people says."""
    formal = [r for r in runs if reported(r)]
    signed = {s.person for s in lines}
    signed |= {p.person for r in formal for c in r.results for p in c.performed_by}
    signed |= {r.plan.account_owner for r in formal if r.plan.account_owner}
    machines = {r.plan.account for r in formal}
    duties = {r.id: r.name for r in spec.system.roles}
    persons = [
        (
            f"{a.printed_name}\n{a.id}",
            "\n".join(duties.get(r, r) for r in a.roles),
            _training(a, duties),
            _proved(a),
            _trained(a, lines),
        )
        for a in accounts
        if a.kind != "technical" and a.id in signed
    ]
    technical = [
        (a.id, a.printed_name, a.owner or say("nobody"), ", ".join(r.run for r in formal if r.plan.account == a.id))
        for a in accounts
        if a.kind == "technical" and a.id in machines
    ]
    known = {a.id for a in accounts}
    unknown = [
        (name, say("took part, and is not in the register of people at hand")) for name in sorted((signed | machines) - known)
    ]
    blocks: list[Block] = [
        table(
            "People who took part",
            "Person:16|Duties:16|Training and since when:26|Identity and accountability:22|Trained before signing:20",
            persons,
        ),
        table("Technical accounts that executed: they cannot sign", "Account:22:id|Name:28|Owner:22|Runs:28", technical),
    ]
    if unknown:
        blocks.append(table("Not in the register of people", "Account:40:id|What is known:60", unknown))
    return tuple(blocks)


def _training(a: Account, duties: dict[str, str]) -> str:
    held = [
        say("{duty}: {subject}, since {day}", duty=duties.get(t.role, t.role), subject=t.subject, day=t.on) for t in a.training
    ]
    return joined("\n", held) if held else say("none on record")


def _proved(a: Account) -> str:
    proved = (
        say("identity: {method}, {day}", method=a.identity.method, day=a.identity.on)
        if a.identity
        else say("identity: no check on record")
    )
    held = (
        say("accountability: {policy}, {day}", policy=a.accountability.policy, day=a.accountability.on)
        if a.accountability
        else say("accountability: not acknowledged")
    )
    return joined("\n", (proved, held))


def _trained(a: Account, lines: Sequence[SignatureLine]) -> str:
    """For each role the person signed in: the first signature, and whether a training record for the role is older."""
    found = []
    for role in dict.fromkeys(s.role for s in lines if s.person == a.id and s.signed):
        first = min(s.signed for s in lines if s.person == a.id and s.role == role and s.signed)
        held = any(t.role == role and t.on <= first[:10] for t in a.training)
        found.append(
            say("{role}: {answer}, first signed {when}", role=role, answer=say("yes" if held else "NO"), when=utc(first))
        )
    return joined("\n", found) if found else say("signed nothing")


def signature_log(lines: Sequence[SignatureLine]) -> tuple[Block, ...]:
    """Every signature on every record, oldest first; an invalid one is listed as that."""
    rows = [
        (utc(s.signed) if s.signed else say("no time can be believed"), s.printed_name, s.role,
         f"INVALID {s.meaning}: {s.invalid}" if s.invalid else s.meaning, s.record, s.title)
        for s in sorted(lines, key=lambda s: (s.signed, s.record))
    ]  # fmt: skip
    columns = "Signed (UTC):16|Printed name:17|Role:15|Meaning:14|Record:16:id|Title:22"
    return (table("Signature log", columns, rows, "Nobody has signed anything yet."),)
