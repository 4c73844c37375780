"""A pipeline shown from end to end, with no server: real files, fictitious people, results beside reference values.

What is shown is data (``examples/pipeline/<pipeline>.yaml``): who acts, what is brought in, what must come out and within which limit.
The instance says DEMONSTRATION in its trust root, and so does every signature made in it. The passwords are random and are written
nowhere: nobody can act in it afterwards.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

import csvgen
from csvgen.canonical import write
from csvgen.clock import Clock, stored
from csvgen.errors import BadInput, ConfigError
from csvgen.marks import load
from csvgen.model.base import Line, Value, first_fault
from csvgen.pipeline import instance, setup
from csvgen.pipeline.materials import Material
from csvgen.pipeline.method import DecimalText, Method
from csvgen.pipeline.nouns import Instrument
from csvgen.pipeline.numbers import number
from csvgen.pipeline.people import People
from csvgen.pipeline.release import QcRelease
from csvgen.ports import LotView, TestResult

_CALIBRATED = dt.timedelta(days=365)
ENVIRONMENT = "qualification"
"""A demonstration is never production."""
Role = Literal["administrator", "analyst", "reviewer", "quality"]
Say = Callable[[str], None]


class _Source(Value):
    id: str
    kind: Line
    named: Line


class _Person(Value):
    user_id: str
    printed_name: Line
    roles: tuple[str, ...]


class _File(Value):
    file: Line
    sample: Line
    instrument: Line


class Reference(Value):
    """What a test must give: from somebody else than the steps that are shown."""

    test: Line
    value: DecimalText
    within: DecimalText
    """Largest difference, per cent of the reference value."""
    source: Line


class _Lot(Value):
    lot: Line
    method: Line
    material: Line
    made_days_ago: int = Field(ge=1)
    """Days before the demonstration on which it is said to have been made."""
    files: tuple[_File, ...] = Field(min_length=1)
    decision: Literal["released", "rejected"]
    reason: Line
    references: tuple[Reference, ...] = Field(min_length=1)


class _Sender(Value):
    id: Line
    name: Line


class StudyPlan(Value):
    """A study: its plan, who sends which file as which input, and the published tables its results stand beside."""

    plan: Line
    sender: _Sender
    files: Mapping[Line, Line]
    references: Mapping[Line, Line]
    reason: Line


class Plan(Value):
    """One demonstration as data."""

    format: Literal["csvgen.demonstration/1"]
    pipeline: Line
    title: Line
    organisation: Line
    people: Mapping[Role, _Person]
    instruments: tuple[_Source, ...] = ()
    methods: tuple[Method, ...] = ()
    materials: tuple[Material, ...] = ()
    lots: tuple[_Lot, ...] = ()
    study: StudyPlan | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One result beside one reference value."""

    subject: str
    test: str
    reported: str
    unrounded: str
    verdict: str
    reference: str
    difference: str
    """Per cent of the reference value, or what `unit` says; empty when there is no result to compare."""
    within: str
    source: str
    agrees: bool
    """Whether the result lies within the stated limit of the reference, compared exactly."""
    unit: str = "%"


@dataclass(frozen=True)
class Shown:
    """What a demonstration made."""

    home: Path
    trust: Path
    """Folder with the trust root, outside of the instance: an instance cannot vouch for itself."""
    compared: tuple[Compared, ...]
    runs: Mapping[str, str]
    """Subject -> id of its run record."""
    states: Mapping[str, str]
    """Subject -> where it stands in the end."""
    certificates: Mapping[str, Path]

    @property
    def agrees(self) -> bool:
        """Whether something was compared and every result agrees with its references."""
        return bool(self.compared) and all(c.agrees for c in self.compared)


def folder() -> Path:
    """Where what is shown lies: inside the package when installed, beside it in a checkout."""
    package = Path(csvgen.__file__).parent
    installed = package / "_examples" / "pipeline"
    return installed if installed.is_dir() else package.parent / "examples" / "pipeline"


def plan(place: Path, pipeline: str) -> Plan:
    """The plan of a demonstration. Raises ConfigError when there is none, or when it is faulty."""
    path = place / f"{pipeline}.yaml"
    if not path.is_file():
        there = sorted(p.stem for p in place.glob("*.yaml"))
        raise ConfigError(f"no demonstration of {pipeline[:40]!r} is shipped", hint=f"there are: {', '.join(there) or 'none'}")
    marked, findings = load(path.read_bytes(), path.name)
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location))
    try:
        return Plan.model_validate(marked.value)
    except ValidationError as problem:
        raise ConfigError(first_fault(problem), where=path.name) from None


def demonstrate(place: Path, pipeline: str, base: Path, clock: Clock, say: Say) -> Shown:
    """Install a demonstration instance below `base`, bring in the files, process, review, decide. `place`: `folder()`.

    `base` gets ``instance``, ``trust`` and ``certificates``. Raises ConfigError when it is not empty, and whatever the system refuses.
    """
    if base.exists() and any(base.iterdir()):
        raise ConfigError("this folder is not empty; a demonstration is never made over something else", where=str(base))
    home = base / "instance"
    told = plan(place, pipeline)
    people = _install(told, home, clock)
    say("an instance is installed: database, keys, a local store that writes each file once; fictitious people get accounts")
    with QcRelease(home, clock) as app:
        _promote(app, pipeline, people)
        say("the code of the pipeline is built, signed by its builder, reviewed and promoted by two others")
        hands = Hands(app, people)
        if told.study is not None:
            from csvgen.pipeline.clinical.demonstration import show

            return show(told.study, place.parent / pipeline, hands, base, say)
        return _lots(told, place / "data", hands, base, clock, say)


def _lots(told: Plan, data: Path, hands: Hands, base: Path, clock: Clock, say: Say) -> Shown:
    for lot in told.lots:
        _whole(hands, lot, data, stored(clock.now() - dt.timedelta(days=lot.made_days_ago))[:10])
        say(f"lot {lot.lot}: {', '.join(f.file for f in lot.files)} brought in, processed, reviewed, {lot.decision}")
    views = {lot.lot: _view(hands, lot.lot) for lot in told.lots}
    return Shown(
        home=base / "instance",
        trust=hand_out_root(base),
        compared=tuple(c for lot in told.lots for c in _beside(lot, views[lot.lot])),
        runs={lot: view.run_record.get("id", "") for lot, view in views.items()},
        states={lot: view.state for lot, view in views.items()},
        certificates={lot: _certificate(hands, lot, base) for lot, view in views.items() if view.state == "released"},
    )


# ------------------------------------------------------------ the instance


def _install(told: Plan, home: Path, clock: Clock) -> dict[Role, setup.Hand]:
    """The instance with its people; gives who they are and what they log in with."""
    people: dict[Role, setup.Hand] = {r: setup.Hand(p.user_id, secrets.token_urlsafe(18)) for r, p in told.people.items()}
    administrator, first = told.people["administrator"], secrets.token_urlsafe(18)
    due = stored(clock.now() + _CALIBRATED)[:10]
    setup.create(
        home,
        clock,
        organisation=told.organisation,
        configuration={"environment": ENVIRONMENT, "repeated_data": "told", "material": "required"},
        instruments=[Instrument(id=i.id, kind=i.kind, named=i.named, calibration_due=due) for i in told.instruments],
        methods=told.methods,
        materials=told.materials,
        administrator=(administrator.user_id, administrator.printed_name, first),
        demonstration=True,
        parts=instance.Settings(),
    )
    with QcRelease(home, clock) as app:
        _own_password(app.access, administrator.user_id, first, people["administrator"].password)
        with people["administrator"].at_work(app) as session:
            for role, person in told.people.items():
                if role != "administrator":
                    first = secrets.token_urlsafe(18)
                    app.access.create_account(session, person.user_id, person.printed_name, person.roles, first)
                    _own_password(app.access, person.user_id, first, people[role].password)
    return people


def _promote(app: QcRelease, pipeline: str, people: Mapping[Role, setup.Hand]) -> None:
    setup.promote(
        app,
        pipeline,
        ENVIRONMENT,
        builder=people["analyst"],
        reviewer=people["reviewer"],
        quality=people["quality"],
        ticket="CHG-0001 demonstration (example)",
        commit=f"release {csvgen.__version__}",
        reason="as released",
        evidence="none: a demonstration",
    )


def _own_password(access: People, user_id: str, first: str, own: str) -> None:
    access.set_password(access.log_in(user_id, first).reference, own)


def hand_out_root(base: Path) -> Path:
    """The trust root beside the instance, as it would be handed to whoever verifies."""
    trust = base / "trust"
    trust.mkdir()
    (trust / "roots.pem").write_bytes((base / "instance" / "keys" / "ca.pem").read_bytes())
    return trust


# ------------------------------------------------------------ the people


class Hands:
    """The fictitious people, each logged in once."""

    def __init__(self, app: QcRelease, people: Mapping[Role, setup.Hand]) -> None:
        self.app, self._people = app, people
        self._sessions: dict[Role, str] = {}

    def session(self, role: Role) -> str:
        """The session of whoever has this role."""
        if role not in self._sessions:
            hand = self._people[role]
            self._sessions[role] = self.app.access.log_in(hand.user_id, hand.password).reference
        return self._sessions[role]

    def components(self, role: Role) -> tuple[str, str]:
        """User id and password, for a signature."""
        return self._people[role].user_id, self._people[role].password


def _whole(hands: Hands, lot: _Lot, data: Path, made: str) -> None:
    """One lot, made on a day, from arrival to decision."""
    app, analyst, record = hands.app, hands.session("analyst"), f"lot/{lot.lot}"
    for file in lot.files:
        metadata = {"method": lot.method, "sample": file.sample, "instrument": file.instrument}
        metadata |= {"material": lot.material, "manufactured_on": made}
        app.arrivals.ingest(analyst, lot.lot, file.file, (data / file.file).read_bytes(), metadata)
    app.runs.process(analyst, lot.lot)
    app.decisions.review_packet(hands.session("reviewer"), lot.lot)
    looked = "raw data, run and audit trail of the lot looked at"
    app.decisions.sign(hands.session("reviewer"), record, "reviewed", looked, *hands.components("reviewer"))
    app.decisions.sign(hands.session("quality"), record, lot.decision, lot.reason, *hands.components("quality"))


def _view(hands: Hands, lot: str) -> LotView:
    found = hands.app.lots.lot(hands.session("analyst"), lot)
    if found is None:
        raise BadInput(f"lot {lot} is not there")
    return found


def _certificate(hands: Hands, lot: str, base: Path) -> Path:
    """The certificate of a released lot, written beside the instance: the signed PDF, and its data as JSON."""
    found = hands.app.certificates.certificate(hands.session("quality"), lot)
    path = base / "certificates" / f"{lot}.pdf"
    write(path, found.human)
    write(path.with_suffix(".json"), found.electronic)
    return path


def _beside(lot: _Lot, view: LotView) -> Iterator[Compared]:
    """Every reference of a lot beside its result."""
    results = {t.name: t for t in view.tests}
    for reference in lot.references:
        yield _compared(lot.lot, reference, results.get(reference.test))


def _compared(subject: str, reference: Reference, test: TestResult | None) -> Compared:
    meant = number(reference.value)
    off = abs(100 * (number(test.unrounded) - meant) / meant) if test else None
    return Compared(
        subject=subject,
        test=reference.test,
        reported=f"{test.reported} {test.unit}" if test else "no result",
        unrounded=test.unrounded if test else "",
        verdict=test.verdict if test else "",
        reference=reference.value,
        difference="" if off is None else f"{float(off):.2g}",
        within=reference.within,
        source=reference.source,
        agrees=off is not None and off <= number(reference.within),
    )
