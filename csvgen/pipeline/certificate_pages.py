"""A certificate of analysis as a PDF: drawn from its data by the writers of the report room, signed in itself, copied with a mark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import csvgen
from csvgen.canonical import Digest, digest
from csvgen.clock import shown, stored
from csvgen.model.report import ApprovalPage, Block, Column, Facts, Heading, Paragraph, Report, SignatureSlot, Table
from csvgen.pipeline.sheet import told_interval

if TYPE_CHECKING:
    from csvgen.crypto.keys import Credential
    from csvgen.crypto.trust import Trust

FIELD = "signature-1"
DEMONSTRATION = "DEMONSTRATION instance: simulated signatures, not a GxP record"
NOT_STATED = "not stated"
NO_LIMIT = "no limit"
DRAFT = "DRAFT - this lot is not released, and this is no certificate of analysis"


def draw(content: Mapping[str, Any]) -> bytes:
    """The PDF of a certificate's data; the same data give the same bytes. A draft has no field to sign in."""
    from csvgen.report import pdf

    return pdf.draw(report_of(content))


def report_of(content: Mapping[str, Any]) -> Report:
    """A certificate as neutral blocks."""
    draft = content["number"] == "DRAFT"
    lot = content["lot"]
    banner = [DRAFT] if draft else []
    banner += [DEMONSTRATION] if content["demonstration"] == "yes" else []
    return Report(
        id=f"{content['number']}" if not draft else f"DRAFT-{lot['lot']}",
        title="Certificate of analysis",
        subtitle=f"{content['material'].get('name', 'Material not stated')}, batch {lot['lot']}",
        revision=int(content["revision"]),
        organisation=content["organisation"],
        system="QC release",
        status=content["status"],
        banner=" · ".join(banner),
        date=shown(content["issued"]),
        made_by=f"csvgen {csvgen.__version__}",
        made_from=(
            (f"{lot['record']} version {lot['version']}", lot["sha256"]),
            *((f"run {r['id']}, outputs", r["outputs"]) for r in content["runs"]),
        ),
        content=str(digest(content)),
        official="none" if draft else "alone",
        cover=_cover(content),
        blocks=tuple(_blocks(content, draft=draft)),
    )


def _cover(content: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What EU GMP Part II and ICH Q7, 11.4, ask a certificate to name. What nobody said is printed as not stated, never left out."""
    lot, material = content["lot"], content["material"]
    name, period = str(material.get("name", "")), str(material.get("period", ""))
    rows = [
        ("Material", f"{name} ({material['id']} version {material['version']})" if name else NOT_STATED),
        ("Grade", material.get("grade") or ("no grade" if name else NOT_STATED)),
        ("Batch", lot["lot"]),
        ("Manufacturer", f"{material['manufacturer']}, {material['address']}" if name else NOT_STATED),
        ("Date of manufacture", lot["manufactured_on"] or NOT_STATED),
        (f"{period.capitalize()} date" if period else "Expiry or retest date", lot["expires_on"] or NOT_STATED),
        ("Specification", material.get("specification") or NOT_STATED),
        ("Method", f"{content['method']['title']} ({content['method']['id']} version {content['method']['version']})"),
        ("Laboratory", _laboratory(content)),
        ("Tests completed", _between(list(_completed(content).values()))),
        ("Conclusion", f"{lot['verdict']}; it speaks of the tests listed here"),
        ("Date of release", _released(content)),
    ]
    rows += [(words, lot[key]) for words, key in (("Sampled on", "sampled_on"), ("Storage", "storage")) if lot[key]]
    if content["replaces"]:
        rows += [("Replaces", f"revision {int(content['revision']) - 1}, {content['replaces']}"), ("Reason", content["reason"])]
    return tuple(rows)


def _laboratory(content: Mapping[str, Any]) -> str:
    """Who tested, and where: the organisation the instance belongs to, at the address its material names."""
    if not content["material"]:
        return f"{content['organisation']}, address {NOT_STATED}"
    where = content["material"]["laboratory"]
    return f"{content['organisation']}: {where}" if where else f"{content['organisation']}, at the manufacturer's address"


def _completed(content: Mapping[str, Any]) -> dict[str, str]:
    """Run -> the day on which it ended; of the runs whose results are in force."""
    days = {r["id"]: shown(r["ended"])[:10] for r in content["runs"]}
    return {result["run"]: days[result["run"]] for result in content["results"] if result["run"] in days}


def _between(days: list[str]) -> str:
    if not days:
        return "no test"
    first, last = min(days), max(days)
    return first if first == last else f"{first} to {last}"


def _released(content: Mapping[str, Any]) -> str:
    signed = [shown(s["signed"]) for s in content["signatures"] if s["meaning"] == "released" and s["status"] == "valid"]
    return signed[-1] if signed else "not released"


def _blocks(content: Mapping[str, Any], *, draft: bool) -> Iterator[Block]:
    if content["remark"]:
        yield Paragraph(content["remark"], "note")
    yield Heading(1, "Results")
    yield _results(content["results"], _completed(content))
    for result in content["results"]:
        if words := "; ".join(w for w in (told_interval(result), result.get("flag", "")) if w):
            yield Paragraph(f"{result['name']}: {words}")
    yield Paragraph(
        "Each value was rounded once, half up, to the decimals of its limit; the limit is compared with the reported value."
    )
    if content["withdrawn"]:
        yield Heading(1, "Results that do not count, and why")
        yield _withdrawn(content["withdrawn"])
    if content["set_aside"]:
        yield Heading(1, "Files that were set aside before they were processed")
        yield _aside(content["set_aside"])
    if content["deviations"] or content["reintegrations"]:
        yield Heading(1, "Deviations, investigations, changed integrations")
        yield _events(content)
    yield Heading(1, "Signatures")
    yield _signatures(content["signatures"])
    if not draft:
        corrected = bool(content["replaces"])
        meaning = "corrected" if corrected else "released"
        words = (
            "I correct this certificate; it replaces the revision before it."
            if corrected
            else "I approve this lot for release on the results stated here."
        )
        yield ApprovalPage((SignatureSlot(1, FIELD, "quality", meaning, words),))
    yield Heading(1, "How the results came about")
    yield _unrounded(content["results"])
    for run in content["runs"]:
        yield Facts(tuple(_run(run)))
    yield _files(content["files"])


def _results(results: list[dict[str, Any]], completed: Mapping[str, str]) -> Table:
    columns = (
        Column("Test", 0.28), Column("Limit", 0.22), Column("Result", 0.15), Column("Verdict", 0.19, "verdict"), Column("Completed", 0.16),
    )  # fmt: skip
    rows = tuple(
        (r["name"], r["limit"] or NO_LIMIT, f"{r['reported']} {r['unit']}", r["verdict"], completed.get(r["run"], NOT_STATED))
        for r in results
    )
    return Table(columns, rows, "Results in force", "No result.")


def _unrounded(results: list[dict[str, Any]]) -> Table:
    columns = (Column("Test", 0.34), Column("Value before rounding", 0.46, "mono"), Column("Run", 0.2, "id"))
    return Table(columns, tuple((r["name"], r["unrounded"], r["run"]) for r in results), "Values as calculated", "No result.")


def _aside(files: list[dict[str, Any]]) -> Table:
    columns = (Column("File", 0.24), Column("For", 0.12), Column("Record", 0.14, "id"), Column("Why, and by whom", 0.5))
    rows = tuple((f"{a['file']} version {a['version']}", a["part"], a["by"].partition("/")[2], a["told"]) for a in files)
    return Table(columns, rows, "Kept, and not used for any result")


def _withdrawn(withdrawn: list[dict[str, Any]]) -> Table:
    columns = (
        Column("Test", 0.22),
        Column("Result", 0.12),
        Column("Verdict", 0.16, "verdict"),
        Column("By", 0.2, "id"),
        Column("Why", 0.3),
    )
    rows = tuple(
        (w["value"]["name"], f"{w['value']['reported']} {w['value']['unit']}", w["value"]["verdict"], w["by"], w["reason"])
        for w in withdrawn
    )
    return Table(columns, rows, "Withdrawn results")


def _events(content: Mapping[str, Any]) -> Table:
    columns = (Column("Record", 0.14, "id"), Column("About", 0.46), Column("Decision", 0.4))
    rows = [
        (d["id"], f"{d['kind']}: {d['reason']}", f"{d['decision']}: {d['disposition']}" if d["decision"] else d["state"])
        for d in content["deviations"]
    ]
    rows += [
        (
            r["id"],
            f"changed integration of {r['file']}: {r['reason']}",
            f"{r['state']}{', turned a failing result' * (r['turns'] == 'yes')}",
        )
        for r in content["reintegrations"]
    ]
    return Table(columns, tuple(rows), "Decided before release")


def _signatures(signatures: list[dict[str, str]]) -> Table:
    columns = (Column("Name", 0.26), Column("Signed", 0.24), Column("Meaning", 0.36), Column("Status", 0.14))
    rows = tuple((f"{s['printed_name']} ({s['user_id']})", shown(s["signed"]), s["statement"], s["status"]) for s in signatures)
    return Table(columns, rows, "Electronic signatures on the lot", "No signature.")


def _run(run: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield (
        "Run",
        f"{run['id']}, {run['pipeline']} version {run['pipeline_version']}" + ("" if run["valid"] == "yes" else ", invalid"),
    )
    yield "Operator", f"{run['operator']}, {shown(run['started'])} to {shown(run['ended'])}"
    yield "Artifact", run["artifact"] or "the code that came with this release"
    yield "Code", run["code"]
    if run["ticket"] or run["commit"]:
        yield "Change", f"{run['ticket'] or 'no ticket'}, commit {run['commit'] or 'not known'}"
    yield "Outputs", run["outputs"]


def _files(files: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = (Column("File", 0.24), Column("For", 0.14), Column("Instrument", 0.16, "id"), Column("SHA-256", 0.46, "mono"))
    rows = tuple(
        (f"{n} version {f['version']}", f["part"], f["instrument"] or "not known", f["sha256"]) for n, f in files.items()
    )
    return Table(columns, rows, "Raw data")


def signed(
    pdf: bytes,
    credential: Credential,
    *,
    printed_name: str,
    role: str,
    meaning: str,
    reason: str,
    moment: dt.datetime,
    record: str,
    revision: int,
    digest: Digest,
    demonstration: bool,
) -> bytes:
    """The PDF with the person's own signature in it, so that it can be judged without this system."""
    from csvgen.signature import pdf as pdf_signature
    from csvgen.signature.manifestation import Manifestation

    manifestation = Manifestation(
        printed_name=printed_name,
        role=role,
        meaning=meaning,
        reason=reason,
        signed=stored(moment),
        record_id=record,
        revision=revision,
        record_digest=digest,
        demonstration=demonstration,
    )
    return pdf_signature.sign(pdf, credential, field=FIELD, manifestation=manifestation, moment=moment)


def copy_of(pdf: bytes, trust: Trust, moment: dt.datetime) -> bytes:
    """A copy for reading, marked as one, that says of the signature in the original what was found."""
    from csvgen.signature.pdf import inspect
    from csvgen.signature.pdf_copy import marked

    return marked(pdf, inspect(pdf, trust), moment)
