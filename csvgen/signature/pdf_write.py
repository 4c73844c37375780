"""Appending to a PDF: what seals, signatures and time stamps have in common."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from csvgen.errors import BadInput, CsvgenError

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

_END = b"%%EOF\n"


@contextmanager
def fault_of_the_file() -> Iterator[None]:
    """Whatever the PDF library cannot do in here is the fault of the file: raises BadInput."""
    try:
        yield
    except CsvgenError:
        raise
    except Exception as problem:
        raise BadInput(f"this PDF cannot be signed ({type(problem).__name__}: {problem})") from problem


def appending(pdf: bytes) -> IncrementalPdfFileWriter:
    """A writer that appends one revision. Raises BadInput for a file without a proper end."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Update(IncrementalPdfFileWriter):
        """Appends what it is told and nothing else: pyHanko would set the document's date by the clock of the machine."""

        def _update_meta(self) -> None:
            pass

    if not pdf.endswith(_END):
        raise BadInput("this is no PDF that ends in an end-of-file mark and a line feed", hint="write it anew with qpdf")
    return Update(io.BytesIO(pdf), strict=True)


def fields(writer: IncrementalPdfFileWriter) -> list[tuple[str, Any, Any]]:
    """Name, value (None while empty) and reference of every signature field, in the order of the form."""
    from pyhanko.sign.fields import enumerate_sig_fields

    return list(enumerate_sig_fields(writer))
