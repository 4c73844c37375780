"""What a PDF may not hold if people are to sign it: whatever could make it look or act otherwise than it did when they read it.

A signature protects bytes. A file can be written so that the same bytes show this today and that tomorrow: scripts, forms that draw
themselves, layers, notes, pictures kept in other files, objects nobody refers to until a later update does (shadow attacks).
csvgen's own documents have none of it; a file that does is not signed. Read by pikepdf, because pyHanko, which signs, should not be
the only one that ever looked.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from csvgen.errors import Refused

if TYPE_CHECKING:
    import pikepdf

_ACTIONS = frozenset({"/GoTo", "/URI"})
"""The only actions: to a place in this document, or to an address that is shown to whoever clicks (ISO 32000-1, 12.6.4)."""
_ALL_ACTIONS = _ACTIONS | {
    "/GoToR", "/GoToE", "/Launch", "/Thread", "/Sound", "/Movie", "/Hide", "/Named", "/SubmitForm", "/ResetForm", "/ImportData",
    "/JavaScript", "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView", "/RichMediaExecute", "/GoToDp", "/NOP",
}  # fmt: skip
_NAMES = frozenset({"/Dests", "/EmbeddedFiles"})
_FORBIDDEN = {
    "/JS": "a script",
    "/AA": "actions that start by themselves",
    "/OC": "layers that can be shown or hidden",
    "/OCProperties": "layers that can be shown or hidden",
    "/XFA": "a form that draws itself (XFA)",
    "/Alternates": "pictures that change when it is printed",
    "/OPI": "pictures kept in other files",
    "/FFilter": "streams kept in other files",
    "/NeedsRendering": "a form that draws itself (XFA)",
    "/Collection": "a portfolio in place of pages",
    "/RichMediaContent": "media that play",
}
"""Keys that have no other use in any dictionary of a document, with what they would bring."""
_NUMBER = re.compile(rb"(?:\A|[\s>])(\d{1,10})\s+\d{1,5}\s+\Z")
"""What stands before the word obj where an object begins."""


def refuse_deceptive(unsigned: bytes) -> None:
    """Raises Refused, with what was found, for a document (the file before its first signature) that could show something else
    than what is signed. What later revisions may bring is `pdf_policy`'s question. Raises pikepdf's errors for a file it cannot read.
    """
    if found := list(dict.fromkeys([*_structure(unsigned), *_objects(unsigned)])):
        raise Refused(
            f"nobody may sign this PDF: it holds {'; '.join(found[:5])}",
            hint="what is signed must always look the same; have the document made anew without it",
            rule="RR-L05",
        )


def _structure(unsigned: bytes) -> Iterator[str]:
    """What is odd about the file that came first: it has to be written in one piece."""
    if b"/Linearized" in unsigned[:1024]:
        yield "a structure for web pages (linearised), parts of which no reader of the whole file looks at"
    if unsigned.count(b"startxref") != 1 or unsigned.count(b"%%EOF") != 1:
        yield "earlier revisions of itself"
    if twice := [number for number, count in Counter(_beginnings(unsigned)).items() if count > 1]:
        yield f"the object {twice[0]} twice"


def _beginnings(data: bytes) -> Iterator[int]:
    """Numbers of the objects that begin somewhere, whether or not the table of contents names the place."""
    at = data.find(b"obj")
    while at >= 0:
        if found := _NUMBER.search(data[max(0, at - 24) : at]):
            yield int(found[1])
        at = data.find(b"obj", at + 3)


def _objects(unsigned: bytes) -> Iterator[str]:
    import pikepdf

    with pikepdf.open(io.BytesIO(unsigned), attempt_recovery=False) as file:
        yield from _catalogue(file)
        reached: set[tuple[int, int]] = set()
        for found in _walk(file.trailer, reached):
            yield from _dictionary(found)
        known = {o.objgen for o in file.objects if not _is_container(o)}
        if hidden := known - reached - {(0, 0)}:
            yield f"{len(hidden)} objects that no page refers to"


def _is_container(value: Any) -> bool:
    """Whether an object is part of the file's own structure, to which nothing refers."""
    import pikepdf

    return value is None or (isinstance(value, pikepdf.Stream) and str(value.get("/Type", "")) in {"/XRef", "/ObjStm"})


def _walk(start: Any, reached: set[tuple[int, int]]) -> Iterator[Any]:
    """Every dictionary and stream below, each once; `reached` gathers the indirect ones."""
    import pikepdf

    waiting = [start]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, pikepdf.Object):
            continue
        if value.is_indirect:
            if value.objgen in reached:
                continue
            reached.add(value.objgen)
        if isinstance(value, pikepdf.Array):
            waiting.extend(value)
        elif isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            yield value
            waiting.extend(item for _, item in value.items())


def _catalogue(file: pikepdf.Pdf) -> Iterator[str]:
    root = file.Root
    names = set(root.get("/Names", {}).keys())
    if names - _NAMES:
        yield f"a list of {', '.join(sorted(names - _NAMES))}"
    form: Any = root.get("/AcroForm", {})
    if form.get("/NeedAppearances", False):
        yield "a form that every program draws in its own way"
    for field in form.get("/Fields", ()):
        if str(field.get("/FT", "")) != "/Sig" or "/Kids" in field:
            yield "a form field that is no signature"
    for page in file.pages:
        for note in page.obj.get("/Annots", ()):
            kind = str(note.get("/Subtype", ""))
            if kind == "/Link" and "/AP" not in note:
                continue
            if kind != "/Widget" or str(note.get("/FT", "")) != "/Sig":
                yield f"a note on a page ({kind.lstrip('/') or 'of no kind'})"


def _dictionary(found: Any) -> Iterator[str]:
    """What speaks against one dictionary or stream."""
    import pikepdf

    keys = found.keys()
    yield from (_FORBIDDEN[key] for key in keys & _FORBIDDEN.keys())
    action = found.get("/S")
    if isinstance(action, pikepdf.Name) and str(action) in _ALL_ACTIONS - _ACTIONS:
        yield f"an action ({str(action).lstrip('/')})"
    if isinstance(found, pikepdf.Stream):
        if "/F" in keys:
            yield "a stream kept in another file"
        if "/Ref" in keys and str(found.get("/Subtype", "")) == "/Form":
            yield "a page kept in another file"
        if "/PS" in (str(found.get("/Subtype", "")), str(found.get("/Subtype2", ""))):
            yield "a program for a printer"
