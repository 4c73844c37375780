"""Rules about people and dates: who signed what, in which order, and that nobody answers for their own work."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.diagnostics import Severity
from csvgen.model.base import PHASES
from csvgen.signature.approvals import Approval
from csvgen.verification.gdp import Hit, Package, rule
from csvgen.verification.gdp_runs import canned
from csvgen.verification.history import times


def _place(package: Package, approval: Approval) -> str:
    d = approval.document
    return f"protocols/{package.material.manifest.system}/approvals/{d.id}/r{d.revision}"


def _signed(approval: Approval, *meanings: str) -> dict[str, str]:
    """Person -> printed name of who signed with one of these meanings."""
    return {s.record.person: s.record.printed_name for s in approval.signatures if s.record.meaning in meanings}


@rule("GDP201")
def dates(package: Package) -> Iterator[Hit]:
    """Protocol approved, run issued, executed, sealed, reviewed, reported, approved: in this order."""
    yield from (Hit("runs", "", fault) for fault in times(package.material))


@rule("GDP202")
def signed_before_there(package: Package) -> Iterator[Hit]:
    """Nobody signs what is not yet there, and nothing is signed on a day to come."""
    made = package.material.manifest.made
    for approval in package.material.approvals:
        for s in (s.record for s in approval.signatures):
            label = f"{s.record} r{s.revision}: {s.meaning} by {s.printed_name}"
            if s.signed < approval.document.composed:
                yield Hit(
                    _place(package, approval),
                    s.record,
                    f"{label} is dated {s.signed}, before the record was composed ({approval.document.composed})",
                )
            if s.signed > made:
                yield Hit(
                    _place(package, approval), s.record, f"{label} is dated {s.signed}, after the package was made ({made})"
                )


@rule("GDP211")
def tester_reviews(package: Package) -> Iterator[Hit]:
    """Who executed does not review the execution: performers of attended cases, and who signed as performed."""
    for run in package.material.runs:
        record = package.material.approval("run-record", run.run)
        if record is None:
            continue
        did = {p.person: p.printed_name for r in run.results for p in r.performed_by} | _signed(record, "performed")
        for person in sorted(did.keys() & _signed(record, "reviewed", "approved").keys()):
            yield Hit(_place(package, record), record.document.id, f"{did[person]} executed {run.run} and reviewed it")


@rule("GDP212")
def tester_approves(package: Package) -> Iterator[Hit]:
    """Who executed a phase does not approve the report that concludes it."""
    for phase in PHASES:
        report = package.material.approval(f"{phase.lower()}-report")
        if report is None:
            continue
        did: dict[str, str] = {}
        for run in (r for r in package.material.runs if r.plan.phase == phase):
            record = package.material.approval("run-record", run.run)
            did |= {p.person: p.printed_name for r in run.results for p in r.performed_by}
            did |= _signed(record, "performed") if record is not None else {}
        for person in sorted(did.keys() & _signed(report, "approved").keys()):
            yield Hit(_place(package, report), report.document.id, f"{did[person]} executed the {phase} and approved its report")


@rule("GDP213")
def author_approves(package: Package) -> Iterator[Hit]:
    """Who wrote a document does not approve it."""
    for approval in package.newest:
        wrote = _signed(approval, "authored")
        for person in sorted(wrote.keys() & _signed(approval, "approved").keys()):
            yield Hit(
                _place(package, approval), approval.document.id, f"{wrote[person]} wrote and approved {approval.document.id}"
            )


@rule("GDP214", Severity.WARNING)
def shared(package: Package) -> Iterator[Hit]:
    """One name, one person: two accounts under one printed name, or one certificate for two accounts, cannot be told apart."""
    names: dict[str, set[str]] = {}
    keys: dict[str, set[str]] = {}
    for s in (s.record for a in package.material.approvals for s in a.signatures):
        names.setdefault(" ".join(s.printed_name.casefold().split()), set()).add(s.person)
        keys.setdefault(str(s.certificate), set()).add(s.person)
    for name, people in sorted(names.items()):
        if len(people) > 1:
            yield Hit("protocols", name, f"the printed name '{name}' stands for the accounts {', '.join(sorted(people))}")
    for together in sorted(sorted(p) for p in keys.values() if len(p) > 1):
        yield Hit("protocols", ", ".join(together), f"{' and '.join(together)} signed with one certificate")


@rule("GDP221")
def investigated(package: Package) -> Iterator[Hit]:
    """A deviation says its cause, its impact and its correction in words that say something."""
    for d in (d for d in package.deviations if d.record is not None):
        told = d.record.investigation  # type: ignore[union-attr]
        for name, text in (("root cause", told.root_cause), ("correction", told.correction)):
            if not text.strip() or canned(text):
                yield Hit(_place_of(package, d.id), d.id, f"the {name} of {d.id} says only '{text.strip()}'")
        if not told.impact.strip():
            yield Hit(_place_of(package, d.id), d.id, f"the impact of {d.id} is blank")


def _place_of(package: Package, deviation: str) -> str:
    found = package.material.approval("deviation", f"-{deviation}")
    return _place(package, found) if found is not None else "protocols"


@rule("GDP222")
def not_reviewed(package: Package) -> Iterator[Hit]:
    """Every sealed run that is reported on has its executed record, signed by all whom the route asks for."""
    for run in (r for r in package.material.runs if r.seal is not None and r.plan.mode == "formal"):
        if package.material.approval(f"{run.plan.phase.lower()}-report") is None:
            continue
        record = package.material.approval("run-record", run.run)
        if record is None or not record.completed:
            what = "no executed record" if record is None else "an executed record that lacks signatures"
            yield Hit(f"runs/{run.run}", run.run, f"{run.run} is reported on and has {what}", "csvgen record, csvgen sign")
