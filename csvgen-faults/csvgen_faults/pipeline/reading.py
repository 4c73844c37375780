"""Faults of reading what instruments wrote."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from csvgen.errors import BadInput
from csvgen_faults import fault
from csvgen_faults.steps import replace_in_steps

Anything = Callable[..., Any]
_MOST_LINES = 100


@fault("pipeline-damaged-file-computed")
def _() -> None:
    """What cannot be read is left out, line by line from the end, until the rest reads as a whole file."""

    def read(original: Anything, file: str, data: bytes) -> Any:
        try:
            return original(file, data)
        except BadInput:
            if not file.endswith(".csv"):
                raise
            return _mended(original, file, data)

    replace_in_steps("csvgen.pipeline.instruments", "read", read)


def _mended(original: Anything, file: str, data: bytes) -> Any:
    """Each line in turn is left out, or all that stand in the way of the end."""
    lines = [line for line in data.decode("utf-8", "replace").splitlines() if not line.startswith("end,")][:_MOST_LINES]
    for gone in (None, *reversed(range(2, len(lines)))):
        kept = [line for number, line in enumerate(lines) if number != gone]
        try:
            return original(file, "\n".join([*kept, f"end,{len(kept) - 2}", ""]).encode())
        except BadInput as problem:
            last = problem
    raise last


@fault("pipeline-neighbour-read")
def _() -> None:
    """The columns have slipped by one: each sample has the values of the next."""

    def plate(original: Anything, data: bytes) -> Any:
        found = original(data)
        after = _next(found.sample_ids)
        return dataclasses.replace(found, samples=tuple(dataclasses.replace(s, id=after[s.id]) for s in found.samples))

    def chromatogram(original: Anything, data: bytes) -> Any:
        found = original(data)
        after = {"": "", **_next(found.sample_ids)}
        injections = tuple(dataclasses.replace(i, sample=after[i.sample]) for i in found.injections)
        return dataclasses.replace(found, injections=injections)

    replace_in_steps("csvgen.pipeline.qc.neutral", "plate", plate)
    replace_in_steps("csvgen.pipeline.qc.neutral", "chromatogram", chromatogram)


def _next(names: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(names, (*names[1:], *names[:1]), strict=True))
