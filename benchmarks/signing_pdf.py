"""What signing and verifying a PDF of 5 MB costs, B-B and B-LTA, beside SHA-256 of the file and pyHanko's own way, in one run.

    python benchmarks/signing_pdf.py [--write]

CPU seconds of this process (user + system), the smallest of the repeats; one signature on a sealed file. The time-stamp authority is a stub in
this process, so that no network and no other process is measured: each B-LTA signature asks it twice. pyHanko signs and verifies the same
sealed file with its defaults (its own difference analysis and path validation); what csvgen does beyond that is in the ratio.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import importlib.util
import io
import platform
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
TITLE = "## Signing and verifying a PDF of 5 MB"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def document(megabytes: float) -> bytes:
    """Pages of text that does not compress well, with one empty signature field."""
    import pikepdf
    from reportlab.pdfgen.canvas import Canvas

    chance, out = random.Random(1), io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1, pageCompression=1)
    size = 0
    while size < megabytes * 1e6:
        for line in range(60):
            canvas.drawString(40, 800 - 12 * line, chance.randbytes(48).hex())
        canvas.showPage()
        size += 60 * 51
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as file:
        page = file.pages[0].obj
        widget = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Sig,
            T="signature-1",
            F=132,
            P=page,
            Rect=[72, 10, 298, 92],
        )
        widget.AP = pikepdf.Dictionary(
            N=file.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 226, 82])
        )
        widgets = pikepdf.Array([file.make_indirect(widget)])
        page.Annots = file.make_indirect(pikepdf.Array(list(widgets)))
        file.Root.AcroForm = file.make_indirect(pikepdf.Dictionary(Fields=widgets, SigFlags=3))
        saved = io.BytesIO()
        file.save(saved, deterministic_id=True)
    return saved.getvalue()


def spent(work: Callable[[], object], repeats: int = 5) -> float:
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def measure() -> tuple[int, int, dict[str, float]]:
    from asn1crypto import x509 as asn1_x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from csvgen import clock
    from csvgen.canonical import digest
    from csvgen.crypto import certificates, cms
    from csvgen.crypto.trust import Trust
    from csvgen.signature import pdf
    from csvgen.signature.manifestation import Manifestation

    times = load(HERE.parent / "tests" / "signature" / "times.py")
    now = dt.datetime.now(dt.UTC)
    root = certificates.make_root("Example Ltd", now, demonstration=True)
    system = certificates.issue_system(root, name="csvgen at Example Ltd", organisation="Example Ltd", now=now)
    person = certificates.issue_person(root, person="p-0001", printed_name="Ada Lovelace", organisation="Example Ltd", now=now)
    trust, tsa = Trust((root.certificate,)), times.Tsa(now, now + dt.timedelta(days=700))
    shown = Manifestation(
        printed_name="Ada Lovelace", role="author", meaning="authored", reason="I wrote it.", signed=clock.stored(now),
        record_id="OQ-REP-001", revision=1, record_digest=digest("record"), demonstration=True,
    )  # fmt: skip
    sealed = pdf.seal(document(5), system, now)
    hand = cms.simple_signer(person)
    meta = signers.PdfSignatureMetadata(
        field_name="signature-1", name="Ada Lovelace", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    roots = [asn1_x509.Certificate.load(root.certificate.public_bytes(Encoding.DER))]

    def ours(authority: object = None) -> bytes:
        return pdf.sign(
            sealed,
            person,
            field="signature-1",
            manifestation=shown,
            moment=now,
            authority=authority,
            trust=trust,  # type: ignore[arg-type]
        )

    def theirs() -> bytes:
        return bytes(signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(sealed)), meta, hand).getvalue())

    def verified_by_them(data: bytes) -> None:
        reader = PdfFileReader(io.BytesIO(data))
        for embedded in reader.embedded_regular_signatures:
            assert validate_pdf_signature(embedded, ValidationContext(trust_roots=roots), skip_diff=False).intact

    def verified_by_us(data: bytes) -> None:
        found = pdf.inspect(data, trust, times=Trust(tsa.roots))
        assert found.faults == ()
        assert all(s.trusted for s in found.signatures)

    plain, archived, other = ours(), ours(tsa), theirs()
    figures = {
        "SHA-256 of the file": spent(lambda: hashlib.sha256(plain).digest(), 20),
        "pyHanko signs": spent(theirs),
        "pyHanko verifies": spent(lambda: verified_by_them(other)),
        "csvgen signs, B-B": spent(ours),
        "csvgen verifies, B-B": spent(lambda: verified_by_us(plain)),
        "csvgen signs, B-LTA": spent(lambda: ours(tsa)),
        "csvgen verifies, B-LTA": spent(lambda: verified_by_us(archived)),
    }
    return len(plain), len(archived), figures


def section() -> str:
    small, large, figures = measure()
    sha, sign, check = figures["SHA-256 of the file"], figures["pyHanko signs"], figures["pyHanko verifies"]
    rows = []
    for name, seconds in figures.items():
        beside = "" if "SHA" in name else f"{seconds / (sign if 'signs' in name else check):.2f}"
        rows.append(f"| {name} | {seconds * 1000:.0f} | {seconds / sha:.1f} | {beside} |")
    command = f"`python benchmarks/signing_pdf.py --write`, Python {platform.python_version()}, 2 cores."
    head = f"{command} One signature on a sealed file; seal and signature verified. CPU time, the smallest of the repeats."
    why = "- csvgen's signing holds a search for what deceives (pikepdf) and a whole inspection of the result; pyHanko's holds neither."
    table = ["| what | CPU ms | x SHA-256 of the file | x pyHanko's own |", "|---|---|---|---|", *rows]
    sizes = f"- {small:,} bytes signed B-B, {large:,} bytes B-LTA; 900 pages."
    asked = (
        "- B-LTA asks the authority twice for each stamp (once to learn its certificate); here it is a stub in the same process."
    )
    return "\n".join([TITLE, "", head, "", *table, "", sizes, why, asked, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    text = section()
    print(text)
    if parser.parse_args().write:
        old = RESULTS.read_text(encoding="utf-8")
        kept = re.sub(rf"{re.escape(TITLE)}\n.*?(?=\n## |\Z)", "", old, flags=re.DOTALL).rstrip("\n")
        RESULTS.write_text(f"{kept}\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
