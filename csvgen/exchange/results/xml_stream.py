"""XML as a stream of starts and ends, in constant memory, with nothing of XML that reads other files or grows without end.

defusedxml does the refusing: a document type, entities, external references. What is nested too deep, an attribute without an end
and text without an end are refused or cut here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.seen import Raw

_PIECE = 1 << 16
_TOKEN = 4 << 20
"""Bytes of one tag, comment or instruction."""
_DEPTH = 500
_ATTRIBUTE = 100_000
_ATTRIBUTES = 200
_TEXT = 4_000
"""Characters kept of the text of one element; the rest stays in the raw file."""


class Start(NamedTuple):
    tag: str
    attributes: Mapping[str, str]
    depth: int
    """1 is the root."""


class End(NamedTuple):
    tag: str
    text: str
    """Text directly inside the element, cut."""
    depth: int


def stream(raw: Raw) -> Iterator[Start | End]:
    """Starts and ends of all elements. Raises Unreadable, naming the line, for what is no XML, is built to do harm, or ends early."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.expatreader import DefusedExpatParser

    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    handler = _Handler(raw.name)
    parser.setContentHandler(handler)
    silent = 0
    try:
        with raw.path.open("rb") as file:
            while piece := file.read(_PIECE):
                before = handler.heard
                parser.feed(piece)
                silent = 0 if handler.heard != before else silent + len(piece)
                if silent > _TOKEN:
                    raise Unreadable(f"a tag, comment or instruction of more than {_TOKEN} bytes", where=raw.name)
                while handler.events:
                    yield handler.events.popleft()
            parser.close()
    except SAXParseException as problem:
        raise Unreadable(_words(problem.getMessage()), where=f"{raw.name}:{problem.getLineNumber()}") from None
    except DefusedXmlException:
        message = "this XML declares a document type or entities; such files are not opened"
        raise Unreadable(message, where=raw.name) from None
    except (LookupError, ValueError, UnicodeError):
        raise Unreadable("its encoding is not known, or not the one it declares", where=raw.name) from None
    yield from handler.events


def _words(message: str) -> str:
    if "no element found" in message or "unclosed" in message:
        return "the file ends in the middle; a result that was cut off could say otherwise"
    if "encoding" in message or "invalid token" in message:
        return f"not XML, or not in the encoding it declares: {message}"
    return f"not XML: {message}"


class _Handler(ContentHandler):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.events: deque[Start | End] = deque()
        self.heard = 0
        self._name = name
        self._texts: list[list[str]] = []
        self._lengths: list[int] = []

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the name is SAX's
        self.heard += 1
        if len(self._texts) >= _DEPTH:
            raise Unreadable(f"nested deeper than {_DEPTH} elements", where=self._name)
        found = dict(attrs.items())
        if len(found) > _ATTRIBUTES or any(len(v) > _ATTRIBUTE for v in found.values()):
            raise Unreadable(
                f"an attribute of more than {_ATTRIBUTE} characters, or more than {_ATTRIBUTES} of them", where=self._name
            )
        self._texts.append([])
        self._lengths.append(0)
        self.events.append(Start(name.rpartition(":")[2], found, len(self._texts)))

    def endElement(self, name: str) -> None:  # noqa: N802 - as above
        self.heard += 1
        depth = len(self._texts)
        self._lengths.pop()
        self.events.append(End(name.rpartition(":")[2], "".join(self._texts.pop())[:_TEXT], depth))

    def characters(self, content: str) -> None:
        self.heard += 1
        if self._texts and self._lengths[-1] < _TEXT:
            self._texts[-1].append(content)
            self._lengths[-1] += len(content)
