"""Moved: `csvgen.signature.word.inspect`."""

from csvgen.signature.word import inspect

__all__ = ["inspect"]
