"""What keeps a company's template from being filled, all at once and before a document is composed."""

from __future__ import annotations

import difflib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from csvgen.report.form_read import (
    ROW,
    SDT,
    TABLE,
    controls,
    is_form,
    is_specimen,
    listing_of,
    parsed,
    row_of,
    tag_of,
)
from csvgen.report.form_tags import BODY, FACTS, IN_PLACE, KNOWN, LISTINGS, PREFIX, REQUIRED, SPECIMENS, carries

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_IMAGE = "/image"
_PLAIN_TEXT = {"text", "richText"}
_KINDS = {
    "text", "richText", "date", "dropDownList", "comboBox", "picture", "docPartObj", "docPartList", "citation", "group", "equation",
    "bibliography",
}  # fmt: skip
_LOOSE = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a form that has to be mended in Word."""

    message: str
    hint: str


def problems(reference: bytes) -> tuple[Problem, ...]:
    """Everything that is wrong with the tags of a form; nothing for a reference document without any, or that is no Word file."""
    try:
        with zipfile.ZipFile(io.BytesIO(reference)) as archive:
            names = sorted(archive.namelist())
            body = parsed(archive.read("word/document.xml"))[0]
            around = {n: parsed(archive.read(n)) for n in names if n.startswith(("word/header", "word/footer"))}
            rels = "word/_rels/document.xml.rels"
            relations = parsed(archive.read(rels)) if rels in names else None
    except (zipfile.BadZipFile, KeyError, IndexError, etree.XMLSyntaxError, RuntimeError):
        return ()
    if not is_form(body):
        told = [tag for part in around.values() for tag, _ in controls(part)]
        return (_missing(BODY),) if told else ()
    found = [*_unknown([body, *around.values()]), *_required(body), *_twice(body, around), *_misplaced(body, around)]
    found += [*_kinds([body, *around.values()]), *_listings(body), *_carried(around), *_content(body, relations)]
    return tuple(dict.fromkeys(found))


def _missing(name: str) -> Problem:
    what = "a prototype row" if name in LISTINGS else "a control"
    example = LISTINGS[name][0] if name in LISTINGS else name
    return Problem(
        f"{what} tagged {PREFIX}{example} is missing",
        "Word: Developer, Rich Text Content Control, Properties, Tag; csvgen template write --form FILE writes a form with all of them",
    )


def _unknown(parts: list[Any]) -> Iterator[Problem]:
    for tag in sorted({tag for part in parts for tag, _ in controls(part)} - set(KNOWN)):
        near = difflib.get_close_matches(tag, KNOWN, n=1)
        hint = f"do you mean {PREFIX}{near[0]}?" if near else f"known: {', '.join(PREFIX + k for k in KNOWN)}"
        yield Problem(f"there is no tag {PREFIX}{tag}", hint)


def _required(body: Any) -> Iterator[Problem]:
    there = {tag for tag, _ in controls(body)}
    yield from (_missing(name) for name in REQUIRED if name not in there)
    if not there & set(LISTINGS[FACTS]):
        yield _missing(FACTS)
    for name, tags in LISTINGS.items():
        if there & set(tags):
            yield from (
                Problem(
                    f"the prototype row of {name} has no control tagged {PREFIX}{tag}", "add it to the row: nothing is left out"
                )
                for tag in tags
                if tag not in there
            )


def _twice(body: Any, around: dict[str, Any]) -> Iterator[Problem]:
    for where, part in (("the document", body), *around.items()):
        for tag, count in sorted(Counter(tag for tag, _ in controls(part)).items()):
            if count > 1:
                hint = "one is enough: a prototype row is repeated by csvgen" if listing_of(tag) else "remove all but one"
                yield Problem(f"{PREFIX}{tag} stands {count} times in {where}", hint)


def _misplaced(body: Any, around: dict[str, Any]) -> Iterator[Problem]:
    for tag, control in controls(body):
        if tag == BODY and control.getparent() is not body:
            yield Problem(
                f"{PREFIX}{BODY} stands inside of something",
                "put it between paragraphs of its own, outside of tables and other controls",
            )
        elif any(a.tag == SDT and tag_of(a) for a in control.iterancestors(SDT)):
            yield Problem(f"{PREFIX}{tag} stands inside of another control of csvgen", "take it out")
    for where, part in around.items():
        for tag, _ in controls(part):
            if tag == BODY or listing_of(tag):
                yield Problem(f"{PREFIX}{tag} stands in {where}", "header and footer hold single values only")


def _kinds(parts: list[Any]) -> Iterator[Problem]:
    for tag, control in (found for part in parts for found in controls(part)):
        kinds = {etree.QName(p).localname for p in control.find(f"{_W}sdtPr")} & _KINDS - _PLAIN_TEXT
        if kinds:
            yield Problem(
                f"{PREFIX}{tag} is a control of the kind {min(kinds)}", "take a plain text or rich text content control instead"
            )
        content = control.find(f"{_W}sdtContent")
        if content is None or (tag != BODY and any(content.find(f".//{_W}{n}") is not None for n in ("tr", "tbl"))):
            yield Problem(f"{PREFIX}{tag} does not hold text", "put the control around one piece of text")


def _listings(body: Any) -> Iterator[Problem]:
    for name, tags in LISTINGS.items():
        there = [(tag, control) for tag, control in controls(body) if tag in tags]
        rows = {row_of(control) for _, control in there}
        if not there:
            continue
        if None in rows or len(rows) > 1:
            yield Problem(
                f"the controls of {name} do not stand in one row of a table", "put all of them into the one row that is repeated"
            )
        elif name in SPECIMENS:
            yield from _specimen(name, rows.pop())


def _specimen(name: str, row: Any) -> Iterator[Problem]:
    tags, made = SPECIMENS[name], next(row.iterancestors(TABLE))
    order = [tag for tag, _ in controls(row)]
    cells = [len(r.findall(f".//{_W}tc")) for r in made.iter(ROW)]
    rows, grid = list(made.iter(ROW)), len(made.findall(f"{_W}tblGrid/{_W}gridCol"))
    if order != [t for t in tags if t in order]:
        yield Problem(f"the columns of {name} stand in another order", f"the order of csvgen is {', '.join(tags)}")
    if len(rows) < 2 or rows.index(row) == 0 or set(cells) != {len(tags)} or grid != len(tags):  # noqa: PLR2004 - head and prototype
        yield Problem(
            f"the table of {name} needs a head and the prototype row, each with {len(tags)} cells",
            "one cell for each control, none merged",
        )
    if made.getparent().tag != f"{_W}body":
        yield Problem(f"the table of {name} stands inside of something", "put it between paragraphs of its own")


def _carried(around: dict[str, Any]) -> Iterator[Problem]:
    tags = {tag for part in around.values() for tag, _ in controls(part)}
    if tags and not carries(tags):
        yield Problem(
            "header and footer together do not carry all that every page must",
            f"tags needed there: {PREFIX}organisation, {PREFIX}title, {PREFIX}status, {PREFIX}identity (or {PREFIX}document-id and "
            f"{PREFIX}revision), {PREFIX}footer (or {PREFIX}content and {PREFIX}made-by), and fields PAGE and NUMPAGES; "
            "or none of them: csvgen then adds its own lines below yours",
        )  # fmt: skip


def _content(body: Any, relations: Any) -> Iterator[Problem]:
    """What the body of a form holds that a signed document cannot."""
    if body.find(f".//{_W}pPr/{_W}sectPr") is not None:
        yield Problem("the form has more than one section", "remove the section breaks: csvgen turns wide chapters itself")
    for name, what in _LOOSE.items():
        if body.find(f".//{_W}{name}") is not None:
            yield Problem(f"the form has {what}", "write them into the text")
    for table in body.iterchildren(TABLE):
        if is_specimen(table) and any(listing_of(tag) in IN_PLACE for tag, _ in controls(table)):
            yield Problem("one table holds rows of two kinds", "give each a table of its own")
    kinds = {r.get("Id"): r.get("Type", "") for r in (relations if relations is not None else ())}
    used = {v for e in body.iter() for n in ("id", "embed", "link") if (v := e.get(f"{_R}{n}"))}
    used -= {r.get(f"{_R}id") for r in body.iter(f"{_W}headerReference", f"{_W}footerReference")}
    for name in sorted(used):
        if not kinds.get(name, "").endswith(_IMAGE):
            kind = kinds.get(name, "nothing").rpartition("/")[2]
            yield Problem(
                f"the form holds something that cannot be kept in it: {kind}", "pictures are kept; write addresses as text"
            )
