"""A tablet in front of a real server: a case is carried out without any script, the server is killed in the middle of a step, and it goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run, standing
from csvgen.verification.package import verify_package

from ..tiny import cheap_secrets
from .attended import ME, SECOND, folder, picture, waits
from .chromium import chromium
from .conftest import served, wait_until
from .test_browser import Person

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "axe")]
TABLET = {"viewport": {"width": 800, "height": 1100}, "has_touch": True}


def answers(person: Person, actual: str, verdict: str = "passed") -> None:
    person.page.get_by_label("Actual result: what you saw or did").fill(actual)
    person.page.get_by_role("group", name="Verdict").first.get_by_label(verdict, exact=True).check()


def press(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def test_on_a_tablet_through_a_killed_server(stages, tmp_path):
    with cheap_secrets():
        project = stages.at("specified").copy(tmp_path / "project")
        case = waits(project)
        photo = tmp_path / "label.jpg"
        photo.write_bytes(picture("white", "JPEG"))
        with chromium() as program:
            with served(project) as (address, process):
                nadia = Person(program, address, project, ME, **TABLET).log_in()
                nadia.go("/attended", "room-attended-list")
                press(nadia, "Begin IQ-001")
                answers(nadia, "the green lamp is on")
                nadia.page.get_by_label("Photo or file").set_input_files(photo)
                press(nadia, "Put the answer on record")
                nadia.page.get_by_role("heading", name="Step 2 of 3").wait_for()
                nadia.look("room-attended-step")
                answers(nadia, "typed, and never sent")
                process.kill()
                process.wait(30)
            assert nadia.wrong == []
            wait_until(lambda: "paused" in standing(folder(project)).parts[case].how)
            part = standing(folder(project)).parts[case]
            assert (len(part.steps), part.interrupted) == (1, 2), "what was answered is on record, and nothing else"

            with served(project) as (address, _):
                plain = Person(program, address, project, ME, java_script_enabled=False, **TABLET)
                plain.page.goto("/login")
                plain.page.get_by_label("User id").fill(ME)
                plain.page.get_by_label("Password").fill(project.password(ME))
                press(plain, "Log in")
                plain.page.goto("/attended")
                press(plain, "Go on with IQ-001")
                assert "typed, and never sent" not in plain.page.content()
                answers(plain, "one label came out")
                press(plain, "Put the answer on record")
                plain.page.get_by_role("heading", name="Step 3 of 3").wait_for()
                plain.page.get_by_label("Photo or file").set_input_files(photo)
                press(plain, "Attach the file, answer later")
                plain.page.get_by_label("Reason why it is evidence here").fill("the same label, seen from above")
                press(plain, "Put it on record")
                answers(plain, "LOT 7 in black")
                plain.page.get_by_label("User id of the second person").fill(SECOND)
                plain.page.get_by_label("Password of the second person").fill(project.password(SECOND))
                plain.page.get_by_label("the answer is as I see it").check()
                if pictures := os.environ.get("CSVGEN_PICTURES"):
                    plain.page.screenshot(path=Path(pictures) / "room-attended-second.png", full_page=True)
                press(plain, "Put the answer on record")
                plain.page.get_by_role("heading", name="The case is answered").wait_for()
                press(plain, "Finish the case")
                plain.page.get_by_role("heading", name="IQ-001 is sealed").wait_for()
        run = read_run(folder(project))
        assert run.sealed and not run.problems
        steps = run.results[1].steps
        assert [len(s.attachments) for s in steps] == [1, 0, 1]
        assert "interrupted" in {f.kind for f in steps[1].flags}
        assert [f.reason for f in steps[2].flags if f.kind == "file-used-before"] == ["the same label, seen from above"]
        project.publisher().run_record("IQ-001")
        project.sign_all(ME, "pavel.broz")
        project.close_phase("IQ")
        failed = {c.name: c.detail for c in verify_package(project.export(tmp_path / "package"), project.state.trust).failed}
        assert failed == {}, "a package with a run of the room verifies as one of the terminal does"
