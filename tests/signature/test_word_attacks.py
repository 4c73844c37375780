"""Signed Word documents and workbooks, attacked by anyone who can write to the file. Each attack runs on both.

Archives are put together as csvgen writes them, so that what is noticed is the attack and not the packing; what packing alone gives
away is in test_archive.
"""

from __future__ import annotations

import base64
import random
import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from csvgen.clock import parsed
from csvgen.errors import NotIntact, Refused
from csvgen.model.signature import Rendition
from csvgen.signature import xml, xmldsig
from csvgen.verification.documents import EXCEL, WORD, office_faults

from .office_material import (
    ORIGIN_RELS,
    ROOT_RELS,
    SIG1,
    SIG2,
    TYPES,
    changed,
    ordered,
    parts_of,
    related,
    swap,
    typed,
    zipped,
)
from .signing import all_signed, document

NAMES = ["Ada Lovelace", "Jürgen Großmann-Øst", "Ελένη Παπαδοπούλου"]
X = b"<x/>"
CORE = f"{xml.RELATIONSHIPS}/metadata/core-properties"


def declared(subset: bytes):
    """A document type where it may stand."""
    return lambda c: re.sub(rb"^(<\?xml[^>]*>\s*)?", rb"\1<!DOCTYPE x " + subset + b">", c, count=1)


# ------------------------------------------------------------------ parts and relationships

PARTS = {
    "words": (lambda o: {o.text[0]: swap(o.text[1], o.text[2])}, "was changed after signing"),
    "words without a trace in the text": (lambda o: {o.text[0]: lambda c: c + b"\n"}, "was changed after signing"),
    "an XML comment": (lambda o: {o.text[0]: lambda c: c.replace(b">", b"><!-- x -->", 1) + b"<!-- -->"}, "text|XML|changed"),
    "an entity": (lambda o: {o.text[0]: declared(b'[<!ENTITY e "x">]')}, "document type"),
    "an external entity": (lambda o: {o.text[0]: declared(b'[<!ENTITY e SYSTEM "file:///etc/passwd">]')}, "document type"),
    "styles": (lambda o: {o.styles: lambda c: c + b" "}, "was changed after signing"),
    "a part removed": (lambda o: {o.styles: None}, "is missing"),
    "a part renamed": (
        lambda o: {o.styles: None, o.styles.replace("styles", "stylez"): parts_of(o.stages[1])[o.styles],
                   o.rels: swap(b"styles.xml", b"stylez.xml"), TYPES: swap(b"styles.xml", b"stylez.xml")}, "styles.xml is missing"),
    "a part added": (lambda o: {f"{o.folder}/extra.xml": X, TYPES: typed(f"/{o.folder}/extra.xml", "application/xml")}, "does not cover"),
    "a picture added": (
        lambda o: {f"{o.folder}/media/other.png": b"x", o.rels: related("zz", "image", "media/other.png")}, "does not cover"),
    "a part in a folder of another spelling": (
        lambda o: {"_XmlSignatures/extra.xml": X, TYPES: typed("/_XmlSignatures/extra.xml", "application/xml")}, "does not cover"),
    "a piece of a part": (
        lambda o: {f"{o.main}/[0].piece.xml": X, TYPES: typed(f"/{o.main}/[0].piece.xml", "application/xml")}, "does not cover"),
    "a second property part": (
        lambda o: {"docProps/core2.xml": X, TYPES: typed("/docProps/core2.xml", "application/xml")}, "does not cover"),
    "the target of a relationship": (lambda o: {o.rels: swap(b'styles.xml"', b'theme/theme1.xml"')}, "rels was changed"),
    "the mode of a relationship": (lambda o: {o.rels: swap(b'styles.xml"', b'styles.xml" TargetMode="External"')}, "rels was changed"),
    "the type of a relationship": (lambda o: {o.rels: swap(b"relationships/styles", b"relationships/image")}, "rels was changed"),
    "a relationship removed": (lambda o: {o.rels: lambda c: re.sub(rb'<Relationship [^>]*styles.xml"[^>]*></Relationship>', b"", c)}, "is missing"),
    "an external link added": (lambda o: {o.rels: related("zz", "hyperlink", "https://x.invalid/", "External")}, "does not cover"),
    "a relationship added": (lambda o: {o.rels: related("zz", "image", "../docProps/thumbnail.jpeg")}, "does not cover"),
    "a list of relationships added": (
        lambda o: {f"{o.folder}/_rels/styles.xml.rels": b'<Relationships xmlns="%s">' % xml.RELATIONSHIPS.encode() +
                   related("zz", "hyperlink", "https://x.invalid/", "External")(b"</Relationships>")}, "does not cover"),
    "a second main document": (
        lambda o: {f"{o.folder}/other.xml": X, ROOT_RELS: related("zz", "officeDocument", f"{o.folder}/other.xml"),
                   TYPES: typed(f"/{o.folder}/other.xml", "application/xml")}, "does not cover"),
    "another main document in place of the first": (
        lambda o: {f"{o.folder}/other.xml": X, ROOT_RELS: swap(o.main.encode(), f"{o.folder}/other.xml".encode()),
                   TYPES: typed(f"/{o.folder}/other.xml", "application/xml")}, "rels was changed"),
    "properties elsewhere": (lambda o: {ROOT_RELS: related("zz", CORE, o.styles)}, "does not cover"),
    "a type that lets macros run": (lambda o: {TYPES: swap(b"main+xml", b"x")}, "content type of"),
    "the content type of the styles": (lambda o: {TYPES: swap(b".styles+xml", b".settings+xml")}, "content type of"),
    "macros": (
        lambda o: {f"{o.folder}/vbaProject.bin": b"x", o.rels: related(
            "zz", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"),
            TYPES: typed(f"/{o.folder}/vbaProject.bin", "application/vnd.ms-office.vbaProject")}, "does not cover"),
    "the title of the document": (lambda o: {"docProps/core.xml": lambda c: re.sub(rb"(<dc:title[^>]*>)[^<]*", rb"\1Best report", c)}, "its properties"),
    "a content type nobody needs": (lambda o: {TYPES: typed("/nothing.xml", "text/plain")}, "content types are not those"),
    "white space between content types": (lambda o: {TYPES: swap(b"><", b"> <")}, "was written anew"),
    "white space between relationships": (lambda o: {o.rels: swap(b"><", b"> <")}, "was written anew"),
    "the order of relationships": (lambda o: {o.rels: lambda c: re.sub(rb"(<Relationship [^>]*></Relationship>)(<Rel.*?></Relationship>)", rb"\2\1", c, count=1)}, "was written anew"),
    "the spelling of a list": (lambda o: {o.rels: lambda c: c.replace(b"></Relationship>", b"/>", 1)}, "was written anew"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_a_change_of_the_package_is_noticed(office, name):
    replaced, words = PARTS[name]
    faults = office.faults(changed(office.stages[1], replaced(office)))
    assert re.search(words, faults), faults
    assert [line[0][:8] for line in office.inspect(changed(office.stages[1], replaced(office))).manifestations()] in (
        [],
        ["INVALID:"],
    )


# ------------------------------------------------------------------ the signature part

SIGNATURE = {
    "comments": (swap(b"<SignatureComments>Meaning: authored", b"<SignatureComments>Meaning: approved"), "idOfficeObject was"),
    "signing time": (swap(b"<xd:SigningTime>2", b"<xd:SigningTime>1"), "idSignedProperties was changed"),
    "signing time of the package": (swap(b"<mdssi:Value>2", b"<mdssi:Value>1"), "idPackageObject was changed"),
    "role": (swap(b"validation-lead<", b"process-owner<"), "idSignedProperties was changed"),
    "name on the line": (swap(b"<SignatureText>Ada", b"<SignatureText>Eva"), "idOfficeObject was changed"),
    "name in the manifestation": (swap(b'"printed_name":"Ada', b'"printed_name":"Eva'), "idSignedProperties was changed"),
    "meaning": (swap(b"<xd:Description>authored", b"<xd:Description>approved"), "idSignedProperties was changed"),
    "what it stands on": (swap(b'"stamped":false', b'"stamped":true'), "idSignedProperties was changed"),
    "picture of the line": (swap(b'idValidSigLnImg">iVBOR', b'idValidSigLnImg">iVBOS'), "idValidSigLnImg was changed"),
    "picture of the invalid line": (swap(b'idInvalidSigLnImg">iVBOR', b'idInvalidSigLnImg">iVBOS'), "idInvalidSigLnImg was changed"),
    "the line it fills": (lambda c: re.sub(rb"<SetupID>\{.", b"<SetupID>{0", c) if b"<SetupID>{0" not in c else c.replace(b"<SetupID>{0", b"<SetupID>{9"), "idOfficeObject was changed"),
    "another manifest": (swap(b"</Manifest>", b"</Manifest><Manifest></Manifest>"), "idPackageObject was changed"),
    "a forged object first": (swap(b"<SignedInfo>", b"<Object><x></x></Object><SignedInfo>"), "not an XML signature"),
    "a forged object before the value": (swap(b"<SignatureValue>", b"<Object><x></x></Object><SignatureValue>"), "not an XML signature"),
    "a forged comment in an object before the real one": (
        swap(b"</KeyInfo>", b'</KeyInfo><Object><SignatureInfoV1 xmlns="http://schemas.microsoft.com/office/2006/digsig">'
             b"<SignatureComments>Approved by the minister</SignatureComments></SignatureInfoV1></Object>"), "nobody signed"),
    "a forged object at the end": (swap(b"</Signature>", b"<Object><Forged></Forged></Object></Signature>"), "nobody signed"),
    "an empty object at the end": (swap(b"</Signature>", b"<Object></Object></Signature>"), "nobody signed"),
    "a forged object of a known id": (swap(b"</Signature>", b'<Object Id="idOfficeObject"></Object></Signature>'), "of the id"),
    "an id twice": (swap(b'Id="idPackageSignature"', b'Id="idOfficeObject"'), "of the id"),
    "a comment": (swap(b"</Signature>", b"<!-- approved --></Signature>"), "nobody signed"),
    "a comment inside what is signed": (swap(b"</SignatureComments>", b"<!-- not --></SignatureComments>"), "nobody signed"),
    "a comment behind": (lambda c: c + b"<!-- approved -->", "nobody signed"),
    "instructions before": (swap(b"<Signature ", b"<?x y?><Signature "), "nobody signed"),
    "loose text": (swap(b"</SignedInfo>", b"</SignedInfo>approved"), "nobody signed"),
    "white space around": (swap(b"</SignedInfo>", b"</SignedInfo> "), "bytes that nobody signed"),
    "white space in the value": (swap(b"<SignatureValue>", b"<SignatureValue> "), "bytes that nobody signed"),
    "white space in the certificate": (swap(b"<X509Certificate>", b"<X509Certificate>\n"), "bytes that nobody signed"),
    "an attribute of white space": (swap(b'Id="idPackageSignature"', b'Id="idPackageSignature" xml:space="preserve"'), "xml: attribute"),
    "an attribute of the frame": (swap(b"<KeyInfo>", b'<KeyInfo Id="x">'), "bytes that nobody signed"),
    "the target of the properties": (lambda c: c.replace(b'QualifyingProperties xmlns:xd="http://uri.etsi.org/01903/v1.3.2#" Target="#idPackageSignature"', b'QualifyingProperties xmlns:xd="http://uri.etsi.org/01903/v1.3.2#" Target="#idOfficeObject"'), "bytes that nobody signed"),
    "a namespace nobody uses": (swap(b"<KeyInfo>", b'<KeyInfo xmlns:q="urn:q">'), "bytes that nobody signed"),
    "a namespace nobody uses, around signed content": (swap(b"<Object><xd:", b'<Object xmlns:q="urn:q"><xd:'), "idSignedProperties was changed"),
    "another prefix of the frame": (
        lambda c: c.replace(b"<KeyInfo>", b'<k:KeyInfo xmlns:k="http://www.w3.org/2000/09/xmldsig#">').replace(b"</KeyInfo>", b"</k:KeyInfo>"), "bytes that nobody signed"),
    "another prefix of signed content": (lambda c: c.replace(b"mdssi", b"other"), "idPackageObject was changed"),
    "attributes in another order": (swap(b'Id="idSignatureTime" Target="#idPackageSignature"', b'Target="#idPackageSignature" Id="idSignatureTime"'), "bytes that nobody signed"),
    "another spelling of a letter": (swap(b">Ada Lovelace", b">&#65;da Lovelace"), "bytes that nobody signed"),
    "marked text": (swap(b">Ada Lovelace", b"><![CDATA[Ada]]> Lovelace"), "bytes that nobody signed"),
    "other quotes": (swap(b'Id="idPackageSignature"', b"Id='idPackageSignature'"), "bytes that nobody signed"),
    "another encoding": (lambda c: c.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "bytes that nobody signed"),
    "an encoding nobody has to know": (swap(b"UTF-8", b"latin1"), "UTF-8 or UTF-16"),
    "a byte order mark": (lambda c: b"\xef\xbb\xbf" + c, "bytes that nobody signed"),
    "objects in another order": (
        lambda c: re.sub(rb'(<Object Id="idPackageObject">.*?</Object>)(<Object Id="idOfficeObject">.*?</Object>)', rb"\2\1", c), "bytes that nobody signed"),
    "an entity": (swap(b"<Signature ", b'<!DOCTYPE x [<!ENTITY e "x">]><Signature '), "document type"),
    "a chain in KeyInfo": (swap(b"<X509Certificate>", b"<X509Certificate>AAAA</X509Certificate><X509Certificate>"), "2 certificates"),
    "a key beside the certificate": (swap(b"<X509Data>", b"<KeyValue></KeyValue><X509Data>"), "nobody signed"),
    "weaker digest": (swap(b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1"), "signature value"),
    "weaker digest of a part": (lambda c: c[:c.index(b"<Manifest>")] + c[c.index(b"<Manifest>"):].replace(b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1", 1), "unsupported digest"),
    "weaker algorithm": (swap(b"2001/04/xmldsig-more#ecdsa-sha256", b"2001/04/xmldsig-more#ecdsa-sha1"), "not supported"),
    "another canonical form": (swap(b"REC-xml-c14n-20010315", b"REC-xml-c14n-20010315#WithComments"), "not supported"),
    "a transform more": (swap(b"<Transforms>", b'<Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></Transform>'), "signature value|unsupported"),
    "a time stamp that does not belong": (
        swap(b"</xd:SignedProperties>", b"</xd:SignedProperties><xd:UnsignedProperties><xd:UnsignedSignatureProperties><xd:SignatureTimeStamp>"
             b'<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></CanonicalizationMethod>'
             b"<xd:EncapsulatedTimeStamp>MAA=</xd:EncapsulatedTimeStamp></xd:SignatureTimeStamp></xd:UnsignedSignatureProperties>"
             b"</xd:UnsignedProperties>"), "time stamp"),
    "certificates beside the signature": (
        swap(b"</xd:SignedProperties>", b"</xd:SignedProperties><xd:UnsignedProperties><xd:UnsignedSignatureProperties>"
             b"<xd:CertificateValues></xd:CertificateValues></xd:UnsignedSignatureProperties></xd:UnsignedProperties>"), "nobody signed|time stamp"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURE)
def test_a_change_of_the_signature_is_noticed(office, name):
    change, words = SIGNATURE[name]
    found = office.inspect(changed(office.stages[1], {SIG1: change}))
    assert [s.intact for s in found.signatures] == [False]
    assert re.search(words, "; ".join(found.signatures[0].problems)), found.signatures[0].problems
    assert found.manifestations()[0][0].startswith("INVALID: ")


def test_a_change_in_one_signature_leaves_the_others_to_say_so(office):
    forged = changed(office.stages[3], {SIG1: swap(b"<SignatureComments>M", b"<SignatureComments>N")})
    found = office.inspect(forged)
    assert [s.intact for s in found.signatures] == [False, False, False]
    assert [("was changed" in s.problems[0], "not here as they were" in s.problems[0]) for s in found.signatures] == [
        (True, False), (False, True), (False, True),
    ]  # fmt: skip


def test_a_forged_text_is_never_shown_as_what_the_signature_says(office):
    change, _ = SIGNATURE["a forged comment in an object before the real one"]
    found = office.inspect(changed(office.stages[1], {SIG1: change})).signatures[0]
    assert found.comments == office.pki.manifestation(0).statement()


# ------------------------------------------------------------------ how the signatures hang together

LINKS = {
    "another file among the signatures": (
        {"_xmlsignatures/note.xml": X, TYPES: typed("/_xmlsignatures/note.xml", "application/xml")}, "no listed signature"),
    "a signature nothing points to": ({"_xmlsignatures/sig9.xml": X, TYPES: typed("/_xmlsignatures/sig9.xml", "application/xml")}, "no listed signature"),
    "content in the origin": ({"_xmlsignatures/origin.sigs": b"approved"}, "not linked"),
    "a link out of the folder": ({ORIGIN_RELS: swap(b'"sig1.xml"', b'"../docProps/core.xml"')}, "points to '../docProps/core.xml'"),
    "the same signature twice": ({ORIGIN_RELS: related("zz", f"{xml.RELATIONSHIPS}/digital-signature/signature", "sig1.xml")}, "points to 'sig1.xml'"),
    "the origin moved": ({ROOT_RELS: swap(b"_xmlsignatures/origin.sigs", b"_xmlsignatures/sig1.xml")}, "not linked"),
    "the origin outside": (
        {ROOT_RELS: swap(b'Target="_xmlsignatures/origin.sigs"', b'Target="_xmlsignatures/origin.sigs" TargetMode="External"')}, "not linked"),
    "the content type of the signature": ({TYPES: swap(b"digital-signature-xmlsignature+xml", b"x+xml")}, "another content type"),
    "two types for one part": ({TYPES: typed("/DOCPROPS/core.xml", "text/plain")}, "two content types"),
    "an unknown entry among the content types": ({TYPES: swap(b"</Types>", b"<Other></Other></Types>")}, "content types"),
    "a part without content type": ({"extra.none": b"x"}, "no content type"),
    "two relationships of one id": ({ROOT_RELS: swap(b'Id="rId2"', b'Id="rId1"')}, "two relationships of one id"),
    "something else among the relationships": ({ROOT_RELS: swap(b"<Relationship ", b"<Other></Other><Relationship ")}, "no relationship"),
    "an unknown attribute of a relationship": ({ROOT_RELS: swap(b"<Relationship ", b'<Relationship Other="x" ')}, "no relationship"),
    "a signature type elsewhere": (
        {"sig.xml": X, TYPES: typed("/sig.xml", "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml")}, "no listed signature"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_signatures_hung_up_wrongly_are_a_problem(office, name):
    replaced, words = LINKS[name]
    faults = office.faults(changed(office.stages[1], replaced))
    assert words in faults, faults


def without(data: bytes, number: int) -> bytes:
    """The file with one of its signatures taken out cleanly: part, content type and relationship."""
    name = f"sig{number}.xml".encode()
    return changed(
        data,
        {
            f"_xmlsignatures/sig{number}.xml": None,
            TYPES: lambda c: re.sub(rb"<Override [^>]*/_xmlsignatures/" + name + rb'"[^>]*></Override>', b"", c),
            ORIGIN_RELS: lambda c: re.sub(rb'<Relationship [^>]*"' + name + rb'"[^>]*></Relationship>', b"", c),
        },
    )


@pytest.mark.parametrize("number", [1, 2])
def test_an_earlier_signature_cannot_be_taken_out(office, number):
    found = office.inspect(without(office.stages[3], number))
    assert len(found.signatures) == 2
    assert "not here as they were" in found.signatures[-1].problems[0]


def test_the_last_signature_taken_out_is_the_stage_before_and_the_record_says_how_many_there_are(office):
    """The limit of the format: what is left is a good file, so the number comes from the record (csvgen.verification counts)."""
    cut = without(office.stages[3], 3)
    assert cut == office.stages[2]
    assert (office.inspect(cut).faults, len(office.inspect(cut).signatures)) == ((), 2)


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_the_record_says_who_must_have_signed(office, pki, gone):
    """As `csvgen verify` does it for every document of a package: file and record carry the same signers, times and order."""
    record = document(pki)
    signatures = all_signed(pki, record)
    data = office.stages[0]
    for number, (line, signature) in enumerate(zip(office.lines, signatures, strict=True)):
        said = {"record_id": record.id, "revision": 1, "record_digest": record.digest, "reason": "read"}
        data = office.sign(data, number, line, moment=parsed(signature.record.signed), **said)
    media = EXCEL if office.kind == "xlsx" else WORD
    named = Rendition(file=f"x.{office.kind}", media_type=media, sha256=office.room.without_signatures(data), official=False)
    assert office_faults(data, record, named, signatures, (pki.trust, None)).faults == ()
    told = "; ".join(office_faults(without(data, gone), record, named, signatures, (pki.trust, None)).faults)
    assert "carries the signatures of" in told
    assert "its record TNY-URS those of p-0001, p-0002, p-0003" in told


def test_signatures_cannot_change_places(office):
    parts = parts_of(office.stages[2])
    parts[SIG1], parts[SIG2] = parts[SIG2], parts[SIG1]
    assert "not here as they were" in office.faults(ordered(parts))
    swapped = changed(
        office.stages[2], {ORIGIN_RELS: lambda c: c.replace(b"sig1", b"sigX").replace(b"sig2", b"sig1").replace(b"sigX", b"sig2")}
    )
    assert "not here as they were" in office.faults(swapped)


def test_a_signature_of_another_stage_does_not_fit(office):
    """Signed once alone and once after another: the later one cannot stand in the place of the first."""
    alone = office.sign(office.stages[0], 1, office.lines[1])
    parts = parts_of(office.stages[2])
    parts[SIG2] = parts_of(alone)[SIG1]
    assert "not here as they were" in office.faults(ordered(parts))


def test_a_signature_copied_to_another_document_breaks(office):
    other = changed(office.stages[0], {office.text[0]: swap(office.text[1], office.text[2])})
    mine, parts = parts_of(office.stages[1]), parts_of(other)
    moved = {n: c if n in {TYPES, ROOT_RELS} or n.startswith("_xml") else parts[n] for n, c in mine.items()}
    assert [s.intact for s in office.inspect(ordered(moved)).signatures] == [False]


def test_a_signature_with_the_manifest_of_another_file_breaks(office):
    """Everything in the signature is as signed but the list of parts, which is that of another file of the same signer."""
    other = office.sign(changed(office.stages[0], {office.text[0]: swap(office.text[1], office.text[2])}), 0, office.lines[0])
    theirs = re.search(rb"<Manifest>.*?</Manifest>", parts_of(other)[SIG1])[0]
    forged = changed(office.stages[1], {SIG1: lambda c: re.sub(rb"<Manifest>.*?</Manifest>", theirs, c)})
    assert "idPackageObject was changed" in office.faults(forged)


def test_two_signatures_in_one_line_are_a_problem(office):
    parts = parts_of(office.stages[2])
    parts[SIG2] = parts[SIG1]
    assert "filled by more than one signature" in office.faults(ordered(parts))


def test_two_parts_of_one_name(office):
    parts = list(parts_of(office.stages[1]).items())
    for name in (office.main, office.main.upper(), office.main.replace(office.folder, office.folder.title())):
        for entries in ([(name, b"<forged/>"), *parts], [*parts, (name, b"<forged/>")]):
            found = office.inspect(zipped(entries))
            assert found.signatures == ()
            assert "two entries of one name" in found.problems[0]


# ------------------------------------------------------------------ who signed


def test_the_signers_of_another_authority_are_not_trusted(office, attacker):
    forged = office.sign(office.stages[0], 0, office.lines[0], by=attacker.people[0])
    found = office.inspect(forged)
    assert found.faults == ()
    assert [(s.printed_name, s.trusted) for s in found.signatures] == [(NAMES[0], False)]
    assert "no trusted root" in found.signatures[0].distrust


def test_a_certificate_exchanged_for_one_of_the_same_name(office, attacker):
    mine, theirs = (base64.b64encode(p.people[0].certificate.public_bytes(Encoding.DER)) for p in (office.pki, attacker))
    forged = changed(office.stages[1], {SIG1: swap(mine, theirs)})
    problems = office.inspect(forged).signatures[0].problems
    assert any("not the one that was signed with" in p for p in problems)
    assert any("signature value" in p for p in problems)


def test_nobody_signs_a_changed_file(office):
    with pytest.raises(Refused, match="would not verify"):
        office.sign(changed(office.stages[1], {office.text[0]: swap(office.text[1], office.text[2])}), 1, office.lines[1])


def test_a_word_document_is_no_workbook(offices):
    for one, other in (("docx", "xlsx"), ("xlsx", "docx")):
        data, reader = offices[one].stages[1], offices[other]
        assert any("main" in p for p in reader.inspect(data).problems)
        with pytest.raises(Refused, match="could show something else"):
            reader.sign(offices[one].stages[0], 0)


# ------------------------------------------------------------------ the small pieces


def test_a_weak_digest_is_not_a_digest():
    reference = etree.fromstring(
        f'<r xmlns="{xml.DS}" URI="x"><DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue>YQ==</DigestValue></r>'
    )
    with pytest.raises(NotIntact, match="unsupported digest"):
        xmldsig.digest_holds(reference, b"a")


@pytest.mark.parametrize("text", ["YR==", "YQ", "YQ=", "Y Q = =x", "YQ==YQ==", "\u00dfQ==", "*"])
def test_base64_has_one_spelling(text):
    with pytest.raises(NotIntact):
        xmldsig.decode(text, "it")
    assert xmldsig.decode("Y\n Q==\n", "it") == b"a"


def test_a_flipped_bit_in_any_part_is_noticed(office):
    """Four places in every part of a file with two signatures."""
    parts = parts_of(office.stages[2])
    chance = random.Random(20261121)
    for name, content in parts.items():
        for _ in range(4 if content else 0):
            flipped = bytearray(content)
            flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            assert office.faults(ordered({**parts, name: bytes(flipped)})), name


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_sees_what_it_can_see(libreoffice, offices):
    files = {}
    for kind, office in offices.items():
        files[f"text.{kind}"] = changed(office.stages[1], {office.text[0]: swap(office.text[1], office.text[2])})
        files[f"time.{kind}"] = changed(office.stages[1], {SIG1: swap(b"<xd:SigningTime>2", b"<xd:SigningTime>1")})
    said = libreoffice(files)
    assert [s["valid"] for found in said.values() for s in found] == [False] * 4
    assert all(offices[name[-4:]].faults(data) for name, data in files.items())
