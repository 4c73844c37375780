"""Forms as they arrive: read up to a limit, into plain text and files. What is not text, or too much, is refused before a page sees it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from csvgen.errors import BadInput
from csvgen.portal.guard import TooLarge
from csvgen.portal.visit import Upload

_FIELDS, _FILES = 400, 20


@dataclass(frozen=True, slots=True)
class Form:
    fields: dict[str, str]
    lists: dict[str, tuple[str, ...]]
    files: dict[str, Upload]


async def read_form(request: Request, most: int, *, files: bool) -> Form:
    """The form of a POST. Raises BadInput for a form that cannot be read, TooLarge for one that holds more than `most` bytes."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    allowed = ("application/x-www-form-urlencoded", *(("multipart/form-data",) if files else ()))
    if kind not in allowed:
        raise BadInput("this is not the form of a page of this room")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > most:
        raise TooLarge
    try:
        async with request.form(max_files=_FILES if files else 0, max_fields=_FIELDS, max_part_size=most) as given:
            fields: dict[str, list[str]] = {}
            found: dict[str, Upload] = {}
            total = 0
            for name, value in given.multi_items():
                if isinstance(value, UploadFile):
                    data = await value.read(most + 1)
                    total += len(data)
                    if data or value.filename:
                        found[name] = Upload(value.filename or "", value.content_type or "", data)
                else:
                    total += len(value)
                    fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
                if total > most:
                    raise TooLarge
    except HTTPException as problem:
        raise BadInput(f"the form cannot be read: {problem.detail}") from None
    return Form({n: v[-1] for n, v in fields.items()}, {n: tuple(v) for n, v in fields.items()}, found)
