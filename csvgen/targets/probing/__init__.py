"""What all probes of platforms share: named facts, clients that can only read, credentials by reference, and who answered."""
