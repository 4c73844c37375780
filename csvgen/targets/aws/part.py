"""The probes of an AWS account by name, bound to its settings."""

from __future__ import annotations

from functools import partial

from csvgen.clock import Clock
from csvgen.targets.aws import landing, others, trail
from csvgen.targets.aws.client import Services
from csvgen.targets.aws.settings import Aws
from csvgen.targets.probing.facts import need
from csvgen.targets.probing.part import Part, Probe
from csvgen.views import Fact


def part(settings: Aws, clock: Clock, services: Services | None = None) -> Part:
    """Every probe that the settings say enough for is there; one they say too little for tells what is missing when it is asked."""
    ask = services or Services(settings, clock)

    def named(value: str | None, setting: str) -> str:
        return need(value, f"aws.{setting}")

    def table_arn() -> str:
        return f"arn:aws:dynamodb:{settings.region}:{settings.account}:table/{named(settings.table, 'table')}"

    def bucket() -> str:
        return named(settings.bucket, "bucket")

    def trail_name() -> str:
        return named(settings.trail, "trail")

    def against_store() -> tuple[Fact, ...]:
        return landing.registry_against_store(
            ask("dynamodb"), ask("s3"), named(settings.table, "table"), bucket(), settings.registry_entries
        )

    probes: dict[str, tuple[str, Probe]] = {
        "account": ("sts", lambda: others.account(ask("sts"))),
        "bucket-lock": ("s3", lambda: landing.bucket_lock(ask("s3"), bucket())),
        "bucket-versioning": ("s3", lambda: landing.bucket_versioning(ask("s3"), bucket())),
        "bucket-public-access": ("s3", lambda: landing.bucket_public_access(ask("s3"), bucket())),
        "bucket-policy": ("s3", lambda: landing.bucket_policy(ask("s3"), bucket())),
        "bucket-encryption": ("s3", lambda: landing.bucket_encryption(ask("s3"), bucket())),
        "ingest-registry": ("dynamodb", lambda: landing.ingest_registry(ask("dynamodb"), named(settings.table, "table"))),
        "registry-rights": (
            "iam",
            lambda: landing.registry_rights(ask("iam"), named(settings.ingest_role, "ingest_role"), table_arn()),
        ),
        "registry-against-store": ("s3", against_store),
        "trail": ("cloudtrail", lambda: trail.trail_settings(ask("cloudtrail"), trail_name())),
        "trail-events": ("cloudtrail", lambda: trail.trail_events(ask("cloudtrail"), trail_name(), bucket())),
        "trail-digests": (
            "cloudtrail",
            lambda: trail.trail_digests(
                ask("cloudtrail"), ask("s3"), trail_name(), settings.digests_from or "", settings.digest_files
            ),
        ),
        "sign-in": (
            "cognito-idp",
            lambda: others.sign_in(ask("cognito-idp"), named(settings.user_pool, "user_pool"), settings.user_pool_client or ""),
        ),
        "image-repository": (
            "ecr",
            lambda: others.image_repository(ask("ecr"), named(settings.repository, "repository"), settings.image_digest or ""),
        ),
        "running-images": (
            "ecs",
            lambda: others.running_images(
                ask("ecs"), named(settings.task_definition, "task_definition"), settings.image_digest or ""
            ),
        ),
        "key": ("kms", lambda: others.key(ask("kms"), named(settings.key, "key"))),
    }
    return Part(
        name="aws",
        instance=f"aws {settings.account} {settings.region}",
        probes={name: probe for name, (_, probe) in probes.items()},
        counterparts={name: partial(ask.counterpart, service) for name, (service, _) in probes.items()},
    )
