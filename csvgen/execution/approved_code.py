"""Step code that runs, against the step code that was approved: what differs, in sentences. Pure; `stepcode` and `dry` read the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from csvgen.model.approved_code import ApprovedCode, Definition

_MOST = 3
"""So many differences are told; one is enough to refuse."""


def changed_files(approved: ApprovedCode, now: Mapping[str, str], cases: Sequence[str]) -> list[str]:
    """Files that are not what was approved, the ones the steps of `cases` run first, each with such a step.

    `now`: name -> digest of the approved files that can be looked at, and of further files of the project.
    """
    found: list[tuple[bool, str]] = []
    for name, sha256 in sorted(now.items()):
        there = approved.files.get(name, "")
        if there != sha256:
            step = approved.uses(name, tuple(cases))
            found.append((step is None, _told(name, there, sha256, step)))
    return [told for _, told in sorted(found)][:_MOST]


def other_code(approved: ApprovedCode, now: ApprovedCode, cases: Sequence[str]) -> list[str]:
    """Where the steps of `cases` resolve to other code than was approved; then what else of the step code differs."""
    found: dict[str, None] = {}
    for case in cases:
        for number in range(1, max(len(approved.cases.get(case, ())), len(now.cases.get(case, ()))) + 1):
            found |= dict.fromkeys(_step(approved, now, case, number))
    if not found:  # of csvgen only the files that these cases use are known here; of the project all
        own = {name: "" for name in approved.files if name.startswith("project/")}
        found = dict.fromkeys(changed_files(approved, own | now.files, cases))
    return list(found)[:_MOST]


def _step(approved: ApprovedCode, now: ApprovedCode, case: str, number: int) -> Iterator[str]:
    was, runs = approved.of(case, number), now.of(case, number)
    if was is None or runs is None:
        if was is not runs:
            yield f"{_place(case, number)} runs {_definition(runs)}, and was approved with {_definition(was)}"
    elif was.file != runs.file:
        yield (
            f"{_place(case, number)} runs {runs.told} ({_short(now.files.get(runs.file, ''))}), and was approved with "
            f"{was.told} ({_short(approved.files.get(was.file, ''))})"
        )
    elif approved.files.get(was.file) != now.files.get(runs.file):
        yield _told(was.file, approved.files.get(was.file, ""), now.files.get(runs.file, ""), (case, number))
    elif was != runs:
        yield f"{_place(case, number)} runs {runs.told} {runs.function}, and was approved with {was.told} {was.function}"


def _told(name: str, was: str, now: str, step: tuple[str, int] | None) -> str:
    who = f"{_place(*step)} runs {name}, which" if step is not None else f"{name}, a file of the step code,"
    if not was:
        return f"{who} is {_short(now)} and was not approved"
    return f"{who} {f'is {_short(now)}' if now else 'is not there'} and was approved as {_short(was)}"


def _place(case: str, number: int) -> str:
    return f"{case} step {number}"


def _definition(found: Definition | None) -> str:
    return found.told if found is not None else "no single step definition"


def _short(sha256: str) -> str:
    return sha256[:19] or "no file"
