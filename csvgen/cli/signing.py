"""sign, withdraw, handover, show: what people do to answer for records, and how they see who answered."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, ask_secret, need_terminal, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError, Exit, Refused

if TYPE_CHECKING:
    from csvgen.identity.sessions import Session
    from csvgen.model.audit import Actor
    from csvgen.model.signature import SignatureRecord
    from csvgen.signature.approvals import Approval
    from csvgen.workflow.signing import Act, Waiting

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("documents", nargs=-1)
@click.option("--paper", is_flag=True, help="Register the scan of a page of DOCUMENTS that was signed by hand.")
@click.option("--scan", type=_FILE, help="With --paper: the scan (PDF, PNG, JPEG or TIFF).")
@click.option(
    "--handover", type=_FOLDER, help="Sign a record that another organisation handed over, with --key; needs no project."
)
@click.option("--key", type=_FILE, help="With --handover: your own key and certificate (PKCS#12).")
@system_option
@click.pass_obj
def sign(
    folder: Path,
    documents: tuple[str, ...],
    paper: bool,
    scan: Path | None,
    handover: Path | None,
    key: Path | None,
    named: str | None,
) -> Exit:
    """Sign what waits for you (or only the DOCUMENTS named), or decline it.

    Each record is shown, and asks for a meaning, a reason code, a reason in your own words, and your password; the first of a
    session for all components. Nothing is filled in for you. The meaning `declined` ends the way of a revision.
    """
    need_terminal("a signature")
    if (handover is None) != (key is None) or (scan is None) == paper:
        raise ConfigError("--handover goes with --key, and --paper with --scan", hint="csvgen sign --help")
    if handover is not None and key is not None:
        return _sign_handover(handover, key)
    project = Project(folder, named)
    if scan is not None:
        return _register_paper(project, documents, scan)
    return _sign_waiting(project, documents)


def _sign_waiting(project: Project, documents: tuple[str, ...]) -> Exit:
    from csvgen.clock import shown, stored
    from csvgen.crypto.cms import load_library
    from csvgen.workflow.signing import SigningDesk, able, waiting
    from csvgen.workflow.voiding import note_void

    directory = project.directory
    load_library()
    session = project.enter()
    note_void(project.state, project.ledger, directory.actor(session))
    desk = SigningDesk(project.state, directory, project.clock)
    mine = [w for w in desk.waiting(session) if not documents or w.document.id in documents]
    say(f"{one_line(session.account.printed_name)}: {len(mine)} record(s) wait for your signature.")
    for item in mine:
        say(f"  {item.document.id} revision {item.document.revision}  {item.document.digest}  {one_line(item.document.title)}")
    others = [
        w for w in waiting(project.state) if w.document.id in documents and w.document.id not in {m.document.id for m in mine}
    ]
    for item in others:
        who = able(project.state, directory.accounts(), item, stored(project.clock.now()))
        say(f"  {item.document.id} does not wait for you. It waits for {one_line(who)}")
    done = declined = 0
    for number, item in enumerate(mine, 1):
        _show(item, number, len(mine))
        if item.refusal:
            say(f"      cannot be signed now: {one_line(item.refusal)}")
        act = _ask(project, session, (item.station.meaning, "declined") if not item.refusal else ("declined",))
        if act is None:
            continue
        made = desk.sign(session, item, act)
        done += 1
        declined += made.record.meaning == "declined"
        verb, how = ("Declined", "") if made.record.meaning == "declined" else ("Signed", f" as {made.record.meaning}")
        say(f"      {verb} {shown(made.record.signed)} by {one_line(made.record.printed_name)}{how}.")
        _anchor(project, directory.actor(session), "sign")
    directory.log_out(session)
    say(f"{done - declined} signed{f', {declined} declined' if declined else ''}.")
    missing = sorted(set(documents) - {w.document.id for w in (*mine, *others)})
    for name in missing:
        say(f"nothing called {one_line(name)} waits for a signature")
    return Exit.FINDINGS if missing or others else Exit.FINE


def _anchor(project: Project, actor: Actor, why: str) -> None:
    """A checkpoint of the trail at every signature. An anchor out of reach stops nobody: it is an event, and is said."""
    from csvgen.workflow.opening import fix

    for problem in fix(project.config, project.ledger, project.clock, actor, why):
        say(f"      anchor: {one_line(problem)}")


def _ask(project: Project, session: Session, meanings: tuple[str, ...]) -> Act | None:
    """What the person states, and the components. Nothing has a default; a blank meaning leaves the record as it is."""
    from csvgen.identity.signed_on import SignedOn
    from csvgen.model.signature import REASONS, STATEMENTS
    from csvgen.workflow import keys
    from csvgen.workflow.signing import Act

    for meaning in meanings:
        say(f"      {meaning}: {STATEMENTS[meaning]}")
    meaning = _one_of("      Meaning (blank to leave it)", STATEMENTS, default="")
    if not meaning:
        return None
    for code, words in REASONS[meaning].items():
        say(f"      {code}: {words}")
    reason_code = _one_of("      Code of the reason", REASONS[meaning])
    reason = click.prompt("      Reason in your own words", err=True)
    directory, first, person = project.directory, session.signings == 0, session.account.id
    token = keys.token_of(directory, person)
    if isinstance(directory, SignedOn) and directory.linked(person):
        proof = project.prove("      To sign")
        secret = ask_secret(f"      PIN of the token {one_line(token)}" if token else "      Secret of your key")
        where = {"pin": secret, "password": ""} if token else {"password": secret}
        return Act(meaning=meaning, reason_code=reason_code, reason=reason, proof=proof, **where)
    user_id = click.prompt("      User id", err=True) if first else ""
    password = ask_secret("      Password")
    one_time = ask_secret("      One-time code (not the one of the log-in)") if first and directory.asks_code(person) else ""
    pin = ask_secret(f"      PIN of the token {one_line(token)}") if token else ""
    return Act(
        meaning=meaning, reason_code=reason_code, reason=reason, user_id=user_id, password=password, one_time=one_time, pin=pin
    )


def _one_of(prompt: str, words: Collection[str], default: str | None = None) -> str:
    """One of the words, asked for again until it is. What was typed is not repeated: it may be a password at the wrong prompt."""
    while True:
        typed = str(click.prompt(prompt, default=default, show_default=False, err=True)).strip()
        if typed in words or typed == default:
            return typed
        say("      That is not one of the words above; nothing was signed yet.")


def _show(item: Waiting, number: int, total: int) -> None:
    """What is about to be signed: nothing is hidden, nothing is chosen for the signer."""
    d = item.document
    say(f"\n {number}/{total}  {d.id} revision {d.revision}  {one_line(d.title)}")
    say(f"      record {d.digest}")
    for rendition in d.renditions:
        say(f"      file   {one_line(rendition.file)}{' (official)' if rendition.official else ''}")
    if item.approval.content is not None:
        for key, value in item.approval.content.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            say(f"      {one_line(key)}: {one_line(text)}")
    for s in item.approval.signatures:
        say(f"      signed {_told(s.record)}")
    say(f"      waits for: {item.station.meaning} as {item.station.role}.")


def _told(record: SignatureRecord) -> str:
    from csvgen.clock import shown

    return one_line(f"{record.meaning} by {record.printed_name} ({record.role}), {shown(record.signed)}")


@click.command()
@click.argument("document")
@system_option
@click.pass_obj
def withdraw(folder: Path, document: str, named: str | None) -> Exit:
    """Withdraw the newest revision of DOCUMENT (an execution order too), by signature and with a reason. It stays visible for ever."""
    from csvgen.clock import shown
    from csvgen.workflow.signing import SigningDesk

    need_terminal("a withdrawal")
    project = Project(folder, named)
    approval = project.state.latest(document)
    if approval is None:
        raise BadInput(f"there is no record {document!r}", hint="csvgen status")
    directory = project.directory
    session = project.enter()
    d = approval.document
    say(f"  {d.id} revision {d.revision}  {one_line(d.title)}\n      record {d.digest}  ({project.state.life(approval)})")
    act = _ask(project, session, ("withdrawn",))
    if act is None:
        directory.log_out(session)
        say("nothing was withdrawn.")
        return Exit.FINDINGS
    made = SigningDesk(project.state, directory, project.clock).withdraw(session, document, act)
    _anchor(project, directory.actor(session), "withdraw")
    directory.log_out(session)
    say(f"Withdrawn {shown(made.record.signed)} by {one_line(made.record.printed_name)}.")
    return Exit.FINE


# ------------------------------------------------------------ on paper


def _register_paper(project: Project, documents: tuple[str, ...], scan: Path) -> Exit:
    from csvgen.clock import stored
    from csvgen.workflow.documents import Publisher
    from csvgen.workflow.keys import seal_key
    from csvgen.workflow.paper import register

    if len(documents) != 1:
        raise ConfigError("one scan belongs to one record", hint="csvgen sign DOCUMENT --paper --scan FILE")
    directory = project.directory
    session = project.enter()
    if why := directory.may(session.account, "register paper"):
        raise Refused(why, rule="RR-G01")
    printed_name = click.prompt("Name of the person who signed by hand", err=True)
    dated = click.prompt("Date, time and zone as written", err=True)
    original = click.prompt("Place where the paper is kept", err=True)
    publisher = Publisher(project.state, project.ledger, project.clock, directory.actor(session), seal_key(project.config))
    made = register(
        publisher, documents[0], scan.read_bytes(), printed_name=printed_name, dated=dated, original=original,
        registrar=session.account, now=stored(project.clock.now()), where=scan.name,
    )  # fmt: skip
    directory.log_out(session)
    say(f"{made.id}  {one_line(made.title)}: a second person compares the scan with the paper and signs (csvgen sign)")
    return Exit.FINE


# ------------------------------------------------------------ to and from other organisations


@click.group()
def handover() -> None:
    """Records for a signer of another organisation (21 CFR 11.30)."""


@handover.command("export")
@click.argument("document")
@click.option("--to", "to", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--signer", required=True, help="Id of the registered external person.")
@system_option
@click.pass_obj
def handover_export(folder: Path, document: str, to: Path, signer: str, named: str | None) -> Exit:
    """Make a folder with DOCUMENT for an external signer. Its digest is told by another channel."""
    from csvgen.workflow.handover import hand_over

    project = Project(folder, named)
    handed = hand_over(project.state, project.directory, project.clock, project.operator, document, signer, to)
    say(f"{to}\nTell {one_line(signer)} by another channel (telephone, letter) this digest of the hand-over:")
    click.echo(handed)
    return Exit.FINE


@handover.command("import")
@click.argument("answer", type=_FOLDER)
@system_option
@click.pass_obj
def handover_import(folder: Path, answer: Path, named: str | None) -> Exit:
    """Take a hand-over back with the signature of the external signer. Anything changed on the way is refused."""
    from csvgen.clock import shown
    from csvgen.workflow.handover import take_back

    project = Project(folder, named)
    made = take_back(project.state, project.directory, project.clock, project.operator, answer)
    _anchor(project, project.operator, "sign")
    r = made.record
    say(f"{r.record} r{r.revision}: {r.meaning} by {one_line(r.printed_name)} ({r.role}), signed {shown(r.signed)}")
    return Exit.FINE


def _sign_handover(folder: Path, key: Path) -> Exit:
    from csvgen.clock import SystemClock, shown
    from csvgen.crypto.keys import read_pkcs12
    from csvgen.signature.handover import read_handover
    from csvgen.workflow.handover import sign_handover
    from csvgen.workflow.signing import Act

    order, handed = read_handover(folder)
    say(f"{order.record} revision {order.revision}  {one_line(order.title)}\n  record {order.record_digest}")
    for name in sorted(order.files):
        say(f"  file   {one_line(name)}")
    say(f"  {order.printed_name} is asked for: {order.meaning} as {order.role}. {order.statement}")
    told = click.prompt("Digest that was told to you by another channel (16 hex digits or more)", err=True)
    if "".join(told.split()).lower().removeprefix("sha256:")[:16] != handed.hex[:16]:
        raise Refused("this is not the folder whose digest was told to you; do not sign it", rule="RR-O03")
    meaning = click.prompt("Meaning (blank to leave it)", default="", show_default=False, err=True)
    if not meaning:
        say("nothing was signed.")
        return Exit.FINDINGS
    for code, words in (order.decline_reasons if meaning == "declined" else order.reasons).items():
        say(f"  {one_line(code)}: {one_line(words)}")
    reason_code = click.prompt("Code of the reason", err=True)
    reason = click.prompt("Reason in your own words", err=True)
    secret = ask_secret("Secret of your key")
    credential = read_pkcs12(key.read_bytes(), secret.encode("utf-8"))
    act = Act(meaning=meaning, reason_code=reason_code, reason=reason, password="")
    made = sign_handover(folder, told, credential, act, SystemClock())
    say(f"Signed {shown(made.record.signed)} as {made.record.meaning}. Send the folder back: {folder}")
    return Exit.FINE


# ------------------------------------------------------------ looking


@click.command()
@click.argument("document")
@click.option("--revision", type=int, help="An earlier revision; default: the newest.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text")
@click.option(
    "--copy", "copy", type=click.Path(dir_okay=False, path_type=Path), help="Write a marked copy of its PDF for reading."
)
@click.option(
    "--features", "into", type=click.Path(file_okay=False, path_type=Path), help="Write the feature files of this protocol here."
)
@system_option
@click.pass_obj
def show(
    folder: Path, document: str, revision: int | None, form: str, copy: Path | None, into: Path | None, named: str | None
) -> Exit:
    """A record with all its signatures: who, when, with which meaning, and whether they hold. Exit 1 when one does not, or a file was changed.

    The copy says on every page that it is one, and what became of the original: superseded, void, withdrawn. The original is not touched.
    """
    from csvgen.workflow import telling

    project = Project(folder, named)
    state = project.state
    found = [a for a in state.approvals if a.document.id == document and revision in (None, a.document.revision)]
    if not found:
        raise BadInput(f"there is no record {document!r}" + (f" revision {revision}" if revision else ""), hint="csvgen status")
    approval = found[-1]
    value, files = telling.told(state, approval), telling.written(project.ledger)
    damaged = telling.damaged(state, approval, files)
    about = f"{document} r{approval.document.revision}"
    for r in value["renditions"]:
        r |= {"written": files.get((about, r["file"]), ""), "problem": damaged.get(r["file"], "")}
    if copy is not None:
        copy.write_bytes(telling.reading_copy(state, approval))
        say(f"copy for reading -> {copy}")
    if into is not None:
        telling.write_features(approval, into)
        say(f"{len(approval.features)} feature files, as they were when it was composed -> {into}")
    if form == "json":
        click.echo(json.dumps(value, indent=1, ensure_ascii=False))
    elif form == "csv":
        _as_csv(value)
    else:
        _as_text(approval, value, telling.signature_words(state, approval))
    bad = any(s["status"] in ("INVALID", "VOID") for s in value["signatures"]) or value["standing"].startswith(
        ("INVALID", "VOID")
    )
    return Exit.FINDINGS if bad or damaged else Exit.FINE


def _as_text(approval: Approval, value: dict[str, object], words: tuple[str, ...]) -> None:
    d = approval.document
    from csvgen.signature.manifestation import DEMONSTRATION

    click.echo(f"{d.id} revision {d.revision}  {one_line(d.title)}{f'  ({DEMONSTRATION})' if d.demonstration else ''}")
    click.echo(f"  {one_line(str(value['standing']))}")
    click.echo(f"  record   {d.digest}\n  content  {d.content}")
    for r in value["renditions"]:  # type: ignore[attr-defined]
        sha256 = r["written"] or f"{r['sha256']} before seal and signatures"
        click.echo(f"  file     {one_line(r['file'])}  {sha256}{' (official)' if r['official'] else ''}")
        if r["problem"]:
            click.echo(f"           DAMAGED: {r['problem']}")
    for line in words:
        click.echo(f"  {one_line(line)}")
    for change in value["changed_since"]:  # type: ignore[attr-defined]
        click.echo(f"  changed since: {one_line(change['field'])}: {one_line(change['signed'])} -> {one_line(change['now'])}")


def _as_csv(value: dict[str, object]) -> None:
    """One row for each signature, to be read in a spreadsheet; a text that a spreadsheet takes for a formula is disarmed."""
    columns = ("record", "revision", "number", "printed_name", "role", "meaning", "shown", "reason_code", "reason", "status")
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in value["signatures"]:  # type: ignore[attr-defined]
        cells = {**row, "record": value["record"], "revision": value["revision"]}
        writer.writerow([_cell(str(cells[c])) for c in columns])
    for line in value["handwritten"]:  # type: ignore[attr-defined]
        writer.writerow([value["record"], value["revision"], "", "", "", "", "", "", _cell(line), "on paper"])


def _cell(text: str) -> str:
    return f"'{one_line(text)}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else one_line(text)
