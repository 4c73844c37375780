"""A page for the screen read back: its lines and tables in order, without what only the page says of itself."""

from __future__ import annotations

from html.parser import HTMLParser

from csvgen.report.readback import Grid, Line, Piece, Reading, plain

_LINES = {"p", "h1", "h2", "h3", "h4", "li", "caption"}
_VOID = {"br", "meta", "link", "img", "hr", "input", "wbr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.furniture: list[str] = []
        self.odd: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._row: list[str] = []
        self._rows: list[tuple[str, ...]] = []
        self._titles: tuple[str, ...] = ()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "base", "link", "img", "svg"):
            self.odd.append(tag)
        self.odd += [f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name in ("style", "src", "srcset")]
        if tag in _VOID:
            self._text.append(" ")
            return
        self._open.append((tag, dict(attrs).get("class") or ""))
        if tag in _LINES or tag in ("td", "th"):
            self._text = []
        elif tag == "table":
            self._rows, self._titles = [], ()
        elif tag == "tr":
            self._row = []

    def handle_endtag(self, tag: str) -> None:
        hidden, page_wide = self._is("aside"), self._is("furniture")
        while self._open and self._open.pop()[0] != tag:
            pass
        if hidden:
            return
        text = plain("".join(self._text))
        if page_wide and tag in _LINES:
            self.furniture.append(text)
        elif tag in _LINES:
            if text:
                self.pieces.append(Line(text, heading=tag in ("h2", "h3", "h4")))
            self._text = []
        elif tag in ("td", "th"):
            self._row.append(text)
            self._text = []
        elif tag == "tr":
            if any(name == "thead" for name, _ in self._open):
                self._titles = tuple(self._row)
            else:
                self._rows.append(tuple(self._row))
        elif tag == "table":
            self.pieces.append(Grid(self._titles, tuple(self._rows)))

    def handle_data(self, data: str) -> None:
        if not self._is("aside"):
            self._text.append(data)

    def _is(self, name: str) -> bool:
        return any(name in classes.split() for _, classes in self._open)


def read(data: bytes) -> tuple[Reading, tuple[str, ...]]:
    """What a page says, and what it holds that could act or load."""
    reader = _Reader()
    reader.feed(data.decode("utf-8", "replace"))
    reader.close()
    return Reading(tuple(reader.furniture), tuple(reader.pieces)), tuple(reader.odd)
