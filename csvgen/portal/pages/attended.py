"""Attended execution: which issued runs wait for a person, and one step at a time as at the terminal; by the same verbs and the same journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.evidence.read import standing
from csvgen.execution.attended_answers import VERDICTS, says_nothing
from csvgen.model.base import Phase
from csvgen.model.evidence import RunRead
from csvgen.portal import seconding
from csvgen.portal.absent import absent
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow import attending
from csvgen.workflow.sittings import GONE, Seated, Sitting, held_by
from csvgen.workflow.uploads import BadUpload, receive

PAGES = Pages()
_BEGINS, _WORKS = 30.0, 8.0
"""Seconds a page waits for the first question of a sitting, and for the next; after that it says that the work goes on."""
_KEPT = (
    "actual",
    "verdict",
    "reason",
    "note",
    "agree",
    "sees",
    "corrected",
    "why",
    "words",
    "way",
    "stop-reason",
    "number",
    "elsewhere",
)
"""Fields that come back to whoever has to type again. No secret is among them."""
_PAUSES: Mapping[str, Any] = {"actual": ("q", ""), "last": ("q", ""), "explore": "q"}


# ------------------------------------------------------------ which runs


@PAGES.get("/attended", may="run", words="issued runs whose attended cases wait for a person", nav="Carry out", order=45)
def waiting(visit: Visit) -> Response:
    return visit.page("attended.html", title="Carry out", rows=[_row(visit, run) for run in _waiting(visit)])


def _waiting(visit: Visit) -> list[RunRead]:
    return [r for r in visit.state.runs if r.plan.mode == "formal" and r.seal is None and r.plan.attended and r.waits]


def _row(visit: Visit, run: RunRead) -> Mapping[str, Any]:
    found, held, why = standing(Path(run.folder)), _held(visit, run.run), ""
    try:
        attending.refuse_untrained(visit.state.spec, visit.account, visit.now)
        _open(visit, run)
    except CsvgenError as problem:
        why = problem.message
    titles = visit.state.protocol.case
    results = {r.case: r for r in found.evidence.results if r.case in found.done}
    cases = [
        {
            "id": c, "title": titles[c].title if c in titles else "", "begun": found.parts.get(c), "result": results.get(c),
            "witnessed": c in titles and any(titles[c].witnessed(n) for n in range(1, len(titles[c].steps) + 1)),
        }
        for c in run.plan.attended
    ]  # fmt: skip
    return {
        "run": run, "cases": cases, "left": len(found.left), "goes_on": bool(found.segments), "why": why,
        "held": held_by(held.seated) if held is not None else "", "mine": held is not None and _mine(visit, held),
    }  # fmt: skip


def _open(visit: Visit, run: RunRead) -> bool:
    """Whether it was attended before. Raises Refused where a gate is shut for the visitor."""
    goes_on = bool(standing(Path(run.folder)).segments)
    phase = cast("Phase", run.plan.phase)  # a formal run has one
    attending.open_formal(visit.state, phase, run.run if goes_on else "", visit.room.ledger, visit.account, visit.room.clock)
    return goes_on


# ------------------------------------------------------------ who sits there


def _held(visit: Visit, run: str) -> Sitting | None:
    """The sitting that goes on at a run. One whose session has ended is let go: nobody is behind it any more."""
    found = visit.room.sittings.of(run)
    if found is None or found.ended is not None:
        return None
    session = visit.directory.sessions.get(found.seated.session)
    if session is None or session.ended:
        found.leave(f"the session of {found.seated.by.shown} ended")
        return None
    return found


def _mine(visit: Visit, sitting: Sitting) -> bool:
    return sitting.seated.session == visit.who.id


@PAGES.post("/attended/{run}/begin", may="run", words="begin an attended run, or go on with it")
def begin(visit: Visit) -> Response:
    """The same verb as `csvgen run --formal --attended`, for as long as the person sits there."""
    name = visit.part("run")
    run = next((r for r in _waiting(visit) if r.run == name), None)
    if run is None:
        return absent(visit, "run that waits for a person", name)
    attending.refuse_attendant(visit.directory, visit.account, visit.actor)
    held = _held(visit, name)
    if held is not None and held.seated.by.person == visit.account.id and visit.form.get("take") == "yes":
        held.leave(f"{held.seated.by.shown} goes on in another browser")
        held = None
    if held is not None:
        return _told_who(visit, held)
    goes_on = _open(visit, run)
    seated = Seated(name, attending.performer(visit.account), visit.who.id, visit.now)
    idle = float(visit.directory.policy.idle_seconds)
    made = visit.room.sittings.begin(seated, visit.actor, run.plan.phase, goes_on=goes_on, idle=idle)
    made.wait(_BEGINS)
    return visit.go(url("/attended", name))


def _told_who(visit: Visit, held: Sitting) -> Response:
    own = held.seated.by.person == visit.account.id
    return visit.page("attended_held.html", 409, title=held.seated.run, seated=held.seated, own=own)


# ------------------------------------------------------------ one step at a time


@PAGES.get("/attended/{run}", may="run", words="the step that waits for its answer")
def step(visit: Visit) -> Response:
    name = visit.part("run")
    held = _held(visit, name)
    if held is not None and not _mine(visit, held):
        return _told_who(visit, held)
    if held is None:
        held = visit.room.sittings.of(name)
        if held is None or not _mine(visit, held):
            return visit.go("/attended")
    held.here()
    held.wait(_WORKS)
    return _step(visit, held)


def _step(visit: Visit, sitting: Sitting, problem: CsvgenError | None = None, status: int = 200) -> Response:
    name = sitting.seated.run
    if sitting.ended is not None:
        visit.anew()
        return visit.page("attended_ended.html", title=f"{name}, carried out", name=name, ended=sitting.ended)
    typed = _typed(visit) if problem is not None else sitting.draft
    return visit.page(
        "attending.html", status, title=f"{name}: carry out", name=name, works=sitting.works, q=sitting.question, turn=sitting.turn,
        by=sitting.seated.by, problem=problem, typed=typed, verdicts=VERDICTS, sign_ons=visit.room.sign_ons,
        proved=None if problem is not None else seconding.proved(visit, sitting, VERDICTS),
    )  # fmt: skip


@PAGES.post("/attended/{run}", may="run", words="answer a step, attach a file, correct, pause, finish a case", files=True)
def answer(visit: Visit) -> Response:
    name = visit.part("run")
    held = _held(visit, name)
    if held is None:
        return visit.go("/attended", f"Nobody sits at {name} any more; what was answered is on record. Go on with it here.")
    if not _mine(visit, held):
        return _told_who(visit, held)
    try:
        return _take(visit, held) or visit.go(url("/attended", name))
    except (BadInput, Refused) as problem:
        if visit.who.ended:
            raise
        if isinstance(problem, BadUpload):
            visit.refused("upload", f"{problem.message}: {problem.where}")
        return _step(visit, held, problem, 409 if problem.message == GONE else 403 if isinstance(problem, Refused) else 422)


def _take(visit: Visit, sitting: Sitting) -> Response | None:
    """What the person did, as answers to the question that stands; or the page that leads a second person to the provider first.

    Raises BadInput where something lacks: then nothing is answered.
    """
    do, question = visit.field("do"), sitting.question or {}
    turn, ask = visit.field("turn"), str(question.get("ask", ""))
    if sitting.works or turn != str(sitting.turn):
        raise BadInput(GONE, hint="look at the step as it stands now, then answer it", rule="RR-X05")
    if do == "pause":
        if ask not in _PAUSES:
            sitting.leave(f"paused by {sitting.seated.by.shown}")
            return None
        sitting.say(int(turn), {ask: _PAUSES[ask]}, _WORKS)
        return None
    made = _GIVEN.get(do)
    if made is None:
        raise BadInput("choose one of the buttons of the page")
    given = made(visit, sitting, ask)
    if (sent := visit.files.get("file")) is not None and do in ("answer", "note", "issue", "attach", "done"):
        laid = sitting.lay_down(receive(sent.name, sent.data))
        sitting.draft = _typed(visit)
        before = _kept(sitting)
        attach = {ask: "a" if ask == "explore" else ("a", ""), "file": laid}
        sitting.say(int(turn), attach, _WORKS)
        stands = _asks(sitting) == ask and _kept(sitting) > before
        if do == "attach" or not stands:
            return None  # what is said to the file comes first; the words typed meanwhile stand in the form
    elif do == "attach":
        raise BadInput("no file was chosen", hint="take a picture or choose a file, then attach it")
    if seconding.awaited(given):
        sitting.draft = _typed(visit)
        return seconding.to_them(visit, sitting, given)
    sitting.draft = {}
    sitting.say(sitting.turn, given, _WORKS)
    return None


def _typed(visit: Visit) -> dict[str, str]:
    return {n: visit.form[n] for n in _KEPT if n in visit.form}


def _asks(sitting: Sitting) -> str:
    """Kind of the question that stands; empty while there is none."""
    return "" if sitting.works else str((sitting.question or {}).get("ask", ""))


def _kept(sitting: Sitting) -> int:
    """Files of the step that is open."""
    return len(((sitting.question or {}).get("step") or {}).get("kept", ()))


def _words(visit: Visit, name: str, what: str) -> str:
    """Words that say something, as one line."""
    text = " ".join(visit.form.get(name, "").split("\n")).strip()
    if says_nothing(text):
        raise BadInput(f"{what} may not be blank", rule="RR-X08")
    return text


def _judged(visit: Visit, sitting: Sitting, *, witnessed: bool) -> dict[str, Any]:
    """Verdict, and what it asks for."""
    letter = visit.form.get("verdict", "")
    if letter not in VERDICTS:
        raise BadInput("choose a verdict", rule="RR-X08")
    given: dict[str, Any] = {"verdict": letter}
    if letter in "bn":
        given["reason"] = _words(visit, "reason", f"the reason why it was {VERDICTS[letter][0]}")
    if letter == "f":
        given["note"] = " ".join(visit.form.get("note", "").split("\n"))
    return given | (_second(visit, sitting) if witnessed and letter in "pf" else {})


def _second(visit: Visit, sitting: Sitting) -> dict[str, Any]:
    """Another person, who proves now who they are, and says whether the answer is as they see it. Raises Refused, with its event."""
    person, agree, there = visit.form.get("person", "").strip(), visit.form.get("agree", ""), seconding.at_provider(visit)
    if not person and not there:
        raise BadInput("this step needs a second person, who proves now who they are", rule="RR-X06")
    if agree not in ("y", "n"):
        raise BadInput("the second person says whether the answer is as they see it", rule="RR-X06")
    said = {"agree": agree} | ({"sees": _words(visit, "sees", "what the second person sees")} if agree == "n" else {})
    return said if there else {**said, "second": seconding.by_password(visit, sitting, person)}


def _answered(visit: Visit, sitting: Sitting, _ask: str) -> dict[str, Any]:
    actual = _words(visit, "actual", "the actual result")
    here = (sitting.question or {}).get("step") or {}
    if (sent := visit.files.get("file")) is not None:
        receive(sent.name, sent.data)  # refused before anybody signs in as the second person
    return {"actual": ("", actual), **_judged(visit, sitting, witnessed=bool(here.get("witnessed")))}


def _corrected(visit: Visit, sitting: Sitting, ask: str) -> dict[str, Any]:
    number = visit.field("number")
    own = {str(s["number"]): s for s in (sitting.question or {}).get("answered", ()) if s["correctable"]}
    if number not in own:
        raise BadInput("this step has no answer that can be corrected", where=f"step {number}", rule="RR-X07")
    said = _words(visit, "corrected", "the corrected actual result")
    why = _words(visit, "why", "why the first answer was wrong")
    judged = _judged(visit, sitting, witnessed=bool(own[number]["witnessed"]))
    return {ask: ("c", ""), "number": number, "corrected": said, "why": why, **judged}


def _way(visit: Visit, _sitting: Sitting, _ask: str) -> dict[str, Any]:
    way = visit.form.get("way", "")
    if way not in ("g", "s"):
        raise BadInput("choose whether the case goes on or stops here")
    return {"way": way, **({"stop-reason": _words(visit, "stop-reason", "the reason for stopping")} if way == "s" else {})}


def _said(visit: Visit, _sitting: Sitting, ask: str) -> dict[str, Any]:
    return {ask: " ".join(visit.field("words").split("\n"))}


def _jotted(visit: Visit, _sitting: Sitting, ask: str) -> dict[str, Any]:
    do = visit.field("do")
    return {ask: f"{do[0]} {_words(visit, 'words', f'the {do}')}"}


_GIVEN: Mapping[str, Callable[[Visit, Sitting, str], dict[str, Any]]] = {
    "answer": _answered,
    "correct": _corrected,
    "way": _way,
    "say": _said,
    "note": _jotted,
    "issue": _jotted,
    "attach": lambda _visit, _sitting, _ask: {},
    "done": lambda _visit, _sitting, ask: {ask: "d"},
    "finish": lambda _visit, _sitting, ask: {ask: ("", "")},
    "second": lambda visit, sitting, _ask: _second(visit, sitting),
    "proved": seconding.answered,
    "nobody": lambda _visit, _sitting, _ask: {"second": None},
}
