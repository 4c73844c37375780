"""The installation baseline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.patterns import bind
from csvgen.patterns.bind import IQ_PATTERNS
from csvgen.spec.registry import Context, Hit, error, rule
from csvgen.spec.rules.texts import plain


@error("INS502", "installation")
def baseline_items(i: noun.Installation, _context: Context) -> Iterator[Hit]:
    """An item of the installation baseline cannot become a case: no pattern for its kind, unfit text, or a title used twice."""
    for number, s in enumerate(i.sections):
        for item_number, item in enumerate(s.items):
            at, key = ("sections", number, "items", item_number), f"{s.id}/{item.id}"
            if item.kind not in IQ_PATTERNS:
                yield Hit(
                    f"{key}: no pattern compares a baseline item of kind {item.kind!r}",
                    (*at, "kind"),
                    f"kinds: {', '.join(IQ_PATTERNS)}",
                    key,
                )
            for name, text in (("title", item.title), ("subject", item.subject), ("expected", item.expected)):
                if found := bind.unfit(text):
                    yield Hit(f"{key}: the {name} {text!r} cannot be used: {found}", (*at, name), about=key)
        for (kind, title), count in Counter((item.kind, item.title) for item in s.items).items():
            if count > 1:
                message = f"{s.id} has {count} items of kind {kind} called {title!r}; the permanent case ids hang on the title"
                yield Hit(message, ("sections", number, "id"), about=s.id)


_ITSELF = re.compile(
    r"\bas[ -](?:found|installed)\b|\binstalled (?:system|version|instance|value|software|state)\b|\bsystem itself\b|\bscreen ?shot\b"
    r"|\bcurrent (?:value|setting|configuration|installation|state|version)s?\b"
    r"|\b(?:observed|read (?:out )?|taken|copied) from the (?:system|server|instance|installation)\b",
    re.IGNORECASE,
)


@rule("INS503", "installation")
def expected_from_elsewhere(i: noun.Installation, _context: Context) -> Iterator[Hit]:
    """An expected value comes from the installed system: it is compared with itself and can only agree."""
    for number, s in enumerate(i.sections):
        for item_number, item in enumerate(s.items):
            if found := _ITSELF.search(plain(item.source)):
                yield Hit(f'{s.id}/{item.id} expects what "{found[0]}" says: the installation is compared with itself',
                          ("sections", number, "items", item_number, "source"), "take it from the release, the configuration specification or a requirement",
                          f"{s.id}/{item.id}")  # fmt: skip


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@rule("INS504", "installation")
def components_by_digest(i: noun.Installation, _context: Context) -> Iterator[Hit]:
    """The expected value of a component is no SHA-256 digest, and a digest is what an installed component is compared by."""
    for number, s in enumerate(i.sections):
        for item_number, item in enumerate(s.items):
            if item.kind == "component" and not _DIGEST.fullmatch(item.expected):
                yield Hit(f"{s.id}/{item.id}: a component is compared by its digest, and {item.expected!r} is none",
                          ("sections", number, "items", item_number, "expected"),
                          "sha256: and 64 hexadecimal digits; a version is of the kind package or configuration", f"{s.id}/{item.id}")  # fmt: skip


@error("INS505", "installation")
def items_once(i: noun.Installation, _context: Context) -> Iterator[Hit]:
    """Two items of a section have one id: what is recorded for one is read as the other."""
    for number, s in enumerate(i.sections):
        seen: set[str] = set()
        for item_number, item in enumerate(s.items):
            if item.id in seen:
                at = ("sections", number, "items", item_number, "id")
                yield Hit(f"{s.id} has two items called {item.id}", at, "give one of them another id", f"{s.id}/{item.id}")
            seen.add(item.id)


@error("INS506", "installation")
def expected_once(i: noun.Installation, _context: Context) -> Iterator[Hit]:
    """The baseline expects two different values of the same thing: one of the two cases must fail."""
    first: dict[tuple[str, str], tuple[str, noun.BaselineItem]] = {}
    for number, s in enumerate(i.sections):
        for item_number, item in enumerate(s.items):
            where, before = first.setdefault((item.kind, item.subject), (f"{s.id}/{item.id}", item))
            if before.expected != item.expected:
                yield Hit(f"{s.id}/{item.id} expects {item.expected!r} of the {item.kind} {item.subject!r}, and {where} {before.expected!r}",
                          ("sections", number, "items", item_number, "expected"), "one of the two is wrong", f"{s.id}/{item.id}")  # fmt: skip
