"""Executed runs in the formats of other tools. Out: copies of a run. The record is always the run folder."""
