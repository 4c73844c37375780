"""As people do it: three people in three browsers take a document from draft to approved, one rejection included; every page is judged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ..tiny import cheap_secrets
from .chromium import chromium, violations
from .conftest import served

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "axe")]


class Person:
    """One person in front of one browser."""

    def __init__(self, program: Any, address: str, tiny: Any, name: str, **more: Any) -> None:
        self.name, self.tiny, self.address = name, tiny, address
        self.context = program.new_context(base_url=address, **more)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.judged: list[str] = []
        self.wrong: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.said.append(str(e)))

    def log_in(self) -> Person:
        self.page.goto("/login")
        self.look()
        self.page.get_by_label("User id").fill(self.name)
        self.page.get_by_label("Password").fill(self.tiny.password(self.name))
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("heading", name="My queue").wait_for()
        self.look("queue")
        return self

    def go(self, address: str, picture: str = "") -> None:
        self.page.goto(address)
        self.look(picture)

    def look(self, picture: str = "") -> None:
        """What axe-core holds against the page, what the browser refused, and what is wider than the window: told at the end."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong = [*violations(self.page), *self.said, *([f"{wide} px wider than the window"] if wide > 0 else [])]
        self.judged.append(self.page.url)
        self.wrong += [f"{self.page.url}: {w}" for w in wrong]
        self.said.clear()
        if picture and (folder := os.environ.get("CSVGEN_PICTURES")):
            self.page.screenshot(path=Path(folder) / f"{picture}.png", full_page=True)

    def sign(self, record: str, meaning: str, code: str, reason: str, *, first: bool = True, picture: str = "") -> None:
        self.go(f"/sign/{record}", picture)
        self.page.locator(f"#meaning-{meaning}").check()
        self.page.get_by_label("Reason", exact=True).select_option(code)
        self.page.get_by_label("In your own words").fill(reason)
        assert reason in self.page.locator(".manifestation").inner_text(), "it shows how it will print"
        if first:
            self.page.get_by_label("User id").fill(self.name)
        self.page.get_by_label("Password").fill(self.tiny.password(self.name))
        self.page.get_by_role("button", name="Sign with what I stated above").click()
        self.page.get_by_role("heading", name="Signature").wait_for()
        self.look("signed" if picture else "")


@pytest.fixture
def project(stages, tmp_path):
    with cheap_secrets():
        tiny = stages.at("founded").copy(tmp_path / "project")
        tiny.report("urs")
        yield tiny


def test_three_people_in_three_browsers_take_a_document_to_approved(project):
    with served(project) as (address, _), chromium() as program:
        author = Person(program, address, project, "mara.ivens").log_in()
        owner = Person(program, address, project, "oskar.lindqvist", color_scheme="dark").log_in()
        quality = Person(program, address, project, "ruth.amsel", viewport={"width": 390, "height": 800}).log_in()
        quality.go("/sign/TNY-URS", "refused")
        assert "who can: authored as validation-lead: Mara Ivens" in quality.page.inner_text("main")
        quality.wrong = [w for w in quality.wrong if "403" not in w]  # the browser tells its console of the status of a refusal

        author.sign("TNY-URS", "authored", "initial-issue", "the first one", picture="sign")
        owner.go("/documents/TNY-URS", "document")
        owner.page.get_by_role("textbox", name="Comment", exact=True).fill("Which file is the first one?")
        owner.page.get_by_role("button", name="Put the comment on record").click()
        owner.look()
        owner.sign("TNY-URS", "declined", "unclear", "see my comment")

        author.go("/documents/TNY-URS")
        assert "DECLINED by Oskar Lindqvist" in author.page.inner_text("main")
        author.page.get_by_label("Answer TNY-URS-C001").fill("one.txt; the statement says so.")
        author.page.get_by_role("button", name="Put on record").click()
        author.page.get_by_role("button", name="Compose the next revision and put it up").click()
        assert "TNY-URS revision 2 is composed" in author.page.inner_text("main")
        author.sign("TNY-URS", "authored", "content-changed", "put up again", first=False)

        owner.go("/documents/TNY-URS")
        owner.page.get_by_label("it is settled: close TNY-URS-C001").check()
        owner.page.get_by_role("button", name="Put on record").click()
        owner.sign("TNY-URS", "reviewed", "remarks-resolved", "answered", first=False)
        quality.sign("TNY-URS", "approved", "fit-for-purpose", "read it", picture="sign-narrow")
        quality.go("/documents/TNY-URS")
        with quality.page.expect_download() as got:
            quality.page.get_by_role("link", name="TNY-URS-r2.pdf").click()
        assert Path(got.value.path()).read_bytes().startswith(b"%PDF")
        assert author.page.context.cookies()[0]["httpOnly"]
        author.go("/documents", "documents")
        author.go("/batch")
    assert [w for person in (author, owner, quality) for w in person.wrong] == []
    assert len([j for person in (author, owner, quality) for j in person.judged]) > 15
    assert project.state.approved("urs")
    names = [(e.action, e.person) for e in project.ledger.events() if e.record.startswith(("TNY-URS", "comment/TNY-URS"))]
    assert [n for n in names if n[0] in ("comment", "answer", "comment-closed", "sign", "decline")] == [
        ("sign", "mara.ivens"), ("comment", "oskar.lindqvist"), ("sign", "oskar.lindqvist"), ("decline", "oskar.lindqvist"),
        ("answer", "mara.ivens"), ("sign", "mara.ivens"), ("comment-closed", "oskar.lindqvist"), ("sign", "oskar.lindqvist"),
        ("sign", "ruth.amsel"),
    ]  # fmt: skip


def test_review_by_keys_and_without_javascript(stages, tmp_path):
    with cheap_secrets():
        project = stages.at("oq-closed").copy(tmp_path / "project")
        with served(project) as (address, _), chromium() as program:
            reviewer = Person(program, address, project, "pavel.broz").log_in()
            reviewer.go("/review/TNY-RUN-IQ-001", "review")
            reviewer.go("/review/TNY-RUN-OQ-001")
            first = reviewer.page.locator("#case-title").inner_text()
            reviewer.page.keyboard.press("j")
            reviewer.page.wait_for_url("**case=*")
            second = reviewer.page.locator("#case-title").inner_text()
            assert second != first
            reviewer.page.keyboard.press("k")
            reviewer.page.wait_for_function("t => document.querySelector('#case-title').innerText === t", arg=first)
            reviewer.page.locator("a[href*='evidence=']").first.click()
            reviewer.page.locator("#evidence").wait_for()
            reviewer.look("evidence")
            kept = reviewer.page.locator("#case-title").inner_text().partition(":")[0]
            reviewer.page.keyboard.press("b")
            reviewer.page.get_by_text(f"Your place is kept at {kept}.").wait_for()
            assert f"Back to my place: {kept}" in reviewer.page.inner_text("main")
            reviewer.go("/password", "password")
            reviewer.page.get_by_label("Old password").fill("seen")
            reviewer.page.get_by_role("button", name="Show what is typed").first.click()
            assert reviewer.page.get_by_label("Old password").get_attribute("type") == "text"
            reviewer.page.get_by_role("button", name="Hide it").click()
            assert reviewer.page.get_by_label("Old password").get_attribute("type") == "password"
            assert reviewer.wrong == []
            plain = Person(program, address, project, "mara.ivens", java_script_enabled=False)
            plain.page.goto("/login")
            plain.page.get_by_label("User id").fill(plain.name)
            plain.page.get_by_label("Password").fill(project.password(plain.name))
            plain.page.get_by_role("button", name="Log in").click()
            plain.page.goto("/review/TNY-OQP")
            assert "all cases" in plain.page.inner_text("main")
            plain.page.get_by_role("textbox", name="Comment", exact=True).fill("Read without any script.")
            plain.page.get_by_role("button", name="Put the comment on record").click()
            assert "TNY-OQP-C001" in plain.page.inner_text("main")


def test_a_record_is_read_and_signed_without_javascript(project):
    """From the log-in to the signed file; the sheet says in words what a script would fill in."""
    with served(project) as (address, _), chromium() as program:
        plain = Person(program, address, project, "mara.ivens", java_script_enabled=False)
        page = plain.page
        page.goto("/login")
        page.get_by_label("User id").fill(plain.name)
        page.get_by_label("Password").fill(project.password(plain.name))
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("link", name="TNY-URS r1").click()
        page.get_by_role("link", name="Sign or send back").click()
        assert "Meaning: the one you choose above" in page.locator(".manifestation").inner_text()
        page.locator("#meaning-authored").check()
        page.get_by_label("Reason", exact=True).select_option("initial-issue")
        page.get_by_label("In your own words").fill("the first one")
        page.get_by_label("User id").fill(plain.name)
        page.get_by_label("Password").fill(project.password(plain.name))
        page.get_by_role("button", name="Sign with what I stated above").click()
        assert "Meaning: authored" in page.locator(".manifestation").inner_text()
        with page.expect_download() as got:
            page.get_by_role("link", name="TNY-URS-r1.docx").click()
        assert Path(got.value.path()).read_bytes().startswith(b"PK")
    assert [s.record.person for s in project.state.latest("TNY-URS").signatures] == ["mara.ivens"]


def test_a_real_trace_of_a_browser_is_told(project, tmp_path):
    """What Playwright writes down is read as evidence is shown: acts and where, and nothing that was typed."""
    from csvgen.model.execution import Attachment
    from csvgen.portal.showing import shown_as

    with served(project) as (address, _), chromium() as program:
        context = program.new_context(base_url=address)
        context.tracing.start()
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Password").fill("never to be told")
        context.tracing.stop(path=tmp_path / "trace.zip")
    data = (tmp_path / "trace.zip").read_bytes()
    named = Attachment(
        id="TC.1.1", name="trace.zip", media_type="application/zip", size=len(data), sha256="sha256:" + "0" * 64,
        captured="2026-11-22T00:00:00.000000Z", kind="playwright-trace",
    )  # fmt: skip
    shown = shown_as(named, data)
    assert shown["form"] == "trace"
    assert any("/login" in at for _, _, at, _ in shown["rows"])
    assert any("Password" in at for _, _, at, _ in shown["rows"])
    assert "never to be told" not in str(shown)
