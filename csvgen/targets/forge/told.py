"""What both forges are asked, in the same words, so that one protocol fits either."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from csvgen.targets.probing.facts import Measured, facts
from csvgen.views import Fact, Unanswered


@dataclass(frozen=True)
class Protection:
    """How a branch is protected. None: the forge does not say it to this account, or has no such rule."""

    protected: bool
    reviews: int = 0
    stale_dismissed: bool = False
    owners: bool = False
    own_approval: bool = True
    """Whether the author of a change may be the one who approves it."""
    signed: bool = False
    checks: tuple[str, ...] = ()
    force: bool = True
    deletion: bool = True
    bypass: bool = True
    """Whether administrators, or others by name, are outside of the rules."""


def protection_facts(p: Protection, source: str) -> tuple[Fact, ...]:
    return facts(
        source,
        {
            "protected": p.protected, "required reviews": Measured(p.reviews, "reviews"), "older reviews fall away on a new commit": p.stale_dismissed,
            "owners of the code review": p.owners, "authors may approve their own change": p.own_approval, "signed commits required": p.signed,
            "required checks": p.checks, "history can be rewritten": p.force, "branch can be deleted": p.deletion,
            "somebody is outside of the rules": p.bypass,
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One merged change of the branch."""

    number: str
    author: str
    text: str
    """Title, text and name of the branch: where a ticket may be named."""
    approved_by: tuple[str, ...] = ()
    """Who approved what was merged, and did not withdraw it."""
    merged_by: str = ""
    authors: tuple[str, ...] = field(default=())
    """Everybody who wrote a commit of it."""


def change_facts(changes: Iterable[Change], form: str, source: str) -> tuple[Fact, ...]:
    """Ticket and approval of each change. Who wrote a change does not count as who approved it."""
    try:
        ticket = re.compile(form)
    except re.error:
        raise Unanswered("forge.ticket_form is no regular expression") from None
    seen = list(changes)
    tickets = {c.number: sorted(set(ticket.findall(c.text))) for c in seen}
    others = {c.number: [w for w in c.approved_by if w not in {c.author, *c.authors}] for c in seen}
    return facts(
        source,
        {
            "changes": Measured(len(seen), "changes"), "changes without a ticket": [n for n, found in tickets.items() if not found],
            "changes that nobody else approved": [n for n, who in others.items() if not who],
            "tickets": [t for found in tickets.values() for t in found],
            "who approved": [f"{n}: {', '.join(who)}" for n, who in others.items() if who],
            "who merged": [f"{c.number}: {c.merged_by}" for c in seen if c.merged_by],
        },
    )  # fmt: skip


def commit_facts(rows: Iterable[tuple[str, bool]], source: str) -> tuple[Fact, ...]:
    """Commits, each with whether the forge calls its signature verified."""
    seen = list(rows)
    return facts(
        source,
        {
            "commits": Measured(len(seen), "commits"),
            "commits without a verified signature": [sha[:12] for sha, verified in seen if not verified],
        },
    )
