"""Good documentation practice of a finished package: what a reviewer checks line by line, as coded findings.

Verification asks whether records are what was signed; this asks whether they are the records one may sign. A rule is a function under a
code; `csvgen explain CODE` says why it is asked and what to do. Rules look only; nothing here decides a verdict or a signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from csvgen.canonical import read_canonical
from csvgen.crypto.trust import Trust
from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.errors import ConfigError, NotIntact
from csvgen.model.package import PackageManifest
from csvgen.model.signature import DocumentRecord
from csvgen.report import neutral, readback, readback_word
from csvgen.report.outline import outline
from csvgen.report.readback import Reading
from csvgen.signature.approvals import Approval, load
from csvgen.trace.matrix import Disposed
from csvgen.verification.checks import Checks
from csvgen.verification.documents import WORD
from csvgen.verification.evidence import Material, disposed
from csvgen.verification.sealed import check_files

MANIFEST, SEAL = "package.json", "package.p7s"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something a reviewer would write down."""

    where: str
    """Path in the package."""
    about: str
    """Id of the case, record or evidence."""
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Package:
    """What the rules look at: everything the package holds, read once."""

    material: Material

    @property
    def folder(self) -> Path:
        return self.material.folder

    @cached_property
    def newest(self) -> tuple[Approval, ...]:
        """The newest revision of every record that did not end otherwise."""
        found = {a.document.id: a for a in self.material.approvals}
        return tuple(a for a in found.values() if not a.ended)

    @cached_property
    def deviations(self) -> tuple[Disposed, ...]:
        return disposed(self.material)

    @cached_property
    def texts(self) -> tuple[tuple[DocumentRecord, Reading], ...]:
        """The newest documents with what they say: the text they bind, or that of the Word file where it was not kept."""
        found = []
        for document in (a.document for a in self.newest if a.document.text is not None):
            path = self.folder / "documents" / f"{document.id}-r{document.revision}{neutral.ENDING}"
            word = next((r.file for r in document.renditions if r.media_type == WORD), "")
            if path.is_file():
                found.append((document, readback.of_outline(outline(neutral.read(path.read_bytes(), path.name)))))
            elif word:
                found.append((document, readback_word.read((self.folder / "documents" / word).read_bytes(), word)))
        return tuple(found)


Rule = Callable[[Package], Iterator[Hit]]
RULES: dict[str, tuple[Severity, Rule]] = {}


def rule(code: str, severity: Severity = Severity.ERROR) -> Callable[[Rule], Rule]:
    """Register a rule under its code."""

    def keep(work: Rule) -> Rule:
        RULES[code] = (severity, work)
        return work

    return keep


def read(folder: Path) -> Package:
    """A package from its folder. Raises ConfigError for what is none, NotIntact for one that was changed since it was sealed."""
    if not (folder / MANIFEST).is_file():
        raise ConfigError("this is not a package: it has no package.json", where=str(folder), hint="csvgen export package")
    try:
        manifest = PackageManifest.model_validate(read_canonical((folder / MANIFEST).read_bytes(), MANIFEST))
    except ValueError:
        raise NotIntact("the manifest cannot be read", where=MANIFEST, hint="csvgen verify tells more") from None
    if check_files(folder, manifest.files, (MANIFEST, SEAL), "package", Checks()):
        raise NotIntact("the package was changed since it was sealed", where=str(folder), hint="csvgen verify names every file")
    approvals = load(folder / "protocols" / manifest.system / "approvals")
    return Package(Material.read(folder, manifest, approvals, Trust.none))


def lint(package: Package) -> Findings:
    """Every finding of every rule, sorted by place."""
    from csvgen.verification import gdp_documents, gdp_evidence, gdp_records, gdp_runs  # noqa: F401 - they register their rules

    return Findings.of(
        Diagnostic(
            rule=code, severity=severity, location=Location(hit.where), message=hit.message, hint=hit.hint, about=hit.about
        )
        for code, (severity, work) in sorted(RULES.items())
        for hit in work(package)
    )
