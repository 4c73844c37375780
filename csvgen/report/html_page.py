"""The shell of a page for the screen: one file, no script, nothing from outside, and a policy that forbids both (CSP level 3).

The policy names the style by its digest, so that text which became markup by some mistake could neither run, load nor look different.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from html import escape as _escape
from importlib import resources

from csvgen.report import look
from csvgen.report.text import visible
from csvgen.report.wording import IN_ENGLISH, Wording

_TONES = (look.GOOD, look.BAD, look.OPEN, look.QUIET)


def text(value: str) -> str:
    """Literal text as HTML: nothing in it is markup, and nothing that cannot be seen is left in it."""
    return _escape(visible(value), quote=True)


def lines(value: str) -> str:
    """The same with its line ends as breaks."""
    return "<br>".join(text(part) for part in value.split("\n"))


def word(value: str) -> str:
    """A verdict: its word, with a sign and a colour beside it that say no more than the word."""
    tone = look.tone(value)
    return f'<span class="word {tone.name}">{lines(value)}</span>' if tone in _TONES else lines(value)


@cache
def style() -> str:
    """The style sheet, with the colours of `look` as its light ones."""
    sheet = (resources.files("csvgen.report") / "screen.css").read_text(encoding="utf-8")
    inks = "".join(f"--{t.name}:#{t.ink};" for t in _TONES)
    return sheet.replace(
        "/*LOOK*/",
        f"--ink:#{look.INK};--soft:#{look.SOFT};--accent:#{look.ACCENT};--rule:#{look.RULE};--wash:#{look.WASH};--alarm:#{look.ALARM};{inks}",
    )


def page(title: str, body: Iterable[str], words: Wording = IN_ENGLISH) -> bytes:
    """A whole page around its body, as UTF-8."""
    sheet = style()
    digest = base64.b64encode(hashlib.sha256(sheet.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    head = (
        "<!DOCTYPE html>",
        f'<html lang="{words.language or "en-GB"}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{text(' '.join(title.split()))}</title>",
        f"<style>{sheet}</style>",
        "</head>",
        "<body>",
        f'<a class="aside skip" href="#main">{text(words.say("To the content"))}</a>',
    )
    return "\n".join((*head, *body, "</body>", "</html>", "")).encode("utf-8")


def table(titles: Iterable[str], rows: Iterable[Iterable[str]], *, caption: str = "", label: str = "") -> Iterable[str]:
    """A table of cells that are HTML already; `caption` is HTML too, `label` names it to who cannot see it."""
    named = list(titles)
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{text(label or "table")}"><table>'
    if caption:
        yield f"<caption>{caption}</caption>"
    if named:
        yield "<thead><tr>" + "".join(f'<th scope="col">{text(t)}</th>' for t in named) + "</tr></thead>"
    yield "<tbody>"
    for row in rows:
        cells = list(row)
        if named and len(cells) == 1:
            yield f'<tr><td colspan="{len(named)}">{cells[0]}</td></tr>'
        else:
            titled = zip(named or [""] * len(cells), cells, strict=True)
            yield "<tr>" + "".join(f'<td data-title="{text(t)}">{cell}</td>' for t, cell in titled) + "</tr>"
    yield "</tbody></table></div>"


def facts(rows: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Name and value pairs, the values HTML already."""
    yield '<table class="facts"><tbody>'
    for name, value in rows:
        yield f'<tr><th scope="row">{lines(name)}</th><td>{value}</td></tr>'
    yield "</tbody></table>"
