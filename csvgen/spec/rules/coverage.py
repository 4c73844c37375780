"""Coverage: what nobody tests, nobody rates, nobody builds."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.spec.registry import Context, Found, Index, Item, error, rule


@rule("URS102", "index")
def tested_by_a_criterion(index: Index, _context: Context) -> Iterator[Found]:
    """A requirement to be verified by test has no acceptance criterion, so nothing can be drafted for it.

    It is not an error, because work goes on: it is a gap row in the matrix until a criterion is written. The IQ is drafted from the
    sections of installation.yaml and the PQ from scenarios; only the OQ is drafted from criteria.
    """
    for r in _undrafted(index):
        if not r.says["criteria"]:
            what, hint = _NEEDED[r.says["phase"]]
            yield Found(r, f"{r.id} is verified by test but has {what}: a gap row", hint=hint)


_NEEDED = {
    "IQ": ("no section of installation.yaml", "add a section that names it"),
    "OQ": ("no acceptance criterion", "add a criterion"),
    "PQ": ("no scenario", "name it under covers of a scenario"),
}
"""What a phase is drafted from, and how a requirement gets it."""


def _undrafted(index: Index) -> Iterator[Item]:
    """Requirements to be tested for which no case of their phase can be drafted."""
    there = {
        "IQ": {i.says["requirement"] for i in index.of("section")},
        "OQ": {r.id for r in index.of("requirement") if r.says["criteria"]},
        "PQ": {u for i in index.of("scenario") for u in i.says["covers"]},
    }
    for r in index.of("requirement"):
        if r.says["verification"] == "test" and r.id not in there[r.says["phase"]]:
            yield r


@error("URS137", "index")
def criteria_are_drafted(index: Index, _context: Context) -> Iterator[Found]:
    """A requirement of the IQ or PQ has criteria, and from these its phase is not drafted: they would never be tested."""
    for r in index.of("requirement"):
        if r.says["criteria"] and r.says["phase"] != "OQ":
            hint = f"{_NEEDED[r.says['phase']][1]}, or set phase: OQ"
            yield Found(
                r, f"the criteria of {r.id} are not drafted: IQ comes from installation.yaml, PQ from scenarios", "phase", hint
            )


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
