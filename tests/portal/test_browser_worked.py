"""The worked example in real browsers: a requirement is changed, and three people take the next revision from draft to approved, one
rejection included; then every page of the room is looked at, wide and light, narrow and dark, and on paper."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ..tiny import once
from .chromium import chromium
from .conftest import served
from .test_browser import Person
from .visiting import pages
from .worked import Worked, engineering, worked

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "axe")]
URS = "QCR-URS"
PAPER = {"width": 720, "height": 1018}
"""What is left of A4 within the margins a browser takes, at 96 dots an inch."""
LOOKS = {
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def project(shared) -> Worked:
    """Made once; CSVGEN_WORKED names a folder where it is kept from run to run."""
    kept = os.environ.get("CSVGEN_WORKED")
    return worked(Path(kept) if kept else once(shared / "worked", lambda folder: (folder.mkdir(), worked(folder))))


def person(program, address: str, project: Worked, name: str, **look) -> Person:
    made = Person(program, address, project, name, **look)
    made.page.set_default_timeout(120_000)
    return made.log_in()


def compose(author: Person, revision: int) -> None:
    author.page.get_by_role("button", name="Compose the next revision and put it up").click()
    author.page.get_by_text(f"{URS} revision {revision} is composed").wait_for()


def test_three_people_take_a_changed_specification_from_draft_to_approved(project):
    requirement = project.state.spec.requirements[0]
    before = project.now.latest(URS).document.revision
    project.edit(requirement.id, f"title: {requirement.title}", f"title: {requirement.title}, at any time")
    with served(project) as (address, _), chromium() as program:
        mara = person(program, address, project, "mara.ivens")
        oskar = person(program, address, project, "oskar.lindqvist", color_scheme="dark")
        ruth = person(program, address, project, "ruth.amsel", viewport={"width": 390, "height": 844})
        mara.go("/", "queue-void")
        mara.go(f"/documents/{URS}", "document-void")
        assert "at any time" in mara.page.locator("section.refusal ins").first.inner_text()
        compose(mara, before + 1)
        mara.sign(URS, "authored", "content-changed", "the title says when", picture="sign")
        oskar.go("/", "queue-mine")
        oskar.go(f"/documents/{URS}")
        oskar.page.get_by_role("textbox", name="Comment", exact=True).fill(f"{requirement.id}: does any time include a restore?")
        oskar.page.get_by_role("button", name="Put the comment on record").click()
        made = re.search(rf"Comment ({URS}-C\d+) is on record", oskar.page.inner_text("main")).group(1)
        oskar.look("document-comment")
        oskar.sign(URS, "declined", "unclear", "see my comment")
        mara.go(f"/documents/{URS}", "document-declined")
        assert "DECLINED by Oskar Lindqvist" in mara.page.inner_text("main")
        mara.page.get_by_label(f"Answer {made}").fill("It does; the title says so now.")
        mara.page.get_by_role("button", name="Put on record").click()
        project.edit(requirement.id, "at any time", "at any time and after a restore")
        mara.go(f"/documents/{URS}")
        compose(mara, before + 2)
        mara.sign(URS, "authored", "content-changed", "put up again", first=False)
        oskar.go(f"/documents/{URS}")
        oskar.page.get_by_label(f"it is settled: close {made}").check()
        oskar.page.get_by_role("button", name="Put on record").click()
        oskar.sign(URS, "reviewed", "remarks-resolved", "answered", first=False)
        ruth.sign(URS, "approved", "fit-for-purpose", "read it", picture="sign-narrow")
        ruth.go(f"/documents/{URS}", "document-approved")
        with ruth.page.expect_download() as got:
            ruth.page.get_by_role("link", name=f"{URS}-r{before + 2}.pdf").click()
        assert Path(got.value.path()).read_bytes().startswith(b"%PDF")
    assert [w for each in (mara, oskar, ruth) for w in each.wrong] == []
    state = project.now
    revisions = [a for a in state.approvals if a.document.id == URS][-2:]
    said = [[(s.record.meaning, s.record.person) for s in a.signatures] for a in revisions]
    assert said == [
        [("authored", "mara.ivens"), ("declined", "oskar.lindqvist")],
        [("authored", "mara.ivens"), ("reviewed", "oskar.lindqvist"), ("approved", "ruth.amsel")],
    ]
    assert state.approved("urs")


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_held_against_any_page(project, look):
    """The browser's own word on a page that is refused or not there is none against it."""
    asked = pages(project)
    with served(project) as (address, _), chromium() as program:
        people = {name: person(program, address, project, name, **LOOKS[look]) for name in {who for who, _ in asked.values()}}
        out = Person(program, address, project, "nobody", **LOOKS[look])
        out.go("/login", f"{look}-login")
        for name, (who, page) in asked.items():
            people[who].go(page, f"{look}-{name}")
        told = [*out.wrong, *(w for each in people.values() for w in each.wrong)]
        assert [w for w in told if " 403 " not in w and " 404 " not in w] == []
        assert sum(len(each.judged) for each in people.values()) > len(asked)


def test_a_run_of_the_worked_example_is_followed_as_it_goes_on(project):
    with engineering(project, "OQ") as name, served(project) as (address, _), chromium() as program:
        pavel = person(program, address, project, "pavel.broz", **LOOKS["wide"])
        pavel.go(f"/runs/{name}")
        pavel.page.wait_for_function("() => parseInt(document.querySelector('[data-told=\"finished\"]').innerText) > 5")
        pavel.look("wide-run-going")
        assert pavel.wrong == []


def test_paper_carries_what_is_said_and_not_what_is_pressed(project):
    asked = pages(project)
    with served(project) as (address, _), chromium() as program:
        pavel = person(program, address, project, "pavel.broz", viewport=PAPER)
        for name in ("review-record", "document", "matrix", "audit", "dashboard"):
            pavel.page.emulate_media(media="print")
            pavel.go(asked[name][1], f"print-{name}")
            assert pavel.page.locator("main h1").is_visible()
            cut = "[...document.querySelectorAll('.wide, pre')].map(e => e.scrollWidth - e.clientWidth).filter(n => n > 0)"
            assert pavel.page.evaluate(cut) == [], name
            pressed = pavel.page.locator(".top nav, .out button, nav.side, .filter, .unprinted")
            assert [n for n in range(pressed.count()) if pressed.nth(n).is_visible()] == []
        assert [w for w in pavel.wrong if "target-size" not in w] == [], "paper has nothing to press"
