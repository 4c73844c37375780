"""A partial copy: sealed, whole as far as it goes, and never to be taken for a package."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from csvgen.canonical import read_canonical
from csvgen.clock import shown
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.base import first_fault
from csvgen.model.package import PartialManifest
from csvgen.verification import answers
from csvgen.verification.checks import Checks
from csvgen.verification.outside import Outside
from csvgen.verification.sealed import check_files, check_seal, content

MANIFEST, SEAL = "partial.json", "partial.p7s"


def check_partial(folder: Path, trust: Trust, _outside: Outside, checks: Checks) -> None:
    """Seal and files; what it leaves out is in the package, and so is what is signed."""
    try:
        manifest = PartialManifest.model_validate(read_canonical((folder / MANIFEST).read_bytes(), MANIFEST))
    except FileNotFoundError:
        raise NotIntact("there is no partial.json", where=MANIFEST) from None
    except ValidationError as odd:
        raise NotIntact(f"not a manifest of a format known here: {first_fault(odd)}", where=MANIFEST) from None
    checks.note("PARTIAL copy", f"{manifest.filter}; made {shown(manifest.made)}", MANIFEST)
    checks.signed([answers.of_seal(content(folder / MANIFEST), content(folder / SEAL), SEAL, "seal of a partial copy", trust)])
    checks.guarded("seal of the copy", lambda: check_seal(folder, MANIFEST, SEAL, "copy", trust, checks))
    check_files(folder, manifest.files, (MANIFEST, SEAL), "copy", checks)
    counts = ", ".join(f"{here} of {all_} {name}" for name, (here, all_) in manifest.counts.items())
    checks.note("what it leaves out", f"it holds {counts}", MANIFEST)
    checks.lacks("everything this PARTIAL copy leaves out; signed documents, runs and the audit trail are in the package")
