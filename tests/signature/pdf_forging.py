"""How the attacks on PDF files are made: updates by anybody, updates under a good time stamp, and the file they are made on."""

from __future__ import annotations

import io

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from csvgen.signature import pdf
from csvgen.signature.pdf_token import read_token
from csvgen.signature.pdf_write import appending


def obj(**entries):
    return generic.DictionaryObject({pdf_name(f"/{key}"): value for key, value in entries.items()})


def stream(data, **entries):
    return generic.StreamObject(dict_data=dict(obj(**entries)), stream_data=data)


def appended(data, change):
    """An update by anybody."""
    writer = appending(data)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def under_a_stamp(data, change, tsa, *, field="time-stamp-9", spec=None, existing=False):
    """The same update, with a document time stamp in the same revision."""
    writer = appending(data)
    steps = PdfCMSEmbedder(None if existing else spec or SigFieldSpec(field)).write_cms(
        field, writer, existing_fields_only=existing
    )
    next(steps)
    change(writer)
    steps.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=8192)))
    prepared, out = steps.send(SigIOSetup(md_algorithm="sha256"))
    steps.send(read_token(tsa.stamp_digest(prepared.document_digest)).container)
    return out.getvalue()


def make_victim(pki) -> bytes:
    """Sealed, signed by the first of two; with a picture, an attachment, and a second page."""
    from .conftest import BOX

    with pikepdf.new() as file:
        font = file.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        )
        form = file.make_stream(
            b"BT /F 12 Tf 0 0 Td (12 of 12 passed) Tj ET", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 300, 30],
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font)),
        )  # fmt: skip
        for _ in range(2):
            page = file.add_blank_page(page_size=(595, 842))
            page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font), XObject=pikepdf.Dictionary(X=form))
            page.obj.Contents = file.make_stream(b"BT /F 14 Tf 72 780 Td (Report: all passed) Tj ET q 1 0 0 1 72 700 cm /X Do Q")
        file.attachments["results.json"] = b'{"verdict": "passed"}'
        widgets = pikepdf.Array()
        for n in range(2):
            widget = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T=f"signature-{n + 1}", F=132,
                P=file.pages[0].obj, Rect=[72, 500 - 110 * n, 72 + BOX[0], 500 - 110 * n + BOX[1]],
            )  # fmt: skip
            widget.AP = pikepdf.Dictionary(
                N=file.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, *BOX])
            )
            widgets.append(file.make_indirect(widget))
        file.pages[0].obj.Annots = file.make_indirect(pikepdf.Array(list(widgets)))
        file.Root.AcroForm = file.make_indirect(pikepdf.Dictionary(Fields=widgets, SigFlags=3))
        out = io.BytesIO()
        file.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return pki.sign_pdf(pdf.seal(out.getvalue(), pki.system, pki.now), 0)


def first_page(writer):
    return writer.root["/Pages"]["/Kids"][0].get_object()


def field(writer, name):
    return next(ref.get_object() for found, _, ref in enumerate_sig_fields(writer) if found == name)
