"""Coverage: what nobody tests, nobody rates, nobody builds."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.spec.registry import Context, Found, Index, error, rule


@rule("URS102", "index")
def tested_by_a_criterion(index: Index, _context: Context) -> Iterator[Found]:
    """A requirement to be verified by test has no acceptance criterion, so nothing can be drafted for it.

    It is not an error, because work goes on: it is a gap row in the matrix until a criterion is written.
    """
    by_section = {i.says["requirement"] for i in index.of("section")}
    by_scenario = {u for i in index.of("scenario") for u in i.says["covers"]}
    for r in index.of("requirement"):
        covered = (r.says["phase"] == "IQ" and r.id in by_section) or (r.says["phase"] == "PQ" and r.id in by_scenario)
        if r.says["verification"] == "test" and not r.says["criteria"] and not covered:
            yield Found(r, f"{r.id} is verified by test but has no acceptance criterion: a gap row", hint="add a criterion")


@error("URS107", "index")
def gxp_needs_risk(index: Index, _context: Context) -> Iterator[Found]:
    """A GxP requirement verified by test has no risk: nothing decides how deep it is tested."""
    if not index.complete:
        return  # a risk that could not be read is not a risk that is missing
    rated = {u for i in index.of("risk") for u in i.says["requirements"]}
    for r in index.of("requirement"):
        if r.says["gxp"] == "yes" and r.says["verification"] == "test" and r.id not in rated:
            yield Found(r, f"{r.id} is GxP-relevant but no risk names it", hint="add a risk, or set gxp: no with a rationale")


@rule("FSP252", "index")
def requirements_implemented(index: Index, _context: Context) -> Iterator[Found]:
    """A requirement met by the software is implemented by no function of the functional specification."""
    implemented = {u for f in index.of("function") for u in f.says["implements"]}
    for r in index.of("requirement") if index.complete and index.of("function") else ():
        if r.says["verification"] == "test" and r.id not in implemented:
            yield Found(r, f"no function implements {r.id}", hint="name it under implements of a function")
