"""A record is made of the fields of its noun: whatever kind of noun it is, the short way says what pydantic says."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, computed_field

import csvgen.model
from csvgen.canonical import plain
from csvgen.model.base import Grown, Value, later


def nouns(kind: type[Value]) -> list[type[Value]]:
    return [kind, *(inner for sub in kind.__subclasses__() for inner in nouns(sub))]


for module in pkgutil.iter_modules(csvgen.model.__path__):
    importlib.import_module(f"csvgen.model.{module.name}")
NOUNS = sorted({n for n in nouns(Value) if n.__module__.startswith("csvgen.model.")}, key=lambda n: n.__qualname__)


def sample(noun: type[BaseModel], filled: bool) -> BaseModel:
    given = {n: some(f.annotation, filled) for n, f in noun.model_fields.items() if filled or f.is_required()}
    return noun.model_construct(**given)


def some(kind: Any, filled: bool) -> Any:
    """A value of about the kind of a field; nouns inside are nouns."""
    inner = [a for a in get_args(kind) if a is not type(None) and a is not Ellipsis]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return sample(kind, filled)
    if get_origin(kind) is tuple:
        return tuple(some(a, filled) for a in inner)
    if get_origin(kind) in (dict, Mapping):
        return {"key": some(inner[1], filled)}
    return some(inner[0], filled) if get_origin(kind) in (Union, UnionType, Annotated) else "said"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("filled", [False, True], ids=["with its defaults", "with every field"])
def test_every_noun_says_the_same_both_ways(filled: bool) -> None:
    assert len(NOUNS) > 50
    for noun in NOUNS:
        made = sample(noun, filled)
        assert plain(made) == plain(made.model_dump(mode="python", warnings=False)), noun.__qualname__


class Inner(Grown):
    word: str
    more: tuple[str, ...] = later((), "More.")


class Outer(Grown):
    inner: tuple[Inner, ...]
    table: dict[str, Inner]
    none: Inner | None = None
    late: Inner | None = later(None, "Late.")


class Telling(Value):
    word: str

    @computed_field
    def length(self) -> int:
        return len(self.word)


def test_nouns_inside_nouns() -> None:
    made = Outer(inner=(Inner(word="a"), Inner(word="b", more=("c",))), table={"k": Inner(word="d")})
    assert plain(made) == {"inner": [{"word": "a"}, {"word": "b", "more": ["c"]}], "table": {"k": {"word": "d"}}, "none": None}
    assert plain(made) == plain(made.model_dump(mode="python"))
    assert plain(made.model_copy(update={"late": made.inner[0]}))["late"] == {"word": "a"}


def test_a_noun_that_tells_its_content_its_own_way_is_asked() -> None:
    assert plain(Telling(word="abc")) == {"word": "abc", "length": 3}
