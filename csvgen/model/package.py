"""Package: one self-contained folder that proves itself offline, years later, without any database of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from csvgen.model.base import Grown, Sha256, Stamp, Value, later


class PackagedFile(Value):
    path: str
    size: int
    sha256: Sha256


class PackageManifest(Grown):
    """package.json: every file by digest. Signed by the seal key of the recording system (package.p7s)."""

    format: Literal["csvgen.package/1"] = "csvgen.package/1"
    system: str
    system_name: str
    system_version: str
    demonstration: bool
    made: Stamp
    made_by: str
    spec: Sha256
    matrix: Sha256
    audit_count: int
    audit_head: Sha256
    complete: bool
    """No gap row: every requirement passed or is met otherwise. A package with a gap says so and is not called complete."""
    gaps: int
    signatures: int
    """Number of signature records in the package: taking one away changes it."""
    files: tuple[PackagedFile, ...]
    counts: Mapping[str, int] = later({}, "How many of each kind of record there are; counted again at every verification.")


class PartialManifest(Value):
    """partial.json: a copy that is about a part only, and says so. Sealed as a package is (partial.p7s)."""

    format: Literal["csvgen.partial/1"] = "csvgen.partial/1"
    copy_of: Literal["PARTIAL"] = "PARTIAL"
    filter: str
    """What it was filtered by, in words: printed on every page."""
    system: str
    system_name: str
    system_version: str
    demonstration: bool
    made: Stamp
    made_by: str
    spec: Sha256
    matrix: Sha256
    """Digests of the whole specification and matrix that the part was taken from."""
    audit_count: int
    audit_head: Sha256
    counts: Mapping[str, tuple[int, int]]
    """Kind of record -> how many are in the copy, how many there are in all."""
    files: tuple[PackagedFile, ...]
