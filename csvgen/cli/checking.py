"""What `csvgen check` does: once, or whenever a file changes."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import click

from csvgen.cli.project import say
from csvgen.config import Config
from csvgen.diagnostics import Diagnostic, Severity
from csvgen.errors import Exit

_PATIENCE = 1.0
"""Seconds before progress is shown."""
_LOOK = 0.5
"""Seconds between two looks at the files."""


@dataclass(frozen=True)
class Check:
    """One check of some systems."""

    config: Config
    systems: tuple[str, ...]
    named: bool
    """Whether somebody named the systems."""
    form: str
    strict: bool
    anew: bool

    def run(self) -> Exit:
        from csvgen.report.before import before_documents
        from csvgen.spec.check import Memory, astray, examine
        from csvgen.spec.memory import FileMemory

        gc.set_threshold(100_000)  # a check makes many values that live to its end, and no circles worth looking for
        root = self.config.requirements_specs
        items: list[Diagnostic] = []
        aside: list[tuple[Diagnostic, str]] = []
        said = []
        for system in self.systems:
            memories: list[FileMemory] = []

            def remembered(context: str, system: str = system, memories: list[FileMemory] = memories) -> Memory:
                memories.append(FileMemory(self.config.output / system / "check.memory", context))
                return memories[0]

            seen = examine(root, system, memory=None if self.anew else remembered, progress=_progress(system))
            for memory in memories:
                with suppress(OSError):  # a folder nobody may write to costs time, nothing else
                    memory.store()
            items += seen.findings.items
            aside += seen.set_aside
            items += before_documents(root, system, self.config.templates)
            if (protocols := self.config.protocol_folder(system)).is_dir():
                from csvgen.protocol.files import edited, read_protocol

                base = os.path.relpath(protocols, self.config.root)
                found = (*read_protocol(protocols, system)[1].items, *edited(protocols).items)
                items += (replace(d, location=replace(d.location, file=f"{base}/{d.location.file}")) for d in found)
            said.append(f"{system}: " + ", ".join(f"{n} {kind}s" for kind, n in seen.counts.items()))
        if not self.named:
            items += astray(root)
        self._print(items, aside)
        errors = sum(d.severity is Severity.ERROR for d in items)
        warnings = sum(d.severity is Severity.WARNING for d in items)
        blocked = errors > 0 or (self.strict and warnings > 0)
        for line in said:
            say(line)
        put_by = f", {len(aside)} set aside with a reason" if aside else ""
        said_errors = f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"
        say(f"{said_errors}{put_by}." + ("" if blocked else " Next: csvgen draft"))
        return Exit.FINDINGS if blocked else Exit.FINE

    def _print(self, items: list[Diagnostic], aside: list[tuple[Diagnostic, str]]) -> None:
        from csvgen import rendering
        from csvgen.spec.load import source_lines
        from csvgen.spec.pages import title

        root = self.config.requirements_specs
        match self.form:
            case "json":
                click.echo(rendering.render_json(items))
            case "sarif":
                click.echo(rendering.render_sarif(items, aside, title))
            case "junit":
                files = [
                    f"{root.name}/{p.relative_to(root).as_posix()}"
                    for s in self.systems
                    for p in sorted((root / s).rglob("*.yaml"))
                ]
                click.echo(rendering.render_junit(items, files, strict=self.strict))
            case "github" if items:
                click.echo(rendering.render_github(items))
            case "concise" if items:
                click.echo(rendering.render_concise(items))
            case "text" if items:
                click.echo(rendering.render_text(items, source_lines(root, items)))
            case _:
                pass

    def fingerprint(self) -> tuple[tuple[str, int, int], ...]:
        """Name, size and time of every file that is looked at."""
        folders = [f for s in self.systems for f in (self.config.requirements_specs / s, self.config.protocol_folder(s))]
        found = []
        for path in sorted(p for folder in folders for p in folder.rglob("*")):
            with suppress(OSError):  # it went away between the two looks
                status = path.stat()
                found.append((str(path), status.st_size, status.st_mtime_ns))
        return tuple(found)


def watched(job: Check, sleep: Callable[[float], None] = time.sleep) -> Exit:
    """Check, and check again after each change. Ends by an interrupt only."""
    before: tuple[tuple[str, int, int], ...] = ()
    while True:
        now = job.fingerprint()
        if now != before:
            job.run()
            say("watching; Ctrl-C ends")
            before = now
        sleep(_LOOK)


def _progress(system: str) -> Callable[[int, int], None]:
    """Lines on a terminal once the work takes longer than a second; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _done, _of: None
    begun = last = time.monotonic()

    def show(done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - begun > _PATIENCE and (now - last > 0.2 or done == of):  # noqa: PLR2004 - five times a second is enough for an eye
            last = now
            click.echo(f"\r{system}: {done} of {of} files", nl=done == of, err=True)

    return show
