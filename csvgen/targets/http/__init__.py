"""A system that speaks HTTP and JSON, bound by a description in YAML: no code of the team's own."""
