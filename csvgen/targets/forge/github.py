"""GitHub over REST, edition 2022-11-28. Branch protection and rulesets both protect; what either asks for is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from csvgen.targets.forge.settings import Forge
from csvgen.targets.forge.told import Change, Protection, change_facts, commit_facts, protection_facts
from csvgen.targets.probing.facts import inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact

_REPO = r"/repos/[\w.-]+/[\w.-]+"
PATHS = (
    rf"{_REPO}/branches/[\w.%-]+/protection",
    rf"{_REPO}/rules/branches/[\w.%-]+",
    rf"{_REPO}/commits",
    rf"{_REPO}/pulls",
    rf"{_REPO}/pulls/[0-9]+",
    rf"{_REPO}/pulls/[0-9]+/(?:reviews|commits)",
)
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "csvgen-probe"}


def protection(g: Reader, f: Forge) -> tuple[Fact, ...]:
    """Protection of the branch. Its settings are shown to administrators of the repository alone: without that right it is not known."""
    path = f"/repos/{f.repository}/branches/{quote(f.branch, safe='')}/protection"
    classic = g.get(path, absent=("Branch not protected",))
    if classic is not None:
        inside(classic, kind=dict, where=path)
    rules_path = f"/repos/{f.repository}/rules/branches/{quote(f.branch, safe='')}"
    rules = {str(r.get("type")): r.get("parameters") or {} for r in g.pages(rules_path, {}, 500)}
    found = _together(_classic(classic) if classic else None, _ruled(rules) if rules else None)
    return protection_facts(found, f"{g.source(path)} and {rules_path}")


def _classic(told: Any) -> Protection:
    def on(name: str) -> bool:
        return bool((told.get(name) or {}).get("enabled"))

    reviews = told.get("required_pull_request_reviews") or {}
    passed = reviews.get("bypass_pull_request_allowances") or {}
    return Protection(
        protected=True,
        reviews=int(reviews.get("required_approving_review_count") or 0),
        stale_dismissed=bool(reviews.get("dismiss_stale_reviews")),
        owners=bool(reviews.get("require_code_owner_reviews")),
        own_approval=False,
        signed=on("required_signatures"),
        checks=tuple((told.get("required_status_checks") or {}).get("contexts", ())),
        force=on("allow_force_pushes"),
        deletion=on("allow_deletions"),
        bypass=not on("enforce_admins") or any(passed.get(k) for k in ("users", "teams", "apps")),
    )


def _ruled(rules: dict[str, Any]) -> Protection:
    """Rulesets do not say here who may pass them by; that is in the ruleset, for its owners. It counts as somebody."""
    reviews = rules.get("pull_request", {})
    checks = rules.get("required_status_checks", {}).get("required_status_checks", ())
    return Protection(
        protected=True,
        reviews=int(reviews.get("required_approving_review_count") or 0),
        stale_dismissed=bool(reviews.get("dismiss_stale_reviews_on_push")),
        owners=bool(reviews.get("require_code_owner_review")),
        own_approval=False,
        signed="required_signatures" in rules,
        checks=tuple(str(c.get("context")) for c in checks),
        force="non_fast_forward" not in rules,
        deletion="deletion" not in rules,
        bypass=True,
    )


def _together(a: Protection | None, b: Protection | None) -> Protection:
    """What holds when both apply: the stricter of each."""
    if a is None or b is None:
        return a or b or Protection(protected=False)
    return Protection(
        protected=True,
        reviews=max(a.reviews, b.reviews),
        stale_dismissed=a.stale_dismissed or b.stale_dismissed,
        owners=a.owners or b.owners,
        own_approval=False,
        signed=a.signed or b.signed,
        checks=(*a.checks, *b.checks),
        force=a.force and b.force,
        deletion=a.deletion and b.deletion,
        bypass=a.bypass,
    )


def commits(g: Reader, f: Forge) -> tuple[Fact, ...]:
    """Signatures of the newest commits, as GitHub judges them."""
    path = f"/repos/{f.repository}/commits"
    rows = g.pages(path, {"sha": f.branch}, f.commits)
    judged = (
        (inside(r, "sha", kind=str, where=path), bool(inside(r, "commit", where=path).get("verification", {}).get("verified")))
        for r in rows
    )
    return commit_facts(judged, g.source(path))


def changes(g: Reader, f: Forge) -> tuple[Fact, ...]:
    """The newest merged pull requests."""
    path = f"/repos/{f.repository}/pulls"
    return change_facts(_merged(g, f, path), f.ticket_form, f"{g.source(path)} with reviews and commits")


def _merged(g: Reader, f: Forge, path: str) -> Iterator[Change]:
    given = 0
    query = {"state": "closed", "base": f.branch, "sort": "updated", "direction": "desc"}
    for row in g.pages(path, query, 1000):
        if given == f.changes:
            return
        if not row.get("merged_at"):
            continue
        given += 1
        number = str(inside(row, "number", kind=int, where=path))
        full = inside(g.get(f"{path}/{number}"), kind=dict, where=path)
        yield Change(
            number=number,
            author=_login(row.get("user")),
            text=" ".join(str(t or "") for t in (row.get("title"), row.get("body"), (row.get("head") or {}).get("ref"))),
            approved_by=_approvals(list(g.pages(f"{path}/{number}/reviews", {}, 1000)), str((row.get("head") or {}).get("sha"))),
            merged_by=_login(full.get("merged_by")),
            authors=tuple(
                _login(c.get(k)) for c in g.pages(f"{path}/{number}/commits", {}, 250) for k in ("author", "committer")
            ),
        )


def _login(person: Any) -> str:
    return str((person or {}).get("login", "")) if isinstance(person, dict) or person is None else ""


def _approvals(reviews: list[Any], head: str) -> tuple[str, ...]:
    """The latest word of each reviewer counts, and only where it was said of the commit that was merged."""
    latest: dict[str, Any] = {}
    for review in reviews:
        if review.get("state") in {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}:
            latest[_login(review.get("user"))] = review
    return tuple(sorted(who for who, r in latest.items() if r.get("state") == "APPROVED" and r.get("commit_id") == head))
