"""Steps that Gherkin or a reader takes for something else, and checks that look at nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, error, rule
from csvgen.spec.rules.texts import unquoted

_Line = tuple[tuple[str | int, ...], str, str, str]
"""Path, name of what it belongs to, given or when or then, the text without its keyword."""
_STEP = re.compile(r"(Given|When|Then|And|But|\*)\s{1,3}(.*)", re.DOTALL)
_KEYWORD = re.compile(r"(?:Given|When|Then|And|But)\s")


def _lines(thing: noun.Requirement | noun.Scenario) -> Iterator[_Line]:
    if isinstance(thing, noun.Requirement):
        for number, c in enumerate(thing.criteria):
            for key in ("given", "when", "then"):
                for place, line in enumerate(getattr(c, key)):
                    yield ("criteria", number, key, place), f"{thing.id}/{c.id}", key, line
        return
    for key in ("given", "when", "then"):
        for place, line in enumerate(getattr(thing, key)):
            yield (key, place), thing.id, key, line
    current = "given"
    for place, line in enumerate(thing.steps):
        if step := _STEP.fullmatch(line):
            current = step[1].lower() if step[1] in {"Given", "When", "Then"} else current
            yield ("steps", place), thing.id, current, step[2]


@rule("PRT408", "requirement", "scenario")
def steps_without_traps(thing: noun.Requirement | noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A step looks like something else to Gherkin or to its reader: a tag, a table to come, a broken line, a lone brace."""
    for at, about, _, line in _lines(thing):
        why = ""
        if line.endswith(":"):
            why = "ends with a colon, as if a table came; none can"
        elif line.endswith("\\"):
            why = "ends with a backslash, as if the line went on; it does not"
        elif line.startswith("@"):
            why = "begins with @, like a tag"
        elif line.count("{") != line.count("}"):
            why = "has a lone brace"
        if why:
            yield Hit(f"{about}: the step {line!r} {why}", at, "write it as one plain sentence", about)


@error("PRT430", "requirement", "scenario")
def one_keyword(thing: noun.Requirement | noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A step begins with a keyword that is set before it anyway: Given Given matches no step of the library."""
    for at, about, key, line in _lines(thing):
        if found := _KEYWORD.match(line):
            hint = "leave the keyword out" if at[0] != "steps" else "keep one keyword"
            yield Hit(f"{about}: a step under {key} begins with {found[0].strip()} once more", at, hint, about)


_SAYS_NOTHING = re.compile(
    r"\bas (?:expected|intended|designed|required|specified)\b|\bsuccessful(?:ly)?\b|\b(?:correct|proper)ly\b|\bworks?(?: fine| well)?$"
    r"|\b(?:is|are|be) (?:correct|ok|okay|fine|good|right|in order|displayed correctly)$|\bwithout (?:any )?(?:errors?|problems?|issues?)\b"
    r"|\bno (?:errors?|problems?|issues?) (?:occurs?|appears?|is shown|are shown)\b|\bas (?:it|they|one) should\b"
    r"|\b(?:tests?|checks?|cases?|verifications?) (?:pass(?:es|ed)?|(?:is|are) passed|succeeds?|succeeded)$"
    r"|\b(?:results?|outcomes?) (?:is|are|be) (?:valid|acceptable|satisfactory|plausible)$"
    r"|\b(?:meets?|met|fulfil?ls?|satisf(?:y|ies)) (?:(?:the|its|their|all|each|every) ){0,2}(?:requirements?|expectations?|needs)\b",
    re.IGNORECASE,
)


@rule("PRT409", "requirement", "scenario")
def checks_look_at_something(thing: noun.Requirement | noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A then says that all is well instead of what is observed: as expected, successfully, is correct."""
    for at, about, key, line in _lines(thing):
        # What stands in quotation marks is a value to compare with: the words "saved successfully" on a screen can be looked at.
        if key == "then" and (found := _SAYS_NOTHING.search(unquoted(line).rstrip(" ."))):
            yield Hit(
                f'{about}: "{found[0]}" names nothing that can be observed',
                at,
                "say the value, state or message that must be seen",
                about,
            )
