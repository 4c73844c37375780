"""A theme: the colours and the logo of an organisation, for PDF and pictures; Word takes its look from reference.docx.

`templates/theme.toml` of a project:

    format = "csvgen.theme/1"

    [colours]            # six hex digits; what is left out stays as it is
    accent = "7A1F3D"    # headings, rules below heads, bars of notes
    soft = "5A5A5A"      # labels, header and footer
    rule = "C9C9C9"      # lines between rows
    wash = "F5EEF0"      # behind heads of tables

    [logo]
    file = "logo.png"    # in the same folder; on the cover, above the title

    [fonts]
    further = ["house-cjk.ttf"]   # TrueType, in the same folder: lend characters that the bundled faces lack

Colours of verdicts and of the banner are not a theme's to change: they mean something.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from csvgen.errors import BadInput
from csvgen.model.base import Value
from csvgen.report import look
from csvgen.report.fonts.further import Further, further, signs

FILE = "theme.toml"
_CONTRAST = 4.5
"""Of text on its ground, at least (WCAG 2.2, 1.4.3)."""
_PIXELS = 4_000_000

Colour = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{6}$", to_upper=True)]


class Colours(Value):
    accent: Colour = look.ACCENT
    soft: Colour = look.SOFT
    rule: Colour = look.RULE
    wash: Colour = look.WASH


class Logo(Value):
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,80}\.png$")]


class Fonts(Value):
    further: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,80}\.(ttf|ttc)$")], ...]


class ThemeFile(Value):
    """theme.toml."""

    format: Literal["csvgen.theme/1"]
    colours: Colours = Field(default_factory=Colours)
    logo: Logo | None = None
    fonts: Fonts | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """What a theme changes."""

    inks: Mapping[str, str] = field(default_factory=dict)
    """Colour of csvgen's own look -> colour in its place."""
    logo: bytes = b""
    """PNG; empty for none."""
    fonts: tuple[Further, ...] = field(default_factory=lambda: (signs(),))
    """Fonts that lend what the bundled faces lack, the signs of csvgen first."""


PLAIN = Theme()


def read_theme(folder: Path | None) -> Theme:
    """The theme of a templates folder; csvgen's own look where it has none. Raises BadInput with everything that is wrong."""
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return PLAIN
    try:
        said = ThemeFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadInput(f"the theme is not TOML: {problem}", where=f"templates/{FILE}") from None
    except ValidationError as problem:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.errors())
        raise BadInput(f"the theme says what it cannot: {told}", where=f"templates/{FILE}") from None
    if problems := list(_faint(said.colours)):
        raise BadInput(
            "; ".join(problems), where=f"templates/{FILE}", hint=f"text needs a contrast of {_CONTRAST} : 1 (WCAG 2.2)"
        )
    own = Colours()
    inks = {getattr(own, n): getattr(said.colours, n) for n in Colours.model_fields}
    named = said.fonts.further if said.fonts is not None else ()
    fonts = (signs(), *(further(path.parent / name, f"templates/{name}") for name in named))
    return Theme({old: new for old, new in inks.items() if old != new}, _logo(path.parent, said.logo), fonts)


def _logo(folder: Path, logo: Logo | None) -> bytes:
    """The picture on white, without what an editor left in the file."""
    if logo is None:
        return b""
    from PIL import Image, UnidentifiedImageError

    where = f"templates/{logo.file}"
    try:
        with Image.open(folder / logo.file, formats=("PNG",)) as image:
            if image.width * image.height > _PIXELS:
                raise BadInput(f"the logo has more than {_PIXELS:,} pixels", where=where)
            drawn = image.convert("RGBA")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as problem:
        raise BadInput(f"the logo is no PNG that can be read: {problem}", where=where) from None
    ground = Image.new("RGB", drawn.size, "white")
    ground.paste(drawn, mask=drawn.getchannel("A"))
    out = io.BytesIO()
    ground.save(out, "PNG", optimize=True)
    return out.getvalue()


def _faint(colours: Colours) -> Iterator[str]:
    for name, ink, ground in (
        ("accent", colours.accent, look.PAPER), ("soft", colours.soft, look.PAPER), ("wash", look.INK, colours.wash),
        ("wash", colours.accent, colours.wash),
    ):  # fmt: skip
        if (found := contrast(ink, ground)) < _CONTRAST:
            yield f"{name}: text of {ink} on {ground} has a contrast of {found:.1f} : 1"


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)  # noqa: PLR2004 - sRGB
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
