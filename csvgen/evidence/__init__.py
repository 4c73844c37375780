"""Evidence: the journal written while a run goes, what is attached to it, the seal, and reading it all back."""
