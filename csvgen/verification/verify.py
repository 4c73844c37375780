"""verify(path): whatever it is, recognised by its content and checked offline, with every signature's answers apart.

No network, no database, no account, no project. Whom to believe comes from outside, or nobody is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.verification import Verification
from csvgen.verification import challenges, single
from csvgen.verification.archive import unpacked
from csvgen.verification.checks import Checks
from csvgen.verification.imported import check_import
from csvgen.verification.outside import Outside
from csvgen.verification.package import verify_package
from csvgen.verification.partial import check_partial
from csvgen.verification.recognise import Kind, recognise
from csvgen.verification.trail import check_checkpoint, check_export, check_proof

Work = Callable[[Path, Trust, Outside, Checks], None]


def _instance(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    from csvgen.verification.instance import check_instance  # loads the whole room of the pipeline

    check_instance(path, trust, outside, checks)


def _from_instance(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    from csvgen.verification import instance_single as alone

    work = {
        Kind.CERTIFICATE: alone.check_certificate,
        Kind.RUN_RECORD: alone.check_run_record,
        Kind.OUTSIDE_RUN: alone.check_outside_run,
    }
    work[recognise(path)[0]](path, trust, outside, checks)


_SINGLE: Mapping[Kind, Work] = {
    Kind.PARTIAL: check_partial,
    Kind.PDF: single.check_pdf,
    Kind.WORD: partial(single.check_office, "Word"),
    Kind.EXCEL: partial(single.check_office, "Excel"),
    Kind.SIGNATURE: single.check_signature,
    Kind.APPROVALS: single.check_approvals,
    Kind.RUN: single.check_run,
    Kind.CHALLENGE: challenges.check_challenge,
    Kind.CHALLENGES: challenges.check_ledger,
    Kind.IMPORTED: check_import,
    Kind.TRAIL: check_export,
    Kind.CHECKPOINT: check_checkpoint,
    Kind.PROOF: check_proof,
    Kind.INSTANCE: _instance,
    Kind.RUN_RECORD: _from_instance,
    Kind.OUTSIDE_RUN: _from_instance,
    Kind.CERTIFICATE: _from_instance,
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
