"""The pages of the tool, as HTML. Whatever somebody typed is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

STYLE = """body{font:16px sans-serif;margin:2rem;max-width:60rem}label{display:block;margin:.5rem 0}td,th{border:1px solid #999;padding:.2rem .5rem;
text-align:left}table{border-collapse:collapse}dt{font-weight:bold}[role=alert]{color:#900;border:2px solid #900;padding:.5rem}[role=status]{color:#060}"""
CONDITIONS = ("25 °C / 60 % RH", "30 °C / 65 % RH", "40 °C / 75 % RH")


def page(title: str, body: str, who: str = "", notice: str = "") -> str:
    """A whole page. `notice`: a paragraph made by `said`."""
    head = (
        f'<p id="who">Signed in as <b>{escape(who)}</b></p><form method="post" action="/logout"><button>Sign out</button></form>'
        if who
        else ""
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"<body>{head}<h1>{escape(title)}</h1>{notice}{body}</body></html>"
    )


def said(words: str, kind: str = "") -> str:
    """What the tool says of an act: a refusal of a kind, or that it is done."""
    return f'<p role="alert" class="{kind}">{escape(words)}</p>' if kind else f'<p role="status">{escape(words)}</p>'


def table(identity: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f'<table id="{identity}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def facts(values: Mapping[str, str]) -> str:
    """Names and values; each value has an id of its own."""
    return (
        "<dl>"
        + "".join(f'<dt>{escape(n)}</dt><dd id="{n.replace(" ", "-")}">{escape(v)}</dd>' for n, v in values.items())
        + "</dl>"
    )


def form(action: str, fields: Sequence[str], button: str, typed: Mapping[str, str] | None = None) -> str:
    """A form with a label for each field."""
    made = []
    for name in fields:
        value = escape((typed or {}).get(name, ""), quote=True)
        label = f'<label for="in-{name}">{escape(name)}</label>'
        if name == "condition":
            options = "".join(f"<option>{escape(c)}</option>" for c in ("", *CONDITIONS))
            made.append(f'{label}<select id="in-{name}" name="{name}">{options}</select>')
        else:
            kind, kept = ("password", "") if name == "password" else ("text", value)
            made.append(f'{label}<input id="in-{name}" name="{name}" type="{kind}" value="{kept}">')
    return f'<form method="post" action="{escape(action, quote=True)}" autocomplete="off">{"".join(made)}<button>{escape(button)}</button></form>'
