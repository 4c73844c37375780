"""Jira: whether the change and the deviations that a release names are there, linked, and in the state they must be in."""
