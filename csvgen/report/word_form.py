"""A company's own Word template filled: `Form`. Controls are found by their tags, so no text of the template is ever parsed.

Every value goes in as an lxml text node of the run that stood there, with that run's look. A filled control is locked; what bound
it to data elsewhere, or marked it as a place to type in, is taken away.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from csvgen.errors import BadInput
from csvgen.model.report import SignatureSlot, Table
from csvgen.report import form_read
from csvgen.report.form_check import problems
from csvgen.report.form_read import SDT, controls, listing_of, row_of
from csvgen.report.form_tags import APPROVAL, BODY, FACTS, IN_PLACE, REGION, SPECIMENS, carries
from csvgen.report.text import BLANK
from csvgen.report.word_stream import SLOT, Piece
from csvgen.report.word_xml import Element, el, qn, run

_PLACEHOLDER = ("placeholder", "showingPlcHdr", "temporary", "dataBinding", "lock")
_DATA = "{http://schemas.microsoft.com/office/word/2012/wordml}dataBinding"
_FIRST_ID = 10_000
_REGION_ID = "0"
"""Bookmarks of headings count from 1."""


class Form:
    """The content of a template between the styles it also gives. Made for one document."""

    def __init__(self, children: Sequence[Element]) -> None:
        self._children = list(children)
        self._number = _FIRST_ID
        self._specimens: dict[str, Specimen] = {}
        for child in [c for c in self._children if form_read.is_specimen(c)]:
            self._children.remove(child)
            name = next(name for tag, _ in controls(child) if (name := listing_of(tag)))
            self._specimens[name] = Specimen(child)

    @classmethod
    def of(cls, body: Element, reference: bytes) -> Form | None:
        """The form a reference document is; None if it holds no control of ours. Raises BadInput with everything wrong in it."""
        if not form_read.is_form(body):
            return None
        if found := problems(reference):
            told = "; ".join(f"{p.message}" for p in found)
            raise BadInput(f"the form cannot be filled: {told}", where="reference.docx", hint="csvgen template check")
        return cls([copy.deepcopy(child) for child in body if child.tag != qn("w:sectPr")])

    @property
    def places_approval(self) -> bool:
        """Whether the rows of the approval page stand in the form, and not in the body."""
        return any(listing_of(tag) == APPROVAL for child in self._children for tag, _ in controls(child))

    def pictures(self) -> set[str]:
        """Ids of the relationships the form uses."""
        names = (qn("r:embed"), qn("r:id"), qn("r:link"))
        return {value for c in self._children for e in c.iter() for name in names if (value := e.get(name))}

    @property
    def drawn(self) -> int:
        """The highest number of a drawing in the form: those of the body follow, for each may stand once in a document."""
        numbers = (e.get("id", "") for c in self._children for e in c.iter() if e.tag == qn("wp:docPr"))
        return max((int(n) for n in numbers if n.isdecimal()), default=0)

    def specimen(self, block: Table, label: str) -> Specimen | None:
        """How the form wants a table of steps to look; None where it says nothing of this table."""
        if label or not block.columns:
            return None
        return next((s for name, s in self._specimens.items() if len(block.columns) == len(SPECIMENS[name])), None)

    def fill(self, values: Mapping[str, str], facts: Iterable[tuple[str, str]]) -> None:
        """Put the single values and the identification where their tags stand."""
        for child in self._children:
            self.put(child, values)
        self._repeat(FACTS, [partial(self._texts, FACTS, pair) for pair in facts])

    def sign(self, slots: Sequence[SignatureSlot], line: Callable[[SignatureSlot], Sequence[Element]], none: str) -> None:
        """Put a row for each signature where the form has one. `line` gives the runs of its place to sign; `none`: nobody signs."""
        if not slots:
            texts = (BLANK, none, BLANK, BLANK, BLANK)
            self._repeat(APPROVAL, [partial(self._texts, APPROVAL, texts)])
            return
        self._repeat(APPROVAL, [partial(self._slot, slot, line(slot)) for slot in slots])

    def around(self, inner: Iterable[Piece]) -> Iterator[Piece]:
        """The children of the filled form, the body in its place between two marks."""
        for child in self._children:
            if child.tag == SDT and form_read.tag_of(child) == BODY:
                yield el("w:bookmarkStart", {"w:id": _REGION_ID, "w:name": REGION})
                yield from inner
                yield el("w:bookmarkEnd", {"w:id": _REGION_ID})
            else:
                yield child

    def put(self, root: Element, values: Mapping[str, str]) -> set[str]:
        """Fill the single controls below an element; gives their tags."""
        there = [(tag, control) for tag, control in controls(root) if tag in values]
        for tag, control in there:
            self._put(control, [run(values[tag])])
        return {tag for tag, _ in there}

    def _slot(self, slot: SignatureSlot, line: Sequence[Element], row: Element) -> None:
        self._texts(APPROVAL, (str(slot.number), slot.role, slot.meaning, slot.statement), row)
        for tag, control in list(controls(row)):
            if tag == IN_PLACE[APPROVAL][-1]:
                breaks = [el("w:r", None, el("w:br")) for _ in line[1:]]
                self._put(control, [line[0], *(r for pair in zip(breaks, line[1:], strict=True) for r in pair)], locked=False)

    def _texts(self, listing: str, texts: Sequence[str], row: Element) -> None:
        by_tag = dict(zip(IN_PLACE[listing], texts, strict=False))
        for tag, control in list(controls(row)):
            if tag in by_tag:
                self._put(control, [run(by_tag[tag])])

    def _repeat(self, listing: str, fillers: Sequence[Callable[[Element], None]]) -> None:
        """Copies of the prototype row, one for each filler, in its place."""
        tags = IN_PLACE[listing]
        row = next((row_of(c) for child in self._children for tag, c in controls(child) if tag in tags), None)
        if row is None:
            return
        place = row.getparent()
        at = place.index(row)
        made = [copy.deepcopy(row) for _ in fillers]
        place[at : at + 1] = made
        for copied, filler in zip(made, fillers, strict=True):
            filler(copied)

    def _put(self, control: Element, runs: Sequence[Element], *, locked: bool = True) -> None:
        """Runs as the content of a control, in the look of what stood there."""
        properties, content = control.find(qn("w:sdtPr")), control.find(qn("w:sdtContent"))
        look = _look(properties, content)
        for made in runs:
            if look is not None and made.tag == qn("w:r") and made.find(qn("w:rPr")) is None:
                made.insert(0, copy.deepcopy(look))
        for name in (*map(qn, (f"w:{n}" for n in _PLACEHOLDER)), _DATA):
            for old in properties.findall(name):
                properties.remove(old)
        self._number += 1
        for old in properties.findall(qn("w:id")):
            properties.remove(old)
        after = properties.index(properties.find(qn("w:tag"))) + 1
        properties.insert(after, el("w:id", {"w:val": str(self._number)}))
        if locked:
            properties.insert(after + 1, el("w:lock", {"w:val": "sdtContentLocked"}))
        cell, first = content.find(qn("w:tc")), content.find(f".//{qn('w:p')}")
        if cell is None and first is None:
            content[:] = list(runs)
            return
        line = _emptied(first)
        line.extend(runs)
        if cell is None:
            content[:] = [line]
        else:
            cell[:] = [*cell.findall(qn("w:tcPr")), line]
            content[:] = [cell]


class Specimen:
    """A table of the form that shows how tables of one kind look: its head, and one row that is copied for each row."""

    def __init__(self, made: Element) -> None:
        rows = made.findall(qn("w:tr"))
        at = next(n for n, row in enumerate(rows) if any(True for _ in controls(row)))
        self._head, self._row = rows[at - 1], rows[at]
        for row in rows:
            made.remove(row)
        self._table = made
        for row in (self._head, self._row):
            for control in list(row.iter(SDT)):
                _unwrapped(control, _look(control.find(qn("w:sdtPr")), control.find(qn("w:sdtContent"))))
            row[:] = [*row.findall(qn("w:trPr")), *(_cell(cell) for cell in row.findall(qn("w:tc")))]
            properties = row.find(qn("w:trPr"))
            if properties is None:
                properties = el("w:trPr")
                row.insert(0, properties)
            for name in ("w:cantSplit", "w:tblHeader"):
                for old in properties.findall(qn(name)):
                    properties.remove(old)
            properties.append(el("w:cantSplit"))
        self._head.find(qn("w:trPr")).append(el("w:tblHeader"))

    def table(self, titles: Sequence[str], total: float) -> Element:
        """A new table with its head and no rows yet, so many points wide: its columns keep their shares."""
        self._stretch(total)
        made = copy.deepcopy(self._table)
        made.append(_filled(self._head, titles))
        return made

    def _stretch(self, total: float) -> None:
        columns = self._table.findall(f"{qn('w:tblGrid')}/{qn('w:gridCol')}")
        now = sum(int(c.get(qn("w:w"), "0")) for c in columns)
        if not now:
            return
        widths = [round(int(c.get(qn("w:w"), "0")) * total * 20 / now) for c in columns]
        sizes = [
            cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}") for row in (self._head, self._row) for cell in row.iterfind(qn("w:tc"))
        ]
        for size, width in zip((*columns, *sizes), (*widths, *widths, *widths), strict=True):
            if size is not None:
                size.set(qn("w:w"), str(width))
                if size.tag == qn("w:tcW"):
                    size.set(qn("w:type"), "dxa")
        if (whole := self._table.find(f"{qn('w:tblPr')}/{qn('w:tblW')}")) is not None:
            whole.attrib.update({qn("w:w"): str(sum(widths)), qn("w:type"): "dxa"})

    def row(self) -> Element:
        """A row with a slot for the runs of each cell."""
        made = copy.deepcopy(self._row)
        for line in made.iterfind(f"{qn('w:tc')}/{qn('w:p')}"):
            line.remove(line.find(qn("w:r")))
            line[0].tail = SLOT
        return made

    def run(self, column: int, style: str) -> Element:
        """A run in the look of a column, with slots for the lines of its text; `style`: id of a character style, or empty."""
        made, look = run(f"{SLOT}\n{SLOT}"), self._row.findall(qn("w:tc"))[column].find(f".//{qn('w:r')}/{qn('w:rPr')}")
        mine = copy.deepcopy(look) if look is not None else el("w:rPr")
        if style:
            mine.insert(0, el("w:rStyle", {"w:val": style}))
        if len(mine):
            made.insert(0, mine)
        return made


def carried(tags: set[str], parts: Sequence[Element]) -> bool:
    """Whether header and footer of a form say everything themselves, page and number of pages included."""
    fields = " ".join(
        f"{e.get(qn('w:instr'), '')} {e.text or ''}".upper() for p in parts for e in p.iter(qn("w:fldSimple"), qn("w:instrText"))
    )
    words = set(fields.split())
    return carries(tags) and {"PAGE", "NUMPAGES"} <= words


def _look(properties: Element, content: Element) -> Any:
    """The look of a control's text: of the text in it; of a place to type in, what the control says of it."""
    typed = properties.find(qn("w:showingPlcHdr")) is not None
    found = properties.find(qn("w:rPr")) if typed else content.find(f".//{qn('w:r')}/{qn('w:rPr')}")
    return None if found is None else copy.deepcopy(found)


def _emptied(line: Element) -> Element:
    """A new paragraph with the properties of one."""
    made = el("w:p")
    made.extend(copy.deepcopy(p) for p in line.findall(qn("w:pPr")))
    return made


def _unwrapped(control: Element, look: Element) -> None:
    """A control replaced by what it holds, its text in this look."""
    place, content = control.getparent(), control.find(qn("w:sdtContent"))
    for made in content.iter(qn("w:r")):
        for old in made.findall(qn("w:rPr")):
            made.remove(old)
        if look is not None:
            made.insert(0, copy.deepcopy(look))
    at = place.index(control)
    place[at : at + 1] = list(content)


def _cell(cell: Element) -> Element:
    """A cell with one paragraph of properties and one run."""
    line, old = _emptied(cell.find(qn("w:p"))), cell.find(f".//{qn('w:r')}/{qn('w:rPr')}")
    if line.find(qn("w:pPr")) is None:
        line.insert(0, el("w:pPr"))
    made = run("")
    if old is not None:
        made.insert(0, copy.deepcopy(old))
    line.append(made)
    cell[:] = [*cell.findall(qn("w:tcPr")), line]
    return cell


def _filled(row: Element, texts: Sequence[str]) -> Element:
    made = copy.deepcopy(row)
    for cell, text in zip(made.iterfind(qn("w:tc")), texts, strict=True):
        line = cell.find(qn("w:p"))
        old = line.find(qn("w:r"))
        new = run(text)
        if (look := old.find(qn("w:rPr"))) is not None:
            new.insert(0, copy.deepcopy(look))
        line.replace(old, new)
    return made
