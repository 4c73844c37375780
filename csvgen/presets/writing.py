"""A preset as files of a new project: YAML with a comment wherever a person has to answer.

What every system answers for itself reads TO BE WRITTEN, and beside it stands what is asked, with an example. Both come from the
pattern file, so that they are told in one place.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from csvgen.model.base import PLACEHOLDER
from csvgen.patterns.bind import find
from csvgen.patterns.catalogue import ParameterRule, Pattern
from csvgen.patterns.pages import parameter_lines, row_line
from csvgen.presets.library import Draft, DraftCriterion, account, choose

_WIDTH = 130
_AREAS = {
    "20-records.yaml": ("RC", "Records"),
    "30-audit-trail.yaml": ("AT", "Audit trail"),
    "40-e-signature.yaml": ("ES", "Electronic signatures"),
    "50-access.yaml": ("AC", "Accounts, roles and sessions"),
    "60-installation.yaml": ("IN", "Installation and configuration"),
}
"""File of requirements -> key and title of the function that carries them."""
_HEAD = """\
# {titles}: {what}
# Written once by csvgen init; from here on it is yours. Whatever reads TO BE WRITTEN is for a person to answer, and the comment beside
# it says what is asked; csvgen check names each place. Delete what does not apply, with its risk, and say why in plan.yaml.
"""


def files(presets: Iterable[str], prefix: str) -> dict[str, str]:
    """Path below the system's folder -> text: requirements, risks and functions of the presets."""
    names = tuple(presets)
    chosen = choose(names)
    if not chosen:
        return {}
    titles = " and ".join(account(name).title for name in names)
    tested = {name: [d for d in drafts if d.risk] for name, drafts in chosen.items()}
    found = {
        f"urs/{name}": _file(
            "urs", titles, "requirements.", "requirements", (line for d in drafts for line in _requirement(d, prefix))
        )
        for name, drafts in chosen.items()
    }
    risks = (line for drafts in tested.values() for d in drafts for line in _risk(d, prefix))
    head = ("scheme: gamp5-two-step", "raters: [validation-lead, process-owner, system-owner, quality]")
    found["risk/20-regulations.yaml"] = _file(
        "risk", titles, "draft risks. Ratings are proposals: the raters decide, and give the reason.", "risks", risks, head
    )
    functions = (line for name, drafts in tested.items() if drafts for line in _function(name, drafts, prefix))
    found["fs/20-regulations.yaml"] = _file("fs", titles, "the functions that carry the requirements.", "functions", functions)
    return found


def sections(presets: Iterable[str], prefix: str) -> str:
    """Sections of installation.yaml, to stand behind the others."""
    lines = (line for drafts in choose(presets).values() for d in drafts for line in _section(d, prefix))
    return "".join(f"{line}\n" for line in lines)


def left_out(presets: Iterable[str]) -> str:
    """Rows of out_of_scope in plan.yaml: paragraphs that no requirement answers."""
    rows = (row for name in presets for row in account(name).left_out)
    return "".join(f"  - {{what: {_quoted(row.what)}, reason: {_quoted(row.reason)}}}\n" for row in rows)


def _file(kind: str, titles: str, what: str, key: str, lines: Iterable[str], head: tuple[str, ...] = ()) -> str:
    schema = f"# yaml-language-server: $schema=../../../.csvgen/schemas/{kind}.schema.json\n"
    body = "\n".join([f"format: csvgen.{kind}/1", *head, f"{key}:", *lines])
    return f"{schema}{_HEAD.format(titles=titles, what=what)}{body}\n"


# ------------------------------------------------------------------ entries


def _requirement(d: Draft, prefix: str) -> Iterator[str]:
    yield f"  - id: {_quoted(f'URS-{prefix}-{d.key}')}"
    yield f"    title: {_quoted(d.title)}"
    yield from _prose("statement", d.statement)
    yield from _prose("rationale", d.rationale)
    yield f"    category: {d.category}"
    yield f"    clauses: [{', '.join(_quoted(c) for c in d.clauses)}]"
    yield '    gxp: "yes"'
    yield f"    phase: {d.phase}"
    if d.criteria:
        yield "    criteria:"
        for number, criterion in enumerate(d.criteria, 1):
            yield from _criterion(number, criterion)
    if d.review:
        yield f"    verification: {d.verification}"
        yield "    covered:"
        yield "      # Number, title and version of the document that answers it, or the decision. With document: procedures/FILE its"
        yield f"      # text is bound and signed too. For example: {d.answer}"
        yield f"      by: {_quoted(PLACEHOLDER)}"
        asked = " ".join(f"({number}) {question}" for number, question in enumerate(d.review, 1))
        yield "      # Whoever reviews the document writes what it says to each question, in place of the whole text."
        yield from _prose("reason", f"{PLACEHOLDER}: {asked}", "      ")


def _criterion(number: int, criterion: DraftCriterion) -> Iterator[str]:
    pattern = find(criterion.pattern)
    yield f"      - id: ac-{number}"
    yield f"        title: {_quoted(criterion.title)}"
    yield f"        pattern: {pattern.name}  # csvgen explain {pattern.name}"
    if criterion.note:
        yield from _wrapped(criterion.note, "        # ")
    if given := _parameters(pattern, criterion.parameters):
        yield "        parameters:"
        for rule, value, example in given:
            yield from _wrapped(rule.about + (f" Columns: {', '.join(rule.columns)}." if rule.columns else ""), "          # ")
            if example:
                yield from _wrapped(f"For example: {example}", "          # ")
            yield from parameter_lines({rule.name: value}, "          ")


def _parameters(pattern: Pattern, fixed: Mapping[str, Any]) -> list[tuple[ParameterRule, Any, str]]:
    """Each parameter of the example with its value: the one of the preset, or a question of the same form, with an example."""
    asked = (rule for rule in pattern.parameters if rule.name in pattern.example)
    return [
        (rule, fixed.get(rule.name, _question(rule, pattern.example[rule.name])), _example(pattern.example[rule.name]))
        for rule in asked
    ]


def _question(rule: ParameterRule, example: Any) -> Any:
    match example:
        case str():
            return PLACEHOLDER
        case [Mapping(), *_]:
            return (dict.fromkeys(rule.columns, PLACEHOLDER),)
        case _:
            return (PLACEHOLDER,)


def _example(value: Any) -> str:
    """The example in one line; of a table its first row."""
    match value:
        case str():
            return _quoted(value)
        case [Mapping() as row, *_]:
            return row_line(row)
        case _:
            return f"[{', '.join(_quoted(v) for v in value)}]"


def _risk(d: Draft, prefix: str) -> Iterator[str]:
    risk = d.risk
    if risk is None:
        return
    yield f"  - id: {_quoted(f'RA-{prefix}-{d.key}')}"
    yield f"    requirements: [{_quoted(f'URS-{prefix}-{d.key}')}]"
    yield from (f"    {key}: {_quoted(getattr(risk, key))}" for key in ("failure_mode", "cause", "effect"))
    yield f"    severity: {_rating(risk.severity)}  # how bad the effect is, in your process"
    yield f"    probability: {_rating(risk.probability)}  # how likely, before the controls"
    yield f"    detectability: {_rating(risk.detectability)}  # high: likely noticed before harm; low: silent"
    yield "    controls:  # proposals: name what your system does about it"
    yield from (f"      - {_quoted(control)}" for control in risk.controls)
    yield "    residual:  # with the controls above; what is proposed claims nothing better"
    yield f"      probability: {_rating(risk.probability)}"
    yield f"      detectability: {_rating(risk.detectability)}"
    yield f"    challenge: {{how: {_quoted(risk.challenge.how)}, fault: {risk.challenge.fault}}}  # csvgen explain {risk.challenge.fault}"


def _rating(grade: str) -> str:
    return f"{{rating: {grade}, reason: {_quoted(PLACEHOLDER)}}}"


def _function(name: str, drafts: Iterable[Draft], prefix: str) -> Iterator[str]:
    key, title = _AREAS[name]
    yield f"  - id: {_quoted(f'FS-{prefix}-{key}')}"
    yield f"    title: {_quoted(title)}"
    yield f"    implements: [{', '.join(_quoted(f'URS-{prefix}-{d.key}') for d in drafts)}]"
    yield f"    behaviour: {_quoted(PLACEHOLDER)}  # what the system does when all is well"
    yield f"    on_error: {_quoted(PLACEHOLDER)}  # what it does when something is wrong"
    yield f"    configuration: {_quoted(PLACEHOLDER)}  # which settings change it, and who may set them"
    yield f"    design: {_quoted(PLACEHOLDER)}  # how it is built, as far as testing needs to know"


def _section(d: Draft, prefix: str) -> Iterator[str]:
    if d.section is None:
        return
    yield f"  - id: {_quoted(f'IQ-{prefix}-{d.key}')}"
    yield f"    title: {_quoted(d.section.title)}"
    yield f"    requirement: {_quoted(f'URS-{prefix}-{d.key}')}"
    yield "    items:"
    yield from _wrapped(d.section.asks, "      # ")
    asked = ", ".join(f"{key}: {_quoted(PLACEHOLDER)}" for key in ("subject", "expected", "source"))
    yield f"      - {{id: {d.section.kind}-1, title: {_quoted(d.section.item)}, kind: {d.section.kind}, {asked}}}"


# ------------------------------------------------------------------ text


def _prose(key: str, text: str, indent: str = "    ") -> Iterator[str]:
    yield f"{indent}{key}: >-"
    yield from _wrapped(text, f"{indent}  ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
