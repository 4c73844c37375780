"""Probes of an AWS account against the emulator moto: each tells the right setting, and another one where it is broken.

moto shows the shape of our calls. What it does with Object Lock is wrong in the very thing that counts, and a probe finds that.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from unittest.mock import patch

import pytest

from csvgen.clock import FixedClock, SystemClock
from csvgen.errors import CsvgenError
from csvgen.store.qualification import qualify
from csvgen.store.worm import WormStore
from csvgen.targets.aws.client import ALLOWED, Services
from csvgen.targets.aws.landing import registry_rights
from csvgen.targets.aws.part import part
from csvgen.targets.aws.settings import Aws
from csvgen.targets.probing.counterpart import short
from csvgen.targets.probing.facts import NotAllowed
from csvgen.views import Unanswered

from ...counterparts.moto_server import MOTO, VARIABLES, moto_server
from ...counterparts.rest_stub import stub
from ...tiny import REPOSITORY
from . import accounts
from .accounts import ACCOUNT, BUCKET, IMAGE, REGION, TABLE, TRAIL, client

RIGHT = {
    "account": {"account": ACCOUNT},
    "bucket-lock": {"lock": "yes", "mode": "COMPLIANCE", "retention": "3650"},
    "bucket-versioning": {"versioning": "Enabled"},
    "bucket-public-access": {"all public access blocked": "yes", "public ACLs ignored": "yes"},
    "bucket-policy": {
        "plain HTTP refused": "yes",
        "retention bypass refused": "yes",
        "deletion of versions refused": "yes",
        "allowed to anybody": "(none)",
    },
    "bucket-encryption": {"encryption": "aws:kms"},
    "ingest-registry": {"key": "object_key (HASH)", "point-in-time recovery": "ENABLED", "deletion protection": "yes"},
    "trail": {"logging": "yes", "log file validation": "yes", "all regions": "yes"},
    "trail-events": {"writes of objects": "yes", "reads of objects": "yes"},
    "sign-in": {"second factor": "ON", "one-time codes by program": "yes", "shortest password": "12"},
    "image-repository": {"tags": "IMMUTABLE", "scanned when pushed": "yes"},
    "running-images": {"all images by digest": "yes", "images by tag": "(none)", "released image runs": "yes"},
    "key": {"state": "Enabled", "rotated": "yes", "allowed to anybody": "(none)"},
}


@pytest.fixture(scope="module")
def address():
    with patch.dict(os.environ, VARIABLES), moto_server() as running:
        yield running


@pytest.fixture(scope="module")
def named(address):
    return accounts.found(address)


@pytest.fixture
def settings(address, named):
    return Aws(
        account=ACCOUNT, region=REGION, endpoint=address, counterpart={"kind": "emulator", "name": MOTO.name, "version": MOTO.version},
        bucket=BUCKET, table=TABLE, trail=TRAIL, repository="steps", image_digest=IMAGE, task_definition="steps", **named,
    )  # fmt: skip


@pytest.fixture
def ask(settings):
    """One fact after the other, read anew."""
    services = Services(settings, SystemClock())
    probes = part(settings, SystemClock(), services).probes

    def told(probe):
        return {f.name: f for f in probes[probe]()}

    told.services = services
    return told


def test_every_setting_is_told_as_it_is(ask):
    wrong = {}
    for probe, expected in RIGHT.items():
        found = ask(probe)
        wrong |= {f"{probe}: {n}": found[n].value for n, v in expected.items() if found[n].value != v}
        assert all(f.source.endswith(f"[emulator moto {MOTO.version}]") for f in found.values()), probe
    assert wrong == {}


def test_every_wrong_setting_is_told(address, named, ask):
    """Each is broken alone, looked at, and put right again."""
    s3, trail, ecr = client(address, "s3"), client(address, "cloudtrail"), client(address, "ecr")
    pool, key, kms = named["user_pool"], named["key"], client(address, "kms")
    allow = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
    }
    half = {
        "Version": "2012-10-17",
        "Statement": [
            {
                **accounts.DENY["Statement"][0],
                "Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}},
            }
        ],
    }
    people = client(address, "cognito-idp")
    table = client(address, "dynamodb")

    def recovery(on):
        table.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on})

    def policy(document):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))

    def selectors(kind, place):
        trail.put_event_selectors(
            TrailName=TRAIL,
            EventSelectors=[{"ReadWriteType": kind, "DataResources": [{"Type": "AWS::S3::Object", "Values": [place]}]}],
        )

    broken = (
        (lambda: accounts.lock(address, "GOVERNANCE", Days=30), lambda: accounts.lock(address, "COMPLIANCE", Years=10), "bucket-lock", {"mode": "GOVERNANCE", "retention": "30"}),
        (lambda: s3.delete_public_access_block(Bucket=BUCKET), lambda: None, "bucket-public-access", {"all public access blocked": "no"}),
        (lambda: policy(allow), lambda: policy(accounts.DENY), "bucket-policy", {"allowed to anybody": "s3:GetObject", "plain HTTP refused": "no", "retention bypass refused": "no"}),
        (lambda: policy(half), lambda: policy(accounts.DENY), "bucket-policy", {"plain HTTP refused": "no", "deletion of versions refused": "no"}),
        (lambda: s3.delete_bucket_encryption(Bucket=BUCKET), lambda: None, "bucket-encryption", {"encryption": "(none)"}),
        (lambda: recovery(False), lambda: recovery(True), "ingest-registry", {"point-in-time recovery": "DISABLED"}),
        (lambda: trail.stop_logging(Name=TRAIL), lambda: trail.start_logging(Name=TRAIL), "trail", {"logging": "no"}),
        (lambda: trail.update_trail(Name=TRAIL, EnableLogFileValidation=False), lambda: trail.update_trail(Name=TRAIL, EnableLogFileValidation=True), "trail", {"log file validation": "no"}),
        (lambda: selectors("ReadOnly", f"arn:aws:s3:::{BUCKET}/"), lambda: selectors("All", f"arn:aws:s3:::{BUCKET}/"), "trail-events", {"writes of objects": "no"}),
        (lambda: selectors("All", f"arn:aws:s3:::{BUCKET}/some/"), lambda: selectors("All", f"arn:aws:s3:::{BUCKET}/"), "trail-events", {"writes of objects": "no"}),
        (lambda: people.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}), lambda: None, "sign-in", {"second factor": "OPTIONAL"}),
        (lambda: ecr.put_image_tag_mutability(repositoryName="steps", imageTagMutability="MUTABLE"), lambda: None, "image-repository", {"tags": "MUTABLE", "released image": "(none)"}),
        (lambda: accounts.tasks(address, f"x@{IMAGE}", "x/side:latest"), lambda: accounts.tasks(address, f"x@{IMAGE}"), "running-images", {"all images by digest": "no", "images by tag": "x/side:latest"}),
        (lambda: accounts.tasks(address, f"x@{IMAGE[:-2]}00"), lambda: accounts.tasks(address, f"x@{IMAGE}"), "running-images", {"released image runs": "no"}),
        (lambda: kms.disable_key_rotation(KeyId=key), lambda: kms.enable_key_rotation(KeyId=key), "key", {"rotated": "no"}),
        (lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}]})), lambda: None, "key", {"allowed to anybody": "kms:*"}),
    )  # fmt: skip
    for number, (breaking, mending, probe, expected) in enumerate(broken):
        breaking()
        try:
            found = ask(probe)
            assert {n: found[n].value for n in expected} == expected, number
        finally:
            mending()


def test_a_retention_that_the_store_let_be_shortened_is_found_by_reading(address, ask):
    """The emulator allows what no store under lock allows. The registry says how long each object was to be kept."""
    client(address, "s3").delete_bucket_policy(Bucket=BUCKET)  # the emulator looks at no condition, and would refuse every call
    first, second = accounts.landed(address, "a.csv"), accounts.landed(address, "b.csv")
    found = ask("registry-against-store")
    assert (found["entries compared"].value, found["entries that differ"].value) == ("2", "0")
    s3 = client(address, "s3")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    s3.put_object_retention(
        Bucket=BUCKET,
        Key="a.csv",
        VersionId=first,
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon},
        BypassGovernanceRetention=True,
    )
    assert ask("registry-against-store")["retention shortened"].value == "a.csv"
    s3.put_object_retention(
        Bucket=BUCKET,
        Key="b.csv",
        VersionId=second,
        Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon},
        BypassGovernanceRetention=True,
    )
    s3.delete_object(Bucket=BUCKET, Key="b.csv", VersionId=second, BypassGovernanceRetention=True)
    client(address, "dynamodb").put_item(TableName=TABLE, Item={"object_key": {"S": "c.csv"}})
    found = ask("registry-against-store")
    assert (found["missing"].value, found["registered without a fact"].value, found["entries that differ"].value) == (
        "b.csv",
        "c.csv: sha256",
        "3",
    )


def test_the_questions_that_qualify_a_store_call_the_emulator_none(address):
    failed = {a.number: a.question for a in qualify(WormStore("moto-store", "", address, "us-east-1", None)) if not a.passed}
    assert failed[10] == "retention is not shortened"
    assert failed[11] == "mode is not weakened"


def test_the_emulator_is_told_by_its_own_page_whatever_the_settings_say(settings):
    said = settings.model_copy(
        update={"counterpart": settings.counterpart.model_copy(update={"kind": "real server", "name": "AWS"})}
    )
    services = Services(said, SystemClock())
    assert short(services.counterpart("kms")) == "emulator moto (as it answers)"


def test_a_call_that_writes_does_not_leave(settings):
    """Counted at the other end: the server sees nothing. Reading the same way gets through."""
    with stub("aws", {}) as server:
        there = settings.model_copy(
            update={"endpoint": server.address, "counterpart": settings.counterpart.model_copy(update={"kind": "stub"})}
        )
        services = Services(there, SystemClock())
        made = {name: services(name).client for name in ("s3", "dynamodb", "kms", "iam", "cloudtrail")}
        server.asked.clear()
        attempts = (
            lambda: made["s3"].put_object(Bucket=BUCKET, Key="x", Body=b"x"),
            lambda: made["s3"].delete_object(Bucket=BUCKET, Key="x", VersionId="1"),
            lambda: made["s3"].upload_fileobj(io.BytesIO(b"x"), BUCKET, "x"),
            lambda: made["s3"].put_object_retention(Bucket=BUCKET, Key="x", Retention={}),
            lambda: made["dynamodb"].put_item(TableName=TABLE, Item={"object_key": {"S": "x"}}),
            lambda: made["dynamodb"].get_paginator("query").paginate(TableName=TABLE).build_full_result(),
            lambda: made["kms"].schedule_key_deletion(KeyId="k"),
            lambda: made["iam"].create_user(UserName="x"),
            lambda: made["cloudtrail"].stop_logging(Name=TRAIL),
            lambda: services("ecr").ask("DeleteRepository", repositoryName="steps"),
        )
        for attempt in attempts:
            with pytest.raises(NotAllowed, match="was not sent"):
                attempt()
        assert server.asked == []
        with pytest.raises(Unanswered):
            services("s3").ask("GetBucketVersioning", Bucket=BUCKET)
        assert server.asked != []


def test_the_list_holds_nothing_that_writes():
    verbs = {name for names in ALLOWED.values() for name in names}
    assert all(name.startswith(("Get", "Describe", "List", "Head", "Scan", "Simulate")) for name in verbs), verbs


@pytest.mark.parametrize(
    ("status", "code", "message", "words"),
    [
        (403, "AccessDenied", "", "no permission for s3:GetBucketVersioning"),
        (400, "ExpiredToken", "", "the credentials have expired"),
        (403, "InvalidAccessKeyId", "", "the credentials are not accepted"),
        (403, "SignatureDoesNotMatch", "Signature not yet current", "clock skew"),
        (403, "RequestTimeTooSkewed", "", "clock skew"),
        (404, "NoSuchBucket", "", "nothing of the name that the settings say"),
        (418, "Odd", "", "the service refused (Odd)"),
    ],
)
def test_what_the_world_refuses_is_named(settings, status, code, message, words):
    quoted = "AKIA" + "IOSFODNN7" + "EXAMPLE"
    body = f"<Error><Code>{code}</Code><Message>{message} {quoted}</Message></Error>".encode()
    with stub("aws", {f"/{BUCKET}": (status, body)}) as server:
        there = settings.model_copy(update={"endpoint": server.address})
        with pytest.raises(Unanswered) as told:
            part(there, SystemClock()).probes["bucket-versioning"]()
    assert words in str(told.value)
    assert quoted not in str(told.value), "texts of the service may quote anything"


def test_an_answer_that_is_none_of_the_service_is_no_answer(settings):
    with stub("aws", {"/": (200, b"<html>a log-in page")}) as server:
        there = settings.model_copy(update={"endpoint": server.address, "ingest_role": "arn:aws:iam::123456789012:role/x"})
        with pytest.raises(Unanswered, match="the answer cannot be read"):
            part(there, SystemClock()).probes["registry-rights"]()


def test_throttling_is_named_after_few_tries(settings, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with stub("aws", {f"/{BUCKET}": (503, b"<Error><Code>SlowDown</Code></Error>")}) as server:
        with pytest.raises(Unanswered, match="throttled"):
            part(settings.model_copy(update={"endpoint": server.address}), SystemClock()).probes["bucket-versioning"]()
        assert len([p for _, p in server.asked if p == f"/{BUCKET}"]) == 3


def test_clock_skew_is_named_even_where_the_service_bears_it(settings):
    late = FixedClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10))
    with pytest.raises(Unanswered, match="clock skew"):
        part(settings, late).probes["bucket-versioning"]()


def test_no_credentials_no_network_and_no_such_profile(settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unanswered, match="no credentials"):
        part(settings, SystemClock()).probes["bucket-versioning"]()
    with pytest.raises(Unanswered, match="no credentials"):
        part(settings.model_copy(update={"profile": "nobody"}), SystemClock()).probes["bucket-versioning"]()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(Unanswered, match="no network"):
        part(settings.model_copy(update={"endpoint": "http://127.0.0.1:9"}), SystemClock()).probes["bucket-versioning"]()


def test_settings_that_say_too_little_are_named_probe_by_probe(settings):
    bare = part(Aws(account=ACCOUNT, region=REGION, endpoint=settings.endpoint, counterpart=settings.counterpart), SystemClock())
    missing = {}
    for name in set(bare.probes) - {"account"}:
        with pytest.raises(Unanswered) as told:
            bare.probes[name]()
        missing[name] = told.value.hint
    assert missing["trail-digests"] == "add aws.trail"
    assert missing["registry-rights"] == "add aws.ingest_role"
    assert all(hint.startswith("add aws.") for hint in missing.values())


class _Iam:
    """What SimulatePrincipalPolicy answers (documented shape); the emulator has it not."""

    def __init__(self, **decided):
        self.decided = decided

    def source(self, operation):
        return operation

    def ask(self, operation, **arguments):
        names = [n for n in arguments["ActionNames"] if n.partition(":")[2] in self.decided]
        return {"EvaluationResults": [{"EvalActionName": n, "EvalDecision": self.decided[n.partition(":")[2]]} for n in names]}


def test_the_role_that_registers_files_may_put_and_nothing_else():
    all_denied = {"UpdateItem": "implicitDeny", "DeleteItem": "explicitDeny", "DeleteTable": "implicitDeny"}
    right = {f.name: f.value for f in registry_rights(_Iam(PutItem="allowed", **all_denied), "role", "table")}
    assert right == {"may put": "yes", "may change": "no", "may delete": "no", "may delete the table": "no"}
    wrong = {
        f.name: f.value
        for f in registry_rights(_Iam(PutItem="allowed", **all_denied | {"UpdateItem": "allowed"}), "role", "table")
    }
    assert wrong["may change"] == "yes"
    with pytest.raises(Unanswered, match="says nothing"):
        registry_rights(_Iam(PutItem="allowed"), "role", "table")


def test_an_address_that_is_not_of_aws_says_what_answers():
    with pytest.raises(CsvgenError, match="do not say what answers"):
        part(Aws(account=ACCOUNT, region=REGION, endpoint="http://127.0.0.1:9"), SystemClock())


def test_an_address_from_the_environment_is_not_taken_for_aws(settings, monkeypatch):
    """boto3 goes wherever AWS_ENDPOINT_URL says; the settings name no address, so the evidence would have said "real server AWS"."""
    own = Aws(account=ACCOUNT, region=REGION, bucket=BUCKET, key="alias/steps")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", settings.endpoint)
    with pytest.raises(Unanswered, match="another address than that of AWS"):
        part(own, SystemClock()).probes["key"]()
    monkeypatch.setenv("AWS_ENDPOINT_URL", settings.endpoint)
    with pytest.raises(Unanswered, match="another address than that of AWS") as told:
        part(own, SystemClock()).probes["bucket-lock"]()
    assert "AWS_ENDPOINT_URL" in told.value.hint
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert Services(own, SystemClock())("s3").client.meta.endpoint_url.endswith(".amazonaws.com"), "and without it AWS is asked"


ACTIONS = {
    "s3:GetObjectLockConfiguration": ("s3:GetBucketObjectLockConfiguration",), "s3:GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",), "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:GetObject": ("s3:GetObject", "s3:GetObjectVersion"), "s3:HeadObject": ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"),
    "sts:GetCallerIdentity": (),
}  # fmt: skip
"""Operation -> actions that let it in, where they are not of its name (Service Authorization Reference of AWS); the last takes none."""


def test_the_policy_of_the_guide_lets_in_what_the_probes_ask_and_nothing_more():
    text = (REPOSITORY / "docs" / "live-run.md").read_text(encoding="utf-8")
    policy = json.loads(text[text.index('{"Version": "2012-10-17"') : text.index("]}]}") + 4])
    wanted = {a for service, names in ALLOWED.items() for n in names for a in ACTIONS.get(f"{service}:{n}", (f"{service}:{n}",))}
    assert set(policy["Statement"][0]["Action"]) == wanted
