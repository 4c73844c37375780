"""python -m emulator FOLDER: run moto (pip install 'moto[s3,dynamodb,cognitoidp]' flask flask-cors) with the account as it should be.

It writes FOLDER/platform.yaml, which leads csvgen here, and goes on until it is stopped.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import hashlib
import json
import os
import time
from importlib.metadata import distribution, version
from pathlib import Path

REGION, BUCKET, TABLE, TRAIL = "eu-central-1", "clinical-landing", "clinical-ingest", "clinical-trail"
IMAGE = "sha256:" + "ab" * 32
LETS_IN = {"AWS_ACCESS_KEY_ID": "emulated", "AWS_SECRET_ACCESS_KEY": "emulated", "AWS_EC2_METADATA_DISABLED": "true"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"], "Resource": f"arn:aws:s3:::{BUCKET}/*"},
    ],
}  # fmt: skip
PLATFORM = """# Written by the emulator: the example against moto. A real account takes platform.yaml.
format: csvgen.platform/1
title: Clinical pipeline on AWS, an emulator
aws:
  account: "123456789012"
  region: {region}
  endpoint: {url}
  counterpart: {{kind: emulator, name: moto, version: "{version}", digest: "{digest}"}}
  bucket: {bucket}
  table: {table}
  ingest_role: arn:aws:iam::123456789012:role/clinical-ingest
  trail: {trail}
  user_pool: {pool}
  repository: clinical-steps
  image_digest: "{image}"
  task_definition: clinical-steps
  key: alias/clinical-landing
"""


def account(url: str) -> str:
    """Everything as it should be; the name of the pool, which the emulator chose."""
    import boto3

    def service(name: str):  # noqa: ANN202 - made by boto3 at run time
        return boto3.client(name, endpoint_url=url, region_name=REGION)

    s3, here = service("s3"), {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True, **here)
    s3.create_bucket(Bucket="clinical-logs", **here)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 10}}}
    s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=rule)
    blocks = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=blocks)
    table = service("dynamodb")
    table.create_table(
        TableName=TABLE, KeySchema=[{"AttributeName": "object_key", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "object_key", "AttributeType": "S"}], DeletionProtectionEnabled=True,
    )  # fmt: skip
    table.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for name in ("dm.xpt", "ex.xpt"):
        landed(s3, table, name)
    key = service("kms").create_key()["KeyMetadata"]["KeyId"]
    service("kms").create_alias(AliasName="alias/clinical-landing", TargetKeyId=key)
    service("kms").enable_key_rotation(KeyId=key)
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=encryption)
    trail = service("cloudtrail")
    trail.create_trail(Name=TRAIL, S3BucketName="clinical-logs", EnableLogFileValidation=True, IsMultiRegionTrail=True)
    trail.start_logging(Name=TRAIL)
    selector = {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{BUCKET}/"]}]}
    trail.put_event_selectors(TrailName=TRAIL, EventSelectors=[selector])
    people = service("cognito-idp")
    pool = people.create_user_pool(
        PoolName="people",
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )["UserPool"]["Id"]
    people.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True})
    service("ecr").create_repository(repositoryName="clinical-steps", imageTagMutability="IMMUTABLE")
    container = {"name": "derive", "memory": 512, "image": f"clinical-steps@{IMAGE}"}
    service("ecs").register_task_definition(family="clinical-steps", containerDefinitions=[container])
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(POLICY))
    return pool


def landed(s3, table, name: str) -> None:  # noqa: ANN001 - made by boto3 at run time
    """A file put under lock and registered, once."""
    data, until = (
        f"fictitious data of {name}".encode(),
        (dt.datetime.now(dt.UTC) + dt.timedelta(days=3650)).replace(microsecond=0),
    )
    put = s3.put_object(
        Bucket=BUCKET, Key=name, Body=data, ChecksumAlgorithm="SHA256", ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
        ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until, IfNoneMatch="*",
    )  # fmt: skip
    entry = {
        "object_key": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "version_id": put["VersionId"],
        "retain_until": until.isoformat(),
    }
    item = {k: {"S": v} for k, v in entry.items()}
    table.put_item(TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(object_key)")


def digest() -> str:
    """Of the files of moto as they were installed: of the list of them, which names the digest of each."""
    return "sha256:" + hashlib.sha256((distribution("moto").read_text("RECORD") or "").encode()).hexdigest()


def main() -> None:
    """Run until stopped."""
    from moto.server import ThreadedMotoServer

    reading = argparse.ArgumentParser(prog="python -m emulator")
    reading.add_argument("folder", type=Path)
    reading.add_argument("--port", type=int, default=5005)
    asked = reading.parse_args()
    os.environ.update(LETS_IN)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=asked.port, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{asked.port}"
    pool = account(url)
    asked.folder.mkdir(parents=True, exist_ok=True)
    text = PLATFORM.format(
        region=REGION,
        url=url,
        version=version("moto"),
        digest=digest(),
        bucket=BUCKET,
        table=TABLE,
        trail=TRAIL,
        pool=pool,
        image=IMAGE,
    )
    (asked.folder / "platform.yaml").write_text(text, encoding="utf-8")
    variables = " ".join(f"{k}={v}" for k, v in LETS_IN.items())
    print(f"moto answers at {url}; export CSVGEN_PLATFORM={asked.folder / 'platform.yaml'} {variables}", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
