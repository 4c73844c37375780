"""People, their credentials, and the continuous periods of controlled access in which they act."""
