"""The signature record: what 21 CFR 11.50 and 11.70 need, as exact bytes signed by the person's own key.

A signature is two files: a canonical JSON record and a detached CMS over its bytes. The record names the digest of the
document record it stands on, so it cannot be moved to another record or revision; the CMS names the signer's certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from pydantic import ValidationError

from csvgen.canonical import Digest, canonical_json, read_canonical
from csvgen.clock import parsed
from csvgen.crypto import certificates, cms
from csvgen.crypto.keys import Credential, fingerprint
from csvgen.crypto.trust import Judgement, Trust
from csvgen.errors import NotIntact
from csvgen.model.base import first_fault
from csvgen.model.signature import SignatureRecord


@dataclass(frozen=True)
class Signature:
    """A signature whose mathematics hold and whose record agrees with its certificate."""

    record: SignatureRecord
    certificate: x509.Certificate
    body: bytes
    cms: bytes

    @property
    def digest(self) -> Digest:
        return self.record.digest

    @property
    def name(self) -> str:
        """Stem of the two files: number and person."""
        return f"{self.record.number:02d}-{self.record.person}"

    def judged(self, trust: Trust, external: Trust | None = None, *, proven: bool = False) -> Judgement:
        """Whether a given root vouches for the signer at the signed time; `proven` when somebody else vouches for that time.

        `external` holds the roots of other organisations: they vouch for their own people, and for nobody here.
        """
        moment = parsed(self.record.signed)
        if self.record.signer == "external":
            return (trust if external is None else external).judge(self.certificate, moment, proven=proven)
        return trust.judge_person(self.certificate, self.record.person, moment, proven=proven)


def make(record: SignatureRecord, credential: Credential) -> Signature:
    """Sign a record. Raises NotIntact when the record names another person or certificate than the credential's."""
    body = canonical_json(record)
    signature = Signature(record, credential.certificate, body, cms.sign(body, credential, parsed(record.signed)))
    if problem := _disagreement(record, credential.certificate):
        raise NotIntact(problem)
    return signature


def read(body: bytes, signed: bytes, where: str) -> Signature:
    """Read a signature back. Raises NotIntact for whatever is not as it was signed."""
    signer = cms.verify(body, signed, where)
    try:
        record = SignatureRecord.model_validate(read_canonical(body, where))
    except ValidationError as odd:
        raise NotIntact(f"not a signature record of a format known here: {first_fault(odd)}", where=where) from None
    problem = _disagreement(record, signer.certificate)
    if not problem and parsed(record.signed).replace(microsecond=0) != signer.claimed:
        problem = "the record and the signature name different times"
    if problem:
        raise NotIntact(problem, where=where)
    return Signature(record, signer.certificate, body, signed)


def _disagreement(record: SignatureRecord, certificate: x509.Certificate) -> str:
    if not certificates.is_person(certificate):
        return "the certificate is a system's; a system can never sign for a person"
    if record.signer == "member" and certificates.person_id(certificate) not in ("", record.person):  # see `Trust.judge_person`
        return "the record names another person id than the certificate"
    if certificates.common_name(certificate) != record.printed_name:
        return "the record prints another name than the certificate"
    if fingerprint(certificate) != record.certificate:
        return "the record names another certificate than the one that signed"
    return ""
