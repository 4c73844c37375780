"""Step code made from the very bytes that were hashed.

A module of a bundle never comes through Python's own import: that would read the file again, after it was hashed, or run a compiled
file that lies beside it. Here each module is compiled from bytes in hand, under a private name, and its imports are answered by `Code`:
modules of the bundle from the bundle, the standard library and the locked packages from Python, everything else not at all.

This keeps the record honest; it is no prison. Code that was approved can do what Python can do.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from threading import RLock
from types import ModuleType
from typing import Any

from csvgen.errors import ConfigError

OFFERED = ("csvgen.canonical", "csvgen.errors", "csvgen.pipeline.flow.step")
"""What a bundle may use of csvgen."""
_AROUND = ("gc", "importlib", "inspect", "runpy", "pkgutil", "zipimport", "imp", "marshal", "ctypes", "builtins")
"""Ways around what is looked at here."""
_CALLS = ("__import__", "exec", "eval", "compile")
_INSIDE = ("__builtins__", "__globals__", "__loader__", "__spec__", "__subclasses__", "f_builtins", "f_globals")
"""Attributes that lead from any object to modules nobody imported."""


class Code:
    """The modules of one bundle. `name` becomes the private package they live in; `allowed` are top names of locked packages.

    `package` is what the modules are called among themselves, for the code that comes with csvgen; such code is not looked through:
    what it may import, a test of csvgen says.
    """

    def __init__(self, name: str, sources: Mapping[str, bytes], allowed: frozenset[str], package: str = "") -> None:
        self._private = name
        self._package = package
        self._allowed = allowed
        self._files = {_module(path, package): path for path in sources if path.endswith(".py")}
        self._sources = sources
        self._modules: dict[str, ModuleType] = {}
        self._alone = RLock()
        self._known = {".".join(n.split(".")[:i]) for n in self._files for i in range(1, n.count(".") + 2)}
        if package:
            self._known = {n for n in self._known if n == package or n.startswith(f"{package}.")}
        else:
            for path in sorted(self._files.values()):
                self._look_through(path)

    def module(self, name: str) -> ModuleType:
        """A module, made once. Raises ConfigError when the bundle holds none of that name, or one that cannot be compiled."""
        with self._alone:  # two threads may ask for the first step at once
            return self._modules[name] if name in self._modules else self._brought(name)

    def _brought(self, name: str) -> ModuleType:
        if name not in self._known:
            raise ConfigError(f"the bundle has no module {name[:100]}")
        parent, _, leaf = name.rpartition(".")
        above = self.module(parent) if parent in self._known else None
        if name in self._modules:  # the parent brought it in
            return self._modules[name]
        made = self._made(name)
        if above is not None:
            setattr(above, leaf, made)
        return made

    def _made(self, name: str) -> ModuleType:
        path = self._files.get(name, "")
        private = f"{self._private}.{name}"
        made = ModuleType(private)
        held = not path or PurePosixPath(path).name == "__init__.py"
        made.__package__ = private if held else private.rpartition(".")[0]
        if held:
            made.__path__ = []
        made.__file__ = path
        made.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
        self._modules[name] = sys.modules[private] = made  # dataclasses and pydantic look their module up by name
        if path:
            try:
                code = compile(self._sources[path], path, "exec", dont_inherit=True)
                exec(code, made.__dict__)  # noqa: S102 - these are the bytes that were hashed and approved
            except BaseException as problem:
                del self._modules[name], sys.modules[private]
                if isinstance(problem, SyntaxError | ValueError):
                    raise ConfigError(f"the bundle cannot be loaded: {problem}", where=path) from None
                raise
        return made

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names Python gives them
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        own = self._own(name, globals, level)
        if own not in self._known:
            self._offered(name)
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = self.module(own)
        if not fromlist:
            return self.module(own.partition(".")[0])
        for wanted in fromlist:
            if f"{own}.{wanted}" in self._known and not hasattr(module, wanted):
                self.module(f"{own}.{wanted}")
        return module

    def _own(self, name: str, where: Mapping[str, Any] | None, level: int) -> str:
        """The name a module has in the bundle, also when it is asked for relatively."""
        if not level:
            return name
        base = str((where or {})["__package__"]).split(".")
        base = base[: len(base) - level + 1]
        full = ".".join([*base, name] if name else base)
        if full != self._private and not full.startswith(f"{self._private}."):
            raise ConfigError(f"an import leads out of the bundle: {'.' * level}{name}")
        return full[len(self._private) + 1 :]

    def _offered(self, name: str, where: str = "") -> None:
        if self._package:
            return
        top = name.partition(".")[0]
        fine = name in OFFERED if top == "csvgen" else top in self._allowed or (top in sys.stdlib_module_names)
        if top in _AROUND:
            raise ConfigError(
                f"a step may not import {name}: what it loads would not be in the digest of the bundle", where=where
            )
        if not fine:
            offered = f"the bundle itself, the standard library, {', '.join(OFFERED)} and the packages the pipeline names"
            raise ConfigError(f"a step may not import {name[:100]}; it may import {offered}", where=where)

    def _look_through(self, path: str) -> None:
        """Refuse, before anything of it runs, code that reaches outside. Raises ConfigError with file and line."""
        try:
            tree = ast.parse(self._sources[path], path)
        except (SyntaxError, ValueError) as problem:
            raise ConfigError(f"the bundle cannot be loaded: {problem}", where=path) from None
        for node in ast.walk(tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            for name in _imported(node):
                if name not in self._known:
                    self._offered(name, where)
            if isinstance(node, ast.ImportFrom) and node.level > len(PurePosixPath(path).parts):
                raise ConfigError("an import leads out of the bundle", where=where)
            if named := _reaching(node):
                raise ConfigError(
                    f"a step may not use {named}: what it reaches would not be in the digest of the bundle", where=where
                )
            if isinstance(node, ast.Name) and node.id in _CALLS:
                raise ConfigError(
                    f"a step may not use {node.id}: what it runs would not be in the digest of the bundle", where=where
                )


def _reaching(node: ast.AST) -> str:
    """What a node takes hold of modules by that are loaded already: ``sys.modules``, or an attribute that leads there. Empty: nothing."""
    match node:
        case ast.Attribute(attr="modules", value=ast.Name(id="sys") | ast.Attribute(attr="sys")):
            return "sys.modules"
        case ast.ImportFrom(module="sys", names=names) if any(n.name in ("modules", "*") for n in names):
            return "sys.modules"
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]) if name in (*_INSIDE, "modules"):
            return name
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in _INSIDE:
            return name
    return ""


def _imported(node: ast.AST) -> Iterator[str]:
    """What a node imports absolutely; ``from csvgen import errors`` counts as ``csvgen.errors``."""
    if isinstance(node, ast.Import):
        yield from (a.name for a in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        if node.module in ("csvgen", "csvgen.pipeline", "csvgen.pipeline.flow"):
            yield from (f"{node.module}.{a.name}" for a in node.names)
        else:
            yield node.module


def _module(path: str, package: str) -> str:
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join([*([package] if package else []), *parts])
