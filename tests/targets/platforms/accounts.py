"""A cloud account as it should be, in the emulator, and digest files as CloudTrail writes them."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ACCOUNT, REGION, BUCKET, TABLE, TRAIL = "123456789012", "eu-central-1", "qc-raw", "qc-ingest", "qc-trail"
IMAGE = "sha256:" + "ab" * 32
DENY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"], "Resource": f"arn:aws:s3:::{BUCKET}/*"},
    ],
}  # fmt: skip


def client(address: str, service: str) -> Any:
    import boto3

    return boto3.client(service, endpoint_url=address, region_name=REGION)


def found(address: str) -> dict[str, str]:
    """Everything as it should be. The names that the emulator gave."""
    s3, place = client(address, "s3"), {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True, **place)
    s3.create_bucket(Bucket="qc-logs", **place)
    lock(address, "COMPLIANCE", Years=10)
    s3.put_public_access_block(
        Bucket=BUCKET,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(DENY))
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}]
        },
    )
    table = client(address, "dynamodb")
    table.create_table(
        TableName=TABLE, KeySchema=[{"AttributeName": "object_key", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "object_key", "AttributeType": "S"}], DeletionProtectionEnabled=True,
    )  # fmt: skip
    table.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    trail = client(address, "cloudtrail")
    trail.create_trail(Name=TRAIL, S3BucketName="qc-logs", EnableLogFileValidation=True, IsMultiRegionTrail=True)
    trail.start_logging(Name=TRAIL)
    selector = {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{BUCKET}/"]}]}
    trail.put_event_selectors(TrailName=TRAIL, EventSelectors=[selector])
    people = client(address, "cognito-idp")
    pool = people.create_user_pool(
        PoolName="people",
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )["UserPool"]["Id"]
    people.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True})
    images = client(address, "ecr")
    images.create_repository(
        repositoryName="steps", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True}
    )
    tasks(address, f"x/steps@{IMAGE}")
    key = client(address, "kms").create_key()["KeyMetadata"]["KeyId"]
    client(address, "kms").enable_key_rotation(KeyId=key)
    return {"user_pool": pool, "key": key}


def lock(address: str, mode: str, **length: int) -> None:
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, **length}}}
    client(address, "s3").put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=rule)


def tasks(address: str, *images: str) -> None:
    """The newest revision of the task definition names these images."""
    containers = [{"name": f"c{n}", "memory": 64, "image": image} for n, image in enumerate(images)]
    client(address, "ecs").register_task_definition(family="steps", containerDefinitions=containers)


def landed(address: str, key: str, days: int = 3650) -> str:
    """A file put under lock and registered, as an ingest does it. Its version."""
    data, until = f"raw data {key}".encode(), (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).replace(microsecond=0)
    put = client(address, "s3").put_object(
        Bucket=BUCKET, Key=key, Body=data, ChecksumAlgorithm="SHA256", ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
        ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
    )  # fmt: skip
    entry = {
        "object_key": key,
        "sha256": hashlib.sha256(data).hexdigest(),
        "version_id": put["VersionId"],
        "retain_until": until.isoformat(),
    }
    client(address, "dynamodb").put_item(
        TableName=TABLE, Item={k: {"S": v} for k, v in entry.items()}, ConditionExpression="attribute_not_exists(object_key)"
    )
    return str(put["VersionId"])


# ------------------------------------------------------------ CloudTrail


class Delivery:
    """Log and digest files of a trail as AWS delivers them, hour after hour, and the key that signs them. `objects` may be altered."""

    def __init__(self, hours: int = 4, first: dt.datetime | None = None) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        self.fingerprint = hashlib.md5(self.public, usedforsecurity=False).hexdigest()
        self.objects: dict[str, bytes] = {}
        self.meta: dict[str, dict[str, str]] = {}
        self.names: list[str] = []
        self.logs: list[str] = []
        self.end = first or dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
        for hour in range(hours):
            self._hour(hour)

    def _hour(self, hour: int) -> None:
        start, self.end = self.end, self.end + dt.timedelta(hours=1)
        base, stamp = f"AWSLogs/{ACCOUNT}", self.end.strftime("%Y%m%dT%H%M%SZ")
        day = self.end.strftime("%Y/%m/%d")
        log = f"{base}/CloudTrail/{REGION}/{day}/{ACCOUNT}_CloudTrail_{REGION}_{stamp}_{hour:016d}.json.gz"
        content = json.dumps({"Records": [{"eventName": "PutObject", "hour": hour}]}).encode()
        self.objects[log] = gzip.compress(content)
        self.logs.append(log)
        name = f"{base}/CloudTrail-Digest/{REGION}/{day}/{ACCOUNT}_CloudTrail-Digest_{REGION}_{TRAIL}_{REGION}_{stamp}.json.gz"
        before = self.names[-1] if self.names else None
        digest = {
            "awsAccountId": ACCOUNT, "digestStartTime": _z(start), "digestEndTime": _z(self.end), "digestS3Bucket": "qc-logs", "digestS3Object": name,
            "digestPublicKeyFingerprint": self.fingerprint, "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": _z(self.end), "oldestEventTime": _z(start),
            "previousDigestS3Bucket": "qc-logs" if before else None, "previousDigestS3Object": before,
            "previousDigestHashValue": hashlib.sha256(gzip.decompress(self.objects[before])).hexdigest() if before else None,
            "previousDigestHashAlgorithm": "SHA-256" if before else None,
            "previousDigestSignature": self.meta[before]["signature"] if before else None,
            "logFiles": [{"s3Bucket": "qc-logs", "s3Object": log, "hashValue": hashlib.sha256(content).hexdigest(), "hashAlgorithm": "SHA-256",
                          "newestEventTime": _z(self.end), "oldestEventTime": _z(start)}],
        }  # fmt: skip
        self.keep(name, digest)
        self.names.append(name)

    def keep(self, name: str, digest: dict[str, Any], key: rsa.RSAPrivateKey | None = None) -> None:
        """Write and sign a digest file, with the key of the trail or another one."""
        content = json.dumps(digest).encode()
        previous = digest["previousDigestSignature"] or "null"
        text = f"{digest['digestEndTime']}\nqc-logs/{digest['digestS3Object']}\n{hashlib.sha256(content).hexdigest()}\n{previous}"
        signature = (key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
        self.objects[name] = gzip.compress(content)
        self.meta[name] = {"signature": signature, "signature-algorithm": "SHA256withRSA"}

    def told(self, number: int) -> dict[str, Any]:
        return json.loads(gzip.decompress(self.objects[self.names[number]]))


def _z(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
