"""Checks of the code that ran in an instance: each artifact is what its builder signed, each run names one that was promoted before it.

Nothing of an instance is executed here. Whoever hands over a folder chooses what lies in it; only code that is installed where
`csvgen verify` runs, and that is digest for digest what the run names, performs a step again (`instance_runs`).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509

from csvgen.audit.ledger import Version
from csvgen.canonical import Digest, digest, read_canonical
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError
from csvgen.pipeline import bundle_signing
from csvgen.pipeline.artifacts import FOLDER, MANIFEST, Artifact, Manifest, agrees
from csvgen.pipeline.core import KEYS
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.promotion import PROMOTED, REVIEWED
from csvgen.pipeline.signing import word_of
from csvgen.signature import record as signatures
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen

ARTIFACTS = "artifacts are what their builders signed"
NAMED = "code of each run is the promoted artifact it names"
IMAGES = "images of the runs are those the artifacts pin"
ROOT = "ca.pem"
_TOLD = ("pipeline", "version", "definition", "code", "lock", "images", "ticket", "commit", "builder", "shipped")
"""What the record of an artifact and its signed manifest both say."""


def check_code(seen: Seen, trust: Trust, checks: Checks) -> None:
    """Artifacts against their folders and signatures; runs against artifacts and promotions."""
    registered = seen.latest("artifact")
    runs = {name: run for name, run in seen.runs.items() if isinstance(run, RunRecord)}
    if not registered and not runs:
        checks.note(ARTIFACTS, "there is none, and nothing ran")
        return
    root = x509.load_pem_x509_certificate((seen.home / KEYS / ROOT).read_bytes())
    whole = [f"artifact/{v.id}: {why}" for v in registered.values() for why in _artifact(seen, v, root)]
    checks.over(len(registered), ARTIFACTS, whole, f"{len(registered)} artifacts, every file", FOLDER)
    if trust.roots and fingerprint(root) not in {fingerprint(r) for r in trust.roots}:
        checks.add("artifacts are signed under the trusted root", ["the ca.pem in the instance is not a root that was given"], "")
    promoted = _promoted(seen)
    checks.over(len(runs), NAMED, [f for run in runs.values() for f in _named(seen, run, promoted)], f"{len(runs)} runs")
    checks.over(len(runs), IMAGES, [f for run in runs.values() for f in _images(seen, run)], _counted(runs))


# ------------------------------------------------------------ artifacts


def _artifact(seen: Seen, version: Version, root: x509.Certificate) -> Iterator[str]:
    try:
        artifact = Artifact.model_validate(version.content)
        folder = seen.home / FOLDER / Digest(artifact.manifest).hex
        if not folder.is_dir():
            yield "its files are gone"
            return
        signer = bundle_signing.verify(folder, base64.b64decode(artifact.signature, validate=True), root)
        manifest = Manifest.model_validate(read_canonical((folder / MANIFEST).read_bytes(), MANIFEST))
        agrees(folder, manifest)
    except CsvgenError as problem:
        yield problem.message
        return
    except (ValueError, OSError) as problem:
        yield f"it cannot be read: {str(problem).splitlines()[0]}"
        return
    if digest(manifest) != artifact.manifest:
        yield "its folder holds another manifest"
    if wrong := [n for n in _TOLD if getattr(manifest, n) != getattr(artifact, n)]:
        yield f"the record says another {', '.join(wrong)} than the signed manifest"
    if fingerprint(signer) != artifact.certificate:
        yield "the record names another certificate than the one that signed it"


# ------------------------------------------------------------ runs


@dataclass(frozen=True, slots=True)
class _Promotion:
    """An artifact that may run in the environment of this instance, from an event on."""

    event: int
    artifact_digest: str


def _promoted(seen: Seen) -> Mapping[str, _Promotion]:
    """Artifact -> its promotion to the environment of the instance, when two people signed it, each another than the builder."""
    configured = seen.latest("configuration").get("environment")
    environment = str(configured.content.get("value")) if configured else ""
    found: dict[str, _Promotion] = {}
    for version in seen.latest("promotion").values():
        content = version.content
        signed = dict(_signed(seen, f"promotion/{version.id}", version))
        people = {signed[w][0] for w in (REVIEWED, PROMOTED) if w in signed} | {str(content.get("builder"))}
        if content.get("environment") == environment and {REVIEWED, PROMOTED} <= signed.keys() and len(people) > len(signed):
            found[str(content["artifact"])] = _Promotion(signed[PROMOTED][1], str(content.get("artifact_digest")))
    return found


def _signed(seen: Seen, target: str, version: Version) -> Iterator[tuple[str, tuple[str, int]]]:
    """Meaning -> person and event, of the signatures that stand on this version of a record."""
    for kept in seen.latest("signature").values():
        if kept.content.get("of") != target:
            continue
        try:
            body, cms = (base64.b64decode(str(kept.content[k]), validate=True) for k in ("body", "cms"))
            record = signatures.read(body, cms, kept.id).record
        except (CsvgenError, ValueError, KeyError):
            continue  # told by the checks of signatures
        if (record.revision, record.record_digest) == (version.number, version.sha256):
            yield word_of(record), (record.person, kept.event)


def _named(seen: Seen, run: RunRecord, promoted: Mapping[str, _Promotion]) -> Iterator[str]:
    if not run.artifact:
        yield f"{run.id}: it names no signed artifact"
        return
    version = seen.latest("artifact").get(run.artifact)
    if version is None:
        yield f"{run.id}: there is no artifact {run.artifact}"
        return
    if wrong := [n for n in ("definition", "code", "lock", "ticket", "commit") if version.content.get(n) != getattr(run, n)]:
        yield f"{run.id}: its {', '.join(wrong)} is not that of {run.artifact}"
    if (version.content.get("pipeline"), version.content.get("version")) != (run.pipeline, run.pipeline_version):
        yield f"{run.id}: it says it ran {run.pipeline} {run.pipeline_version}, {run.artifact} is another"
    promotion = promoted.get(run.artifact)
    event = seen.latest("run")[run.id].event
    if promotion is None or promotion.event >= event:
        yield f"{run.id}: {run.artifact} was not promoted here by two signatures before it ran"
    elif promotion.artifact_digest != version.sha256:
        yield f"{run.id}: {run.artifact} is not the artifact that was promoted"


def _images(seen: Seen, run: RunRecord) -> Iterator[str]:
    version = seen.latest("artifact").get(run.artifact)
    pinned = dict(version.content.get("images") or {}) if version else {}
    for step in run.steps:
        if step.state in ("performed", "invalid") and step.image != pinned.get(step.step, ""):
            yield f"{run.id} {step.step}: it ran in {step.image or 'no image'}, {run.artifact} pins {pinned.get(step.step) or 'none'}"


def _counted(runs: Mapping[str, RunRecord]) -> str:
    count = sum(bool(step.image) for run in runs.values() for step in run.steps)
    return f"{count} steps in images" if count else "no step ran in an image"
