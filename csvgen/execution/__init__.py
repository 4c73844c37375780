"""Executing a protocol: what happened, recorded as it happens. Knows nothing of audit trails or people."""
