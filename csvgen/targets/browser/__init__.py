"""A system people use in a browser, bound by a description in YAML: a real browser does what a person would, and keeps pictures of it."""
