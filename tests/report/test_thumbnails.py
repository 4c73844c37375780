"""Evidence that is a picture: shown small beside its case with the digest of the original, and refused where it is hostile."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from dataclasses import replace

import pikepdf
import pytest
from PIL import Image

from csvgen.errors import BadInput
from csvgen.model.execution import Attachment
from csvgen.model.picture import Picture, Shots
from csvgen.report import neutral, pdf, readback, readback_pdf, readback_word, word
from csvgen.report.outline import outline
from csvgen.report.picture_layout import laid
from csvgen.report.thumbnails import HIGHEST, WIDEST, Thumbnails, small

from .material import D, at, material, report_of
from .sample import report


def picture(form: str = "PNG", size: tuple[int, int] = (1200, 800), mode: str = "RGB") -> bytes:
    image = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG that says it is 30,000 dots wide and high, in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG whose compressed comment is much larger than its picture."""
    whole = picture(size=(9, 9))
    body = b"Comment\0\0" + zlib.compress(b"\0" * 90_000_000, 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return whole[:33] + chunk + whole[33:]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
    ],
)
def test_every_kind_of_picture_is_made_small_and_keeps_its_shape(form, media_type):
    wide, high, across, up, png = small(picture(form), media_type)
    assert (wide, high) == (1200, 800)
    assert (across, up) == (WIDEST, round(WIDEST * 800 / 1200))
    with Image.open(io.BytesIO(png)) as shown:
        assert (shown.format, shown.size, shown.mode) == ("PNG", (across, up), "RGB")
    assert up <= HIGHEST


def test_a_transparent_picture_stands_on_white():
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(small(out.getvalue(), "image/png")[4])) as shown:
        assert shown.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "media_type", "why"),
    [
        (bomb(), "image/png", "30000 x 30000 dots|more dots"),
        (text_bomb(), "image/png", "cannot be read as image/png"),
        (picture("JPEG"), "image/png", "cannot be read as image/png"),
        (picture()[:900], "image/png", "cannot be read as image/png"),
        (b"MZ" + b"\0" * 400, "image/png", "cannot be read as image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "no kind of picture that is shown"),
        (b"\0" * (32 * 1024 * 1024 + 1), "image/png", "bytes, and at most"),
    ],
    ids=["bomb", "text-bomb", "other-kind", "cut", "program", "svg", "too-long"],
)  # fmt: skip
def test_hostile_pictures_are_refused_with_the_reason(data, media_type, why):
    with pytest.raises(BadInput, match=why):
        small(data, media_type)


def with_pictures(*kept: Attachment, **changes):
    """A report whose PQ kept these pictures at the first step of its case."""

    def changed(run):
        result = run.results[0]
        steps = (result.steps[0].model_copy(update={"attachments": kept}), *result.steps[1:])
        return replace(run, results=(result.model_copy(update={"steps": steps}),))

    runs = tuple(changed(r) if r.run == "PQ-001" else r for r in material("pq-report").runs)
    return report_of("pq-report", runs=runs, **changes)


def kept(number: int = 1, **changes) -> Attachment:
    values = {
        "name": "screen.png",
        "media_type": "image/png",
        "size": 9,
        "sha256": D,
        "captured": at(241),
        "kind": "screenshot",
        **changes,
    }
    return Attachment(id=f"TC-PQ-0001.1.{number}", **values)


def figures(made) -> list[Picture]:
    return [b for b in made.blocks if isinstance(b, Picture) and isinstance(b.shows, Shots)]


def test_the_report_shows_the_picture_beside_its_case_with_the_digest_of_the_original():
    made = with_pictures(kept(), opened=lambda _run, _kept: picture())
    (figure,) = figures(made)
    (shot,) = figure.shows.shots
    assert (shot.id, shot.sha256, shot.told) == ("TC-PQ-0001.1.1", D, "screen.png, image/png, 1200 x 800 dots")
    assert D in figure.alt
    assert base64.b64decode(shot.png) == small(picture(), "image/png")[4]
    before = made.blocks[made.blocks.index(figure) - 1]
    assert before.columns[0].title == "Step", "right below the steps of its case"
    one = replace(report(banner=""), blocks=(figure,))
    with pikepdf.open(io.BytesIO(pdf.draw(one))) as file:
        images = [o for o in file.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]
        assert [(int(i.Width), int(i.Height)) for i in images] == [(shot.width, shot.height)]
    plan = readback.of_outline(outline(neutral.read(neutral.kept(one))))
    assert readback_pdf.differences(plan, pdf.draw(one)) == []
    assert readback.differences(plan, readback_word.read(word.draw(one), "x")) == []
    with zipfile.ZipFile(io.BytesIO(word.draw(one))) as archive:
        (name,) = (n for n in archive.namelist() if n.startswith("word/media/"))
        with Image.open(io.BytesIO(archive.read(name))) as drawn:
            assert len(drawn.convert("RGB").getcolors(1 << 24)) > 64, "the image itself, not only its frame"
    assert D in "".join(laid(figure, 482.0).words)
    other = replace(figure, shows=Shots((replace(shot, sha256="sha256:" + "f" * 64),)))
    wrong = readback.of_outline(outline(replace(one, blocks=(other,))))
    faults = readback_pdf.differences(wrong, pdf.draw(one))
    assert any("Figure 1" in fault for fault in faults), "another digest below the picture is found, not only the text digest"


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "the file is not there"), (bomb(), "dots"), (picture("JPEG"), "cannot be read as image/png")],
    ids=["gone", "bomb", "jpeg"],
)
def test_a_picture_that_cannot_be_shown_says_why_in_its_place(data, told):
    (figure,) = figures(with_pictures(kept(), opened=lambda _run, _kept: data))
    assert figure.shows.shots[0].png == ""
    assert told in figure.shows.shots[0].told
    assert "not shown" in figure.alt
    pdf.draw(replace(report(banner=""), blocks=(figure,)))


def test_very_many_pictures_are_counted_and_the_rest_is_told():
    run = material("pq-report").runs[-1]
    result = run.results[0]
    many = tuple(kept(n) for n in range(1, 61))
    step = result.steps[0].model_copy(update={"attachments": many})
    found = Thumbnails(lambda _run, _kept: picture(size=(8, 8))).of(run, result.model_copy(update={"steps": (step,)}))
    *drawn, told = found
    shots = [shot for figure in drawn for shot in figure.shows.shots]
    assert [len(f.shows.shots) for f in drawn] == [9, 9, 9, 9, 9]
    assert all(s.png for s in shots), "no empty frame"
    assert f"15 ({many[45].id} to {many[59].id})" in told.text
    assert "45 stand before them" in told.text


def test_other_evidence_is_no_picture():
    assert not figures(with_pictures(kept(media_type="text/plain", kind="file"), opened=lambda _run, _kept: picture()))
