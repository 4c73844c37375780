"""A browser as people have it: Debian's Chromium, driven by Playwright; and axe-core, which judges each page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / ".tools" / "portal" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Any]:
    """One program; each person gets a context of their own, as if it were another machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        program = play.chromium.launch(executable_path=str(PROGRAM), args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield program
        finally:
            program.close()


def violations(page: Any) -> list[str]:
    """What axe-core holds against a page, in words. Its script is handed to the page by the driver, past the policy of the room."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [f"{v['id']}: {v['help']}: {n['target']} {n['html'][:120]}" for v in found["violations"] for n in v["nodes"]]
