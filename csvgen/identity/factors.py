"""Second factor: one-time codes by time (TOTP, RFC 6238: SHA-1, six digits, 30 seconds), as every authenticator app makes them.

The shared key lies under the person's own password (Argon2id, AES-256-GCM): neither the database nor an administrator can make
a code. pyotp itself accepts a code twice; the caller keeps the last accepted time step and refuses it and every earlier one.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csvgen.identity import passwords
from csvgen.model.people import Policy

STEP_SECONDS = 30
_DRIFT = 1
_SALT_BYTES, _NONCE_BYTES = 16, 12


def new_key() -> str:
    """A key of 160 bits in base32, as RFC 4226 recommends."""
    import pyotp

    return pyotp.random_base32(32)


def enrolment_uri(key: str, person: str, issuer: str) -> str:
    """The otpauth URI a device reads; it holds the key and is shown once, to its owner."""
    import pyotp

    return pyotp.TOTP(key).provisioning_uri(name=person, issuer_name=issuer)


def lock(key: str, password: str, policy: Policy) -> str:
    """The key under the password, as text."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    body = AESGCM(passwords.derived(password, salt, policy)).encrypt(nonce, key.encode("ascii"), None)
    parts = {"salt": salt, "nonce": nonce, "body": body}
    return json.dumps({name: base64.b64encode(part).decode("ascii") for name, part in parts.items()})


def unlock(kept: str, password: str, policy: Policy) -> str:
    """The key, or an empty string when the password is another. Without anything kept the same work is done."""
    if not kept:
        passwords.derived(password, bytes(_SALT_BYTES), policy)
        return ""
    parts = {name: base64.b64decode(part) for name, part in json.loads(kept).items()}
    try:
        return (
            AESGCM(passwords.derived(password, parts["salt"], policy))
            .decrypt(parts["nonce"], parts["body"], None)
            .decode("ascii")
        )
    except InvalidTag:
        return ""


def step_of(key: str, code: str, moment: dt.datetime) -> int:
    """The time step a code belongs to, among the present one and one to each side; -1 when it is none of them (RFC 6238, 5.2)."""
    import pyotp

    if not key or not code:
        return -1
    now = int(moment.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(key)
    given = code.strip().replace(" ", "")
    found = [step for step in range(max(0, now - _DRIFT), now + _DRIFT + 1) if pyotp.utils.strings_equal(given, totp.generate_otp(step))]
    return max(found, default=-1)
