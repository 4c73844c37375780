"""The rules, by what they are about. Importing this package registers all of them."""

from csvgen.spec.rules import (
    approvals,
    citations,
    coverage,
    functions,
    gherkin,
    installation,
    quality,
    references,
    risk,
    structure,
    system,
)

__all__ = [
    "approvals", "citations", "coverage", "functions", "gherkin", "installation", "quality", "references", "risk", "structure", "system",
]  # fmt: skip
