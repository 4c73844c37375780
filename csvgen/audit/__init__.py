"""The tamper-evident audit trail, and the only way to write a record."""
