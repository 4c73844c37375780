"""One mutant in the process of the system, without a changed file.

The files on disk stay as released, because csvgen compares them: the IQ by component digests, each run of a pipeline by the pins of the
approved code. A mutant that lay on disk would be refused for its digest by every case that processes a lot, and the score would measure
nothing but that comparison. So the text reaches Python on the two ways code comes into the process: by import, and by
`csvgen.pipeline.flow.loading`, which compiles the steps of a pipeline from bytes in hand.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import csvgen

PACKAGE = Path(csvgen.__file__).parent


class _Loader(SourceFileLoader):
    """Compiles a text in place of the file."""

    text = ""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the signature is importlib's
        return compile(self.text, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, module: str, path: Path, text: str) -> None:
        self._module, self._path, self._text = module, path, text
        self.used = False

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        if fullname != self._module:
            return None
        loader = _Loader(fullname, str(self._path))
        loader.text = self._text
        inside = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        return spec_from_file_location(fullname, self._path, loader=loader, submodule_search_locations=inside)


def lay(module: str, path: str, text: str) -> None:
    """From here on a module of csvgen is made from `text`. Raises RuntimeError when it was imported before: nothing would change."""
    if module in sys.modules:
        raise RuntimeError(f"{module} is imported already; the mutant would not run")
    sys.meta_path.insert(0, _Finder(module, PACKAGE / path, text))
    from csvgen.pipeline.flow import loading

    released = (PACKAGE / path).read_bytes()

    def compiled(source: Any, name: str, *rest: Any, **options: Any) -> Any:
        return builtins.compile(text if path == f"pipeline/{name}" and source == released else source, name, *rest, **options)

    vars(loading)["compile"] = compiled
