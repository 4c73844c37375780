"""Single random changes of a folder, each made and taken back: what an accident or an attacker without keys can do to a package."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutation:
    """What was done, so that a reader can do it again."""

    kind: str
    what: str


class Mutator:
    """Changes one thing in a folder of hard links and puts it back; the files behind the links are never written into."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.folder = folder
        self.dice = dice
        self.files = sorted(p for p in folder.rglob("*") if p.is_file())
        self.kinds: dict[str, Callable[[], Iterator[str]]] = {
            "flip": self._flip, "change": self._change, "cut": self._cut, "insert": self._insert, "truncate": self._truncate,
            "append": self._append, "swap": self._swap, "rename": self._rename, "remove": self._remove, "duplicate": self._duplicate,
            "symlink": self._symlink, "folder": self._folder, "replace": self._replace, "line": self._line,
        }  # fmt: skip

    @contextmanager
    def mutated(self) -> Iterator[Mutation]:
        """One mutation for as long as the block lasts."""
        while True:
            kind = self.dice.choice(sorted(self.kinds))
            act = self.kinds[kind]()
            what = next(act)
            if what:
                break
        try:
            yield Mutation(kind, what)
        finally:
            assert next(act, None) is None

    def _any(self) -> Path:
        return self.dice.choice(self.files)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _bytes(self, path: Path, data: bytes, told: str) -> Iterator[str]:
        """Other bytes under a name; nothing is told (and nothing done) when they are the same."""
        if data == path.read_bytes():
            yield ""
            return
        aside = path.rename(self.folder.parent / "aside")
        path.write_bytes(data)
        yield f"{self._name(path)}: {told}"
        path.unlink()
        aside.rename(path)

    def _flip(self) -> Iterator[str]:
        path = self._any()
        data = bytearray(path.read_bytes())
        if data:
            place, bit = self.dice.randrange(len(data)), self.dice.randrange(8)
            data[place] ^= 1 << bit
            yield from self._bytes(path, bytes(data), f"bit {bit} of byte {place}")
        else:
            yield ""

    def _change(self) -> Iterator[str]:
        path = self._any()
        data = bytearray(path.read_bytes())
        if data:
            place = self.dice.randrange(len(data))
            data[place] = self.dice.randrange(256)
            yield from self._bytes(path, bytes(data), f"byte {place} becomes {data[place]}")
        else:
            yield ""

    def _cut(self) -> Iterator[str]:
        path = self._any()
        data = path.read_bytes()
        start = self.dice.randrange(len(data) + 1)
        length = self.dice.choice((1, 1, 7, 64))
        yield from self._bytes(path, data[:start] + data[start + length :], f"{length} bytes cut at {start}")

    def _insert(self) -> Iterator[str]:
        path = self._any()
        data = path.read_bytes()
        start = self.dice.randrange(len(data) + 1)
        new = self.dice.choice((b" ", b"\n", b"\0", b"{}", self.dice.randbytes(9)))
        yield from self._bytes(path, data[:start] + new + data[start:], f"{new!r} inserted at {start}")

    def _truncate(self) -> Iterator[str]:
        path = self._any()
        data = path.read_bytes()
        end = self.dice.randrange(len(data) + 1)
        yield from self._bytes(path, data[:end], f"cut off at {end}")

    def _append(self) -> Iterator[str]:
        path = self._any()
        new = self.dice.choice((b"\n", b" ", b"\0", b"x", self.dice.randbytes(20)))
        yield from self._bytes(path, path.read_bytes() + new, f"{new!r} appended")

    def _line(self) -> Iterator[str]:
        """A whole line out, twice, or in another place: what an editor of a trail or a journal would do."""
        path = self._any()
        lines = path.read_bytes().splitlines(keepends=True)
        if not lines:
            yield ""
            return
        number = self.dice.randrange(len(lines))
        line = lines[number]
        act = self.dice.choice(("removed", "doubled", "moved"))
        if act != "doubled":
            del lines[number]
        if act != "removed":
            lines.insert(self.dice.randrange(len(lines) + 1), line)
        yield from self._bytes(path, b"".join(lines), f"line {number + 1} {act}")

    def _replace(self) -> Iterator[str]:
        """The content of another file of the package."""
        path, other = self._any(), self._any()
        yield from self._bytes(path, other.read_bytes(), f"has the content of {self._name(other)}")

    def _swap(self) -> Iterator[str]:
        one, other = self._any(), self._any()
        if one.read_bytes() == other.read_bytes():
            yield ""
            return

        def exchange() -> None:
            aside = one.rename(self.folder.parent / "aside")
            other.rename(one)
            aside.rename(other)

        exchange()
        yield f"{self._name(one)} and {self._name(other)} exchanged"
        exchange()

    def _rename(self) -> Iterator[str]:
        path = self._any()
        new = path.with_name(self.dice.choice((path.name.upper() + "_", path.name + " ", "x" + path.name, path.stem)))
        if new.exists():
            yield ""
            return
        path.rename(new)
        yield f"{self._name(path)} renamed to {new.name!r}"
        new.rename(path)

    def _remove(self) -> Iterator[str]:
        path = self._any()
        aside = path.rename(self.folder.parent / "aside")
        yield f"{self._name(path)} removed"
        aside.rename(path)

    def _duplicate(self) -> Iterator[str]:
        path = self._any()
        place = self.dice.choice(self.files).parent
        new = place / self.dice.choice((f"copy of {path.name}", path.name, f"99-{path.name}", f".{path.name}"))
        if new.exists():
            yield ""
            return
        os.link(path, new)
        yield f"{self._name(path)} also as {self._name(new)}"
        new.unlink()

    def _symlink(self) -> Iterator[str]:
        """A link to the very content: it can change after the verification."""
        path = self._any()
        aside = path.rename(self.folder.parent / "aside")
        path.symlink_to(aside)
        yield f"{self._name(path)} is a link"
        path.unlink()
        aside.rename(path)

    def _folder(self) -> Iterator[str]:
        """A whole folder away, or one more."""
        folders = sorted(p for p in self.folder.rglob("*") if p.is_dir())
        place = self.dice.choice(folders)
        if self.dice.random() < 0.5:
            aside = place.rename(self.folder.parent / "aside")
            yield f"{self._name(place)}/ removed"
            aside.rename(place)
        else:
            new = place / "more"
            new.mkdir()
            yield f"{self._name(new)}/ added, empty"
            shutil.rmtree(new)
