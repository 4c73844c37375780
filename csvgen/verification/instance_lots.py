"""Checks of what an instance says of its lots: results against the runs that gave them, review packets, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from csvgen.audit.ledger import Version
from csvgen.canonical import Digest, read_canonical
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError
from csvgen.pipeline.core import RESULTS
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.landing.local import LocalStore
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Lot, Result, verdict
from csvgen.pipeline.qc import results
from csvgen.verification import answers
from csvgen.verification.asking import ask
from csvgen.verification.checks import Checks
from csvgen.verification.instance_data import file_fault
from csvgen.verification.instance_seen import Seen

if TYPE_CHECKING:
    from csvgen.signature.pdf_inspect import PdfSignature

GIVEN = "results of the lots are those their runs gave"
PACKETS = "review packets are those that were signed"
CERTIFICATES = "certificates say what was released"
_ABOUT_THE_RECORD = ("record", "version", "sha256")
PDF = "certificates are signed whole by who released"


def check_lots(seen: Seen, trust: Trust, checks: Checks) -> None:
    """Every lot as it is now, the packet its reviewer was shown, and every revision of every certificate."""
    lots = seen.latest("lot")
    checks.over(len(lots), GIVEN, [f for v in lots.values() for f in _given(seen, v)], f"{len(lots)} lots")
    packets = [(n, r) for n, v in lots.items() if (r := v.content.get("review"))]
    faults = [f"lot {n}: {why}" for n, r in packets if (why := file_fault(seen.home / RESULTS, str(r.get("packet"))))]
    checks.over(len(packets), PACKETS, faults, f"{len(packets)} packets")
    issued = list(seen.versions("certificate"))
    shown = [(v, _pdf(seen, v, trust)) for v in issued]
    told = [f for v, found in shown for f in (*_certificate(seen, v), *_signer(seen, v, found))]
    checks.over(len(issued), CERTIFICATES, told, f"{len(issued)} certificates and revisions")
    signed = [answers.of_pdf(f"{v.id} revision {v.number}", s) for v, found in shown for s in found]
    checks.signed(signed)
    for name, question in ((PDF, "whole"), ("certificates are signed by people who are trusted", "trusted")):
        if issued:
            ask(checks, name, signed, question, f"{len(signed)} signatures in PDF", "")


# ------------------------------------------------------------ lots


def _given(seen: Seen, version: Version) -> Iterator[str]:
    try:
        lot = Lot.model_validate(version.content)
    except ValueError as problem:
        yield f"lot {version.id} cannot be read: {str(problem).splitlines()[0]}"
        return
    told = (*lot.tests, *(w.value for w in lot.withdrawn))
    for result in told:
        if why := _not_given(seen, lot, result):
            yield f"lot {lot.lot}: {result.name}: {why}"
    yield from _left_out(seen, lot, told)
    if strange := [r for r in lot.runs if r not in seen.latest("run")]:
        yield f"lot {lot.lot}: there is no run {', '.join(strange)}"
    for name, entry in lot.files.items():
        file = seen.version("file", f"{lot.lot}:{name}", entry.version)
        if file is None or file.content.get("digest") != entry.sha256:
            yield f"lot {lot.lot}: its file {name} version {entry.version} is not the one registered"
    method = seen.version("method", lot.method, lot.method_version)
    if method is None:
        yield f"lot {lot.lot}: method {lot.method} version {lot.method_version} is not there"
    elif lot.tests and lot.verdict != (due := verdict(lot.tests, lot.missing(Method.model_validate(method.content)))):
        yield f"lot {lot.lot}: it says {lot.verdict!r}, its results say {due!r}"


def _not_given(seen: Seen, lot: Lot, result: Result) -> str:
    """Why a result of a lot is not what a run gave; empty when it is."""
    run = seen.runs.get(result.run)
    if not isinstance(run, RunRecord):
        return f"no run {result.run!r} can be read that gave it"
    if run.subject != f"lot/{lot.lot}":
        return f"{run.id} is about {run.subject}"
    try:
        given = _gave(seen, lot, run)
    except CsvgenError as problem:
        return f"what {run.id} gave cannot be read: {problem.message}"
    return "" if result in given else f"{result.reported} {result.unit} ({result.unrounded}) is not what {run.id} gave"


def _left_out(seen: Seen, lot: Lot, told: tuple[Result, ...]) -> Iterator[str]:
    """Values of its runs that the lot neither has in force nor keeps as withdrawn: a failing one must not get lost on the way."""
    for run in (seen.runs.get(r) for r in lot.runs):
        if not isinstance(run, RunRecord) or run.valid == "no":
            continue
        try:
            lost = [v.name for v in _gave(seen, lot, run) if v not in told]
        except CsvgenError:
            continue  # told of as outputs that are not there
        if lost:
            yield f"lot {lot.lot}: what {run.id} gave is left out: {', '.join(lost)}"


def _gave(seen: Seen, lot: Lot, run: RunRecord) -> tuple[Result, ...]:
    """The values a run gave, as the lot has to call them: one of a planned retest says which retest it is."""
    made = {n: _bytes(seen, run.products[n]) for n in results.PRODUCTS.values() if n in run.products}
    found = []
    for value in results.values(made):
        plan = next((p for p in lot.retests if p.part == value.part and run.id in p.runs), None)
        name = f"{value.name}, retest {plan.runs.index(run.id) + 1} of {plan.count}" if plan else value.name
        found.append(Result(**{**value.model_dump(), "name": name}, run=run.id))
    return tuple(found)


def _bytes(seen: Seen, sha256: str) -> bytes:
    return LocalStore(seen.home / RESULTS).read(Digest(sha256), "output")


# ------------------------------------------------------------ certificates


def _certificate(seen: Seen, version: Version) -> Iterator[str]:
    """One revision: its files are there, and its data say what the lot record says that it names."""
    name, content = f"certificate/{version.id} revision {version.number}", version.content
    for part in ("pdf", "data"):
        if why := file_fault(seen.home / RESULTS, str(content.get(part))):
            yield f"{name}, {part}: {why}"
            return
    told = read_canonical(_bytes(seen, str(content["data"])), name)
    lot = seen.version("lot", str(told["lot"]["lot"]), int(told["lot"]["version"]))
    if lot is None or lot.sha256 != told["lot"]["sha256"] or told["lot"]["lot"] != content.get("lot"):
        yield f"{name}: the lot record it was made from is not there"
        return
    if [_plainly(r) for r in told["results"]] != [_plainly(r) for r in lot.content.get("tests", [])]:
        yield f"{name}: its results are not those of lot {lot.id} version {lot.number}"
    if why := _material(seen, told, lot):
        yield f"{name}: {why}"
    said = {k: v for k, v in told["lot"].items() if k not in _ABOUT_THE_RECORD}
    if wrong := sorted(k for k in {*said, *lot.content} if said.get(k) != lot.content.get(k)):
        yield f"{name}: it says another {', '.join(wrong)} than lot {lot.id} version {lot.number}"
    before = seen.version("certificate", version.id, version.number - 1)
    if {str(content.get("replaces")), str(told.get("replaces"))} != {str(before.content.get("pdf")) if before else ""}:
        yield f"{name}: what it replaces is not revision {version.number - 1}"
    if told["number"] != version.id or told["revision"] != version.number:
        yield f"{name}: it calls itself {told['number']} revision {told['revision']}"


def _material(seen: Seen, told: Mapping[str, Any], lot: Version) -> str:
    """What is wrong with what a certificate names its lot; empty when it is what the records say."""
    identity, number = str(lot.content.get("material", "")), int(lot.content.get("material_version", 0))
    said = dict(told.get("material") or {})
    if not identity:
        return f"it names the material {said['id']}, and lot {lot.id} has none" if said else ""
    material = seen.version("material", identity, number)
    if material is None or said != {**material.content, "version": number}:
        return f"it does not say what material {identity} version {number} says"
    days = ("manufactured_on", "expires_on")
    return "" if all(told["lot"].get(d) == lot.content.get(d) for d in days) else "its dates are not those of the lot"


def _plainly(result: object) -> str:
    """A result for comparison; a field that says nothing may be left out."""
    return repr(sorted((k, v) for k, v in result.items() if v not in ("", None))) if isinstance(result, dict) else repr(result)


def _pdf(seen: Seen, version: Version, trust: Trust) -> tuple[PdfSignature, ...]:
    from csvgen.signature.pdf_inspect import inspect

    if file_fault(seen.home / RESULTS, str(version.content.get("pdf"))):
        return ()
    return tuple(inspect(_bytes(seen, str(version.content["pdf"])), trust).signatures)


def _signer(seen: Seen, version: Version, found: tuple[PdfSignature, ...]) -> Iterator[str]:
    """The PDF is signed by the person who issued it, over words that name the data of this revision: that of another is a true one, too."""
    if file_fault(seen.home / RESULTS, str(version.content.get("pdf"))):
        return  # told as a file that is not there
    name, by = f"certificate/{version.id} revision {version.number}", str(version.content.get("by"))
    theirs = [(a, s) for s in found if (a := answers.of_pdf(name, s)).person == by]
    if not theirs:
        who = ", ".join(a.person or a.printed_name for a in (answers.of_pdf(name, s) for s in found)) or "nobody"
        yield f"{name}: issued by {by}, its PDF is signed by {who}"
    elif not any(f"sha256 {Digest(str(version.content.get('data'))).short}" in s.reason for _, s in theirs):
        yield f"{name}: its PDF is a signed one, and not of these data: {theirs[0][1].reason}"
