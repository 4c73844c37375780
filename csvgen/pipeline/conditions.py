"""Conditions of release: procedures in effect, and people trained in them when they acted (21 CFR 211.25(a), 211.100; 11.10(i)).

Record kinds: ``procedure`` (id of the procedure; a new version of the procedure is a new version of the record), ``training``
(person, procedure, version of the procedure), ``condition`` (a pipeline or method, and the procedures it needs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from csvgen.errors import BadInput, Refused
from csvgen.model.base import Line, Value, first_fault
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import deviations_of
from csvgen.pipeline.nouns import Day
from csvgen.pipeline.revalidation import Revalidation, ended, today
from csvgen.ports import Outcome

_Noun = TypeVar("_Noun", bound=Value)
ProcedureId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$")]
ProcedureVersion = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,19}$")]


class Procedure(Value):
    """One version of a procedure, and the days on which it is in effect."""

    id: ProcedureId
    title: Line
    version: ProcedureVersion
    effective_from: Day = Field(min_length=10)
    effective_until: Day = ""
    """Last day; empty while no end is known."""

    def on(self, day: str) -> bool:
        """Whether it is in effect on a day, as far as it says itself."""
        return self.effective_from <= day and (not self.effective_until or day <= self.effective_until)


class TrainingRecord(Value):
    """That a person was trained in one version of a procedure."""

    person: str
    procedure: ProcedureId
    version: ProcedureVersion
    trained_on: Day = Field(min_length=10)
    expires: Day = Field(min_length=10)
    """Last day on which the training holds."""
    by: str
    """Who put it on record: never the person."""

    @property
    def id(self) -> str:
        """Id of its record."""
        return f"{self.person}:{self.procedure}:{self.version}"


class Condition(Value):
    """What a pipeline or a method needs before its results can be released."""

    subject: Line
    procedures: tuple[ProcedureId, ...]


class Conditions:
    """Putting procedures, training and conditions on record."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def register_procedure(
        self, session: str, procedure: str, title: str, version: str, effective_from: str, effective_until: str, reason: str
    ) -> Outcome:
        """Put a version of a procedure on record, effective today or later. A version once recorded can only be given an earlier end."""
        with self._core.acting(session, "register_procedure", f"procedure/{procedure[:40]}") as acting:
            line(reason, "reason")
            given = {"id": procedure, "title": title, "version": version}
            made = _value(Procedure, given | {"effective_from": effective_from, "effective_until": effective_until})
            if effective_from < today(self._core):
                raise Refused(f"{procedure} cannot be in effect from {effective_from}: that day is past", rule="RR-F01")
            if made.effective_until and made.effective_until < made.effective_from:
                raise Refused(f"{procedure} cannot end on {effective_until}, before it begins on {effective_from}", rule="RR-F01")
            if any(known.version.lower() == version.lower() for known in _versions(self._core, procedure)):
                raise Refused(f"{procedure} version {version} is on record already")
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("procedure", procedure, made.model_dump())
        return Outcome(True, f"procedure {procedure} version {version} registered", f"procedure/{procedure}")

    def end_procedure(self, session: str, procedure: str, until: str, reason: str) -> Outcome:
        """Give the newest version of a procedure its last day: today or later."""
        with self._core.acting(session, "end_procedure", f"procedure/{procedure[:40]}") as acting:
            found, _ = self._core.known("procedure", procedure, Procedure)
            line(reason, "reason")
            if until < max(today(self._core), found.effective_from):
                raise Refused(f"{procedure} cannot end on {until[:20]!r}: that day is past, or before it begins", rule="RR-F01")
            made = _value(Procedure, found.model_dump() | {"effective_until": until})
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("procedure", procedure, made.model_dump())
        return Outcome(True, f"procedure {procedure} ends on {until}", f"procedure/{procedure}")

    def register_training(
        self, session: str, person: str, procedure: str, version: str, trained_on: str, expires: str, reason: str
    ) -> Outcome:
        """Put on record that a person was trained in a version of a procedure. Nobody records their own."""
        with self._core.acting(session, "register_training", f"training/{person[:40]}") as acting:
            line(reason, "reason")
            account = self._core.directory.account(person)
            if account is None:
                raise BadInput(f"there is no account {person[:40]!r}")
            if account.id == acting.account.id:
                raise Refused(f"{account.printed_name} cannot put the own training on record", rule="RR-G02")
            if not any(known.version == version for known in _versions(self._core, procedure)):
                raise BadInput(f"there is no version {version[:20]!r} of procedure {procedure[:40]!r}")
            given = {"person": person, "procedure": procedure, "version": version, "by": acting.account.id}
            made = _value(TrainingRecord, given | {"trained_on": trained_on, "expires": expires})
            if made.trained_on > today(self._core) or made.expires < made.trained_on:
                raise Refused(
                    f"training on {trained_on}, valid until {expires}: it must be over, and end after it began", rule="RR-F01"
                )
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("training", made.id, made.model_dump())
        return Outcome(True, f"training of {person} in {procedure} version {version} recorded", f"training/{made.id}")

    def require_procedures(self, session: str, subject: str, procedures: tuple[str, ...], reason: str) -> Outcome:
        """Say which procedures a pipeline or method needs before its results can be released."""
        with self._core.acting(session, "require_procedures", f"condition/{subject[:40]}") as acting:
            line(subject, "pipeline or method")
            line(reason, "reason")
            made = _value(Condition, {"subject": subject, "procedures": tuple(procedures)})
            if unknown := [p for p in procedures if not _versions(self._core, p)]:
                raise BadInput(f"there is no procedure {', '.join(unknown)}")
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("condition", subject, made.model_dump())
        return Outcome(True, f"{subject} needs {', '.join(procedures) or 'no procedure'}", f"condition/{subject}")


# ---------------------------------------------------------------- the gate


def unmet(core: Core, subjects: Sequence[str], people: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What is missing before results can be released; empty when nothing is.

    `subjects` are the pipeline and the method, ``("qc-release", "LIN-01")``; `people` are those who acted on the results, each with
    the time of record (or day) of the act: operators, reviewers, and whoever is about to release. As pairs, for people who acted
    more than once.
    """
    acts = tuple(people.items() if isinstance(people, Mapping) else people)
    missing: list[str] = []
    for subject in subjects:
        found = core.latest("condition", subject, Condition)
        for procedure in found[0].procedures if found else ():
            missing += _procedure(core, subject, procedure, acts)
        missing += _validated(core, subject)
    return tuple(dict.fromkeys(missing))


def _procedure(core: Core, subject: str, procedure: str, acts: Sequence[tuple[str, str]]) -> list[str]:
    versions = _versions(core, procedure)
    if effective(versions, today(core)) is None:
        return [f"procedure {procedure}, which {subject} needs, is not in effect"]
    missing = []
    for person, moment in acts:
        day = moment[:10]
        version = effective(versions, day)
        if version is None:
            missing.append(f"procedure {procedure} was not in effect on {day}, when {person} acted")
            continue
        training = core.latest("training", f"{person}:{procedure}:{version.version}", TrainingRecord)
        if training is None or day < training[0].trained_on:
            missing.append(f"{person} was not trained in {procedure} version {version.version} on {day}")
        elif day > training[0].expires:
            missing.append(f"the training of {person} in {procedure} version {version.version} ended on {training[0].expires}")
    return missing


def _validated(core: Core, subject: str) -> list[str]:
    """Deviations about the validated state wait for quality, whether or not they stop processing."""
    kind = "method" if subject.isupper() else "pipeline"
    waiting = [f"{d.id} about {kind} {subject} is open" for d in deviations_of(core, f"{kind}/{subject}") if d.state == "open"]
    state = core.latest("revalidation", subject, Revalidation)
    words = ended(state[0], today(core)) if state else ""
    return [*waiting, *([words] if words else [])]


def effective(versions: Sequence[Procedure], day: str) -> Procedure | None:
    """The version in effect on a day: the one that began last, of two on one day the one recorded later. Pure.

    When that one has ended, none is: an older version does not come back by itself.
    """
    begun = [(v.effective_from, number, v) for number, v in enumerate(versions) if v.effective_from <= day]
    newest = max(begun)[-1] if begun else None
    return newest if newest and newest.on(day) else None


def _versions(core: Core, procedure: str) -> tuple[Procedure, ...]:
    """Every version of a procedure, as the newest record of that version has it."""
    found = (Procedure.model_validate(v.content) for v in core.ledger.versions("procedure", procedure))
    return tuple({p.version: p for p in found}.values())


def _value(noun: type[_Noun], given: Mapping[str, Any]) -> _Noun:
    try:
        return noun.model_validate(given)
    except ValidationError as problem:
        raise BadInput(first_fault(problem)) from None
