"""Challenge: that every script can fail. Faults seeded into a disposable instance, observations falsified, the source mutated."""
