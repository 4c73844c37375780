"""requirements_specs/<system>/ -> Spec, with every finding at once."""
