"""Images that steps of an instance ran in, asked of the registry that keeps them: what was approved by digest, is it still to be had?"""

from __future__ import annotations

from csvgen.errors import NotIntact
from csvgen.pipeline.flow.record import RunRecord
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen
from csvgen.verification.registry import Unanswered, image_faults

KEPT = "images are in the registry, byte for byte"


def check_images(seen: Seen, checks: Checks) -> None:
    """Every image that an artifact pins or a step ran in. One that cannot be asked for is unknown; nothing is pulled and nothing runs."""
    images = sorted({*_pinned(seen), *_used(seen)})
    registry = seen.settings.images
    if not images:
        return
    if not registry:
        checks.unknown(KEPT, f"the settings name no registry, and {len(images)} images are pinned: {images[0]}")
        return
    faults: list[str] = []
    silent: list[str] = []
    for image in images:
        if not image.startswith(f"{registry}/"):
            silent.append(f"{image} is of another registry than the settings name")
            continue
        try:
            faults += [f"{image}: {why}" for why in image_faults(image)]
        except Unanswered as problem:
            silent.append(f"{image}: {problem.message}")
        except (NotIntact, ValueError, AttributeError) as problem:
            faults.append(f"{image}: its manifest cannot be read: {problem}")
    if silent and not faults:
        checks.unknown(KEPT, silent[0], registry)
    else:
        checks.add(KEPT, faults, f"{len(images)} images, manifest and blobs hashed", registry)


def _pinned(seen: Seen) -> set[str]:
    return {str(i) for v in seen.latest("artifact").values() for i in dict(v.content.get("images") or {}).values() if i}


def _used(seen: Seen) -> set[str]:
    return {s.image for r in seen.runs.values() if isinstance(r, RunRecord) for s in r.steps if s.image}
