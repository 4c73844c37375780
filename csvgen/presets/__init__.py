"""Presets: requirement sets for a regulation, ready for use: criteria, document reviews, draft risks, and what is left out with its reason."""

PRESETS = ("part11", "annex11")
"""Each has its account: `<preset>.yaml`."""
