"""Digest files of CloudTrail: the chain, the signatures and the log files, against every way in which they can be wrong.

The files are made here in the published form; the validator of AWS's own command line (awscli 1.46.3) accepts each of them, and refuses one
with another signature. Keys and objects are handed out by a stand-in: emulators have neither.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from csvgen.clock import FixedClock
from csvgen.targets.aws.trail import trail_digests
from csvgen.views import Unanswered

from .accounts import ACCOUNT, REGION, TRAIL, Delivery


class Service:
    """The calls that the check makes, answered from a delivery."""

    def __init__(self, delivery: Delivery, **keys: bytes) -> None:
        self.delivery = delivery
        self.keys = keys or {delivery.fingerprint: delivery.public}
        self.clock = FixedClock(delivery.end + dt.timedelta(hours=2))

    def source(self, operation: str) -> str:
        return f"{operation} [stub]"

    def ask(self, operation: str, absent: tuple[str, ...] = (), **arguments: Any) -> Any:
        if operation == "GetTrail":
            return {
                "Trail": {
                    "Name": TRAIL,
                    "S3BucketName": "qc-logs",
                    "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}",
                }
            }
        name = arguments["Key"]
        if name not in self.delivery.objects:
            return None
        return {"Body": io.BytesIO(self.delivery.objects[name]), "Metadata": self.delivery.meta.get(name, {})}

    def pages(self, operation: str, rows: str, **arguments: Any) -> Any:
        if operation == "ListPublicKeys":
            return [{"Fingerprint": f, "Value": k} for f, k in self.keys.items()]
        return [{"Key": n} for n in sorted(self.delivery.objects) if n.startswith(arguments["Prefix"])]

    def bytes_of(self, answer: Any, most: int) -> bytes:
        return answer["Body"].read()


def told(delivery: Delivery, since: str = "", most: int = 48, **keys: bytes) -> dict[str, str]:
    service = Service(delivery, **keys)
    return {f.name: f.value for f in trail_digests(service, service, TRAIL, since, most)}


@pytest.fixture(scope="module")
def hours() -> Delivery:
    return Delivery()


@pytest.fixture
def delivery(hours) -> Delivery:
    """Four hours of a trail, to be altered."""
    made = Delivery.__new__(Delivery)
    made.__dict__ = {k: v.copy() if isinstance(v, dict | list) else v for k, v in hours.__dict__.items()}
    return made


def test_an_untouched_trail_is_unbroken(delivery):
    found = told(delivery)
    assert found["unbroken"] == "yes"
    assert (found["digest files"], found["log files"], found["age of the newest"]) == ("4", "4", "2")
    assert all(found[n] == "(none)" for n in ("digest files broken", "gaps", "log files altered", "log files missing"))


def altered_log(d: Delivery) -> None:
    d.objects[d.logs[1]] = gzip.compress(b'{"Records": []}')


def packed_anew(d: Delivery) -> None:
    """The same content under another compression is the same log: the digest is of the content."""
    d.objects[d.logs[1]] = gzip.compress(gzip.decompress(d.objects[d.logs[1]]), compresslevel=1, mtime=7)


def log_is_no_gzip(d: Delivery) -> None:
    d.objects[d.logs[1]] = b"not packed"


def log_gone(d: Delivery) -> None:
    del d.objects[d.logs[2]]


def log_forged_with_its_digest(d: Delivery) -> None:
    """The log and its entry in the digest file are changed together; the signature is the old one."""
    told = d.told(1)
    d.objects[d.logs[1]] = gzip.compress(b'{"Records": []}')
    told["logFiles"][0]["hashValue"] = "4dbd4e7a"
    d.objects[d.names[1]] = gzip.compress(json.dumps(told).encode())


def digest_signed_by_another(d: Delivery) -> None:
    """Somebody with a key of their own signs a digest file that leaves a log file out."""
    told = d.told(3)
    told["logFiles"] = []
    d.keep(d.names[3], told, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def digest_gone(d: Delivery) -> None:
    del d.objects[d.names[1]]


def digest_of_another_place(d: Delivery) -> None:
    d.objects[d.names[2]], d.meta[d.names[2]] = d.objects[d.names[1]], d.meta[d.names[1]]


def signature_gone(d: Delivery) -> None:
    d.meta[d.names[2]] = {}


def signature_no_hex(d: Delivery) -> None:
    d.meta[d.names[2]] = {"signature": "no hex", "signature-algorithm": "SHA256withRSA"}


def digest_no_json(d: Delivery) -> None:
    d.objects[d.names[3]] = gzip.compress(b"[1]")


def hour_left_out(d: Delivery) -> None:
    """AWS's own key signs, and an hour belongs to nobody."""
    told = d.told(3)
    told["digestStartTime"] = "2026-11-21T13:30:00Z"
    d.keep(d.names[3], told)


@pytest.mark.parametrize(
    ("act", "fact", "words"),
    [
        (altered_log, "log files altered", "_0000000000000001"),
        (log_is_no_gzip, "log files altered", "_0000000000000001"),
        (log_gone, "log files missing", "_0000000000000002"),
        (log_forged_with_its_digest, "digest files broken", "the signature does not fit"),
        (log_forged_with_its_digest, "gaps", "another content"),
        (digest_signed_by_another, "digest files broken", "the signature does not fit"),
        (digest_gone, "gaps", "the one it follows is not there"),
        (digest_of_another_place, "digest files broken", "says that it lies elsewhere"),
        (signature_gone, "digest files broken", "another algorithm (none)"),
        (signature_no_hex, "digest files broken", "the signature does not fit"),
        (digest_no_json, "digest files broken", "cannot be read"),
        (hour_left_out, "gaps", "belongs to no digest"),
    ],
)
def test_each_way_to_alter_it_is_found(delivery, act, fact, words):
    act(delivery)
    found = told(delivery)
    assert found["unbroken"] == "no"
    assert words in found[fact]


def test_the_digest_is_of_the_content_not_of_its_packing(delivery):
    packed_anew(delivery)
    assert told(delivery)["unbroken"] == "yes"


def test_a_key_that_the_account_does_not_have_is_not_believed(delivery):
    assert "does not have" in told(delivery, other=b"x")["digest files broken"]
    assert "does not fit" in told(delivery, **{delivery.fingerprint: b"no key"})["digest files broken"]


def test_what_is_missing_at_the_beginning_of_the_time_asked_for_is_a_gap(delivery):
    assert told(delivery, "2026-11-21T11:30:00Z")["digest files"] == "3"
    del delivery.objects[delivery.names[0]]
    assert "no digest file tells of the time from 2026-11-21T10:00:00Z" in told(delivery, "2026-11-21T10:00:00Z")["gaps"]
    with pytest.raises(Unanswered, match="no time"):
        told(delivery, "yesterday")


def test_nothing_delivered_is_not_unbroken(delivery):
    delivery.objects.clear()
    found = told(delivery)
    assert (found["unbroken"], found["digest files"], found["from"]) == ("no", "0", "(none)")
