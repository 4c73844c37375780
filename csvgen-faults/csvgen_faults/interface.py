"""Faults of data that come in from other systems and go out to them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from csvgen.errors import BadInput
from csvgen.pipeline import arrivals, instruments, register
from csvgen.pipeline.certificates import Certificates
from csvgen.ports import RecordCopy
from csvgen_faults import fault
from csvgen_faults.patching import replace


@fault("interface-truncated-accepted")
def _() -> None:
    """A file that ends too early is read as if its last line stood there."""

    def read(original: Callable[..., Any], file: str, data: bytes) -> Any:
        lines = data.decode("utf-8", "replace").splitlines()
        if file.endswith(".csv") and lines and not lines[-1].startswith("end,"):
            data = "\n".join([*lines, f"end,{len(lines) - 2}", ""]).encode()
        return original(file, data)

    replace(instruments, "read", read)


@fault("interface-digest-not-checked")
def _() -> None:
    """What a sender declares of a file is written down and not looked at."""
    replace(arrivals, "refuse_altered", lambda _original, *_: None)


@fault("interface-duplicate-taken-twice")
def _() -> None:
    """No two files are the same."""
    replace(register, "_particulars", lambda original, file: {**original(file), "arrival": object()})


@fault("interface-half-taken")
def _() -> None:
    """A file is stored before it is judged, and stays when it is refused."""

    def ingest(original: Callable[..., Any], self: Any, acting: Any, lot: str, name: str, content: bytes, *more: Any) -> Any:
        try:
            return original(self, acting, lot, name, content, *more)
        except BadInput:
            with self._core.raw.landed(io.BytesIO(content), name):
                pass  # nothing registers it, and nothing takes it back
            raise

    replace(arrivals.Arrivals, "_ingest", ingest)


@fault("interface-field-lost")
def _() -> None:
    """What the sender says beside the file is not kept."""
    replace(register.Register, "_record", lambda original, *said: original(*said).model_copy(update={"metadata": {}}))


@fault("interface-sends-other-value")
def _() -> None:
    """The data of a certificate name another place of storage than the record."""

    def content(original: Callable[..., Any], *made_from: Any) -> Any:
        made = original(*made_from)
        return made | {"lot": made["lot"] | {"storage": "shelf 9"}}

    replace(Certificates, "_content", content)


@fault("interface-signed-form-altered")
def _() -> None:
    """One byte of the signed certificate is another when it is handed out."""

    def handed(original: Callable[..., RecordCopy], *asked: Any, **more: Any) -> RecordCopy:
        copy = original(*asked, **more)
        place = copy.human.index(b"stream") + 20
        altered = copy.human[:place] + bytes([copy.human[place] ^ 1]) + copy.human[place + 1 :]
        return RecordCopy(altered, copy.human_type, copy.electronic, copy.electronic_type)

    replace(Certificates, "_handed", handed)
