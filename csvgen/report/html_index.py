"""The index page of a package: what is in it, what is not as it should be, and how to check it. A browser is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from csvgen.model.matrix import Gap
from csvgen.report.html_page import facts, lines, page, table, text, word
from csvgen.report.result_blocks import OWN_DETAIL
from csvgen.report.wording import IN_ENGLISH, Wording

DOCUMENTS = ("Document", "Revision", "Title", "Signatures", "Files")
RUNS = ("Run", "Mode", "Verdicts", "Begun", "Sealed", "Files")
GAPS = ("Gap", "Subject", "Detail")
DEVIATIONS = ("Deviation", "Run", "Case", "Disposition")
_COMMANDS = (
    "sha256sum --check --strict --quiet SHA256SUMS",
    "python3 -I -S check_package.py",
    "openssl cms -verify -binary -inform DER -in package.p7s -content package.json -CAfile roots.pem -purpose any -out /dev/null",
)
_NOTICE = (
    "This page is a guide to the package and no record. What counts are the signed PDF files, the signed records and the seals; each "
    "link below leads to one of them or to data beside them."
)
_ROOTS = "In this folder. The root certificates must have reached you another way than the package; nothing inside it can say whom to believe."
_TOLD = (
    "The first two need no csvgen and no key: they tell that the package agrees with itself. The third tells who sealed it; README.txt "
    "has the command for a signature. The last works everything out anew, and says what it could not know."
)


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    path: str
    """Relative to the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What the page tells. Every text is literal."""

    title: str
    organisation: str
    banner: str
    made: str
    made_by: str
    state: str
    gaps: Sequence[tuple[str, str, str]]
    documents: Sequence[tuple[str, str, str, str, Sequence[Link]]]
    runs: Sequence[tuple[str, str, str, str, str, Sequence[Link]]]
    deviations: Sequence[tuple[str, str, str, str]]
    others: Sequence[tuple[str, Sequence[Link]]]
    """What else there is, with where it lies."""


def gap(found: Gap, words: Wording) -> tuple[str, str, str]:
    """A gap as the page lists it; some details are titles of the project."""
    detail = found.detail if found.kind in OWN_DETAIL else words.recognised(found.detail)
    return words.say(found.kind.replace("-", " ")), found.subject, detail


def signed(done: int, wanted: int, ended: str, words: Wording) -> str:
    """How many of its signatures a document has, and how its way ended if it did without all of them."""
    count = words.say("{done} of {all}", done=str(done), all=str(wanted))
    return f"{count}, {words.say(ended)}" if ended else count


def disposition(decision: str, words: Wording) -> str:
    """What was decided about a deviation (in English as the record spells it), or that nobody has signed for it."""
    if not decision:
        return words.say("OPEN: no signed disposition")
    return words.say(decision.replace("-", " ")) if words.language else decision


def draw(index: Index, words: Wording = IN_ENGLISH) -> bytes:
    """The page as UTF-8; the same values give the same bytes."""
    return page(index.title, _body(index, words), words)


def _links(links: Sequence[Link], words: Wording) -> str:
    made = (f'<a href="{text(quote(link.path, safe="/"))}">{lines(link.words)}</a>' for link in links)
    return ", ".join(made) or text(words.say("none"))


def _body(index: Index, words: Wording) -> Iterator[str]:
    say = words.say

    def listed(title: str, key: str, titles: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> Iterator[str]:
        yield f'<h2 id="{key}">{text(say(title))}</h2>'
        yield from table(words.all(titles), rows or [[text(say(empty))]], label=say(title))

    yield "<header>"
    if index.banner:
        yield f'<p class="banner">{lines(index.banner)}</p>'
    yield f'<p class="organisation">{lines(index.organisation)}</p><h1>{lines(index.title)}</h1>'
    made = say("Made {when} by {program}. {state}", when=index.made, program=index.made_by, state=index.state)
    yield f'<p class="subtitle">{lines(made)}</p>'
    yield f'<p class="notice">{text(say(_NOTICE))}</p></header>'
    yield '<main id="main">'
    gaps = [[lines(t) for t in row] for row in index.gaps]
    yield from listed("What is open, first", "gaps", GAPS, gaps, "Nothing: the matrix has no gap.")
    documents = [[lines(i), lines(r), lines(t), lines(s), _links(files, words)] for i, r, t, s, files in index.documents]
    yield from listed("Documents", "documents", DOCUMENTS, documents, "No document was composed.")
    runs = [
        [lines(run), lines(mode), _verdicts(said), lines(begun), lines(sealed), _links(files, words)]
        for run, mode, said, begun, sealed, files in index.runs
    ]
    yield from listed("Runs", "runs", RUNS, runs, "Nothing was executed.")
    deviations = [[lines(t) for t in row] for row in index.deviations]
    yield from listed("Deviations", "deviations", DEVIATIONS, deviations, "None was opened.")
    yield f'<h2 id="others">{text(say("What else there is"))}</h2>'
    yield from facts((name, _links(links, words)) for name, links in index.others)
    yield f'<h2 id="check">{text(say("How to check it"))}</h2>'
    yield f"<p>{text(say(_ROOTS))}</p>"
    yield from (f'<p class="mono">{text(line)}</p>' for line in _checks(words))
    yield f"<p>{text(say(_TOLD))}</p>"
    yield "</main>"


def _checks(words: Wording) -> Iterator[str]:
    """Commands, with the names that stand for something in the language of the page."""
    yield from _COMMANDS
    folder, kept = words.say("TRUST-FOLDER"), words.say("CHECKPOINTS-KEPT-ELSEWHERE")
    yield f"csvgen verify . --trust {folder} --anchor {kept}"


def _verdicts(said: str) -> str:
    return "<br>".join(word(part) for part in said.split("\n"))
