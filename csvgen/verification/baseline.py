"""Runs of a package against the installation it was approved for: what each of them began on (RR-X09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvgen.evidence.drift import off_baseline
from csvgen.verification.checks import Checks

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material

NAME = "runs began on the installation that was approved"


def check_baseline(material: Material, checks: Checks) -> None:
    """Each first reading of the system in a run after the IQ. What changed while a run went is drift, and has its deviation."""
    faults, compared, left = list[str](), list[str](), list[str]()
    for run in (r for r in material.runs if r.plan.phase != "IQ"):
        if run.plan.spec != material.spec.digest:
            left.append(f"{run.run} was executed against an earlier specification")
        elif run.target_start is None:
            left.append(f"{run.run} recorded no reading of the system")
        else:
            compared.append(run.run)
            faults += [f"{run.run}: {told}" for told in off_baseline(material.spec.installation, run.target_start)]
    told = "; ".join([f"compared: {', '.join(compared)}", *left])
    checks.over(len(compared), NAME, faults, told, "installation.yaml")
