"""in-toto attestation of a sealed run: predicate test-result v0.1 in a Statement v1 in a DSSE envelope.

Subjects are the files that make the run what it is: its seal, its plan and its journals, each by its SHA-256. The predicate knows
tests that passed, passed with warnings, and failed. A case that was not decided did not pass, so it stands among the failed; what
it was is told beside them. Only a formal run of a whole protocol is ever PASSED: where all cases of another run passed, they
passed with the warning that says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from csvgen.canonical import Digest, canonical_json
from csvgen.crypto.keys import Algorithm, Credential
from csvgen.errors import ConfigError, Refused
from csvgen.evidence.journal import journal_name
from csvgen.evidence.read import RUN, SEAL
from csvgen.exchange.results.copied import Copy
from csvgen.exchange.results.verdicts import WORDS
from csvgen.exchange.results.writing import cleaned, json_line
from csvgen.extras import how_to_add
from csvgen.model.execution import Component

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


def statement(copy: Copy) -> dict[str, Any]:
    """Raises Refused for a run without a seal: there is nothing that could be attested."""
    seal = copy.evidence.seal
    if seal is None:
        raise Refused(f"run {copy.run} was never sealed; there is nothing to attest", where=str(copy.folder))
    digests = {f.path: f.sha256 for f in seal.files}
    names = [RUN, *(journal_name(worker) for worker in sorted(seal.heads))]
    return {
        "_type": STATEMENT,
        "subject": [_resource(f"{copy.run}/{SEAL}", copy.seal), *(_resource(f"{copy.run}/{n}", digests[n]) for n in names)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _result(copy),
            "configuration": list(_configuration(copy)),
            **_tests(copy),
            "csvgen": _said(copy),
        },
    }


def envelope(copy: Copy, credential: Credential) -> bytes:
    """The statement signed by the key of the recording system: a seal over a copy, nobody's signature. Raises Refused, ConfigError.

    The signature is that of ECDSA with a nonce worked out from key and content (RFC 6979), so the same run gives the same bytes.
    """
    try:
        from securesystemslib.dsse import Envelope
        from securesystemslib.signer import Key, Signature, Signer, SSlibKey  # type: ignore[attr-defined]  # its way of exporting
    except ImportError:
        raise ConfigError(
            "DSSE envelopes are made by securesystemslib, which is not installed", hint=how_to_add("attestation")
        ) from None
    if credential.algorithm is not Algorithm.ECDSA_P256:
        raise Refused(f"an attestation is signed with ECDSA P-256, and the key of this seal is {credential.algorithm}")

    class Seal(Signer):
        @classmethod
        def from_priv_key_uri(cls, *_arguments: Any, **_more: Any) -> Signer:
            raise Refused("the key of the seal has no address")

        @property
        def public_key(self) -> Key:
            return SSlibKey.from_crypto(credential.certificate.public_key())

        def sign(self, payload: bytes) -> Signature:
            return Signature(self.public_key.keyid, _signed(credential, payload).hex())

    made = Envelope(canonical_json(cleaned(statement(copy))), PAYLOAD, {})
    made.sign(Seal())
    return json_line(made.to_dict())


def _signed(credential: Credential, data: bytes) -> bytes:
    if not isinstance(credential.holder, ec.EllipticCurvePrivateKey):
        return credential.sign(data)
    try:
        return credential.holder.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    except (
        UnsupportedAlgorithm
    ):  # a build of cryptography over an OpenSSL before 3.2: the signature is as good, its bytes differ each time
        return credential.sign(data)


def _result(copy: Copy) -> str:
    if not copy.all_passed:
        return "FAILED"
    return "PASSED" if copy.whole else "WARNED"


def _tests(copy: Copy) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for case in copy.cases:
        kind = WORDS[case.result.verdict].in_toto
        found["warnedTests" if kind == "passedTests" and not copy.whole else kind].append(case.id)
    return found


def _configuration(copy: Copy) -> Iterator[dict[str, Any]]:
    """What was executed, and on what, as the record names it."""
    plan, target = copy.evidence.plan, copy.evidence.target_end or copy.evidence.target_start
    yield _resource(f"protocol of the {plan.phase}", plan.protocol)
    if plan.spec:
        yield _resource("specification", plan.spec)
    if plan.order:
        yield _resource("execution order", plan.order)
    for part in target.components if target else ():
        yield _component(part)


def _component(part: Component) -> dict[str, Any]:
    try:
        known = {"digest": {"sha256": Digest(part.sha256 if ":" in part.sha256 else f"sha256:{part.sha256}").hex}}
    except ValueError:
        known = {}
    return {"name": part.name, **known, "annotations": {"version": part.version}}


def _resource(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": Digest(sha256).hex}}


def _said(copy: Copy) -> dict[str, Any]:
    """A field of our own, which readers who do not know it leave aside (in-toto Attestation Framework, parsing rules)."""
    verdicts = {case.id: str(case.result.verdict) for case in copy.cases}
    return {**copy.facts, "marks": list(copy.marks), "verdicts": verdicts}
