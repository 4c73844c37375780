"""Pipelines of steps: what is approved runs and nothing else, all or nothing, and a run can be done again."""

from __future__ import annotations

import ast
import importlib
import json
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import csvgen
from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, ConfigError, NotIntact
from csvgen.pipeline.components import COMPONENTS
from csvgen.pipeline.flow import check, lock
from csvgen.pipeline.flow.bundle import Bundle, InProcess, altered, lock_of, pins_now, require_pinned
from csvgen.pipeline.flow.definition import shipped, shipped_names
from csvgen.pipeline.flow.flows import Flows, Given
from csvgen.pipeline.flow.repeating import compared
from csvgen.pipeline.flow.step import Work

from ..tiny import clean_environment
from .flowing import UNIT, Tiny, definition, given


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "bundle")


class Bench:
    """An opened instance with the tiny pipeline."""

    def __init__(self, lab, tiny: Tiny) -> None:
        self.lab, self.tiny, self.core = lab, tiny, lab.app._core
        self.flows = Flows(self.core, approve=tiny.licence)
        self.acting = self.core.admit(lab.session("analyst"), "process")

    def perform(self, data: bytes = b"1 2 3", **more):
        return self.flows.perform(self.acting, "tiny", "lot/L-1", given(data), UNIT, **more)

    def run(self, data: bytes = b"1 2 3"):
        performed = self.perform(data)
        with self.core.raw.kept(data, "table.txt"), self.flows.recorded(self.acting, performed):
            pass
        return performed.record

    def runs(self):
        return self.core.ledger.all("run")

    def products(self) -> list[str]:
        return sorted(p.name for p in self.core.results.folder.rglob("*") if p.is_file())


@pytest.fixture
def bench(lab, tiny: Tiny) -> Bench:
    return Bench(lab, tiny)


# ---------------------------------------------------------------- what is approved runs


def test_a_run_and_its_record(bench: Bench) -> None:
    performed = bench.perform()
    with bench.flows.recorded(bench.acting, performed) as change:
        change.put("lot", "L-1", {"lot": "L-1"})
    record = performed.record
    assert performed.products == {"rows": b'["1","2","3"]\n', "value": b'"12 mg"\n'}
    assert record.inputs["table"].sha256 == digest_bytes(b"1 2 3")
    assert record.products["value"] == digest_bytes(b'"12 mg"\n')
    assert record.steps[1].parameters == {"value.unit": " mg"}, "a step sees the parameters it declares and no others"
    assert (record.ticket, record.commit, record.artifact) == ("CHG-100", "0a1b2c3", "ART-0001")
    assert record.operator == bench.lab.user("analyst")
    assert bench.core.ledger.latest("run", "RUN-0001").content["code"] == bench.tiny.pins.code
    assert bench.flows.product(record, "value") == b'"12 mg"\n'
    assert check.problems(bench.core) == ()
    assert check.orphans(bench.core) == ()


def test_runs_are_numbered_without_gaps_and_written_once(bench: Bench) -> None:
    assert [bench.run(str(n).encode()).id for n in range(1, 8)] == [f"RUN-{n:04d}" for n in range(1, 8)]
    first, second = bench.perform(), bench.perform(b"9")
    assert first.record.id == second.record.id == "RUN-0008"
    with bench.flows.recorded(bench.acting, first):
        pass
    with pytest.raises(NotIntact, match=r"RUN-0008.*written once"), bench.flows.recorded(bench.acting, second):
        pass
    assert len(bench.core.ledger.versions("run", "RUN-0008")) == 1


def test_what_follows_from_a_run_is_written_with_it_or_neither_is(bench: Bench) -> None:
    performed = bench.perform()
    with pytest.raises(ZeroDivisionError), bench.flows.recorded(bench.acting, performed) as change:
        change.put("lot", "L-1", {"lot": "L-1"})
        raise ZeroDivisionError
    assert bench.runs() == ()
    assert bench.core.ledger.latest("lot", "L-1") is None
    assert len(check.orphans(bench.core)) == 2, "its products lie there, no run names them, and the check says so"


def test_data_a_step_refuses_leave_nothing(bench: Bench) -> None:
    with pytest.raises(BadInput, match="line 1: the table is empty"):
        bench.perform(b" ")
    assert bench.products() == []
    assert bench.runs() == ()


def test_a_failed_suitability_is_a_run_without_result(bench: Bench) -> None:
    record = bench.run(b"1 unsuitable")
    assert (record.valid, record.why, record.products) == ("no", "system suitability not met", {})
    assert [s.state for s in record.steps] == ["invalid", "not reached"]
    assert record.facts == {"count.rows": "2"}


def test_a_killed_process_leaves_no_part_of_a_run(home: Path, tmp_path: Path) -> None:
    """A real process, really killed, inside the second step and then between keeping products and writing the record."""
    for where in ("step", "kept"):
        copy = Path(shutil.copytree(home, tmp_path / where))
        code = (
            "import sys; from pathlib import Path; from tests.pipeline.conftest import Lab; from tests.pipeline.flowing import Tiny\n"
            "from tests.pipeline.test_flow import Bench\n"
            f"tiny = Tiny(Path({str(tmp_path / where)!r}) / 'bundle')\n"
            "kill = 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)'\n"
            + (
                "tiny.edit('assay.py', 'def value(work: Work) -> Made:', 'def value(work: Work) -> Made:\\n    ' + kill)\n"
                "tiny.approve()\n"
                if where == "step"
                else ""
            )
            + f"bench = Bench(Lab(Path({str(copy)!r})), tiny); bench.perform()\n"
            "print('kept', flush=True); exec(kill)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=Path(csvgen.__file__).parents[1], capture_output=True, text=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert done.stdout == ("" if where == "step" else "kept\n")
        from .conftest import Lab

        lab = Lab(copy)
        try:
            core = lab.app._core
            assert core.ledger.all("run") == ()
            assert core.ledger.problems() == ()
            assert len(check.orphans(core)) == (0 if where == "step" else 2)
            assert check.problems(core) == ()
        finally:
            lab.app.close()


def test_a_changed_product_or_a_missing_one_is_told(bench: Bench) -> None:
    record = bench.run()
    path = bench.core.results.path(record.products["value"])
    path.chmod(0o644)
    path.write_bytes(b'"13 mg"\n')
    assert [p for p in check.problems(bench.core) if "RUN-0001 value" in p]
    with pytest.raises(NotIntact):
        bench.flows.product(record, "value")
    path.unlink()
    assert ["missing" in p for p in check.problems(bench.core)] == [True]


# ---------------------------------------------------------------- pins


def refused(tiny: Tiny, match: str) -> None:
    with pytest.raises(NotIntact, match=match):
        require_pinned(tiny.pins, definition(tiny.text), Bundle(tiny.root))


def test_what_was_approved_is_not_refused_once_it_stands_there_again(tiny: Tiny) -> None:
    tiny.edit("arithmetic.py", "FACTOR = 2", "FACTOR = 3")
    refused(tiny, "changed")
    tiny.edit("arithmetic.py", "FACTOR = 3", "FACTOR = 2")
    require_pinned(tiny.pins, definition(), Bundle(tiny.root))


def test_changed_step_code_does_not_run_and_is_named(bench: Bench) -> None:
    bench.tiny.edit("arithmetic.py", "FACTOR = 2", "FACTOR = 3")
    with pytest.raises(NotIntact, match=r"the code of its steps is not what was approved: arithmetic\.py changed"):
        bench.perform()
    assert bench.products() == []
    assert bench.runs() == ()


def test_added_and_missing_files_of_a_bundle_are_named(tiny: Tiny) -> None:
    (tiny.root / "more.py").write_text("")
    refused(tiny, r"more\.py was added")
    (tiny.root / "more.py").unlink()
    (tiny.root / "arithmetic.py").unlink()
    refused(tiny, r"arithmetic\.py is gone")


def test_a_changed_definition_does_not_run(tiny: Tiny) -> None:
    tiny.text = tiny.text.replace("parameters: [value.]", "parameters: [value., other]")
    refused(tiny, "its definition .version 1.0. is sha256:.*, approved is sha256:")


def test_another_version_of_a_package_does_not_run(tiny: Tiny) -> None:
    now = tiny.pins
    version = metadata.version("xmltodict")
    packages = {**now.packages, "xmltodict": now.packages["xmltodict"].replace(version, "0.0.9")}
    tiny.pins = now.model_copy(update={"packages": packages, "lock": digest_bytes(b"another")})
    refused(tiny, f"what its steps stand on is not what was approved: xmltodict changed from 0.0.9 to {version}")


def test_another_python_does_not_run(tiny: Tiny) -> None:
    tiny.pins = tiny.pins.model_copy(update={"python": "3.10.0", "lock": digest_bytes(b"another")})
    refused(tiny, "Python changed from 3.10.0 to 3.")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package installed in a folder of its own, before all others on the path."""
    site = tmp_path / "site"
    found = metadata.distribution("xmltodict")
    for file in found.files or ():
        if "__pycache__" not in file.parts and ".." not in file.parts:
            target = site / str(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(found.locate_file(file)), target)
    (site / "xmltodict.py").exists() or pytest.fail("the package is one file")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(lock, "_seen", {})
    monkeypatch.setattr(lock, "_SETTLED_NS", -1)  # these files are new, and their stamps shall be believed all the same
    assert altered(definition()) == ()
    return site


def test_a_changed_file_of_a_package_does_not_run(tiny: Tiny, elsewhere: Path) -> None:
    require_pinned(tiny.pins, definition(), Bundle(tiny.root))
    state = (elsewhere / "xmltodict.py").stat()
    text = (elsewhere / "xmltodict.py").read_text()
    (elsewhere / "xmltodict.py").write_text(text[:-2] + "#" + text[-1])
    os.utime(elsewhere / "xmltodict.py", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (elsewhere / "xmltodict.py").stat().st_size == state.st_size, "size and time are as they were"
    refused(tiny, r"package xmltodict: xmltodict\.py is not what was installed")


def test_a_changed_list_of_files_does_not_run(tiny: Tiny, elsewhere: Path) -> None:
    """Who changes the file and its line in RECORD has another lock."""
    record = next(elsewhere.glob("*.dist-info/RECORD"))
    lines = record.read_text().splitlines()
    record.write_text("\n".join(x.replace("sha256=", "sha256=A") if x.startswith("xmltodict.py") else x for x in lines))
    refused(tiny, "xmltodict changed within version")


def test_the_lock_is_the_same_wherever_a_wheel_is_installed(tiny: Tiny, elsewhere: Path) -> None:
    """Compiled files, scripts outside, and notes of an installer do not count."""
    record = next(elsewhere.glob("*.dist-info/RECORD"))
    with record.open("a") as more:
        more.write("__pycache__/xmltodict.cpython-311.pyc,,\n../../../bin/xml,sha256=AAAA,3\n/usr/share/x,sha256=AAAA,3\n")
        more.write(f"{record.parent.name}/INSTALLER,sha256=AAAA,2\n")
    assert lock_of(definition()).digest == tiny.pins.lock


def test_a_package_file_that_is_gone_or_came_beside_is_told(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    (elsewhere / "xmltodict.py").unlink()
    assert altered(definition()) == ("package xmltodict: xmltodict.py is gone",)


@pytest.mark.parametrize("name", ["fractions.py", "pydantic/__init__.py"])
def test_a_module_that_would_run_in_place_of_a_locked_one_is_told(tmp_path: Path, name: str) -> None:
    """Named by PYTHONPATH, or lying where the program was started: Python would take it first."""
    packages = str(metadata.distribution("pydantic").locate_file(""))
    asked = f"from csvgen.pipeline.flow import lock; print(*lock._instead({{{packages!r}: {{'pydantic/main.py'}}}}))"
    place = tmp_path / "planted" / name
    place.parent.mkdir(parents=True)

    def told(**more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-c", asked], env=clean_environment() | more, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    planted = {"PYTHONPATH": str(tmp_path / "planted")}
    assert told(**planted) == ""
    real = importlib.import_module(name.split("/", maxsplit=1)[0].removesuffix(".py")).__file__
    place.write_text(
        f"__file__ = {real!r}\n__path__ = [{str(Path(real).parent)!r}]\nexec(compile(open(__file__).read(), __file__, 'exec'))\n"
    )
    assert f"comes from {place}, neither from Python nor from its locked package" in told(**planted)


def test_a_file_planted_into_a_package_is_told(tmp_path: Path) -> None:
    paths = {"pack/__init__.py", "pack/a.py"}
    for path in (*paths, "pack/sub/evil.py", "pack/data.csv", "pack/__pycache__/a.cpython-311.pyc"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert list(lock._strangers(str(tmp_path), paths)) == ["pack/sub/evil.py"]


@pytest.mark.parametrize("settled", [lock._SETTLED_NS, -1])
def test_a_file_planted_after_the_first_look_is_told_at_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled: int
) -> None:
    """A folder whose stamps are the same is not listed again, unless it changed a moment ago; one that got a file has others."""
    monkeypatch.setattr(lock, "_SETTLED_NS", settled)
    paths = {"pack/__init__.py", "pack/sub/a.py"}
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    folder = tmp_path / "pack" / "sub"
    planted = folder / "evil.py"
    for looked in ([], ["pack/sub/evil.py"], []):
        assert list(lock._strangers(str(tmp_path), paths)) == looked
        assert list(lock._strangers(str(tmp_path), paths)) == looked
        assert (str(folder) in lock._entered) == (settled < 0)
        before = folder.stat().st_ctime_ns
        planted.unlink() if planted.exists() else planted.touch()
        while settled < 0 and folder.stat().st_ctime_ns == before:
            (folder / "data.csv").touch()
            (folder / "data.csv").unlink()
    planted.unlink()
    planted.mkdir()
    (planted / "more.py").touch()
    assert list(lock._strangers(str(tmp_path), paths)) == ["pack/sub/evil.py/more.py"]


def test_a_module_in_an_archive_on_the_path_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python imports from archives, which cannot be listed as a folder can."""
    owned = {str(metadata.distribution("pydantic").locate_file("")): {"pydantic/main.py"}}
    archive = tmp_path / "planted.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("other.py", "")
    monkeypatch.syspath_prepend(str(archive))
    assert list(lock._instead(owned)) == []
    assert "this" not in sys.modules
    with zipfile.ZipFile(archive, "a") as stream:
        stream.writestr("this.py", "")
    importlib.invalidate_caches()
    (told,) = lock._instead(owned)
    assert told.startswith(f"the module this comes from {archive}/this.py, neither")


def test_a_package_that_is_not_there_is_named(tiny: Tiny) -> None:
    with pytest.raises(ConfigError, match="the package no-such-thing is not installed"):
        lock_of(definition(tiny.text.replace("xmltodict", "no-such-thing")))


def test_what_packages_require_is_locked_too() -> None:
    found = lock_of(shipped("qc-release")).packages
    assert {"pandas", "pytz", "python-dateutil", "six", "csvgen"} <= set(found)


# ---------------------------------------------------------------- the code that runs is the code that was hashed


def value_of(bundle: Bundle, *, distributions: tuple[str, ...] = ()) -> bytes:
    spec = definition().steps[1]
    return InProcess(bundle, distributions).perform(spec, Work({"rows": b'["1"]'}, {"value.unit": ""})).outputs["value"]


def test_code_changed_after_it_was_hashed_is_not_what_runs(tiny: Tiny) -> None:
    bundle = Bundle(tiny.root)
    approved = bundle.digest
    tiny.edit("arithmetic.py", "FACTOR = 2", "FACTOR = 3")
    assert value_of(bundle) == b'"2"\n', "what was hashed runs"
    assert bundle.digest == approved
    assert value_of(Bundle(tiny.root)) == b'"3"\n'
    assert Bundle(tiny.root).digest != approved


def test_a_planted_compiled_file_is_not_run(tiny: Tiny) -> None:
    """A compiled file that claims to belong to the source, by its time and size, as Python's own import would believe."""
    source = tiny.root / "arithmetic.py"
    state, text = source.stat(), source.read_text()
    source.write_text(text.replace("FACTOR = 2", "FACTOR = 9"))
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns))
    py_compile.compile(str(source), doraise=True)
    source.write_text(text)
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns))
    fooled = subprocess.run(
        [sys.executable, "-c", "import arithmetic; print(arithmetic.FACTOR)"],
        cwd=tiny.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert fooled.stdout == "9\n", "the trick works on Python's own import"
    assert value_of(Bundle(tiny.root)) == b'"2"\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import yaml", "may not import yaml"),
        ("from csvgen.pipeline.core import Core", r"may not import csvgen\.pipeline\.core"),
        ("from csvgen import config", r"may not import csvgen\.config"),
        ("import importlib", "may not import importlib"),
        ("def late():\n    import requests", "may not import requests"),
        ("x = eval('1')", "may not use eval"),
        ("__import__('yaml')", "may not use __import__"),
        ("import sys\nx = sys.modules['csvgen.pipeline.nouns']", r"may not use sys\.modules"),
        ("from sys import modules", r"may not use sys\.modules"),
        ("import os\nx = os.sys.modules", r"may not use sys\.modules"),
        ("import sys\nx = getattr(sys, 'modules')", "may not use modules"),
        ("x = open.__globals__", "may not use __globals__"),
        ("x = getattr(open, '__builtins__')", "may not use __builtins__"),
        ("x = ().__class__.__mro__[1].__subclasses__()", "may not use __subclasses__"),
        ("import inspect", "may not import inspect"),
        ("from .. import outside", "leads out of the bundle"),
        ("def broken(:", "cannot be loaded"),
    ],
)
def test_code_that_reaches_outside_is_refused_before_it_runs(tiny: Tiny, line: str, words: str) -> None:
    ran = tiny.root.parent / "ran"
    (tiny.root / "extra.py").write_text(f"open({str(ran)!r}, 'w')\n{line}\n")
    tiny.edit("assay.py", "from arithmetic import total", "from arithmetic import total\nimport extra")
    with pytest.raises(ConfigError, match=words) as told:
        value_of(Bundle(tiny.root))
    assert "extra.py" in str(told.value)
    assert not ran.exists()


def test_a_package_the_definition_names_may_be_used(tiny: Tiny) -> None:
    tiny.edit("assay.py", "from .arithmetic import FACTOR", "from .arithmetic import FACTOR\nimport xmltodict")
    assert value_of(Bundle(tiny.root), distributions=("xmltodict",)) == b'"2"\n'
    with pytest.raises(ConfigError, match="may not import xmltodict"):
        value_of(Bundle(tiny.root))


def test_modules_of_a_bundle_stay_apart_from_those_of_python_and_of_other_bundles(tiny: Tiny, tmp_path: Path) -> None:
    other = Tiny(tmp_path / "other")
    other.edit("arithmetic.py", "FACTOR = 2", "FACTOR = 5")
    assert (value_of(Bundle(tiny.root)), value_of(Bundle(other.root))) == (b'"2"\n', b'"5"\n')
    assert "arithmetic" not in sys.modules


def test_a_link_out_of_a_bundle_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("")
    (tiny.root / "inside.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(NotIntact, match=r"inside\.py: a link of the bundle leads out of it"):
        assert Bundle(tiny.root).digest


def reached(pipeline: str) -> tuple[set[str], set[str]]:
    """Modules of csvgen, and top names of packages, that the steps of a pipeline can import, late imports included."""
    package = Path(csvgen.__file__).parent
    waiting = [s.function.partition(":")[0] for s in shipped(pipeline).steps]
    own: set[str] = set()
    others: set[str] = set()
    while waiting:
        name = waiting.pop()
        base = package.parent.joinpath(*name.split("."))
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if name in own or not path.is_file():
            continue
        own.add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
            assert not [n for n in names if isinstance(node, ast.Import) and n.startswith("csvgen.pipeline")], (
                f"{name}: write from ... import"
            )
            waiting += [n for n in names if n.partition(".")[0] == "csvgen"]
            others |= {n.partition(".")[0] for n in names} - {"csvgen"} - sys.stdlib_module_names
    return own, others


@pytest.mark.parametrize("pipeline", shipped_names())
def test_all_that_shipped_steps_reach_is_pinned(pipeline: str) -> None:
    """By the code of the bundle, by the ground in the lock, or by a package in the lock: there is no fourth."""
    own, others = reached(pipeline)
    ground = {p.removesuffix(".py").replace("/", ".") for p in COMPONENTS["ground"]}
    outside = {n.removeprefix("csvgen.") for n in own if not n.startswith("csvgen.pipeline") and n != "csvgen"}
    assert {n for n in outside if n not in ground and n.partition(".")[0] not in ground} == set()
    by_name = metadata.packages_distributions()
    locked = set(lock_of(shipped(pipeline)).packages)
    assert {n for n in others if not {lock._normal(d) for d in by_name.get(n, [n])} & locked} == set()


def test_shipped_steps_run_from_the_hashed_bytes(tmp_path: Path) -> None:
    """A copy of the package with one changed constant computes with the changed one, though the real one is loaded already."""
    real = Bundle.shipped()
    copy = Path(shutil.copytree(real.root, tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__")))
    (copy / "rounding.py").write_text((copy / "rounding.py").read_text() + "\n\nWITNESS = 'changed'\n")
    code = Bundle(copy, real.package)._code(())
    assert code.module("csvgen.pipeline.rounding").WITNESS == "changed"
    assert not hasattr(sys.modules.get("csvgen.pipeline.rounding"), "WITNESS")
    assert Bundle(copy, real.package).digest != real.digest


# ---------------------------------------------------------------- doing it again


def test_a_repetition_gives_the_same(bench: Bench) -> None:
    first = bench.run()
    repeated = bench.flows.repeat(bench.acting, first.id, bring(b"1 2 3"))
    assert repeated.same
    assert (repeated.performed.record.repeats, repeated.words, repeated.unexplained) == ("RUN-0001", "", False)
    assert repeated.performed.record.outputs == first.outputs
    assert repeated.performed.record.id == "RUN-0002"
    assert len(bench.runs()) == 1, "recording it is the caller's"


def bring(data: bytes):
    return lambda source, _name: Given(source.record, source.version, data, "table.txt")


def test_inputs_come_from_the_landing_store_by_digest(bench: Bench) -> None:
    bench.lab.ingest("L-1", bench.lab.plate("1.000"))
    stored = bench.core.ledger.latest("file", "L-1:plate.csv")
    data = bench.lab.stored(stored.content["digest"]).read_bytes()
    bench.tiny.edit("assay.py", 'work.inputs["table"].decode().split()', 'str(len(work.inputs["table"])).split()')
    bench.tiny.approve()
    performed = bench.flows.perform(bench.acting, "tiny", "lot/L-1", given(data, "file/L-1:plate.csv", stored.number), UNIT)
    with bench.flows.recorded(bench.acting, performed):
        pass
    assert bench.flows.repeat(bench.acting, "RUN-0001").same
    path = bench.lab.stored(stored.content["digest"])
    path.chmod(0o644)
    path.write_bytes(data + b"\n")
    with pytest.raises(NotIntact, match="registered on arrival"):
        bench.flows.repeat(bench.acting, "RUN-0001")
    path.unlink()
    with pytest.raises(NotIntact, match="missing"):
        bench.flows.repeat(bench.acting, "RUN-0001")


def test_a_difference_names_products_and_every_recorded_cause(bench: Bench) -> None:
    first = bench.run()
    bench.tiny.edit("arithmetic.py", "FACTOR = 2", "FACTOR = 3")
    bench.tiny.text = bench.tiny.text.replace('version: "1.0"\ntitle', 'version: "1.1"\ntitle')
    bench.tiny.approve()
    bench.tiny.artifact = "ART-0002"
    repeated = bench.flows.repeat(bench.acting, first.id, bring(b"1 2 3"))
    assert not repeated.same
    assert not repeated.unexplained
    words = repeated.performed.record.difference
    assert words.startswith("differs from RUN-0001 in value (sha256:")
    assert "rows" not in words, "the first product is the same"
    for cause in ("the definition (1.0", "now 1.1", "the code (sha256:", "the artifact (ART-0001, now ART-0002)"):
        assert cause in words


def test_each_recorded_thing_is_named_when_it_is_the_cause(bench: Bench) -> None:
    before = bench.perform().record
    other = before.model_copy(
        update={"outputs": digest_bytes(b"other"), "products": {**before.products, "value": digest_bytes(b"other")}}
    )
    steps = tuple(x.model_copy(update={"image": "r/x@sha256:" + "0" * 64}) for x in other.steps)
    for update, words in (
        ({"lock": digest_bytes(b"")}, "the locked packages (sha256:"),
        ({"steps": steps}, "image of count (none, now r/x@sha256:000"),
        ({"environment": {**before.environment, "machine": "aarch64"}}, "environment machine ("),
        ({"parameters": {**before.parameters, "value.unit": " g"}}, "parameter value.unit ( mg, now  g)"),
        ({"artifact": "ART-0002"}, "the artifact (ART-0001, now ART-0002)"),
        ({"inputs": {}}, "input table (sha256:"),
    ):
        found = compared(before, other.model_copy(update=update))
        assert not found.unexplained
        assert f"because of: {words}" in found.words
    assert compared(before, other).unexplained
    assert compared(before, before.model_copy(update={"environment": {}})).same, "what changed without effect is no difference"
    invalid = compared(before, before.model_copy(update={"valid": "no", "why": "drift"}))
    assert "validity (valid, now invalid: drift)" in invalid.differs


def test_a_difference_nothing_recorded_explains_is_a_finding(bench: Bench) -> None:
    bench.tiny.edit("arithmetic.py", "FACTOR = 2", "import itertools\nCOUNT = itertools.count(2)\nFACTOR = 1")
    bench.tiny.edit("assay.py", "* FACTOR", "* next(__import_arithmetic.COUNT)")
    bench.tiny.edit("assay.py", "from .arithmetic import FACTOR", "import arithmetic as __import_arithmetic")
    bench.tiny.approve()
    first = bench.run()
    repeated = bench.flows.repeat(bench.acting, first.id, bring(b"1 2 3"))
    assert repeated.unexplained
    assert "nothing that is recorded changed: the run is not reproducible" in repeated.words


def test_other_inputs_are_no_repetition(bench: Bench) -> None:
    first = bench.run()
    with pytest.raises(NotIntact, match="table: the input has the digest"):
        bench.flows.repeat(bench.acting, first.id, bring(b"1 2 4"))
    with pytest.raises(BadInput, match="no run 'RUN-0099'"):
        bench.flows.repeat(bench.acting, "RUN-0099")


def test_shipped_pins_hold(bench: Bench) -> None:
    for name in shipped_names():
        found = shipped(name)
        require_pinned(pins_now(found, Bundle.shipped()), found, Bundle.shipped())
        assert json.loads(pins_now(found, Bundle.shipped()).model_dump_json())["packages"]
