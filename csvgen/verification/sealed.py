"""A folder under a sealed manifest, a package or a partial copy: who sealed it, and whether the files are those that were sealed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from csvgen.canonical import digest_file
from csvgen.crypto import certificates, cms
from csvgen.crypto.trust import Trust
from csvgen.model.package import PackagedFile
from csvgen.verification.believed import check_trust
from csvgen.verification.checks import Checks


def check_seal(folder: Path, manifest: str, seal: str, noun: str, trust: Trust, checks: Checks) -> None:
    """`manifest` and `seal` are names of files in the folder; `noun` is what is sealed."""
    signer = cms.verify((folder / manifest).read_bytes(), (folder / seal).read_bytes(), f"{seal} over {manifest}")
    kind = ["the certificate is a person's; a seal must be a system's"] if certificates.is_person(signer.certificate) else []
    good = f"sealed by {certificates.common_name(signer.certificate)} (a seal, not a signature)"
    checks.add(f"seal of the {noun} is intact and valid", kind, good, seal)
    check_trust(checks, f"seal of the {noun} is trusted", [(signer.certificate, signer.claimed)], trust, seal)


def check_files(folder: Path, entries: Sequence[PackagedFile], own: tuple[str, str], noun: str, checks: Checks) -> list[str]:
    """Names of the files that are not as sealed: changed, missing, or not part of it. `own` are manifest and seal themselves."""
    listed = {f.path: f for f in entries}
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    there = {name: p for name, p in there.items() if name not in own}
    faults = dict.fromkeys(sorted(listed.keys() - there.keys()), "is missing")
    faults |= dict.fromkeys(sorted(there.keys() - listed.keys()), f"does not belong to the {noun}")
    for name in sorted(listed.keys() & there.keys()):
        if there[name].is_symlink():
            faults[name] = "is a link, not a file"
        elif not there[name].is_file():
            faults[name] = "is not a regular file"
        elif there[name].stat().st_size != listed[name].size or digest_file(there[name]) != listed[name].sha256:
            faults[name] = "was changed"
    faults |= {name: "is a link, not a file" for name in own if (folder / name).is_symlink()}
    faults |= {f"{name}/": f"is a folder without any file of the {noun}" for name in _idle_folders(folder, listed.keys())}
    told = [f"{name} {what}" for name, what in faults.items()]
    checks.add("every file is there, unchanged, and nothing else", told, f"{len(listed)} files agree with their SHA-256")
    return list(faults)


def _idle_folders(folder: Path, listed: Iterable[str]) -> list[str]:
    needed = {parent.as_posix() for name in listed for parent in PurePosixPath(name).parents}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_dir() and not p.is_symlink()}
    return sorted(there - needed)


def content(path: Path) -> bytes:
    """The bytes of a file; nothing where there is none, or only a link to one."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
