"""Random single mutations of a signed package: none is accepted, none makes a traceback, and each is named.

The normal tier makes 150 with a fixed seed; `make test-all` ten thousand. The package is that of the tiny project with
everything in it: seal, records, runs, documents, trail, checkpoints.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from .anchored import Anchored
from .conftest import light_copy
from .mutating import Mutator


def mutate(anchored: Anchored, folder: Path, seed: int, number: int) -> tuple[Counter[str], list[str]]:
    """So many mutations, each verified by the whole of `verify_package`. Gives back how many of each kind, and what was missed."""
    light_copy(anchored.package, folder)
    assert anchored.verify(folder), "else everything below would be found for another reason"
    mutator = Mutator(folder, random.Random(seed))
    done: Counter[str] = Counter()
    missed = []
    for _ in range(number):
        with mutator.mutated() as mutation:
            verification = anchored.verify(folder)
        done[mutation.kind] += 1
        if verification or not verification.failed:
            missed.append(f"accepted: {mutation}")
    assert anchored.verify(folder), "every mutation was taken back"
    return done, missed


def test_some_mutations(anchored, tmp_path):
    done, missed = mutate(anchored, tmp_path / "package", 20_261_121, 150)
    assert not missed
    assert len(done) == 14, "every kind of mutation was made"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_mutations(anchored, tmp_path, seed):
    done, missed = mutate(anchored, tmp_path / "package", seed, 2_500)
    assert not missed
    assert min(done.values()) > 70
