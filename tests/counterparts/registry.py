"""Debian's docker-registry (distribution, Apache-2.0): a real registry of images, on loopback, and buildah to put images into it.

with registry(folder) as images:
    images.address                              127.0.0.1:port
    images.shell("steps", SCRIPT) -> reference  an image with busybox and a shell script as its program, by digest
    images.blob(reference)                      the file of its layer in the registry, to be altered
    images.reference("steps", digest)
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import Counterpart, answers, free_port, running

CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {data}}}
  cache: {{}}
http:
  addr: 127.0.0.1:{port}
"""
BUSYBOX = Path("/bin/busybox")


@dataclass
class Images:
    address: str
    folder: Path

    def reference(self, name: str, digest: str) -> str:
        return f"{self.address}/{name}@{digest}"

    def shell(self, name: str, script: str, *, entry: bool = True) -> str:
        """Build from scratch with busybox and a script, push, and give the reference by digest."""
        with self.container() as (buildah, container):
            context = self.folder / "context"
            context.mkdir(exist_ok=True)
            (context / "step.sh").write_text(script)
            buildah("copy", container, str(BUSYBOX), "/bin/busybox")
            buildah("copy", container, str(context / "step.sh"), "/step.sh")
            if entry:
                buildah("config", "--entrypoint", '["/bin/busybox", "sh", "/step.sh"]', container)
            return self.push(buildah, container, name)

    @contextlib.contextmanager
    def container(self) -> Iterator[tuple]:
        """buildah with a store of its own, and a container from nothing; both gone behind it."""
        store = self.folder / "store"
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "BUILDAH_ISOLATION": "chroot"}
        policy = self.folder / "policy.json"
        policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))

        def buildah(*arguments: str) -> str:
            command = ["buildah", "--storage-driver", "vfs", "--root", f"{store}/graph", "--runroot", f"{store}/run", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        try:
            yield buildah, buildah("from", "scratch")
        finally:
            shutil.rmtree(store, ignore_errors=True)

    def push(self, buildah, container: str, name: str) -> str:
        policy = ("--signature-policy", str(self.folder / "policy.json"))
        buildah("commit", "--timestamp", "0", *policy, container, f"{name}:latest")
        told = self.folder / "digest"
        target = f"docker://{self.address}/{name}:latest"
        buildah("push", *policy, "--tls-verify=false", "--digestfile", str(told), f"{name}:latest", target)
        return self.reference(name, told.read_text().strip())

    def manifest(self, reference: str) -> dict:
        name, _, digest = reference.removeprefix(f"{self.address}/").partition("@")
        request = urllib.request.Request(
            f"http://{self.address}/v2/{name}/manifests/{digest}",
            headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def blob(self, digest: str) -> Path:
        hexed = digest.removeprefix("sha256:")
        return self.folder / "data" / "docker" / "registry" / "v2" / "blobs" / "sha256" / hexed[:2] / hexed / "data"


def version() -> Counterpart:
    done = subprocess.run(["docker-registry", "--version"], capture_output=True, text=True, check=True)
    return Counterpart("docker-registry", done.stdout.split()[-1], "real server")


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[Images]:
    """A running registry."""
    port = free_port()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(CONFIG.format(data=folder / "data", port=port))
    command = ["docker-registry", "serve", str(folder / "config.yml")]
    with running(command, lambda: answers(port), folder / "registry.log", cwd=folder):
        yield Images(f"127.0.0.1:{port}", folder)
