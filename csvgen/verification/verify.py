"""verify(path): whatever it is, recognised by its content and checked offline, with every signature's answers apart.

No network, no database, no account, no project. Whom to believe comes from outside, or nobody is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.verification import Verification
from csvgen.verification import single
from csvgen.verification.archive import unpacked
from csvgen.verification.checks import Checks
from csvgen.verification.outside import Outside
from csvgen.verification.package import verify_package
from csvgen.verification.recognise import Kind, recognise
from csvgen.verification.trail import check_checkpoint, check_export, check_proof

Work = Callable[[Path, Trust, Outside, Checks], None]

_SINGLE: Mapping[Kind, Work] = {
    Kind.PDF: lambda path, trust, _, checks: single.check_pdf(path, trust, checks),
    Kind.WORD: lambda path, trust, _, checks: single.check_office(path, "Word", trust, checks),
    Kind.EXCEL: lambda path, trust, _, checks: single.check_office(path, "Excel", trust, checks),
    Kind.SIGNATURE: lambda path, trust, _, checks: single.check_signature(path, trust, checks),
    Kind.APPROVALS: lambda path, trust, _, checks: single.check_approvals(path, trust, checks),
    Kind.RUN: lambda path, trust, _, checks: single.check_run(path, trust, checks),
    Kind.TRAIL: check_export,
    Kind.CHECKPOINT: check_checkpoint,
    Kind.PROOF: check_proof,
}


def verify(path: Path, trust: Trust, outside: Outside) -> Verification:
    """Every check that what lies at `path` allows. Damage is a failed check; ConfigError only for what is nothing to verify."""
    kind, found = recognise(path)
    if kind is Kind.PACKAGE:
        return verify_package(found, trust, outside)
    checks = Checks()
    if kind is Kind.ARCHIVE:
        try:
            with unpacked(found) as folder:
                return verify_package(folder, trust, outside)
        except NotIntact as problem:
            checks.add("archive can be unpacked", [problem.message], "", found.name)
            return checks.result(kind)
    checks.guarded(f"{kind} can be read", lambda: _SINGLE[kind](found, trust, outside, checks))
    return checks.result(kind)
