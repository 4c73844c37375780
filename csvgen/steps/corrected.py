"""Certificates after the release: a corrected revision, a copy marked as one, and the draft of what is not released yet."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from pytest_bdd import then, when

from csvgen.canonical import digest_bytes
from csvgen.errors import CsvgenError, Refused
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, RecordCopy, Secret
from csvgen.steps.access import WRONG
from csvgen.steps.certificate import pages_of
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.provenance import refused

_MISSING = "(not told)"


def _port(bench: Bench) -> Any:
    """The functions stand beside the port Pipeline."""
    port: Any = bench.port("Pipeline")
    if not hasattr(port, "correct_certificate"):
        raise Blocked(f"the target {bench.target.name} offers no correction of certificates")
    return port


def _corrected(bench: Bench, role: str, lot: str, remark: str, reason: str, password: Secret | None = None) -> None:
    person, name = bench.actors.account(role), bench.lot(lot)
    before: RecordCopy | None = None
    try:
        before = bench.port("Pipeline").certificate(bench.actors.session("analyst"), name)
    except Refused:
        before = None  # there is none to correct; what the system says to the correction is what is looked at
    if before is not None:
        bench.world.facts["before"] = before
    about = (name, remark, reason, person.user_id, password or person.password)
    outcome = bench.world.take(
        "Pipeline.correct_certificate", _port(bench).correct_certificate(bench.actors.session(role), *about)
    )
    bench.observe.note(f"correction by the {role}", answer(outcome), source="Pipeline.correct_certificate")


@when(phrase('the "{role}" corrects the certificate of lot "{lot}" with the remark "{remark}" because "{reason}"'))
def corrects(bench: Bench, role: str, lot: str, remark: str, reason: str) -> None:
    _corrected(bench, role, lot, remark, reason)


@when(phrase('the "{role}" corrects the certificate of lot "{lot}" with a wrong password'))
def corrects_wrongly(bench: Bench, role: str, lot: str) -> None:
    _corrected(bench, role, lot, "a remark", "a reason", WRONG)


def _certificate(bench: Bench, lot: str) -> RecordCopy:
    bench.actors.log_in("analyst")
    found: RecordCopy = bench.port("Pipeline").certificate(bench.actors.session("analyst"), bench.lot(lot))
    return found


def _spelled(value: object) -> str:
    """A value of the data as people read it: of a list a line for each entry, of an entry its names and values."""
    if isinstance(value, list):
        return "\n".join(map(_spelled, value)) or "(an empty list)"
    return (
        "; ".join(f"{name}: {_spelled(told)}" for name, told in sorted(value.items())) if isinstance(value, dict) else str(value)
    )


@then(phrase('the certificate of lot "{lot}" is revision {number:d}, with the remark "{remark}", and replaces the one before'))
def is_revision(bench: Bench, lot: str, number: int, remark: str) -> None:
    """Number as before; what was measured as before; the digest of the revision before; all of it on the pages too."""
    copy, before = _certificate(bench, lot), bench.world.facts["before"]
    bench.attach(copy.human, name=f"corrected certificate of {bench.lot(lot)}", media_type=copy.human_type)
    content, old, pages = dict(json.loads(copy.electronic)), dict(json.loads(before.electronic)), pages_of(copy.human)
    replaced = str(digest_bytes(before.human))
    expected = {
        "number": old.get("number", "(none)"), "revision": str(number), "status": "RELEASED, CORRECTED", "remark": remark,
        "replaces": replaced, "results": old.get("results"), "lot": old.get("lot"), "signatures": old.get("signatures"),
    }  # fmt: skip
    for field, value in expected.items():
        bench.observe(
            field, expected=_spelled(value), actual=_spelled(content.get(field, _MISSING)), source="data of the certificate"
        )
    for words in (remark, f"Replaces revision {number - 1}, {replaced[:20]}", "I correct this certificate"):
        bench.observe("on the pages", expected=words, actual=pages, by="contains", source="text of the PDF")
    name = f"certificate/{content.get('number')}"
    history = bench.port("Records").history(bench.actors.session("analyst"), name)
    kept = [v.fields.get("pdf", _MISSING) for v in history]
    bench.observe("revisions on record", expected=str(number), actual=str(len(kept)), source=f"Records.history {name}")
    bench.observe(
        "the revision before, on record",
        expected=replaced,
        actual=kept[-2] if len(kept) > 1 else _MISSING,
        source="Records.history",
    )
    bench.observe(
        "the newest, on record",
        expected=str(digest_bytes(copy.human)),
        actual=kept[-1] if kept else _MISSING,
        source="Records.history",
    )


@then(
    phrase(
        'the certificate of lot "{lot}" carries a valid signature of the "{role}" as "{meaning}" for each of {count:d} corrections'
    )
)
def signed_corrections(bench: Bench, lot: str, role: str, meaning: str, count: int) -> None:
    """The newest stands; those before it are void, for the record has another revision since."""
    name = f"certificate/{json.loads(_certificate(bench, lot).electronic).get('number')}"
    made = bench.port("Signing").signatures(bench.actors.session("analyst"), name)
    person = bench.actors.account(role).user_id
    told = [f"{s.meaning} by {s.user_id}: {'valid' if s.valid else 'not valid'}" for s in made]
    expected = [f"{meaning} by {person}: {'valid' if n == count else 'not valid'}" for n in range(1, count + 1)]
    bench.observe(
        f"signatures on {name}",
        expected="; ".join(expected),
        actual="; ".join(told) or "none",
        source=f"Signing.signatures {name}",
    )


@then(phrase('the certificate of lot "{lot}" is as it was'))
def unchanged(bench: Bench, lot: str) -> None:
    actual = str(digest_bytes(_certificate(bench, lot).human))
    bench.observe(
        "digest of the certificate",
        expected=str(digest_bytes(bench.world.facts["before"].human)),
        actual=actual,
        source="Pipeline.certificate",
    )


# ------------------------------------------------------------ copies and drafts


def _asked(bench: Bench, what: str, lot: str, ask: Callable[[str, str], RecordCopy], role: str) -> None:
    try:
        copy = ask(bench.actors.session(role), bench.lot(lot))
    except Refused as refusal:
        outcome = refused(refusal)
    else:
        outcome = Outcome(True, f"{len(copy.human)} bytes {copy.human_type}")
        bench.world.facts[what] = copy
        bench.attach(copy.human, name=f"{what} of {bench.lot(lot)}", media_type=copy.human_type)
    bench.world.take(f"Pipeline.certificate_{what}", outcome)
    bench.observe.note(f"{what} for the {role}", answer(outcome), source=f"Pipeline.certificate_{what}")


@when(phrase('the "{role}" asks for a copy of the certificate of lot "{lot}"'))
def asks_copy(bench: Bench, role: str, lot: str) -> None:
    _asked(bench, "copy", lot, _port(bench).certificate_copy, role)


@when(phrase('the "{role}" asks for the draft of the certificate of lot "{lot}"'))
def asks_draft(bench: Bench, role: str, lot: str) -> None:
    _asked(bench, "draft", lot, _port(bench).certificate_draft, role)


def _page_texts(pdf: bytes) -> list[str]:
    from pypdf import PdfReader

    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


@then(
    phrase(
        'every page of the copy says "{words}", holds what the page of the certificate of lot "{lot}" holds, and no signature is left in it'
    )
)
def copy_is_marked(bench: Bench, words: str, lot: str) -> None:
    """A copy on paper must not pass for the original, and its file not for a signed one; nothing of the page may be covered."""
    from pypdf import PdfReader

    pdf = bench.world.facts["copy"].human
    pages, originals = _page_texts(pdf), _page_texts(_certificate(bench, lot).human)
    bench.observe("pages", expected=str(len(originals)), actual=str(len(pages)), source="text of the PDF")
    for number, (page, original) in enumerate(zip(pages, originals, strict=False), 1):
        bench.observe(f"page {number}", expected=words, actual=page, by="contains", source="text of the PDF")
        lost = sorted({w for w in original.split() if w not in page})
        bench.observe(
            f"words of page {number} that the copy lacks",
            expected="none",
            actual=" ".join(lost) or "none",
            source="text of both PDF files",
        )
    left = "a form" if PdfReader(io.BytesIO(pdf)).get_fields() else "none"
    bench.observe("signatures in the file", expected="none", actual=left, source="PDF")
    _fits(bench, pdf)


def _fits(bench: Bench, pdf: bytes) -> None:
    """The strip lies above what was the page: its text starts on the page, and below it stands what was there."""
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(io.BytesIO(pdf)).pages, 1):
        seen: list[tuple[float, float]] = []

        def visit(
            text: str, _cm: Any, matrix: list[float], _font: Any, _size: Any, seen: list[tuple[float, float]] = seen
        ) -> None:
            if text.strip():
                seen.append((float(matrix[4]), float(matrix[5])))

        page.extract_text(visitor_text=visit)
        box = page.cropbox
        outside = [f"{x:.0f},{y:.0f}" for x, y in seen if not (box.left <= x <= box.right and box.bottom <= y <= box.top)]
        bench.observe(
            f"text of page {number} outside the page", expected="none", actual="; ".join(outside) or "none", source="PDF"
        )


@then(phrase('the audit trail of lot "{lot}" tells that the certificate was handed out as "{form}"'))
def handed_out(bench: Bench, lot: str, form: str) -> None:
    number = json.loads(_certificate_data(bench)).get("number", _MISSING)
    entries = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
    told = [e.new for e in entries if e.action == "copy" and e.record == f"certificate/{number}" and e.field == "form"]
    bench.observe("handed out as", expected=form, actual=", ".join(told) or _MISSING, by="contains", source="AuditTrail.entries")


def _certificate_data(bench: Bench) -> bytes:
    found: RecordCopy | None = bench.world.facts.get("copy")
    if found is None:
        raise CsvgenError("no copy was handed out before this step")
    return found.electronic


@then(
    phrase(
        'every page of the draft says "{words}", and it tells every reported value of lot "{lot}" without number and signature'
    )
)
def draft_is_marked(bench: Bench, words: str, lot: str) -> None:
    copy: RecordCopy = bench.world.facts["draft"]
    content = dict(json.loads(copy.electronic))
    for number, page in enumerate(_page_texts(copy.human), 1):
        bench.observe(f"page {number}", expected=words, actual=page, by="contains", source="text of the PDF")
    expected = {"number": "DRAFT", "revision": "0", "status": "DRAFT - NOT RELEASED"}
    for field, value in expected.items():
        bench.observe(field, expected=value, actual=str(content.get(field, _MISSING)), source="data of the draft")
    found = bench.port("Pipeline").lot(bench.actors.session("analyst"), bench.lot(lot))
    values = "; ".join(f"{t.name} {t.reported} {t.unit}" for t in found.tests) if found else "(no such lot)"
    told = "; ".join(f"{t['name']} {t['reported']} {t['unit']}" for t in content.get("results", []))
    bench.observe("values", expected=values, actual=told, source="data of the draft")
    bench.observe("bytes of a signature", expected="none", actual="some" if b"/ByteRange" in copy.human else "none", source="PDF")
