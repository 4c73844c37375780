"""What a team's own pipeline must give for a lot: the reportable values of the method, rounded and judged as the method says.

The shipped pipeline is validated with csvgen; what a team's steps write is looked at once more, by other code than theirs. From the
unrounded value of each test the reported one must follow by rounding half up, and limit and verdict by the method. So no step can
pass what the method fails, and no part of the method can be left out. Whether the unrounded value is right, the team's validation says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from csvgen.errors import NotIntact
from csvgen.pipeline import impurity, potency
from csvgen.pipeline.evaluation import INFORMATION, ReportedValue
from csvgen.pipeline.method import SHIPPED, Method
from csvgen.pipeline.numbers import number
from csvgen.pipeline.qc import results
from csvgen.pipeline.rounding import Limits, reported

INPUTS: Mapping[str, str] = {"potency": "plate", "impurity": "chromatogram"}
"""Part of a method -> the input of the pipeline its file is given as."""


def require(method: Method, given: Collection[str], products: Mapping[str, bytes], *, invalid: str) -> None:
    """Raises NotIntact, naming the test, when a team's own pipeline gave other values than the method asks for. `given`: inputs by name."""
    if method.pipeline == SHIPPED or invalid:
        return
    if faults := list(problems(method, given, products)):
        raise NotIntact(f"pipeline {method.pipeline} does not give what method {method.id} asks for: {'; '.join(faults[:3])}")


def problems(method: Method, given: Collection[str], products: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with the values among the products of a valid run, in words."""
    parts = [part for part in method.parts if INPUTS[part] in given]
    for part, product in results.PRODUCTS.items():
        if (product in products) != (part in parts):
            yield f"{product} is {'there without data' if product in products else 'missing'}"
    found = results.values(products)
    for part in parts:
        if (of := [v for v in found if v.part == part]) or results.PRODUCTS[part] in products:
            yield from _whole(method, part, [v.name for v in of])
    for value in found:
        if why := _wrong(method, value):
            yield f"{value.name}: {why}"


def _whole(method: Method, part: str, names: list[str]) -> Iterator[str]:
    """Each test once, and those that are always there."""
    always = {"potency": (potency.NAME,), "impurity": (impurity.TOTAL, *([_main(method)] if method.impurity else []))}[part]
    if missing := [n for n in always if n not in names]:
        yield f"no value of {', '.join(missing)}"
    if twice := sorted({n for n in names if names.count(n) > 1}):
        yield f"{', '.join(twice)} is there twice"
    if part == "potency" and (strange := [n for n in names if n != potency.NAME]):
        yield f"the method has no test {', '.join(strange)}"


def _wrong(method: Method, value: ReportedValue) -> str:
    part = getattr(method, value.part)
    if part is None:
        return f"the method has no {value.part}"
    meant = reported(number(value.unrounded), part.decimals)
    if value.reported != meant:
        return f"reported as {value.reported}, the unrounded value rounds to {meant}"
    limits = _limits(method, value)
    unit, limit, verdict = ("%", str(limits), limits.verdict(meant)) if limits else ("%", "", INFORMATION)
    if (value.unit, value.limit, value.verdict) != (unit, limit, verdict):
        return f"{value.reported} {value.unit} is told as {value.verdict}, limit {value.limit!r}; by the method it is {verdict}, limit {limit!r}"
    return ""


def _limits(method: Method, value: ReportedValue) -> Limits | None:
    if value.part == "potency" and method.potency is not None:
        return Limits(method.potency.low, method.potency.high)
    assert method.impurity is not None
    if value.name == _main(method):
        return None
    return Limits(high=method.impurity.total if value.name == impurity.TOTAL else method.impurity.each)


def _main(method: Method) -> str:
    assert method.impurity is not None
    return impurity.MAIN + method.impurity.main
