"""A pipeline as data: its inputs, its steps in order, and the packages it stands on. Files ``data/pipelines/<id>.yaml``."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from csvgen.errors import ConfigError
from csvgen.marks import load
from csvgen.model.base import Line, Value

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""Name of a pipeline, step, input or output."""
Function = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_.]*:[a-z_][a-z0-9_]*$")]
"""``module:function``; the module is looked for in the bundle of the pipeline and nowhere else."""
Image = Annotated[str, Field(pattern=r"^$|^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9][a-z0-9._-]*)+@sha256:[0-9a-f]{64}$")]
"""An image by registry, name and digest. A tag can be moved, so none is taken, not even beside a digest."""


class InputSpec(Value):
    """Something a pipeline is given."""

    name: Name
    kind: Literal["file", "dataset"] = "file"
    optional: Literal["yes", "no"] = "no"
    title: Line


class StepSpec(Value):
    """One pure transformation of named bytes."""

    id: Name
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}$")]
    title: Line
    function: Function
    takes: tuple[Name, ...] = Field(min_length=1)
    """Inputs of the pipeline or outputs of earlier steps. Without one that is optional and not given, the step does not apply."""
    optional: tuple[Name, ...] = ()
    """Those of `takes` the step can do without."""
    gives: tuple[Name, ...] = Field(min_length=1)
    parameters: tuple[Line, ...] = ()
    """Keys of the parameters it may see; it sees no others. A key that ends in ``.`` stands for all that begin with it."""
    image: Image = ""
    """Empty: performed from the bundle in this process."""


class Definition(Value):
    """A pipeline. Raises ValueError for a step that takes what nothing gives, and for a name given twice."""

    format: Literal["csvgen.pipeline/1"]
    id: Name
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}$")]
    title: Line
    subject: Name
    """What one run is about: ``lot``, ``study``."""
    inputs: tuple[InputSpec, ...] = Field(min_length=1)
    steps: tuple[StepSpec, ...] = Field(min_length=1)
    results: tuple[Name, ...] = Field(min_length=1)
    """Outputs whose bytes are the result: their digests make the digest of outputs."""
    distributions: tuple[Line, ...] = ()
    """Packages the steps stand on; their versions are locked with the code."""

    @model_validator(mode="after")
    def _connected(self) -> Self:
        known = [i.name for i in self.inputs]
        for step in self.steps:
            if missing := [n for n in step.takes if n not in known]:
                raise ValueError(f"step {step.id} takes {', '.join(missing)}, which nothing before it gives")
            if strange := [n for n in step.optional if n not in step.takes]:
                raise ValueError(f"step {step.id} does not take {', '.join(strange)}")
            known += step.gives
        ids = [s.id for s in self.steps]
        for what, names in (("name", known), ("step", ids)):
            if twice := sorted({n for n in names if names.count(n) > 1}):
                raise ValueError(f"{what} {', '.join(twice)} is there twice")
        if missing := [n for n in self.results if n not in known]:
            raise ValueError(f"no step gives the result {', '.join(missing)}")
        return self


def read_definition(data: bytes, where: str) -> Definition:
    """A definition from YAML. Raises ConfigError with what is wrong."""
    marked, findings = load(data, where)
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location))
    try:
        return Definition.model_validate(marked.value)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        raise ConfigError(f"{place or 'definition'}: {first['msg']}", where=where) from None


def shipped(pipeline: str) -> Definition:
    """A pipeline that comes with csvgen. Raises ConfigError for one that does not."""
    file = resources.files("csvgen.pipeline").joinpath("data", "pipelines", f"{pipeline}.yaml")
    if pipeline not in shipped_names():
        raise ConfigError(f"there is no pipeline {pipeline[:40]!r}", hint=f"there are: {', '.join(shipped_names())}")
    return read_definition(file.read_bytes(), f"{pipeline}.yaml")


def shipped_names() -> tuple[str, ...]:
    """Ids of the pipelines that come with csvgen, sorted."""
    folder = resources.files("csvgen.pipeline").joinpath("data", "pipelines")
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))
