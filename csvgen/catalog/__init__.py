"""Regulations by edition, as data; looking clauses up by the ways people write them."""
