"""Images that steps ran in, asked of a real registry by digest, when an instance is verified."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from csvgen.model.verification import Outcome
from csvgen.pipeline.flow.bundle import Bundle, InProcess
from csvgen.pipeline.flow.container import Chosen, Containers
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.instance import Settings
from csvgen.verification.registry import Unanswered, image_faults

from ..counterparts import free_port
from ..counterparts.registry import Images, registry
from ..pipeline.flowing import DEFINITION, UNIT, Tiny, given
from .instances import answer, checked, settled, worked

pytestmark = [pytest.mark.needs("docker-registry"), pytest.mark.needs("buildah"), pytest.mark.needs("busybox")]
KEPT = "images are in the registry, byte for byte"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def image(images: Images) -> str:
    return images.shell("rows", """/bin/busybox printf '["1","2"]' > /out/rows""")


@pytest.fixture(scope="module")
def made(images: Images, image: str, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with one run, whose first step ran in the image."""
    base = tmp_path_factory.mktemp("images")

    def work(lab) -> None:
        tiny = Tiny(base / "bundle", text=DEFINITION.replace("gives: [rows]}", f"gives: [rows], image: '{image}'}}"))
        tiny.executor = Chosen(InProcess(Bundle(tiny.root)), Containers())
        flows = Flows(lab.app._core, approve=tiny.licence)
        acting = lab.app._core.admit(lab.session("analyst"), "process")
        with flows.recorded(acting, flows.perform(acting, "tiny", "lot/L-1", given(), UNIT)):
            pass

    return worked(shared, base, Settings(images=images.address), work)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture
def restored(images: Images, image: str) -> Iterator[Images]:
    """The registry, with everything as it was behind the test."""
    blobs = [images.blob(d) for d in (image.rpartition("@")[2], *(b["digest"] for b in named(images, image)))]
    before = {path: path.read_bytes() for path in blobs}
    yield images
    for path, data in before.items():
        path.write_bytes(data)


def named(images: Images, image: str) -> list[dict]:
    manifest = images.manifest(image)
    return [manifest["config"], *manifest["layers"]]


def bent(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_manifest_and_blobs_are_those_of_the_digest(made: Path) -> None:
    assert answer(checked(made), KEPT) == (Outcome.HOLDS, "1 images, manifest and blobs hashed")


@pytest.mark.parametrize("number", [0, 1], ids=["config", "layer"])
def test_an_altered_blob_is_named(made: Path, image: str, restored: Images, number: int) -> None:
    digest = named(restored, image)[number]["digest"]
    bent(restored.blob(digest))
    outcome, words = answer(checked(made), KEPT)
    assert outcome is Outcome.FAILS
    assert f"{image}: its blob {digest} was altered" in words


def test_a_blob_that_is_gone_is_named(made: Path, image: str, restored: Images) -> None:
    digest = named(restored, image)[1]["digest"]
    restored.blob(digest).unlink()
    outcome, words = answer(checked(made), KEPT)
    assert outcome is Outcome.FAILS
    assert f"its blob {digest} is not in the registry" in words


def test_an_altered_manifest_is_never_well(made: Path, image: str, restored: Images) -> None:
    """This registry looks at its manifests itself, and gives none that is not what its name says."""
    path = restored.blob(image.rpartition("@")[2])
    path.write_bytes(path.read_bytes().replace(b'"schemaVersion":2', b'"schemaVersion": 2'))
    assert answer(checked(made), KEPT)[0] is not Outcome.HOLDS


def test_another_registry_in_the_settings_leaves_it_unknown(base: Path, image: str) -> None:
    settled(base, Settings(images="127.0.0.1:9"))
    outcome, words = answer(checked(base), KEPT)
    assert outcome is Outcome.UNKNOWN
    assert f"{image} is of another registry than the settings name" in words


def test_a_registry_that_does_not_answer_leaves_it_unknown(image: str) -> None:
    with pytest.raises(Unanswered, match="the registry cannot be asked"):
        list(image_faults(f"127.0.0.1:{free_port()}/rows@{image.rpartition('@')[2]}"))


class Odd(BaseHTTPRequestHandler):
    """A registry that gives another manifest than was asked for, or wants to know who asks."""

    def do_GET(self) -> None:
        data = b"" if "secret" in self.path else b'{"schemaVersion":2}'
        self.send_response(401 if "secret" in self.path else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def test_a_manifest_that_is_another_is_named_and_a_closed_door_is_no_answer() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, zeros = f"127.0.0.1:{server.server_port}", f"sha256:{'0' * 64}"
    try:
        (fault,) = image_faults(f"{host}/rows@{zeros}")
        assert fault.startswith("its manifest was altered: the registry gives sha256:")
        with pytest.raises(Unanswered, match="HTTP 401"):
            list(image_faults(f"{host}/secret@{zeros}"))
    finally:
        server.shutdown()
        server.server_close()
    assert list(image_faults("rows:latest")) == ["it is not pinned by a digest"]


def test_settings_without_a_registry_leave_it_unknown(base: Path) -> None:
    settled(base, Settings())
    assert answer(checked(base), KEPT)[0] is Outcome.UNKNOWN
    assert not checked(base)
