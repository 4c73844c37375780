"""GitLab over REST, version 4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from csvgen.targets.forge.settings import Forge
from csvgen.targets.forge.told import Change, Protection, change_facts, commit_facts, protection_facts
from csvgen.targets.probing.facts import inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact

_PROJECT = r"/api/v4/projects/[\w.%-]+"
PATHS = (
    rf"{_PROJECT}/protected_branches/[\w.%-]+",
    rf"{_PROJECT}/(?:approvals|push_rule|approval_rules)",
    rf"{_PROJECT}/repository/commits",
    rf"{_PROJECT}/repository/commits/[0-9a-f]+/signature",
    rf"{_PROJECT}/merge_requests",
    rf"{_PROJECT}/merge_requests/[0-9]+/(?:approvals|commits)",
)
_MAINTAINER = 40
_NOT_FOUND = ("404",)


def _project(f: Forge) -> str:
    return f"/api/v4/projects/{quote(f.repository, safe='')}"


def protection(g: Reader, f: Forge) -> tuple[Fact, ...]:
    """Protection of the branch, rules of approval, and the rule for pushes."""
    base = _project(f)
    path = f"{base}/protected_branches/{quote(f.branch, safe='')}"
    told = g.get(path, absent=_NOT_FOUND)
    if told is None:
        inside(g.get(f"{base}/approvals"), kind=dict, where=base)  # that there is no such project is no answer about a branch
        return protection_facts(Protection(protected=False), g.source(path))
    inside(told, kind=dict, where=path)
    approvals = inside(g.get(f"{base}/approvals"), kind=dict, where=base)
    rules = g.get(f"{base}/approval_rules")
    push = g.get(f"{base}/push_rule", absent=_NOT_FOUND) or {}
    pushers = [r for r in told.get("push_access_levels", ()) if r.get("access_level") or r.get("user_id") or r.get("group_id")]
    found = Protection(
        protected=True,
        reviews=max((int(r.get("approvals_required") or 0) for r in rules), default=0),
        stale_dismissed=bool(approvals.get("reset_approvals_on_push")),
        owners=bool(told.get("code_owner_approval_required")),
        own_approval=bool(approvals.get("merge_requests_author_approval"))
        or not approvals.get("merge_requests_disable_committers_approval"),
        signed=bool(push.get("reject_unsigned_commits")),
        checks=(),
        force=bool(told.get("allow_force_push")),
        deletion=False,  # a protected branch cannot be deleted by git; taking the protection away is an event of the project
        bypass=bool(pushers) or not approvals.get("disable_overriding_approvers_per_merge_request"),
    )
    return protection_facts(found, f"{g.source(path)} with approvals, approval_rules and push_rule")


def commits(g: Reader, f: Forge) -> tuple[Fact, ...]:
    """Signatures of the newest commits, as GitLab judges them."""
    path = f"{_project(f)}/repository/commits"
    rows = [inside(r, "id", kind=str, where=path) for r in g.pages(path, {"ref_name": f.branch}, f.commits)]
    return commit_facts(((sha, _verified(g, path, sha)) for sha in rows), f"{g.source(path)} with signature")


def _verified(g: Reader, path: str, sha: str) -> bool:
    answer = g.get(f"{path}/{sha}/signature", absent=_NOT_FOUND)
    return answer is not None and str(answer.get("verification_status")) in {"verified", "verified_system"}


def changes(g: Reader, f: Forge) -> tuple[Fact, ...]:
    """The newest merged merge requests."""
    path = f"{_project(f)}/merge_requests"
    return change_facts(_merged(g, f, path), f.ticket_form, f"{g.source(path)} with approvals and commits")


def _merged(g: Reader, f: Forge, path: str) -> Iterator[Change]:
    query = {"state": "merged", "target_branch": f.branch, "order_by": "updated_at", "sort": "desc"}
    for row in g.pages(path, query, f.changes):
        number = str(inside(row, "iid", kind=int, where=path))
        approvals = inside(g.get(f"{path}/{number}/approvals"), kind=dict, where=path)
        yield Change(
            number=number,
            author=_user(row.get("author")),
            text=" ".join(str(t or "") for t in (row.get("title"), row.get("description"), row.get("source_branch"))),
            approved_by=tuple(sorted(_user(a.get("user")) for a in approvals.get("approved_by", ()))),
            merged_by=_user(row.get("merge_user") or row.get("merged_by")),
        )


def _user(person: Any) -> str:
    return str(person.get("username", "")) if isinstance(person, dict) else ""
