"""The text of a Word paragraph as it is read with all changes accepted, and everything in it that a plain text cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {
    "pPr",
    "rPr",
    "instrText",
    "delInstrText",
    "fldChar",
    "bookmarkStart",
    "bookmarkEnd",
    "proofErr",
    "Fallback",
    "sectPr",
    "sdtPr",
}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}


@dataclass
class Said:
    """What a paragraph says."""

    text: str = ""
    bold: str = ""
    """The bold beginning of it."""
    inserted: str = ""
    deleted: str = ""
    boxes: list[str] = field(default_factory=list)
    """Texts of text boxes anchored here."""
    lost: list[str] = field(default_factory=list)
    """Names of what is no text: pictures, symbols of a special font, embedded objects."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Kind and id of the notes referred to."""
    bold_ended: bool = False


def tag(node: Any) -> str:
    return node.tag.rsplit("}", 1)[-1] if isinstance(node.tag, str) else ""


def said(paragraph: Any) -> Said:
    """Read one paragraph (an XML element)."""
    found = Said()
    _walk(paragraph, found, bold=False)
    return found


def _walk(node: Any, found: Said, *, bold: bool) -> None:  # noqa: C901 - a table of tags, one line each
    for child in node:
        name = tag(child)
        if name in _SKIPPED or not name:
            continue
        if name == "r":
            _walk(child, found, bold=_is_bold(child))
        elif name in {"t", "delText"}:
            _put(child.text or "", found, bold=bold)
        elif name in _SIGNS:
            _put(_SIGNS[name], found, bold=bold)
        elif name in {"del", "moveFrom"}:
            found.deleted += "".join(t.text or "" for t in child.iter(f"{W}delText", f"{W}t"))
        elif name in {"ins", "moveTo"}:
            before = len(found.text)
            _walk(child, found, bold=bold)
            found.inserted += found.text[before:]
        elif name == "txbxContent":
            found.boxes.append("\n".join(said(p).text for p in child.iter(f"{W}p")))
        elif name in _NOTES:
            found.notes.append((_NOTES[name], child.get(f"{W}id", "")))
        elif name in {"sym", "blip", "imagedata", "OLEObject", "chart", "relIds"}:
            found.lost.append(
                {"sym": "a symbol of a special font", "OLEObject": "an embedded object"}.get(name, "a picture or drawing")
            )
        else:
            _walk(child, found, bold=bold)


def _put(text: str, found: Said, *, bold: bool) -> None:
    found.text += text
    if bold and not found.bold_ended:
        found.bold += text
    elif text.strip():
        found.bold_ended = True


def _is_bold(run: Any) -> bool:
    properties = run.find(f"{W}rPr")
    if properties is None:
        return False
    mark, style = properties.find(f"{W}b"), properties.find(f"{W}rStyle")
    if mark is not None:
        return mark.get(f"{W}val", "true") not in {"0", "false", "off"}
    return style is not None and style.get(f"{W}val") == "Strong"


def blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in their order, those inside content controls too; deleted paragraphs are given as they are."""
    for child in parent:
        name = tag(child)
        if name in {"p", "tbl"}:
            yield child
        elif name in {"sdt", "sdtContent", "customXml", "ins", "smartTag"}:
            yield from blocks(child)


class Numbering:
    """What Word writes before the paragraphs of a numbered list: it is not part of the text, and ids are often made of it."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        try:
            root = document.part.numbering_part.element
        except (KeyError, AttributeError, RuntimeError):
            return
        abstract = {a.get(f"{W}abstractNumId"): a for a in root.iter(f"{W}abstractNum")}
        for num in root.iter(f"{W}num"):
            reference = num.find(f"{W}abstractNumId")
            source = abstract.get(reference.get(f"{W}val")) if reference is not None else None
            if source is not None:
                self._levels[num.get(f"{W}numId")] = {int(v.get(f"{W}ilvl", 0)): _level(v) for v in source.iter(f"{W}lvl")}

    def label(self, paragraph: Any, styles: list[Any]) -> tuple[str, int, bool] | None:
        """Label, level and whether it is a bullet; None for a paragraph outside lists. Counts on with every call."""
        for holder in (paragraph, *styles):
            properties = holder.find(f"{W}pPr/{W}numPr")
            if properties is None:
                continue
            number, level = properties.find(f"{W}numId"), properties.find(f"{W}ilvl")
            identity = number.get(f"{W}val") if number is not None else "0"
            depth = int(level.get(f"{W}val")) if level is not None else 0
            if identity == "0":
                return None
            form, pattern, start = self._levels.get(identity, {}).get(depth, ("bullet", "", 1))
            if form == "bullet":
                return "", depth, True
            counts = self._counts.setdefault(identity, {})
            counts[depth] = counts.get(depth, start - 1) + 1
            for deeper in [d for d in counts if d > depth]:
                del counts[deeper]
            return self._written(identity, pattern, counts), depth, False
        return None

    def _written(self, identity: str, pattern: str, counts: dict[int, int]) -> str:
        for depth, (form, _, start) in self._levels[identity].items():
            pattern = pattern.replace(f"%{depth + 1}", _figure(counts.get(depth, start), form))
        return pattern


def _level(node: Any) -> tuple[str, str, int]:
    def of(name: str, default: str) -> str:
        found = node.find(f"{W}{name}")
        return str(found.get(f"{W}val", default)) if found is not None else default

    start = of("start", "1")
    return of("numFmt", "decimal"), of("lvlText", ""), int(start) if start.isdigit() else 1


def _figure(number: int, form: str) -> str:
    if form in {"lowerLetter", "upperLetter"}:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in {"lowerRoman", "upperRoman"}:
        out, left = "", number
        for value, sign in ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
            out, left = out + sign * (left // value), left % value
        return out.upper() if form == "upperRoman" else out
    return f"{number:02}" if form == "decimalZero" else str(number)
