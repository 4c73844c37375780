"""CloudTrail: whether the trail is on, and whether its log files are those that were delivered.

Each hour a digest file lists the SHA-256 of every log file, names hash and signature of the digest before it, and is signed with RSA over
time, place, own hash and the earlier signature. Structure and string to sign: AWS CloudTrail User Guide, "Digest file structure" and "Custom
implementations of log file integrity validation". The keys come from the account (ListPublicKeys); hashes are of the uncompressed content.
"""

from __future__ import annotations

import binascii
import datetime as dt
import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from csvgen.targets.aws.client import Service
from csvgen.targets.probing.facts import Measured, facts
from csvgen.views import Fact, Unanswered

_MOST = 200_000_000
_GONE = ("NoSuchKey", "404")


def trail_settings(cloudtrail: Service, name: str) -> tuple[Fact, ...]:
    """Whether the trail writes now, everywhere, and with digest files."""
    found = cloudtrail.ask("GetTrail", Name=name)["Trail"]
    status = cloudtrail.ask("GetTrailStatus", Name=name)
    told = facts(
        cloudtrail.source("GetTrail"),
        {
            "log file validation": bool(found.get("LogFileValidationEnabled")), "all regions": bool(found.get("IsMultiRegionTrail")),
            "global services": bool(found.get("IncludeGlobalServiceEvents")), "bucket": found.get("S3BucketName"), "key": found.get("KmsKeyId"),
        },
    )  # fmt: skip
    return told + facts(
        cloudtrail.source("GetTrailStatus"),
        {
            "logging": bool(status.get("IsLogging")), "latest delivery error": status.get("LatestDeliveryError"),
            "latest digest delivery error": status.get("LatestDigestDeliveryError"),
        },
    )  # fmt: skip


def trail_events(cloudtrail: Service, name: str, bucket: str) -> tuple[Fact, ...]:
    """Whether reading and writing of objects of the landing bucket are events of the trail (classic or advanced selectors)."""
    answer = cloudtrail.ask("GetEventSelectors", TrailName=name)
    wanted = (f"arn:aws:s3:::{bucket}/", "arn:aws:s3", "arn:aws:s3:::")
    classic = [
        s for s in answer.get("EventSelectors", ()) for r in s.get("DataResources", ())
        if r.get("Type") == "AWS::S3::Object" and any(v in wanted for v in r.get("Values", ()))
    ]  # fmt: skip
    advanced = [s for s in answer.get("AdvancedEventSelectors", ()) if _selects(s.get("FieldSelectors", ()), wanted[0])]
    kinds = {s.get("ReadWriteType") for s in classic} | {"All" for _ in advanced}
    written = "All" in kinds or "WriteOnly" in kinds
    return facts(
        cloudtrail.source("GetEventSelectors"),
        {"writes of objects": written, "reads of objects": "All" in kinds or "ReadOnly" in kinds},
    )


def _selects(fields: Any, arn: str) -> bool:
    """Whether an advanced selector takes every event of the objects: of their type, and narrowed by nothing but their place."""
    by = {f.get("Field"): f for f in fields}
    if set(by) - {"eventCategory", "resources.type", "resources.ARN"} or by.get("resources.type", {}).get("Equals") != [
        "AWS::S3::Object"
    ]:
        return False
    places = by.get("resources.ARN")
    return places is None or any(arn.startswith(p) for p in places.get("StartsWith", ()))


# ------------------------------------------------------------ digest files


@dataclass
class Judged:
    """What the digest files of a trail came to."""

    digests: int = 0
    logs: int = 0
    first: str = ""
    last: str = ""
    broken: list[str] = field(default_factory=list)
    """Digest files with a wrong signature, an unknown key, or another place or content than they say."""
    gaps: list[str] = field(default_factory=list)
    """Where a digest does not go on from the one before it."""
    altered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether something was checked and nothing was found."""
        return self.digests > 0 and not (self.broken or self.gaps or self.altered or self.missing)


@dataclass(frozen=True)
class DigestFile:
    """One digest file: where it lay, its content without compression, its signature from the metadata of the object."""

    bucket: str
    name: str
    content: bytes
    signature: str
    algorithm: str

    @property
    def told(self) -> Mapping[str, Any]:
        """The JSON of it; empty where it is none."""
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def to_sign(self) -> bytes:
        """The string that was signed; ``null`` stands for the signature before the first."""
        t = self.told
        parts = (
            str(t.get("digestEndTime")), f"{t.get('digestS3Bucket')}/{t.get('digestS3Object')}", hashlib.sha256(self.content).hexdigest(),
            str(t.get("previousDigestSignature") or "null"),
        )  # fmt: skip
        return "\n".join(parts).encode()


def trail_digests(cloudtrail: Service, s3: Service, name: str, since: str, most: int) -> tuple[Fact, ...]:
    """Every digest file since a time, or the newest so many, and every log file that they list."""
    trail = cloudtrail.ask("GetTrail", Name=name)["Trail"]
    prefix = f"{trail['S3KeyPrefix']}/" if trail.get("S3KeyPrefix") else ""
    region, account = trail["TrailARN"].split(":")[3:5]
    rows = s3.pages(
        "ListObjectsV2", "Contents", Bucket=trail["S3BucketName"], Prefix=f"{prefix}AWSLogs/{account}/CloudTrail-Digest/{region}/"
    )
    mine = f"_CloudTrail-Digest_{region}_{trail['Name']}_"
    names = sorted(row["Key"] for row in rows if mine in row["Key"])
    wanted = [n for n in names if not since or _ended(n) >= _compact(since)][-most:]
    files = [read_digest(s3, trail["S3BucketName"], n) for n in wanted]
    judged = judge(files, public_keys(cloudtrail, files), s3) if files else Judged()
    if files and since and _compact(judged.first or since) > _compact(since):
        judged.gaps.append(f"no digest file tells of the time from {since} to {judged.first}")
    age = (s3.clock.now() - dt.datetime.fromisoformat(judged.last)).total_seconds() / 3600 if judged.last else 0
    told = {
        "unbroken": judged.sound, "digest files": Measured(judged.digests, "files"), "log files": Measured(judged.logs, "files"),
        "digest files broken": judged.broken, "gaps": judged.gaps, "log files altered": judged.altered, "log files missing": judged.missing,
        "from": judged.first, "until": judged.last, "age of the newest": Measured(int(age), "h"),
    }  # fmt: skip
    return facts(f"{s3.source('GetObject')} and {cloudtrail.source('ListPublicKeys')}", told)


def _ended(name: str) -> str:
    return name.rpartition("_")[2].partition(".")[0]


def _compact(moment: str) -> str:
    try:
        return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    except ValueError:
        raise Unanswered(f"aws.digests_from is no time: {moment[:40]!r}", hint="2026-11-01T00:00:00Z") from None


def read_digest(s3: Service, bucket: str, name: str) -> DigestFile:
    """A digest file with its signature. Raises Unanswered when it cannot be read; what cannot be unpacked has no content."""
    answer = s3.ask("GetObject", Bucket=bucket, Key=name)
    meta = answer.get("Metadata", {})
    return DigestFile(
        bucket, name, unpacked(s3.bytes_of(answer, _MOST)) or b"", meta.get("signature", ""), meta.get("signature-algorithm", "")
    )


def public_keys(cloudtrail: Service, files: list[DigestFile]) -> dict[str, bytes]:
    """Fingerprint -> key (PKCS#1, DER) of the time that the digest files are of."""
    times = sorted(str(f.told[k]) for f in files for k in ("digestStartTime", "digestEndTime") if k in f.told)
    if not times:
        return {}
    start, end = (dt.datetime.fromisoformat(t) for t in (times[0], times[-1]))
    rows = cloudtrail.pages("ListPublicKeys", "PublicKeyList", StartTime=start, EndTime=end)
    return {row["Fingerprint"]: row["Value"] for row in rows}


def unpacked(data: bytes) -> bytes | None:
    """Content without compression; None for what is no gzip file."""
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return None


def judge(files: list[DigestFile], keys: Mapping[str, bytes], s3: Service) -> Judged:
    """Signatures, chain and log files, oldest first. Pure but for fetching the log files that are listed."""
    judged, before = Judged(digests=len(files)), None
    judged.first, judged.last = str(files[0].told.get("digestStartTime", "")), str(files[-1].told.get("digestEndTime", ""))
    for file in files:
        if why := wrong_digest(file, keys):
            judged.broken.append(f"{file.name}: {why}")
        if before is not None and (why := wrong_link(before, file)):
            judged.gaps.append(f"{file.name}: {why}")
        before = file
        for log in file.told.get("logFiles", ()):
            judged.logs += 1
            _judge_log(log, s3, judged)
    return judged


def wrong_digest(file: DigestFile, keys: Mapping[str, bytes]) -> str:
    """Why a digest file is not believed by itself; empty when it is."""
    t = file.told
    if not t:
        return "cannot be read"
    if (t.get("digestS3Bucket"), t.get("digestS3Object")) != (file.bucket, file.name):
        return "says that it lies elsewhere"
    if file.algorithm != "SHA256withRSA" or t.get("digestSignatureAlgorithm") != "SHA256withRSA":
        return f"is signed by another algorithm ({file.algorithm[:30] or 'none'})"
    if (key := keys.get(str(t.get("digestPublicKeyFingerprint")))) is None:
        return "names a key that the account does not have"
    return "" if _signed(file, key) else "the signature does not fit"


def _signed(file: DigestFile, key: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        pem = b"-----BEGIN RSA PUBLIC KEY-----\n" + binascii.b2a_base64(key) + b"-----END RSA PUBLIC KEY-----\n"
        public = serialization.load_pem_public_key(pem)
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(bytes.fromhex(file.signature), file.to_sign, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def wrong_link(before: DigestFile, file: DigestFile) -> str:
    """Why a digest file does not go on from the one before it; empty when it does."""
    t = file.told
    if (t.get("previousDigestS3Bucket"), t.get("previousDigestS3Object")) != (before.bucket, before.name):
        return "the one it follows is not there"
    if t.get("previousDigestHashValue") != hashlib.sha256(before.content).hexdigest():
        return "the one before it has another content"
    if t.get("previousDigestSignature") != before.signature:
        return "the one before it has another signature"
    return "" if t.get("digestStartTime") == before.told.get("digestEndTime") else "time between the two belongs to no digest"


def _judge_log(log: Any, s3: Service, judged: Judged) -> None:
    bucket, name, told = (str(log.get(k, "")) for k in ("s3Bucket", "s3Object", "hashValue"))
    answer = s3.ask("GetObject", Bucket=bucket, Key=name, absent=_GONE)
    if answer is None:
        judged.missing.append(name)
        return
    content = unpacked(s3.bytes_of(answer, _MOST))
    if content is None or log.get("hashAlgorithm") != "SHA-256" or hashlib.sha256(content).hexdigest() != told:
        judged.altered.append(name)
