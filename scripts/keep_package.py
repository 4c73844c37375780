"""Keep a finished package of a release for ever, as a golden one that every later csvgen must be able to verify.

    python scripts/keep_package.py PROJECT NAME          for example output/demo 0.1.0-qc-release

Writes tests/golden_packages/NAME.tar.xz and NAME.roots.pem: the same project gives the same bytes. A kept package is never
overwritten; what was signed with keys that nobody has any more cannot be made again.
"""

from __future__ import annotations

import io
import lzma
import sys
import tarfile
from pathlib import Path

from csvgen.config import load_config
from csvgen.crypto.trust import trust_at
from csvgen.spec.load import systems
from csvgen.verification.package import verify_package

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden_packages"
XZ = {"format": lzma.FORMAT_XZ, "check": lzma.CHECK_SHA256, "preset": 9 | lzma.PRESET_EXTREME}


def packed(folder: Path) -> bytes:
    """The folder as one compressed archive; names, times and owners of this machine do not enter it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                member.size = path.stat().st_size
                with path.open("rb") as stream:
                    archive.addfile(member, stream)
    return lzma.compress(out.getvalue(), **XZ)


def main() -> None:
    """Verify first: a package that does not verify today is not worth keeping."""
    if len(sys.argv[1:]) != len(("PROJECT", "NAME")):
        sys.exit(__doc__)
    project, name = sys.argv[1:]
    config = load_config(Path(project), environ={})
    system = systems(config.requirements_specs)[0]
    package = config.output / system / "package"
    roots = config.trust.read_bytes()
    verification = verify_package(package, trust_at(config.trust))
    if not verification:
        sys.exit(f"{package}: {verification.bottom_line}\n" + "\n".join(f"{c.name}: {c.detail}" for c in verification.failed))
    archive, trust = FOLDER / f"{name}.tar.xz", FOLDER / f"{name}.roots.pem"
    if archive.exists():
        sys.exit(f"{archive} is kept already; name another")
    FOLDER.mkdir(exist_ok=True)
    data = packed(package)
    archive.write_bytes(data)
    trust.write_bytes(roots)
    sizes: dict[str, int] = {}
    for path in package.rglob("*"):
        if path.is_file():
            kind = f"{path.relative_to(package).parts[0]} {path.suffix}"
            sizes[kind] = sizes.get(kind, 0) + len(lzma.compress(path.read_bytes()))
    print(f"{archive}: {len(data) / 1e6:.2f} MB; by kind, each file packed alone:")
    for kind, size in sorted(sizes.items(), key=lambda item: -item[1])[:6]:
        print(f"  {size / 1e6:5.2f} MB  {kind}")


if __name__ == "__main__":
    main()
