"""Templates: what a value may say without becoming anything but text, and what a template may be."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csvgen.errors import ConfigError
from csvgen.model.report import Bullets, Heading, PageBreak, Paragraph
from csvgen.report.markdown import escape, read_blocks
from csvgen.report.text import visible
from csvgen.templates import Templates

from .sample import HOSTILE

PLACES = {"results": lambda: (Paragraph("from code", "note"),)}


def one(text: str) -> str:
    """What a value is after the markup of a template and back, and what the composer is promised it to be."""
    return visible(" ".join(text.split()))


@given(st.text(min_size=1).filter(lambda t: bool(t.split())))
@example("1. not a list")
@example("- not a list")
@example("# not a head")
@example("```block\nresults\n```")
@example("---")
@example("&amp; &#60;b&#62; <b>")
@example("[a](http://x.invalid) ![b](c)")
@example("`x` *y* __z__ ~~q~~")
@example("\x00 \u202e \ufeff")
@example("back\\slash \\* end\\")
def test_a_value_is_text_in_every_place_of_a_template(value):
    said = escape(value)
    text = f"# {said}\n\n{said}\n\n- {said}\n\n> {said}\n\nbefore {said} after\n"
    plain = one(value)
    assert read_blocks(text, PLACES, "t") == (
        Heading(1, plain),
        Paragraph(plain),
        Bullets((plain,)),
        Paragraph(plain, "note"),
        Paragraph(f"before {plain} after"),
    )


@pytest.mark.parametrize("value", [*HOSTILE, "{{ 7 * 7 }}", "{% include 'x' %}", "{# gone #}"])
def test_a_value_is_never_run_as_a_template(tmp_path, value):
    (tmp_path / "t.md").write_text("{{ value }}\n", encoding="utf-8")
    text = Templates(tmp_path, escape).render("t.md", value=value)
    assert read_blocks(text, PLACES, "t") == (Paragraph(one(value)),)


def test_the_forms_a_template_may_use():
    text = "# One\n\nA line\nand another.\n\n## Two\n\n1. first\n2. second\n\n---\n\n> a note\n\n```block\nresults\n```\n"
    assert read_blocks(text, PLACES, "t") == (
        Heading(1, "One"),
        Paragraph("A line and another."),
        Heading(2, "Two"),
        Bullets(("first", "second"), numbered=True),
        PageBreak(),
        Paragraph("a note", "note"),
        Paragraph("from code", "note"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```block\nresult\n```", "there is no block 'result'"),
        ("```python\nx\n```", "no place in a document: fence"),
        ("    indented code", "no place in a document: code_block"),
        ("see [there](http://x.invalid)", "no place in a document: link_open"),
        ("![alt](x.png)", "no place in a document: image"),
        ("a `b` c", "no place in a document: code_inline"),
        ("a **b** c", "no place in a document: strong_open"),
    ],
)
def test_what_would_be_lost_in_a_document_is_refused_with_its_place(text, said):
    with pytest.raises(ConfigError, match="templates/x") as caught:
        read_blocks(text, PLACES, "templates/x")
    assert said in str(caught.value)
    if "there is no block" in said:
        assert "known: results" in str(caught.value)
