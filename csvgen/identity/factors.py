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
_MOST_KIB = 2**20
"""A cost written into the database by somebody else shall not eat the machine."""


def new_key() -> str:
    """A key of 160 bits in base32, as RFC 4226 recommends."""
    import pyotp

    return pyotp.random_base32(32)


def enrolment_uri(key: str, person: str, issuer: str) -> str:
    """The otpauth URI a device reads; it holds the key and is shown once, to its owner."""
    import pyotp

    return pyotp.TOTP(key).provisioning_uri(name=person, issuer_name=issuer)


def lock(key: str, password: str, policy: Policy) -> str:
    """The key under the password, as text; the cost is kept with it, for the policy may change."""
    salt, nonce, at = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES), passwords.cost(policy)
    body = AESGCM(passwords.derived(password, salt, at)).encrypt(nonce, key.encode("ascii"), _bound(at))
    parts = {"salt": salt, "nonce": nonce, "body": body}
    return json.dumps({**{k: base64.b64encode(v).decode("ascii") for k, v in parts.items()}, "passes": at[0], "kib": at[1]})


def unlock(kept: str, password: str, policy: Policy) -> str:
    """The key, or an empty string when the password is another. Without anything kept the same work is done."""
    if not kept:
        passwords.derived(password, bytes(_SALT_BYTES), passwords.cost(policy))
        return ""
    found = json.loads(kept)
    salt, nonce, body = (base64.b64decode(found[name]) for name in ("salt", "nonce", "body"))
    at = (int(found["passes"]), min(int(found["kib"]), _MOST_KIB))
    try:
        return AESGCM(passwords.derived(password, salt, at)).decrypt(nonce, body, _bound(at)).decode("ascii")
    except InvalidTag:
        return ""


def _bound(at: tuple[int, int]) -> bytes:
    return f"csvgen-code-key/1 {at[0]} {at[1]}".encode("ascii")


def step_of(key: str, code: str, moment: dt.datetime) -> int:
    """The time step a code belongs to, among the present one and one to each side; -1 when it is none of them (RFC 6238, 5.2)."""
    import pyotp

    if not key or not code:
        return -1
    now = int(moment.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(key)
    given = code.strip().replace(" ", "")
    found = [
        step
        for step in range(max(0, now - _DRIFT), now + _DRIFT + 1)
        if pyotp.utils.strings_equal(given, totp.generate_otp(step))
    ]
    return max(found, default=-1)
