"""Probes of sign-in, images, keys, and of whose account it is."""

from __future__ import annotations

import re
from typing import Any

from csvgen.targets.aws.client import Service
from csvgen.targets.aws.landing import open_to_anybody, policy_statements
from csvgen.targets.probing.facts import Measured, facts
from csvgen.views import Fact, Unanswered

_BY_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")


def account(sts: Service) -> tuple[Fact, ...]:
    """Whose account answers: settings of the right kind in the wrong account prove nothing."""
    answer = sts.ask("GetCallerIdentity")
    return facts(sts.source("GetCallerIdentity"), {"account": answer["Account"], "probed as": answer["Arn"]})


def sign_in(cognito: Service, pool: str, client: str) -> tuple[Fact, ...]:
    """Whether a second factor is asked of everybody, and by which ways one can sign in at all."""
    found = cognito.ask("DescribeUserPool", UserPoolId=pool)["UserPool"]
    factors = cognito.ask("GetUserPoolMfaConfig", UserPoolId=pool)
    password = found.get("Policies", {}).get("PasswordPolicy", {})
    told = facts(
        cognito.source("GetUserPoolMfaConfig"),
        {
            "second factor": factors.get("MfaConfiguration", "OFF"),
            "one-time codes by program": bool(factors.get("SoftwareTokenMfaConfiguration", {}).get("Enabled")),
            "one-time codes by text message": bool(factors.get("SmsMfaConfiguration")),
        },
    ) + facts(
        cognito.source("DescribeUserPool"),
        {
            "shortest password": Measured(int(password.get("MinimumLength") or 0), "characters"),
            "only administrators make accounts": bool(found.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly")),
            "deletion protection": found.get("DeletionProtection", "INACTIVE"),
        },
    )  # fmt: skip
    if not client:
        return told
    app = cognito.ask("DescribeUserPoolClient", UserPoolId=pool, ClientId=client)["UserPoolClient"]
    return told + facts(
        cognito.source("DescribeUserPoolClient"),
        {
            "ways to sign in": app.get("ExplicitAuthFlows", ()),
            "unknown users are hidden": app.get("PreventUserExistenceErrors") == "ENABLED",
        },
    )


def image_repository(ecr: Service, repository: str, digest: str) -> tuple[Fact, ...]:
    """Whether a tag can be moved to another image, and whether the released image is there, by its digest."""
    found = ecr.ask("DescribeRepositories", repositoryNames=[repository])["repositories"][0]
    told = facts(
        ecr.source("DescribeRepositories"),
        {
            "tags": found.get("imageTagMutability"), "scanned when pushed": bool(found.get("imageScanningConfiguration", {}).get("scanOnPush")),
            "encryption": found.get("encryptionConfiguration", {}).get("encryptionType", "(default)"),
        },
    )  # fmt: skip
    if not digest:
        return told
    there = ecr.ask(
        "DescribeImages", repositoryName=repository, imageIds=[{"imageDigest": digest}], absent=("ImageNotFoundException",)
    )
    rows: list[Any] = (there or {}).get("imageDetails", [])
    seen = any(row.get("imageDigest") == digest for row in rows)
    return told + facts(ecr.source("DescribeImages"), {"released image": digest if seen else None})


def running_images(ecs: Service, definition: str, digest: str) -> tuple[Fact, ...]:
    """Whether what runs is named by digest, and not by a tag that somebody may move."""
    found = ecs.ask("DescribeTaskDefinition", taskDefinition=definition)["taskDefinition"]
    images = [str(c.get("image", "")) for c in found.get("containerDefinitions", ())]
    if not images:
        raise Unanswered("the task definition has no containers", where="ecs:DescribeTaskDefinition")
    by_tag = [i for i in images if not _BY_DIGEST.fullmatch(i)]
    return facts(
        ecs.source("DescribeTaskDefinition"),
        {
            "images": Measured(len(images), "images"), "images by tag": by_tag, "all images by digest": not by_tag,
            "released image runs": bool(digest) and any(i.endswith(f"@{digest}") for i in images),
        },
    )  # fmt: skip


def key(kms: Service, name: str) -> tuple[Fact, ...]:
    """State, rotation and policy of a key."""
    found = kms.ask("DescribeKey", KeyId=name)["KeyMetadata"]
    rotation = kms.ask("GetKeyRotationStatus", KeyId=found["KeyId"])
    policy = kms.ask("GetKeyPolicy", KeyId=found["KeyId"], PolicyName="default")["Policy"]
    return (
        facts(
            kms.source("DescribeKey"),
            {
                "state": found.get("KeyState"),
                "managed by": found.get("KeyManager"),
                "origin": found.get("Origin"),
                "use": found.get("KeyUsage"),
            },
        )
        + facts(
            kms.source("GetKeyRotationStatus"),
            {
                "rotated": bool(rotation.get("KeyRotationEnabled")),
                "rotation": Measured(int(rotation.get("RotationPeriodInDays") or 0), "d"),
            },
        )
        + facts(
            kms.source("GetKeyPolicy"), {"allowed to anybody": open_to_anybody(policy_statements(policy, "kms:GetKeyPolicy"))}
        )
    )
