"""What came out of an instance, by itself: a run record, the data of a certificate. Nobody signed these bytes; what that means is said."""

from __future__ import annotations

from pathlib import Path

from csvgen.canonical import digest_bytes, read_canonical
from csvgen.crypto.trust import Trust
from csvgen.pipeline.flow.record import OutsideRecord, RunRecord
from csvgen.verification import answers
from csvgen.verification.asking import ask
from csvgen.verification.checks import Checks
from csvgen.verification.instance_runs import Installed, whole
from csvgen.verification.outside import Outside

AGREES = "run record agrees with itself"
HELD = "it is the one the audit trail holds"
MADE = "it was made inside an instance"
SIGNED = "it is what the signed PDF beside it stands for"


def check_run_record(path: Path, _trust: Trust, _outside: Outside, checks: Checks) -> None:
    """Whether it agrees with itself; that it is the record of the instance only the instance can say."""
    data = path.read_bytes()
    run = RunRecord.model_validate(read_canonical(data, path.name))
    checks.add(AGREES, list(whole(run.id, run, Installed())), f"{run.id} of {run.subject}, {len(run.steps)} steps", path.name)
    named = [] if run.artifact else ["it names no signed artifact"]
    orchestrated = ["it tells of an orchestrator"] if any(k.startswith("orchestrator.") for k in run.environment) else []
    checks.add(MADE, [*named, *orchestrated], f"as it says, from {run.artifact}", path.name)
    told = f"whoever can write the file can write it anew; its digest is {digest_bytes(data)}, the instance tells it of record run/{run.id}"
    checks.unknown(HELD, told, path.name)
    checks.lacks("the instance it comes from (csvgen verify FOLDER)")


def check_outside_run(path: Path, _trust: Trust, _outside: Outside, checks: Checks) -> None:
    """Whether it agrees with itself; a record of a system it never is, and it says so."""
    run = OutsideRecord.model_validate(read_canonical(path.read_bytes(), path.name))
    checks.add(AGREES, list(whole(run.id, run, Installed())), f"{run.id} of {run.subject}, {len(run.steps)} steps", path.name)
    told = (
        "an orchestrator performed these steps one at a time: no session, no approval, no ledger; no result of a lot came of them"
    )
    checks.add(MADE, [told], "", path.name)
    checks.add(HELD, [f"no audit trail holds it; it says of a ledger {run.ledger!r}"], "", path.name)


def check_certificate(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """The data, and the PDF of the same name beside it, in which the signer's words name the digest of these data."""
    from csvgen.signature.pdf_inspect import inspect

    data = path.read_bytes()
    told = read_canonical(data, path.name)
    said = f"{told['number']} revision {told['revision']} of lot {told['lot']['lot']}, {told['status']}, {len(told['results'])} results"
    checks.note("what it says", said, path.name)
    beside = path.with_suffix(".pdf")
    if not beside.is_file():
        checks.unknown(SIGNED, f"{beside.name} is not beside it; nobody signed the data themselves", path.name)
        return
    seen = inspect(beside.read_bytes(), trust, times=outside.times)
    found = [answers.of_pdf(beside.name, s) for s in seen.signatures]
    checks.signed(found)
    for question in ("intact", "valid", "trusted", "whole"):
        ask(checks, f"signature of the certificate: {question}", found, question, f"{len(found)} signatures", beside.name)
    wanted = digest_bytes(data)
    named = any(f"sha256 {wanted.short}" in s.reason for s in seen.signatures)  # signed with the PDF, as all of it
    fault = f"no signature of {beside.name} names the digest of these data, {wanted}"
    checks.add(
        SIGNED, [] if named else [fault], f"the signature names {wanted.short}, the first twelve digits of {wanted}", path.name
    )
    checks.lacks("the instance, which tells the whole digest of the data and whether a later revision replaced it")
