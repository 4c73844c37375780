"""What a reviewer is shown, what a release hands out, and confidence limits and calibrations against hand-worked values."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pytest_bdd import then, when

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import shown
from csvgen.errors import CsvgenError, Refused
from csvgen.ports import AuditEntry, Outcome, RecordCopy
from csvgen.steps import packetlines
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import view
from csvgen.steps.provenance import MISSING, refused
from csvgen.steps.records import record_of
from csvgen.steps.signing import signature_of

# ------------------------------------------------------------ the review packet


@when(phrase('the "{role}" asks for the review packet of lot "{lot}"'))
def packet(bench: Bench, role: str, lot: str) -> None:
    packetlines.take(bench, bench.lot(lot))
    bench.world.facts["entries"] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
    found: RecordCopy = bench.port("Signing").review_packet(bench.actors.session(role), bench.lot(lot))
    bench.world.facts["packet"] = found
    bench.attach(found.electronic, name=f"review packet of {bench.lot(lot)}", media_type=found.electronic_type)
    bench.observe.note(f"review packet of {bench.lot(lot)}", f"{len(found.electronic)} bytes", source="Signing.review_packet")


@when(phrase('the "{role}" signs lot "{lot}" as "{meaning}" on what was shown before, and on nothing newer'))
def sign_shown(bench: Bench, role: str, lot: str, meaning: str) -> None:
    person = bench.actors.account(role)
    outcome = bench.port("Signing").sign(
        bench.actors.session(role), bench.lot(lot), meaning, "data reviewed", person.user_id, person.password
    )
    bench.world.take("Signing.sign", outcome)
    bench.observe.note(f"signature of the {role} on lot {bench.lot(lot)}", answer(outcome), source="Signing.sign")


@then(phrase('the review packet shows every entry of the audit trail of lot "{lot}" and its reported values'))
def packet_whole(bench: Bench, lot: str) -> None:
    """Entry by entry in every field: one event may have several entries, and each is read."""
    packet = json.loads(bench.world.facts["packet"].electronic)
    held = Counter(canonical_json(e) for e in packet.get("audit_trail", []))
    wanted: tuple[AuditEntry, ...] = bench.world.facts["entries"]
    bench.observe("entries of the audit trail", expected="1", actual=str(len(wanted)), by="at-least", source="AuditTrail.entries")
    without = Counter(canonical_json(e) for e in wanted) - held
    actual = "; ".join(e.decode("utf-8").strip() for e in without) or "none"
    bench.observe(
        "entries that are not in the packet as they are", expected="none", actual=actual, source="Signing.review_packet"
    )
    page = bench.world.facts["packet"].human.decode("utf-8")
    rows = [" ".join(html.unescape(_TAG.sub(" ", row)).split()) for row in _ROW.findall(page)]
    unread = [f"{e.number} {e.field}".strip() for e in wanted if not any(all(part in row for part in _read(e)) for row in rows)]
    bench.observe(
        "entries that are not on the page to read",
        expected="none",
        actual="; ".join(unread) or "none",
        source="Signing.review_packet",
    )
    for test in view(bench, bench.lot(lot)).tests:
        told = "; ".join(r for r in rows if r.casefold().startswith(test.name.casefold())) or "(no row of this test)"
        expected = f"{test.reported} {test.unit}"
        bench.observe(
            f"{test.name} on the page to read", expected=expected, actual=told, by="contains", source="Signing.review_packet"
        )
    packetlines.look(bench, bench.lot(lot), packet)


def _read(entry: AuditEntry) -> list[str]:
    """What of an entry stands in one row of a page, blanks as a page shows them."""
    parts = (
        str(entry.number),
        shown(entry.at),
        entry.printed_name,
        entry.action,
        entry.record,
        entry.field,
        entry.old,
        entry.new,
    )
    return [" ".join(part.split()) for part in (*parts, entry.reason) if part]


_ROW, _TAG = re.compile(r"<tr>(.*?)</tr>", re.DOTALL), re.compile(r"<[^>]+>")


@then(phrase('the record of lot "{lot}" names the digest of the review packet that was shown'))
def packet_bound(bench: Bench, lot: str) -> None:
    record = record_of(bench, lot)
    shown = digest_bytes(bench.world.facts["packet"].electronic)
    told = record.fields.get("review.packet") or record.fields.get("review") or MISSING
    bench.observe("review packet named by the lot record", expected=shown, actual=told, by="contains", source="Records.read")


# ------------------------------------------------------------ the certificate of analysis


@when(phrase('the "{role}" asks for the certificate of analysis of lot "{lot}"'))
def certificate(bench: Bench, role: str, lot: str) -> None:
    try:
        copy: RecordCopy = bench.port("Pipeline").certificate(bench.actors.session(role), bench.lot(lot))
    except Refused as refusal:
        outcome = refused(refusal)
    else:
        outcome = Outcome(True, f"{len(copy.human)} bytes {copy.human_type}, {len(copy.electronic)} bytes {copy.electronic_type}")
        bench.world.facts["certificate"] = copy
        bench.attach(copy.human, name=f"certificate of {bench.lot(lot)}", media_type=copy.human_type)
        bench.attach(copy.electronic, name=f"data of the certificate of {bench.lot(lot)}", media_type=copy.electronic_type)
    bench.world.take("Pipeline.certificate", outcome)
    bench.observe.note(f"certificate of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.certificate")


def _content(bench: Bench) -> dict[str, Any]:
    return dict(json.loads(bench.world.facts["certificate"].electronic))


def _limit(text: str) -> str:
    """A limit as the certificate prints it; a value reported for information has none."""
    return f"limit {text}" if text else "no limit"


@then(phrase('the certificate tells every reported value of lot "{lot}" with unit, limit and verdict'))
def certificate_values(bench: Bench, lot: str) -> None:
    content, tests = _content(bench), view(bench, bench.lot(lot)).tests
    told = {t["name"]: f"{t['reported']} {t['unit']}; {_limit(t['limit'])}; {t['verdict']}" for t in content.get("results", [])}
    bench.observe("values on the certificate", expected=str(len(tests)), actual=str(len(told)), source="Pipeline.certificate")
    for test in tests:
        expected = f"{test.reported} {test.unit}; {_limit(test.limit)}; {test.verdict}"
        bench.observe(f"{test.name}", expected=expected, actual=told.get(test.name, MISSING), source="Pipeline.certificate")
    bench.observe(
        "lot", expected=bench.lot(lot), actual=content.get("lot", {}).get("lot", MISSING), source="Pipeline.certificate"
    )
    bench.observe("status", expected="RELEASED", actual=content.get("status", MISSING), source="Pipeline.certificate")
    _marks(bench, lot)


@then(phrase('the certificate names the signature of the "{role}" on lot "{lot}" as "{meaning}"'))
def certificate_signature(bench: Bench, role: str, lot: str, meaning: str) -> None:
    signature = signature_of(bench, lot, role)
    told = [s for s in _content(bench).get("signatures", []) if s.get("user_id") == signature.user_id]
    shown: Mapping[str, str] = told[0] if told else {}
    actual = f"{shown.get('printed_name', MISSING)}; {shown.get('meaning', MISSING)}; {shown.get('signed', MISSING)}"
    expected = f"{signature.printed_name}; {meaning}; {signature.at}"
    bench.observe(f"signature of the {role}", expected=expected, actual=actual, source="Pipeline.certificate, Signing.signatures")


def pages_of(pdf: bytes) -> str:
    """The text of all pages, as one line."""
    from pypdf import PdfReader

    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def _marks(bench: Bench, lot: str) -> None:
    """What the pages say of the certificate itself, and what the trail tells of handing it out."""
    content, pages = _content(bench), pages_of(bench.world.facts["certificate"].human)
    numbered = f"{content.get('number', MISSING)}\nRevision {content.get('revision', MISSING)}"
    bench.observe(
        "number and revision on the pages", expected=numbered, actual=pages, by="contains-each", source="text of the PDF"
    )
    verdict = f"{content.get('lot', {}).get('verdict', MISSING)}"
    bench.observe("verdict on the pages", expected=verdict, actual=pages, by="contains", source="text of the PDF")
    demonstration = "not marked" if content.get("demonstration") == "no" else "marked"
    actual = "marked" if "DEMONSTRATION" in pages else "not marked"
    bench.observe("mark of a demonstration on the pages", expected=demonstration, actual=actual, source="text of the PDF")
    replaces = "told" if content.get("replaces") else "not told"
    actual = "told" if "Replaces" in pages else "not told"
    bench.observe("what it replaces", expected=replaces, actual=actual, source="text of the PDF")
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
    handed = {e.field: e.new for e in entries if e.action == "copy" and e.record == f"certificate/{content.get('number')}"}
    told = f"revision {handed.get('revision', MISSING)}, {handed.get('form', MISSING)}"
    expected = f"revision {content.get('revision', MISSING)}, as issued"
    bench.observe("entry of handing it out", expected=expected, actual=told, source="AuditTrail.entries")


_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@then("the PDF of the certificate is the one its record names, and its signature covers every byte of it")
def certificate_pdf(bench: Bench) -> None:
    """Read without a PDF library: the signed ranges (ISO 32000-1, 12.8.1) leave out the signature itself and nothing else, and their
    digest stands in it.
    """
    pdf, number = bench.world.facts["certificate"].human, str(_content(bench).get("number", MISSING))
    record = bench.port("Records").read(bench.actors.session("analyst"), f"certificate/{number}")
    named = record.fields.get("pdf", MISSING) if record else MISSING
    bench.observe(f"digest of {number}", expected=named, actual=digest_bytes(pdf), source="Records.read; digest by the recorder")
    ranges = [tuple(int(n) for n in found) for found in _RANGE.findall(pdf)]
    bench.observe("signatures in the PDF", expected="1", actual=str(len(ranges)), source="byte ranges of the PDF")
    for begin, before, after, length in ranges:
        covered = f"from {begin} to {after + length}, without {before} to {after}"
        bench.observe(
            "bytes signed",
            expected=f"from 0 to {len(pdf)}, without {before} to {after}",
            actual=covered,
            source="byte ranges of the PDF",
        )
        left_out = pdf[before:after]
        only = left_out[:1] + left_out[-1:] == b"<>" and all(b in b"0123456789abcdefABCDEF" for b in left_out[1:-1])
        bench.observe(
            "bytes not signed", expected="the signature", actual="the signature" if only else "something else", source="PDF"
        )
        signed = hashlib.sha256(pdf[begin:before] + pdf[after : after + length]).hexdigest()
        told = signed if signed in left_out.decode("ascii").lower() else "(another digest)"
        bench.observe(
            "digest of the signed bytes in the signature", expected=signed, actual=told, source="PDF, SHA-256 by the recorder"
        )


# ------------------------------------------------------------ hand-worked calibrations and confidence limits


@when(phrase('the "{model}" calibration of the oracle "{oracle}" is computed'))
def calibrate(bench: Bench, model: str, oracle: str) -> None:
    worked = bench.testdata.oracle(oracle)
    x, y = (tuple(row[name] for row in worked.inputs) for name in ("level", "signal"))
    computed = bench.port("Pipeline").calibrate(bench.actors.session("analyst"), model, x, y)
    bench.world.facts["computed"] = computed
    by = f"oracle {oracle}, worked by {worked.author}, checked by {worked.checker}"
    bench.observe.note(f"{model} calibration of {len(x)} points; {by}", f"{len(computed)} values", source="Pipeline.calibrate")


@then(phrase('every expected value of the oracle "{oracle}" is computed to every decimal given'))
def calibrated(bench: Bench, oracle: str) -> None:
    computed: Mapping[str, str] = bench.world.facts["computed"]
    for name, expected in sorted(bench.testdata.oracle(oracle).expected.items()):
        actual = computed.get(name, computed.get("refused", MISSING))
        bench.observe(name, expected=expected, actual=actual, by="rounds-to", source=f"Pipeline.calibrate; oracle {oracle}")


@then(phrase('the record of lot "{lot}" tells the confidence limits of the oracle "{oracle}" to every decimal given'))
def limits(bench: Bench, lot: str, oracle: str) -> None:
    fields, source = record_of(bench, lot).fields, f"Records.read; oracle {oracle}"
    names = {"lower": "lower_unrounded", "upper": "upper_unrounded", "unrounded": "unrounded"}
    for name, expected in sorted(bench.testdata.oracle(oracle).expected.items()):
        test, _, what = name.rpartition(" ")
        if what not in names:
            raise CsvgenError(f"the oracle {oracle} expects {name!r}, which is no limit")
        actual = fields.get(f"tests.{test}.{names[what]}", MISSING)
        bench.observe(f"{name} of lot {bench.lot(lot)}", expected=expected, actual=actual, by="rounds-to", source=source)


@then(phrase('the record of lot "{lot}" tells no confidence limits of the test "{test}"'))
def no_limits(bench: Bench, lot: str, test: str) -> None:
    fields = record_of(bench, lot).fields
    reported = fields.get(f"tests.{test}.reported", MISSING)
    bench.observe(f"{test} is reported", expected=MISSING, actual=reported, by="not-equal", source="Records.read")
    told = "; ".join(
        f"{n} {v}" for n, v in fields.items() if n.startswith(f"tests.{test}.") and n.rpartition(".")[2] in _LIMITS and v
    )
    bench.observe(f"confidence limits of {test}", expected="none", actual=told or "none", source="Records.read")


_LIMITS = frozenset({"lower", "upper", "lower_unrounded", "upper_unrounded", "interval"})
