"""Documents that nobody may sign, because they could look otherwise tomorrow."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from csvgen.errors import BadInput, Refused
from csvgen.signature import pdf

from .test_pdf_attacks import overlay, updated


def saved(file, **options):
    out = io.BytesIO()
    file.save(out, deterministic_id=True, **options)
    return out.getvalue()


def changed(data, change):
    with pikepdf.open(io.BytesIO(data)) as file:
        change(file)
        return saved(file)


def script_at_opening(file):
    file.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def script_by_name(file):
    file.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), Dictionary(S=Name.JavaScript, JS=String("1"))])))


def launch(file):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.Launch, F=String("calc.exe")))
    file.pages[0].obj.Annots.append(file.make_indirect(link))


def named_action(file):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.Named, N=Name.Print))
    file.pages[0].obj.Annots.append(file.make_indirect(link))


def action_by_itself(file):
    file.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.GoTo, D=String("x")))


def note(subtype):
    def change(file):
        found = Dictionary(Type=Name.Annot, Subtype=Name("/" + subtype), Rect=[0, 0, 99, 99], Contents=String("passed"))
        file.pages[0].obj.Annots.append(file.make_indirect(found))

    change.__name__ = f"a note of kind {subtype}"
    return change


def link_with_a_look(file):
    look = file.make_stream(b"0 g", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], AP=Dictionary(N=look))
    file.pages[0].obj.Annots.append(file.make_indirect(link))


def layers(file):
    group = file.make_indirect(Dictionary(Type=Name.OCG, Name=String("verdict")))
    file.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))


def layer_of_a_picture(file):
    form = file.make_stream(
        b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9], OC=Dictionary(Type=Name.OCG, Name=String("x"))
    )
    file.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=form))


def xfa(file):
    file.Root.AcroForm.XFA = file.make_stream(b"<xdp/>")


def need_appearances(file):
    file.Root.AcroForm.NeedAppearances = True


def text_field(file):
    field = Dictionary(
        FT=Name.Tx, T=String("verdict"), V=String("passed"), Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 9, 9]
    )
    file.Root.AcroForm.Fields.append(file.make_indirect(field))


def stream_elsewhere(file):
    found = file.make_stream(b"")
    found.F = String("elsewhere.dat")
    file.pages[0].obj.Contents = found


def page_elsewhere(file):
    form = file.make_stream(
        b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9], Ref=Dictionary(F=String("x.pdf"), Page=0)
    )
    file.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=form))


def picture_for_the_printer(file):
    image = file.make_stream(
        b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8, ColorSpace=Name.DeviceGray
    )
    image.Alternates = Array([Dictionary(Image=image, DefaultForPrinting=True)])
    file.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=image))


def media(file):
    file.pages[0].obj.PieceInfo = Dictionary(X=Dictionary(RichMediaContent=Dictionary()))


def portfolio(file):
    file.Root.Collection = Dictionary(View=Name.T)


def other_renderings(file):
    file.Root.Names = Dictionary(AlternatePresentations=Dictionary())


DECEPTIVE = {
    script_at_opening: "script", script_by_name: "JavaScript", launch: "Launch", named_action: "Named",
    action_by_itself: "start by themselves", note("FreeText"): "FreeText", note("Stamp"): "Stamp", note("FileAttachment"): "FileAttachment",
    note("RichMedia"): "RichMedia", note("Screen"): "Screen", link_with_a_look: "Link", layers: "layers", layer_of_a_picture: "layers",
    xfa: "XFA", need_appearances: "draws in its own way", text_field: "no signature", stream_elsewhere: "stream kept in another file",
    page_elsewhere: "page kept in another file", picture_for_the_printer: "printed", media: "media", portfolio: "portfolio",
    other_renderings: "AlternatePresentations",
}  # fmt: skip


@pytest.mark.parametrize("change", DECEPTIVE, ids=lambda c: c.__name__)
def test_it_is_neither_sealed_nor_signed(pki, make, change):
    data = changed(make.pdf(1), change)
    for act in (lambda: pdf.seal(data, pki.system, pki.now), lambda: pki.sign_pdf(data, 0)):
        with pytest.raises(Refused, match=DECEPTIVE[change]) as told:
            act()
        assert told.value.rule == "RR-L05"


def test_what_a_document_may_have(pki, make):
    """Links to places and addresses, an attachment, an outline, metadata."""

    def change(file):
        page = file.pages[0].obj
        for action in (
            Dictionary(S=Name.GoTo, D=Array([page, Name.Fit])),
            Dictionary(S=Name.URI, URI=String("https://example.com/")),
        ):
            page.Annots.append(file.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action)))
        file.attachments["results.json"] = b"{}"
        with file.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("One", 0))
        with file.open_metadata() as xmp:
            xmp["dc:title"] = "Report"

    data = changed(make.pdf(1), change)
    assert pdf.inspect(pki.sign_pdf(pdf.seal(data, pki.system, pki.now), 0), pki.trust).faults == ()


def test_a_file_changed_by_updates_before_the_seal(pki, make):
    with pytest.raises(Refused, match="earlier revisions of itself"):
        pdf.seal(updated(make.pdf(1), overlay), pki.system, pki.now)


def test_a_linearised_file(pki, make):
    with pikepdf.open(io.BytesIO(make.pdf(1))) as file:
        data = saved(file, linearize=True)
    with pytest.raises(Refused, match="linearised"):
        pdf.seal(data, pki.system, pki.now)


def test_objects_no_page_refers_to(pki, make):
    """The first half of a shadow attack, written by hand: a page tree that waits for its update."""
    data = make.pdf(1, xref_stream=False)
    head, table = data[: data.rindex(b"xref\n0 ")], data[data.rindex(b"xref\n0 ") :]
    count = int(table.split()[2])
    hidden = b"%d 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n" % count
    table = table.replace(b"xref\n0 %d\n" % count, b"xref\n0 %d\n" % (count + 1), 1)
    table = table.replace(b"trailer", b"%010d 00000 n \ntrailer" % len(head), 1).replace(
        b"/Size %d" % count, b"/Size %d" % (count + 1), 1
    )
    where = data.rindex(b"startxref\n")
    table = table[: table.index(b"startxref")] + b"startxref\n%d\n%%%%EOF\n" % (len(head) + len(hidden))
    assert where
    with pytest.raises(Refused, match="no page refers to"):
        pdf.seal(head + hidden + table, pki.system, pki.now)


def test_an_object_that_stands_there_twice(pki, make):
    """The table of contents names one of them; a reader that rebuilds the table may take the other."""
    data = make.pdf(1, xref_stream=False)
    at = data.rindex(b"xref\n0 ")
    twin = b"1 0 obj\nnull\nendobj\n"
    forged = data[:at] + twin + data[at:].replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + len(twin)))
    with pytest.raises(Refused, match="the object 1 twice"):
        pdf.seal(forged, pki.system, pki.now)


def test_a_damaged_file_is_told_as_one(pki, make):
    data = make.pdf(1, xref_stream=False)
    with pytest.raises(BadInput):
        pdf.seal(data.replace(b"/Root", b"/Toor"), pki.system, pki.now)
