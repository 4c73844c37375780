"""No path runs code that is unsigned, unpinned, not promoted here, or changed; and who may say that it may run."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline import judged
from csvgen.pipeline.artifacts import Artifact, folder_of, require_signed
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow import bundle, lock
from csvgen.pipeline.flow.approved import approved
from csvgen.pipeline.flow.bundle import Bundle
from csvgen.pipeline.promotion import Promotions
from tests.pipeline.promoting import COMMIT, EVIDENCE, STEPS, TICKET, Hands, team


@pytest.fixture
def hands(lab) -> Hands:
    return Hands(lab)


@pytest.fixture
def promoted(hands, tmp_path) -> str:
    """An artifact of a team, promoted to the environment of the instance."""
    artifact = hands.build(team(tmp_path / "team"))
    hands.promote(artifact)
    return artifact


def record(hands: Hands, identity: str) -> Artifact:
    return hands.core.known("artifact", identity, Artifact)[0]


def as_new_process() -> None:
    """What a process that starts now knows of signatures: nothing."""
    judged._good.clear()


def altered(hands: Hands, kind: str, identity: str, change) -> None:
    """A row written past the application, as somebody with the database file could: guards dropped, digest made to fit."""
    with closing(sqlite3.connect(hands.lab.home / "qc.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER IF EXISTS record_no_update")
        row = database.execute("SELECT max(version), body FROM record WHERE kind = ? AND id = ?", (kind, identity)).fetchone()
        content = json.loads(row[1])
        change(content)
        body = canonical_json(content)
        told = (body, digest_bytes(body), kind, identity, row[0])
        done = database.execute("UPDATE record SET body = ?, sha256 = ? WHERE kind = ? AND id = ? AND version = ?", told)
        assert done.rowcount == 1


# ------------------------------------------------------------------ the straight way


def test_a_promoted_artifact_runs_and_the_run_names_it(hands, promoted) -> None:
    done = hands.run()
    assert done.products == {"doubled": b"2\n4\n"}
    run, artifact = done.record, record(hands, promoted)
    assert (run.artifact, run.ticket, run.commit) == (promoted, TICKET, COMMIT)
    assert (run.definition, run.code, run.lock) == (artifact.definition, artifact.code, artifact.lock)


def test_the_shipped_pipeline_is_promoted_at_installation_by_three_people(hands) -> None:
    found = approved(hands.core, "qc-release")
    artifact = record(hands, found.artifact)
    views = hands.lab.app.decisions._sheets.signature_views("promotion", f"{artifact.id}:qualification")
    assert [(v.user_id, v.meaning, v.valid) for v in views] == [
        ("val.reviewer", "change reviewed", True),
        ("val.quality", "promoted", True),
    ]
    assert artifact.builder == "val.analyst-2"
    mine = [v.id for v in hands.core.ledger.all("promotion") if artifact.id in v.id]
    assert mine == [f"{artifact.id}:development", f"{artifact.id}:qualification"]


def test_signatures_are_judged_once_in_a_process_and_again_for_other_bytes(hands, promoted, monkeypatch) -> None:
    asked: list[str] = []
    whole = Promotions.problem
    monkeypatch.setattr(Promotions, "problem", lambda self, a, e: asked.append(e) or whole(self, a, e))
    as_new_process()
    hands.run()
    hands.run()
    assert asked == ["development", "qualification"]
    altered(hands, "promotion", f"{promoted}:qualification", lambda c: c.update(ticket="CHG-0001"))
    with pytest.raises(Refused, match="does not hold"):
        hands.run()


# ------------------------------------------------------------------ what does not run


def test_what_nobody_built_does_not_run(hands) -> None:
    with pytest.raises(Refused, match="no signed artifact of pipeline 'doubling' is promoted to qualification"):
        hands.run()


def test_what_is_only_registered_does_not_run(hands, tmp_path) -> None:
    hands.build(team(tmp_path / "team"))
    with pytest.raises(Refused, match="no signed artifact"):
        hands.run()


def test_what_is_only_reviewed_does_not_run(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    hands.promote(artifact, "development")
    hands.review(artifact, "qualification")
    with pytest.raises(Refused, match="no signed artifact"):
        hands.run()


def test_what_is_promoted_to_development_alone_does_not_run_in_qualification(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    hands.promote(artifact, "development")
    with pytest.raises(Refused, match="promoted to qualification"):
        hands.run()


@pytest.mark.parametrize("signature", [b"", b"{}", b"of another artifact"])
def test_an_artifact_whose_signature_is_gone_or_another_does_not_run(hands, promoted, signature: bytes) -> None:
    hands.run()
    other = base64.b64decode(record(hands, "ART-0001").signature)
    text = base64.b64encode(other if signature.startswith(b"of") else signature).decode()
    altered(hands, "artifact", promoted, lambda c: c.update(signature=text))
    with pytest.raises(Refused, match=f"the record of {promoted} is not the one that was promoted"):
        hands.run()
    with pytest.raises((NotIntact, Refused)):
        require_signed(hands.core, record(hands, promoted))


def test_a_promotion_of_an_artifact_without_signature_cannot_be_made(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    steps = folder_of(hands.core, record(hands, artifact)) / "code" / "steps.py"
    steps.chmod(0o600)
    steps.write_text(STEPS.replace("2 *", "3 *"))
    with pytest.raises(NotIntact, match=r"changed: code/steps\.py"):
        hands.review(artifact, "development")
    assert not [v for v in hands.core.ledger.all("promotion") if artifact in v.id]


def test_a_byte_changed_after_promotion_stops_the_run(hands, promoted) -> None:
    hands.run()
    steps = folder_of(hands.core, record(hands, promoted)) / "code" / "steps.py"
    steps.chmod(0o600)
    steps.write_text(STEPS.replace("2 *", "3 *"))
    with pytest.raises(NotIntact, match=r"steps\.py"):
        hands.run()
    as_new_process()
    with pytest.raises(NotIntact, match=r"changed: code/steps\.py"):
        hands.run()


def test_the_definition_changed_after_promotion_stops_the_run(hands, promoted) -> None:
    hands.run()
    path = folder_of(hands.core, record(hands, promoted)) / "definition.yaml"
    path.chmod(0o600)
    path.write_text(path.read_text().replace("title: Doubling,", "title: Halving,"))
    with pytest.raises(NotIntact, match="definition"):
        hands.run()


@pytest.mark.parametrize("file", ["rounding.py", "nouns.py", "runs.py"])
def test_a_shipped_file_changed_after_promotion_stops_the_run(hands, tmp_path, monkeypatch, file: str) -> None:
    """The installed package with one byte more, in another place; the real one is left alone.

    No step reaches `nouns` (which says what the verdict of a lot is) or `runs` (which says what the steps are given): pinned all the same.
    """
    other = Bundle(Path(shutil.copytree(Bundle.shipped().root, tmp_path / "pipeline")), bundle.SHIPPED)
    (other.root / file).write_bytes((other.root / file).read_bytes() + b"\n")
    hands.lab.ingest("L-1", hands.lab.plate("1.000"))
    monkeypatch.setattr(Bundle, "shipped", classmethod(lambda _: other))
    with pytest.raises(NotIntact, match=file):
        hands.lab.process("L-1")
    assert not hands.core.ledger.all("run")
    monkeypatch.undo()


def test_another_package_below_stops_the_run(hands, promoted, monkeypatch) -> None:
    hands.run()
    whole = lock.lock_of

    def newer(definition):
        found = whole(definition)
        return found.model_copy(update={"packages": {**found.packages, "csvgen": "9.9 sha256:" + "0" * 64}})

    monkeypatch.setattr(bundle, "lock_of", newer)
    with pytest.raises(NotIntact, match="csvgen"):
        hands.run()


@pytest.mark.parametrize("field", ["cms", "body"])
def test_a_signature_row_altered_in_the_database_stops_the_run(hands, promoted, field: str) -> None:
    hands.run()

    def turn(content) -> None:
        data = bytearray(base64.b64decode(content[field]))
        data[-20] ^= 1
        content[field] = base64.b64encode(data).decode()

    altered(hands, "signature", f"promotion/{promoted}:qualification#2", turn)
    with pytest.raises(Refused, match="a signature on its promotion to qualification does not hold: INVALID"):
        hands.run()


def test_a_signature_of_another_promotion_moved_here_does_not_count(hands, promoted) -> None:
    other = hands.core.ledger.latest("signature", f"promotion/{promoted}:development#2").content

    def move(content) -> None:
        content.update(body=other["body"], cms=other["cms"])

    altered(hands, "signature", f"promotion/{promoted}:qualification#2", move)
    with pytest.raises(Refused, match="does not hold: INVALID"):
        hands.run()


def test_a_promotion_made_void_by_a_later_version_does_not_count(hands, promoted) -> None:
    actor = hands.core.actor(hands.core.admit(hands.lab.session("analyst"), "process"))
    kept = hands.core.ledger.latest("promotion", f"{promoted}:qualification")
    with hands.core.ledger.change(actor, "another evidence") as change:
        change.put("promotion", kept.id, kept.content | {"evidence": EVIDENCE})
    with pytest.raises(Refused, match="is not reviewed and approved"):
        hands.run()


def test_another_artifact_put_under_the_promotion_does_not_run(hands, promoted, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "more", steps=STEPS.replace("2 *", "3 *")))
    altered(hands, "promotion", f"{promoted}:qualification", lambda c: c.update(artifact=artifact))
    with pytest.raises(Refused, match="no signed artifact of pipeline 'doubling'"):  # its signatures stand on another record
        hands.run()
    altered(hands, "promotion", f"{promoted}:qualification", lambda c: c.update(artifact=promoted, artifact_digest=EVIDENCE))
    with pytest.raises(Refused, match="is not the one that was promoted"):
        hands.run()


def test_the_files_of_an_artifact_gone_stop_the_run(hands, promoted) -> None:
    hands.run()
    for name in ("definition.yaml", "code/steps.py"):
        path = folder_of(hands.core, record(hands, promoted)) / name
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(NotIntact):
            hands.run()
        path.write_bytes(kept)
    hands.run()


def test_a_signature_by_the_builder_written_past_the_gates_does_not_count(hands, tmp_path, monkeypatch) -> None:
    """Valid signatures by the wrong people: the separation of duties is asked again at each new look."""
    artifact = hands.build(team(tmp_path / "team"), who="analyst-reviewer")
    hands.promote(artifact, "development")
    with monkeypatch.context() as patch:
        patch.setattr(Promotions, "_not_builder", lambda *_: None)
        hands.review(artifact, "qualification", who="analyst-reviewer")
    hands.approve(artifact, "qualification")
    with pytest.raises(Refused, match="breaks the separation of duties"):
        hands.run()


# ------------------------------------------------------------------ who may, and in which order


def test_a_builder_neither_reviews_nor_approves_the_own_work(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"), who="analyst-reviewer")
    with pytest.raises(Refused, match=f"Validation Analyst and Reviewer built artifact {artifact} and may not review it"):
        hands.review(artifact, "development", who="analyst-reviewer")
    hands.review(artifact, "development")
    assert [v.id for v in hands.core.ledger.all("promotion") if artifact in v.id] == [f"{artifact}:development"]


def test_a_builder_who_is_quality_too_does_not_approve_the_own_work(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"), who=hands.somebody("both", "analyst", "quality"))
    hands.review(artifact, "development")
    with pytest.raises(Refused, match=f"Validation Both built artifact {artifact} and may not approve it"):
        hands.approve(artifact, "development", who="both")
    hands.approve(artifact, "development")


def test_whoever_reviewed_does_not_approve(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    hands.review(artifact, "development", who="reviewer-quality")
    with pytest.raises(Refused, match=f"reviewed artifact {artifact} for development and may not approve it"):
        hands.approve(artifact, "development", who="reviewer-quality")
    hands.approve(artifact, "development")


@pytest.mark.parametrize("who", ["administrator", "analyst", "quality", "auditor"])
def test_only_a_reviewer_reviews(hands, tmp_path, who: str) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    with pytest.raises(Refused, match="may not review a promotion"):
        hands.review(artifact, "development", who=who)


@pytest.mark.parametrize("who", ["administrator", "analyst", "reviewer", "auditor"])
def test_only_quality_approves_and_withdraws(hands, promoted, who: str) -> None:
    with pytest.raises(Refused, match="may not approve a promotion"):
        hands.approve(promoted, "production", who=who)
    with pytest.raises(Refused, match="may not withdraw an artifact"):
        hands.withdraw(promoted, who=who)
    assert hands.run().record.artifact == promoted


def test_no_environment_is_left_out(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    with pytest.raises(Refused, match="cannot go to qualification: it is not promoted to development"):
        hands.review(artifact, "qualification")
    hands.review(artifact, "development")
    with pytest.raises(Refused, match="cannot go to qualification: its promotion to development is not reviewed and approved"):
        hands.review(artifact, "qualification")
    with pytest.raises(Refused, match="has no valid review signature"):
        hands.approve(hands.build(team(tmp_path / "other", pipeline="trebling"), "trebling"), "development")
    with pytest.raises(BadInput, match="no environment 'test'"):
        hands.review(artifact, "test")


def test_production_needs_evidence_or_a_reason_for_none(hands, promoted) -> None:
    for evidence, words in (("", "evidence is missing"), ("none: ", "evidence is a digest"), ("yes", "evidence is a digest")):
        with pytest.raises((Refused, BadInput), match=words):
            hands.review(promoted, "production", evidence=evidence)
    hands.promote(promoted, "production", evidence=EVIDENCE)
    kept = hands.core.ledger.latest("promotion", f"{promoted}:production").content
    assert (kept["evidence"], kept["ticket"], kept["builder"]) == (EVIDENCE, TICKET, hands.lab.user("analyst"))
    event = hands.lab.events("promote")[-1]
    assert (event.record, event.user_id) == (f"artifact/{promoted}", hands.lab.user("quality"))


def test_a_signature_takes_the_components(hands, tmp_path) -> None:
    artifact = hands.build(team(tmp_path / "team"))
    session, user = hands.lab.session("reviewer"), hands.lab.user("reviewer")
    with pytest.raises(Refused):
        hands.lab.app.promotions.review(session, artifact, "development", "", "looked at", user, "not the password")
    with pytest.raises(Refused, match="reason is missing"):
        hands.lab.app.promotions.review(session, artifact, "development", "", " ", *hands.components("reviewer"))
    assert not [v for v in hands.core.ledger.all("promotion") if artifact in v.id]


# ------------------------------------------------------------------ what ends


def test_the_newest_promotion_runs_and_the_one_before_is_superseded(hands, promoted, tmp_path) -> None:
    newer = hands.build(team(tmp_path / "more", version="2", steps=STEPS.replace("2 *", "3 *")))
    hands.promote(newer, "development")
    hands.review(newer, "qualification", evidence=EVIDENCE)
    assert hands.run().record.artifact == promoted
    hands.approve(newer, "qualification")
    done = hands.run()
    assert (done.record.artifact, done.products) == (newer, {"doubled": b"3\n6\n"})


def test_a_withdrawn_artifact_runs_no_more_and_none_takes_its_place(hands, promoted, tmp_path) -> None:
    newer = hands.build(team(tmp_path / "more", version="2"))
    hands.promote(newer, evidence=EVIDENCE)
    hands.withdraw(newer)
    with pytest.raises(Refused, match=f"artifact {newer} of doubling is withdrawn, and nothing is promoted in its place"):
        hands.run()
    with pytest.raises(Refused, match="is withdrawn"):
        hands.review(newer, "production", evidence=EVIDENCE)
    with pytest.raises(Refused, match="withdrawn already"):
        hands.withdraw(newer)
    hands.promote(promoted, "qualification", evidence=EVIDENCE)  # back to the one before: by signatures, like any other
    assert hands.run().record.artifact == promoted


def test_what_is_in_force_is_not_promoted_again(hands, promoted) -> None:
    with pytest.raises(Refused, match="is promoted to qualification already"):
        hands.review(promoted, "qualification")
    with pytest.raises(Refused, match="is promoted to qualification already"):
        hands.approve(promoted, "qualification")


def test_the_environment_is_fixed_at_installation(hands) -> None:
    assert hands.core.configuration()["environment"] == "qualification"
    with pytest.raises(Refused, match="fixed at installation"):
        hands.lab.app.records.configure(hands.lab.session("administrator"), "environment", "development", "why not")
    with pytest.raises(Refused, match="fixed at installation"):
        hands.lab.app.records.configure(hands.lab.session("administrator"), "revalidation_blocks", "no", "why not")
    with pytest.raises(BadInput, match="must be one of development, qualification, production"):
        hands.lab.app.records.configure(hands.lab.session("administrator"), "environment", "anything", "why not")


def test_another_process_asks_everything_anew(hands, promoted) -> None:
    as_new_process()
    home, clock = hands.lab.home, hands.lab.clock
    hands.lab.app.close()
    core = Core(home, clock)
    try:
        assert approved(core, "doubling").artifact == promoted
    finally:
        core.close()
