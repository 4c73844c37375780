"""run --attended: a person at a terminal carries cases out. Everything shown is one harmless line; secrets are never echoed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from csvgen.cli.evidence import say_kept
from csvgen.cli.project import Project, need_terminal, say
from csvgen.diagnostics import one_line
from csvgen.errors import Exit, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvgen.execution.attended import AttendedCase
    from csvgen.execution.attended_answers import Picked
    from csvgen.identity.sessions import Session
    from csvgen.model.attended import Performer
    from csvgen.model.base import Phase
    from csvgen.workflow.attending import Waiting

_TRIES = 3


def attend(project: Project, phase: Phase | None, paths: Sequence[str], resume: str, *, formal: bool) -> Exit:
    """Authenticate a person and carry out what waits for one. Exit 1 while something is left, or did not pass."""
    from csvgen.model.execution import Verdict
    from csvgen.workflow import attending

    need_terminal("an attended run")
    directory = project.directory
    if os.environ.get("CSVGEN_ACCOUNT"):
        directory.refused_function(project.caller, "run", "a technical account asked to attend a run")
        raise Refused(
            "a technical account cannot attend a run; a person does, as themselves", rule="RR-D01", hint="unset CSVGEN_ACCOUNT"
        )
    session = project.enter()
    actor = directory.actor(session)
    attending.refuse_attendant(directory, session.account, actor)
    waiting = _waiting(project, phase, paths, resume, session, formal=formal)
    by = attending.performer(session.account)
    say(f"{one_line(by.shown)} attends {waiting.name}.")
    desk = TerminalDesk(project, session)
    found = attending.attend(project.config, waiting, desk, by, actor, project.ledger, project.clock, lambda t: say(one_line(t)))
    directory.log_out(desk.session)
    _checkpoint(project, desk.session)
    for result in (r for r in found.evidence.results if r.case in found.done and r.verdict is not Verdict.PASSED):
        click.echo(one_line(f"{result.verdict:<10} {result.case}  {result.reason}"))
    if found.left:
        again = f"csvgen run {phase} --formal --attended --resume" if formal else "csvgen run --attended --resume"
        say(f"go on with: {again} {waiting.name}")
        return Exit.FINDINGS
    verdicts = found.evidence.seal.summary.verdicts.items() if found.evidence.seal else ()
    say(f"run {waiting.name}: {', '.join(f'{n} {v}' for v, n in verdicts) or 'not sealed'} -> {found.evidence.folder}")
    passed = all(r.verdict is Verdict.PASSED for r in found.evidence.results) and not found.evidence.irregular
    return max(Exit.FINE if passed else Exit.FINDINGS, say_kept(project, found.evidence, actor))


def _waiting(
    project: Project, phase: Phase | None, paths: Sequence[str], resume: str, session: Session, *, formal: bool
) -> Waiting:
    from csvgen.spec.load import load_system
    from csvgen.workflow import attending

    account, clock = session.account, project.clock
    if formal:
        assert phase is not None
        return attending.open_formal(project.state, phase, resume, project.ledger, account, clock)
    spec = load_system(project.config.requirements_specs, project.system).spec
    if resume:
        return attending.resume_engineering(project.config, project.system, resume, spec)
    return attending.begin_engineering(project.config, project.system, paths, spec, account.id, clock)


def _checkpoint(project: Project, session: Session) -> None:
    from csvgen.audit.anchors import checkpoint, open_anchors

    actor = project.directory.actor(session)
    for problem in checkpoint(project.ledger, open_anchors(project.config), project.clock, actor, "run").problems:
        say(f"      anchor: {one_line(problem)}")


class TerminalDesk:
    """The terminal of this process as a desk: what is asked goes to the screen, lines come from the keyboard as they were typed."""

    def __init__(self, project: Project, session: Session) -> None:
        self._project = project
        self.session = session

    def show(self, *lines: str) -> None:
        for line in lines:
            say(one_line(line))

    def at(self, case: AttendedCase) -> None:
        """Everything the terminal shows comes as lines."""

    def tell(self, *lines: str) -> None:
        self.show(*lines)

    def act(self, prompt: str, kind: str) -> tuple[str, str]:
        typed = self.ask(prompt, kind)
        return (typed.strip(), "") if typed.strip() in ("a", "c", "q") else ("", typed)

    def file(self) -> Picked | str | None:
        from csvgen.execution.attended_answers import pick

        typed = self.ask("   File (blank for none)", "file")
        return pick(typed) if typed.strip() else None

    def ask(self, prompt: str, kind: str, letters: str = "") -> str:  # noqa: ARG002 - a terminal shows the prompt, which says all of it
        """One line. The end of input and an interrupt mean that the person left; after idling the password is asked for again."""
        typed = self._line(prompt)
        self._still_there()
        return typed

    def second(self, first: Performer) -> Performer | None:
        from csvgen.workflow import attending

        if self._line("   Is the second person here? (y yes, anything else no)").strip().lower() != "y":
            return None
        session = self._entered()
        if session is None:
            return None
        found = attending.second_person(self._project.directory, session, first)
        if isinstance(found, str):
            self.show(f"   {found}.")
            return None
        return found

    def _entered(self) -> Session | None:
        """Whoever proves now who they are; None when they do not."""
        try:
            return self._project.enter()
        except (Refused, click.Abort) as problem:
            self.show(f"   {getattr(problem, 'message', 'interrupted')}")
        return None

    @staticmethod
    def _line(prompt: str) -> str:
        from csvgen.execution.attended import Left

        for line in prompt.split("\n")[:-1]:
            say(one_line(line))
        sys.stderr.write(f"{one_line(prompt.rsplit(chr(10), maxsplit=1)[-1])}: ")
        sys.stderr.flush()
        try:
            typed = sys.stdin.buffer.readline()
        except KeyboardInterrupt:
            raise Left("interrupted at the keyboard") from None
        if not typed.endswith(b"\n"):
            raise Left("the terminal was closed")
        return typed[:-1].decode("utf-8", "backslashreplace")

    def _still_there(self) -> None:
        """The session of the person goes on; where it idled away, they prove again who they are (RR-N04)."""
        from csvgen.execution.attended import Left

        directory = self._project.directory
        for _ in range(_TRIES):
            try:
                directory.session(self.session.id)
            except Refused as problem:
                self.show(f"   {problem.message}")
            else:
                return
            person = self.session.account.id
            self.show(f"   {person}, say again who you are:")
            session = self._entered()
            if session is not None and session.account.id == person:
                self.session = session
            elif session is not None:
                directory.log_out(session)
        raise Left("the person could not be authenticated again")
