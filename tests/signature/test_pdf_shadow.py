"""Attacks on signed PDF files that leave every signed byte as it is: what is appended changes what is seen.

Each is tried twice: appended by anybody, and appended under a good time stamp of a trusted authority, which stamps whatever it is sent and
so covers the attack to the last byte of the file. The second is the harder one: only the rules about changes stand against it.
"""

from __future__ import annotations

import datetime as dt

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, SigFieldSpec

from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, Refused
from csvgen.signature import pdf, pdf_archive

from .pdf_forging import appended, field, first_page, make_victim, obj, stream, under_a_stamp
from .test_pdf_attacks import free_text, overlay, run, signed_by_hand
from .times import Tsa


@pytest.fixture(scope="session")
def tsa(pki) -> Tsa:
    return Tsa(pki.now, pki.now + dt.timedelta(days=700))


@pytest.fixture(scope="session")
def victim(pki) -> bytes:
    """Sealed, signed by the first of two; with a picture, an attachment, and a second page."""
    return make_victim(pki)


# ------------------------------------------------------------------ the attacks


def hide_by_a_changed_picture(writer):
    """Shadow attack, hide: the form XObject with the verdict is replaced."""
    form = first_page(writer)["/Resources"]["/XObject"]["/X"]
    form._data = b""
    form._encoded_data = None
    writer.update_container(form)


def replace_by_another_font(writer):
    """Shadow attack, replace: the font that prints the verdict prints something else."""
    font = first_page(writer)["/Resources"]["/Font"]["/F"]
    font["/BaseFont"] = pdf_name("/ZapfDingbats")
    writer.update_container(font)


def replace_the_page_tree(writer):
    """Shadow attack, hide and replace: another page takes the place of the signed one."""
    kids = writer.root["/Pages"]["/Kids"]
    kids[0] = kids.raw_get(1)
    writer.update_container(kids)


def replace_the_catalogue_s_pages(writer):
    page = writer.add_object(
        obj(Type=pdf_name("/Page"), MediaBox=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))))
    )
    writer.root["/Pages"] = writer.add_object(
        obj(Type=pdf_name("/Pages"), Kids=generic.ArrayObject([page]), Count=generic.NumberObject(1))
    )
    writer.update_root()


def append_a_page(writer):
    pages = writer.root["/Pages"]
    page = writer.add_object(obj(Type=pdf_name("/Page"), Parent=writer.root.raw_get("/Pages")))
    pages["/Kids"].append(page)
    pages["/Count"] = generic.NumberObject(3)
    writer.update_container(pages)


def default_appearance(writer):
    writer.root["/AcroForm"]["/DA"] = pdf_string("/Helv 0 Tf 1 g")
    writer.update_container(writer.root["/AcroForm"])


def default_resources(writer):
    writer.root["/AcroForm"]["/DR"] = obj(Font=obj())
    writer.update_container(writer.root["/AcroForm"])


def need_appearances(writer):
    writer.root["/AcroForm"]["/NeedAppearances"] = generic.BooleanObject(True)
    writer.update_container(writer.root["/AcroForm"])


def new_look_of_a_signature(writer):
    signed = field(writer, "signature-1")
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 226, 82)))
    signed["/AP"] = obj(N=writer.add_object(stream(b"0 g 0 0 200 80 re f", Subtype=pdf_name("/Form"), BBox=box)))
    writer.update_container(signed)


def changed_look_of_a_signature(writer):
    look = field(writer, "signature-1")["/AP"]["/N"]
    look._data = b""
    look._encoded_data = None
    writer.update_container(look)


def look_of_an_empty_field(writer):
    """The box of somebody who has not signed shows a signature."""
    empty = field(writer, "signature-2")
    empty["/AP"] = field(writer, "signature-1")["/AP"]
    writer.update_container(empty)


def moved_signature(writer):
    signed = field(writer, "signature-1")
    signed["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    writer.update_container(signed)


def hidden_signature(writer):
    signed = field(writer, "signature-1")
    signed["/F"] = generic.NumberObject(2)
    writer.update_container(signed)


def emptied_signature(writer):
    signed = field(writer, "signature-1")
    del signed["/V"]
    writer.update_container(signed)


def changed_value_of_a_signature(writer):
    value = field(writer, "signature-1")["/V"]
    value["/Reason"] = pdf_string("Meaning: approved")
    writer.update_container(value)


def borrowed_signature(writer):
    """The empty field of the second signer gets the signature of the first."""
    empty = field(writer, "signature-2")
    empty["/V"] = field(writer, "signature-1").raw_get("/V")
    writer.update_container(empty)


def renamed_fields(writer):
    one, two = field(writer, "signature-1"), field(writer, "signature-2")
    one["/T"], two["/T"] = pdf_string("signature-2"), pdf_string("signature-1")
    writer.update_container(one)
    writer.update_container(two)


def reordered_fields(writer):
    fields = writer.root["/AcroForm"]["/Fields"]
    fields[0], fields[1] = fields.raw_get(1), fields.raw_get(0)
    writer.update_container(fields)


def deleted_field(writer):
    fields = writer.root["/AcroForm"]["/Fields"]
    del fields[0]
    writer.update_container(fields)


def text_field(writer):
    text = obj(FT=pdf_name("/Tx"), T=pdf_string("verdict"), V=pdf_string("passed"))
    writer.root["/AcroForm"]["/Fields"].append(writer.add_object(text))
    writer.update_container(writer.root["/AcroForm"]["/Fields"])


def layers(writer):
    group = writer.add_object(obj(Type=pdf_name("/OCG"), Name=pdf_string("verdict")))
    writer.root["/OCProperties"] = obj(OCGs=generic.ArrayObject([group]), D=obj(OFF=generic.ArrayObject([group])))
    writer.update_root()


def script_at_opening(writer):
    writer.root["/OpenAction"] = obj(S=pdf_name("/JavaScript"), JS=pdf_string("app.alert('passed')"))
    writer.update_root()


def script_of_a_field(writer):
    empty = field(writer, "signature-2")
    empty["/AA"] = obj(E=obj(S=pdf_name("/JavaScript"), JS=pdf_string("1")))
    writer.update_container(empty)


def attachment_added(writer):
    spec = writer.add_object(obj(Type=pdf_name("/Filespec"), F=pdf_string("more.json")))
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    names.extend([pdf_string("more.json"), spec])
    writer.update_container(writer.root["/Names"]["/EmbeddedFiles"])


def attachment_exchanged(writer):
    held = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]["/EF"]["/F"]
    held._data = b'{"verdict": "failed"}'
    held._encoded_data = None
    writer.update_container(held)


def document_properties(writer):
    writer.set_info(obj(Title=pdf_string("Everything passed")))


def new_metadata(writer):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    writer.root["/Metadata"] = writer.add_object(stream(xmp, Type=pdf_name("/Metadata"), Subtype=pdf_name("/XML")))
    writer.update_root()


def permissions_removed(writer):
    del writer.root["/Perms"]
    writer.update_root()


def content_as_a_certificate(writer):
    """The stream of the page is changed, and listed as a certificate of the security store to explain it."""
    page = first_page(writer)
    contents = page["/Contents"]
    contents._data = b"BT /F 14 Tf 72 780 Td (Report: all FAILED) Tj ET"
    contents._encoded_data = None
    writer.update_container(contents)
    writer.root["/DSS"] = writer.add_object(obj(Certs=generic.ArrayObject([page.raw_get("/Contents")])))
    writer.update_root()


def store_with_more_than_der(writer):
    hidden = writer.add_object(stream(b"0 g", F=pdf_string("//elsewhere.invalid/passed")))
    writer.root["/DSS"] = writer.add_object(obj(Certs=generic.ArrayObject([hidden])))
    writer.update_root()


def store_with_another_key(writer):
    writer.root["/DSS"] = writer.add_object(obj(Certs=generic.ArrayObject([]), Pages=writer.root.raw_get("/Pages")))
    writer.update_root()


def object_nobody_refers_to(writer):
    """The first half of a shadow attack: content brought in now, to be shown by a later update."""
    writer.add_object(stream(b"BT (FAILED) Tj ET"))


def object_set_free(writer):
    """The page's content is declared free: many readers show an empty page."""
    writer.free_me = first_page(writer).raw_get("/Contents").reference
    contents = first_page(writer)["/Contents"]
    writer.objects[(contents.container_ref.generation, contents.container_ref.idnum)] = generic.NullObject()


ATTACKS = [
    overlay, free_text, hide_by_a_changed_picture, replace_by_another_font, replace_the_page_tree, replace_the_catalogue_s_pages,
    append_a_page, default_appearance, default_resources, need_appearances, new_look_of_a_signature, changed_look_of_a_signature,
    look_of_an_empty_field, moved_signature, hidden_signature, emptied_signature, changed_value_of_a_signature, borrowed_signature,
    renamed_fields, reordered_fields, deleted_field, text_field, layers, script_at_opening, script_of_a_field, attachment_added,
    attachment_exchanged, document_properties, new_metadata, permissions_removed, content_as_a_certificate, store_with_more_than_der,
    store_with_another_key, object_nobody_refers_to, object_set_free,
]  # fmt: skip


def test_without_an_attack_nothing_is_wrong(pki, victim, tsa):
    """So that the tests below fail for the one thing that each of them does."""
    assert pdf.inspect(victim, pki.trust).faults == ()
    fine = under_a_stamp(victim, lambda _writer: None, tsa)
    found = pdf.inspect(fine, pki.trust, times=Trust(tsa.roots))
    assert found.faults == ()
    assert found.whole_file and all(s.proven for s in found.signatures)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_appended_by_anybody(pki, victim, attack):
    found = pdf.inspect(appended(victim, attack), pki.trust)
    assert found.faults
    assert not any(s.faults == () for s in found.signatures)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_appended_under_a_good_time_stamp(pki, victim, tsa, attack):
    found = pdf.inspect(under_a_stamp(victim, attack, tsa), pki.trust, times=Trust(tsa.roots))
    assert found.faults
    assert not any(s.faults == () for s in found.signatures)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_nobody_signs_or_stamps_over_it(pki, victim, tsa, attack):
    forged = appended(victim, attack)
    with pytest.raises((Refused, BadInput)):
        pki.sign_pdf(forged, 1)
    with pytest.raises((Refused, BadInput)):
        pdf_archive.stamp(forged, tsa)


@pytest.mark.needs("pdfsig")
@pytest.mark.parametrize(
    "attack", [overlay, free_text, hide_by_a_changed_picture, attachment_exchanged, layers, script_at_opening]
)
def test_poppler_calls_the_same_file_valid(pki, victim, tsa, tmp_path, attack):
    """Why the mathematics are not enough: pdfsig looks at nothing else."""
    (tmp_path / "forged.pdf").write_bytes(under_a_stamp(victim, attack, tsa))
    assert run("pdfsig", "-nocert", tmp_path / "forged.pdf").count("Signature is Valid.") == 2


# ------------------------------------------------------------------ fields that a time stamp may not have


def test_a_visible_field_for_a_time_stamp(pki, victim, tsa):
    seen = SigFieldSpec("time-stamp-9", box=(72, 600, 400, 700))
    found = pdf.inspect(under_a_stamp(victim, lambda _w: None, tsa, spec=seen), pki.trust, times=Trust(tsa.roots))
    assert not any(s.changes_allowed for s in found.signatures)


def test_a_time_stamp_in_a_field_of_another_name(pki, victim, tsa):
    found = pdf.inspect(under_a_stamp(victim, lambda _w: None, tsa, field="approved"), pki.trust, times=Trust(tsa.roots))
    assert not any(s.changes_allowed for s in found.signatures[:2])
    assert found.time_stamps == ()


def test_a_time_stamp_in_the_place_of_a_signature(pki, victim, tsa):
    """The box of the second signer is filled with a time stamp, and shows what the first signer's box shows."""
    forged = under_a_stamp(victim, look_of_an_empty_field, tsa, field="signature-2", existing=True)
    found = pdf.inspect(forged, pki.trust, times=Trust(tsa.roots))
    assert not any(s.changes_allowed for s in found.signatures[:2])
    assert found.time_stamps == ()
    assert found.signatures[2].faults


def test_after_the_last_signature_nobody_else_signs(pki, signed_pdf, attacker):
    """The last approval locked the fields; a further signature, even by one of the signers, is not allowed by it."""
    forged = signed_by_hand(signed_pdf[-1], pki.people[0], "signature-9", certify=False, moment=pki.now, new=True)
    found = pdf.inspect(forged, pki.trust)
    assert [s.changes_allowed for s in found.signatures] == [False] * 4 + [True]


def test_what_a_signature_locked_nobody_fills(pki, make):
    """An empty field is left, and the signature before it locked all fields: filling it is not allowed, though the field was there."""
    everything = FieldMDPSpec(FieldMDPAction.ALL)
    locked = signed_by_hand(make.pdf(2), pki.people[0], "signature-1", moment=pki.now, lock=everything)
    assert pdf.inspect(locked, pki.trust).faults == ()
    with pytest.raises(Refused, match="would not verify"):
        pki.sign_pdf(locked, 1)
    forged = signed_by_hand(locked, pki.people[1], "signature-2", moment=pki.now)
    assert [s.changes_allowed for s in pdf.inspect(forged, pki.trust).signatures] == [False, True]


@pytest.mark.parametrize(("key", "value"), [("/F", 2), ("/Ff", 1), ("/Q", 1), ("/DA", "/Helv 0 Tf")])
def test_a_signer_changes_nothing_of_the_field_but_value_and_look(pki, make, key, value):
    """Hidden, read-only, aligned otherwise: whoever signs in a field leaves it as the signers before saw it."""
    first = signed_by_hand(make.pdf(2), pki.people[0], "signature-1", moment=pki.now)

    def touch(found):
        found[key] = pdf_string(value) if isinstance(value, str) else generic.NumberObject(value)

    fine = signed_by_hand(first, pki.people[1], "signature-2", moment=pki.now)
    assert pdf.inspect(fine, pki.trust).faults == ()
    forged = signed_by_hand(first, pki.people[1], "signature-2", moment=pki.now, touch=touch)
    assert [s.changes_allowed for s in pdf.inspect(forged, pki.trust).signatures] == [False, True]


# ------------------------------------------------------------------ who signed when, and as what


def test_fields_signed_out_of_turn(pki, make):
    forged = signed_by_hand(pdf.seal(make.pdf(2), pki.system, pki.now), pki.people[1], "signature-2", moment=pki.now)
    assert any("signed in the order" in problem for problem in pdf.inspect(forged, pki.trust).problems)
    with pytest.raises(Refused, match="not to be signed before"):
        pki.sign_pdf(pdf.seal(make.pdf(2), pki.system, pki.now), 1)


def test_a_missing_certification_shows(pki, make, signed_pdf):
    assert pdf.inspect(signed_pdf[-1], pki.trust).certified
    assert not pdf.inspect(pki.sign_pdf(make.pdf(1), 0), pki.trust).certified


@pytest.mark.parametrize(("days", "words"), [(365 * 4, "expired"), (-2, "not yet valid")])
def test_a_claimed_time_outside_of_the_certificate(pki, make, days, words):
    """An expired certificate; and a clock that was set back behind the beginning of the certificate."""
    forged = signed_by_hand(make.pdf(1), pki.people[0], "signature-1", moment=pki.now + dt.timedelta(days=days))
    signature = pdf.inspect(forged, pki.trust).signatures[0]
    assert signature.trusted is False
    assert words in signature.distrust


def test_truncation_to_every_earlier_state_is_told_by_the_count(pki, make, tsa):
    """Each earlier state is a sound file by itself: no mathematics can tell. What tells is the record, which lists who signed."""
    from csvgen.signature.pdf_inspect import unsigned_length

    stages = [pdf.seal(make.pdf(2), pki.system, pki.now)]
    for number in range(2):
        stages += [pki.sign_pdf(stages[-1], number)]
        stages += [pdf_archive.stamp(stages[-1], tsa, trust=pki.trust)]
    expected = ["p-0001", "p-0002"]
    whole = stages[-1]
    ends = [unsigned_length(whole), *(len(stage) for stage in stages)]
    for end in ends:
        found = pdf.inspect(whole[:end], pki.trust, times=Trust(tsa.roots))
        people = [s.person for s in found.signatures if not s.is_seal]
        complete = people == expected and all(s.proven for s in found.signatures)
        assert complete is (end == len(whole)), end
    for end in {*range(len(whole) - 4000, len(whole), 97)} - set(ends):
        assert pdf.inspect(whole[:end], pki.trust).faults
