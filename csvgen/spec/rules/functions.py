"""Functional, configuration and design specification."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.spec.registry import Context, Found, Index, error


@error("FSP253", "index")
def levels_end_at_requirements(index: Index, _context: Context) -> Iterator[Found]:
    """Items that implement items lead to a requirement in the end, never in a circle."""
    functions = index.function
    for item in index.of("function"):
        seen, open_ = {item.id}, [u for u in item.says["implements"] if u in functions]
        while open_:
            at = open_.pop()
            if at == item.id:
                yield Found(
                    item,
                    f"{item.id} implements itself by way of other items",
                    "implements",
                    "an item implements what stands above it",
                )
                break
            if at not in seen:
                seen.add(at)
                open_ += [u for u in functions[at].says["implements"] if u in functions]


_LEVELS = ("function", "configuration", "design")


@error("FSP254", "index")
def levels_go_down(index: Index, _context: Context) -> Iterator[Found]:
    """An item implements an item of a level below its own: a function does not implement its design."""
    for item in index.of("function"):
        for identity in item.says["implements"]:
            above = index.function.get(identity)
            if above is not None and _LEVELS.index(above.says["level"]) > _LEVELS.index(item.says["level"]):
                yield Found(item, f"{item.id} ({item.says['level']}) implements {identity} ({above.says['level']}), which stands below it", "implements",
                            "turn the reference round, or correct a level")  # fmt: skip
