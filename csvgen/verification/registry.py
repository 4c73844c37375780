"""A registry of images asked by digest (OCI distribution specification 1.1): the manifest and every blob it names, each hashed while it is read."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from csvgen.errors import CsvgenError, NotIntact

_ACCEPT = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
)
_IMAGE = re.compile(r"(?P<host>[a-z0-9.-]+(?::[0-9]{1,5})?)/(?P<name>[a-z0-9._/-]+)@(?P<digest>sha256:[0-9a-f]{64})")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_OWN = ("localhost", "127.0.0.1")
_LARGEST = 4 * 2**20
"""Bytes of a manifest; the specification asks registries to take no more."""
_PIECE = 2**20
_WAIT = 20.0
_DEEP = 2
"""An index names manifests; an index of indexes is none that anything here was pulled by."""
_GONE = 404


class Unanswered(CsvgenError):
    """The registry gave no answer, or one that says nothing of the image."""


def image_faults(image: str) -> Iterator[str]:
    """What is not as the digest of an image (``host/name@sha256:...``) says: manifest or blobs gone, or other bytes. Raises Unanswered."""
    parts = _IMAGE.fullmatch(image)
    if parts is None:
        yield "it is not pinned by a digest"
        return
    scheme = "http" if parts["host"].partition(":")[0] in _OWN else "https"
    yield from _manifest(f"{scheme}://{parts['host']}/v2/{parts['name']}", parts["digest"], _DEEP)


def _manifest(base: str, digest: str, deep: int) -> Iterator[str]:
    try:
        data = b"".join(_pieces(f"{base}/manifests/{digest}", _LARGEST))
    except NotIntact as problem:
        yield f"its manifest {problem.message}"
        return
    if (found := f"sha256:{hashlib.sha256(data).hexdigest()}") != digest:
        yield f"its manifest was altered: the registry gives {found} for {digest}"
        return
    told = json.loads(data)
    for inner in told.get("manifests", ()) if deep else ():
        yield from _manifest(base, _digest(inner), deep - 1)
    for blob in (*([told["config"]] if "config" in told else ()), *told.get("layers", ())):
        yield from _blob(base, _digest(blob))


def _blob(base: str, digest: str) -> Iterator[str]:
    hashed = hashlib.sha256()
    try:
        for piece in _pieces(f"{base}/blobs/{digest}"):
            hashed.update(piece)
    except NotIntact as problem:
        yield f"its blob {digest} {problem.message}"
        return
    if (found := f"sha256:{hashed.hexdigest()}") != digest:
        yield f"its blob {digest} was altered: its bytes have the digest {found}"


def _digest(named: Any) -> str:
    digest = str(named.get("digest")) if isinstance(named, dict) else ""
    if not _DIGEST.fullmatch(digest):
        raise NotIntact("a manifest names something without a digest")
    return digest


def _pieces(url: str, most: int = 0) -> Iterator[bytes]:
    request = urllib.request.Request(url, headers={"Accept": _ACCEPT if most else "*/*"})  # noqa: S310 - http(s) by construction
    size = 0
    try:
        with urllib.request.urlopen(request, timeout=_WAIT) as answer:  # noqa: S310 - as above
            while piece := answer.read(_PIECE):
                size += len(piece)
                if most and size > most:
                    raise NotIntact(f"is larger than {most} bytes")
                yield piece
    except urllib.error.HTTPError as problem:
        with problem:
            if problem.code == _GONE:
                raise NotIntact("is not in the registry") from None
            raise Unanswered(f"the registry answered with HTTP {problem.code}") from None
    except http.client.IncompleteRead:
        raise NotIntact("ends before its end") from None
    except (OSError, http.client.HTTPException) as problem:
        raise Unanswered(f"the registry cannot be asked ({type(problem).__name__})") from None
