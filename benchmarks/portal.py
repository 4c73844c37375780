"""What pages of the review room cost on a large project, beside a static file of the same size on the same server, in one run.

    python benchmarks/portal.py [--size 10000] [--rounds 30] [--write]
    python benchmarks/portal.py --people 200 --minutes 30 [--think 15] [--write]

N requirements with one risk and one drafted case each, and one sealed run in which every case passed with a piece of evidence. One process
serves the room as `csvgen serve` does; one person reads, one request after the other, over one connection. Each page is asked `rounds`
times, each time for something else where it asks for anything; milliseconds are the median and the 95th percentile from the first byte
sent to the last byte read. The static file has as many bytes as the page, is sent by the same process from memory, through the same
guards. "first" is the first request after the server began: the whole project is read then.

With --people so many log in, each with a browser and cookies of their own, and ask for the pages that are used, at random with pauses of
--think seconds on average (exponential), for so many minutes; the records lie in a PostgreSQL of its own that syncs. Some put comments on
record, some ask for the static file of the same size instead, so that both are asked for under the same load. In the middle
somebody edits one requirement. The memory of the server is looked at each minute.
"""

from __future__ import annotations

import argparse
import http
import http.client
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import corpus
from check_scale import SMALL
from results import write_section

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
TITLE = "Pages of the review room"
CROWD = "Many people in the review room"
PERSON = "ruth.amsel"
SERVER = """
import sys
from pathlib import Path
import csvgen.portal.static as static
from csvgen.config import load_config
from csvgen.portal.serving import serve, settings_of
read = static.files()
class Files(dict):
    def get(self, name, default=None):
        path = Path(sys.argv[2]) / name
        if name not in self and path.is_file():
            self[name] = static.File(path.read_bytes(), "text/html; charset=utf-8", "none")
        return super().get(name, default)
held = Files(read)
static.files = lambda: held
import csvgen.portal.pages.shipped as shipped
shipped.files = static.files
config = load_config(Path(sys.argv[1]))
serve(config, "bench", settings_of(config, 0), lambda words: print(words, file=sys.stderr, flush=True))
"""


def make(folder: Path, size: int) -> None:
    """The project: specification, protocols, people, and one sealed run of everything."""
    from csvgen.clock import SystemClock, stored
    from csvgen.config import load_config
    from csvgen.evidence.seal import seal
    from csvgen.execution.session import WorkerRecorder, planned, write_plan
    from csvgen.model.execution import RunPlan, Verdict
    from csvgen.workflow.keys import seal_key
    from csvgen.workflow.state import read_state
    from tests.tiny import Tiny, cheap_secrets

    corpus.write_csvgen(folder, size, SMALL)
    subprocess.run([sys.executable, "-m", "csvgen", "draft"], cwd=folder, check=True, capture_output=True)
    with cheap_secrets():
        Tiny(folder).found()
    config, clock = load_config(folder), SystemClock()
    state = read_state(config, "bench")
    cases = state.protocol.of("OQ")
    run = config.runs("bench") / "OQ-001"
    write_plan(run, RunPlan(
        run="OQ-001", system="bench", phase="OQ", mode="formal", protocol=state.protocol.digest_of("OQ"), target="none", scope="complete",
        planned=planned(cases), created=stored(clock.now()), account="ci-runner",
    ))  # fmt: skip
    os.fsync = lambda _fd: None  # what is measured here does not have to outlive a power cut
    recorder = WorkerRecorder(run, "main", clock, folder)
    for case in cases:
        each = recorder.case(case)
        for number, step in enumerate(case.steps):
            each.open(step)
            each.observe("entry", "equal", "shown", "shown", "probe", "")
            if not number:
                each.attach(case.id.encode() * 8, name="entry.txt", media_type="text/plain", kind="text")
            each.close(Verdict.PASSED)
        each.finish()
    recorder.close()
    seal(run, seal_key(config), clock)


class Reader:
    """One person with a browser's cookies and one connection."""

    def __init__(self, address: str) -> None:
        self.host = address.split("//")[1]
        self.origin = address
        self.connection = http.client.HTTPConnection(self.host, timeout=600)
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes, float]:
        headers = {"User-Agent": "benchmark", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.origin,
                "Sec-Fetch-Site": "same-origin",
            }
        begun = time.perf_counter()
        self.connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        spent = time.perf_counter() - begun
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, data, spent

    def log_in(self, password: str) -> float:
        _, page, _ = self.ask("/login")
        token = unescape(re.search(rb'name="token" value="([^"]+)"', page).group(1).decode())  # type: ignore[union-attr]
        status, page, spent = self.ask(
            "/login", {"token": token, "person": PERSON, "password": password, "code": "", "then": "/"}
        )
        if status != http.HTTPStatus.SEE_OTHER:
            raise SystemExit(f"log-in: {status} {page[:2000]!r}")
        return spent


def percentile(spent: list[float], part: float) -> float:
    return sorted(spent)[min(len(spent) - 1, int(part * len(spent)))] * 1000


def pages(size: int, rounds: int, digests: list[str]) -> dict[str, list[str]]:
    """Page -> what is asked in each round."""
    some = [1 + (n * 7919) % size for n in range(rounds)]
    return {
        "matrix, first page": ["/matrix"] * rounds,
        "matrix, a page far behind": [f"/matrix?page={1 + n * 11 % 150}" for n in range(rounds)],
        "matrix, filtered by an id": [f"/matrix?find={corpus.requirement_id(i)}" for i in some],
        "matrix, cases filtered by a requirement": [f"/matrix?view=cases&find={corpus.requirement_id(i)}" for i in some],
        "requirement": [f"/requirements/{corpus.requirement_id(i)}" for i in some],
        "trace requirement": [f"/trace?id={corpus.requirement_id(i)}" for i in some],
        "trace risk": [f"/trace?id={corpus.risk_id(i)}" for i in some],
        "trace digest of evidence": [f"/trace?id={quote(digests[i % len(digests)])}" for i in some],
        "trace part of an id": [f"/trace?id={corpus.requirement_id(i)[:-2]}" for i in some],
        "trace run": ["/trace?id=OQ-001"] * rounds,
        "runs": ["/runs"] * rounds,
        "run, first page": ["/runs/OQ-001"] * rounds,
        "run, filtered by a case": [f"/runs/OQ-001?find={i}" for i in some],
        "audit trail": ["/audit"] * rounds,
        "my queue": ["/"] * rounds,
        "JSON: matrix, filtered by an id": [f"/api/matrix?find={corpus.requirement_id(i)}" for i in some],
        "JSON: requirement": [f"/api/requirements/{corpus.requirement_id(i)}" for i in some],
        "JSON: trace requirement": [f"/api/trace?id={corpus.requirement_id(i)}" for i in some],
    }


def measure(folder: Path, size: int, rounds: int) -> list[str]:
    from csvgen.evidence.read import read_run
    from tests.tiny import Tiny

    run = read_run(folder / "output" / "bench" / "runs" / "OQ-001")
    digests = [a.sha256 for r in run.results for s in r.steps for a in s.attachments]
    static = folder / "static"
    static.mkdir(exist_ok=True)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), str(static)], stderr=subprocess.PIPE, text=True, cwd=ROOT, env=_environment()
    )
    try:
        begun = time.monotonic()
        line = server.stderr.readline()  # type: ignore[union-attr]
        address = line.rsplit(" ", 1)[-1].strip()
        if not address.startswith("http"):
            raise SystemExit(line + server.stderr.read())  # type: ignore[union-attr]
        up = time.monotonic() - begun
        reader = Reader(address)
        reader.log_in(Tiny.password(PERSON))
        _, _, first = reader.ask("/matrix")
        _, _, second = reader.ask("/trace?id=URS")
        lines = [
            f"Server up after {up:.1f} s; first page {first:.1f} s, first trace after it {second:.1f} s.\n",
            "| page | bytes | median, ms | 95th percentile, ms | static file of the same size, median, ms | ratio |",
            "|---|---|---|---|---|---|",
        ]
        for name, asked in pages(size, rounds, digests).items():
            spent, data = [], b""
            for path in asked:
                status, data, took = reader.ask(path)
                if status != http.HTTPStatus.OK:
                    raise SystemExit(f"{path}: {status} {data[:3000]!r}")
                spent.append(took)
            file = re.sub(r"[^a-z]+", "-", name) + ".html"
            (static / file).write_bytes(data)
            plain = [reader.ask(f"/static/{file}")[2] for _ in range(rounds)]
            half, same = percentile(spent, 0.5), percentile(plain, 0.5)
            lines.append(
                f"| {name} | {len(data):,} | {half:.0f} | {percentile(spent, 0.95):.0f} | {same:.1f} | {half / same:.1f} |"
            )
        memory = next(
            int(x.split()[1]) for x in Path(f"/proc/{server.pid}/status").read_text().splitlines() if x.startswith("VmHWM")
        )
        lines.append(f"\nPeak memory of the server: {memory / 1024:.0f} MB.")
    finally:
        server.terminate()
        server.wait(30)
    return lines


def _environment() -> dict[str, str]:
    from tests.tiny import clean_environment

    return clean_environment() | {"PYTHONPATH": str(ROOT)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--write", action="store_true", help="replace the section of this benchmark in RESULTS.md")
    parser.add_argument("--folder", type=Path, help="make the project there once and keep it for the next measurement")
    parser.add_argument("--people", type=int, default=0, help="so many people at once, on PostgreSQL, instead of one reader")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--think", type=float, default=15)
    parser.add_argument("--no-edit", action="store_true", help="nobody changes the specification meanwhile")
    given = parser.parse_args()
    if given.people:
        import crowd  # which names people, and is of no use to one reader
    with tempfile.TemporaryDirectory(prefix="csvgen-bench-") as temporary:
        folder = given.folder or Path(temporary) / "project"
        if not folder.is_dir():
            make(folder, given.size)
        if given.people:
            how = f"--size {given.size} --people {given.people} --minutes {given.minutes:g} --think {given.think:g}{' --no-edit' * given.no_edit}"
            who = f"{given.people} people over loopback, records in PostgreSQL"
            plan = crowd.Plan(folder, given.people, given.minutes, given.think, given.size, not given.no_edit)
            lines = crowd.measure(plan, SERVER, _environment())
        else:
            how, who = f"--size {given.size} --rounds {given.rounds}", "one reader over loopback"
            lines = measure(folder, given.size, given.rounds)
    head = (
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {machine()}; `python benchmarks/portal.py {how}`.\n"
        f"{given.size:,} requirements, as many risks and cases, one sealed run of all of them with evidence; {who}.\n"
    )
    text = "\n".join([head, *lines])
    print(text)
    if given.write:
        write_section(CROWD if given.people else TITLE, text)


def machine() -> str:
    """Processor, cores and memory, as the system tells them."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.+)", told)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"


if __name__ == "__main__":
    main()
