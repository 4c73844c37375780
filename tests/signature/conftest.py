"""Test material of the signature room: people with certificates, and small documents to sign, made without csvgen's report room."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen import clock
from csvgen.canonical import digest
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.report.lines import signature_line_id
from csvgen.signature import excel, pdf, word
from csvgen.signature.manifestation import Manifestation

from .office_material import Office

BOX = (226.0, 82.0)
LINES = (
    "{11111111-2222-3333-4444-0000000000A1}",
    "{11111111-2222-3333-4444-0000000000A2}",
    "{11111111-2222-3333-4444-0000000000A3}",
)
BOOK_LINES = tuple(signature_line_id("TNY-RTM", 2, f"signature-{n}") for n in (1, 2, 3))
PEOPLE = (
    ("p-0001", "Ada Lovelace", "validation-lead", "authored", "I wrote it."),
    ("p-0002", "Jürgen Großmann-Øst", "quality-assurance", "reviewed", "I compared every result with its evidence."),
    ("p-0003", "Ελένη Παπαδοπούλου", "process-owner", "approved", 'It is fit for its purpose & <nothing> is "open".'),
)  # fmt: skip


@dataclass(frozen=True)
class Pki:
    """One authority with a system and three people. Times are of today, so that tools which ask the clock agree."""

    now: dt.datetime
    root: Credential
    system: Credential
    people: tuple[Credential, ...]

    @classmethod
    def make(cls, now: dt.datetime) -> Pki:
        root = certificates.make_root("Example Ltd", now, demonstration=True)
        system = certificates.issue_system(root, name="csvgen at Example Ltd", organisation="Example Ltd", now=now)
        people = tuple(
            certificates.issue_person(root, person=person, printed_name=name, organisation="Example Ltd", now=now)
            for person, name, *_ in PEOPLE
        )
        return cls(now, root, system, people)

    @property
    def trust(self) -> Trust:
        return Trust((self.root.certificate,))

    def manifestation(self, number: int, **changed: object) -> Manifestation:
        _, name, role, meaning, reason = PEOPLE[number]
        values = {
            "printed_name": name, "role": role, "meaning": meaning, "reason": reason, "signed": clock.stored(self.now),
            "record_id": "OQ-REP-001", "revision": 2, "record_digest": digest("record"), "demonstration": True,
        }  # fmt: skip
        return Manifestation(**{**values, **changed})

    def sign_pdf(self, data: bytes, number: int, **changed: object) -> bytes:
        shown = self.manifestation(number, **changed)
        return pdf.sign(data, self.people[number], field=f"signature-{number + 1}", manifestation=shown, moment=self.now)

    def sign_word(self, data: bytes, number: int, line_id: str | None = None, **changed: object) -> bytes:
        shown = self.manifestation(number, **changed)
        return word.sign(data, self.people[number], line_id=line_id, manifestation=shown, moment=self.now)

    def sign_excel(self, data: bytes, number: int, line_id: str | None = None, **changed: object) -> bytes:
        shown = self.manifestation(number, **changed)
        return excel.sign(data, self.people[number], line_id=line_id, manifestation=shown, moment=self.now)


class Stages(tuple[bytes, ...]):
    """The stages of one file, from unsigned to signed by all; too long to be printed when a test fails."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Stages({', '.join(str(len(stage)) for stage in self)} bytes)"


def make_pdf(fields: int = 3, *, box: tuple[float, float] = BOX, xref_stream: bool = True) -> bytes:
    """A page of text with empty signature fields one below another."""
    import pikepdf
    from pikepdf import Array, Dictionary, Name
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1)
    canvas.drawString(72, 780, "Test report: all 12 cases passed")
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as file:
        page = file.pages[0].obj
        widgets = Array()
        for n in range(fields):
            bottom = 640 - 110 * n
            widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=f"signature-{n + 1}", F=132, P=page)
            widget.Rect = [72, bottom, 72 + box[0], bottom + box[1]]
            widget.AP = Dictionary(N=file.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, *box]))
            widgets.append(file.make_indirect(widget))
        page.Annots = file.make_indirect(Array(list(widgets)))  # an array of its own: pyHanko adds to both
        file.Root.AcroForm = file.make_indirect(Dictionary(Fields=widgets, SigFlags=3))
        made = io.BytesIO()
        mode = pikepdf.ObjectStreamMode.generate if xref_stream else pikepdf.ObjectStreamMode.disable
        file.save(made, deterministic_id=True, object_stream_mode=mode)
    return made.getvalue()


def make_docx(lines: tuple[str, ...] = LINES) -> bytes:
    """A page of text with a picture, and signature lines as Word draws them (VML)."""
    import docx
    from lxml import etree
    from PIL import Image

    document = docx.Document()
    document.core_properties.title = "Test report"
    document.add_heading("Test report", 1)
    document.add_paragraph("All 12 cases passed.")
    picture = io.BytesIO()
    Image.new("RGB", (64, 24), "#dddddd").save(picture, "PNG")
    vml, office = "urn:schemas-microsoft-com:vml", "urn:schemas-microsoft-com:office:office"
    word_ns = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    for number, line in enumerate(lines):
        paragraph = document.add_paragraph()
        relation, _ = paragraph.part.get_or_add_image(io.BytesIO(picture.getvalue()))
        holder = etree.SubElement(paragraph.add_run()._r, f"{{{word_ns}}}pict", nsmap={"v": vml, "o": office})
        shape = etree.SubElement(holder, f"{{{vml}}}shape", type="#_x0000_t75", style="width:216pt;height:84pt")
        image = etree.SubElement(shape, f"{{{vml}}}imagedata")
        image.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", relation)
        signature = etree.SubElement(shape, f"{{{office}}}signatureline", id=line, issignatureline="t")
        signature.set(f"{{{vml}}}ext", "edit")
        signature.set("provid", "{00000000-0000-0000-0000-000000000000}")
        signature.set(f"{{{office}}}suggestedsigner", PEOPLE[number % 3][1])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_xlsx() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["URS-QC-001", "passed"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make_book(lines: int = 3) -> bytes:
    """A workbook of the report room with its sheet of signature lines; the lines have the ids `BOOK_LINES`."""
    from csvgen.model.matrix import Matrix, Row
    from csvgen.model.report import SignatureSlot
    from csvgen.report import excel as report

    row = Row(
        requirement="URS-QC-001", title="All 12 cases passed", category="function", clauses=(), functions=(), risks=(), priority="1",
        verification="test", links=(), coverage="passed", reason="", residual=(),
    )  # fmt: skip
    matrix = Matrix(
        system="tiny", version="1.0", spec=digest("spec"), protocol={}, runs={}, rows=(row,), reverse=(), gaps=(),
    )  # fmt: skip
    slots = [
        SignatureSlot(n, f"signature-{n}", role, meaning, "I say so.")
        for n, (_, _, role, meaning, _) in enumerate(PEOPLE[:lines], 1)
    ]
    return report.draw(
        matrix, title="Traceability matrix", document_id="TNY-RTM", made_by="csvgen", date="2026-11-21", slots=slots, revision=2,
        separation=(("authored", "approved"),),
    )  # fmt: skip


def make_report():
    """A document of the report room with two places to sign."""
    from csvgen.model.report import ApprovalPage, Heading, Paragraph, Report, SignatureSlot

    slots = (
        SignatureSlot(1, "signature-1", "Validation Lead", "authored", "I wrote this document; it says what I mean."),
        SignatureSlot(2, "signature-2", "Quality Unit", "reviewed", "I read this record; it is complete and accurate."),
    )
    return Report(
        id="OQ-REP-001", title="OQ report", subtitle="", revision=2, organisation="Example Ltd", system="Example",
        status="FOR APPROVAL", banner="", date="2026-11-21", made_by="csvgen", made_from=(), content=str(digest("content")),
        official="pdf", cover=(), blocks=(ApprovalPage(slots), Heading(1, "Purpose"), Paragraph("All 12 cases passed.")),
    )  # fmt: skip


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki.make(dt.datetime.now(dt.UTC))


@pytest.fixture(scope="session")
def attacker(pki: Pki) -> Pki:
    """The same names from an authority of the attacker's own."""
    return Pki.make(pki.now)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(pdf=make_pdf, docx=make_docx, xlsx=make_xlsx, report=make_report, book=make_book, lines=LINES, box=BOX)


@pytest.fixture(scope="session")
def signed_pdf(pki: Pki) -> Stages:
    """The stages of one file: unsigned, sealed, signed once, twice, three times."""
    stages = [make_pdf()]
    stages.append(pdf.seal(stages[0], pki.system, pki.now))
    for number in range(3):
        stages.append(pki.sign_pdf(stages[-1], number))
    return Stages(stages)


@pytest.fixture(scope="session")
def signed_docx(pki: Pki) -> Stages:
    """The stages of one file: unsigned, signed once, twice, three times; each signature in a line of its own."""
    stages = [make_docx()]
    for number in range(3):
        stages.append(pki.sign_word(stages[-1], number, LINES[number]))
    return Stages(stages)


@pytest.fixture(scope="session")
def signed_xlsx(pki: Pki) -> Stages:
    """The stages of one workbook: unsigned, signed once, twice, three times; each signature in a line of its own."""
    stages = [make_book()]
    for number in range(3):
        stages.append(pki.sign_excel(stages[-1], number, BOOK_LINES[number]))
    return Stages(stages)


@pytest.fixture(scope="session")
def offices(pki: Pki, signed_docx: Stages, signed_xlsx: Stages) -> dict[str, Office]:
    """Both kinds of Office file with what attacks on them need to know."""
    document = Office(
        "docx", word, pki, signed_docx, LINES, "word", "word/document.xml", ("word/document.xml", b"All 12", b"All 21"),
        "word/styles.xml", "word/_rels/document.xml.rels",
    )  # fmt: skip
    book = Office(
        "xlsx", excel, pki, signed_xlsx, BOOK_LINES, "xl", "xl/workbook.xml", ("xl/worksheets/sheet2.xml", b"All 12", b"All 21"),
        "xl/styles.xml", "xl/_rels/workbook.xml.rels",
    )  # fmt: skip
    return {"docx": document, "xlsx": book}


@pytest.fixture(params=["docx", "xlsx"])
def office(request: pytest.FixtureRequest, offices: dict[str, Office]) -> Office:
    return offices[request.param]


@pytest.fixture(scope="session")
def nss(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificate stores of Mozilla's kind: `with` the root of the test authority and `without` it."""
    stores = {}
    for name in ("with", "without"):
        folder = tmp_path_factory.mktemp(f"nss-{name}")
        subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True, capture_output=True)
        stores[name] = folder
    root = tmp_path_factory.mktemp("root") / "root.pem"
    root.write_bytes(certificates.pem(pki.trust.roots))
    add = ["certutil", "-A", "-d", f"sql:{stores['with']}", "-n", "root", "-t", "CT,CT,CT", "-i", str(root)]
    subprocess.run(add, check=True, capture_output=True)
    return {**stores, "pem": root}


@pytest.fixture(scope="session")
def libreoffice(nss: dict[str, Path], tmp_path_factory: pytest.TempPathFactory):
    """Ask LibreOffice for its verdict on Office files: `libreoffice({name: bytes}, root=True) -> {name: [signature, ...]}`."""

    def ask(files: dict[str, bytes], *, root: bool = True) -> dict[str, list[dict]]:
        folder = tmp_path_factory.mktemp("office")
        for name, data in files.items():
            (folder / name).write_bytes(data)
        judge = Path(__file__).parents[2] / "scripts" / "ask_libreoffice.py"
        store = nss["with" if root else "without"]
        command = ["/usr/bin/python3", str(judge), str(folder / "profile"), str(store), *(str(folder / name) for name in files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        return {Path(path).name: found for path, found in json.loads(done.stdout).items()}

    return ask
