"""Copies of requirements in the formats of other tools. Each module writes one (`write`) and reads its own back (`read`)."""
