"""docs/images/report-page.png: one page of a produced report, for the README. Needs pdftoppm (poppler).

    python scripts/make_page_image.py [package folder]

The page is the one of the IQ report that tells of the first deviation: the failed step, who decided, and both executions.
The default is the package of `make demo`. Prints which page of which document it took.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pikepdf
from PIL import Image

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "output" / "demo" / "qc-release" / "package"
TARGET = REPOSITORY / "docs" / "images" / "report-page.png"
REPORT, ANCHOR = "*-IQR-r*.pdf", "DEV-001"
WIDTH = 1100
COLOURS = 64
LARGEST = 250_000


def main(package: Path) -> None:
    """Find the page, draw it, write it. Raises SystemExit with a sentence where that cannot be done."""
    if shutil.which("pdftoppm") is None:
        raise SystemExit("pdftoppm is not installed (package poppler-utils)")
    found = sorted((package / "documents").glob(REPORT), key=lambda p: int(p.stem.rpartition("-r")[2]))
    if not found:
        raise SystemExit(f"{package}/documents holds no {REPORT}; run make demo first, or name a package folder")
    number = page_of(found[-1], ANCHOR)
    command = [
        "pdftoppm",
        "-png",
        "-singlefile",
        "-f",
        str(number),
        "-l",
        str(number),
        "-scale-to-x",
        str(WIDTH),
        "-scale-to-y",
        "-1",
    ]
    drawn = subprocess.run([*command, str(found[-1])], capture_output=True, check=True).stdout
    data = small(drawn)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(data)
    print(f"{TARGET.relative_to(REPOSITORY)}: page {number} of {found[-1].name}, {len(data)} bytes")


def page_of(path: Path, anchor: str) -> int:
    """The page, from 1, that a destination of the document lies on."""
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        waiting = list(outline.root)
        while waiting:
            item = waiting.pop(0)
            waiting += item.children
            if anchor in item.title.split():
                return _number(pdf, item)
    raise SystemExit(f"{path.name} has no chapter about {anchor}")


def _number(pdf: pikepdf.Pdf, item: pikepdf.OutlineItem) -> int:
    place = item.destination if item.destination is not None else item.action.D
    if not isinstance(place, pikepdf.Array):
        named = pikepdf.NameTree(pdf.Root.Names.Dests) if "/Names" in pdf.Root else pdf.Root.Dests
        place = named[str(place)]
        place = place.D if isinstance(place, pikepdf.Dictionary) else place
    return pikepdf.Page(place[0]).index + 1


def small(png: bytes) -> bytes:
    """The picture in few colours, which is what a page of text has; refused if it is still large."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            out, "PNG", optimize=True
        )
    if len(out.getvalue()) > LARGEST:
        raise SystemExit(f"the picture has {len(out.getvalue())} bytes; {LARGEST} are allowed")
    return out.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE)
