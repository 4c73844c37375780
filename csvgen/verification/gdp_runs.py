"""Rules about what was recorded while scripts were executed: complete, attributable, contemporaneous, original (WHO TRS 996 annex 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from csvgen.diagnostics import Severity
from csvgen.model.base import PHASES
from csvgen.model.evidence import Evidence
from csvgen.model.execution import EXECUTED, CaseResult, Observation, StepResult, TargetState, Verdict
from csvgen.trace.matrix import counts
from csvgen.verification.gdp import Hit, Package, rule

CANNED = re.compile(
    r"(?:(?:result|test|step)s? )?(?:is |was )?(?:as (?:expected|described|stated|required|specified|above|before)|see above|same(?: as above)?|ditto|idem|"
    r"wie (?:erwartet|beschrieben|oben|vorher|gefordert|spezifiziert|verlangt)|siehe oben|s\. ?o\.?|dito|dto\.?|i\. ?o\.?|in ordnung|bestanden|"
    r"ja|erledigt|gut|richtig|korrekt|passt|funktioniert|entf(?:ällt|\.)?|"
    r"ok(?:ay)?|pass(?:ed)?|yes|y|done|fine|good|correct|works?|n/?a|tbd|-+|\.+|x|\"+|''|〃|✓|✔|☑|√)",
    re.IGNORECASE,
)
"""What people write instead of what they saw."""


def canned(text: str) -> bool:
    """Whether words say only that it was well, or that it was like something else."""
    return CANNED.fullmatch(" ".join(text.split()).strip(" .!")) is not None


def runs(package: Package) -> Iterator[Evidence]:
    """Runs that were sealed; one that was not counts for nothing, and verification says so."""
    return (r for r in package.material.runs if r.seal is not None)


def _results(package: Package) -> Iterator[tuple[Evidence, CaseResult]]:
    return ((run, result) for run in runs(package) for result in run.results)


def _steps(package: Package) -> Iterator[tuple[Evidence, CaseResult, StepResult]]:
    return ((run, result, step) for run, result in _results(package) for step in result.steps)


def _place(run: Evidence) -> str:
    return f"runs/{run.run}"


# ------------------------------------------------------------------ complete


@rule("GDP101")
def unaccounted(package: Package) -> Iterator[Hit]:
    """A planned case that did not come to its end, and nobody says why."""
    for run, result in _results(package):
        if (result.verdict not in EXECUTED or not result.steps) and not result.reason.strip():
            yield Hit(
                _place(run),
                result.case,
                f"{result.case} was planned in {run.run}, is {result.verdict}, and no reason is recorded",
            )


@rule("GDP102")
def nothing_observed(package: Package) -> Iterator[Hit]:
    """A step that passed or failed, and no actual result stands beside it."""
    for run, result, step in _steps(package):
        if step.verdict in (Verdict.PASSED, Verdict.FAILED) and not step.observations and not step.reason.strip():
            yield Hit(
                _place(run),
                result.case,
                f"{result.case} step {step.number} in {run.run} is {step.verdict} with a blank actual result",
            )


@rule("GDP103")
def canned_words(package: Package) -> Iterator[Hit]:
    """A sentence in the place of an observation."""
    for run, result, step in _steps(package):
        for seen in step.observations:
            written = seen.comparison in ("recorded", "judged") or step.by is not None
            if written and seen.actual.strip() and canned(_words(seen)):
                message = f"{result.case} step {step.number} in {run.run}: '{seen.actual.strip()[:60]}' says that it was well, not what was seen"
                yield Hit(_place(run), result.case, message, "record the value, the text or the picture itself")


def _words(seen: Observation) -> str:
    """What a person wrote, without the verdict that a judged observation begins with."""
    first, _, rest = seen.actual.partition(":")
    return rest if seen.comparison == "judged" and first.strip().upper() in ("PASSED", "FAILED") else seen.actual


@rule("GDP104")
def out_of_sequence(package: Package) -> Iterator[Hit]:
    """Steps are numbered from 1 without a gap, so that a removed one can be seen."""
    for run, result in _results(package):
        numbers = [s.number for s in result.steps]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Hit(_place(run), result.case, f"{result.case} in {run.run} has the steps {', '.join(map(str, numbers))}")


@rule("GDP105")
def runs_missing(package: Package) -> Iterator[Hit]:
    """Runs of a phase are numbered without a gap: a run that went wrong stays where it was."""
    for phase in PHASES:
        numbers = sorted(
            int(r.run.rpartition("-")[2])
            for r in package.material.runs
            if r.plan.phase == phase and r.run.rpartition("-")[2].isdecimal()
        )
        for n in sorted(set(range(1, max(numbers, default=0))) - set(numbers)):
            yield Hit("runs", f"{phase}-{n:03d}", f"there is no run {phase}-{n:03d}, and there is a later one")


# ------------------------------------------------------------------ attributable and contemporaneous


@rule("GDP111")
def nobody(package: Package) -> Iterator[Hit]:
    """Who did it and when: every executed case names a person or an account with an owner, and its times."""
    for run, result in _results(package):
        if result.verdict not in EXECUTED or not result.steps:
            continue
        if not result.performed_by and not (run.plan.account.strip()):
            yield Hit(_place(run), result.case, f"{result.case} in {run.run} was executed by nobody that is named")
        if not result.started or not result.finished:
            yield Hit(_place(run), result.case, f"{result.case} in {run.run} has no time of its begin or of its end")


@rule("GDP112", Severity.WARNING)
def handed_over(package: Package) -> Iterator[Hit]:
    """A case that went from one person to another says so in a note."""
    for run, result in _results(package):
        people = list(dict.fromkeys(p.shown for p in result.performed_by))
        noted = any(s.note.strip() for s in result.steps) or any(e.text.strip() for e in result.session)
        if len(people) > 1 and not noted:
            yield Hit(
                _place(run),
                result.case,
                f"{result.case} in {run.run} was carried out by {' and '.join(people)}, and no note says why",
            )


@rule("GDP113", Severity.WARNING)
def interrupted(package: Package) -> Iterator[Hit]:
    """A pause, or a time box that was left, has a reason beside it."""
    for run, result, step in _steps(package):
        for flag in step.flags:
            if flag.kind in ("interrupted", "time-box") and not flag.reason.strip():
                yield Hit(
                    _place(run), result.case, f"{result.case} step {step.number} in {run.run}: {flag.words}; no reason is given"
                )


@rule("GDP114")
def corrections(package: Package) -> Iterator[Hit]:
    """A correction keeps what stood there, and says who, when and why; a verdict that got better says why in words of its own."""
    for run, result, step in _steps(package):
        for c in step.corrections:
            blank = [
                name
                for name, text in (("the earlier words", c.actual), ("the reason", c.why), ("who", c.by.person))
                if not text.strip()
            ]
            if blank or canned(c.why):
                lacks = ", ".join(blank) or f"a reason that says something (it says '{c.why.strip()[:40]}')"
                yield Hit(
                    _place(run), result.case, f"{result.case} step {step.number} in {run.run} was corrected without {lacks}"
                )


# ------------------------------------------------------------------ evidence


@rule("GDP121")
def no_evidence(package: Package) -> Iterator[Hit]:
    """A case that passed has something of the system itself beside it: a file, or a value with the place it was read."""
    for run, result in _results(package):
        shown = any(s.attachments or any(o.source.strip() for o in s.observations) for s in result.steps)
        if result.verdict is Verdict.PASSED and not shown:
            yield Hit(_place(run), result.case, f"{result.case} passed in {run.run} without evidence of the system")


@rule("GDP122")
def labelled(package: Package) -> Iterator[Hit]:
    """Evidence carries the case and the step it belongs to."""
    for run, result, step in _steps(package):
        for a in step.attachments:
            if not a.id.startswith(f"{result.case}.{step.number}."):
                yield Hit(
                    _place(run),
                    a.id,
                    f"the evidence {a.id} lies with {result.case} step {step.number} in {run.run}, and is labelled otherwise",
                )


@rule("GDP123")
def outside_the_run(package: Package) -> Iterator[Hit]:
    """Evidence was captured while the run went on, neither before nor after."""
    for run, result, step in _steps(package):
        end = run.seal.sealed if run.seal is not None else ""
        for a in step.attachments:
            if not run.plan.created <= a.captured <= end:
                message = f"the evidence {a.id} of {result.case} was captured {a.captured}, outside the run {run.run} ({run.plan.created} to {end})"
                yield Hit(_place(run), a.id, message)


@rule("GDP124")
def used_before(package: Package) -> Iterator[Hit]:
    """A file that a person attached serves at one step only; what a program reads twice may well be the same."""
    first: dict[str, str] = {}
    for run, result, step in _steps(package):
        for a in step.attachments:
            if step.code is not None and step.by is None:
                continue
            place = f"{result.case} step {step.number} in {run.run}"
            other = first.setdefault(str(a.sha256), place)
            said = any(f.kind == "file-used-before" and f.reason.strip() for f in step.flags)
            if other != place and not said:
                yield Hit(
                    _place(run), a.id, f"the evidence {a.id} of {place} is the same file as at {other}, and no reason is given"
                )


# ------------------------------------------------------------------ failures, and what was tested


@rule("GDP131")
def failure_without_deviation(package: Package) -> Iterator[Hit]:
    """Every result that is not a pass has a deviation, with a disposition that people signed."""
    known = {(d.run, d.case): d for d in package.deviations}
    for run, result in _results(package):
        if run.aborted or result.verdict in (Verdict.PASSED, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE):
            continue
        d = known.get((run.run, result.case))
        if d is None or d.record is None or not d.signed:
            what = "no deviation" if d is None else f"the deviation {d.id} without a signed disposition"
            yield Hit(
                _place(run), result.case, f"{result.case} is {result.verdict} in {run.run} and has {what}", "csvgen deviation"
            )


@rule("GDP132")
def retest_missing(package: Package) -> Iterator[Hit]:
    """A disposition that asks for a retest has one: the case was executed again in a later run."""
    for d in package.deviations:
        if d.decision != "retest" or d.record is None:
            continue
        again = d.record.investigation.retest or (() if d.whole else (d.case,))
        later = {
            x.case
            for r in package.material.runs
            if counts(r) and r.run > d.run and r.plan.phase == d.record.phase
            for x in r.results
        }
        for case in (c for c in again if c not in later):
            yield Hit(_place_of(d.run), d.id, f"{d.id} asks for a retest of {case}, and no later run executed it")


def _place_of(run: str) -> str:
    return f"runs/{run}"


@rule("GDP133")
def another_version(package: Package) -> Iterator[Hit]:
    """What was tested later is what was qualified: components of each run equal those of the last IQ that counts, or of the run before."""
    known = [(r, r.target_start) for r in runs(package) if counts(r) and r.target_start is not None]
    ordered = sorted(known, key=lambda pair: pair[0].plan.created)
    for (before, one), (run, other) in pairwise(ordered):
        if run.plan.phase == PHASES[0]:
            continue  # an installation that was not as it should be is put right and read again
        changed = sorted(dict(_parts(one).items() ^ _parts(other).items()))
        if changed:
            message = f"{run.run} was executed on other components than {before.run}: {', '.join(changed[:5])}"
            yield Hit(_place(run), run.run, message, "qualify the new version, or execute on the qualified one")


def _parts(state: TargetState) -> dict[str, tuple[str, str]]:
    return {c.name: (c.version, c.sha256) for c in state.components}


@rule("GDP134")
def changed_meanwhile(package: Package) -> Iterator[Hit]:
    """Version and configuration at the end of a run are those at its begin."""
    for run in (r for r in runs(package) if not r.aborted):
        begin, end = run.target_start, run.target_end
        if begin is None:
            continue  # no case of it asked the system through a port
        if end is None:
            yield Hit(_place(run), run.run, f"version and configuration were not read again at the end of {run.run}")
        elif run.plan.merged is None and (_parts(begin), begin.configuration) != (_parts(end), end.configuration):
            yield Hit(_place(run), run.run, f"version or configuration changed while {run.run} was executed")
