"""The installation baseline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.patterns import bind
from csvgen.patterns.bind import IQ_PATTERNS
from csvgen.spec.registry import Context, Hit, error, rule


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
            if found := _ITSELF.search(item.source):
                yield Hit(f'{s.id}/{item.id} expects what "{found[0]}" says: the installation is compared with itself',
                          ("sections", number, "items", item_number, "source"), "take it from the release, the configuration specification or a requirement",
                          f"{s.id}/{item.id}")  # fmt: skip
