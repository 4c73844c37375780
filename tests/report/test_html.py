"""The page for the screen: the same text as the record, nothing that acts or loads, what did not pass first, and not official."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from csvgen.model.report import Column, Heading, Paragraph, Table
from csvgen.report import html, html_index, readback, readback_html
from csvgen.report.html_index import Index, Link
from csvgen.report.outline import outline

from .material import report_of
from .sample import HOSTILE, report

ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "section",
    "ul",
    "ol",
    "li",
    "div",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "main",
    "br",
    "span",
    "code",
    "strong",
    "nav",
    "details",
    "summary",
    "footer",
}


class Tags(HTMLParser):
    """What an HTML parser that knows nothing of us finds in a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [v for n, v in attrs if n == "href"]
        self.ids += [v for n, v in attrs if n == "id"]


KINDS = ("plan", "urs", "risk", "oq-protocol", "iq-report", "oq-report", "pq-report")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_word_for_word_what_the_record_says(kind):
    document = report_of(kind, poisoned=True)
    found, acting = readback_html.read(html.draw(document))
    assert readback.differences(readback.of_outline(outline(document)), found) == []
    assert acting == ()


@pytest.mark.parametrize("document", [report(), report_of("oq-report", poisoned=True)], ids=["sample", "oq-report"])
def test_hostile_text_stays_text_and_nothing_acts_or_loads(document):
    page = html.draw(document)
    tags = Tags(page)
    assert tags.tags <= ALLOWED
    assert not {name for name in tags.attributes if name.startswith("on")} | tags.attributes & {
        "style",
        "src",
        "srcset",
        "action",
    }
    assert all(link.startswith("#") for link in tags.links)
    assert {link[1:] for link in tags.links} <= set(tags.ids)
    assert len(tags.ids) == len(set(tags.ids))
    assert b"url(" not in page
    assert b"@import" not in page


def test_every_hostile_text_is_there_to_be_read():
    page = html.draw(report()).decode("utf-8")
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert "over[U+202E]ride" in page
    found, _ = readback_html.read(page.encode())
    said = " ".join(str(piece) for piece in found.pieces)
    assert (
        sum(text.split()[0][:20] in said or text.startswith(("<", "bell", "two", "  ")) for text in HOSTILE) >= len(HOSTILE) - 4
    )


def test_the_policy_allows_this_style_and_nothing_else():
    import base64
    import hashlib

    page = html.draw(report()).decode("utf-8")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def test_it_says_that_it_is_not_official_and_which_file_is():
    page = html.draw(report_of("oq-report")).decode("utf-8")
    assert "It is not the official rendition and carries no signature." in page
    assert "The PDF file is the official rendition of this document." in page


def test_what_did_not_pass_stands_first_and_open():
    page = html.draw(report_of("iq-report")).decode("utf-8")
    first, rest = page.split('<main id="main">')
    assert "What did not pass, first" in first
    assert 'class="word bad">FAILED</span>' in first
    failed = re.search(r'<details open><summary><h4 id="IQ-001-TC-IQ-0001">', rest)
    passed = re.search(r'<details><summary><h4 id="IQ-002-TC-IQ-0001">', rest)
    assert failed
    assert passed
    assert rest.count("<details") == rest.count("</details>")


def test_a_page_where_everything_passed_says_how_many_verdicts_it_looked_at():
    columns = (Column("Case", 0.5, "id"), Column("Verdict", 0.5, "verdict"))
    table = Table(columns, (("TC-1", "PASSED"), ("TC-2", "PASSED")), caption="Results")
    page = html.draw(replace(report_of("pq-protocol"), blocks=(Heading(1, "One"), table))).decode("utf-8")
    assert "None of the 2 verdicts on this page" in page


def test_a_page_without_a_verdict_says_nothing_of_any():
    page = html.draw(replace(report_of("pq-protocol"), blocks=(Heading(1, "One"), Paragraph("Nothing to judge.")))).decode(
        "utf-8"
    )
    assert "What did not pass" not in page


def test_the_same_report_gives_the_same_bytes_and_another_cell_is_named():
    document = report_of("oq-report")
    page = html.draw(document)
    assert page == html.draw(document)
    lie = page.replace(b'<span class="word good">PASSED</span>', b'<span class="word bad">FAILED</span>', 40)
    found, _ = readback_html.read(lie)
    differences = readback.differences(readback.of_outline(outline(document)), found)
    assert any("'FAILED' stands where 'PASSED' belongs" in d for d in differences)
    _, acting = readback_html.read(page.replace(b"</main>", b'<img src="x" onerror="y"></main>'))
    assert acting == ("img", "img src", "img onerror")


def test_a_verdict_is_a_word_and_a_sign_before_it_is_a_colour():
    from csvgen.report.html_page import style

    for tone in ("good", "bad", "open", "quiet"):
        assert re.search(rf"\.{tone}::before\{{content:\"[^\"]+\"", style())
    assert "prefers-color-scheme:dark" in style()
    assert "@media print" in style()
    assert ":focus-visible" in style()


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast_is_enough_in_both_modes(mode):
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 for every ink on every ground it stands on."""
    from csvgen.report.html_page import style

    blocks = re.findall(r":root\{([^}]*)\}", style())
    values = dict(re.findall(r"--(\w+):#([0-9A-Fa-f]{6})", blocks[0]))
    if mode == "dark":
        values |= dict(re.findall(r"--(\w+):#([0-9A-Fa-f]{6})", blocks[1]))
    for ink in ("ink", "soft", "accent", "alarm", "good", "bad", "open", "quiet"):
        for ground in (
            "paper",
            "wash",
            *(("badwash",) if ink in ("ink", "bad") else ()),
            *(("openwash",) if ink in ("ink", "open") else ()),
        ):
            light, dark = sorted((_luminance(values[ink]), _luminance(values[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_index_escapes_words_and_paths():
    bad = HOSTILE[0]
    index = Index(
        title=bad, organisation=bad, banner=bad, made="now", made_by=bad, state=bad, gaps=[(bad, bad, bad)],
        documents=[(bad, "1", bad, "1 of 1", [Link(bad, 'a"b<c>/d e.pdf')])], runs=[(bad, bad, "FAILED 1", "", "", [])],
        deviations=[(bad, bad, bad, bad)], others=[(bad, [Link(bad, "javascript:alert(1)")])],
    )  # fmt: skip
    page = html_index.draw(index)
    tags = Tags(page)
    assert tags.tags <= ALLOWED
    assert tags.links == ["#main", "a%22b%3Cc%3E/d%20e.pdf", "javascript%3Aalert%281%29"], "a colon in a path is never a scheme"
    assert b"<script" not in page


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here")
def test_a_browser_prints_every_step_also_of_folded_cases(tmp_path):
    source, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_bytes(html.draw(report_of("oq-report")))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    subprocess.run([*command, f"--print-to-pdf={printed}", source.as_uri()], check=True, capture_output=True, timeout=120)
    text = subprocess.run(["pdftotext", printed, "-"], check=True, capture_output=True).stdout.decode()
    assert "out of specification" in " ".join(text.split()), (
        "the observed value of a case that passed, and is folded on the screen"
    )
