"""Proof that the scripts of a protocol can fail: broken systems they must find. An engineering measure beside the evidence."""

"""Challenge: that every script can fail. Faults seeded into a disposable instance, observations falsified; records of its own."""
