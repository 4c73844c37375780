"""The visible signature of a PDF: what its picture says, and whether it can be read.

Read by pypdf from the appearance of the signature field (ISO 32000-1, 12.5.5): the text of the page itself does not count.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

from pytest_bdd import then

from csvgen.clock import shown
from csvgen.steps.common import Bench, phrase
from csvgen.steps.signing import signature_of

_RECTANGLE = re.compile(rb"(-?[\d.]+) (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) re\b")
_DESCENT, _ASCENT = 0.22, 0.75
"""Of the type size, below and above the line that letters stand on."""


@dataclass(frozen=True)
class Line:
    """A line of text where it stands, in points from the lower left corner of the box."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Picture:
    """The appearance of a signature field."""

    width: float
    height: float
    lines: tuple[Line, ...]
    frames: tuple[tuple[float, ...], ...]


def picture(pdf: bytes) -> Picture:
    """Of the last signature field that has one; without any, a picture of nothing."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    found = Picture(0, 0, (), ())
    try:
        for page in PdfReader(io.BytesIO(pdf)).pages:
            fields = [a.get_object() for a in page.get("/Annots", ())]
            for field in (f for f in fields if f.get("/FT") == "/Sig" and "/AP" in f):
                found = _drawn(page, field["/AP"]["/N"].get_object())
    except PyPdfError:
        return Picture(0, 0, (), ())
    return found


def _drawn(page: Any, appearance: Any) -> Picture:
    lines: list[Line] = []

    def visit(text: str, _: Any, matrix: Any, __: Any, size: float) -> None:
        if text.strip():
            lines.append(Line(text.strip(), float(matrix[4]), float(matrix[5]), float(size)))

    page.extract_xform_text(appearance, visitor_text=visit)
    left, low, right, high = (float(n) for n in appearance["/BBox"])
    frames = tuple(tuple(float(n) for n in found) for found in _RECTANGLE.findall(appearance.get_data()))
    return Picture(right - left, high - low, tuple(lines), frames)


def _of(bench: Bench) -> Picture:
    found = picture(bench.world.facts["certificate"].human)
    bench.attach("\n".join(line.text for line in found.lines) or "(nothing)", name="visible signature", media_type="text/plain")
    return found


@then(
    phrase(
        'the visible signature shows the "{role}", the meaning "{meaning}", the reason "{reason}" and the time lot "{lot}" was signed'
    )
)
def says(bench: Bench, role: str, meaning: str, reason: str, lot: str) -> None:
    """Lines that were broken are put together again."""
    account, signed = bench.actors.account(role), signature_of(bench, lot, role)
    told = " ".join(line.text for line in _of(bench).lines) or "(nothing)"
    parts = {
        "printed name": account.printed_name,
        "meaning": f"Meaning: {meaning}",
        "reason": f"Reason: {reason}",
        "date and time with offset": f"Signed: {shown(signed.at)}",
    }
    for what, expected in parts.items():
        bench.observe(what, expected=expected, actual=told, by="contains", source="appearance of the signature field")


@then(phrase('every line of the visible signature stands inside its frame, clear of the next, in at least "{points}" points'))
def readable(bench: Bench, points: str) -> None:
    seen = _of(bench)
    source = f"appearance of the signature field, {seen.width:g} x {seen.height:g} points"
    bench.observe("lines", expected="4", actual=str(len(seen.lines)), by="at-least", source=source)
    smallest = min((line.size for line in seen.lines), default=0.0)
    bench.observe("smallest type size", expected=points, actual=f"{smallest:g}", unit="pt", by="at-least", source=source)
    outside = [
        line.text[:40]
        for line in seen.lines
        if line.x < 0 or line.y - _DESCENT * line.size < 0 or line.y + _ASCENT * line.size > seen.height
    ]
    bench.observe("lines that leave the box", expected="none", actual="; ".join(outside) or "none", source=source)
    close = [
        f"{above.text[:30]} / {below.text[:30]}"
        for above, below in zip(seen.lines, seen.lines[1:], strict=False)
        if above.y - below.y < max(above.size, below.size)
    ]
    bench.observe("lines that touch the next", expected="none", actual="; ".join(close) or "none", source=source)
    whole = [
        f
        for f in seen.frames
        if min(f[0], f[1]) >= 0 and f[0] + f[2] <= seen.width and f[1] + f[3] <= seen.height and min(f[2], f[3]) > 0
    ]
    bench.observe("frames that stand in the box as a whole", expected="1", actual=str(len(whole)), source=source)
