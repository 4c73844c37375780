"""Signing under a time-stamp authority: each file proves when; without an answer nothing is signed."""

from __future__ import annotations

import pytest

from csvgen.crypto import certificates
from csvgen.errors import CsvgenError
from csvgen.signature import pdf, word

from ..counterparts.openssl_tsa import openssl_tsa
from ..tiny import SYSTEM
from .test_desk import Seat, footprint

pytestmark = pytest.mark.needs("openssl")


def settled(project, url: str) -> None:
    path = project.root / "csvgen.toml"
    path.write_text(
        path.read_text(encoding="utf-8") + f'\n[time_stamps]\nurl = "{url}"\ntrust = "trust/tsa.pem"\n', encoding="utf-8"
    )


def test_each_file_carries_a_time_stamp_of_the_authority(tiny, tmp_path):
    project = tiny("founded")
    project.report("plan")
    with openssl_tsa(tmp_path / "tsa") as tsa:
        (project.root / "trust" / "tsa.pem").write_bytes(certificates.pem(tsa.roots))
        settled(project, tsa.url)
        Seat(project, "ruth.amsel").sign("TNY-VP")
        believed = project.state.trust
        times = type(believed)((*believed.roots, *tsa.roots), believed.crls, intermediates=believed.intermediates)
    folder = project.root / "output" / SYSTEM / "documents" / "TNY-VP" / "r1"
    (in_pdf,) = [s for s in pdf.inspect((folder / "TNY-VP-r1.pdf").read_bytes(), times).signatures if not s.is_seal]
    (in_word,) = word.inspect((folder / "TNY-VP-r1.docx").read_bytes(), times).signatures
    assert in_pdf.proven is not None
    assert in_word.proven is not None
    assert project.state.approved("plan")


def test_authority_that_does_not_answer_leaves_nothing_signed(tiny, tmp_path):
    project = tiny("founded")
    project.report("plan")
    with openssl_tsa(tmp_path / "tsa") as tsa:
        (project.root / "trust" / "tsa.pem").write_bytes(certificates.pem(tsa.roots))
        settled(project, tsa.url)
    before = footprint(project)
    with pytest.raises(CsvgenError):
        Seat(project, "ruth.amsel").sign("TNY-VP")
    assert footprint(project) == before
    assert not project.state.latest("TNY-VP").signatures
