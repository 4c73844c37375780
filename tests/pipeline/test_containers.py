"""Steps in images pinned by digest, with a real registry and buildah: what was approved runs, or nothing does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest
from pydantic import ValidationError

from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.flow.bundle import Bundle, InProcess
from csvgen.pipeline.flow.container import Chosen, Containers, Limits
from csvgen.pipeline.flow.definition import StepSpec, shipped
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.flow.performing import carry_out
from csvgen.pipeline.flow.step import Work

from ..counterparts import ROOT
from ..counterparts.registry import Images, registry
from .flowing import DEFINITION, UNIT, Tiny, given

pytestmark = [pytest.mark.needs("docker-registry"), pytest.mark.needs("buildah"), pytest.mark.needs("busybox")]

GOOD = """\
b=/bin/busybox
$b tr 'a-z' 'A-Z' < /in/table > /out/rows
$b printf '{"function":"%s","seen":%s}' "$1" "$($b sed 's/"/\\\\"/g; s/^/"/; s/$/"/' /in/parameters.json)" > /out/facts.json
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def good(images: Images) -> str:
    return images.shell("good", GOOD)


def step(image: str, **more: object) -> StepSpec:
    return StepSpec(
        id="count", version="1.0", title="Count", function="assay:count", takes=("table",), gives=("rows",), image=image, **more
    )


WORK = Work({"table": b"abc"}, {"k": "v"}, {"table": "table.txt"})


def perform(image: str, **limits: float):
    return Containers(Limits(**limits)).perform(step(image), WORK)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def obedient(images: Images) -> str:
    """An image whose step does what its input says, so that each mischief needs no image of its own."""
    return images.shell("obedient", ". /in/table")


def told(image: str, script: str, **limits: float):
    return Containers(Limits(**limits)).perform(step(image), Work({"table": script.encode()}, {"k": "v"}, {}))  # type: ignore[arg-type]


def refused(obedient: str, script: str, match: str, **limits: float) -> None:
    with pytest.raises(NotIntact, match=match):
        told(obedient, script, **limits)


def test_a_step_in_an_image_gives_what_it_declares(good: str) -> None:
    made = perform(good)
    assert made.outputs == {"rows": b"ABC"}
    assert made.facts == {"function": "assay:count", "seen": '{"k":"v"}'}


def test_the_same_image_is_made_twice_with_the_same_digest(images: Images, good: str) -> None:
    assert images.shell("again", GOOD).partition("@")[2] == good.partition("@")[2]


def test_a_digest_the_registry_does_not_know_is_refused(images: Images) -> None:
    with pytest.raises(NotIntact, match=r"not to be had as pinned: .*manifest unknown"):
        perform(images.reference("good", f"sha256:{'0' * 64}"))


def test_another_image_moved_under_the_same_name_is_not_taken(images: Images, good: str) -> None:
    """A tag that moves does not move what is pinned."""
    moved = images.shell("good", "exit 9")
    assert moved != good
    assert perform(good).outputs == {"rows": b"ABC"}
    with pytest.raises(NotIntact, match="ended with code 9"):
        perform(moved)


def test_an_altered_blob_in_the_registry_is_refused(images: Images) -> None:
    reference = images.shell("altered", GOOD + "# altered\n")
    path = images.blob(images.manifest(reference)["layers"][0]["digest"])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(NotIntact, match=r"(?i)not to be had as pinned: .*digest"):
        perform(reference)


def test_an_altered_manifest_in_the_registry_is_refused(images: Images) -> None:
    reference = images.shell("manifest", GOOD + "# manifest\n")
    path = images.blob(reference.rpartition("@")[2])
    path.write_bytes(path.read_bytes().replace(b'"schemaVersion":2', b'"schemaVersion": 2'))
    with pytest.raises(NotIntact, match="not to be had as pinned"):
        perform(reference)


def test_a_registry_that_is_away_is_named(good: str) -> None:
    with pytest.raises(NotIntact, match=r"not to be had as pinned: .*connection refused"):
        perform("127.0.0.1:9/good@" + good.partition("@")[2])


@pytest.mark.parametrize(
    "image", ["127.0.0.1:5000/good:latest", "good", f"good:1@sha256:{'0' * 64}", f"a/b:1@sha256:{'0' * 64}", "x/y@sha256:12"]
)
def test_a_tag_is_no_pin(image: str) -> None:
    with pytest.raises(ValidationError):
        step(image)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("/bin/busybox echo no luck >&2; exit 3", "count: the step ended with code 3"),
        ("/bin/busybox kill -9 $$", "count: the step ended with (code|signal)"),
        ("b=1; /bin/busybox touch /out/rows; /bin/busybox touch /out/more", "the step wrote 'more', which it does not declare"),
        ("/bin/busybox ln -s /etc/passwd /out/rows", "rows is not a file"),
        ("/bin/busybox mkdir /out/rows", "rows is not a file"),
        ("b=1; /bin/busybox touch /out/rows; /bin/busybox echo '[1]' > /out/facts.json", "facts.json is not one flat object"),
        ("/bin/busybox echo > /out/invalid.txt", "does not say in one line"),
        ("(/bin/busybox echo x > /in/table) || exit 4", "code 4: .*Read-only"),
    ],
)
def test_a_step_that_does_something_else_is_refused(obedient: str, script: str, words: str) -> None:
    refused(obedient, script, words)


def test_the_last_words_of_a_step_are_told(obedient: str) -> None:
    """Between the step and us buildah carries them, and on a machine with no time to spare it may end before it has: rarely, so thrice."""
    said = []
    for _ in range(3):
        with pytest.raises(NotIntact) as refusal:
            told(obedient, "/bin/busybox echo no luck >&2; exit 3")
        said.append(refusal.value.message)
        if said[-1].endswith("the step ended with code 3: no luck"):
            return
    pytest.fail(f"never told: {said}")


def test_a_step_that_writes_too_much_is_stopped(obedient: str) -> None:
    refused(obedient, "/bin/busybox dd if=/dev/zero of=/out/rows bs=1M count=64", "wrote more than 1048576 bytes", size=2**20)
    many = "i=0; while :; do i=$((i+1)); /bin/busybox dd if=/dev/zero of=/out/f$i bs=512k count=1 2>/dev/null; done"
    refused(obedient, many, "wrote more than 1048576 bytes and was stopped", size=2**20, seconds=30)


def test_a_step_that_takes_too_long_is_stopped_with_all_it_started(obedient: str) -> None:
    marker = f"{os.getpid()}7654321"
    refused(
        obedient, f"/bin/busybox sleep {marker} & /bin/busybox sleep {marker}", "took longer than 2 s and was stopped", seconds=2
    )
    alive = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {marker}" not in alive


def test_nothing_is_kept_beside_what_was_given_back(obedient: str, good: str, tmp_path: Path) -> None:
    executor = Containers(folder=tmp_path)
    executor.perform(step(good), WORK)
    with pytest.raises(NotIntact):
        executor.perform(step(obedient), WORK)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="name spaces of its own need root")
def test_a_step_reaches_no_network(images: Images, obedient: str) -> None:
    host, _, port = images.address.partition(":")
    refused(obedient, f"/bin/busybox wget -T 2 -O /out/rows http://{host}:{port}/v2/ || exit 6", "code 6")


def test_data_a_step_refuses_and_an_invalid_run(obedient: str) -> None:
    with pytest.raises(BadInput, match=r"table\.txt:3: no such unit"):
        told(obedient, """/bin/busybox echo '{"message":"no such unit","where":"table.txt:3"}' > /out/refused.json""")
    made = told(obedient, "/bin/busybox echo 'standards drift' > /out/invalid.txt")
    assert (made.invalid, made.outputs) == ("standards drift", {})


def test_an_image_without_program_is_refused(images: Images) -> None:
    with pytest.raises(NotIntact, match="names no program"):
        perform(images.shell("idle", "", entry=False))


# ---------------------------------------------------------------- in a pipeline


def test_one_step_in_an_image_and_one_in_process(lab, images: Images, tmp_path: Path) -> None:
    reference = images.shell("rows", """/bin/busybox printf '["1","2"]' > /out/rows""")
    tiny = Tiny(tmp_path / "bundle", text=DEFINITION.replace("gives: [rows]}", f"gives: [rows], image: '{reference}'}}"))
    tiny.executor = Chosen(InProcess(Bundle(tiny.root)), Containers())
    core = lab.app._core
    performed = Flows(core, approve=tiny.licence).perform(
        core.admit(lab.session("analyst"), "process"), "tiny", "lot/L-1", given(), UNIT
    )
    assert performed.products["value"] == b'"6 mg"\n'
    assert [s.image for s in performed.record.steps] == [reference, ""]


def test_a_step_that_breaks_in_its_image_leaves_no_run(lab, images: Images, tmp_path: Path) -> None:
    reference = images.shell("good", "exit 5")
    text = DEFINITION.replace("takes: [rows], gives: [value]", f"takes: [rows], image: '{reference}', gives: [value]")
    tiny = Tiny(tmp_path / "bundle", text=text)
    tiny.executor = Chosen(InProcess(Bundle(tiny.root)), Containers())
    core = lab.app._core
    with pytest.raises(NotIntact, match="value: the step ended with code 5"):
        Flows(core, approve=tiny.licence).perform(core.admit(lab.session("analyst"), "process"), "tiny", "lot/L-1", given(), UNIT)
    assert core.ledger.all("run") == ()
    assert [p for p in core.results.folder.rglob("*") if p.is_file()] == []


def test_without_containers_a_step_with_an_image_is_refused(tmp_path: Path, good: str) -> None:
    tiny = Tiny(tmp_path / "bundle")
    with pytest.raises(NotIntact, match=r"pinned to the image .* not performed outside it"):
        Chosen(InProcess(Bundle(tiny.root))).perform(step(good), WORK)


# ---------------------------------------------------------------- the steps that come with csvgen


def step_image(images: Images, *packages: str) -> str:
    more = [x for p in packages for x in ("--with", p)]
    command = [
        sys.executable,
        ROOT / "scripts" / "make_step_image.py",
        f"{images.address}/steps",
        "--registry-on-loopback",
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


PARAMETERS = {
    "sample": "S1", "potency.model": "linear", "potency.label_claim": "1000", "potency.unit": "ug/mL", "potency.r_squared": "0.990",
    "potency.low": "95.0", "potency.high": "105.0", "potency.decimals": "1",
}  # fmt: skip


def both(plate: bytes, in_process: StepSpec, image: str) -> tuple[object, object]:
    """What one of our steps makes of a plate in this process and in an image, or the words with which it refuses."""

    def outcome(executor, spec: StepSpec) -> object:
        try:
            return executor.perform(spec, Work({"plate": plate}, PARAMETERS, {"plate": "plate.csv"}))
        except BadInput as refusal:
            return refusal.where, refusal.message

    here = outcome(InProcess(Bundle.shipped()), in_process)
    there = outcome(Containers(), in_process.model_copy(update={"image": image}))
    return (here, there) if isinstance(here, tuple) else (astuple(here), astuple(there))


def test_our_step_in_an_image_makes_the_same_bytes(images: Images, lab) -> None:
    image = step_image(images)
    reading = shipped("qc-release").steps[0]
    here, there = both(lab.plate("1.001", "0.999"), reading, image)
    assert here == there
    assert here[0]["plate-data"]


@pytest.mark.slow
def test_every_step_over_a_plate_gives_the_same_digests_in_an_image_and_refuses_in_the_same_words(images: Images, lab) -> None:
    image = step_image(images, "numpy", "scipy")
    assert step_image(images, "numpy", "scipy") == image, "the image is reproducible"
    plain = shipped("qc-release")
    pinned = plain.model_copy(update={"steps": tuple(s.model_copy(update={"image": image}) for s in plain.steps)})
    given_now = {"inputs": {"plate": lab.plate("1.001", "0.997")}, "parameters": PARAMETERS, "files": {"plate": "plate.csv"}}
    now = lambda: "2026-11-21T10:00:00.000000Z"  # noqa: E731
    here = carry_out(plain, **given_now, executor=InProcess(Bundle.shipped()), now=now)
    there = carry_out(pinned, **given_now, executor=Containers(), now=now)
    assert here.products == there.products
    assert here.facts == there.facts
    assert here.outputs(plain) == there.outputs(pinned)
    assert "potency-values" in here.products
    assert {s.image for s in there.steps if s.state == "performed"} == {image}
    here, there = both(lab.plate("1.001").replace(b"0.500", b"0.5x0"), plain.steps[0], image)
    assert here == there
    assert "0.5x0" in here[1]
