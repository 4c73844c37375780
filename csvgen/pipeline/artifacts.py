"""Artifacts: step code as it is signed, registered and run. Record kind ``artifact``; the files lie below ``artifacts/``.

An artifact is a folder: ``manifest.json`` (what it is, from which commit, under which change ticket, built by whom, with the pins of
its parts), ``definition.yaml``, ``lock.json`` and ``code/``. Its builder signs the whole folder with their own key
(`bundle_signing`). Nothing is registered whose signature does not hold, or whose signer is not an active person of this instance.
"""

from __future__ import annotations

import ast
import base64
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from cryptography import x509
from pydantic import Field, ValidationError

from csvgen.canonical import Digest, canonical_json, digest, read_canonical
from csvgen.clock import stored
from csvgen.crypto.certificates import person_id, read_pem
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, CsvgenError, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.model.base import Line, Sha256, Stamp, Value, YesNo, first_fault
from csvgen.pipeline import bundle_signing
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.flow.bundle import SHIPPED, Bundle, Pins
from csvgen.pipeline.flow.definition import Definition, read_definition, shipped, shipped_names
from csvgen.pipeline.flow.lock import Lock, lock_of
from csvgen.pipeline.keyring import open_own
from csvgen.ports import Outcome

FOLDER = "artifacts"
"""Below the home of an instance: one folder for each artifact, named by the digest of its manifest."""
STAGED = "bundle.staged"
MANIFEST, DEFINITION, LOCK, CODE = "manifest.json", "definition.yaml", "lock.json", "code"

Commit = Annotated[str, Field(pattern=r"^([0-9a-f]{7,64}|release [0-9A-Za-z.+-]{1,40})$")]
"""The commit the code was made from, or the release it came with."""


class Manifest(Value):
    """What a bundle says of itself (``manifest.json``), under the signature of its builder."""

    format: Literal["csvgen.bundle/1"] = "csvgen.bundle/1"
    pipeline: Line
    version: Line
    title: Line
    shipped: YesNo
    """Whether the code is the package that comes with csvgen; then that package runs, compared with the pins at each run."""
    definition: Sha256
    code: Sha256
    """Over the files below ``code/``, as `flow.bundle.Bundle.digest`."""
    lock: Sha256
    images: Mapping[str, str]
    """Step -> image by digest, of the steps that run in one."""
    ticket: Line
    """Change ticket under which it was made."""
    commit: Commit
    builder: str
    builder_name: Line
    made: Stamp


class Artifact(Value):
    """A registered artifact: what a promotion and a run record name."""

    format: Literal["csvgen.artifact/1"] = "csvgen.artifact/1"
    id: str
    pipeline: str
    version: str
    definition: Sha256
    code: Sha256
    lock: Sha256
    images: Mapping[str, str]
    ticket: str
    commit: str
    builder: str
    builder_name: str
    made: Stamp
    shipped: YesNo
    manifest: Sha256
    """Digest of its manifest; the name of its folder."""
    certificate: Sha256
    """Fingerprint of the builder's certificate."""
    signature: str
    """Base64 of the signature (sigstore bundle 0.3, JSON)."""


class Artifacts:
    """Building and registering."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def build(
        self,
        session: str,
        pipeline: str,
        ticket: str,
        commit: str,
        user_id: str,
        password: str,
        source: Path | None = None,
    ) -> Outcome:
        """Build, sign with the own key, and register: the shipped code of a pipeline, or the folder of a team.

        A team's folder holds ``definition.yaml`` and the modules of its steps. Raises BadInput for a folder that cannot be a
        bundle, Refused when the components are not the signer's.
        """
        with self._core.acting(session, "build_artifact", f"pipeline/{pipeline[:40]}") as acting:
            line(ticket, "change ticket")
            with self._staged() as staged:
                manifest = self._lay(staged, acting, pipeline, ticket, commit, source)
                self._of_our_registry(manifest)
                self._core.components(acting, user_id, password)
                credential = open_own(self._core.directory, acting.account.id, password)
                signature = bundle_signing.sign(staged, credential, self._core.keys.root)
                return self._registered(acting, staged, manifest, signature)

    def register(self, session: str, folder: Path, signature: bytes) -> Outcome:
        """Register a bundle that its builder signed elsewhere, by a key this instance certified.

        Raises NotIntact for a signature that does not hold, naming each file; Refused for a signer who is not known here.
        """
        with self._core.acting(session, "register_artifact", "artifact") as acting, self._staged() as staged:
            bundle_signing.files_of(folder)  # before anything is copied: links, pipes, hidden names
            shutil.copytree(folder, staged, symlinks=True, dirs_exist_ok=True)
            manifest = _manifest((staged / MANIFEST).read_bytes()) if (staged / MANIFEST).is_file() else None
            if manifest is None:
                raise BadInput(f"the bundle has no {MANIFEST}")
            return self._registered(acting, staged, manifest, signature)

    # ------------------------------------------------------------ laying out

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """A folder to lay a bundle out in; what is left of it in the end goes. Raises Refused when the disk does not take it."""
        bundle = self._core.home / FOLDER / STAGED
        shutil.rmtree(bundle, ignore_errors=True)  # one process works on an instance: what lies here was left by a crash
        try:
            bundle.mkdir(parents=True, mode=0o700)
            yield bundle
        except OSError as problem:
            why = os.strerror(problem.errno) if problem.errno else "not every file could be copied"
            raise Refused(f"the artifact cannot be written ({why}); nothing of it was kept") from None
        finally:
            shutil.rmtree(bundle, ignore_errors=True)

    def _lay(self, folder: Path, acting: Session, pipeline: str, ticket: str, commit: str, source: Path | None) -> Manifest:
        if source is None:
            definition, text = shipped(pipeline), _shipped_text(pipeline)
            _copy(Bundle.shipped(), folder / CODE)
        else:
            text = _team(source, folder / CODE)
            definition = read_definition(text, f"{source.name}/{DEFINITION}")
            if definition.id != pipeline:
                raise BadInput(f"the folder holds the pipeline {definition.id}, not {pipeline[:40]!r}")
            if pipeline in shipped_names():
                raise Refused(f"{pipeline} is the name of a pipeline that comes with csvgen; a team's own takes another")
        lock = lock_of(definition)
        (folder / DEFINITION).write_bytes(text)
        (folder / LOCK).write_bytes(canonical_json(lock))
        manifest = _manifest(
            canonical_json(
                {
                    "format": "csvgen.bundle/1",
                    "pipeline": definition.id,
                    "version": definition.version,
                    "title": definition.title,
                    "shipped": "yes" if source is None else "no",
                    "definition": digest(definition),
                    "code": Bundle(folder / CODE).digest,
                    "lock": lock.digest,
                    "images": {s.id: s.image for s in definition.steps if s.image},
                    "ticket": ticket,
                    "commit": commit,
                    "builder": acting.account.id,
                    "builder_name": acting.account.printed_name,
                    "made": stored(self._core.clock.now()),
                }
            )
        )
        (folder / MANIFEST).write_bytes(canonical_json(manifest))
        return manifest

    # ------------------------------------------------------------ registering

    def _registered(self, acting: Session, staged: Path, manifest: Manifest, signature: bytes) -> Outcome:
        certificate = bundle_signing.verify(staged, signature, self._core.keys.root)
        self._known_signer(certificate, manifest)
        agrees(staged, manifest)
        self._of_our_registry(manifest)
        sha256 = digest(manifest)
        if same := [v.id for v in self._core.ledger.all("artifact") if v.content["manifest"] == sha256]:
            raise Refused(f"this bundle is registered already, as {same[0]}")
        artifact = Artifact(
            id=f"ART-{len(self._core.ledger.all('artifact')) + 1:04d}",
            **{name: getattr(manifest, name) for name in _TOLD},
            manifest=sha256,
            certificate=fingerprint(certificate),
            signature=base64.b64encode(signature).decode("ascii"),
        )
        place = folder_of(self._core, artifact)
        shutil.rmtree(place, ignore_errors=True)  # not registered: left by a process that died before its change
        with self._core.ledger.change(self._core.actor(acting), f"{manifest.ticket}: built by {manifest.builder}") as change:
            change.put("artifact", artifact.id, artifact.model_dump(), action="register-artifact")
            _protect(staged)
            staged.rename(place)
        facts = {
            "pipeline": artifact.pipeline,
            "version": artifact.version,
            "code": str(artifact.code),
            "builder": artifact.builder,
        }
        return Outcome(True, f"artifact {artifact.id} of {artifact.pipeline} registered", f"artifact/{artifact.id}", facts)

    def _of_our_registry(self, manifest: Manifest) -> None:
        """Raises Refused for steps in images of another registry than the settings name."""
        registry = self._core.settings.images
        if strange := [
            image for image in manifest.images.values() if registry and not image.startswith(f"{registry.rstrip('/')}/")
        ]:
            raise Refused(f"images come from {registry}, and not {', '.join(strange)}")

    def _known_signer(self, certificate: x509.Certificate, manifest: Manifest) -> None:
        """Raises Refused unless the signer is an active person of this instance, with the key they have now, and the builder named."""
        person = person_id(certificate)
        judged = Trust((self._core.keys.root,)).judge_person(certificate, person, self._core.clock.now())
        account = self._core.directory.account(person) if person else None
        if account is None:
            raise Refused("the bundle was signed by somebody this instance does not know", rule="RR-G02")
        if judged.trusted is not True:
            raise Refused(f"the signature of {account.printed_name} does not count now: {judged.reason}", rule="RR-G02")
        if account.state != "active" or fingerprint(certificate) != fingerprint(
            read_pem(account.certificate.encode(), person)[0]
        ):
            raise Refused(
                f"the bundle was signed by {account.printed_name} with a key that is not theirs any more", rule="RR-G02"
            )
        if manifest.builder != person or manifest.builder_name != account.printed_name:
            raise Refused(f"the bundle says {manifest.builder[:40]!r} built it, and {person} signed it", rule="RR-G02")


_TOLD = (
    "pipeline", "version", "definition", "code", "lock", "images", "ticket", "commit", "builder", "builder_name", "made", "shipped",
)  # fmt: skip
"""What the record of an artifact takes over from its manifest."""


# ---------------------------------------------------------------- reading back


def pins_of(core: Core, artifact: Artifact) -> Pins:
    """What may run, by the record; with the names of files and packages from the signed folder, for the words of a refusal."""
    files, lock = _named(folder_of(core, artifact))
    pins = {"definition": artifact.definition, "code": artifact.code, "lock": artifact.lock}
    return Pins(**pins, files=files, packages=dict(lock.packages), python=lock.python)


@lru_cache(maxsize=16)
def _named(folder: Path) -> tuple[Mapping[str, Digest], Lock]:
    """Digests of the code files and the lock of a bundle, read once: the folder is named by its content, and no pin is taken from it."""
    try:
        lock = Lock.model_validate(read_canonical((folder / LOCK).read_bytes(), LOCK))
    except (FileNotFoundError, ValidationError):
        raise NotIntact("the files of the artifact are gone or changed", where=folder.name) from None
    return dict(Bundle(folder / CODE).digests), lock


def folder_of(core: Core, artifact: Artifact) -> Path:
    """Where the files of an artifact lie."""
    return core.home / FOLDER / Digest(artifact.manifest).hex


def require_signed(core: Core, artifact: Artifact) -> None:
    """Raises NotIntact or Refused unless the files of a registered artifact are what its builder signed."""
    folder = folder_of(core, artifact)
    if not folder.is_dir():
        raise NotIntact("the files of the artifact are gone", where=f"artifact/{artifact.id}")
    try:
        signature = base64.b64decode(artifact.signature, validate=True)
        certificate = bundle_signing.verify(folder, signature, core.keys.root)
        manifest = _manifest((folder / MANIFEST).read_bytes())
        agrees(folder, manifest)
    except ValueError:
        raise NotIntact("the signature of the artifact cannot be read", where=f"artifact/{artifact.id}") from None
    except CsvgenError as problem:
        raise type(problem)(problem.message, where=f"artifact/{artifact.id}", rule=problem.rule) from None
    stated = (digest(manifest), fingerprint(certificate), *(getattr(manifest, name) for name in _TOLD))
    if stated != (artifact.manifest, artifact.certificate, *(getattr(artifact, name) for name in _TOLD)):
        raise NotIntact("the record of the artifact says other things than its signed files", where=f"artifact/{artifact.id}")


def agrees(folder: Path, manifest: Manifest) -> Definition:
    """The definition of a bundle whose parts are what its manifest names. Raises NotIntact, naming the part; BadInput for a missing step."""
    code = Bundle(folder / CODE)
    try:
        definition = read_definition((folder / DEFINITION).read_bytes(), DEFINITION)
        lock = Lock.model_validate(read_canonical((folder / LOCK).read_bytes(), LOCK))
    except (FileNotFoundError, ValidationError):
        raise NotIntact("the bundle is not whole: definition.yaml and lock.json are needed") from None
    found = {"definition": digest(definition), "code": code.digest, "lock": lock.digest}
    wrong = [part for part, sha256 in found.items() if getattr(manifest, part) != sha256]
    if wrong or (definition.id, definition.version) != (manifest.pipeline, manifest.version):
        raise NotIntact(f"the manifest of the bundle names another {', '.join(wrong) or 'pipeline'} than lies in it")
    for step in definition.steps:
        if not step.image:
            _has(code, step.function, shipped=manifest.shipped == "yes")
    return definition


def _has(code: Bundle, function: str, *, shipped: bool) -> None:
    """Raises BadInput when the code does not define a step. Looked up in the source: nothing of a bundle runs before it is approved."""
    module, _, name = function.partition(":")
    inside = module.removeprefix(f"{SHIPPED}.") if shipped else module
    path = code.root.joinpath(*inside.split(".")).with_suffix(".py")
    try:
        functions = _functions(path.read_bytes())
    except (FileNotFoundError, SyntaxError, ValueError):
        raise BadInput(f"the bundle has no module {module} that can be read") from None
    if name not in functions:
        raise BadInput(f"the bundle has no function {function}")


@lru_cache(maxsize=64)
def _functions(source: bytes) -> frozenset[str]:
    """The functions that stand at the top of a module. Raises SyntaxError or ValueError for what is no module."""
    return frozenset(node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))


def _manifest(data: bytes) -> Manifest:
    try:
        return Manifest.model_validate(read_canonical(data, MANIFEST))
    except ValidationError as problem:
        raise BadInput(first_fault(problem), where=MANIFEST) from None


def _shipped_text(pipeline: str) -> bytes:
    return resources.files(SHIPPED).joinpath("data", "pipelines", f"{pipeline}.yaml").read_bytes()


def _copy(bundle: Bundle, target: Path) -> None:
    """The files of a bundle that count, and no others."""
    for name, data in bundle.contents.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)


def _team(source: Path, target: Path) -> bytes:
    """Copy a team's folder; gives its definition. Raises BadInput for what a bundle may not hold."""
    if not (source / DEFINITION).is_file():
        raise BadInput(f"the folder has no {DEFINITION}", where=source.name)
    target.mkdir()  # it may stay empty: the code of a step can lie in its image
    for name in bundle_signing.files_of(source):
        if name != DEFINITION:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name, follow_symlinks=False)
    return (source / DEFINITION).read_bytes()


def _protect(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o400)
