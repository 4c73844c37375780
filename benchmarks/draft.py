"""How `csvgen draft` grows, what an edit costs, and a loop over a Jinja2 template as the floor, side by side in one run.

    python benchmarks/draft.py [--quick] [--write]

N requirements of five criteria each, one scenario a criterion; a risk each. CPU seconds are user + system of the command and its
children. Every command is a process of its own; the smallest of the repeats counts where there are repeats, because other work on the
machine only ever adds. The floor reads the same YAML by PyYAML's C loader, renders the same five scenarios a requirement by one Jinja2
template and writes the files: no ids that last, no risk, no findings, nothing read back. `--quick` leaves out 10,000.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import tempfile
from pathlib import Path

import corpus
from check_scale import SMALL, Spent, spend
from results import write_section

HERE = Path(__file__).parent
CSVGEN = [sys.executable, "-m", "csvgen"]
TITLE = "Drafting large specifications"
FLOOR = '''
import sys
from pathlib import Path
import jinja2, yaml
template = jinja2.Environment(trim_blocks=True).from_string("""@OQ @{{ r.id }}
Feature: {{ r.id }} {{ r.title }}
  {{ r.statement }}
{% for c in r.criteria %}

  Rule: {{ c.id }} {{ c.title }}

    Scenario Outline: <tc> {{ c.title }}
{% for k in ("given", "when", "then") %}{% for line in c[k] %}
      {{ k.capitalize() }} {{ line }}
{% endfor %}{% endfor %}

      Examples:
        | tc |
        | {{ loop.index }} |
{% endfor %}
""")
out = Path("floor")
out.mkdir(exist_ok=True)
for path in sorted(Path("requirements_specs/bench/urs").glob("*.yaml")):
    for r in yaml.load(path.read_bytes(), yaml.CSafeLoader)["requirements"]:
        if r.get("criteria"):
            (out / f"{r['id']}.feature").write_text(template.render(r=r), encoding="utf-8")
'''


def five(text: str) -> str:
    """A file of requirements with four more criteria each, in other words."""

    def more(found: re.Match[str]) -> str:
        one = found[0]
        others = (
            one.replace("ac-1", f"ac-{k}").replace("title: Entry", f"title: Case {k}, entry")
            .replace("shown with its time", f"shown with its time in view {k}")
            for k in range(2, 6)
        )  # fmt: skip
        return "".join((one, *others))

    return re.sub(r"      - id: ac-1\n(?:        .*\n)+", more, text)


def write_project(folder: Path, n: int) -> None:
    corpus.write_csvgen(folder, n, SMALL)
    for path in (folder / "requirements_specs" / "bench" / "urs").glob("0*.yaml"):
        path.write_text(five(path.read_text(encoding="utf-8")), encoding="utf-8")


def edit(folder: Path, file: int) -> None:
    path = folder / "requirements_specs" / "bench" / "urs" / f"{file:04d}.yaml"
    text = path.read_text(encoding="utf-8")
    assert "shown with its time" in text
    path.write_text(text.replace("shown with its time", "shown with the time", 1), encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    base = folder / "protocols" / "bench"
    return {p.relative_to(base).as_posix(): p.read_bytes() for p in base.rglob("*") if p.is_file()}


def measured(base: Path, sizes: tuple[int, ...], called: str) -> list[str]:
    lines = [
        f"`{called}`, Python {platform.python_version()}, one process at a time. CPU seconds of the whole command; five scenarios a requirement.", "",
        "| requirements | scenarios | from scratch, s | per requirement, ms | peak MB | an edit, s | on the clock, s | floor, s | scratch : floor |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    each: dict[int, float] = {}
    for n in sizes:
        folder = base / str(n)
        write_project(folder, n)
        whole = spend([*CSVGEN, "draft", "--anew"], folder)
        assert whole.code == 0, f"the corpus of {n} cannot be drafted"
        floor = spend([sys.executable, "-c", FLOOR], folder, 3)
        assert floor.code == 0, "the floor fell"
        again: list[Spent] = []
        for number in range(1, 6):
            edit(folder, number)
            again.append(spend([*CSVGEN, "draft"], folder))
        assert all(s.code == 0 for s in again)
        best = min(again, key=lambda s: s.cpu)
        each[n] = whole.cpu / n * 1000
        lines.append(
            f"| {n:,} | {5 * n:,} | {whole.cpu:.1f} | {each[n]:.2f} | {whole.megabytes:.0f} | {best.cpu:.2f} | "
            f"{min(s.wall for s in again):.2f} | {floor.cpu:.1f} | {whole.cpu / floor.cpu:.1f} |"
        )
    least, largest = min(each), max(each)
    found = files(base / str(least))
    spend([*CSVGEN, "draft", "--anew"], base / str(least))
    same = found == files(base / str(least))
    bare = spend([*CSVGEN, "--help"], base / str(least), 7)
    return [
        *lines, "",
        f"- Per requirement, {largest:,} against {least:,}: {each[largest] / each[least]:.2f} (linear is 1).",
        f"- After five edits drafted one by one, the files of {least:,} are {'the same as' if same else 'OTHERS THAN'} those drafted from scratch.",
        f"- Of an edit, `csvgen --help` alone takes {bare.cpu:.2f} s of CPU. Asked: an edit under 1 s.",
        "- `draft --check` believes no memory and takes as long as from scratch.",
        "- The floor gives no lasting ids, reads nothing back, checks nothing and knows no risk; it is what a loop over a template costs.",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    called = f"python benchmarks/draft.py{' --quick' if asked.quick else ''} --write"
    with tempfile.TemporaryDirectory() as folder:
        lines = measured(Path(folder), (1_000, 3_000) if asked.quick else (1_000, 3_000, 10_000), called)
    print("\n".join(lines))
    if asked.write:
        write_section(TITLE, "\n".join(lines))


if __name__ == "__main__":
    main()
