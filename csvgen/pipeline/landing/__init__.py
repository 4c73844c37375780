"""Landing: where raw files lie from their arrival on, written once, under the digest of their bytes, checked at every reading.

`Landing` is what the rest of the pipeline speaks to; `local` is a folder, `locked` a bucket under Object Lock. `opened` makes the
one that a line of the settings names. `inventory` compares what lies there with what is registered.
"""

from csvgen.pipeline.landing.local import READ_ONLY, LocalStore
from csvgen.pipeline.landing.locked import LockedStore
from csvgen.pipeline.landing.opening import opened
from csvgen.pipeline.landing.place import Landed, Landing, Lying

__all__ = ["READ_ONLY", "Landed", "Landing", "LocalStore", "LockedStore", "Lying", "opened"]
