"""Structures against the loader: sound files with something unsound put in anywhere. Found inputs stay in seeds.txt."""

from __future__ import annotations

import json
import resource
import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiers import some

from . import target

PROBE = target.SMALL / "probe"
SOUND: dict[str, Any] = {
    p.relative_to(PROBE).as_posix(): yaml.load(p.read_bytes(), Loader=yaml.BaseLoader) for p in sorted(PROBE.rglob("*.yaml"))
}
SECONDS, MEGABYTES = 2.0, 500

NASTY = st.sampled_from([
    "", " ", "\n", "\t", "~", "null", "yes", "no", "1.10", "0x1F", "1e999", "-0", "NaN", "TO BE WRITTEN", "=1+1", "<tc>", "{name}", "{", "| a |",
    "```", '"""', "# no", "@tag", "\u202eabc", "\u200b", "\ufeff", "\u0430", "\x07", "\x85", "\u2028", "\ud7ff", "\U0010ffff", "URS-P-001", "urs-p-001",
    "URS-P-\u041e01", "URS-P-001\u200b", "A" * 5000, "a b " * 6000, "(" * 3000, "shall " * 4000, "11.10(e)", "21 CFR 11.10" + "(a)" * 800, "%s%n", "../../x",
])  # fmt: skip
TEXT = st.one_of(NASTY, st.text(max_size=40))
VALUE = st.recursive(
    TEXT, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)), max_leaves=12
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [p for k, v in value.items() for p in _paths(v, (*path, k))]
    elif isinstance(value, list):
        found += [p for i, v in enumerate(value) for p in _paths(v, (*path, i))]
    return found


def _put(value: Any, path: tuple[Any, ...], new: Any, how: str) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) > 1:
        copy[path[0]] = _put(copy[path[0]], path[1:], new, how)
    elif how == "remove":
        del copy[path[0]]
    elif how == "twice" and isinstance(copy, list):
        copy.insert(path[0], copy[path[0]])
    elif how == "beside" and isinstance(copy, dict):
        copy[str(new)[:30]] = copy[path[0]]
    else:
        copy[path[0]] = new
    return copy


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    """One to three places of one or two files changed; written in one of several styles."""
    files: dict[str, bytes] = {}
    for name in draw(st.lists(st.sampled_from(sorted(SOUND)), min_size=1, max_size=2, unique=True)):
        value = SOUND[name]
        for _ in range(draw(st.integers(1, 3))):
            path = draw(st.sampled_from(_paths(value)))
            value = _put(value, path, draw(VALUE), draw(st.sampled_from(["replace", "replace", "remove", "twice", "beside"])))
        style = draw(st.sampled_from(["block", "flow", "json", "quoted"]))
        if style == "json":
            text = json.dumps(value, ensure_ascii=draw(st.booleans()))
        else:
            text = yaml.safe_dump(
                value,
                default_flow_style=style == "flow",
                default_style='"' if style == "quoted" else None,
                allow_unicode=True,
                width=90,
            )
        data = text.encode("utf-8", "surrogatepass")
        files[name] = draw(
            st.sampled_from(
                [data, data.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + data, data + b"\n---\n" + data, data + b"\xff"]
            )
        )
    return files


def check(files: dict[str, bytes]) -> None:
    begun = time.process_time()
    findings = target.whole_system(files)
    assert time.process_time() - begun < SECONDS, "too long"
    assert all(d.rule and d.message for d in findings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert peak < 4 * MEGABYTES, (
        "too much memory"
    )  # of the whole test process; the byte fuzzer holds the 500 MB in a process of its own


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(damaged())
def test_damaged_structures_are_findings(files: dict[str, bytes]) -> None:
    check(files)


@pytest.mark.slow
def test_damaged_structures_for_ten_minutes() -> None:
    from .run_structures import run

    assert run(600) > 1000


def test_kept_inputs_stay_findings() -> None:
    """What the byte fuzzer kept, and every input that once was a defect."""
    from .run import seeds

    assert len(seeds()) > 100
    for data in seeds():
        begun = time.process_time()
        target.one_file(data)
        assert time.process_time() - begun < SECONDS, data


BOMBS = {
    "aliases": b"format: csvgen.urs/1\na: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % (c + 1, c + 1, *[c] * 8) for c in range(97, 110)),
    "a megabyte in one scalar": b"format: csvgen.urs/1\nrequirements:\n  - id: " + b"A" * 1_000_000 + b"\n",
    "a megabyte in one text": b"format: csvgen.urs/1\nrequirements:\n  - id: URS-P-001\n    statement: |\n"
    + b"      shall ab\n" * 77_000,
    "deep lists": b"format: " + b"[" * 100_000,
    "deep keys": b"".join(b" " * n + b"a:\n" for n in range(3000)),
    "deep flow keys": b"{a: " * 50_000,
    "many keys": b"".join(b"k%d: v\n" % n for n in range(200_000)),
    "many entries": b"format: csvgen.urs/1\nrequirements:\n" + b"  - {}\n" * 40_000,
    "one key again and again": b"format: csvgen.urs/1\n" + b"a: b\n" * 100_000,
    "python object": b"!!python/object/apply:os.system ['true']",
    "python name": b"format: !!python/name:os.system\n",
    "binary": b"format: !!binary aGVsbG8=\n",
    "not UTF-8": b"format: csvgen.urs/1\nrequirements:\n  - id: URS-\xc3\x28\n",
    "UTF-16": "format: csvgen.urs/1\n".encode("utf-16"),
    "mixed line ends": b"format: csvgen.urs/1\r\nrequirements:\r  - id: URS-P-001\n    title: a\r\n",
    "nothing": b"",
    "nul": b"\x00" * 1000,
}


PLANTED = [(name, kind) for name in BOMBS for kind in range(len(target.KINDS))]
"""Every bomb in every kind of file. The normal tier takes a third: each bomb in some kinds, each kind with some bombs."""


@pytest.mark.parametrize(
    ("name", "kind"),
    some(PLANTED, lambda pair: (list(BOMBS).index(pair[0]) + pair[1]) % 3 == 0),
    ids=[f"{n}-{target.KINDS[k][0]}" for n, k in PLANTED],
)
def test_bombs_are_findings_in_time(name: str, kind: int) -> None:
    begun = time.process_time()
    findings = target.one_file(bytes([kind]) + BOMBS[name])
    assert time.process_time() - begun < SECONDS
    assert findings, "nothing was found in this"
