"""Packages to verify: the golden ones of past releases, and one of the tiny project, whose every key the tests hold."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from csvgen.canonical import digest_bytes, digest_file
from csvgen.crypto.trust import Trust, trust_at
from csvgen.model.verification import Verification
from csvgen.report import readback_html, readback_pdf, readback_word
from csvgen.verification import answers, documents, equal_workbook, sealed
from csvgen.verification.package import verify_package

from ..pipeline.conftest import the_tree_under_test  # noqa: F401 - a fixture: instances are made and verified by one state of the code
from ..tiny import Stages, once
from .anchored import Anchored, make

GOLDEN = Path(__file__).parents[1] / "golden_packages"
ARCHIVES = sorted(GOLDEN.glob("*.tar.xz"))


@pytest.fixture(scope="session", autouse=True)
def _documents_inspected_once() -> Iterator[None]:
    """The checks of PDF, Word file and signature record, and reading what a document says, are pure functions and most of the time.

    The same bytes are looked into once; any other byte is another file.
    """
    known: dict[object, object] = {}

    def digest_of(path: Path):
        now = path.stat()
        key = (now.st_ino, now.st_mtime_ns, now.st_size)
        if key not in known:
            known[key] = digest_file(path)
        return known[key]

    def plainly(trust):
        """Revocation lists have no hash of their own."""
        return trust and (trust.roots, tuple(c.fingerprint(SHA256()) for c in trust.crls), trust.intermediates)

    def remembered(check):
        def ask(data, document, rendition, signatures, believed):
            key = (
                check.__name__,
                digest_bytes(data),
                document.digest,
                rendition.file,
                tuple(s.digest for s in signatures),
                tuple(plainly(trust) for trust in believed),
            )
            if key not in known:
                known[key] = check(data, document, rendition, signatures, believed)
            return known[key]

        return ask

    judged = answers.of_record

    def of_record(path, subject, document, trust, external):
        """As pure: of the two files, the record they lie with, and whom is believed."""
        beside = path.with_suffix(".p7s")
        container = beside.read_bytes() if beside.is_file() else None
        stands = document and (document.id, document.revision, document.digest)
        key = ("record", path.name, path.read_bytes(), container, subject, stands, plainly(trust), plainly(external))
        if key not in known:
            known[key] = judged(path, subject, document, trust, external)
        return known[key]

    def read(reader):
        """As pure: of the bytes of a document and its name, what it says."""

        def ask(data, *how):
            key = (reader.__module__, reader.__name__, digest_bytes(data), *(tuple(h) if isinstance(h, list) else h for h in how))
            if key not in known:
                known[key] = reader(data, *how)
            return copy(known[key])

        return ask

    with (
        patch.object(readback_pdf, "runs", read(readback_pdf.runs)),
        patch.object(readback_word, "read", read(readback_word.read)),
        patch.object(readback_html, "read", read(readback_html.read)),
        patch.object(equal_workbook, "read", read(equal_workbook.read)),
        patch.object(answers, "of_record", of_record),
        patch.object(sealed, "digest_file", digest_of),
        patch.object(documents, "pdf_faults", remembered(documents.pdf_faults)),
        patch.object(documents, "office_faults", remembered(documents.office_faults)),
    ):
        yield


@dataclass(frozen=True)
class Kept:
    """A package of a past release, unpacked, with the trust root that was kept beside it."""

    name: str
    folder: Path
    trust: Path

    @property
    def roots(self) -> Trust:
        return trust_at(self.trust)

    def verify(self) -> Verification:
        return verify_package(self.folder, self.roots)


@pytest.fixture(scope="session", params=ARCHIVES, ids=lambda p: p.name)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Each golden package; never to be changed."""
    folder = tmp_path_factory.mktemp("golden") / "package"
    with tarfile.open(request.param) as archive:
        archive.extractall(folder, filter="data")
    return Kept(request.param.name, folder, request.param.with_name(request.param.name.replace(".tar.xz", ".roots.pem")))


def light_copy(source: Path, to: Path) -> Path:
    """A copy of hard links. Replace files in it, never write into them: see `Damage`."""
    return Path(shutil.copytree(source, to, copy_function=os.link))


@pytest.fixture
def damaged(kept: Kept, tmp_path: Path) -> Kept:
    """A golden package to be damaged."""
    return Kept(kept.name, light_copy(kept.folder, tmp_path / "package"), kept.trust)


@pytest.fixture
def replace() -> Callable[[Path, bytes], None]:
    """Put other bytes under a name without touching the file that was there."""

    def work(path: Path, data: bytes) -> None:
        path.unlink()
        path.write_bytes(data)

    return work


@pytest.fixture(scope="session")
def anchored(stages: Stages) -> Anchored:
    """Two packages, a time-stamp authority and an anchor; made once for all workers. Copy before you change anything."""
    return Anchored(once(stages.root / "anchored", lambda folder: make(stages.at("oq-closed"), folder)))
