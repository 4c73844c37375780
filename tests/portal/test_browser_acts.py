"""A real browser on its way to a real identity provider and back, across two sites and without any script; and the pages of acts, judged."""

from __future__ import annotations

import pytest

from csvgen.evidence.read import standing

from ..counterparts.oidc_provider import CODE, PASSWORDS, oidc_provider
from ..tiny import cheap_secrets
from .attended import BY_HAND, ME, SECOND, folder, waits
from .chromium import chromium
from .conftest import served
from .signing_on import SUBJECTS, configure, link
from .test_browser import Person
from .test_browser_attended import answers, press

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "axe", "oidc-provider")]
RUTH = "ruth.amsel"


@pytest.fixture
def project(stages, tmp_path):
    with cheap_secrets(), oidc_provider(tmp_path) as idp:
        tiny = stages.at("founded").copy(tmp_path / "project")
        configure(tiny, idp)
        link(tiny, idp, RUTH)
        tiny.report("plan")
        yield tiny


def at_provider(page) -> None:
    page.locator("input[name=login]").fill("subject-ada")
    page.locator("input[name=password]").fill(PASSWORDS["subject-ada"])
    page.locator("input[name=code]").fill(CODE)
    page.get_by_role("button", name="Log in").click()


def test_in_by_the_provider_and_signed_with_it_across_two_sites_without_a_script(project):
    """The provider is 127.0.0.1, the room is localhost: for a browser two sites, so that strict cookies stay behind on the way back."""
    with served(project) as (address, _), chromium() as program:
        room = address.replace("127.0.0.1", "localhost")
        context = program.new_context(base_url=room, java_script_enabled=False)
        page = context.new_page()
        page.goto("/login")
        page.get_by_role("button", name="Sign on at the identity provider").click()
        at_provider(page)
        page.get_by_role("heading", name="My queue").wait_for()
        page.goto("/sign/TNY-VP")
        page.locator("#meaning-approved").check()
        page.get_by_label("Reason", exact=True).select_option("fit-for-purpose")
        page.get_by_label("In your own words").fill("read it twice")
        page.get_by_role("button", name="Go on to the identity provider").click()
        at_provider(page)  # asked anew, although the browser has a session there
        page.get_by_label("Secret of your key").fill(project.password(RUTH))
        page.get_by_role("button", name="Sign with what I stated").click()
        page.get_by_role("heading", name="Signature 1 on TNY-VP").wait_for()
        (made,) = project.state.latest("TNY-VP").signatures
        assert made.record.components[-1] == "secret of the key"
        context.close()


def test_pages_of_acts_are_accessible(project):
    with served(project) as (address, _), chromium() as program:
        lead = Person(program, address, project, "mara.ivens").log_in()
        administrator = Person(
            program, address, project, "ines.halvorsen", color_scheme="dark", viewport={"width": 400, "height": 800}
        ).log_in()
        lead.go("/documents/TNY-VP")
        lead.go("/documents/TNY-VP/withdraw", "room-withdraw")
        lead.go("/documents/TNY-VP/paper")
        lead.go("/documents/TNY-VP/handover")
        lead.go("/conclude/iq-report", "room-conclude")
        lead.go("/handovers")
        lead.page.goto("/documents/TNY-VP")
        lead.page.get_by_label("Comment", exact=True).evaluate("box => box.removeAttribute('maxlength')")
        lead.page.get_by_label("Comment", exact=True).fill("x" * 4_001)
        lead.page.get_by_role("button", name="Put the comment on record").click()
        lead.said.clear()  # the browser tells of the status 422, as it should
        lead.look()
        administrator.go("/rights", "room-rights")
        administrator.page.get_by_label("failures to lock").fill("2")
        administrator.page.locator("#policy-reason").fill("finding 7")
        administrator.page.get_by_role("button", name="Set these rules").click()
        administrator.page.get_by_text("Set by an act").wait_for()
        administrator.look()
        assert [*lead.wrong, *administrator.wrong] == []
        assert len(lead.judged) == 9


def test_a_second_person_signs_on_in_the_browser_of_the_first(stages, tmp_path, monkeypatch):
    """Across two sites; the first person stays logged in, and the pages on the way are judged."""
    monkeypatch.setitem(SUBJECTS, SECOND, "subject-ada")
    with cheap_secrets(), oidc_provider(tmp_path) as idp:
        tiny = stages.at("specified").copy(tmp_path / "project")
        waits(tiny, BY_HAND.replace("@witness-3", "@witness-1"))
        configure(tiny, idp)
        link(tiny, idp, SECOND)
        with served(tiny) as (address, _), chromium() as program:
            nadia = Person(program, address.replace("127.0.0.1", "localhost"), tiny, ME).log_in()
            nadia.go("/attended")
            press(nadia, "Begin IQ-001")
            answers(nadia, "the green lamp is on")
            nadia.page.get_by_label("they sign on at the identity provider").check()
            nadia.page.get_by_label("the answer is as I see it").check()
            nadia.look("attended-witness")
            press(nadia, "Put the answer on record")
            at_provider(nadia.page)
            nadia.page.get_by_role("heading", name="The second person has signed on").wait_for()
            assert "Oskar Lindqvist (fictitious) (oskar.lindqvist)" in nadia.page.inner_text("main")
            nadia.said.clear()  # what the provider's own page says to the console is not ours
            nadia.look("attended-second")
            press(nadia, "Put it on record")
            nadia.page.get_by_role("heading", name="Step 2 of 3").wait_for()
            assert "Nadia Corso" in nadia.page.locator("form.out").inner_text()
            assert nadia.wrong == []
        found = standing(folder(tiny))
        (step,) = found.parts[found.evidence.plan.attended[0]].steps
        assert (step.by.person, step.witness.person) == (ME, SECOND)
