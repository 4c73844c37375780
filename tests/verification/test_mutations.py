"""Random single mutations of a signed package: none is accepted, none makes a traceback, and each is named.

The normal tier makes some hundred with a fixed seed; `make test-all` ten thousand. The package is that of the tiny project with
everything in it: seal, records, runs, documents, trail, checkpoints.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from csvgen.verification.package import verify_package

from .conftest import light_copy
from .mutating import Mutator


def mutate(folder: Path, trust, seed: int, number: int) -> tuple[Counter[str], list[str]]:
    """So many mutations, each verified by the whole of `verify_package`. Gives back how many of each kind, and what was missed."""
    assert verify_package(folder, trust), "else everything below would be found for another reason"
    mutator = Mutator(folder, random.Random(seed))
    done: Counter[str] = Counter()
    missed = []
    for _ in range(number):
        with mutator.mutated() as mutation:
            verification = verify_package(folder, trust)
        done[mutation.kind] += 1
        if verification or not verification.failed:
            missed.append(f"accepted: {mutation}")
        elif any("Traceback" in c.detail or "Error (" in c.detail for c in verification.failed):
            missed.append(f"stumbled: {mutation}: {verification.failed[0].detail}")
    assert verify_package(folder, trust), "every mutation was taken back"
    return done, missed


def test_some_hundred_mutations(stages, tmp_path):
    folder = light_copy(stages.package(), tmp_path / "package")
    done, missed = mutate(folder, stages.at("oq-closed").state.trust, 20_261_121, 400)
    assert not missed
    assert len(done) == 14, "every kind of mutation was made"


@pytest.mark.slow
def test_ten_thousand_mutations(stages, tmp_path):
    folder = light_copy(stages.package(), tmp_path / "package")
    done, missed = mutate(folder, stages.at("oq-closed").state.trust, 11, 10_000)
    assert not missed
    assert min(done.values()) > 300
