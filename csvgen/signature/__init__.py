"""Signatures of persons: records and their routing, and what they look like inside PDF, Word and Excel files."""
