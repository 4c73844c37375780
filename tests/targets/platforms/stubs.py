"""What a workspace, a forge, a Jira and a Vault answer when all is as it should be, in the shapes their references document.

Stubs of ours: they show the shape of our calls, and nothing of the services.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

WHEEL = b"the bytes of a wheel that was signed"
PLACE = "/Volumes/qc/release/artifacts/qc_release-1.0.0-py3-none-any.whl"
COMMIT = "4f" * 20
TABLE = "qc.release.results"
JOB = "/api/2.2/jobs/get"
RUNS = "/api/2.2/jobs/runs/list"
REPO = "/repos/example/qc-release"
PROJECT = "/api/v4/projects/example%2Fqc-release"


def databricks() -> dict[str, Any]:
    def groups(query: dict[str, str]) -> Any:
        name = query["filter"].partition('"')[2].rstrip('"')
        people = {"qc-engineers": ["a.kessler"], "qc-release-managers": ["m.duarte"]}
        rows = [
            {
                "displayName": name,
                "members": [{"display": p} for p in people[name]],
                "entitlements": [{"value": "workspace-access"}],
            }
        ]
        return {"Resources": rows if name in people else [], "totalResults": 1}

    def acl(*held: tuple[str, str, str]) -> Any:
        return {
            "object_id": "x",
            "access_control_list": [
                {kind: who, "all_permissions": [{"permission_level": right, "inherited": False}]} for kind, who, right in held
            ],
        }

    job = {
        "job_id": 77, "creator_user_name": "deployer",
        "settings": {
            "name": "qc release", "max_concurrent_runs": 1, "edit_mode": "UI_LOCKED", "deployment": {"kind": "BUNDLE"},
            "run_as": {"service_principal_name": "sp-qc-release"},
            "git_source": {"git_url": "https://example.invalid/qc", "git_provider": "gitHub", "git_commit": COMMIT},
            "job_clusters": [{"job_cluster_key": "c", "new_cluster": {"spark_version": "15.4.x-scala2.12", "policy_id": "P1", "data_security_mode": "SINGLE_USER"}}],
            "tasks": [
                {"task_key": "process", "job_cluster_key": "c", "libraries": [{"whl": PLACE}], "python_wheel_task": {"package_name": "qc", "entry_point": "run"}},
                {"task_key": "report", "job_cluster_key": "c", "spark_python_task": {"python_file": "report.py", "source": "GIT"}},
            ],
        },
    }  # fmt: skip
    runs = [
        {
            "run_id": n,
            "creator_user_name": "scheduler",
            "job_parameters": [{"name": "change_ticket", "value": f"CHG-{n}"}, {"name": "lot", "value": "L"}],
        }
        for n in (12, 11)
    ]
    table = {
        "name": "results", "data_source_format": "DELTA", "owner": "sp-qc-release",
        "properties": {"delta.appendOnly": "true", "delta.lastUpdateVersion": "41", "delta.logRetentionDuration": "interval 3650 days"},
        "columns": [{"name": "lot"}, {"name": "patient", "mask": {"function_name": "qc.release.mask_person"}}],
    }  # fmt: skip
    policy = {
        "spark_version": {"type": "fixed", "value": "15.4.x-scala2.12"}, "data_security_mode": {"type": "fixed", "value": "SINGLE_USER"},
        "autotermination_minutes": {"type": "range", "maxValue": 60},
    }  # fmt: skip
    return {
        "/api/2.0/preview/scim/v2/Groups": groups,
        "/api/2.0/permissions/jobs/77": acl(("group_name", "qc-engineers", "CAN_VIEW"), ("service_principal_name", "sp-deploy", "IS_OWNER")),
        "/api/2.0/permissions/cluster-policies/P1": acl(("group_name", "qc-engineers", "CAN_USE")),
        "/api/2.0/policies/clusters/get": {"policy_id": "P1", "name": "qc validated", "definition": json.dumps(policy)},
        "/api/2.0/workspace-conf": {"enableIpAccessLists": "true"},
        "/api/2.0/ip-access-lists": {"ip_access_lists": [{"list_type": "ALLOW", "enabled": True, "ip_addresses": ["192.0.2.0/24"]}]},
        "/api/2.0/accounts/acc/workspaces/99": {"workspace_name": "qc", "workspace_status": "RUNNING", "network_id": "n1", "private_access_settings_id": "pas"},
        "/api/2.0/accounts/acc/private-access-settings/pas": {"public_access_enabled": False, "private_access_level": "ENDPOINT", "allowed_vpc_endpoint_ids": ["v1"]},
        "/api/2.0/repos/5": {"id": 5, "url": "https://example.invalid/qc", "branch": "release", "head_commit_id": COMMIT},
        JOB: job, RUNS: {"runs": runs, "has_more": False},
        f"/api/2.0/fs/files{PLACE}": WHEEL,
        f"/api/2.1/unity-catalog/tables/{TABLE}": table,
        f"/api/2.1/unity-catalog/effective-permissions/table/{TABLE}": {"privilege_assignments": [
            {"principal": "sp-qc-release", "privileges": [{"privilege": "MODIFY"}, {"privilege": "SELECT"}]},
            {"principal": "qc-engineers", "privileges": [{"privilege": "SELECT", "inherited_from_type": "SCHEMA"}]}]},
        "/api/2.0/lineage-tracking/table-lineage": {
            "upstreams": [{"tableInfo": {"name": "raw", "catalog_name": "qc", "schema_name": "landing"}, "jobInfos": [{"job_id": 77}]}], "downstreams": []},
    }  # fmt: skip


def databricks_settings(address: str) -> dict[str, Any]:
    return {
        "host": address, "token": {"env": "STUB_TOKEN"}, "counterpart": {"kind": "stub", "name": "databricks", "version": "1"},
        "account_host": address, "account_id": "acc", "account_token": {"env": "STUB_TOKEN"}, "workspace_id": "99",
        "groups": ["qc-engineers", "qc-release-managers"], "job": "77", "cluster_policy": "P1", "git_folder": "5", "tables": [TABLE],
        "signed_artifacts": {PLACE: f"sha256:{hashlib.sha256(WHEEL).hexdigest()}"}, "ticket_form": "CHG-[0-9]+",
    }  # fmt: skip


def github() -> dict[str, Any]:
    pull = {
        "number": 7, "merged_at": "2026-11-20T10:00:00Z", "title": "CHG-12 Rounding as the method says", "body": None,
        "user": {"login": "ada"}, "head": {"ref": "chg-12", "sha": "f" * 40}, "merged_by": {"login": "mara"},
    }  # fmt: skip
    return {
        f"{REPO}/branches/main/protection": {
            "required_pull_request_reviews": {"required_approving_review_count": 1, "dismiss_stale_reviews": True, "require_code_owner_reviews": True},
            "required_signatures": {"enabled": True}, "enforce_admins": {"enabled": True}, "allow_force_pushes": {"enabled": False},
            "allow_deletions": {"enabled": False}, "required_status_checks": {"contexts": ["qualify"]},
        },
        f"{REPO}/rules/branches/main": [],
        f"{REPO}/commits": [{"sha": c * 40, "commit": {"verification": {"verified": True}}} for c in "ab"],
        f"{REPO}/pulls": [pull, {**pull, "number": 6, "merged_at": None, "title": "given up"}],
        f"{REPO}/pulls/7": pull,
        f"{REPO}/pulls/7/reviews": [{"user": {"login": "mara"}, "state": "APPROVED", "commit_id": "f" * 40}],
        f"{REPO}/pulls/7/commits": [{"author": {"login": "ada"}, "committer": {"login": "web-flow"}}],
    }  # fmt: skip


def gitlab() -> dict[str, Any]:
    return {
        f"{PROJECT}/protected_branches/main": {"name": "main", "allow_force_push": False, "code_owner_approval_required": True, "push_access_levels": [{"access_level": 0}]},
        f"{PROJECT}/approvals": {"reset_approvals_on_push": True, "merge_requests_author_approval": False, "merge_requests_disable_committers_approval": True,
                                 "disable_overriding_approvers_per_merge_request": True},
        f"{PROJECT}/approval_rules": [{"name": "QA", "approvals_required": 1}],
        f"{PROJECT}/push_rule": {"reject_unsigned_commits": True},
        f"{PROJECT}/repository/commits": [{"id": "a" * 40}, {"id": "b" * 40}],
        f"{PROJECT}/repository/commits/{'a' * 40}/signature": {"verification_status": "verified"},
        f"{PROJECT}/repository/commits/{'b' * 40}/signature": {"verification_status": "verified"},
        f"{PROJECT}/merge_requests": [{"iid": 7, "title": "Rounding", "description": "for CHG-12", "source_branch": "x", "author": {"username": "ada"},
                                       "merge_user": {"username": "mara"}}],
        f"{PROJECT}/merge_requests/7/approvals": {"approved_by": [{"user": {"username": "mara"}}]},
        f"{PROJECT}/merge_requests/7/commits": [{"author_name": "Ada", "author_email": "ada@example.invalid"}],
    }  # fmt: skip


def jira() -> dict[str, Any]:
    def issue(kind: str, state: str, category: str, *links: str) -> Any:
        return {"fields": {
            "status": {"name": state, "statusCategory": {"key": category}}, "issuetype": {"name": kind}, "resolution": {"name": "Done"},
            "issuelinks": [{"type": {"name": "Relates"}, "outwardIssue": {"key": k}} for k in links],
        }}  # fmt: skip

    return {
        "/rest/api/2/issue/CHG-12": issue("Change", "Approved", "done", "DEV-3"),
        "/rest/api/2/issue/DEV-3": issue("Deviation", "Closed", "done", "CHG-12"),
        "/rest/api/2/issue/DEV-4": issue("Deviation", "Closed", "done", "CHG-12"),
    }


def vault() -> dict[str, Any]:
    return {
        "/v1/sys/seal-status": {"sealed": False, "version": "1.15.2", "t": 3, "n": 5},
        "/v1/sys/audit": {"data": {"file/": {"type": "file", "path": "file/"}}, "file/": {"type": "file", "path": "file/"}},
        "/v1/auth/token/lookup-self": {"data": {"policies": ["default", "probe"], "ttl": 1800}},
        "/v1/kv/metadata/qc/signing": {"data": {"current_version": 3, "versions": {"3": {"created_time": "2026-10-01T00:00:00Z", "deletion_time": "", "destroyed": False}}}},
        "/v1/kv/data/qc/signing": {"data": {"data": {"token": "the secret itself"}}},
    }  # fmt: skip
