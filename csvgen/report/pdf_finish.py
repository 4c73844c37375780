"""The last pass over a PDF: what ReportLab cannot write.

Output intent, XMP metadata and language make the file PDF/A-3b (ISO 19005-3); signature fields are placed, empty, each with
an appearance that says so (ISO 19005-3, 6.3.3 asks for one). The result depends on the input alone.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import ImageCms

from csvgen.model.report import SignatureSlot
from csvgen.report.outline import Outline
from csvgen.report.pdf_page import Box, Ink
from csvgen.report.pdf_structure import structure
from csvgen.report.pdf_unsigned import WORD, strokes
from csvgen.report.text import one_line

LANGUAGE = "en-GB"
_PRINTED = 4
_PRINTED_AND_LOCKED = _PRINTED | 128  # ISO 32000-1, 12.5.3: the box prints, and nobody moves it
_SIGNATURES = 1 | 2  # ISO 32000-1, 12.7.2: signature fields exist; changes are appended


def finish(data: io.BytesIO, plan: Outline, ink: Ink) -> bytes:
    """Metadata, colour profile, names of places and signature fields put into a PDF as `ink` drew it."""
    with pikepdf.open(data) as pdf:
        _describe(pdf, plan)
        pdf.Root.Lang = String(plan.words.language or LANGUAGE)
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        profile = _stream(pdf, _srgb(), N=3)
        intent = Dictionary(
            Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier=String("sRGB"),
            Info=String("sRGB IEC61966-2.1"), RegistryName=String("http://www.color.org"), DestOutputProfile=profile,
        )  # fmt: skip
        pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
        for page in pdf.pages:
            for annotation in page.obj.get("/Annots", ()):
                annotation.F = _PRINTED  # ReportLab writes none for a link; ISO 19005-3, 6.3.2 asks for it
        _name_places(pdf, {key: ink.marks[key] for key in plan.anchors.values()})
        structure(pdf, ink.tags, _fields(pdf, plan.report.slots, ink.boxes, plan.words.say(WORD)))
        out = io.BytesIO()
        pdf.save(
            out, deterministic_id=True, min_version="1.7",
            object_stream_mode=pikepdf.ObjectStreamMode.disable,  # larger, but whoever verifies reads each object once, in half the time
            compress_streams=False,  # all are packed already; qpdf would unpack what ReportLab packed and pack it anew
            fix_metadata_version=False,
        )  # fmt: skip
    return out.getvalue()


def _describe(pdf: pikepdf.Pdf, plan: Outline) -> None:
    """Document information and XMP, saying the same (ISO 19005-3, 6.6.3). No date unless the report has one."""
    report = plan.report
    title = one_line(f"{report.id} {report.title}")
    subject = one_line(f"{report.subtitle}. {report.system}. {plan.revision}. {report.status}. {plan.short}.")
    for key in list(pdf.docinfo.keys()):
        del pdf.docinfo[key]
    texts = {
        "Title": title,
        "Author": report.organisation,
        "Subject": subject,
        "Creator": report.made_by,
        "Producer": report.made_by,
    }
    for name, text in texts.items():
        pdf.docinfo[f"/{name}"] = String(one_line(text))
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        xmp["pdfaid:part"] = "3"
        xmp["pdfaid:conformance"] = "B"
        xmp["dc:format"] = "application/pdf"
        xmp["dc:language"] = [plan.words.language or LANGUAGE]
        xmp["dc:title"] = title
        xmp["dc:creator"] = [one_line(report.organisation)]
        xmp["dc:description"] = subject
        xmp["xmp:CreatorTool"] = one_line(report.made_by)
        xmp["pdf:Producer"] = one_line(report.made_by)
        if plan.date:
            for name in ("CreateDate", "ModifyDate", "MetadataDate"):
                xmp[f"xmp:{name}"] = plan.date.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    if plan.date:
        for name in ("CreationDate", "ModDate"):
            pdf.docinfo[f"/{name}"] = String(plan.date.strftime("D:%Y%m%d%H%M%S+00'00'"))


def _name_places(pdf: pikepdf.Pdf, marks: Mapping[str, tuple[int, float]]) -> None:
    """Case and record ids as named destinations, so that a link from outside can end in ``#TC-OQ-0001``."""
    names, pages = Array(), [page.obj for page in pdf.pages]
    for key, (number, top) in sorted(marks.items()):
        names.extend([String(key), Array([pages[number - 1], Name.FitH, _points(top)])])
    if len(names):
        pdf.Root.Names = Dictionary(Dests=Dictionary(Names=names))


def _fields(
    pdf: pikepdf.Pdf, slots: tuple[SignatureSlot, ...], boxes: Mapping[str, tuple[int, Box]], mark_word: str
) -> dict[str, pikepdf.Object]:
    """Empty signature fields over their boxes: gives the widget of each."""
    found: dict[str, pikepdf.Object] = {}
    widgets = Array()
    for slot in (s for s in slots if s.field):
        number, (left, bottom, right, top) = boxes[slot.field]
        page = pdf.pages[number - 1]
        size = (right - left, top - bottom)
        mark = _stream(
            pdf,
            strokes(*size, mark_word),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, *map(_points, size)]),
            Resources=Dictionary(),
        )
        widget = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(slot.field), F=_PRINTED_AND_LOCKED, P=page.obj,
            TU=String(one_line(f"{slot.number} {slot.role}: {slot.meaning}")),
            Rect=Array([_points(edge) for edge in (left, bottom, right, top)]), AP=Dictionary(N=mark),
        )  # fmt: skip
        made = pdf.make_indirect(widget)
        if Name.Annots not in page.obj:
            page.obj.Annots = Array()
        page.obj.Annots.append(made)
        widgets.append(made)
        found[slot.field] = made
    if len(widgets):
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=widgets, SigFlags=_SIGNATURES))
    return found


def _stream(pdf: pikepdf.Pdf, data: bytes, **more: Any) -> pikepdf.Stream:
    """A stream, packed."""
    return pdf.make_stream(zlib.compress(data), Filter=Name.FlateDecode, **more)


def _points(value: float) -> float:
    """A length as it is written: a hundredth of a point is finer than any printer."""
    return round(value, 2)


@cache
def _srgb() -> bytes:
    """The sRGB profile of Little CMS without its time of creation and identifier (ICC.1:2010, 7.2: bytes 24-35, 84-99)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    profile[84:100] = bytes(16)
    return bytes(profile)
