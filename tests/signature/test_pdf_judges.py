"""What other programs say of csvgen's signed PDF files at every stage: poppler, qpdf, veraPDF."""

from __future__ import annotations

import datetime as dt
import io

import pikepdf
import pytest

from csvgen.report import look
from csvgen.report.pdf_unsigned import strokes
from csvgen.signature import pdf, pdf_archive

from ..counterparts.verapdf import verdicts
from .test_pdf_attacks import run
from .times import Tsa


@pytest.fixture(scope="module")
def stages(pki, make) -> dict[str, bytes]:
    """A document of the report room: unsigned, sealed, and signed by two with a time stamp behind each; then stamped anew."""
    from csvgen.report import pdf as report

    tsa = Tsa(pki.now, pki.now + dt.timedelta(days=700))
    found = {"unsigned": report.draw(make.report())}
    found["sealed"] = pdf.seal(found["unsigned"], pki.system, pki.now)
    for number, (before, after) in enumerate((("sealed", "one"), ("one", "two"))):
        shown = pki.manifestation(number)
        found[after] = pdf.sign(
            found[before], pki.people[number], field=f"signature-{number + 1}", manifestation=shown, moment=pki.now, authority=tsa,
            trust=pki.trust,
        )  # fmt: skip
    found["renewed"] = pdf_archive.renew(found["two"], tsa, trust=pki.trust, moment=pki.now)
    return found


@pytest.mark.needs("pdfsig")
@pytest.mark.parametrize(("stage", "signatures", "stamps"), [("sealed", 1, 0), ("one", 2, 1), ("two", 3, 2), ("renewed", 3, 3)])
def test_poppler_at_every_stage(stages, tmp_path, stage, signatures, stamps):
    """pdfsig verifies every signature; of document time stamps it says that it cannot (22.12): they are no signatures to it."""
    (tmp_path / "file.pdf").write_bytes(stages[stage])
    said = run("pdfsig", "-nocert", tmp_path / "file.pdf")
    assert said.count("Signature Validation: Signature is Valid.") == signatures
    assert said.count("Signature has not yet been verified.") == stamps
    assert said.count("\n  - Total document signed") == 1


@pytest.mark.needs("qpdf")
@pytest.mark.parametrize("stage", ["unsigned", "sealed", "one", "two", "renewed"])
def test_qpdf_at_every_stage(stages, tmp_path, stage):
    (tmp_path / "file.pdf").write_bytes(stages[stage])
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", tmp_path / "file.pdf")


@pytest.mark.needs("java")
def test_verapdf_finds_pdf_a_before_and_after(stages, make):
    """A conforming file stays PDF/A-3b through seal, signatures, time stamps and renewal; and the judge can say no."""
    found = verdicts({f"{name}.pdf": data for name, data in stages.items()} | {"plain.pdf": make.pdf(1)}, "3b")
    assert found.pop("plain.pdf")
    assert found == {f"{name}.pdf": () for name in stages}


def test_a_box_says_not_signed_until_it_is(stages):
    """The mark goes with the signature of its own field; those still to come keep theirs."""
    marks = {}
    for stage in ("sealed", "one", "two"):
        with pikepdf.open(io.BytesIO(stages[stage])) as file:
            fields = [field for field in file.Root.AcroForm.Fields if str(field.T).startswith("signature-")]
            marks[stage] = [strokes(*look.BOX) == field.AP.N.read_bytes() for field in fields]
    assert marks["sealed"] == [True] * len(marks["sealed"])
    assert marks["one"] == [False, *marks["sealed"][1:]]
    assert marks["two"] == [False, False, *marks["sealed"][2:]]


@pytest.mark.needs("java")
def test_verapdf_finds_pdf_ua_before_and_after(stages):
    """The same for PDF/UA-1; the judge says no to a file whose signature field is no part of what is read aloud."""
    with pikepdf.open(io.BytesIO(stages["unsigned"])) as file:
        del file.Root.AcroForm.Fields[0].StructParent
        out = io.BytesIO()
        file.save(out)
    found = verdicts({f"{name}.pdf": data for name, data in stages.items()} | {"untied.pdf": out.getvalue()}, "ua1")
    assert found.pop("untied.pdf")
    assert found == {f"{name}.pdf": () for name in stages}
