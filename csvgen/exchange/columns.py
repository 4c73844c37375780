"""Columns of a table and labels in a text: which words people use for which field of a requirement.

A column is mapped by ``--map "Column=field"``, else by what was remembered for exactly this header row, else by its words. A
column without a field is carried as an attribute of the requirement under its own name; none is dropped.

Remembered mappings stand in ``.csvgen/import-mappings.yaml`` of the project, for people to read and change::

    format: csvgen.import-mappings/1
    mappings:
      - header: [Key, Text, Owner]
        columns: {Key: id, Text: statement}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from csvgen.canonical import write
from csvgen.errors import ConfigError
from csvgen.exchange.yaml_text import dump
from csvgen.marks import load

FORMAT = "csvgen.import-mappings/1"
FILE = Path(".csvgen", "import-mappings.yaml")
ATTRIBUTE = "attribute"
"""The field of a column that shall stay an attribute."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id", "requirement id", "req id", "urs id", "identifier", "requirement identifier", "uid", "requirement no", "req no", "req number",
        "requirement number", "urs no", "key", "issue key", "foreignid", "reqif foreignid", "number", "no", "ref", "reference",
    ),
    "statement": (
        "statement", "requirement statement", "requirement", "requirement text", "requirement description", "user requirement", "req text",
        "description", "text", "shall statement", "reqif text", "content", "object text",
    ),
    "title": ("title", "name", "requirement title", "requirement name", "short title", "short description", "heading", "summary", "object heading", "reqif name"),
    "rationale": ("rationale", "requirement rationale", "justification", "reason", "why", "comment rationale"),
    "category": ("category", "requirement category", "requirement type", "type"),
    "clauses": ("clauses", "clause", "regulation", "regulations", "regulatory reference", "regulatory references", "citation", "citations"),
    "gxp": ("gxp", "gxp relevant", "gxp relevance", "gmp", "gmp relevant", "gxp critical"),
    "priority": ("priority", "importance", "moscow", "conformance", "obligation"),
    "phase": ("phase", "test phase", "qualification phase", "verified in"),
    "verification": ("verification", "verification method", "method of verification"),
}  # fmt: skip
"""Field -> words of a header, best first."""
LABELS = ("rationale", "priority", "category", "clauses", "gxp", "phase", "verification")
"""Fields that a text may give on a line of its own: ``Rationale: ...``."""


def plain(header: str) -> str:
    """A header as words: without case, marks and the wrapping that issue trackers put around their own fields."""
    text = " ".join(re.sub(r"[^\w]+", " ", header.casefold()).split())
    return text.removeprefix("custom field ").strip()


def distinct(header: Sequence[str]) -> tuple[str, ...]:
    """Names of columns: a blank one by its number, a repeated one counted, so that each has a name of its own."""
    names: list[str] = []
    for number, raw in enumerate(header, 1):
        name = " ".join(raw.split()) or f"Column {number}"
        count = 1
        unique = name
        while unique in names:
            count += 1
            unique = f"{name} ({count})"
        names.append(unique)
    return tuple(names)


def guess(header: Sequence[str]) -> dict[str, str]:
    """Column -> field by the words of the header; each field once, its best word first, then the leftmost column."""
    found: dict[str, str] = {}
    for field, words in FIELDS.items():
        ranked = [
            (words.index(plain(name)), i, name) for i, name in enumerate(header) if plain(name) in words and name not in found
        ]
        if ranked:
            found[min(ranked)[2]] = field
    return found


def mapped(
    header: tuple[str, ...], asked: Mapping[str, str], remembered: Mapping[tuple[str, ...], Mapping[str, str]]
) -> tuple[dict[str, str], str]:
    """Column -> field, and where it comes from. What is asked for on the command line goes before everything."""
    base, source = (dict(remembered[header]), "remembered") if header in remembered else (guess(header), "guessed")
    here = {column: field for column, field in asked.items() if column in header}
    if here:
        base = {c: f for c, f in base.items() if c not in here and f not in here.values()} | here
        source = "--map"
    return {c: f for c, f in base.items() if f != ATTRIBUTE}, source


def label(line: str) -> tuple[str, str] | None:
    """Field and value of a line such as ``Rationale: because``; None for any other line."""
    match = re.match(r"\s*(?:[-*•]\s+)?(\w[\w ]{1,40}?)\s*:\s+(\S.*)$", line)
    if match is None:
        return None
    words = plain(match[1])
    return next(((f, match[2].strip()) for f in LABELS if words in FIELDS[f] and words not in {"type", "why", "reason"}), None)


def asked_for(pairs: Sequence[str]) -> dict[str, str]:
    """``Column=field`` as given with --map. Raises ConfigError for an unknown field or two columns of one field."""
    found: dict[str, str] = {}
    for pair in pairs:
        column, mark, field = pair.rpartition("=")
        column, field = " ".join(column.split()), field.strip()
        if not mark or not column or field not in (*FIELDS, ATTRIBUTE):
            raise ConfigError(f"--map {pair!r} is not COLUMN=FIELD", hint=f"fields: {', '.join((*FIELDS, ATTRIBUTE))}")
        if field != ATTRIBUTE and field in found.values():
            raise ConfigError(f"--map gives two columns for {field}", hint="keep one; the other becomes an attribute")
        found[column] = field
    return found


def recall(root: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Header row -> column -> field, as remembered in a project. Raises ConfigError when the file is not of this form."""
    path = root / FILE
    if not path.is_file():
        return {}
    marked, findings = load(path.read_bytes(), FILE.as_posix())
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location), hint=findings[0].hint)
    value = marked.value if isinstance(marked.value, dict) else {}
    listed = value.get("mappings") if value.get("format") == FORMAT else None
    try:
        found = {tuple(m["header"]): {str(c): str(f) for c, f in m["columns"].items()} for m in iter(listed)}  # type: ignore[arg-type]
    except (KeyError, TypeError, AttributeError):
        hint = f"format: {FORMAT}, mappings: header, columns"
        raise ConfigError("this is not a file of remembered columns", where=FILE.as_posix(), hint=hint) from None
    for header, columns in found.items():
        wrong = [f"{c}={f}" for c, f in columns.items() if c not in header or f not in (*FIELDS, ATTRIBUTE)]
        if wrong:
            raise ConfigError(f"remembered columns that cannot be: {', '.join(wrong)}", where=FILE.as_posix())
    return found


def remember(root: Path, learnt: Mapping[tuple[str, ...], Mapping[str, str]]) -> bool:
    """Keep mappings for their header rows; whether the file changed."""
    before = recall(root)
    after = {**before, **{h: dict(m) for h, m in learnt.items()}}
    if after == before:
        return False
    value = {"format": FORMAT, "mappings": [{"header": list(h), "columns": m} for h, m in sorted(after.items())]}
    comment = "Which column of an imported table is which field of a requirement; columns not named are attributes.\nWritten by csvgen import; change it as you like."
    write(root / FILE, dump(value, comment).encode("utf-8"))
    return True
