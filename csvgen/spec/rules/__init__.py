"""The rules, by what they are about. Importing this package registers all of them."""

from csvgen.spec.rules import (
    approvals,
    citations,
    coverage,
    depth,
    documents,
    duplicates,
    fitness,
    form,
    functions,
    gherkin,
    hazards,
    inputs,
    installation,
    judgement,
    measures,
    misquotes,
    placeholders,
    quality,
    references,
    risk,
    stations,
    structure,
    system,
    traps,
    wording,
)

__all__ = [
    "approvals", "citations", "coverage", "depth", "documents", "duplicates", "fitness", "form", "functions", "gherkin", "hazards", "inputs", "installation",
    "judgement", "measures", "misquotes", "placeholders", "quality", "references", "risk", "stations", "structure", "system", "traps",
    "wording",
]  # fmt: skip
