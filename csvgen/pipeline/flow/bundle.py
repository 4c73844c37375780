"""The code of steps and what it stands on, pinned by digest.

A bundle is a folder of source files. For the pipelines that come with csvgen it is the package ``csvgen.pipeline`` itself; a team's
own steps are a folder of theirs. The lock names each package the steps stand on with version and the digest of its list of files.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType

from csvgen.canonical import Digest, digest, digest_bytes, digest_file
from csvgen.errors import ConfigError, NotIntact
from csvgen.model.base import Sha256, Value
from csvgen.pipeline.flow.definition import Definition, StepSpec
from csvgen.pipeline.flow.step import Made, Step, Work

SHIPPED = "csvgen.pipeline"


class Lock(Value):
    """Packages with version and digest of their installed list of files, and the Python they run on."""

    python: str
    packages: Mapping[str, str]
    """Name -> ``version sha256:...``."""

    @property
    def digest(self) -> Digest:
        """Over the whole lock."""
        return digest(self)


def lock_of(definition: Definition) -> Lock:
    """What is installed of the packages a definition names. Raises ConfigError for one that is not."""
    found = {}
    for name in definition.distributions:
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise ConfigError(
                f"pipeline {definition.id} needs the package {name}", hint="pip install 'csvgen[pipeline]'"
            ) from None
        listed = installed.read_text("RECORD") or ""
        found[name] = f"{installed.version} {digest_bytes(listed.encode())}"
    return Lock(python=platform.python_version(), packages=found)


@dataclass(frozen=True)
class Bundle:
    """A folder of step code. `package` is the name its modules have; a team's own bundle has none and is loaded by path."""

    root: Path
    package: str = ""

    @classmethod
    def shipped(cls) -> Bundle:
        """The code that comes with csvgen."""
        import csvgen.pipeline

        return cls(Path(csvgen.pipeline.__path__[0]), SHIPPED)

    def files(self) -> tuple[str, ...]:
        """Relative paths of every file that counts, sorted; compiled files do not."""
        found = (p for p in self.root.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return tuple(sorted(p.relative_to(self.root).as_posix() for p in found))

    @property
    def digest(self) -> Digest:
        """Over pairs of relative path and SHA-256, sorted."""
        return digest([[name, digest_file(self.root / name)] for name in self.files()])

    def function(self, spec: StepSpec) -> Step:
        """The function of a step. Raises ConfigError when the bundle does not hold it."""
        module, _, name = spec.function.partition(":")
        loaded = self._module(module)
        found = getattr(loaded, name, None)
        if not callable(found):
            raise ConfigError(f"step {spec.id}: the bundle has no function {spec.function}")
        return found  # type: ignore[no-any-return]

    def _module(self, module: str) -> ModuleType:
        if self.package:
            if module != self.package and not module.startswith(f"{self.package}."):
                raise ConfigError(f"the module {module} lies outside the bundle {self.package}")
            try:
                return importlib.import_module(module)
            except ModuleNotFoundError as problem:
                raise ConfigError(f"the module {module} cannot be loaded: no {problem.name}") from None
        path = self.root.joinpath(*module.split(".")).with_suffix(".py")
        if not path.is_file():
            raise ConfigError(f"the bundle has no module {module}")
        own = f"csvgen_bundle_{hashlib.sha256(str(path).encode() + path.read_bytes()).hexdigest()[:16]}"
        if own in sys.modules:
            return sys.modules[own]
        spec = importlib.util.spec_from_file_location(own, path)
        if spec is None or spec.loader is None:
            raise ConfigError(f"the module {module} cannot be loaded")
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[own] = loaded
        try:
            spec.loader.exec_module(loaded)
        except BaseException:
            del sys.modules[own]
            raise
        return loaded


@dataclass(frozen=True)
class InProcess:
    """Performs steps from a bundle in this process; refuses a step that is pinned to an image."""

    bundle: Bundle

    def perform(self, step: StepSpec, work: Work) -> Made:
        """See `performing.Executor`."""
        if step.image:
            raise NotIntact(f"the step is pinned to the image {step.image} and is not performed outside it", where=step.id)
        return self.bundle.function(step)(work)


class Pins(Value):
    """What was approved to run: nothing else does."""

    definition: Sha256
    code: Sha256
    lock: Sha256


def pins_now(definition: Definition, bundle: Bundle) -> Pins:
    """The pins of what is installed at this moment."""
    return Pins(definition=digest(definition), code=bundle.digest, lock=lock_of(definition).digest)


def require_pinned(approved: Pins, definition: Definition, bundle: Bundle) -> None:
    """Raises NotIntact, naming each part, when what is here is not what was approved."""
    now = pins_now(definition, bundle)
    wrong = [part for part in ("definition", "code", "lock") if getattr(now, part) != getattr(approved, part)]
    if wrong:
        what = "; ".join(f"{part} is {getattr(now, part)}, approved is {getattr(approved, part)}" for part in wrong)
        raise NotIntact(f"pipeline {definition.id} does not run: {what}")
