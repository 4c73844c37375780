"""The order of rooms, which room may use which library, what a light command loads, and what released code may not hold."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "csvgen"

ORDER = [
    "errors", "extras", "clock", "canonical", "diagnostics", "rendering", "marks", "config", "templates", "model", "views", "ports",
    "crypto", "store", "catalog", "risk", "patterns", "presets", "spec", "protocol", "evidence", "execution", "trace",
    "audit", "identity", "report", "signature", "deviation", "pipeline", "exchange", "verification", "targets", "steps", "challenge",
    "workflow", "portal", "cli", "pytest_plugin", "__main__",
]  # fmt: skip
"""Each room may import only what stands before it. docs/architecture.md draws the same order."""


LIBRARIES = {
    "yaml": {"marks", "exchange"},  # exchange edits YAML in place and needs the end marks of events
    "docx": {"report", "exchange"},
    "reportlab": {"report", "signature", "pipeline"},
    "pikepdf": {"report", "signature"},
    "pypdf": {"steps", "challenge"},
    "PIL": {"report"},
    "openpyxl": {"report", "exchange"},
    "pyhanko": {"crypto", "signature"},
    "pyhanko_certvalidator": {"crypto", "signature"},
    "asn1crypto": {"crypto", "signature"},
    "lxml": {"report", "signature", "exchange"},
    "sqlalchemy": {
        "store",
        "audit",
        "pipeline",
    },  # the pipeline is the system under validation: an application that reads its own tables
    "alembic": {"store"},
    "argon2": {"identity"},
    "gherkin": {"protocol", "exchange"},  # exchange tells features and pickles of a run as Cucumber Messages
    "securesystemslib": {"exchange"},
    "markdown_it": {"report", "exchange"},
    "jinja2": {"templates", "patterns", "portal"},
    "starlette": {"portal"},
    "uvicorn": {"portal"},
    "anyio": {"portal"},
    "markupsafe": {"portal"},
    "pytest": {"execution", "steps", "pytest_plugin", "challenge"},
    "_pytest": {"execution", "pytest_plugin"},
    "pytest_bdd": {"execution", "steps"},
    "xdist": {"execution"},
    "click": {"cli"},
    "allotropy": {"pipeline"},
    "scipy": {"pipeline"},
    "numpy": {"pipeline"},
    "statsmodels": {"pipeline"},
    "pyreadstat": {"pipeline"},
    "polars": {"pipeline"},
    "pyarrow": {"pipeline"},
    "deltalake": {"pipeline"},
    "mlflow": {"pipeline"},
    "openlineage": {"pipeline"},
    "model_signing": {"pipeline"},
    "platformdirs": {"config"},
    "ntplib": {"execution"},
    "reqif": {"exchange"},
    "strictdoc": {"exchange"},
    "defusedxml": {"exchange"},
    "boto3": {"store", "targets"},
    "botocore": {"store", "targets"},
    "databricks": {"targets"},
    "hvac": {"targets"},
    "playwright": {"targets"},
    "psycopg": {"store"},
    "pyotp": {"identity"},
    "authlib": {"identity"},
    "joserfc": {"identity"},
    "httpx2": {"identity"},
    "pkcs11": {"crypto"},
    "rfc3161_client": {"crypto"},
    "requests": {"crypto", "audit", "targets"},
    "cosmic_ray": {"challenge"},
    "coverage": {"challenge"},
}


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@functools.cache
def imports(path: Path, *, late: bool) -> frozenset[str]:
    """Full names of modules imported; with `late`, those inside functions and TYPE_CHECKING blocks too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if late else tree.body
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names if node.module == "csvgen"}
    return frozenset(found)


FILES = sorted(p for p in PACKAGE.rglob("*.py") if "migrations" not in p.parts)


def test_every_room_has_its_place() -> None:
    assert {room_of(p) for p in FILES} - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    """Late imports count too: an import inside a function is still an import."""
    room = room_of(path)
    if room == "__init__":
        return
    allowed = set(ORDER[: ORDER.index(room) + 1])
    used = {name.split(".")[1] for name in imports(path, late=True) if name.startswith("csvgen.")} - {"__version__"}
    late = sorted(used - allowed)
    assert not late, f"{room} imports {', '.join(late)}, which stands after it"


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_library_stays_in_its_rooms(library: str) -> None:
    users = {room_of(p) for p in FILES if any(name.split(".")[0] == library for name in imports(p, late=True))}
    assert users <= LIBRARIES[library], f"{library} is used in {sorted(users - LIBRARIES[library])}"


HEAVY = (
    "pyhanko",
    "docx",
    "reportlab",
    "openpyxl",
    "pikepdf",
    "pypdf",
    "PIL",
    "sqlalchemy",
    "alembic",
    "lxml",
    "pytest",
    "allotropy",
    "argon2",
    "boto3",
    "authlib",
    "httpx2",
    "psycopg",
    "pkcs11",
    "rfc3161_client",
    "requests",
    "mlflow",
    "polars",
    "defusedxml",
    "starlette",
    "uvicorn",
    "playwright",
)


@pytest.mark.parametrize(
    "arguments", [["-c", "import csvgen"], ["-m", "csvgen", "--help"], ["-m", "csvgen", "check", "qc-release"]]
)
def test_light_commands_load_nothing_heavy(arguments: list[str]) -> None:
    code = "import sys, atexit, runpy\natexit.register(lambda: sys.stderr.write('LOADED ' + ' '.join(sys.modules)))\n"
    if arguments[0] == "-c":
        code += arguments[1]
    else:
        code += f"sys.argv = ['csvgen', *{arguments[2:]!r}]\nrunpy.run_module('csvgen', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    loaded = set(done.stderr.rsplit("LOADED ", 1)[1].split())
    assert not loaded & set(HEAVY), sorted(loaded & set(HEAVY))


def test_no_file_is_hard_to_read() -> None:
    long = [f"{p.relative_to(ROOT)} {n}" for p in FILES if (n := p.read_text(encoding="utf-8").count("\n")) > 420]
    assert not long, long


def test_nothing_is_left_unfinished() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")
    search_for_them = (PACKAGE / "spec" / "rules" / "placeholders.py", PACKAGE / "verification" / "gdp_documents.py")
    read = [p for p in FILES if p not in search_for_them]
    found = [f"{p.relative_to(ROOT)}: {m}" for p in read for m in marks if m in p.read_text(encoding="utf-8")]
    assert not found, found
