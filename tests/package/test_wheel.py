"""The wheel: what is in it, and that the commands work from an empty folder with nothing else.

The wheel is installed without its dependencies, to be quick; those come from the environment of the tests by a path file.
That the dependencies are declared is a question of its own, asked below.
"""

from __future__ import annotations

import ast
import email
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from ..tiny import REPOSITORY, clean_environment, make_project

PARTS = ("csvgen", "csvgen-faults", "templates", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "examples")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of the sources alone, so that nothing lying about in the checkout can enter it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in PARTS:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    command = [sys.executable, "-m", "build", "--sdist", "--wheel", "--outdir", str(out), str(source)]
    if _has("hatchling"):
        command.insert(3, "--no-isolation")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment())
    said = done.stdout[-2000:] + done.stderr[-2000:]
    if "No matching distribution" in said and os.environ.get("CI") != "true":
        pytest.skip("the build backend cannot be fetched here")
    assert done.returncode == 0, said
    (made,) = out.glob("*.whl")
    return made


def _has(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory) -> Path:
    """The script `csvgen` of a bare environment that has the wheel, and the dependencies by a path file."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(packages),
        str(wheel),
    ]
    subprocess.run(pip, check=True, capture_output=True, env=clean_environment())
    ours = Path(sysconfig.get_path("purelib"))
    # Behind the wheel's own files, and without the path files of the environment of the tests: csvgen itself can only be the wheel's.
    (packages / "zz_dependencies.pth").write_text(f"{ours}\n", encoding="utf-8")
    return folder / "bin" / "python"


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_holds_everything_the_code_reads(wheel):
    there = names(wheel)
    for folder, target in (("csvgen", "csvgen"), ("templates", "csvgen/_templates")):
        wanted = {
            p.relative_to(REPOSITORY / folder)
            for p in (REPOSITORY / folder).rglob("*")
            if p.is_file() and "__pycache__" not in p.parts
        }
        missing = {f"{target}/{p.as_posix()}" for p in wanted} - there
        assert not missing
    for kind in ("fonts/", "catalog/", "patterns/", "risk/", "_templates/reference.docx", "py.typed"):
        assert any(kind in name for name in there), kind


def test_it_holds_nothing_else(wheel):
    odd = [
        n
        for n in names(wheel)
        if not n.startswith("csvgen") or n.endswith((".pyc", ".db", ".p12", ".log")) or "test" in Path(n).name.lower()
    ]
    assert not [n for n in odd if not n.startswith("csvgen/")], odd
    assert not [n for n in odd if n.endswith((".pyc", ".db", ".p12", ".log"))], odd


def test_what_breaks_a_system_on_purpose_is_in_neither_wheel_nor_sources(wheel):
    """It lay beside the sources when both were built. A distribution of its own, which csvgen needs nowhere."""
    (sources,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        there = set(archive.getnames())
    assert any(n.endswith("csvgen/ports.py") for n in there)
    assert not [n for n in there | names(wheel) if "csvgen_faults" in n or "csvgen-faults" in n]
    assert not [line for line in metadata(wheel).get_all("Requires-Dist", []) if "faults" in line]


def test_its_licences_travel_with_it(wheel):
    there = names(wheel)
    assert any(n.endswith("licenses/LICENSE") for n in there)
    assert any(n.endswith("licenses/NOTICE") for n in there)


def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_every_library_that_is_imported_is_declared(wheel):
    """Imports of all modules, late ones too, against the declared dependencies and extras."""
    from importlib.metadata import packages_distributions

    declared = {
        re.split(r"[ ;\[<>=!~(]", line)[0].lower().replace("_", "-") for line in metadata(wheel).get_all("Requires-Dist", [])
    }
    homes = packages_distributions()
    missing = {}
    for path in (REPOSITORY / "csvgen").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for module in modules:
                top = module.split(".")[0]
                if not top or top in sys.stdlib_module_names or top == "csvgen":
                    continue
                distributions = {d.lower().replace("_", "-") for d in homes.get(top, [top])}
                if not distributions & declared:
                    missing.setdefault(top, path.name)
    carried = {
        "pydantic_core",
        "botocore",
        "asn1crypto",
        "pyhanko_certvalidator",
        "parse",
        "parse_type",
        "packaging",
        "_pytest",
        "pluggy",
        "anyio",  # by starlette
        "markupsafe",  # by Jinja2
        "urllib3",  # by requests
    }
    assert set(missing) <= carried, f"imported, and neither declared nor carried by a declared one: {missing}"


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-m", "csvgen", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
    )


def test_it_is_the_wheel_that_runs(installed, tmp_path):
    code = "import csvgen; print(csvgen.__file__)"
    done = subprocess.run(
        [str(installed), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, env=clean_environment()
    )
    assert str(installed.parents[1]) in done.stdout
    assert str(REPOSITORY) not in done.stdout


def test_help_and_schema_from_an_empty_folder(installed, tmp_path):
    assert run(installed, "--help", cwd=tmp_path).returncode == 0
    assert '"format"' in run(installed, "schema", cwd=tmp_path).stdout
    assert "audit-entry@1" in run(installed, "explain", "audit-entry@1", cwd=tmp_path).stdout
    done = run(installed, "check", cwd=tmp_path)
    assert (done.returncode, "no csvgen.toml" in done.stderr) == (2, True)


def test_check_and_draft_in_a_new_project_with_only_the_wheel(installed, tmp_path):
    """The features are byte for byte those that the sources draft: nothing depends on where csvgen lies."""
    project = make_project(tmp_path / "project")
    drafted = {p.name: p.read_bytes() for p in (project / "protocols").rglob("*.feature")}
    assert run(installed, "check", cwd=project).returncode == 0
    assert run(installed, "draft", "--check", cwd=project).returncode == 0
    shutil.rmtree(project / "protocols" / "tiny" / "OQ")
    assert run(installed, "draft", cwd=project).returncode == 0
    assert {p.name: p.read_bytes() for p in (project / "protocols").rglob("*.feature")} == drafted


def test_documents_can_be_drawn_with_only_the_wheel(installed, tmp_path):
    """Fonts, templates and the reference document are found inside the package."""
    code = (
        "from csvgen.templates import Templates, shipped; from csvgen.report.fonts import path, Face\n"
        "print(shipped()); print(Templates(None, str).path('reference.docx')); print(path(next(iter(Face))))"
    )
    done = subprocess.run(
        [str(installed), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr
    assert all(line.startswith(str(installed.parents[1])) for line in done.stdout.splitlines())
