"""What in a workbook could show something else than was signed (ISO/IEC 29500-1, 18)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from csvgen.signature.office_content import Kind, office_parts
from csvgen.signature.xml import Element

_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FORMULAS = ("f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula")
_FUNCTIONS = frozenset(
    {
        "COUNTIF", "COUNTIFS", "COUNTA", "COUNT", "COUNTBLANK", "SUM", "SUMIF", "SUMIFS", "SUMPRODUCT", "IF", "IFERROR", "AND",
        "OR", "NOT", "MIN", "MAX", "AVERAGE", "AVERAGEIF", "MEDIAN", "STDEV", "ROUND", "ROUNDUP", "ROUNDDOWN", "ABS", "INT", "MOD",
        "SQRT", "ISNUMBER", "ISTEXT", "ISBLANK", "SEARCH", "FIND", "EXACT", "LEN", "LEFT", "RIGHT", "MID", "TRIM", "UPPER",
        "LOWER", "CONCATENATE", "MATCH", "VLOOKUP", "HLOOKUP", "ROW", "ROWS", "COLUMN", "COLUMNS",
    }
)  # fmt: skip
"""Functions whose result follows from signed cells alone: none that asks the clock, chance, the machine or another file."""
_CALL = re.compile(r"([A-Za-z_\\][\w.\\]*)\s*\(")
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_REFUSED: Mapping[str, str] = {
    "externalReferences": "links to other workbooks",
    "customWorkbookViews": "views that hide rows and columns", "customSheetViews": "views that hide rows and columns",
    "oleObjects": "embedded objects", "controls": "active controls", "webPublishItems": "items for publishing",
    "scenarios": "scenarios that exchange values", "dataConsolidate": "values from elsewhere",
    "extLst": "extensions that only some programs show",
    "filterColumn": "a filter that hides rows",
    "picture": "a picture behind the cells", "drawing": "drawings over the cells", "legacyDrawingHF": "drawings in the margin",
    "mergeCell": "merged cells, which hide values",
    "numFmt": "number formats of its own, which can show another value than the cell has",
    "smartTags": "smart tags", "webPublishObjects": "objects for publishing",
}  # fmt: skip
_FALSE = {"0", "false"}


def odd(_part: str, root: Element) -> Iterator[str]:
    """What could show something else than was signed."""
    for name, what in _REFUSED.items():
        if next(root.iter(_tag(name)), None) is not None:
            yield what
    yield from _hidden(root)
    for name in _FORMULAS:
        for element in root.iter(_tag(name)):
            if problem := _formula(element.text or ""):
                yield problem
            if name == "f" and element.get("ca", "0") not in _FALSE:
                yield "a formula that is computed anew whenever the workbook is opened"
            if name == "f" and element.getparent().find(_tag("v")) is None:
                yield "a formula without its value"
            if name == "definedName" and (
                element.get("name", "").lower().startswith("_xlnm.auto") or _is_set(element, "function")
            ):
                yield "a name that runs something when the workbook is opened"


def _hidden(root: Element) -> Iterator[str]:
    for element in root.iter(_tag("sheet")):
        if element.get("state", "visible") != "visible":
            yield f"a hidden sheet ({element.get('name', '')[:40]})"
    for name, sizes in (("row", ("ht",)), ("col", ("width",)), ("sheetFormatPr", ("defaultRowHeight", "defaultColWidth"))):
        for element in root.iter(_tag(name)):
            nothing = any(element.get(size) is not None and not _is_positive(element.get(size)) for size in sizes)
            if _is_set(element, "hidden") or _is_set(element, "zeroHeight") or nothing:
                yield "hidden rows" if name == "row" else "hidden columns" if name == "col" else "hidden rows or columns"


def _is_set(element: Element, name: str) -> bool:
    return element.get(name, "0").lower() not in _FALSE


def _is_positive(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _formula(text: str) -> str:
    """Why a formula could show something else than was signed, or an empty string."""
    code = _TEXT.sub('""', text)
    if {"[", "|", "\\"} & set(code):
        return "a formula that asks another file or program"
    bad = sorted({name.upper() for name in _CALL.findall(code)} - _FUNCTIONS)
    return f"a formula with {bad[0][:40]}, whose result does not follow from the signed cells alone" if bad else ""


def _tag(name: str) -> str:
    return f"{{{_S}}}{name}"


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EXCEL = Kind(
    "Excel workbook",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    {
        **office_parts(
            "spreadsheetml", worksheet="worksheet", styles="styles", sharedStrings="sharedStrings", table="table",
            calcChain="calcChain",
        ),
        f"{_OFFICE}/vmlDrawing": frozenset({"application/vnd.openxmlformats-officedocument.vmlDrawing"}),
    },
    odd,
)  # fmt: skip
