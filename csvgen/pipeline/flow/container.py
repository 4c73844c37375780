"""Steps in container images, pinned by digest: what is pulled is what was approved, or nothing runs.

A step and its executor speak by files, in any language:

| file | written by | holds |
|---|---|---|
| ``/in/<name>`` | us | an input, under the name the step takes it by |
| ``/in/parameters.json`` | us | the parameters the step may see: one flat object of texts |
| ``/in/files.json`` | us | input -> name of the file it came as |
| ``/out/<name>`` | the step | an output, under the name the step declares |
| ``/out/facts.json`` | the step | what the record tells beside the outputs: one flat object of texts; may be left out |
| ``/out/invalid.txt`` | the step | why the run gives no result; then it writes no output |
| ``/out/refused.json`` | the step | ``message`` and ``where``: data it cannot use; then it writes nothing else |

The program is the entry point of the image, its last argument the function of the step. It ends with 0 in all these cases.

An image is pulled for each step into a store of its own, which is thrown away: a store that stays is a folder whose layers somebody
could change, and an image of the same digest that lies there would be taken without asking the registry. Every blob is hashed
while it is pulled.

What this is not: a sandbox. buildah's chroot isolation is packaging. Where we may (as root) the step also gets name spaces of its own for
network, processes and mounts, so that it reaches no network and nothing of it outlives its time; it still runs as the same user on the same
kernel. Code is trusted because people approved its digest, not because of walls around it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput, ConfigError, NotIntact
from csvgen.model.base import hazard
from csvgen.pipeline.flow.definition import StepSpec
from csvgen.pipeline.flow.performing import Executor
from csvgen.pipeline.flow.step import Made, Work

FACTS, INVALID, REFUSED = "facts.json", "invalid.txt", "refused.json"
PARAMETERS, FILES = "parameters.json", "files.json"
_LOOPBACK = re.compile(r"^(localhost|127\.0\.0\.1)(:\d+)?/")
_OWN = 2**28
"""Bytes of one file that buildah itself must be able to write: it starts from a copy of its own program."""
_POLICY = {"default": [{"type": "insecureAcceptAnything"}]}
"""Of signatures that registries keep none is asked for: whom to believe was decided when the digest was approved."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a step in a container may use."""

    seconds: float = 600.0
    size: int = 2**30
    """Bytes of one file and of all outputs together."""
    pull: float = 600.0
    """Seconds to fetch an image."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step with an image runs in a container, every other in this process."""

    in_process: Executor
    containers: Executor | None = None
    """Without one, a step with an image is refused."""

    def perform(self, step: StepSpec, work: Work) -> Made:
        """See `performing.Executor`."""
        chosen = self.containers if step.image and self.containers else self.in_process
        return chosen.perform(step, work)


@dataclass(frozen=True, slots=True)
class Containers:
    """Performs steps in images, by buildah. Raises NotIntact, with nothing kept, for whatever is not as declared."""

    limits: Limits = Limits()
    folder: Path | None = None
    """Where images are unpacked for the time of a step; the system's own temporary folder without."""

    def perform(self, step: StepSpec, work: Work) -> Made:
        """See `performing.Executor`."""
        if not step.image:
            raise NotIntact("the step is pinned to no image and is not performed in one", where=step.id)
        if missing := [n for n in ("buildah", "prlimit", "unshare") if shutil.which(n) is None]:
            raise ConfigError(f"steps in images need {', '.join(missing)}", hint="apt-get install buildah util-linux")
        with tempfile.TemporaryDirectory(prefix="csvgen-step-", dir=self.folder) as made:
            place = Path(made)
            incoming, outgoing = place / "in", place / "out"
            incoming.mkdir()
            outgoing.mkdir()
            for name, data in work.inputs.items():
                (incoming / name).write_bytes(data)
            (incoming / PARAMETERS).write_bytes(canonical_json(work.parameters))
            (incoming / FILES).write_bytes(canonical_json(work.files))
            _Step(step, self.limits, place).run(incoming, outgoing)
            return _gathered(step, outgoing, self.limits)


class _Step:
    """One image, pulled and run once, in one folder."""

    def __init__(self, step: StepSpec, limits: Limits, place: Path) -> None:
        self._step, self._limits, self._place = step, limits, place
        (place / "policy.json").write_text(json.dumps(_POLICY))
        (place / "own").mkdir()
        self._buildah = ("buildah", "--storage-driver", "vfs", "--root", f"{place}/store", "--runroot", f"{place}/run")
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(place),
            "TMPDIR": str(place / "own"),
            "LC_ALL": "C.UTF-8",
        }
        if auth := os.environ.get("REGISTRY_AUTH_FILE"):
            self._environment["REGISTRY_AUTH_FILE"] = auth

    def run(self, incoming: Path, outgoing: Path) -> None:
        image = self._step.image
        policy = ("--signature-policy", str(self._place / "policy.json"))
        tls = "false" if _LOOPBACK.match(image) else "true"
        pulled = self._ask("pull", "--quiet", *policy, f"--tls-verify={tls}", f"docker://{image}").splitlines()[-1]
        told = json.loads(self._ask("inspect", "--type", "image", pulled))
        if told.get("FromImageDigest") != image.rpartition("@")[2]:
            raise NotIntact(f"the registry gave {told.get('FromImageDigest')} for {image}", where=self._step.id)
        program = _program(told)
        if not program:
            raise NotIntact(f"the image {image} names no program to run", where=self._step.id)
        container = self._ask("from", *policy, "--pull-never", pulled).splitlines()[-1]
        mounts = ("--volume", f"{incoming}:/in:ro", "--volume", f"{outgoing}:/out:rw")
        self._watched(
            (*self._buildah, "run", "--isolation", "chroot", *mounts, container, "--", *program, self._step.function), outgoing
        )

    def _ask(self, *arguments: str) -> str:
        """What buildah answers. Raises NotIntact with its words: no such digest, an altered blob, nobody there."""
        try:
            done = subprocess.run(  # noqa: S603 - fixed program, arguments checked by the definition
                [*self._buildah, *arguments], capture_output=True, env=self._environment, timeout=self._limits.pull, check=False
            )
        except subprocess.TimeoutExpired:
            raise NotIntact(
                f"the image {self._step.image} did not come in {self._limits.pull:g} s", where=self._step.id
            ) from None
        if done.returncode:
            raise NotIntact(
                f"the image {self._step.image} is not to be had as pinned: {_last_line(done.stderr)}", where=self._step.id
            )
        return done.stdout.decode("utf-8", "replace").strip()

    def _watched(self, command: Sequence[str], outgoing: Path) -> None:
        """Run to the end, or stop all of it when it takes too long or writes too much. Raises NotIntact unless it ended with 0."""
        errors = self._place / "errors"
        apart = ("unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=KILL") if os.geteuid() == 0 else ()
        with errors.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603 - as above
                [shutil.which("prlimit") or "prlimit", f"--fsize={max(self._limits.size, _OWN)}", "--", *apart, *command],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream, env=self._environment, start_new_session=True,
            )  # fmt: skip
        end, stopped = time.monotonic() + self._limits.seconds, ""
        try:
            while process.poll() is None and not stopped:
                if time.monotonic() > end:
                    stopped = f"took longer than {self._limits.seconds:g} s"
                elif _size(outgoing) > self._limits.size:
                    stopped = f"wrote more than {self._limits.size} bytes"
                else:
                    _wait(process)
        finally:
            _end(process)
        if stopped:
            raise NotIntact(f"the step {stopped} and was stopped", where=self._step.id)
        if process.returncode:
            words = _last_line(errors.read_bytes()[-4096:], ours=True)
            how = f"signal {-process.returncode}" if process.returncode < 0 else f"code {process.returncode}"
            raise NotIntact(f"the step ended with {how}{': ' + words if words else ''}", where=self._step.id)


def _program(told: Mapping[str, Any]) -> list[str]:
    """Entry point and command of an image."""
    config = told.get("OCIv1", {}).get("config", {})
    return [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole session; killing the first process of a name space takes everything in it along."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait()


def _size(folder: Path) -> int:
    return sum(p.lstat().st_size for p in folder.rglob("*"))


def _last_line(stderr: bytes, *, ours: bool = False) -> str:
    """The last words of a program that failed; of a step, not those buildah adds. Harmless in any terminal."""
    lines = [x.strip() for x in stderr.decode("utf-8", "replace").splitlines() if x.strip()]
    if ours:
        lines = [x for x in lines if not re.match(r"(subprocess exited|Error: exit status|time=)", x)]
    words = lines[-1] if lines else ""
    return "".join(c for c in words if not hazard(c, newline=False))[:300]


def _gathered(step: StepSpec, outgoing: Path, limits: Limits) -> Made:
    """What lies in the folder of outputs, when all of it may lie there. Raises NotIntact; BadInput when the step refused its data."""
    allowed = {*step.gives, FACTS, INVALID, REFUSED}
    found: dict[str, bytes] = {}
    if _size(outgoing) > limits.size:
        raise NotIntact(f"the step wrote more than {limits.size} bytes", where=step.id)
    for path in sorted(outgoing.iterdir()):
        if path.name not in allowed:
            raise NotIntact(f"the step wrote {path.name[:60]!r}, which it does not declare", where=step.id)
        if not stat.S_ISREG(path.lstat().st_mode):
            raise NotIntact(f"{path.name} is not a file", where=step.id)
        found[path.name] = path.read_bytes()
    if REFUSED in found:
        told = _texts(step, REFUSED, found[REFUSED])
        raise BadInput(told.get("message", "the step refused its data"), where=told.get("where", ""))
    facts = _texts(step, FACTS, found.pop(FACTS, b"{}"))
    invalid = _words(step, found.pop(INVALID)) if INVALID in found else ""
    return Made(found, facts, invalid)


def _texts(step: StepSpec, name: str, data: bytes) -> dict[str, str]:
    try:
        told = json.loads(data.decode("utf-8"))
        fine = isinstance(told, dict) and all(isinstance(v, str) and not hazard(k + v, newline=False) for k, v in told.items())
    except (ValueError, RecursionError):
        fine = False
    if not fine:
        raise NotIntact(f"{name} is not one flat object of printable texts", where=step.id)
    return dict(told)


def _words(step: StepSpec, data: bytes) -> str:
    words = data.decode("utf-8", "replace").strip()
    if not words or hazard(words, newline=False):
        raise NotIntact(f"{INVALID} does not say in one line why the run gives no result", where=step.id)
    return words[:400]
