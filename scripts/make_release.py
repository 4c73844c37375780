"""Write the installation baseline of the shipped system from the sources of the release.

    python scripts/make_release.py            writes requirements_specs/qc-release/installation.yaml
    python scripts/make_release.py --check    exit 1 if the file is not what the sources say

Expected digests come from the files of this repository, expected versions from constraints.txt: never from an installed system.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from csvgen.pipeline.anchored import guards_digest
from csvgen.pipeline.components import COMPONENTS, PACKAGES
from csvgen.pipeline.components import component_digest as digest_of
from csvgen.store.database import open_database

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "requirements_specs" / "qc-release" / "installation.yaml"

WORDS = {
    "audit": "Audit trail",
    "crypto": "Keys and certificates",
    "ground": "Ground the parts stand on, and the server",
    "identity": "Accounts and sessions",
    "pipeline": "Release pipeline",
    "report": "Documents",
    "signature": "Electronic signature",
    "store": "Records store",
}
ADDED = ("ground", "report")

CONFIGURATION = {
    "minimum_length": ("12", "URS-QC-027"),
    "failures_to_lock": ("3", "URS-QC-025"),
    "idle_seconds": ("5", "URS-QC-026, value of the validation instance"),
    "password_history": ("5", "URS-QC-027"),
    "retention_days": ("3650", "URS-QC-030"),
    "ahead_seconds": ("300", "URS-QC-009"),
    "repeated_data": ("told", "URS-QC-043, value of the validation instance"),
    "environment": ("qualification", "URS-QC-051, value of the validation instance"),
    "material": ("not stated", "URS-QC-047, value of the validation instance"),
    "revalidation_days": ("365", "URS-QC-052"),
    "extension_days": ("90", "URS-QC-052"),
    "revalidation_blocks": ("yes", "URS-QC-052"),
    "second_factor": ("none", "URS-QC-017, value of the validation instance"),
    "source_failures": ("0", "URS-QC-025, value of the validation instance"),
    "source_wait_seconds": ("900", "URS-QC-025"),
    "disposable": ("no", "the instance that records evidence is never broken on purpose"),
}
STORAGE = {
    "mode of home": "0700",
    "mode of database": "0600",
    "mode of authority key": "0600",
    "append-only guards": "audit_event_no_again, audit_event_no_delete, audit_event_no_update, record_no_again, record_no_delete, "
    "record_no_update, tree_node_no_again, tree_node_no_delete, tree_node_no_update",
    "journal mode": "WAL",
    "synchronous": "FULL",
    "recursive triggers": "ON",
}


def component_digest(name: str) -> str:
    """As `csvgen.pipeline.components`, but over the files of this repository."""
    return digest_of(ROOT / "csvgen", name)


def guards_of_the_sources() -> str:
    """Digest of the guards that the migrations of this repository make, in a database of their own."""
    with tempfile.TemporaryDirectory() as scratch:
        database = open_database(f"sqlite:///{Path(scratch) / 'empty.db'}")
        try:
            with database.read() as connection:
                return str(guards_digest(connection))
        finally:
            database.close()


def pinned() -> dict[str, str]:
    """Package -> version of constraints.txt."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in pins}


def item(identity: str, title: str, kind: str, subject: str, expected: str, source: str) -> str:
    return (
        f'      - {{id: {identity}, title: "{title}", kind: {kind}, subject: "{subject}",\n'
        f'         expected: "{expected}", source: "{source}"}}\n'
    )


def name_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def baseline() -> str:
    pins = pinned()
    text = (
        "# Example data. Written by scripts/make_release.py from the sources of the release; not from any installed system.\n"
        'format: csvgen.installation/1\nrelease: "qc-release 1.0.0"\nsections:\n'
        "  - id: IQ-QC-01\n    title: Components and packages of the release\n    requirement: URS-QC-033\n    items:\n"
    )
    for name in sorted(COMPONENTS, key=lambda n: n in ADDED):  # cases are numbered in this order: what came later comes last
        text += item(name, WORDS[name], "component", name, component_digest(name), "source files of the release")
    for name in PACKAGES:
        text += item(
            f"package-{name_of(name)}",
            f"Package {name}",
            "package",
            name,
            pins[name.lower().replace("_", "-")],
            "constraints.txt of the release",
        )
    text += "  - id: IQ-QC-02\n    title: Configuration\n    requirement: URS-QC-034\n    items:\n"
    for key, (value, source) in CONFIGURATION.items():
        text += item(name_of(key), key.replace("_", " ").capitalize(), "configuration", key, value, source)
    text += "  - id: IQ-QC-03\n    title: Time source\n    requirement: URS-QC-035\n    items:\n"
    text += item("clock", "Clock of the installation", "time-source", "UTC", "2", "URS-QC-035, seconds")
    text += "  - id: IQ-QC-04\n    title: Protection of the store\n    requirement: URS-QC-036\n    items:\n"
    for name, value in {**STORAGE, "digest of the guards": guards_of_the_sources(), "mode of anchor key": "0600"}.items():
        text += item(name_of(name), name.capitalize(), "storage", name, value, "URS-QC-036")
    return text


def main() -> int:
    text = baseline()
    if "--check" in sys.argv[1:]:
        same = TARGET.read_text(encoding="utf-8") == text
        print("the baseline is that of the sources" if same else "stale: run python scripts/make_release.py and csvgen draft")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"written: {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
