"""Deviations: a planned result that did not come. Opened by itself, closed only by signatures."""
