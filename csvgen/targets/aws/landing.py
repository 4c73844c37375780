"""Probes of where raw data land: the bucket under Object Lock, and the registry of what landed."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from csvgen.targets.aws.client import Service
from csvgen.targets.probing.facts import Measured, facts
from csvgen.views import Fact, Unanswered

_BLOCKS = {
    "BlockPublicAcls": "public ACLs blocked",
    "IgnorePublicAcls": "public ACLs ignored",
    "BlockPublicPolicy": "public policies blocked",
    "RestrictPublicBuckets": "public buckets restricted",
}
_DAYS = 365
KEY, DIGEST, VERSION, UNTIL = "object_key", "sha256", "version_id", "retain_until"
"""Attributes of an entry of the ingest registry."""


def bucket_lock(s3: Service, bucket: str) -> tuple[Fact, ...]:
    """Mode and length of the retention that each new object gets."""
    answer = s3.ask("GetObjectLockConfiguration", Bucket=bucket, absent=("ObjectLockConfigurationNotFoundError",))
    found = (answer or {}).get("ObjectLockConfiguration", {})
    rule = found.get("Rule", {}).get("DefaultRetention", {})
    days = int(rule.get("Days") or 0) + _DAYS * int(rule.get("Years") or 0)
    return facts(
        s3.source("GetObjectLockConfiguration"),
        {"lock": found.get("ObjectLockEnabled") == "Enabled", "mode": rule.get("Mode"), "retention": Measured(days, "d")},
    )


def bucket_versioning(s3: Service, bucket: str) -> tuple[Fact, ...]:
    """Whether each version of an object is kept."""
    answer = s3.ask("GetBucketVersioning", Bucket=bucket)
    told = {"versioning": answer.get("Status"), "MFA delete": answer.get("MFADelete", "Disabled")}
    return facts(s3.source("GetBucketVersioning"), told)


def bucket_public_access(s3: Service, bucket: str) -> tuple[Fact, ...]:
    """The four blocks of public access; a bucket without them has none."""
    answer = s3.ask("GetPublicAccessBlock", Bucket=bucket, absent=("NoSuchPublicAccessBlockConfiguration",))
    found = (answer or {}).get("PublicAccessBlockConfiguration", {})
    told = {words: found.get(name) is True for name, words in _BLOCKS.items()}
    return facts(s3.source("GetPublicAccessBlock"), {**told, "all public access blocked": all(told.values())})


def bucket_policy(s3: Service, bucket: str) -> tuple[Fact, ...]:
    """What the policy of the bucket forbids to everybody, and whether it allows anything to anybody."""
    answer = s3.ask("GetBucketPolicy", Bucket=bucket, absent=("NoSuchBucketPolicy",))
    statements = policy_statements((answer or {}).get("Policy", "{}"), "s3:GetBucketPolicy")
    forbidden = [s for s in statements if s.get("Effect") == "Deny" and _anybody(s)]
    plain = any(_secure_transport(s) for s in forbidden)
    always = [s for s in forbidden if not s.get("Condition")]
    told = {
        "statements": Measured(len(statements), "statements"),
        "plain HTTP refused": plain,
        "retention bypass refused": any(_names(s, "s3:BypassGovernanceRetention") for s in always),
        "deletion of versions refused": any(_names(s, "s3:DeleteObjectVersion") for s in always),
        "allowed to anybody": sorted(open_to_anybody(statements)),
    }
    return facts(s3.source("GetBucketPolicy"), told)


def bucket_encryption(s3: Service, bucket: str) -> tuple[Fact, ...]:
    """How objects are encrypted when nobody says how."""
    answer = s3.ask("GetBucketEncryption", Bucket=bucket, absent=("ServerSideEncryptionConfigurationNotFoundError",))
    rules = (answer or {}).get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    return facts(
        s3.source("GetBucketEncryption"),
        {"encryption": default.get("SSEAlgorithm"), "encryption key": default.get("KMSMasterKeyID")},
    )


def ingest_registry(dynamodb: Service, table: str) -> tuple[Fact, ...]:
    """The registry of landed files: its key, and whether it can be put back to any moment."""
    found = dynamodb.ask("DescribeTable", TableName=table)["Table"]
    backups = dynamodb.ask("DescribeContinuousBackups", TableName=table)["ContinuousBackupsDescription"]
    keys = [f"{k['AttributeName']} ({k['KeyType']})" for k in found.get("KeySchema", [])]
    told = facts(
        dynamodb.source("DescribeTable"),
        {
            "status": found.get("TableStatus"), "key": keys, "deletion protection": bool(found.get("DeletionProtectionEnabled")),
            "encryption": found.get("SSEDescription", {}).get("SSEType", "AWS owned key"),
        },
    )  # fmt: skip
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return told + facts(dynamodb.source("DescribeContinuousBackups"), {"point-in-time recovery": recovery})


def registry_rights(iam: Service, role: str, table_arn: str) -> tuple[Fact, ...]:
    """What the role that registers files may do with the registry, by the evaluation of IAM itself: put, and neither change nor delete."""
    verbs = {
        "dynamodb:PutItem": "may put",
        "dynamodb:UpdateItem": "may change",
        "dynamodb:DeleteItem": "may delete",
        "dynamodb:DeleteTable": "may delete the table",
    }
    answer = iam.ask("SimulatePrincipalPolicy", PolicySourceArn=role, ActionNames=list(verbs), ResourceArns=[table_arn])
    decided = {r["EvalActionName"]: r["EvalDecision"] == "allowed" for r in answer["EvaluationResults"]}
    if lost := [v for v in verbs if v not in decided]:
        raise Unanswered(f"the evaluation says nothing of {lost[0]}", where="iam:SimulatePrincipalPolicy")
    return facts(iam.source("SimulatePrincipalPolicy"), {words: decided[verb] for verb, words in verbs.items()})


def registry_against_store(dynamodb: Service, s3: Service, table: str, bucket: str, most: int) -> tuple[Fact, ...]:
    """Each entry of the registry against the object it names: there, under compliance, kept as long as was registered, same digest.

    A store that lets a retention be shortened after the fact is found here, by the entry that says how long it was meant to be. An entry
    that was put twice shows as two versions of one object.
    """
    seen = wrong = 0
    found: dict[str, list[str]] = {
        "missing": [],
        "not under compliance": [],
        "retention shortened": [],
        "another digest": [],
        "registered without a fact": [],
    }
    for item in dynamodb.pages("Scan", "Items", TableName=table, ConsistentRead=True):
        if seen == most:
            break
        seen += 1
        entry = {name: str(next(iter(value.values()))) for name, value in item.items()}
        if lost := [name for name in (KEY, DIGEST, VERSION, UNTIL) if not entry.get(name)]:
            found["registered without a fact"].append(f"{entry.get(KEY, '(no key)')}: {lost[0]}")
            continue
        for what in _differences(s3, bucket, entry):
            found[what].append(entry[KEY])
    wrong = sum(map(len, found.values()))
    told = {"entries compared": Measured(seen, "entries"), "entries that differ": Measured(wrong, "entries"), **found}
    return facts(f"{dynamodb.source('Scan')} against {s3.source('HeadObject')}", told)


def _differences(s3: Service, bucket: str, entry: Mapping[str, str]) -> list[str]:
    where = {"Bucket": bucket, "Key": entry[KEY], "VersionId": entry[VERSION]}
    head = s3.ask("HeadObject", **where, ChecksumMode="ENABLED", absent=("404", "NoSuchKey", "NoSuchVersion"))
    if head is None:
        return ["missing"]
    wrong = []
    if head.get("ObjectLockMode") != "COMPLIANCE":
        wrong.append("not under compliance")
    until = head.get("ObjectLockRetainUntilDate")
    if until is None or until < _moment(entry[UNTIL]):
        wrong.append("retention shortened")
    told = head.get("ChecksumSHA256", "")
    if "-" in told or not told:
        raise Unanswered("the store tells no SHA-256 of an object, so it cannot be compared", where=f"s3:HeadObject {entry[KEY]}")
    if base64.b64decode(told).hex() != entry[DIGEST].removeprefix("sha256:"):
        wrong.append("another digest")
    return wrong


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except ValueError:
        raise Unanswered(f"the registry holds a date that is none: {text[:40]!r}") from None


# ------------------------------------------------------------ policies


def policy_statements(text: str, where: str) -> list[dict[str, Any]]:
    """The statements of a policy document. Raises Unanswered for what is no policy."""
    try:
        found = json.loads(text).get("Statement", [])
    except (ValueError, AttributeError):
        raise Unanswered("the policy cannot be read", where=where) from None
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unanswered("the policy cannot be read", where=where)
    return rows


def open_to_anybody(statements: list[dict[str, Any]]) -> set[str]:
    """Actions that are allowed to anybody, without a condition."""
    rows = [s for s in statements if s.get("Effect") == "Allow" and _anybody(s) and not s.get("Condition")]
    return {a for s in rows for a in _several(s.get("Action") or f"all but {s.get('NotAction')}")}


def _anybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if "NotPrincipal" in statement:
        return True
    return "*" in (
        _several(principal) if not isinstance(principal, dict) else [v for p in principal.values() for v in _several(p)]
    )


def _several(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _names(statement: Mapping[str, Any], action: str) -> bool:
    return any(
        a in {"*", "s3:*", action} or (a.endswith("*") and action.startswith(a[:-1]))
        for a in _several(statement.get("Action", ()))
    )


def _secure_transport(statement: Mapping[str, Any]) -> bool:
    conditions = statement.get("Condition") or {}
    wanted = conditions.get("Bool", {}) if set(conditions) == {"Bool"} else {}
    return (
        set(wanted) == {"aws:SecureTransport"}
        and str(wanted["aws:SecureTransport"]).lower() == "false"
        and _names(statement, "s3:GetObject")
    )
