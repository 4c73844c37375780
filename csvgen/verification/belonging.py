"""Whether every file of a package has its place: a sealed file that no record names would be taken for one that somebody signed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from csvgen.model.signature import OWN_TEMPLATE, DocumentRecord
from csvgen.protocol.files import LOCK
from csvgen.report.neutral import ENDING
from csvgen.signature.approvals import Approval
from csvgen.spec.files import BOUND, MANY, SCHEMES, SINGLE
from csvgen.verification.checks import Checks

MATRIX = "-matrix.json"
INDEX, SUMS, CHECKER = "index.html", "SHA256SUMS", "check_package.py"
_OWN = {"README.txt", INDEX, SUMS, CHECKER, "matrix.json", "matrix.xlsx", "audit/events.jsonl", "trust/chain.pem"}


def bound_files(document: DocumentRecord) -> tuple[str, ...]:
    """What a document record binds by digest, kept beside its drawn files: its text, and the matrix a report tells of."""
    stem = f"{document.id}-r{document.revision}"
    if document.text is None:
        return ()
    return (f"{stem}{ENDING}", *((f"{stem}{MATRIX}",) if "matrix" in document.derived_from else ()))


def screen_file(document: DocumentRecord) -> str:
    """The page for the screen that a package has beside a document whose text it holds."""
    return f"{document.id}-r{document.revision}.html"


def strangers(names: Iterable[str], system: str, approvals: Collection[Approval], executed: Collection[str]) -> list[str]:
    """Of the files of a package (or to be one) those that belong to no record, run or document. What the specification holds is told apart.

    `executed` are the folders of runs and challenges, as ``runs/OQ-001/``.
    """
    renditions = {f"documents/{r.file}" for a in approvals for r in a.document.renditions}
    renditions |= {f"documents/{name}" for a in approvals for name in (*bound_files(a.document), screen_file(a.document))}
    revisions = {f"protocols/{system}/approvals/{a.document.id}/r{a.document.revision}" for a in approvals}
    root = f"protocols/{re.escape(system)}"
    shaped = re.compile(
        rf"{root}/[^/]+/[^/]+\.feature|{root}/(?!approvals/).+\.pyc?|audit/checkpoints/(?:[^/]+\.(?:note|tst)|keys\.vkey)",
        re.DOTALL,
    )  # the steps of hand-written features are Python, and what Python makes of it

    def placed(name: str) -> bool:
        return (
            name in _OWN
            or name in renditions
            or name == f"protocols/{system}/{LOCK}"
            or name.rpartition("/")[0] in revisions
            or shaped.fullmatch(name) is not None
            or name.startswith((*executed, f"requirements_specs/{system}/"))
        )

    return [name for name in names if not placed(name)]


def check_belonging(
    names: Collection[str], system: str, approvals: Collection[Approval], executed: Collection[str], checks: Checks
) -> None:
    """One check for files without a place, one note for what lies beside the specification and is no part of it."""
    odd = [f"{name} belongs to no record" for name in strangers(names, system, approvals, executed)]
    checks.add("every file belongs to a record, a run or the specification", odd, f"{len(names)} files")
    if beside := [name for name in names if name.startswith(f"requirements_specs/{system}/") and not _specifies(name)]:
        checks.note("beside the specification", f"{', '.join(beside)}: no part of it; nobody signed what is written there")
        checks.lacks(f"what {len(beside)} file(s) beside the specification say: nobody signed them")


def check_templates(approvals: Collection[Approval], checks: Checks) -> None:
    """Documents drawn by templates that did not come with csvgen: what these add or leave out, only those who signed have seen."""
    own = {
        f"{a.document.id} r{a.document.revision}"
        for a in approvals
        if any(n.startswith(OWN_TEMPLATE) for n in a.document.derived_from)
    }
    if own:
        checks.note(
            "templates", f"{', '.join(sorted(own))}: drawn by the project's own templates, whose digests the records name"
        )
        checks.lacks("whether the project's own templates show all of the content")


def _specifies(name: str) -> bool:
    first, *rest = PurePosixPath(name).parts[2:]
    if not rest:
        return first in SINGLE
    return first in BOUND or (first in {*MANY, SCHEMES} and name.endswith(".yaml"))
