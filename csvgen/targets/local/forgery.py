"""Signatures made anew by somebody who holds the authority of the instance, or one of their own. Part of the harness, never of the system.

A falsified record under the old signature is found by arithmetic alone. Here the arithmetic holds: the altered record is signed with a
real key and a real certificate, and only what record, certificate, authority and audit trail say of each other can tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from csvgen.canonical import canonical_json
from csvgen.clock import parsed, stored
from csvgen.crypto import certificates, cms
from csvgen.crypto.keys import Credential, unlock
from csvgen.errors import BadInput
from csvgen.pipeline.core import KEYS
from csvgen.pipeline.keyring import Keyring

_AUTHORITY = "ca.p12"
_ELSEWHERE = "Another organisation"

WAYS: Mapping[str, str] = {
    "signed-by-another": "the record names another person than the certificate it is signed with",
    "printed-by-another": "the record prints another name than the certificate it is signed with",
    "other-certificate": "signed with another certificate of the same person than the record names",
    "other-moment": "the record names another time than the signature",
    "system-key": "signed with the certificate of a system",
    "strange-authority": "signed with a certificate of another authority in the name of the person",
    "made-anew": "signed with a certificate of this authority in the name of the person, and all of it agrees",
    "unknown-meaning": "the same, with a meaning this system has not",
    "unknown-field": "the same, with a field that a signature record has not",
}
"""Manner -> what it is."""


def resigned(home: Path, signed: Mapping[str, Any], manner: str) -> dict[str, bytes]:
    """A record and its signature, made from a signed record. Raises BadInput for a manner nobody knows."""
    if manner not in WAYS:
        raise BadInput(f"no attack {manner!r} on a signature")
    moment = parsed(str(signed["signed"]))
    credential = _credential(home, signed, manner, moment - dt.timedelta(minutes=1))
    altered = {**signed, **_altered(signed, manner, moment)}
    if manner != "other-certificate":
        altered["certificate"] = str(credential.fingerprint)
    body = canonical_json(altered)
    return {"record": body, "cms": cms.sign(body, credential, moment)}


def _credential(home: Path, signed: Mapping[str, Any], manner: str, now: dt.datetime) -> Credential:
    authority = unlock((home / KEYS / _AUTHORITY).read_bytes(), None)
    organisation = Keyring(home / KEYS).organisation
    if manner == "strange-authority":
        authority = certificates.make_root(_ELSEWHERE, now, demonstration=True)
    name = str(signed["printed_name"])
    if manner == "system-key":
        return certificates.issue_system(authority, name=name, organisation=organisation, now=now)
    return certificates.issue_person(
        authority, person=str(signed["person"]), printed_name=name, organisation=organisation, now=now
    )


def _altered(signed: Mapping[str, Any], manner: str, moment: dt.datetime) -> dict[str, Any]:
    match manner:
        case "signed-by-another":
            return {"person": "somebody.else"}
        case "printed-by-another":
            return {"printed_name": "Somebody Else"}
        case "other-moment":
            return {"signed": stored(moment + dt.timedelta(hours=1))}
        case "unknown-meaning":
            return {"statement": "seen from afar"}
        case "unknown-field":
            return {"approved_by": signed["person"]}
        case _:
            return {}
