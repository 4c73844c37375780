"""The name the local write-once store had before there were others."""

from csvgen.pipeline.landing.local import READ_ONLY, LocalStore

__all__ = ["READ_ONLY", "RawStore"]

RawStore = LocalStore
