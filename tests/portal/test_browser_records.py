"""The pages of records in a real browser: judged by axe-core, wide and narrow, light and dark; a run followed as it goes on, with and without script."""

from __future__ import annotations

import pytest

from ..flow.test_whole_run import broken_off  # noqa: F401 - a fixture
from ..tiny import cheap_secrets
from .chromium import chromium
from .conftest import served
from .going import NAME, going_on
from .test_browser import Person

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "axe")]
PAGES = {
    "/matrix": "matrix", "/matrix?view=cases": "matrix-cases", "/matrix?view=gaps": "gaps", "/requirements/URS-TNY-001": "requirement",
    "/risks/RA-TNY-001": "risk", "/cases/TC-IQ-0001": "case", "/trace?id=DEV-001": "trace", "/deviations": "deviations",
    "/deviations/DEV-001": "deviation", "/runs": "runs", "/runs/IQ-001": "run", "/audit": "audit", "/audit/review": "audit-review",
    "/audit/checks?run=yes": "audit-checks", "/verify?thing=output/tiny/runs/IQ-001&run=yes": "verify", "/dashboard": "dashboard",
    "/people": "people", "/people/mara.ivens": "person", "/rights": "rights", "/requirements/URS-NO-1": "absent",
}  # fmt: skip


@pytest.fixture
def project(stages, tmp_path):
    with cheap_secrets():
        yield stages.at("iq-closed").copy(tmp_path / "project")


@pytest.mark.parametrize(
    ("size", "scheme", "person"), [((1360, 900), "light", "ruth.amsel"), ((400, 800), "dark", "ines.halvorsen")]
)
def test_nothing_is_held_against_any_page(project, size, scheme, person):
    with served(project) as (address, _), chromium() as program:
        look = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
        somebody = Person(program, address, project, person, **look).log_in()
        for page, picture in PAGES.items():
            if page != "/audit/review" or person == "ruth.amsel":
                somebody.go(page, picture if scheme == "light" else f"dark-{picture}")
        wrong = [w for w in somebody.wrong if "404" not in w]  # the browser's own word on the page that is not there
        assert wrong == []
        assert len(somebody.judged) > len(PAGES)


def test_an_open_deviation_is_investigated_in_a_browser(stages, tmp_path):
    with cheap_secrets():
        tiny = stages.at("iq-failed").copy(tmp_path / "project")
        with served(tiny) as (address, _), chromium() as program:
            tester = Person(program, address, tiny, "nadia.corso").log_in()
            tester.go("/deviations/DEV-001", "deviation-open")
            page = tester.page
            page.get_by_label("Cause lies in the").select_option("environment")
            page.get_by_label("Class").select_option("minor")
            page.get_by_label("Decision").select_option("retest")
            for label in ("Root cause", "Impact on product", "Correction, and what"):
                page.get_by_label(label).fill(f"{label}: <b>as judged</b>")
            page.get_by_label("Change, CAPA").fill("CHG-1")
            page.get_by_label("With retest").fill("TC-IQ-0001")
            page.get_by_role("button", name="Put the disposition up for signature").click()
            page.get_by_text("waits for signatures").first.wait_for()
            tester.look()
            assert tester.wrong == []
        assert tiny.state.latest("TNY-DEV-001").content["investigation"]["root_cause"] == "Root cause: <b>as judged</b>"


def test_a_run_that_broke_off_is_closed_in_a_browser(broken_off):  # noqa: F811
    with served(broken_off) as (address, _), chromium() as program:
        ruth = Person(program, address, broken_off, "ruth.amsel").log_in()
        ruth.go("/runs/IQ-001")
        ruth.page.get_by_role("link", name="Close it as aborted").click()
        ruth.page.get_by_label("Why it never came to its end").fill("The machine lost power; nobody was at it.")
        ruth.look("abandon")
        ruth.page.get_by_role("button", name="Close it as aborted").click()
        ruth.page.get_by_text("IQ-001 is closed as aborted; DEV-001 waits for an investigation.").wait_for()
        ruth.look()
        ruth.go("/runs/IQ-001/abandon")
        assert ruth.wrong == []
    assert broken_off.state.run("IQ-001").aborted


def test_a_run_is_followed_as_it_goes_on(project):
    with going_on(project) as going, served(project) as (address, _), chromium() as program:
        with_script = Person(program, address, project, "pavel.broz").log_in()
        with_script.go(f"/runs/{NAME}", "run-going")
        without = program.new_context(base_url=address, java_script_enabled=False).new_page()
        without.goto("/login")
        without.get_by_label("User id").fill("nadia.corso")
        without.get_by_label("Password").fill(project.password("nadia.corso"))
        without.get_by_role("button", name="Log in").click()
        without.goto(f"/runs/{NAME}/progress")
        for page in (with_script.page, without):
            assert page.locator('[data-told="finished"]').inner_text() == "1 of 2"
        going.end()
        with_script.page.get_by_text("2 of 2", exact=True).wait_for()
        assert with_script.page.locator('[data-told="verdicts"]').inner_text() == "1 failed, 1 passed"
        without.get_by_role("link", name="Load again").click()
        assert without.locator('[data-told="finished"]').inner_text() == "2 of 2"
        assert with_script.wrong == []
