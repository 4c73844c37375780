"""The code of steps, pinned by digest: a folder of source files, read once; what is hashed is what runs.

For the pipelines that come with csvgen the bundle is the package ``csvgen.pipeline`` itself; a team's own steps are a folder of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.errors import ConfigError, NotIntact
from csvgen.model.base import Sha256, Value
from csvgen.pipeline.flow.definition import Definition, StepSpec
from csvgen.pipeline.flow.loading import Code
from csvgen.pipeline.flow.lock import Lock, altered, lock_of
from csvgen.pipeline.flow.step import Made, Step, Work

__all__ = ["Bundle", "InProcess", "Lock", "Pins", "altered", "lock_of", "pins_now", "require_pinned"]

SHIPPED = "csvgen.pipeline"
_MOST = 64 * 2**20
"""Bytes of one bundle. Data do not belong into it."""
_loaded: dict[tuple[Digest, str, frozenset[str]], Code] = {}


@dataclass(frozen=True)
class Bundle:
    """A folder of step code. `package` is the name its modules have; a team's own bundle has none.

    It is read when it is first asked for anything, and never again: whoever wants to see what lies there now makes a new one.
    """

    root: Path
    package: str = ""

    @classmethod
    def shipped(cls) -> Bundle:
        """The code that comes with csvgen."""
        import csvgen.pipeline

        return cls(Path(csvgen.pipeline.__path__[0]), SHIPPED)

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """Relative path -> bytes of every file that counts, sorted; compiled files do not.

        Raises NotIntact for a link that leads out, and for a bundle that is too large; ConfigError when there is none.
        """
        if not self.root.is_dir():
            raise ConfigError("there is no bundle of step code", where=str(self.root))
        found: dict[str, bytes] = {}
        home = self.root.resolve()
        for path in sorted(self.root.rglob("*")):
            inside = path.relative_to(self.root)
            if "__pycache__" in inside.parts or path.suffix == ".pyc" or not path.is_file():
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(home):
                raise NotIntact("a link of the bundle leads out of it", where=inside.as_posix())
            found[inside.as_posix()] = path.read_bytes()
        if sum(map(len, found.values())) > _MOST:
            raise NotIntact(f"the bundle is larger than {_MOST // 2**20} MiB", where=str(self.root))
        return dict(sorted(found.items()))

    def files(self) -> tuple[str, ...]:
        """Relative paths of every file that counts, sorted."""
        return tuple(self.contents)

    @cached_property
    def digests(self) -> Mapping[str, Digest]:
        """Relative path -> SHA-256."""
        return {name: digest_bytes(data) for name, data in self.contents.items()}

    @cached_property
    def digest(self) -> Digest:
        """Over pairs of relative path and SHA-256, sorted."""
        return digest([[name, sha256] for name, sha256 in self.digests.items()])

    def function(self, spec: StepSpec, distributions: tuple[str, ...] = ()) -> Step:
        """The function of a step, made from the bytes that `digest` is over. `distributions` are those its code may import.

        Raises ConfigError when the bundle does not hold it, or holds code that reaches outside.
        """
        module, _, name = spec.function.partition(":")
        if self.package and module != self.package and not module.startswith(f"{self.package}."):
            raise ConfigError(f"the module {module} lies outside the bundle {self.package}")
        found = getattr(self._code(distributions).module(module), name, None)
        if not callable(found):
            raise ConfigError(f"step {spec.id}: the bundle has no function {spec.function}")
        return found  # type: ignore[no-any-return]

    def _code(self, distributions: tuple[str, ...]) -> Code:
        key = (self.digest, self.package, frozenset(distributions))
        if key not in _loaded:
            named = "_".join(("csvgen_bundle", self.digest.hex[:24], *sorted(distributions)))
            _loaded[key] = Code(named.replace(".", "_"), self.contents, _tops(distributions), self.package)
        return _loaded[key]


def _tops(distributions: tuple[str, ...]) -> frozenset[str]:
    """The names under which distributions are imported."""
    found: set[str] = set()
    for name in distributions:
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:
            raise ConfigError(f"the package {name} is not installed") from None
        found |= {f.parts[0].removesuffix(".py") for f in files if f.suffix == ".py" and ".." not in f.parts}
    return frozenset(found)


@dataclass(frozen=True)
class InProcess:
    """Performs steps from a bundle in this process; refuses a step that is pinned to an image."""

    bundle: Bundle
    distributions: tuple[str, ...] = ()
    """Of the definition: what the code of a team's own bundle may import."""

    def perform(self, step: StepSpec, work: Work) -> Made:
        """See `performing.Executor`."""
        if step.image:
            raise NotIntact(f"the step is pinned to the image {step.image} and is not performed outside it", where=step.id)
        return self.bundle.function(step, self.distributions)(work)


class Pins(Value):
    """What was approved to run: nothing else does."""

    definition: Sha256
    code: Sha256
    lock: Sha256
    files: Mapping[str, Sha256] = {}
    """Of the bundle, so that a refusal can name the file."""
    packages: Mapping[str, str] = {}
    """Of the lock, so that a refusal can name the package."""
    python: str = ""


def pins_now(definition: Definition, bundle: Bundle) -> Pins:
    """The pins of what is installed at this moment."""
    lock = lock_of(definition)
    return Pins(
        definition=digest(definition),
        code=bundle.digest,
        lock=lock.digest,
        files=dict(bundle.digests),
        packages=dict(lock.packages),
        python=lock.python,
    )


def require_pinned(approved: Pins, definition: Definition, bundle: Bundle) -> None:
    """Raises NotIntact, naming what it is, when definition, code or packages here are not what was approved.

    That the installed files are still what their packages listed is looked at as well (`lock.altered`).
    """
    now = pins_now(definition, bundle)
    wrong: list[str] = []
    if now.definition != approved.definition:
        wrong.append(f"its definition (version {definition.version}) is {now.definition}, approved is {approved.definition}")
    if now.code != approved.code:
        wrong.append(_told("the code of its steps", approved.files, now.files, f"{now.code}, approved is {approved.code}"))
    if now.lock != approved.lock:
        before = {**approved.packages, "Python": approved.python} if approved.packages else {}
        after = {**now.packages, "Python": now.python}
        wrong.append(_told("what its steps stand on", before, after, f"{now.lock}, approved is {approved.lock}"))
    wrong += altered(definition)[:5]
    if wrong:
        raise NotIntact(f"pipeline {definition.id} does not run: {'; '.join(wrong)}")


def _told(what: str, approved: Mapping[str, str], now: Mapping[str, str], digests: str) -> str:
    """Which entries differ; the digests alone when the approval names no entries."""
    if not approved:
        return f"{what} is {digests}"
    words = [f"{n} is gone" for n in sorted(set(approved) - set(now))]
    words += [f"{n} was added" for n in sorted(set(now) - set(approved))]
    words += [f"{n} changed{_versions(approved[n], now[n])}" for n in sorted(set(approved) & set(now)) if approved[n] != now[n]]
    more = f" and {len(words) - 5} more" if len(words) > 5 else ""  # noqa: PLR2004 - as many as one line can hold
    return f"{what} is not what was approved: {', '.join(words[:5])}{more} (it is {digests})"


def _versions(before: str, after: str) -> str:
    old, new = before.partition(" ")[0], after.partition(" ")[0]
    if before.startswith("sha256:"):
        return ""
    return f" from {old} to {new}" if old != new else f" within version {old}"
