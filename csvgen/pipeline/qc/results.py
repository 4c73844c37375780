"""What travels between the application and the steps: parameters as flat text, results as canonical JSON.

A run record holds parameters as text under dotted names, so that a reader sees every constant the run used. A method becomes such
text here (`parameters`), and a step makes of it the same method again (`part_of`): nothing is lost on the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from csvgen.canonical import canonical_json, plain, read_canonical
from csvgen.errors import BadInput, NotIntact
from csvgen.model.base import Value, first_fault
from csvgen.pipeline.evaluation import ReportedValue
from csvgen.pipeline.method import Method

PRODUCTS: Mapping[str, str] = {"potency": "potency-values", "impurity": "impurity-values"}
"""Part of a method -> the product that holds its reportable values, in the order they are reported."""
SAMPLE = "sample"
OWN = "own"
"""Prefix of the constants of a team's own pipeline."""
T = TypeVar("T", bound=Value)


def parameters(method: Method, sample: str, parts: Iterable[str]) -> dict[str, str]:
    """``sample``, ``own.KEY``, and every field of the parts named (``potency.model``, ``impurity.each``). Lists are spelled as JSON.

    Raises BadInput for a part the method does not have.
    """
    found = {SAMPLE: sample, **{f"{OWN}.{key}": value for key, value in method.own.items()}}
    for part in parts:
        if part not in method.parts:
            raise BadInput(f"method {method.id} has no part {part!r}; it has {', '.join(method.parts)}")
        found |= _flat(plain(getattr(method, part)), part)
    return found


def part_of(given: Mapping[str, str], part: str, model: type[T]) -> T:
    """The part of a method that `parameters` spelled. Raises BadInput, naming the parameter, when it does not fit."""
    own = {k.removeprefix(f"{part}."): v for k, v in given.items() if k.startswith(f"{part}.")}
    try:
        return model.model_validate(_nested(own, model))
    except (ValidationError, json.JSONDecodeError, RecursionError) as problem:
        told = first_fault(problem) if isinstance(problem, ValidationError) else str(problem)
        raise BadInput(f"the parameters of {part} do not describe a method: {told}") from None


def product(values: Iterable[ReportedValue]) -> bytes:
    """Reported values as the bytes of a product."""
    return canonical_json(list(values))


def values(products: Mapping[str, bytes]) -> tuple[ReportedValue, ...]:
    """The reportable values among the products of a run: potency, then impurities. Raises NotIntact for bytes no step of ours made."""
    found: list[ReportedValue] = []
    for name in PRODUCTS.values():
        if name in products:
            listed = read_canonical(products[name], name)
            try:
                found += [ReportedValue.model_validate(v) for v in listed]
            except (ValidationError, TypeError) as problem:
                raise NotIntact(f"not a list of reported values: {problem}", where=name) from None
    return tuple(found)


def _flat(content: Mapping[str, Any], prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in content.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            found |= _flat(value, key)
        elif value is not None:
            found[key] = value if isinstance(value, str) else canonical_json(value).decode().strip()
    return found


def _nested(own: Mapping[str, str], model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, text in own.items():
        name, _, rest = key.partition(".")
        field = model.model_fields.get(name)
        if rest:
            inner = field.annotation if field is not None else None
            below = {k.removeprefix(f"{name}."): v for k, v in own.items() if k.startswith(f"{name}.")}
            if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
                raise BadInput(f"no parameter {key!r} is known")
            found[name] = _nested(below, inner)
        else:
            found[name] = json.loads(text) if field is not None and "tuple" in str(field.annotation) else text
    return found
