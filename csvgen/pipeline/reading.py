"""What a file says of one sample, whatever its spelling: a measurement that is exported again has other bytes and the same reading.

Numbers count as what they say (``0.8200`` is ``0.820``); their order, the names of wells, calibrators and samples, the instrument and the unit do
not. What makes another reading: a number that is changed, added or left out (fabrication, which no digest tells), and a peak with another name.
Calibrators and blanks alone are no reading: the samples of one plate share them.
"""

from __future__ import annotations

from csvgen.canonical import Digest, digest
from csvgen.pipeline.instruments import Chromatogram, Plate
from csvgen.pipeline.numbers import number, ratio


def reading_of(measured: Plate | Chromatogram, sample: str) -> Digest:
    """Over the calibrators, blanks and wells of the sample, or the peaks of its injections."""
    if isinstance(measured, Plate):
        standards = sorted([_exact(s.level), _exact(s.signal)] for s in measured.standards)
        wells = sorted([_exact(s.dilution), _exact(s.signal)] for s in measured.samples if s.id == sample)
        return digest({"standards": standards, "wells": wells, "blanks": sorted(_exact(b) for b in measured.blanks)})
    injections = (i for i in measured.injections if i.sample in ("", sample))
    return digest({"injections": sorted(sorted([p.name, _exact(p.area)] for p in i.peaks) for i in injections)})


def _exact(text: str) -> str:
    return ratio(number(text))
