"""explain: the rules, patterns, faults, risk schemes and units that come with csvgen."""

from __future__ import annotations

import click

from csvgen.errors import Exit


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> Exit:
    """Explain the rule CODE, for example URS102; a pattern, for example audit-entry@1; a fault; or a risk scheme, for example rpn-1-5.

    Without CODE: all rules. The words patterns, faults, schemes and units list what there is of each.
    """
    from csvgen.patterns.bind import find
    from csvgen.patterns.catalogue import catalogue
    from csvgen.patterns.faults import faults
    from csvgen.patterns.pages import page as pattern_page
    from csvgen.risk.read import shipped
    from csvgen.spec.pages import page, titles

    newest = {p.id: p for p in sorted(catalogue().values(), key=lambda p: int(p.version))}
    match code:
        case None:
            lines = [f"{known}  {title}" for known, title in titles().items()]
            lines.append("\nMore: csvgen explain patterns, faults, schemes, units; or the name of a pattern, fault or scheme")
        case "patterns":
            lines = [f"{name}  {pattern.title}" for name, pattern in catalogue().items()]
        case "faults":
            lines = [f"{name}  {fault.broken}" for name, fault in faults().items()]
        case "schemes":
            lines = sorted(shipped())
        case "units":
            lines = _units()
        case _ if code in newest:
            lines = [pattern_page(newest[code]).rstrip()]
        case _ if "@" in code:
            lines = [pattern_page(find(code)).rstrip()]
        case _ if code in faults():
            fault = faults()[code]
            demanded = [name for name, pattern in catalogue().items() if code in pattern.faults]
            lines = [
                f"{fault.name}  {fault.broken}",
                f"Seen: {fault.seen}",
                f"Patterns that must detect it: {', '.join(demanded)}",
            ]
        case _ if code in shipped():
            lines = [shipped()[code].read_text(encoding="utf-8").rstrip()]
        case _:
            lines = [page(code.upper()).text]
    click.echo("\n".join(lines))
    return Exit.FINE


def _units() -> list[str]:
    from csvgen.catalog.units import units

    kinds: dict[str, list[str]] = {}
    for unit, dimension in units().items():
        kinds.setdefault(dimension, []).append(unit)
    return [f"{dimension}: {' '.join(found)}" for dimension, found in kinds.items()]
