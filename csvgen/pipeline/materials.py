"""Materials: what a lot is a lot of, as its certificate has to name it (EU GMP Part II and ICH Q7, 11.4; WHO TRS 1010, annex 4).

Master data like a method: proposed by one person with a change ticket, effective when quality has signed, never for lots that were
given an earlier version. A lot belongs to one material, with the day it was made; the day it expires, or is to be retested, follows
from the rule of the material, and may be earlier, never later.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from csvgen.canonical import plain
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.marks import load
from csvgen.model.base import Line, Stamp, Value, first_fault, hazard
from csvgen.pipeline import effective, life
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.numbers import Whole
from csvgen.pipeline.signing import Signatures
from csvgen.pipeline.sources import as_day
from csvgen.ports import Outcome

EFFECTIVE = "material effective"
SETTING, REQUIRED = "material", "required"
"""The setting that says whether a lot without material can be released, and the word for: it cannot."""


def _printed(text: str) -> str:
    if found := hazard(text, newline=False):
        raise ValueError(f"this must be one line of printable text; it holds {found}")
    return text


Printed = Annotated[str, AfterValidator(_printed)]
"""One line that may stay empty, without characters that a reader of the certificate cannot see."""


class Material(Value):
    """A material or product, as certificates name it (record kind ``material``)."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$")
    name: Line
    grade: Printed = Field(default="", max_length=100)
    """Empty where none applies."""
    manufacturer: Line
    address: Line
    """Postal address and telephone of the manufacturer, as they are printed (ICH Q7, 11.43)."""
    laboratory: Printed = Field(default="", max_length=400)
    """Name and address of the laboratory that tests it; empty: the manufacturer's own, at the same address."""
    specification: Line
    """Reference and version of what its limits come from: ``SPEC-0042 version 3``."""
    method: str = Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$")
    """The method its lots are tested by; lots of another method are not lots of it."""
    period: Literal["expiry", "retest"]
    """What the time after manufacture ends with (ICH Q7, 11.6)."""
    months: Whole = Field(ge=1, le=240)
    """How long it is."""

    def ends(self, manufactured_on: str) -> str:
        """The last day by the rule: the same day of the month, or the last one of a month that has no such day."""
        made = dt.date.fromisoformat(manufactured_on)
        year, month = divmod(made.year * 12 + made.month - 1 + self.months, 12)
        day = min(made.day, calendar.monthrange(year, month + 1)[1])
        return dt.date(year, month + 1, day).isoformat()


class MaterialChange(Value):
    """A material as somebody wants it to be."""

    id: str
    material: str
    replaces: int
    """Version of the material record it was written against; 0 for a new material."""
    content: dict[str, Any]
    """The whole material, as its record will hold it."""
    ticket: Line
    by: str
    at: Stamp


class Materials:
    """Proposing and approving materials; saying what a lot is a lot of."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    def change(self, session: str, document: str, ticket: str, reason: str) -> Outcome:
        """Propose a material: the whole of it as YAML, as in the master data. Nothing is effective before quality has signed.

        Raises BadInput for what is no material, names a method that is not there, or says what is in force already.
        """
        with self._core.acting(session, "change_material", "material") as acting:
            material = read_material(document)
            line(ticket, "change ticket")
            line(reason, "reason")
            if self._core.ledger.latest("method", material.method) is None:
                raise BadInput(f"material {material.id} is tested by {material.method}, and there is no such method")
            current = self._core.ledger.latest("material", material.id)
            content = plain(material.model_dump())
            if current is not None and current.content == content:
                raise BadInput(f"material {material.id} says this already")
            proposed = MaterialChange(
                id=f"MD-{len(self._core.ledger.all('material-change')) + 1:04d}",
                material=material.id,
                replaces=current.number if current else 0,
                content=content,
                ticket=ticket,
                by=acting.account.id,
                at=stored(self._core.clock.now()),
            )
            with self._core.ledger.change(self._core.actor(acting), f"{ticket}: {reason}") as change:
                change.put("material-change", proposed.id, proposed.model_dump(), action="propose-material")
        words = f"change {proposed.id} of material {material.id} proposed; it is effective when quality has approved it"
        return Outcome(True, words, f"material-change/{proposed.id}", {"replaces": str(proposed.replaces)})

    def approve(self, session: str, identity: str, reason: str, user_id: str, password: str) -> Outcome:
        """Approve a proposed material for quality: it is the next version, for lots that are given it from now on."""
        with self._core.acting(session, "approve_material", f"material-change/{identity[:40]}") as acting:
            proposed, version = self._core.known("material-change", identity, MaterialChange)
            line(reason, "reason")
            current = self._core.ledger.latest("material", proposed.material)
            if acting.account.id == proposed.by:
                raise Refused(f"{acting.account.printed_name} proposed {identity} and may not approve it", rule="RR-G02")
            if (current.number if current else 0) != proposed.replaces:
                raise Refused(f"{identity} was written against version {proposed.replaces} of {proposed.material}", rule="RR-F01")
            hand = self._signatures.hand(acting, EFFECTIVE, reason, user_id, password)
            with self._core.ledger.change(self._core.actor(acting), f"{proposed.ticket}: {identity} approved") as change:
                self._signatures.make(change, version, hand)
                new = change.put("material", proposed.material, Material.model_validate(proposed.content).model_dump())
        words = f"material {proposed.material} version {new.number} is effective"
        return Outcome(True, words, f"material/{proposed.material}", {"version": str(new.number)})

    def describe(self, session: str, lot: str, material: str, manufactured_on: str, expires_on: str, reason: str) -> Outcome:
        """Say, or correct, what a lot is a lot of. What stood there stays in the trail; a signed review is void by it.

        Raises Refused for a lot that is decided, BadInput for a material or a day that cannot be.
        """
        with self._core.acting(session, "change_lot", f"lot/{lot[:100]}") as acting:
            found, version = self._core.known("lot", lot, Lot)
            line(reason, "reason")
            state = life.after(lot, life.state(self._core.state(lot)), "change")
            described = of_material(self._core, found, material, manufactured_on, expires_on)
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                new = change.put("lot", lot, described.model_dump())
                if new.number == version.number:
                    raise BadInput(f"lot {lot} says this already")
                change.put("status", lot, {"lot": lot, "state": state}, reason=f"record changed: {reason}")
        words = f"lot {lot} is of {described.material} version {described.material_version}"
        facts = {"version": str(new.number), "expires_on": described.expires_on}
        return Outcome(True, f"{words}, made on {described.manufactured_on}; now {state}", f"lot/{lot}", facts)


def read_material(document: str) -> Material:
    """A material from YAML. Raises BadInput with what is wrong."""
    marked, findings = load(document.encode("utf-8"), "material.yaml")
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    try:
        return Material.model_validate(marked.value)
    except ValidationError as problem:
        raise BadInput(first_fault(problem), where="material.yaml") from None


def material_of(core: Core, lot: Lot) -> Material | None:
    """The material of a lot, in the version the lot was given; None when it has none."""
    if not lot.material:
        return None
    return Material.model_validate(effective.version_of(core, "material", lot.material, lot.material_version).content)


def of_material(core: Core, lot: Lot, material: str, manufactured_on: str, expires_on: str) -> Lot:
    """The lot as a lot of a material, in the version in force now.

    Raises BadInput for a material that is not there or is tested by another method, and for days that cannot be: none, not yet, or
    later than the rule of the material; NotIntact for a material that nobody approved.
    """
    found, version = core.known("material", material, Material)
    effective.require(core, "material", found.id, version.number, EFFECTIVE)
    if found.method != lot.method:
        raise BadInput(f"lot {lot.lot} is tested by method {lot.method}; {found.name} ({found.id}) is tested by {found.method}")
    made, end = _day(manufactured_on, "day of manufacture"), _day(expires_on, f"{found.period} date", blank=True)
    if made > stored(core.clock.now())[:10]:
        raise BadInput(f"lot {lot.lot} cannot have been made on {made}: that day has not come yet")
    if lot.sampled_on and made > lot.sampled_on:
        raise BadInput(f"lot {lot.lot} was sampled on {lot.sampled_on} and cannot have been made on {made}")
    rule = found.ends(made)
    if end and not made < end <= rule:
        words = f"made on {made}, {found.name} has its {found.period} date on {rule} at the latest, and after it was made"
        raise BadInput(f"lot {lot.lot}: {words}; not on {end}")
    return lot.model_copy(
        update={"material": found.id, "material_version": version.number, "manufactured_on": made, "expires_on": end or rule}
    )


def unfit(core: Core, lot: Lot) -> str:
    """Why a lot cannot be released by what it is said to be; empty when nothing speaks against it. Raises NotIntact."""
    found = material_of(core, lot)
    if found is None:
        if core.configuration().get(SETTING) != REQUIRED:
            return ""
        return "material, manufacturer, day of manufacture and expiry or retest date are not stated"
    effective.require(core, "material", found.id, lot.material_version, EFFECTIVE)
    if lot.expires_on < stored(core.clock.now())[:10]:
        return f"its {found.period} date {lot.expires_on} is past"
    return ""


def _day(text: str, what: str, *, blank: bool = False) -> str:
    if blank and not text:
        return ""
    try:
        return as_day(text)
    except ValueError:
        raise BadInput(f"the {what} must be a day such as 2026-11-21, not {text[:40]!r}") from None
