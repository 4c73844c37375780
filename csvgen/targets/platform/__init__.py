"""A platform as a target: probes of several services, described in one file, bound to the port Probes."""
