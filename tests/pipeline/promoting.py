"""A team's own pipeline, and the hands that build, review, approve and run it."""

from __future__ import annotations

from pathlib import Path

from csvgen.pipeline.flow.flows import Flows, Given, Performed

TICKET = "CHG-0042"
COMMIT = "0123abc"
EVIDENCE = "sha256:" + "5" * 64
DEFINITION = """format: csvgen.pipeline/1
id: {pipeline}
version: "{version}"
title: Doubling, the example of a team
subject: lot
inputs:
  - {{name: numbers, title: a number a line}}
steps:
  - {{id: double, version: "1", title: Doubling, function: "steps:double", takes: [numbers], gives: [doubled]}}
results: [doubled]
"""
STEPS = """from csvgen.pipeline.flow.step import Made


def double(work):
    return Made({"doubled": b"".join(b"%d\\n" % (2 * int(n)) for n in work.inputs["numbers"].split())})
"""


def team(folder: Path, pipeline: str = "doubling", version: str = "1", steps: str = STEPS) -> Path:
    """A team's folder: a definition and the module of its step."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "definition.yaml").write_text(DEFINITION.format(pipeline=pipeline, version=version))
    (folder / "steps.py").write_text(steps)
    return folder


class Hands:
    """People of a lab at work on artifacts."""

    def __init__(self, lab) -> None:
        self.lab = lab
        self.core = lab.app._core

    def components(self, who: str) -> tuple[str, str]:
        self.lab.session(who)
        return self.lab.user(who), self.lab.password(who)

    def somebody(self, key: str, *roles: str) -> str:
        """One more person, with roles that a site may well give to one."""
        account = {"user_id": f"val.{key}", "password": f"the {key} password 7"}
        access, first = self.lab.app.access, f"first of {key} 7"
        access.create_account(self.lab.session("administrator"), account["user_id"], f"Validation {key.title()}", roles, first)
        access.set_password(access.log_in(account["user_id"], first).reference, account["password"])
        self.lab.accounts[key] = account
        return key

    def build(self, source: Path | None, pipeline: str = "doubling", who: str = "analyst", ticket: str = TICKET) -> str:
        """The id of the artifact."""
        session, components = self.lab.session(who), self.components(who)
        return self.lab.app.artifacts.build(session, pipeline, ticket, COMMIT, *components, source).reference.split("/")[1]

    def review(self, artifact: str, environment: str, who: str = "reviewer", evidence: str = ""):
        told = (artifact, environment, evidence, "looked at", *self.components(who))
        return self.lab.app.promotions.review(self.lab.session(who), *told)

    def approve(self, artifact: str, environment: str, who: str = "quality"):
        return self.lab.app.promotions.approve(self.lab.session(who), artifact, environment, "fit", *self.components(who))

    def withdraw(self, artifact: str, reason: str = "a fault", who: str = "quality"):
        return self.lab.app.promotions.withdraw(self.lab.session(who), artifact, reason, *self.components(who))

    def promote(self, artifact: str, *environments: str, evidence: str = "") -> None:
        for environment in environments or ("development", "qualification"):
            self.review(artifact, environment, evidence=evidence)
            self.approve(artifact, environment)

    def run(self, pipeline: str = "doubling", data: bytes = b"1\n2\n") -> Performed:
        acting = self.core.admit(self.lab.session("analyst"), "process")
        return Flows(self.core).perform(acting, pipeline, "lot/L-1", {"numbers": Given("file/L-1:n", 1, data)}, {})
