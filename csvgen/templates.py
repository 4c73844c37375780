"""Where templates come from: the project's own `templates/` first, then those shipped with csvgen.

Templates are data of the project and may be changed by it, so they run in Jinja2's sandbox with undefined names as errors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.errors import ConfigError

REFERENCE = "reference.docx"
"""Styles of Word files."""


def shipped() -> Path:
    """Folder of the shipped templates: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


class Templates:
    """Templates of one project. `escape` is applied to every printed expression."""

    def __init__(
        self, project: Path | None, escape: Callable[[Any], str], filters: dict[str, Callable[..., Any]] | None = None
    ) -> None:
        self.folders = [folder for folder in (project, shipped()) if folder is not None and folder.is_dir()]
        self._environment = SandboxedEnvironment(
            loader=FileSystemLoader([str(f) for f in self.folders]),
            undefined=StrictUndefined,
            finalize=escape,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )
        self._environment.filters.update(filters or {})

    def render(self, name: str, **values: Any) -> str:
        """Raises ConfigError naming the template when it is missing or cannot be rendered."""
        try:
            return self._environment.get_template(name).render(**values)
        except TemplateError as problem:
            number = getattr(problem, "lineno", None)
            line = f":{number}" if number else ""
            raise ConfigError(f"template cannot be used: {problem}", where=f"templates/{name}{line}") from None

    def parse(self, name: str) -> None:
        """Raises ConfigError naming the template and line when it is missing or is no template."""
        try:
            self._environment.get_template(name)
        except TemplateError as problem:
            number = getattr(problem, "lineno", None)
            raise ConfigError(f"no template: {problem}", where=f"templates/{name}{f':{number}' if number else ''}") from None
        except UnicodeDecodeError:
            raise ConfigError("no template: the file is not UTF-8", where=f"templates/{name}") from None

    def digest_of(self, *names: str) -> Digest:
        """Digest of the template files that would be used."""
        return digest({name: digest_bytes(self.path(name).read_bytes()) for name in names})

    @property
    def own(self) -> dict[str, Digest]:
        """The project's own files that shape documents, where they are not the shipped ones: name -> digest.

        What a document shows beside its content is theirs to say, so whoever signs or verifies it must know that they were used.
        """
        project = self.folders[0] if len(self.folders) > 1 else None
        files = [*sorted((project / "documents").rglob("*")), project / REFERENCE] if project is not None else []
        files += (
            [project / "theme.toml", *(f for kind in ("png", "tt[fc]") for f in sorted(project.glob(f"*.{kind}")))]
            if project is not None
            else []
        )  # a theme, its logo, its fonts
        files += sorted((project / "wording").glob("*.yaml")) if project is not None else []
        found = {f.relative_to(project).as_posix(): digest_bytes(f.read_bytes()) for f in files if project and f.is_file()}
        given = {n: shipped() / n for n in found}
        return {n: d for n, d in found.items() if not given[n].is_file() or digest_bytes(given[n].read_bytes()) != d}

    def path(self, name: str) -> Path:
        """The file that would be used: the project's own if it has one."""
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        raise ConfigError("no such template", where=f"templates/{name}")
