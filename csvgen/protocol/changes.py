"""What drafting anew would change, scenario by scenario, for people who decide whether to let it: steps and rows, in few words.

Scenarios are paired by the permanent ids they hold, so a new title or another order is a change and no new scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from csvgen.protocol.gherkin import TC

Sign = Literal["+", "~", "-"]
_LONGEST = 160
"""Characters of a step or cell that are shown."""


@dataclass(frozen=True)
class Scenario:
    """One scenario as it stands in a file, placeholders and rows apart."""

    rule: str
    title: str
    tags: tuple[str, ...]
    why: str
    steps: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]
    """Case id -> its values by column; one without values where the scenario is no outline."""

    @property
    def name(self) -> str:
        return f"{self.rule}: {self.title}" if self.rule else self.title


@dataclass(frozen=True)
class ScenarioChange:
    """One scenario that would come, change or go."""

    sign: Sign
    name: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Case ids that come, go, or keep their id and say something else."""
    lines: tuple[str, ...] = ()
    """What changes in it, one line each: ``step 3: Then x is "1" -> Then x is "2"``, ``+ row TC-OQ-0009 value=105.06``."""

    def content(self) -> dict[str, object]:
        """For JSON."""
        return {
            "sign": self.sign, "scenario": self.name, "added": list(self.added), "removed": list(self.removed),
            "changed": list(self.changed), "lines": list(self.lines),
        }  # fmt: skip


@dataclass(frozen=True)
class FeatureChange:
    """All that would change in one file."""

    about: tuple[str, ...] = ()
    """Lines above the scenarios: title, tags, description, rules."""
    scenarios: tuple[ScenarioChange, ...] = ()

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(sorted(i for s in self.scenarios for i in s.added))

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(sorted(i for s in self.scenarios for i in s.removed))

    @property
    def changed(self) -> tuple[str, ...]:
        return tuple(sorted(i for s in self.scenarios for i in s.changed))


def difference(old: str, new: str) -> FeatureChange:
    """What changes from one text of a feature file to another; either may be empty. A text that is not Gherkin has no scenarios."""
    before, after = _read(old), _read(new)
    pairs, gone = _paired(before[1], after[1])
    found = [_change(was, now) for was, now in pairs]
    found += [ScenarioChange("-", s.name, removed=tuple(s.rows)) for s in gone]
    about = tuple(_lines(before[0], after[0])) if old and new else ()
    return FeatureChange(about, tuple(c for c in found if c is not None))


def _paired(old: list[Scenario], new: list[Scenario]) -> tuple[list[tuple[Scenario | None, Scenario]], list[Scenario]]:
    """Each new scenario with the old one it shares most ids with, or else the name; and the old ones nobody wants."""
    left = list(old)
    pairs: list[tuple[Scenario | None, Scenario]] = []
    for now in new:
        shared = max(left, key=lambda was: len(was.rows.keys() & now.rows.keys()), default=None)
        if shared is None or not shared.rows.keys() & now.rows.keys():
            shared = next((was for was in left if was.name == now.name), None)
        if shared is not None:
            left.remove(shared)
        pairs.append((shared, now))
    return pairs, left


def _change(was: Scenario | None, now: Scenario) -> ScenarioChange | None:
    if was is None:
        rows = [_row("+", tc, values) for tc, values in now.rows.items() if values]
        return ScenarioChange("+", now.name, added=tuple(now.rows), lines=(_count(now), *rows))
    lines = [f"{what}: {_short(a)} -> {_short(b)}" for what, a, b in _words(was, now) if a != b]
    lines += _steps(was.steps, now.steps)
    added = [tc for tc in now.rows if tc not in was.rows]
    removed = [tc for tc in was.rows if tc not in now.rows]
    others = [tc for tc in now.rows if tc in was.rows and now.rows[tc] != was.rows[tc]]
    lines += [_row("+", tc, now.rows[tc]) for tc in added]
    lines += [_row("-", tc, was.rows[tc]) for tc in removed]
    lines += [_row("~", tc, _cells(was.rows[tc], now.rows[tc])) for tc in others]
    if not lines:
        return None
    whole = was.steps != now.steps or was.title != now.title or was.tags != now.tags
    changed = [tc for tc in now.rows if tc in was.rows] if whole else others
    return ScenarioChange("~", now.name, tuple(added), tuple(removed), tuple(changed), tuple(lines))


def _words(was: Scenario, now: Scenario) -> tuple[tuple[str, str, str], ...]:
    return (
        ("criterion", was.rule, now.rule),
        ("title", was.title, now.title),
        ("tags", " ".join(was.tags), " ".join(now.tags)),
        ("reason", was.why, now.why),
    )


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Steps that differ, under the number they have in the new text (of those that go: in the old one)."""
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "replace":
            yield from (
                f"step {m + 1}: {_short(old[n])} -> {_short(new[m])}" for n, m in zip(range(a, b), range(c, d), strict=False)
            )
        both = min(b - a, d - c) if kind == "replace" else 0
        if kind != "equal":
            yield from (f"- step {n + 1}: {_short(old[n])}" for n in range(a + both, b))
            yield from (f"+ step {n + 1}: {_short(new[n])}" for n in range(c + both, d))


def _cells(was: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    return {k: f"{was.get(k, '(none)')} -> {now.get(k, '(none)')}" for k in {**was, **now} if was.get(k) != now.get(k)}


def _row(sign: Sign, tc: str, values: Mapping[str, str]) -> str:
    return f"{sign} row {tc}" + "".join(f" {k}={_short(v)}" for k, v in values.items())


def _count(s: Scenario) -> str:
    return f"{len(s.steps)} steps, {len(s.rows)} case{'' if len(s.rows) == 1 else 's'}: {', '.join(s.rows)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} [shortened]"


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (f"- {_short(line)}" for line in old[a:b])
            yield from (f"+ {_short(line)}" for line in new[c:d])


def _read(text: str) -> tuple[list[str], list[Scenario]]:
    """Words above the scenarios, one line each; and the scenarios."""
    from gherkin.errors import CompositeParserException, ParserError
    from gherkin.parser import Parser

    try:
        document: Any = Parser().parse(text) if text else {}
    except (ParserError, CompositeParserException):
        return ["(this file is not Gherkin)"], []
    feature = document.get("feature")
    if not feature:
        return [], []
    head = [" ".join(t["name"] for t in feature["tags"]), feature["name"], *_description(feature)]
    found: list[Scenario] = []
    for rule, child in _children(feature["children"], "", head):
        found.append(_scenario(child, rule))
    return head, found


def _children(children: list[dict[str, Any]], rule: str, head: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for child in children:
        if "rule" in child:
            inner = child["rule"]
            head += [" ".join(["Rule:", inner["name"], *(t["name"] for t in inner["tags"])]), *_description(inner)]
            yield from _children(inner["children"], inner["name"], head)
        elif "background" in child:
            head += [f"Background: {s['keyword'].strip()} {s['text']}" for s in child["background"]["steps"]]
        elif "scenario" in child:
            yield rule, child["scenario"]


def _description(node: dict[str, Any]) -> list[str]:
    """Paragraphs of a description, each as one line, wherever it was wrapped."""
    found: list[str] = []
    for line in (part.strip() for part in node.get("description", "").split("\n")):
        if line.startswith("> ") and found:
            found[-1] += line[1:]
        elif line:
            found.append(line)
    return found


def _scenario(node: dict[str, Any], rule: str) -> Scenario:
    rows: dict[str, dict[str, str]] = {}
    for examples in node["examples"]:
        names = [c["value"] for c in (examples.get("tableHeader") or {}).get("cells", ())]
        for row in examples.get("tableBody", ()):
            values = dict(zip(names, (c["value"] for c in row["cells"]), strict=False))
            rows[values.pop("tc", "(without id)")] = values
    match = TC.fullmatch(node["name"])
    if match is not None:
        rows[match[1]] = {}
    title = (match[2] or "") if match is not None else node["name"].removeprefix("<tc>")
    return Scenario(
        rule=rule,
        title=title.strip(),
        tags=tuple(t["name"] for t in node["tags"]),
        why="; ".join(e["name"] for e in node["examples"] if e["name"]),
        steps=tuple(line for s in node["steps"] for line in _step(s)),
        rows=rows,
    )


def _step(node: dict[str, Any]) -> Iterator[str]:
    table = (node.get("dataTable") or {}).get("rows", ())
    more = [" | ".join(c["value"] for c in r["cells"]) for r in table]
    doc = (node.get("docString") or {}).get("content", "")
    yield " ".join([f"{node['keyword'].strip()} {node['text']}", *more, *([doc] if doc else [])])
