"""Verification patterns: what a criterion of a kind asks to be shown, as versioned data."""
