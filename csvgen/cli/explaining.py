"""explain: the rules, patterns, faults, risk schemes and units that come with csvgen."""

from __future__ import annotations

import click

from csvgen.errors import Exit
from csvgen.presets import PRESETS


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> Exit:
    """Explain the rule CODE, for example URS102; a pattern, for example audit-entry@1; a fault; a preset, for example part11; or a
    risk scheme, for example rpn-1-5.

    Without CODE: all rules. The words patterns, faults, schemes and units list what there is of each.
    """
    click.echo("\n".join(_listed(code) or _told(code) if code else _rules()))
    return Exit.FINE


def _rules() -> list[str]:
    from csvgen.spec.pages import titles

    more = "\nMore: csvgen explain patterns, faults, presets, schemes, units; or the name of one of them"
    return [*(f"{known}  {title}" for known, title in titles().items()), more]


def _listed(what: str) -> list[str]:
    """A list of what there is of a kind; nothing when it is no kind."""
    from csvgen.patterns.catalogue import catalogue
    from csvgen.patterns.faults import faults
    from csvgen.risk.read import shipped

    match what:
        case "patterns":
            return [f"{name}  {pattern.title}" for name, pattern in catalogue().items()]
        case "faults":
            return [f"{name}  {fault.broken}" for name, fault in faults().items()]
        case "presets":
            return list(PRESETS)
        case "schemes":
            return sorted(shipped())
        case "units":
            return _units()
        case _:
            return []


def _told(name: str) -> list[str]:
    """All there is to say of one pattern, fault, preset, scheme or rule. Raises ConfigError or BadInput naming what is near."""
    from csvgen.patterns.bind import find
    from csvgen.patterns.catalogue import catalogue
    from csvgen.patterns.faults import faults
    from csvgen.patterns.pages import page as pattern_page
    from csvgen.risk.read import shipped
    from csvgen.spec.pages import page

    newest = {p.id: p for p in sorted(catalogue().values(), key=lambda p: int(p.version))}
    if name in PRESETS:
        return _account(name)
    if name in newest or "@" in name:
        return [pattern_page(newest.get(name) or find(name)).rstrip()]
    if name in faults():
        demanded = [pattern.name for pattern in catalogue().values() if name in pattern.faults]
        fault = faults()[name]
        return [f"{name}  {fault.broken}", f"Seen: {fault.seen}", f"Patterns that must detect it: {', '.join(demanded)}"]
    if name in shipped():
        return [shipped()[name].read_text(encoding="utf-8").rstrip()]
    return [page(name.upper()).text]


def _units() -> list[str]:
    from csvgen.catalog.units import units

    kinds: dict[str, list[str]] = {}
    for unit, dimension in units().items():
        kinds.setdefault(dimension, []).append(unit)
    return [f"{dimension}: {' '.join(found)}" for dimension, found in kinds.items()]


def _account(preset: str) -> list[str]:
    """Each clause of the regulation and how a project begun with the preset answers it."""
    from csvgen.catalog.clauses import clauses
    from csvgen.presets.library import account, accounted

    lines = [
        f"{account(preset).title}, edition {account(preset).edition}: how csvgen init --preset {preset} answers each clause",
        "",
    ]
    for clause, (drafts, reasons) in accounted(preset).items():
        lines.append(f"{clause}  {clauses()[clause].heading}")
        lines += [f"    {d.key} {d.title} ({', '.join(c.pattern for c in d.criteria) or d.verification})" for d in drafts]
        lines += [f"    left out: {reason}" for reason in reasons]
    return lines
