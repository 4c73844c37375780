"""The local target: an instance of QC release in a process of its own, spoken to in JSON lines over its standard streams."""
