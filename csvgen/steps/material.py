"""What a lot is a lot of: materials proposed and approved, and lots described by them, as their certificates have to name it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, RecordCopy
from csvgen.steps.certificate import pages_of
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.gates import AUTHOR, Hand, hand_of

_MISSING = "(not told)"
_MADE_BY = "Example Works"
_MATERIAL = """\
id: {id}
name: {name}
grade: for validation
manufacturer: {manufacturer}
address: Example Street 1, Example Town, telephone 555 0100
specification: SPEC-{id} version 3
method: {method}
period: {period}
months: "{months}"
"""


def _port(bench: Bench) -> Any:
    """The functions stand beside the port Pipeline: not every system knows materials."""
    port: Any = bench.port("Pipeline")
    if not hasattr(port, "describe_lot"):
        raise Blocked(f"the target {bench.target.name} offers no description of lots by materials")
    return port


def _name(bench: Bench) -> str:
    return f"MT-{int(digest_bytes(bench.lot('material').encode()).hex[:8], 16) % 10**6:06d}"


def _propose(bench: Bench, by: Hand, method: str, period: str, months: int) -> Outcome:
    count = bench.world.facts["proposals"] = int(bench.world.facts.get("proposals", 0)) + 1
    told = {"name": f"Substance {_name(bench)}-{count}", "manufacturer": _MADE_BY, "method": method, "period": period}
    text = _MATERIAL.format(id=_name(bench), months=months, **told)
    made: Outcome = _port(bench).change_material(by.session, text, f"CHG {_name(bench)}", "a new material")
    if made.accepted:
        bench.world.facts |= {"material": _name(bench), "proposal": made.reference.partition("/")[2], "named": told["name"]}
    return made


def _approve(bench: Bench, role: str, proposal: str) -> Outcome:
    by = hand_of(bench, role)
    made: Outcome = _port(bench).approve_material(by.session, proposal, "as specified", by.user_id, by.password)
    return made


def _must(outcome: Outcome, what: str) -> Outcome:
    if not outcome.accepted:
        raise CsvgenError(f"{what}: {outcome.message}")
    return outcome


@given(phrase('a material by the method "{method}" with a period of {period} of {months:d} months waits for its approval'))
def waits(bench: Bench, method: str, period: str, months: int) -> None:
    _must(_propose(bench, hand_of(bench, "analyst"), method, period, months), "the material could not be proposed")
    bench.observe.note("material proposed", f"{bench.world.facts['material']}", source="Pipeline.change_material")


@given(phrase('a material by the method "{method}" of an author who is of quality too waits for its approval'))
def waits_for_author(bench: Bench, method: str) -> None:
    _must(_propose(bench, hand_of(bench, AUTHOR), method, "expiry", 12), "the material could not be proposed")
    bench.observe.note("material proposed", f"{bench.world.facts['material']}", source="Pipeline.change_material")


@given(phrase('a material by the method "{method}" with a {months:d}-month period of {period} is in force'))
@given(phrase('a material by the method "{method}" with a period of {period} of {months:d} months is in force'))
def in_force(bench: Bench, method: str, period: str, months: int) -> None:
    waits(bench, method, period, months)
    _must(_approve(bench, "quality", str(bench.world.facts["proposal"])), "the material could not be approved")


@when(phrase('the "{role}" approves the material'))
def approves(bench: Bench, role: str) -> None:
    outcome = bench.world.take("Pipeline.approve_material", _approve(bench, role, str(bench.world.facts["proposal"])))
    bench.observe.note(f"approval by the {role}", answer(outcome), source="Pipeline.approve_material")


@when("its author approves the material")
def author_approves(bench: Bench) -> None:
    approves(bench, AUTHOR)


@when("two changes of the material are proposed, and the second is approved")
def two_changes(bench: Bench) -> None:
    """Both are written against one version; the first is then out of date."""
    by, first = hand_of(bench, "analyst"), ""
    for months in (18, 24):
        made = _must(_propose(bench, by, str(bench.world.facts.get("method", "LIN-01")), "expiry", months), "no change proposed")
        first = first or made.reference.partition("/")[2]
    outcome = bench.world.take("Pipeline.approve_material", _approve(bench, "quality", str(bench.world.facts["proposal"])))
    bench.world.facts["proposal"] = first
    bench.observe.note("approval of the second", answer(outcome), source="Pipeline.approve_material")


def _day(bench: Bench, text: str) -> str:
    """``{today-10}`` by the clock of the system; other text as it is; ``by the rule`` is none."""
    if text == "by the rule":
        return ""
    if found := re.fullmatch(r"\{?today([+-]\d+)?\}?", text):
        now = parsed(bench.port("Installation").clock().utc)
        return stored(now + dt.timedelta(days=int(found[1] or 0)))[:10]
    return text


def _described(bench: Bench, role: str, lot: str, material: str, made: str, ends: str) -> None:
    by = hand_of(bench, role)
    about = (bench.lot(lot), material, _day(bench, made), _day(bench, ends), "as the batch record says")
    outcome = bench.world.take("Pipeline.describe_lot", _port(bench).describe_lot(by.session, *about))
    bench.observe.note(f"lot {bench.lot(lot)} described by the {role}", answer(outcome), source="Pipeline.describe_lot")


@when(phrase('the "{role}" says that lot "{lot}" is of that material, made on "{made}", ending on "{ends}"'))
def describes(bench: Bench, role: str, lot: str, made: str, ends: str) -> None:
    _described(bench, role, lot, str(bench.world.facts["material"]), made, ends)


@when(phrase('the "{role}" says that lot "{lot}" is of the material "{material}", made on "{made}", ending on "{ends}"'))
def describes_other(bench: Bench, role: str, lot: str, material: str, made: str, ends: str) -> None:
    _described(bench, role, lot, material, made, ends)


@then(phrase('lot "{lot}" is of version {version:d} of that material, made on "{made}", ending on "{ends}"'))
def is_of(bench: Bench, lot: str, version: int, made: str, ends: str) -> None:
    record = bench.port("Records").read(bench.actors.session("analyst"), bench.lot(lot))
    fields: Mapping[str, str] = record.fields if record else {}
    expected = {
        "material": str(bench.world.facts["material"]), "material_version": str(version), "manufactured_on": _day(bench, made),
        "expires_on": _day(bench, ends),
    }  # fmt: skip
    for field, value in expected.items():
        bench.observe(
            f"{field} of lot {bench.lot(lot)}", expected=value, actual=fields.get(field, _MISSING), source="Records.read"
        )


@then(phrase('lot "{lot}" is of no material'))
def of_none(bench: Bench, lot: str) -> None:
    record = bench.port("Records").read(bench.actors.session("analyst"), bench.lot(lot))
    fields: Mapping[str, str] = record.fields if record else {"material": "(no such lot)"}
    actual = "; ".join(f"{f} {fields[f]}" for f in ("material", "manufactured_on", "expires_on") if fields.get(f)) or "none"
    bench.observe(f"material of lot {bench.lot(lot)}", expected="none", actual=actual, source="Records.read")


@then(
    phrase(
        'the certificate names that material, its manufacturer and specification, made on "{made}", with the {period} date "{ends}"'
    )
)
def certificate_names(bench: Bench, made: str, period: str, ends: str) -> None:
    """In its data, and on its pages as people read them."""
    copy: RecordCopy = bench.world.facts["certificate"]
    content, pages = dict(json.loads(copy.electronic)), pages_of(copy.human)
    identity, named = str(bench.world.facts["material"]), str(bench.world.facts["named"])
    told, lot = content.get("material", {}), content.get("lot", {})
    expected = {"id": identity, "name": named, "manufacturer": _MADE_BY, "specification": f"SPEC-{identity} version 3"}
    for field, value in expected.items():
        bench.observe(
            f"{field} of the material", expected=value, actual=str(told.get(field, _MISSING)), source="data of the certificate"
        )
    for field, day in (("manufactured_on", made), ("expires_on", ends)):
        bench.observe(field, expected=_day(bench, day), actual=lot.get(field, _MISSING), source="data of the certificate")
    rows = (
        f"Material {named} ({identity} version {told.get('version', _MISSING)})", f"Manufacturer {_MADE_BY}, Example Street 1",
        f"Date of manufacture {_day(bench, made)}", f"{period.capitalize()} date {_day(bench, ends)}", f"Specification SPEC-{identity} version 3",
        "at the manufacturer's address",
    )  # fmt: skip
    for row in rows:
        bench.observe("on the pages", expected=row, actual=pages, by="contains", source="text of the PDF")


@then("the certificate names no material, and says so")
def certificate_names_none(bench: Bench) -> None:
    copy: RecordCopy = bench.world.facts["certificate"]
    content, pages = dict(json.loads(copy.electronic)), pages_of(copy.human)
    actual = str(content.get("material", _MISSING) or "none")
    bench.observe("material", expected="none", actual=actual, source="data of the certificate")
    for row in (
        "Material not stated",
        "Date of manufacture not stated",
        "Expiry or retest date not stated",
        "Specification not stated",
    ):
        bench.observe("on the pages", expected=row, actual=pages, by="contains", source="text of the PDF")
