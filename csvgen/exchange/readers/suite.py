"""Test suites as JSON: each test case becomes a drafted acceptance criterion of every requirement it names.

Its prerequisites are what is given, its actions what is done, its expected results and acceptance criteria what must be seen.
Everything else a case says is kept as one attribute, so that no step and no remark is lost. Such suites are written by machines: the
requirement is marked with generator and version, and cannot be approved before a person has signed it as its author.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, Unreadable, json_of, text

_USED = {"test_id", "test_name", "prerequisites", "test_steps", "acceptance_criteria", "urs_requirements"}
_STEP = {"step_number", "action", "expected_result"}
_LONGEST = 400
_MARKS = str.maketrans({"<": "‹", ">": "›"})


def read(data: bytes, name: str, options: Options) -> Read:
    """A suite. Raises Unreadable when it does not say, and nobody said, which generator and version wrote it."""
    suite = json_of(data, name)
    cases = suite.get("test_cases") if isinstance(suite, Mapping) else None
    if not isinstance(cases, list) or not all(isinstance(c, Mapping) for c in cases):
        raise Unreadable("not a test suite: it has no list test_cases", where=name)
    found = Found(name, "suite")
    drafted = options.drafted or _generator(suite, name)
    for key, value in suite.items():
        if key != "test_cases":
            found.aside(found.place(0, key), text(value), "about the suite as a whole")
    gathered: dict[str, list[int]] = {}
    names = _names(cases, found)
    for number, case in enumerate(cases, 1):
        named = _texts(case.get("urs_requirements", []))
        if not named:
            found.leftover(_place(found, case, number), text(case), "this test case names no requirement")
        for identity in dict.fromkeys(named):
            gathered.setdefault(identity, []).append(number)
    for identity, some in gathered.items():
        criteria, attributes = [], {}
        for number in some:
            case, (title, criterion) = cases[number - 1], names[number - 1]
            criteria.append({**_criterion(case, _place(found, case, number), found), "id": criterion})
            attributes[title] = _rest(case)
        first = _place(found, cases[some[0] - 1], some[0])
        found.entry(first, {"id": identity, "criteria": criteria, "drafted": dict(drafted)}, attributes)
    return found.read()


def _names(cases: Sequence[Mapping[str, Any]], found: Found) -> list[tuple[str, str]]:
    """Name of the attribute and id of the criterion of each case; of two cases with one id the second is counted."""
    names: list[tuple[str, str]] = []
    used: set[str] = set()
    for number, case in enumerate(cases, 1):
        said = text(case.get("test_id", ""))
        parts = "-".join(re.findall(r"[a-z0-9]+", said.lower())) or str(number)
        base = parts if parts[:1].isalpha() else f"tc-{parts}"
        count, identity = 1, base
        while identity in used:
            count += 1
            identity = f"{base}-{count}"
        used.add(identity)
        title = f"Test {said or number}" + (f" ({count})" if count > 1 else "")
        if count > 1:
            found.aside(
                _place(found, case, number), said, f"this id of a test case stands here again; this one became {identity}"
            )
        names.append((title, identity))
    return names


def _generator(suite: Mapping[str, Any], name: str) -> dict[str, str]:
    generator = text(suite.get("generator") or suite.get("generation_method") or "")
    version = text(suite.get("generator_version") or suite.get("model_version") or "")
    if generator and version:
        return {"generator": generator, "version": version}
    said = f"it names {generator} without a version" if generator else "it names no generator"
    raise Unreadable(
        f"text written by a machine is imported only with generator and version; {said}",
        where=name, hint=f'--drafted-by "{generator or "generator"} VERSION"',
    )  # fmt: skip


def _place(found: Found, case: Mapping[str, Any], number: int) -> Any:
    return found.place(0, f"test {case.get('test_id') or number}")


def _criterion(case: Mapping[str, Any], place: Any, found: Found) -> dict[str, Any]:
    steps = _steps(case)
    raw = {
        "given": _texts(case.get("prerequisites", [])),
        "when": [text(s.get("action", "")) for s in steps],
        "then": [*(text(s.get("expected_result", "")) for s in steps), *_texts(case.get("acceptance_criteria", []))],
    }
    said = {key: [_step(line, place, found) for line in lines if line.strip()] for key, lines in raw.items()}
    title = _step(text(case.get("test_name", "")) or text(case.get("test_id", "")) or "test", place, found)
    return {
        "id": "",
        "title": title,
        **{k: v for k, v in said.items() if v},
    }


def _steps(case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps of a case; one that is plain text is an action."""
    value = case.get("test_steps") or []
    return [s if isinstance(s, Mapping) else {"action": text(s)} for s in (value if isinstance(value, list) else [value])]


def _step(line: str, place: Any, found: Found) -> str:
    """A step as Gherkin can hold it: one line, no placeholder marks, no mark of a table or comment at its head; each change is said."""
    said = " ".join(line.split())
    made = said.translate(_MARKS)
    if made.startswith(("|", "#", '"""', "```")):
        made = f"text: {made}"
    if made != said:
        found.aside(place, said, f"a step that Gherkin would misread became: {made}")
    if len(made) > _LONGEST:
        found.leftover(place, made, f"a step longer than {_LONGEST} characters was cut")
        made = made[: _LONGEST - 1] + "…"
    return made


def _rest(case: Mapping[str, Any]) -> str:
    """Everything a test case says beside its criterion."""
    rest = {k: v for k, v in case.items() if k not in _USED}
    steps = {f"step {s.get('step_number', n)}": _beside(s) for n, s in enumerate(_steps(case), 1) if _beside(s)}
    return text({**rest, **steps})


def _beside(step: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in step.items() if k not in _STEP}


def _texts(value: Any) -> list[str]:
    return [text(v) for v in value] if isinstance(value, list) else [text(value)] if value else []
