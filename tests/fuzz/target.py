"""What the fuzzers throw things at: one file of a small specification, read and checked with all rules in this process.

Anything but findings is a defect: an exception, a finding without a place in the file, a second of work too many.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from csvgen.diagnostics import Diagnostic
from csvgen.rendering import render_github, render_sarif, render_text
from csvgen.spec.check import _Work, examine
from csvgen.spec.files import MANY, SINGLE, Kind
from csvgen.spec.read import read_part
from csvgen.spec.registry import Context

SMALL = Path(__file__).parents[1] / "spec" / "small"
KINDS: tuple[tuple[str, Kind], ...] = (
    *((f"{name}/fuzz.yaml", kind) for name, kind in MANY.items()),
    *SINGLE.items(),
)


@cache
def _sound() -> tuple[_Work, Context]:
    """The context of the small system, read once."""
    work = _Work(SMALL, SMALL / "probe")
    single = {name: part for name, kind in SINGLE.items() if (part := work.part(SMALL / "probe" / name, kind)) is not None}
    return work, work.context(single, ())


def one_file(data: bytes) -> list[Diagnostic]:
    """The first byte chooses the kind of file, the rest is its content."""
    name, kind = KINDS[(data[0] if data else 0) % len(KINDS)]
    content = data[1:]
    work, context = _Work(SMALL, SMALL / "probe"), _sound()[1]
    part = read_part(content, f"small/probe/{name}", kind)
    seen = work.see(part, context)
    judge(seen.findings, content)
    return seen.findings


def judge(findings: list[Diagnostic], content: bytes) -> None:
    """Every finding has a rule, a message and a place that is there; and every rendering of it can be made."""
    text = content.decode("utf-8", "replace")
    lines = 2 + sum(text.count(end) for end in ("\n", "\r", "\x85", "\u2028", "\u2029"))
    for d in findings:
        assert d.rule, d
        assert d.message, d
        assert 0 <= d.location.line <= lines, d
    findings = findings[:200]  # renderings of more say nothing new
    shown = text.split("\n")
    assert isinstance(render_text(findings, {d.location.file: shown for d in findings}), str)
    assert "\n::" not in f"\n{render_github(findings)}".replace("\n::error ", "").replace("\n::warning ", "").replace(
        "\n::notice ", ""
    )
    render_sarif(findings, (), lambda code: code)


def whole_system(files: dict[str, bytes]) -> list[Diagnostic]:
    """The small system with some files replaced or added, checked as `csvgen check` does."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "requirements_specs"
        shutil.copytree(SMALL, root)
        for name, data in files.items():
            path = root / "probe" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return list(examine(root, "probe").findings.items)
