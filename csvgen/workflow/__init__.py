"""The only room that knows the order of the flow and its gates, and that joins events of the flow to the audit trail."""
