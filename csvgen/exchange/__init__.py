"""Imports and exports: what other tools keep becomes requirements here, and the other way round."""
