"""Fonts, text at the border, and the plan both renderers draw."""

from __future__ import annotations

import doctest
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.ttfonts import TTFontFile

from csvgen.errors import BadInput
from csvgen.model.report import Bullets, Column, Contents, Facts, Heading, PageBreak, Paragraph, Table
from csvgen.report import look, text
from csvgen.report.fonts import Face, advances, characters, path, width
from csvgen.report.outline import moment, outline
from csvgen.report.text import BLANK, column_widths, shown, visible, wrap

from .sample import HOSTILE, SLOTS, report

PRINTABLE = st.text(st.sampled_from("ab WQ-/_.:[]é→≤Жμ01234567"), max_size=200)


@pytest.mark.parametrize("face", list(Face))
def test_characters_and_widths_are_what_another_reader_of_the_font_finds(face):
    other = TTFontFile(str(path(face)))
    assert set(advances(face)) == {chr(code) for code in other.charToGlyph if code != 0xFFFF}  # which ends the table
    for char, advance in advances(face).items():
        assert advance * 1000 == pytest.approx(other.charWidths[ord(char)], abs=0.51), char


def test_every_face_can_print_what_any_can_be_asked_to_print():
    assert {*"AZaz09 äßéМμΩ→≤≥±µ°–—…•·≠■●"} <= characters()
    assert "\u4e2d" not in characters()


def test_the_example_in_the_module_holds():
    assert doctest.testmod(text).failed == 0
    assert doctest.testmod(text).attempted > 0


@given(st.text(max_size=60))
def test_text_is_shown_whole_each_character_as_itself_or_by_its_number(source):
    whole = "".join(c if shown(c) == c else f"[U+{ord(c):04X}]" for c in source)
    assert shown(source) == whole
    assert set(whole) <= characters() | {"\n"}
    assert not [c for c in shown(source) if unicodedata.category(c) in {"Cc", "Cf"} and c != "\n"]


def test_hidden_and_reversing_characters_are_named():
    assert shown("a\u202eb\x00c\td\u200be") == "a[U+202E]b[U+0000]c[U+0009]d[U+200B]e"
    assert shown("\u05d0") == "[U+05D0]"  # set from left to right it would read as another word
    assert visible("\u4e2d\u05d0\u202e") == "\u4e2d\u05d0[U+202E]"  # Excel has fonts of its own and knows directions


@given(PRINTABLE, st.floats(20, 200))
def test_wrapped_lines_fit_and_lose_nothing(source, limit):
    lines = wrap(source, limit, Face.SANS, 8)
    assert "".join(lines).replace(" ", "") == source.replace(" ", "")
    assert all(width(line, Face.SANS, 8) <= limit + 0.01 or len(line) == 1 for line in lines)


@given(st.lists(st.text(st.sampled_from("abWiM,-é"), max_size=14), max_size=40).map(" ".join), st.floats(20, 300))
def test_lines_are_filled_word_by_word(source, limit):
    """Held against a slow way that knows nothing but the width of a text; words wider than a line are left to the tests below."""
    if not source or max(width(word, Face.SANS, 8) for word in source.split(" ")) > limit or source[0] == " ":
        return
    wanted, line = [], ""
    for word in re.findall("[^ ]+ *", source):
        if line and width((line + word).rstrip(" "), Face.SANS, 8) > limit:
            wanted.append(line.rstrip(" "))
            line = ""
        line += word
    wanted.append(line.rstrip(" "))
    whole = width(source, Face.SANS, 8) <= limit
    assert wrap(source, limit, Face.SANS, 8) == ((source,) if whole else tuple(wanted))


@pytest.mark.parametrize("part", [0.95, 1.0, 1.01, 1.03])
def test_what_is_not_measured_fits_whatever_letters_it_is_made_of(part):
    for face in Face:
        for code in range(33, 127):
            source, limit = chr(code) * 30, 30 * 8 * part
            assert all(width(line, face, 8) <= limit for line in wrap(source, limit, face, 8))


def test_spaces_inside_a_line_stay_and_a_digest_is_cut_into_even_lines():
    assert wrap("  a   b", 100, Face.MONO, 8) == ("  a   b",)
    lines = wrap("0123456789abcdef" * 4, 150, Face.MONO, 8)
    assert len(lines) > 1
    assert max(map(len, lines)) - min(map(len, lines)) <= 1


def test_a_long_address_is_cut_where_a_reader_expects_it():
    assert wrap("https://example.org/qualification/runs", 90, Face.SANS, 8) == ("https://example.", "org/qualification/runs")


def test_columns_fill_the_width_and_hold_the_words_of_their_titles():
    columns = (Column("Deviation number", 0.02), Column("Text", 0.98))
    widths = column_widths(columns, 400)
    assert sum(widths) == pytest.approx(400)
    assert widths[0] >= width("Deviation", Face.BOLD, look.CELL) + 2 * look.PAD
    assert column_widths((Column("A", 1.0), Column("B", 1.0)), 100) == pytest.approx((50, 50))  # shares that add up to 2


@pytest.mark.parametrize(
    ("said", "tone"),
    [
        ("PASSED", look.GOOD), ("FAILED in OQ-001", look.BAD), ("NOT_RUN", look.OPEN), ("not-applicable", look.QUIET),
        ("PASSEDISH", look.PLAIN), ("high", look.PLAIN), ("vendor-evidence", look.QUIET),
    ],
)  # fmt: skip
def test_a_verdict_is_coloured_by_its_word(said, tone):
    assert look.tone(said) is tone


def contrast(colour: str) -> float:
    def linear(part: int) -> float:
        value = part / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(int(colour[n : n + 2], 16)) for n in (0, 2, 4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_every_text_colour_is_readable_on_what_lies_behind_it():
    pairs = [(look.SOFT, "FFFFFF"), (look.ACCENT, "FFFFFF"), (look.ALARM, "FFFFFF"), (look.INK, look.WASH)]
    pairs += [(tone.ink, tone.wash or "FFFFFF") for tone in look.TONES]
    for ink, behind in pairs:
        assert (contrast(behind) + 0.05) / (contrast(ink) + 0.05) >= 4.5, ink


def plan(*blocks, **changes):
    return outline(replace(report(), blocks=blocks, **changes))


def test_headings_are_numbered_and_anchored_once():
    made = plan(Heading(1, "a"), Heading(3, "b", "TC-1"), Heading(2, "c", "TC-1"), Heading(1, "d", "no such name!"))
    titles = [part.title for chapter in made.chapters for part in chapter.parts]
    assert [t.number for t in titles] == ["1", "1.0.1", "1.1", "2"]
    assert made.anchors["TC-1"] == titles[1].key == "TC-1"
    assert len({t.key for t in titles}) == 4
    assert [t.number for t in made.contents] == ["1", "1.1", "2"]


def test_contents_and_approval_have_their_own_title_unless_a_heading_gives_one():
    own = plan(Contents()).chapters[0].parts[0].title
    assert (own.text, own.number) == ("Contents", "")
    assert plan(Heading(1, "Overview"), Contents()).chapters[0].parts[1].title is None


def test_a_chapter_with_a_wide_table_is_wide_and_no_other():
    wide = Table(tuple(Column(str(n), 1 / 7) for n in range(7)), ())
    made = plan(Heading(1, "a"), Paragraph("long " * 400), Heading(1, "b"), Heading(2, "c"), wide, Heading(1, "d"))
    assert [chapter.wide for chapter in made.chapters] == [False, True, False]


def test_nothing_is_left_blank():
    table = Table((Column("a", 1.0),), (("",), (" ",)), "")
    made = plan(Facts((("x", ""),)), Bullets(()), table, PageBreak(), status="  ")
    facts, bullets, filled, _ = (part.block for part in made.chapters[0].parts)
    assert facts.rows == (("x", BLANK),)
    assert bullets.items == ("None.",)
    assert filled.rows == ((BLANK,), (BLANK,))
    assert ("Status", BLANK) in made.identification


def test_a_row_that_does_not_fit_its_table_is_refused():
    with pytest.raises(BadInput, match="does not have 2 cells"):
        plan(Table((Column("a", 0.5), Column("b", 0.5)), (("only one",),), "Broken"))


def test_two_slots_with_one_field_are_refused():
    from csvgen.model.report import ApprovalPage

    with pytest.raises(BadInput, match="signature-1"):
        plan(ApprovalPage((SLOTS[0], SLOTS[0])))


def test_the_text_digest_is_that_of_the_report_as_it_was_handed_in():
    source = replace(report(), title=HOSTILE[6])
    made = outline(source)
    assert made.report.title != source.title
    assert ("Text digest", str(source.digest)) in made.digests


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("2026-11-21", "2026-11-21T00:00:00+00:00"),
        ("2026-11-21 09:30:00 +00:00", "2026-11-21T09:30:00+00:00"),
        ("2026-11-21T09:30:00.000001Z", "2026-11-21T09:30:00.000001+00:00"),
        ("not yet", None),
        ("2026-13-41", None),
        ("", None),
    ],
)
def test_a_printed_date_becomes_a_moment_or_nothing(said, iso):
    found = moment(said)
    assert (found.isoformat() if found else None) == iso


@pytest.mark.parametrize(
    ("word", "limit"),
    [
        ("-0.262323073774029|-0.262323073774029", 120.0),
        ("-0.316081871345029E-14|-0.316081871345029E-14", 120.0),
        ("certified=-2.35121959649146E+5;computed=-2.35121959649146E+5", 110.0),
        ("audit/TC-OQ-0416.7.1/TC-OQ-0417.7.2/INV-0053", 60.0),
        ("[Records.read:file/OQ-001.OQ-0001.RAW:2026-11-23T03:34:36.606816Z]", 70.0),
        ("(-1.5,-2.5,-3.5,-4.5,-5.5,-6.5)", 40.0),
    ],
)
def test_ids_numbers_and_dates_within_a_word_stay_whole_with_sign_and_exponent(word, limit):
    """A cut stands beside a piece, never in it, whatever the width: the pieces are told here without the code's own pattern."""
    pieces = re.split(r"[|/;=:\[\]()]|(?<=\d),|(?<=\d\d)T|\.(?=[A-Z])", word.replace("Z]", "]"))
    told = [p for p in pieces if re.search(r"\d", p)]
    for more in range(60):
        lines = wrap(word, limit + more, Face.SANS, look.CELL)
        assert "".join(lines) == word
        assert all(width(line, Face.SANS, look.CELL) <= limit + more for line in lines)
        for piece in told:
            assert any(piece in line for line in lines), (piece, lines)
        assert not any(re.search(r"[-+]$", line) for line in lines[:-1]), lines


def test_a_number_wider_than_a_line_and_a_digest_are_cut_as_before():
    digits = "1" * 60
    assert "".join(wrap(digits, 60.0, Face.SANS, look.CELL)) == digits
    digest = "sha256:" + "3c0e79" * 10 + "dcaa"
    lines = wrap(digest, 120.0, Face.SANS, look.CELL)
    assert max(map(len, lines)) - min(map(len, lines)) <= 8
    assert "".join(lines) == digest
