"""The tiny project with an issued IQ whose automated part is done and whose case by hand waits for a person; and how one sits at it."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from PIL import Image

from csvgen.protocol.adopt import number

from ..attended.conftest import CHARTER, HAND
from ..tiny import Tiny
from .conftest import Browser, words

ME, SECOND, RUN = "nadia.corso", "oskar.lindqvist", "/attended/IQ-001"
BY_HAND = HAND.replace("@PQ @URS-TNY-002 @RA-TNY-002", "@IQ @URS-TNY-001 @RA-TNY-001").replace(
    "@attended", "@attended @witness-3"
)
HOSTILE = '"><script>alert(1)</script>\u202e.png'


EXPLORED = CHARTER.replace("@PQ @URS-TNY-002 @RA-TNY-002", "@IQ @URS-TNY-001 @RA-TNY-001").replace("URS-TNY-002", "URS-TNY-001")


def waits(made: Tiny, text: str = BY_HAND) -> str:
    """Approved, ordered, its automated part executed; the id of the case that a person carries out."""
    folder = made.root / "protocols" / "tiny"
    (case,) = number(folder, "IQ", ["label"]).values()
    (folder / "IQ" / "by-hand.feature").write_text(re.sub(r"TC-PQ-\d+", case, text), encoding="utf-8")
    made.configure("failures_to_lock", "3")
    made.approve_protocols("IQ")
    made.order("IQ")
    made.run("IQ")
    return case


def picture(colour: str = "red", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, kind)
    return out.getvalue()


class Carrying:
    """One person at the pages of a run."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def begin(self, **fields: str) -> str:
        self.browser.get("/attended")
        answer = self.browser.post(f"{RUN}/begin", fields)
        assert answer.status_code == 303, words(answer.text)
        return self.look()

    def look(self) -> str:
        return self.browser.told(RUN)

    @property
    def turn(self) -> str:
        found = re.search(r'name="turn" value="(\d+)"', self.browser.page)
        assert found, words(self.browser.page)
        return found[1]

    def does(self, do: str, *, file: tuple[str, bytes] | None = None, status: int = 303, turn: str = "", **fields: str) -> str:
        """Press a button; the words of the page that comes."""
        more: dict[str, Any] = {"files": {"file": (file[0], file[1], "image/png")}} if file else {}
        answer = self.browser.post(RUN, {"turn": turn or self.turn, "do": do, **fields}, **more)
        assert answer.status_code == status, words(answer.text)
        return self.look() if status == 303 else words(answer.text)

    def answers(self, actual: str, verdict: str = "p", **more: Any) -> str:
        return self.does("answer", actual=actual, verdict=verdict, **more)


def folder(tiny: Tiny) -> Path:
    return tiny.root / "output" / "tiny" / "runs" / "IQ-001"
