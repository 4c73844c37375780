"""What may not lie in the tree: secrets, names of machines, paths of a workplace; and the drawing that must agree with the rooms."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from .test_order import ORDER

ROOT = Path(__file__).parents[2]
BINARY = (".docx", ".xlsx", ".pdf", ".png", ".ttf", ".xz", ".whl")


@cache
def texts() -> dict[str, str]:
    """Every text file that is, or would be, under version control."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no checkout")
    found = {}
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file() and not name.endswith(BINARY):
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found


def hits(pattern: str, *, among: str = "") -> list[str]:
    expression = re.compile(pattern)
    return [
        f"{name}: {m.group()[:60]}" for name, text in texts().items() if name.startswith(among) for m in expression.finditer(text)
    ]


def test_no_private_key():
    assert not hits(r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----")


def test_no_key_files():
    assert not [
        n
        for n in texts()
        if n.endswith((".p12", ".pfx", ".key", ".jks")) or Path(n).name in ("id_rsa", ".env", ".netrc", ".pypirc")
    ]


def test_no_tokens_of_services():
    shapes = [
        r"AKIA[0-9A-Z]{16}",
        r"gh[pousr]_[A-Za-z0-9]{30,}",
        r"xox[abpr]-[0-9A-Za-z-]{10,}",
        r"sk-[A-Za-z0-9]{32,}",
        r"pypi-[A-Za-z0-9_-]{50,}",
    ]
    assert not [h for shape in shapes for h in hits(r"\b" + shape)]


def test_released_code_and_examples_hold_no_password():
    """No literal is given to anything called password, passphrase or secret; passwords are typed, or made up at run time."""
    found = []
    for name, text in texts().items():
        if not name.endswith(".py") or not name.startswith(("csvgen/", "examples/", "scripts/")):
            continue
        for node in ast.walk(ast.parse(text)):
            pairs = []
            if isinstance(node, ast.Assign):
                pairs = [(ast.unparse(t), node.value) for t in node.targets]
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                pairs = [(ast.unparse(node.target), node.value)]
            elif isinstance(node, ast.Call):
                pairs = [(k.arg or "", k.value) for k in node.keywords]
            for target, value in pairs:
                literal = isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value) > 3
                if literal and re.search(r"pass(word|phrase)|secret", target, re.IGNORECASE):
                    found.append(f"{name}:{node.lineno}: {target}")
    assert not found


def test_no_path_of_a_workplace():
    places = [r"/wor" + r"k/", r"/ho" + r"me/(?!somebody)[a-z]", r"/Use" + r"rs/[A-Za-z]", r"[A-Z]:\\Users", r"/ro" + r"ot/"]
    found = [h for place in places for h in hits(r"(?<![A-Za-z0-9_.*])" + place)]
    foreign = "/data/"  # files of instruments and public data sets are kept as they were published
    assert not [h for h in found if foreign not in h.partition(":")[0]]


def test_no_file_hides_characters():
    """Text that reads otherwise than it runs: bidirectional controls and invisible characters, written as escapes where they are tested."""
    published = (
        "tests/exchange/corpus/requirements.csv: \ufeff"  # kept as it was published: imports are tested with its byte order mark
    )
    assert [h for h in hits("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]") if h != published] == []


def test_licence_is_stated_and_complete():
    assert "Apache License" in texts()["LICENSE"]
    assert texts()["NOTICE"].strip()


def test_drawing_names_the_rooms_in_the_order_of_the_imports():
    """docs/architecture.md lists the rooms as the test of the imports does."""
    page = ROOT / "docs" / "architecture.md"
    if not page.exists():
        pytest.skip("docs/architecture.md is not written yet")
    section = page.read_text(encoding="utf-8").partition("## The rooms")[2].partition("\n## ")[0]
    rooms = [name for name in re.findall(r"^    (\w+) +\S", section, re.MULTILINE) if name in ORDER]
    there = {p.relative_to(ROOT / "csvgen").parts[0].removesuffix(".py") for p in (ROOT / "csvgen").rglob("*.py")}
    missing = [r for r in ORDER if r in there and r not in rooms and not r.startswith("_")]
    assert not missing, f"rooms the drawing does not name: {missing}"
    assert rooms == [r for r in ORDER if r in rooms]
