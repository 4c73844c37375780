"""docs/images/room/: pictures of every page of the review room, on the worked example; and docs/room-pictures.md, which shows them.

    python scripts/make_room_pictures.py [--kept FOLDER]

They are what the browser tests saw (TESTS), which are run for it: some minutes. --kept names a folder where
the worked example is kept from run to run. What is not in the list below is not kept.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).parents[1]
TARGET = REPOSITORY / "docs" / "images" / "room"
PAGE = REPOSITORY / "docs" / "room-pictures.md"
TESTS = (
    "tests/portal/test_browser.py::test_review_by_keys_and_without_javascript",
    "tests/portal/test_browser_worked.py",
    "tests/portal/test_browser_records.py::test_a_run_that_broke_off_is_closed_in_a_browser",
    "tests/portal/test_browser_acts.py::test_a_second_person_signs_on_in_the_browser_of_the_first",
)
TALLEST, COLOURS, LARGEST = 1000, 64, 120_000
SHOWN = {
    "wide-login": "The way in",
    "password": "Replacing one's own password, an expired one too",
    "wide-queue": "My queue",
    "queue-void": "My queue, after a requirement of a signed specification was changed",
    "document-void": "The change that voided its signatures, old beside new",
    "sign": "Signing: what is signed, a meaning, a reason, how it will print",
    "document-comment": "A record on its way, with a comment",
    "document-declined": "Sent back, by signature and with a reason",
    "sign-narrow": "Signing on a telephone",
    "document-approved": "Approved, with every signature and file",
    "wide-signed": "A signature as it prints",
    "wide-batch": "Signing several records",
    "wide-documents": "All records",
    "wide-review-protocol": "A protocol, gone through by exception",
    "wide-review-record": "An executed record: expected beside observed, and the evidence beside it",
    "wide-review-failed": "Only what was not run",
    "narrow-review-record": "The same on a telephone, dark",
    "wide-matrix": "The matrix, what is open first",
    "wide-matrix-cases": "The matrix from the side of the cases",
    "wide-gaps": "Gaps",
    "wide-requirement": "One requirement: risks, cases, runs, evidence, deviations, history",
    "wide-risk": "One risk",
    "wide-case": "One test case",
    "wide-trace": "Where an id stands in the chain",
    "wide-deviations": "Deviations",
    "wide-deviation": "One deviation",
    "wide-runs": "All runs",
    "wide-run": "One run",
    "wide-run-going": "A run that goes on",
    "abandon": "A run that broke off, and is closed as aborted (small project of the tests)",
    "wide-attended": "Cases that wait for a person",
    "attended-second": "A second person has signed on, in the browser of the first (small project of the tests)",
    "wide-conclude": "What a person concludes, beside what the rule gives",
    "wide-withdraw": "Withdrawing a record, by signature",
    "wide-paper": "A signature by hand, put on record",
    "wide-handover": "A record handed over to a signer of another organisation",
    "wide-audit": "The audit trail",
    "wide-audit-review": "Review of the audit trail",
    "wide-audit-checks": "The trail held against itself",
    "wide-verify": "The numbered checks",
    "wide-dashboard": "The dashboard",
    "wide-people": "People",
    "wide-person": "One person",
    "wide-rights": "Roles and functions",
    "wide-refused": "A refusal says why, and who can",
    "narrow-queue": "My queue on a telephone, dark",
    "print-review-record": "An executed record on paper",
}


def main(kept: str) -> None:
    """Take them, make them small, write the page. Raises SystemExit where a test fails or a picture of the list is missing."""
    with tempfile.TemporaryDirectory(prefix="csvgen-pictures-") as folder:
        environment = os.environ | {"CSVGEN_PICTURES": folder} | ({"CSVGEN_WORKED": kept} if kept else {})
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", *TESTS], cwd=REPOSITORY, env=environment, check=False
        )
        if done.returncode:
            raise SystemExit("the tests that take the pictures failed")
        if missing := [name for name in SHOWN if not (Path(folder) / f"{name}.png").exists()]:
            raise SystemExit(f"nobody took {', '.join(missing)}")
        TARGET.mkdir(parents=True, exist_ok=True)
        for old in TARGET.glob("*.png"):
            old.unlink()
        sizes = {name: _write(Path(folder) / f"{name}.png", TARGET / f"{name}.png") for name in SHOWN}
    pictures = [f"**{words}**\n\n![{words}](images/room/{name}.png)\n" for name, words in SHOWN.items()]
    head = (
        "# The review room in pictures\n\nOn the worked example, with its fictitious people; "
        "made by `python scripts/make_room_pictures.py`, from what the browser tests saw. Long pages are cut below.\n"
    )
    PAGE.write_text("\n".join([head, *pictures]), encoding="utf-8")
    print(f"{len(sizes)} pictures, {sum(sizes.values()) / 1e6:.1f} MB")


def _write(source: Path, target: Path) -> int:
    """The upper part of a picture in few colours, which is what a page of text has."""
    out = io.BytesIO()
    with Image.open(source) as image:
        upper = image.convert("RGB").crop((0, 0, image.width, min(image.height, TALLEST)))
        upper.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    if len(out.getvalue()) > LARGEST:
        raise SystemExit(f"{target.name} has {len(out.getvalue())} bytes; {LARGEST} are allowed")
    target.write_bytes(out.getvalue())
    return len(out.getvalue())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kept", default="", help="folder in which the worked example is kept from run to run")
    main(parser.parse_args().kept)
