"""What came another way than the thing that is verified: whom to believe beside the roots, and checkpoints that somebody else kept.

Trust comes as one PEM file, or as a folder; what lies beside the roots under these names belongs to them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from csvgen.audit.places import NOTE
from csvgen.crypto.notes import Verifier, read_verifiers
from csvgen.crypto.trust import Trust, trust_at
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError
from csvgen.model.verification import Check, Outcome, Verification
from csvgen.pipeline.instance import is_instance
from csvgen.verification.recognise import is_note

ROOTS, EXTERNAL, TIMES, KEYS = "roots.pem", "external.pem", "time-stamps.pem", "checkpoints.vkey"
"""Roots; authorities of other organisations; roots of time-stamp authorities; keys of the log and of its witnesses."""

_LINKS = 40
"""So many links an operating system follows before it calls them a loop."""
_LARGEST = 1_000_000
"""Bytes; a note has a few hundred, a token a few thousand."""


@dataclass(frozen=True)
class Kept:
    """A file that an anchor gave back: a signed note, or the time stamp over one."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Outside:
    """Everything but the roots; without it the answers that need it are unknown."""

    external: Trust = Trust.none
    """They vouch for external signers, and for nobody of the organisation itself."""
    times: Trust | None = None
    """Whom to believe about time; None: the roots."""
    verifiers: tuple[Verifier, ...] = ()
    """Keys of checkpoints."""
    kept: tuple[Kept, ...] | None = None
    """What came from anchors; None when nobody was asked."""


NOTHING = Outside()

_OWN_ROOT = "nothing vouches for itself: --trust takes the root as it was handed over, kept outside"
_OWN_ANCHOR = "nothing vouches for itself: --anchor takes checkpoints that somebody else kept"
Usable = Callable[[Path, str], bool]
"""Whether a file may be believed; the words say what to bring when it may not."""
ANOTHER_WAY = "trust roots and what else is believed came another way"
"""Name of the check that says it of what was brought and is a part of the thing itself."""


@dataclass(frozen=True)
class Brought:
    """Whom to believe, once what is a part of the thing itself is left aside."""

    trust: Trust
    outside: Outside
    aside: tuple[str, ...] = ()
    """Of each thing left aside: what and why, with what to bring instead."""

    def told(self, found: Verification) -> Verification:
        """What was found, with a check that cannot be decided for each thing that was left aside."""
        first = len(found.checks) + 1
        more = (
            Check(number=number, name=ANOTHER_WAY, outcome=Outcome.UNKNOWN, detail=one_line(words))
            for number, words in enumerate(self.aside, first)
        )
        return replace(found, checks=(*found.checks, *more))


def bring(thing: Path, roots: Path | None, times: Path | None = None, anchor: Path | None = None) -> Brought:
    """What `thing` may be verified by: nothing that lies in it, for whoever made the thing chose that too.

    Raises BadInput and ConfigError as `read_outside`.
    """
    aside: list[str] = []

    def apart(path: Path, what: str) -> bool:
        if inside := within(thing, path):
            aside.append(f"{path} lies inside what is verified, and {what}")
        return not inside

    believed = roots if roots and apart(roots, _OWN_ROOT) else None
    outside = read_outside(believed, times if believed else None, anchor, apart)
    return Brought(trust_at(believed) if believed else Trust.none, outside, tuple(aside))


def trust_file(path: Path) -> Path:
    """The roots themselves: the file that was named, or roots.pem of the folder. Raises ConfigError when there is none."""
    found = path / ROOTS if path.is_dir() else path
    if not found.is_file():
        raise ConfigError("there are no trust roots here", where=str(found), hint=f"a PEM file, or a folder with {ROOTS}")
    return found


def within(thing: Path, brought: Path) -> bool:
    """Whether what was brought to verify a thing by is a part of that thing: whoever made the one chose the other, and it vouches for nothing.

    A link counts by where it lies and by everything it leads to; another name of the same file (a hard link) is that file. A copy that lies
    elsewhere is another file, whatever its bytes: somebody took care of it. A file out of a package or an instance is a part of it.
    """
    wholes = [whole.resolve() for whole in _wholes(thing)]
    if any(place == whole or whole in place.parents for place in _places(brought) for whole in wholes):
        return True
    try:
        told = brought.stat()
    except OSError:
        return False
    several = brought.is_file() and told.st_nlink > 1
    return several and any(os.path.samestat(told, p.lstat()) for whole in wholes for p in _files(whole))


def _wholes(thing: Path) -> Iterator[Path]:
    """The thing, and every package and instance around it."""
    yield thing
    for folder in thing.resolve().parents:
        if is_instance(folder) or any((folder / name).is_file() for name in ("package.p7s", "partial.p7s")):
            yield folder


def _places(path: Path) -> Iterator[Path]:
    """Where a path lies, and where each link on its way lies and leads."""
    yield path.resolve()
    here = Path(os.path.abspath(path))  # noqa: PTH100 - links are followed one by one below, not at once
    for _ in range(_LINKS):
        yield here.parent.resolve() / here.name
        link = next((p for p in (*reversed(here.parents), here) if p.is_symlink()), None)
        if link is None:
            return
        yield link.parent.resolve() / link.name
        here = Path(os.path.abspath(link.parent / link.readlink() / here.relative_to(link)))  # noqa: PTH100 - the same


def _files(whole: Path) -> Iterator[Path]:
    return (p for p in whole.rglob("*") if p.is_file() and not p.is_symlink()) if whole.is_dir() else iter([whole])


def read_outside(
    roots: Path | None, times: Path | None = None, anchor: Path | None = None, usable: Usable = lambda *_: True
) -> Outside:
    """What lies beside the roots, and every note and time stamp at `anchor` (a file, or a folder and below), as far as it is usable.

    Raises BadInput for a file that is not what its name says, ConfigError for an anchor without any checkpoint.
    """
    if roots is None:
        return Outside(kept=_kept(anchor, usable))

    def there(path: Path) -> bool:
        return path.is_file() and usable(path, _OWN_ROOT)

    beside = times if times is not None else roots.with_name(TIMES)
    keys, others = roots.with_name(KEYS), roots.with_name(EXTERNAL)
    return Outside(
        external=trust_at(others) if there(others) else Trust.none,
        times=trust_at(beside) if there(beside) else None,
        verifiers=_verifiers(keys) if there(keys) else (),
        kept=_kept(anchor, usable),
    )


def _verifiers(path: Path) -> tuple[Verifier, ...]:
    try:
        return read_verifiers(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise BadInput("this is no list of keys", where=str(path)) from None


def _kept(path: Path | None, usable: Usable) -> tuple[Kept, ...] | None:
    """None too when all that was brought may not be believed: then nobody was asked."""
    if path is None or not usable(path, _OWN_ANCHOR):
        return None
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found = [
        Kept(p.relative_to(path).as_posix() if p != path else p.name, p.read_bytes())
        for p in files
        if p.stat().st_size <= _LARGEST and (p == path or usable(p, _OWN_ANCHOR))
    ]
    if not any(is_note(k.data) and Path(k.name).suffix == NOTE for k in found):
        hint = f"--anchor takes signed notes (C2SP tlog-checkpoint), under the name they were given: SIZE{NOTE}"
        raise ConfigError("there is no checkpoint here that somebody else kept", where=str(path), hint=hint)
    return tuple(found)
