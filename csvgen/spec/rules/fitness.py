"""Whether what a requirement says of itself fits together, and whether its verification fits its risk."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Found, Hit, Index, error, rule
from csvgen.spec.rules.priorities import priorities
from csvgen.spec.rules.texts import plain, quoted


@error("URS122", "requirement")
def impact_needs_gxp(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement says what a failure can harm and that it is not GxP-relevant: one of the two is wrong."""
    if r.gxp == "no" and r.impact:
        yield Hit(f"{r.id} touches {', '.join(r.impact)} but has gxp: no", ("impact",), "set gxp: yes, or remove impact")


_ASSUMED = "assumed on import"


@rule("URS136", "requirement")
def assumptions_are_confirmed(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """An import had to assume values that its file did not hold, and nobody has confirmed them since."""
    for name, values in r.attributes.items():
        if plain(name).casefold() == _ASSUMED:
            yield Hit(f"{r.id}: an import assumed {quoted(values, 120)}, and nobody confirmed it", ("attributes", name),
                      "confirm or correct the values, then remove the attribute")  # fmt: skip


@rule("URS121", "index")
def verification_fits_risk(index: Index, context: Context) -> Iterator[Found]:
    """A GxP requirement with a high risk rests on the supplier's evidence, or on a reason, alone (RR-X13)."""
    weak = {
        r.id: r
        for r in index.of("requirement")
        if r.says["gxp"] == "yes" and r.says["verification"] in {"vendor-evidence", "justification"}
    }
    rated = priorities(index, context) if weak else {}
    seen: set[str] = set()
    for risk in index.of("risk"):
        for identity in risk.says["requirements"] if rated.get(risk.id) == "high" else ():
            if identity in weak and identity not in seen:
                seen.add(identity)
                r = weak[identity]
                how = "the supplier's evidence" if r.says["verification"] == "vendor-evidence" else "a reason"
                yield Found(r, f"{identity} has a risk of high priority ({risk.id}) and rests on {how} alone", "verification",
                            "add a test of the intended use")  # fmt: skip
