"""The text of a Word paragraph as it is read with all changes accepted, and everything in it that a plain text cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from csvgen.exchange.readers.raised import lowered, raised, resolved

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SKIPPED = {
    "pPr",
    "rPr",
    "instrText",
    "delInstrText",
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
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """Why a piece is not seen or not valid, and the piece; it is not part of the text."""
    formulas: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Ids of the relationships that links point to."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run looks, as far as it changes what is said."""

    bold: bool = False
    shift: str = ""
    """``superscript`` or ``subscript``."""
    unseen: str = ""
    """``struck-out``, ``hidden`` or ``white``: text that is not valid, or that nobody sees."""


class Looks:
    """How runs look: their own properties, else those of their style, else those of the style of their paragraph."""

    def __init__(self, styles: Mapping[str, Any]) -> None:
        self._styles = styles
        self._chains: dict[str, tuple[Any, ...]] = {}

    def of(self, run: Any) -> Manner:
        own = run.find(f"{W}rPr")
        named = own.find(f"{W}rStyle") if own is not None else None
        paragraph = next((a for a in run.iterancestors(f"{W}p")), None)
        above = paragraph.find(f"{W}pPr/{W}pStyle") if paragraph is not None else None
        holders = [own] if own is not None else []
        for style in (named, above):
            if style is not None:
                holders += self._chain(style.get(f"{W}val", ""))
        return Manner(bold=_is_bold(run), shift=_first(holders, "vertAlign", "val"), unseen=_unseen(run, holders))

    def _chain(self, name: str) -> tuple[Any, ...]:
        if name not in self._chains:
            found: list[Any] = []
            seen: set[str] = set()
            at = name
            while at in self._styles and at not in seen:
                seen.add(at)
                found.append(self._styles[at].find(f"{W}rPr"))
                base = self._styles[at].find(f"{W}basedOn")
                at = base.get(f"{W}val", "") if base is not None else ""
            self._chains[name] = tuple(h for h in found if h is not None)
        return self._chains[name]


def _first(holders: list[Any], name: str, attribute: str) -> str:
    found = next((p for h in holders if (p := h.find(f"{W}{name}")) is not None), None)
    return str(found.get(f"{W}{attribute}", "")) if found is not None else ""


def _on(holders: list[Any], name: str) -> bool:
    found = next((p for h in holders if (p := h.find(f"{W}{name}")) is not None), None)
    return found is not None and found.get(f"{W}val", "true") not in {"0", "false", "off"}


def _unseen(run: Any, holders: list[Any]) -> str:
    if _on(holders, "strike") or _on(holders, "dstrike"):
        return "struck-out"
    if _on(holders, "vanish"):
        return "hidden"
    return "white" if _first(holders, "color", "val").upper() == "FFFFFF" and not _on_dark(run, holders) else ""


def _on_dark(run: Any, holders: list[Any]) -> bool:
    """Whether white text can be seen: something around it has a colour of its own."""
    shades = [h.find(f"{W}shd") for h in holders] + [h.find(f"{W}highlight") for h in holders]
    for above in run.iterancestors():
        shades += (above.find(f"{W}{properties}/{W}shd") for properties in ("pPr", "tcPr", "tblPr"))
        style = above.find(f"{W}tblPr/{W}tblStyle")
        if style is not None and style.get(f"{W}val") not in {"TableGrid", "TableNormal"}:
            return True  # a style of tables colours its first row or column
    values = [s.get(f"{W}fill") or s.get(f"{W}val", "") for s in shades if s is not None]
    return any(v.upper() not in {"", "AUTO", "CLEAR", "NONE", "WHITE", "FFFFFF"} for v in values)


def tag(node: Any) -> str:
    return node.tag.rsplit("}", 1)[-1] if isinstance(node.tag, str) else ""


def said(paragraph: Any, looks: Looks | None = None) -> Said:
    """Read one paragraph (an XML element); without `looks` all of its text, seen or not."""
    found = Said()
    _walk(paragraph, found, looks, Manner())
    found.text, found.bold, found.inserted = resolved(found.text), resolved(found.bold), resolved(found.inserted)
    return found


def _walk(node: Any, found: Said, looks: Looks | None, manner: Manner) -> None:  # noqa: C901, PLR0912 - a table of tags
    for child in node:
        name = tag(child)
        if name in _SKIPPED or not name:
            continue
        if name == "r" and child.tag.startswith(W):
            _walk(child, found, looks, looks.of(child) if looks is not None else replace(manner, bold=_is_bold(child)))
        elif name in {"t", "delText"}:
            _put(child.text or "", found, manner)
        elif name in _SIGNS:
            _put(_SIGNS[name], found, manner)
        elif name in {"del", "moveFrom"}:
            found.deleted += "".join(t.text or "" for t in child.iter(f"{W}delText", f"{W}t"))
        elif name in {"ins", "moveTo"}:
            before = len(found.text)
            _walk(child, found, looks, manner)
            found.inserted += found.text[before:]
        elif name == "txbxContent":
            found.boxes.append("\n".join(said(p).text for p in child.iter(f"{W}p")))
        elif name in _NOTES:
            found.notes.append((_NOTES[name], child.get(f"{W}id", "")))
        elif name == "oMath":
            formula = _formula(child)
            found.formulas.append(formula)
            _put(f"[formula: {formula}]", found, manner)
        elif name == "fldChar":
            _put(_choice(child), found, manner)
        elif name in {"sym", "blip", "imagedata", "OLEObject", "chart", "relIds"}:
            found.lost.append(
                {"sym": "a symbol of a special font", "OLEObject": "an embedded object"}.get(name, "a picture or drawing")
            )
        else:
            if name == "hyperlink" and (link := child.get(f"{_REL}id")):
                found.links.append(link)
            _walk(child, found, looks, manner)


def _put(text: str, found: Said, manner: Manner) -> None:
    if manner.unseen and text.strip():
        if found.hidden and found.hidden[-1][0] == manner.unseen:
            text = found.hidden.pop()[1] + text
        found.hidden.append((manner.unseen, text))
        return
    shift = {"superscript": raised, "subscript": lowered}.get(manner.shift)
    text = shift(text) if shift is not None else text
    found.text += text
    if manner.bold and not found.bold_ended:
        found.bold += text
    elif text.strip():
        found.bold_ended = True


def _choice(mark: Any) -> str:
    """What a box or list of an old form says; nothing for any other field."""
    box, choices = mark.find(f"{W}ffData/{W}checkBox"), mark.find(f"{W}ffData/{W}ddList")
    if box is not None:
        state = box.find(f"{W}checked")
        state = state if state is not None else box.find(f"{W}default")
        return "[x]" if state is not None and state.get(f"{W}val", "true") not in {"0", "false", "off"} else "[ ]"
    if choices is not None:
        chosen = choices.find(f"{W}result")
        chosen = chosen if chosen is not None else choices.find(f"{W}default")
        number = chosen.get(f"{W}val", "0") if chosen is not None else "0"
        entries = [e.get(f"{W}val", "") for e in choices.findall(f"{W}listEntry")]
        return str(entries[int(number)]) if number.isdigit() and int(number) < len(entries) else ""
    return ""


def _formula(node: Any) -> str:  # noqa: PLR0911 - a table of tags
    """A formula in one line, to be recognised by; what it means is for a person to write."""

    def part(name: str) -> str:
        return "".join(_formula(c) for c in node if tag(c) == name)

    match tag(node):
        case "t":
            return node.text or ""
        case "f":
            return f"({part('num')})/({part('den')})"
        case "sSup":
            return f"{part('e')}^({part('sup')})"
        case "sSub":
            return f"{part('e')}_({part('sub')})"
        case "sSubSup":
            return f"{part('e')}_({part('sub')})^({part('sup')})"
        case "rad":
            return f"root({', '.join(filter(None, [part('deg'), part('e')]))})"
        case _:
            return "".join(_formula(c) for c in node if tag(c) not in {"rPr", "ctrlPr"})


def _is_bold(run: Any) -> bool:
    properties = run.find(f"{W}rPr")
    if properties is None:
        return False
    mark, style = properties.find(f"{W}b"), properties.find(f"{W}rStyle")
    if mark is not None:
        return mark.get(f"{W}val", "true") not in {"0", "false", "off"}
    return style is not None and style.get(f"{W}val") == "Strong"


def blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in their order, those inside content controls too; and whatever else holds content."""
    for child in parent:
        name = tag(child)
        if name in {"p", "tbl", "altChunk"}:
            yield child
        elif name in {"sdt", "sdtContent", "customXml", "ins", "smartTag"}:
            yield from blocks(child)
        elif name and name not in {"sdtPr", "sectPr"} and any(t.text for t in child.iter(f"{W}t", f"{W}delText")):
            yield child


class Numbering:
    """What Word writes before the paragraphs of a numbered list: it is not part of the text, and ids are often made of it.

    Lists of one definition (abstractNum) count on together, unless one of them says where it starts (startOverride).
    """

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._definition: dict[str, str] = {}
        self._starts: dict[str, dict[int, int]] = {}
        """Where a list starts anew; each start is used once."""
        try:
            root = document.part.numbering_part.element
        except (KeyError, AttributeError, RuntimeError):
            return
        abstract = {a.get(f"{W}abstractNumId"): a for a in root.iter(f"{W}abstractNum")}
        linked = {_value(a, "styleLink"): a for a in abstract.values() if _value(a, "styleLink")}
        for num in root.iter(f"{W}num"):
            reference = num.find(f"{W}abstractNumId")
            source = abstract.get(reference.get(f"{W}val")) if reference is not None else None
            if source is None:
                continue
            source = linked.get(_value(source, "numStyleLink"), source)
            identity = num.get(f"{W}numId")
            self._definition[identity] = str(source.get(f"{W}abstractNumId"))
            self._levels[identity] = {int(v.get(f"{W}ilvl", 0)): _level(v) for v in source.findall(f"{W}lvl")}
            for override in num.findall(f"{W}lvlOverride"):
                depth = int(override.get(f"{W}ilvl", 0))
                if (level := override.find(f"{W}lvl")) is not None:
                    self._levels[identity][depth] = _level(level)
                if (start := _value(override, "startOverride")).isdigit():
                    self._starts.setdefault(identity, {})[depth] = int(start)

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
            counts = self._counts.setdefault(self._definition[identity], {})
            if (anew := self._starts.get(identity, {}).pop(depth, None)) is not None:
                counts[depth] = anew - 1
            counts[depth] = counts.get(depth, start - 1) + 1
            for deeper in [d for d in counts if d > depth]:
                del counts[deeper]
            return self._written(identity, pattern, counts), depth, False
        return None

    def _written(self, identity: str, pattern: str, counts: dict[int, int]) -> str:
        for depth, (form, _, start) in self._levels[identity].items():
            pattern = pattern.replace(f"%{depth + 1}", _figure(counts.get(depth, start), form))
        return pattern


def _value(node: Any, name: str) -> str:
    found = node.find(f"{W}{name}")
    return str(found.get(f"{W}val", "")) if found is not None else ""


def _level(node: Any) -> tuple[str, str, int]:
    def of(name: str, default: str) -> str:
        found = node.find(f"{W}{name}")
        return str(found.get(f"{W}val", default)) if found is not None else default

    start = of("start", "1")
    return of("numFmt", "decimal"), of("lvlText", ""), int(start) if start.isdigit() else 1


_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"),
    (4, "iv"), (1, "i"),
)  # fmt: skip


def _figure(number: int, form: str) -> str:
    if form in {"lowerLetter", "upperLetter"}:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in {"lowerRoman", "upperRoman"}:
        out, left = "", number
        for value, sign in _ROMAN:
            out, left = out + sign * (left // value), left % value
        return out.upper() if form == "upperRoman" else out
    return f"{number:02}" if form == "decimalZero" else str(number)
