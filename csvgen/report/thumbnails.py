"""Evidence that is a picture, made small for a report. A file is hostile until it was opened: its size is asked before its dots are read.

What cannot be shown stands in the report with the reason, and `csvgen gdp` finds it: a picture that nobody can look at shows nothing.
"""

from __future__ import annotations

import base64
import io
import struct
import warnings
import zlib
from collections.abc import Callable, Sequence

from csvgen.errors import BadInput
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult
from csvgen.model.picture import Picture, Shot, Shots
from csvgen.model.report import Block, Paragraph
from csvgen.report.wording import joined, say, told

Opened = Callable[[Evidence, Attachment], bytes]
"""Gives what was attached; no bytes where the file is not there."""


def nothing_kept(_run: Evidence, _kept: Attachment) -> bytes:
    """Where no evidence is at hand."""
    return b""


WIDEST, HIGHEST = 320, 240
"""Dots of a small picture at most."""
_BYTES, _DOTS = 32 * 1024 * 1024, 50_000_000
"""A file, and a picture, of more than this is not opened."""
_EACH, _ALL = 9, 45
"""Small pictures in one figure, and in one document."""
_COLOURS = 128
_FORMATS = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP", "image/tiff": "TIFF", "image/bmp": "BMP",
}  # fmt: skip


def is_picture(kept: Attachment) -> bool:
    """Whether a piece of evidence is said to be a picture."""
    return kept.kind in ("image", "screenshot") or kept.media_type.startswith("image/")


def small(data: bytes, media_type: str) -> tuple[int, int, int, int, bytes]:
    """Width and height of a picture, those of the small one, and the small one as PNG.

    Raises BadInput with the reason for what is no picture of that media type, is too large to be opened, or breaks off.
    """
    form = _FORMATS.get(media_type)
    if form is None:
        raise BadInput(f"{media_type} is no kind of picture that is shown")
    if len(data) > _BYTES:
        raise BadInput(_too_long(len(data)))
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower than the one it warns at
            with Image.open(io.BytesIO(data), formats=(form,)) as image:
                wide, high = image.size
                if wide * high > _DOTS:
                    raise BadInput(f"the picture is {wide} x {high} dots large, and at most {_DOTS:,} dots are opened")
                image.draft("RGB", (2 * WIDEST, 2 * HIGHEST))
                shown = image.convert("RGBA")
    except Image.DecompressionBombError:
        raise BadInput(f"the picture has more dots than the {_DOTS:,} that are opened") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, struct.error, zlib.error) as odd:
        raise BadInput(f"it cannot be read as {media_type} ({type(odd).__name__})") from None
    shown.thumbnail((WIDEST, HIGHEST), Image.Resampling.BOX)
    ground = Image.new("RGB", shown.size, "white")
    ground.paste(shown, mask=shown.getchannel("A"))
    out = io.BytesIO()
    few = ground.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.convert("RGB").save(out, "PNG", optimize=True)
    return wide, high, *ground.size, out.getvalue()


def pages_of(run: Evidence, kept: Attachment, opened: Opened) -> int:
    """How many pages an attachment has that has pages; 0 for any other, and for what cannot be read as what it is said to be."""
    if kept.media_type != "application/pdf" or kept.size > _BYTES:
        return 0
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(opened(run, kept))) as pdf:
            return len(pdf.pages)
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        return 0


def _too_long(size: int) -> str:
    return f"the file has {size:,} bytes, and at most {_BYTES:,} are opened"


class Thumbnails:
    """The small pictures of one document; of very many the first ones only, and the others say so."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._left = _ALL

    def of(self, run: Evidence, result: CaseResult) -> Sequence[Block]:
        """Figures with the pictures that a case kept; a sentence about those that come after the last that is drawn. None where it kept none."""
        kept = [a for step in result.steps for a in step.attachments if is_picture(a)]
        found: list[Shot] = []
        while len(found) < len(kept) and self._left:
            found.append(self._shot(run, kept[len(found)]))
        figures = [tuple(found[n : n + _EACH]) for n in range(0, len(found), _EACH)]
        what, rest = say("{case} in {run}", case=result.case, run=run.run), kept[len(found) :]
        drawn = [_figure(what, shots, n, len(figures)) for n, shots in enumerate(figures, 1)]
        return [*drawn, _not_drawn(what, rest)] if rest else drawn

    def _shot(self, run: Evidence, kept: Attachment) -> Shot:
        about = f"{kept.name}, {kept.media_type}"
        data = self._opened(run, kept) if kept.size <= _BYTES else b""
        try:
            wide, high, across, up, png = small(data, kept.media_type)
        except BadInput as refused:
            why = (
                told(refused.message)
                if data
                else say("the file is not there")
                if kept.size <= _BYTES
                else told(_too_long(kept.size))
            )
            return Shot(kept.id, _not_shown(about, why), str(kept.sha256), 0, 0, "")
        self._left -= 1
        encoded = base64.b64encode(png).decode("ascii")
        size = say("{wide} x {high} dots", wide=str(wide), high=str(high))
        return Shot(kept.id, joined(", ", (about, size)), str(kept.sha256), across, up, encoded)


def _not_drawn(what: str, rest: Sequence[Attachment]) -> Paragraph:
    """An empty frame for each would fill pages and show nothing."""
    return Paragraph(
        say(
            "Pictures of {what} that are not drawn here, for {most} stand before them in this document: {number} ({first} to {last}). The index "
            "of attachments lists each with its digest.",
            what=what, most=str(_ALL), number=str(len(rest)), first=rest[0].id, last=rest[-1].id,
        )
    )  # fmt: skip


def _not_shown(about: str, why: str) -> str:
    return say("{about}; not shown: {reason}", about=about, reason=why)


def _figure(what: str, shots: tuple[Shot, ...], number: int, of: int) -> Picture:
    part = [say("part {number} of {all}", number=str(number), all=str(of))] if of > 1 else []
    caption = say(
        "Pictures kept as evidence of {what}, made small; the originals lie in the folder of the run under their digest",
        what=joined(", ", (what, *part)),
    )
    each = joined("; ", [joined("", (f"{s.id}: ", s.told, f", {s.sha256}")) for s in shots])
    return Picture(caption, joined("", (caption, ". ", each, ".")), Shots(shots))
