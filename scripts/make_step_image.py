"""An image that performs the steps that come with csvgen: this Python, the packages the steps need, csvgen; nothing else, not even a shell.

    python scripts/make_step_image.py registry.example/csvgen-steps [--with numpy --with scipy] [--registry-on-loopback]

Builds from scratch with buildah, pushes, and prints the reference by digest that goes into a definition of steps. Times and modes of the files
are fixed, so the same Python, packages and sources give the same digest wherever it is made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import csvgen

ALWAYS = ("csvgen", "pydantic", "PyYAML")
"""What every step stands on."""
LEFT_OUT = {
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
    "site-packages",
    "__pycache__",
    "distutils",
    "pydoc_data",
}
HOME = Path("usr/local")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
PROGRAM = ["/usr/local/bin/python3", "-I", "-B", "-m", "csvgen.pipeline.flow.inside"]
POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="registry/name the image is pushed to")
    parser.add_argument("--with", dest="more", action="append", default=[], metavar="PACKAGE", help="a package the steps need")
    parser.add_argument(
        "--registry-on-loopback", action="store_true", help="the registry is on this machine and speaks plain HTTP"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="step-image-") as made:
        place = Path(made)
        fill(place / "root", (*ALWAYS, *given.more))
        print(push(place, given.name, tls=not given.registry_on_loopback))


def fill(root: Path, wanted: tuple[str, ...]) -> None:
    """The whole file system of the image."""
    library = root / HOME / "lib" / PYTHON
    copied(Path(sysconfig.get_paths()["stdlib"]), library)
    place(Path(os.path.realpath(sys._base_executable)), root / HOME / "bin" / "python3")  # type: ignore[attr-defined]  # noqa: SLF001
    copied(Path(csvgen.__file__).parent, library / "site-packages" / "csvgen")
    for name in required(wanted):
        for file in metadata.distribution(name).files or ():
            if ".." not in file.parts and not LEFT_OUT & set(file.parts):
                place(Path(str(file.locate())), library / "site-packages" / str(file))
    for path in sorted(libraries(root)):
        place(path, root / ("lib64" if path.name.startswith("ld-linux") else HOME / "lib") / path.name)
    for folder in ("tmp", "in", "out", "proc", "dev", "sys", "etc"):
        (root / folder).mkdir(exist_ok=True)


def required(wanted: tuple[str, ...]) -> Iterator[str]:
    """Packages and what they require; of csvgen itself only what steps need."""
    from packaging.requirements import Requirement

    waiting, done = [n for n in wanted if n != "csvgen"], set[str]()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in done:
            done.add(name)
            yield name
            needs = (Requirement(text) for text in metadata.distribution(name).requires or ())
            waiting += [r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""})]


def copied(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if (
            path.is_file()
            and path.suffix != ".pyc"
            and not LEFT_OUT & set(inside.parts[:-1])
            and not inside.parts[0].startswith("config-")
        ):
            place(path, target / inside)


def place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) or ".so" in source.name else 0o644)


def libraries(root: Path) -> set[Path]:
    """Shared libraries of this system that the programs inside ask for."""
    programs = [str(p) for p in root.rglob("*") if p.is_file() and (p.name == "python3" or ".so" in p.name)]
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    found = {Path(os.path.realpath(p)).parent / Path(p).name for p in re.findall(r"(?:=> )?(/\S+) \(0x", told)}
    return {p for p in found if not p.is_relative_to(root)}


def push(place: Path, name: str, *, tls: bool) -> str:
    policy = place / "policy.json"
    policy.write_text(json.dumps(POLICY))
    own = ("buildah", "--storage-driver", "vfs", "--root", f"{place}/store", "--runroot", f"{place}/run")

    def buildah(*arguments: str) -> str:
        done = subprocess.run([*own, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"buildah {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    container = buildah("from", "scratch")
    buildah("copy", container, f"{place}/root", "/")
    environment = [x for k, v in (("LD_LIBRARY_PATH", "/usr/local/lib"), ("LC_ALL", "C.UTF-8")) for x in ("--env", f"{k}={v}")]
    buildah("config", "--entrypoint", json.dumps(PROGRAM), *environment, container)
    signature = ("--signature-policy", str(policy))
    buildah("commit", "--timestamp", "0", *signature, container, "steps")
    buildah(
        "push",
        *signature,
        f"--tls-verify={str(tls).lower()}",
        "--digestfile",
        f"{place}/digest",
        "steps",
        f"docker://{name}:latest",
    )
    return f"{name}@{(place / 'digest').read_text().strip()}"


if __name__ == "__main__":
    main()
