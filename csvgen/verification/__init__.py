"""Walking back from the signatures to the specification, offline, believing nothing."""
