"""The package around a Word document: reference, styles, page, header, footer, properties.

python-docx opens and saves the package; what a reference brings along that is not look (its text, comments, linked
templates, personal properties) is left behind.
"""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from lxml import etree

from csvgen.errors import BadInput
from csvgen.report.form_tags import values
from csvgen.report.outline import PAGE, Outline
from csvgen.report.text import one_line
from csvgen.report.word_form import Form, carried
from csvgen.report.word_stream import SLOT
from csvgen.report.word_xml import Element, el, field, paragraph, qn, row, run, table

PARAGRAPH_STYLES = (
    "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Body Text", "List Bullet", "List Number", "Quote", "Caption",
    "Header", "Footer", "TOC Heading", "toc 1", "toc 2", "CSV Organisation", "CSV Label", "CSV Note", "CSV Warning",
    "CSV Code", "CSV Banner", "CSV Cell", "CSV Cell Head", "CSV Cell Label", "CSV Cell Code", "CSV Cell Small", "CSV Gap",
)  # fmt: skip
CHARACTER_STYLES = ("Hyperlink", "Strong", "CSV Good", "CSV Bad", "CSV Open", "CSV Quiet")
TABLE_STYLES = ("CSV Table", "CSV Timeline", "CSV Facts", "CSV Header", "CSV Footer")
STYLES = {"paragraph": PARAGRAPH_STYLES, "character": CHARACTER_STYLES, "table": TABLE_STYLES}
"""What a reference document must define, by the names Word shows in English (letter case does not matter)."""
_KINDS = {name: kind for kind, names in STYLES.items() for name in names}

_LOOK = {"styles", "stylesWithEffects", "settings", "webSettings", "fontTable", "theme", "numbering"}
_UNWANTED_SETTINGS = (
    "updateFields", "evenAndOddHeaders", "attachedTemplate", "mailMerge", "trackRevisions", "documentProtection",
    "footnotePr", "endnotePr",
)  # fmt: skip
_PACKAGE_PARTS = {"officeDocument", "core-properties"}
_REFERENCES = (qn("w:headerReference"), qn("w:footerReference"))
_UNWANTED_SECTION = (
    "headerReference", "footerReference", "titlePg", "pgNumType", "type", "sectPrChange", "footnotePr", "endnotePr",
)  # fmt: skip
_PROPERTY_LIMIT = 255
"""Characters in a core property, as Office allows."""
_BOOKMARK_LIMIT = 40
_PIECE = 1 << 16
_A4 = (11906, 16838)
_FIRST_SHARE = 0.56


class Package:
    """A Word file being written on a reference. All lengths that leave it are points."""

    def __init__(self, reference: bytes) -> None:
        """Raises BadInput if the bytes are not a Word file or styles are missing."""
        self._document, self._styles = _opened(reference)
        missing = [name for _, name in _missing(self._styles)]
        if missing:
            raise BadInput(
                f"the reference document lacks {len(missing)} style(s): {', '.join(missing)}",
                hint="copy them from templates/reference.docx and change their look there", where="reference.docx",
            )  # fmt: skip
        self.body: Element = self._document.element.body
        self.form = Form.of(self.body, reference)
        """The company's own document, where the reference is one with places to fill."""
        self._section = _emptied(self._document, self.form.pictures() if self.form is not None else set())

    def style(self, name: str) -> str:
        """The id of a style by its English name."""
        return self._styles[_KINDS[name], name.lower()]

    def numbers(self, name: str) -> bool:
        """Whether a paragraph style of the reference numbers its paragraphs, itself or by a style it is based on."""
        styles = {style.get(qn("w:styleId")): style for style in self._document.styles.element.iterfind(qn("w:style"))}
        style, seen = styles.get(self.style(name)), set[str]()
        while style is not None and style.get(qn("w:styleId")) not in seen:
            seen.add(style.get(qn("w:styleId")))
            if style.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None:
                return True
            base = style.find(qn("w:basedOn"))
            style = styles.get(base.get(qn("w:val"))) if base is not None else None
        return False

    def text_width(self, *, wide: bool) -> float:
        """Width between the margins of a page, in points."""
        margins = self._section.find(qn("w:pgMar"))
        size = self._size(wide=wide)[0]
        return (size - sum(int(margins.get(qn(f"w:{side}"), "0")) for side in ("left", "right"))) / 20

    def _size(self, *, wide: bool) -> tuple[int, int]:
        given = self._section.find(qn("w:pgSz"))
        short, long = sorted((int(given.get(qn("w:w"))), int(given.get(qn("w:h")))))
        return (long, short) if wide else (short, long)

    def page(self, *, wide: bool) -> Element:
        """A new `w:sectPr` of that orientation, with the one header and footer of the document."""
        made = copy.deepcopy(self._section)
        width, height = self._size(wide=wide)
        size = made.find(qn("w:pgSz"))
        size.attrib.clear()
        size.attrib.update({qn("w:w"): str(width), qn("w:h"): str(height)})
        if wide:
            size.set(qn("w:orient"), "landscape")
        return made

    def picture(self, png: bytes) -> str:
        """Put a picture into the document; gives its relationship id."""
        identifier, _ = self._document.part.get_or_add_image(io.BytesIO(png))
        return str(identifier)

    def bookmarks(self, plan: Outline) -> dict[str, str]:
        """Key of each heading -> a bookmark name Word accepts: letters, digits and ``_``, at most 40, each once."""
        names: dict[str, str] = {}
        used: set[str] = set()
        for chapter in plan.chapters:
            for part in chapter.parts:
                if part.title:
                    name = re.sub(r"\W", "_", part.title.key, flags=re.ASCII)
                    if len(name) > _BOOKMARK_LIMIT or name.lower() in used:
                        name = f"{name[: _BOOKMARK_LIMIT - 8]}_{len(names)}"
                    names[part.title.key] = name
                    used.add(name.lower())
        return names

    def head(self, plan: Outline) -> None:
        """Write banner, header and footer below what the reference has there."""
        report = plan.report
        part = self._document.sections[-1]
        header, footer = part.header, part.footer
        header.is_linked_to_previous = footer.is_linked_to_previous = False
        for place in (header._element, footer._element):  # noqa: SLF001 - python-docx has no other way to the element
            _drop_empty(place)
        top = header._element  # noqa: SLF001
        if report.banner.strip():
            top.append(paragraph(self.style("CSV Banner"), run(report.banner)))
        if self.form is not None and self._own_head(self.form, values(plan), (header._element, footer._element)):  # noqa: SLF001
            self._found_section()
            return
        strong = self.style("Strong")
        lines = (
            ([run(report.organisation)], [run(f"{report.id} · {plan.revision}")]),
            ([run(report.title, strong)], [run(report.status, strong)]),
        )
        top.append(self._pairs("Header", lines))
        top.append(paragraph(self.style("Header")))
        bottom = footer._element  # noqa: SLF001
        before, between, after = re.split(r"\{\w+\}", plan.words.say(PAGE, page="{page}", total="{total}"))
        page = [run(before), field("PAGE", "1"), run(between), field("NUMPAGES", "1"), *([run(after)] if after else [])]
        bottom.append(self._pairs("Footer", [([run(f"{plan.short} · {report.made_by}")], page)]))
        bottom.append(paragraph(self.style("CSV Gap")))
        self._found_section()

    def _own_head(self, form: Form, texts: Mapping[str, str], parts: tuple[Element, ...]) -> bool:
        """Fill the controls in header and footer of a form; whether they say all that every page has to carry."""
        return carried({tag for part in parts for tag in form.put(part, texts)}, parts)

    def _found_section(self) -> None:
        """Take the section out of the body: its properties close each section of the document."""
        self._section = self._document.sections[-1]._sectPr  # noqa: SLF001
        self.body.remove(self._section)
        for old in [child for child in self._section if child.tag in _REFERENCES]:
            # Written anew with prefixes of its own: those python-docx gives depend on what other libraries registered.
            made = el(f"w:{etree.QName(old).localname}", {name: old.get(qn(name)) for name in ("w:type", "r:id")})
            self._section.replace(old, made)

    def _pairs(self, style: str, rows: Iterable[tuple[list[Element], list[Element]]]) -> Element:
        """Runs in two columns over the whole width of the page, whatever its orientation."""
        total = self.text_width(wide=False)
        widths = (_FIRST_SHARE * total, (1 - _FIRST_SHARE) * total)
        made = table(self.style(f"CSV {style}"), widths, head=False)
        size = made[0].find(qn("w:tblW"))
        size.set(qn("w:w"), "5000")
        size.set(qn("w:type"), "pct")
        for left, right in rows:
            end = paragraph(self.style(style), *right)
            end[0].append(el("w:jc", {"w:val": "right"}))
            line = row(widths, ([paragraph(self.style(style), *left)], [end]))
            for cell, share in zip(line.iterfind(qn("w:tc")), (_FIRST_SHARE, 1 - _FIRST_SHARE), strict=True):
                cell[0][0].attrib.update({qn("w:w"): str(round(5000 * share)), qn("w:type"): "pct"})
            made.append(line)
        return made

    def describe(self, plan: Outline) -> None:
        """Core properties from the report; nothing of the reference or of python-docx stays."""
        report, properties = plan.report, self._document.core_properties
        for child in list(properties._element):  # noqa: SLF001
            properties._element.remove(child)  # noqa: SLF001
        texts = {
            "title": report.title, "subject": report.subtitle, "author": report.organisation, "identifier": report.id,
            "last_modified_by": report.made_by, "content_status": report.status, "version": str(report.revision),
            "language": plan.words.language or "en-GB", "comments": f"{plan.short}. {report.made_by}.",
        }  # fmt: skip
        for name, text in texts.items():
            setattr(properties, name, one_line(text)[:_PROPERTY_LIMIT])
        properties.revision = max(report.revision, 1)
        if plan.date:
            properties.created = properties.modified = plan.date

    def parts(self, body: IO[bytes]) -> Iterator[tuple[str, bytes | Iterable[bytes]]]:
        """The parts of the package by name, with what a `Stream` wrote put in as the body of the document."""
        self.body.text = SLOT
        saved = io.BytesIO()
        self._document.save(saved)
        main = self._document.part.partname.lstrip("/")
        with zipfile.ZipFile(saved) as archive:
            for name in archive.namelist():
                data = archive.read(name)
                yield (name, _around(body, *data.split(SLOT.encode()))) if name == main else (name, data)


def _around(body: IO[bytes], before: bytes, after: bytes) -> Iterator[bytes]:
    body.seek(0)
    yield before
    yield from iter(lambda: body.read(_PIECE), b"")
    yield after


def missing_styles(reference: bytes) -> tuple[tuple[str, str], ...]:
    """Kind and name of every style that a reference lacks. Raises BadInput if the bytes are not a Word file."""
    return tuple(_missing(_opened(reference)[1]))


def _opened(reference: bytes) -> tuple[Any, dict[tuple[str, str], str]]:
    try:
        document: Any = docx.Document(io.BytesIO(reference))
        return document, _styles(document)
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, etree.XMLSyntaxError) as problem:
        raise BadInput(f"the reference document is not a Word file: {problem}", where="reference.docx") from None


def _missing(found: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    return ((kind, name) for kind, names in STYLES.items() for name in names if (kind, name.lower()) not in found)


def _styles(document: Any) -> dict[tuple[str, str], str]:
    """Kind and lower-case name of each style -> its id. Word keeps the English name of a built-in style in every language."""
    found = {}
    for style in document.styles.element.iterfind(qn("w:style")):
        name = style.find(qn("w:name"))
        if name is not None:
            found[style.get(qn("w:type"), "paragraph"), name.get(qn("w:val"), "").lower()] = style.get(qn("w:styleId"), "")
    return found


def _emptied(document: Any, pictures: set[str]) -> Element:
    """Take out of a reference what is not look, nor a picture of its form, and leave one section: gives its `w:sectPr`."""
    body = document.element.body
    page = _page(body)
    for child in list(body):
        body.remove(child)
    body.append(page)
    used = {child.get(qn("r:id")) for child in page if child.tag in _REFERENCES}
    _prune(
        document.part.rels,
        lambda kind, name: kind in _LOOK or (kind in {"header", "footer"} and name in used) or name in pictures,
    )
    _prune(document.part.package.rels, lambda kind, _: kind in _PACKAGE_PARTS)
    for name in _UNWANTED_SETTINGS:
        for old in document.settings.element.findall(qn(f"w:{name}")):
            old.getparent().remove(old)
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/settings"):
            _prune(relation.target_part.rels, lambda _kind, _name: False)
    return page


def _page(body: Element) -> Element:
    """The last section of a body as one for all pages: its size and margins, the last header and footer for all pages."""
    sections = list(body.iter(qn("w:sectPr")))
    page = copy.deepcopy(sections[-1]) if sections else OxmlElement("w:sectPr")
    for name in _UNWANTED_SECTION:
        for old in page.findall(qn(f"w:{name}")):
            page.remove(old)
    if page.find(qn("w:pgSz")) is None:
        page.insert(0, el("w:pgSz", {"w:w": str(_A4[0]), "w:h": str(_A4[1])}))
    if page.find(qn("w:pgMar")) is None:
        sides = dict.fromkeys(("w:top", "w:right", "w:bottom", "w:left"), "1134") | {"w:header": "680", "w:footer": "680"}
        page.insert(1, el("w:pgMar", {**sides, "w:gutter": "0"}))
    for tag in reversed(_REFERENCES):
        found = [ref for ref in body.iter(tag) if ref.get(qn("w:type")) == "default"]
        page[:0] = [copy.deepcopy(ref) for ref in found[-1:]]
    return page


def _prune(relations: Any, keeps: Callable[[str, str], bool]) -> None:
    """Drop relationships, and with them their parts, unless `keeps` their kind and id."""
    for name, relation in list(relations.items()):
        if not keeps(relation.reltype.rpartition("/")[2], name):
            del relations[name]


def _drop_empty(place: Element) -> None:
    """Remove the blank paragraphs Word leaves in an untouched header or footer."""
    for child in list(place):
        if child.tag == qn("w:p") and not any(True for _ in child.iter(qn("w:r"))):
            place.remove(child)
