"""Both fuzzers for a given time each; what they did is written to LOG.md, the inputs worth keeping to seeds.txt.

make fuzz                                ten minutes each
python -m tests.fuzz.run 60              a minute each
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
SEEDS = HERE / "seeds.txt"
LIMITS = ("-rss_limit_mb=500", "-timeout=2", "-max_len=20000")


def seeds() -> list[bytes]:
    """One input a line, in base64; the first byte chooses the kind of file."""
    return [base64.b64decode(line) for line in SEEDS.read_text(encoding="ascii").split()]


def fuzz_bytes(seconds: int) -> tuple[str, bool]:
    """What the coverage-guided fuzzer did, as one line; and whether it found a defect. What it kept becomes a seed."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, data in enumerate(seeds()):
            (corpus / f"{number:04d}").write_bytes(data)
        program = [sys.executable, str(HERE / "fuzz_bytes.py"), *LIMITS, f"-artifact_prefix={folder}/defect-"]
        done = subprocess.run([*program, f"-max_total_time={seconds}", str(corpus)], capture_output=True, text=True, check=False)
        found = re.search(r"Done (\d+) runs in (\d+)", done.stderr)
        state = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)/\S+.*?rss: (\d+)Mb", done.stderr)[-1]
        defects = [base64.b64encode(p.read_bytes()).decode() for p in sorted(Path(folder).glob("defect-*"))]
        kept = sorted(
            {base64.b64encode(p.read_bytes()).decode() for p in corpus.iterdir()} | set(defects), key=lambda s: (len(s), s)
        )
        SEEDS.write_text("\n".join(kept) + "\n", encoding="ascii")
    runs = found[1] if found else "stopped after an unknown number of"
    said = f"{runs} runs in {seconds} s, {state[0]} edges covered, {state[1]} inputs kept, peak {state[2]} MB, {len(defects)} defects"
    return said, bool(defects) or done.returncode != 0


def fuzz_structures(seconds: int) -> tuple[str, bool]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run_structures", str(seconds)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parents[1],
    )
    if done.returncode == 0:
        return f"{done.stdout.split()[0]} damaged specifications in {seconds} s, 0 defects", False
    return f"a defect: {done.stderr.strip().splitlines()[-1]}", True


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    by_bytes, bad = fuzz_bytes(seconds)
    by_structure, worse = fuzz_structures(seconds)
    when = time.strftime("%Y-%m-%d", time.gmtime())
    log = HERE / "LOG.md"
    entry = f"| {when} | {by_bytes} | {by_structure} |\n"
    log.write_text(log.read_text(encoding="utf-8") + entry, encoding="utf-8")
    sys.stdout.write(entry)
    return 1 if bad or worse else 0


if __name__ == "__main__":
    sys.exit(main())
