"""Rules about the sentence of a requirement: what they find, and what they must leave alone."""

from __future__ import annotations

import pytest

from csvgen.model import spec as noun
from csvgen.spec.check import RULES
from csvgen.spec.registry import Context, Hit

CONTEXT = Context(folder="probe")


def requirement(statement: str, **more: object) -> noun.Requirement:
    values = {
        "id": "URS-P-001",
        "title": "A title",
        "rationale": "A reason.",
        "category": "function",
        "gxp": "yes",
        "phase": "OQ",
    }
    return noun.Requirement.model_validate({**values, "statement": statement, **more})


def hits(code: str, statement: str, **more: object) -> list[Hit]:
    return list(RULES[code].check(requirement(statement, **more), CONTEXT))


BAD = [
    ("URS110", "The probe shall TO BE WRITTEN."),
    ("URS110", "The limit is 5 (TBC)."),
    ("URS110", "The limit is still to be decided."),
    ("URS110", "The probe shall answer in ??? seconds."),
    ("URS110", "The probe shall [insert function here]."),
    ("URS110", "Lorem ipsum dolor sit amet."),
    ("URS110", "The name is XXX."),
    ("URS110", "The probe shall greet. To be defined."),
    ("URS110", "The limit is to\u00a0 be\ndefined."),
    ("URS110", "The limit is TBA."),
    ("URS110", "The limit is 5 (tbc)."),
    ("URS110", "The limit is ??"),
    ("URS110", "n/a"),
    ("URS110", "None"),
    ("URS110", "-"),
    ("URS110", "~"),
    ("URS110", "null"),
    ("URS110", "."),
    ("URS110", "…"),
    ("URS110", "..."),
    ("URS110", '"TBD"'),
    ("URS112", "The probe shall answer fast."),
    ("URS112", "The probe shall keep answers and/or questions."),
    ("URS112", "The probe shall keep questions, answers, etc."),
    ("URS112", "The probe shall be State-of-the-Art."),
    ("URS112", "The probe shall be state of\u00a0the\nart."),
    ("URS112", 'The probe shall print "fast" and be fast.'),
    ("URS112", "The probe shall answer in real time and be robust at 5 °C."),
    ("URS114", "The probe shall have a throughput that pleases."),
    ("URS115", "The probe shall end a session after 15."),
    ("URS115", "The probe shall answer within 30 of the question."),
    ("URS115", "The probe shall weigh every 5; it keeps the weight."),
    ("URS116", "Shall greet whoever asks."),
    ("URS116", "There shall be a greeting."),
    ("URS116", "While the probe is on the probe shall greet."),
    ("URS116", "If it is cold, where a heater is fitted, the probe shall heat."),
    ("URS117", "The probe shall be 100 % available."),
    ("URS117", "The probe shall greet under all circumstances."),
    ("URS117", "The probe shall greet at\n  all times."),
    ("URS118", "The probe shall greet as far as possible."),
    ("URS118", "The probe shall greet as required."),
    ("URS118", "The probe shall greet as\u00a0 appropriate."),
    ("URS119", "The probe shall greet, and it\n has to keep the question."),
    ("URS119", "The probe shall greet, and must keep the question."),
    ("URS119", "The probe shall greet. The answer will be kept by the probe."),
    ("URS120", "The probe can greet."),
    ("URS120", "The probe is able to greet."),
]

GOOD = [
    ("URS110", "The probe shall keep a TODO list of its user."),
    ("URS110", "The probe shall number lots as LOT-XXX."),
    ("URS110", "Limits to be defined by the administrator shall be kept."),
    ("URS110", "The probe shall print the label to be written on the vial."),
    ("URS110", "The probe shall detect TBC bacteria."),
    ("URS110", "The probe shall dry TBA, and wash it."),
    ("URS110", 'The probe shall refuse the lot number "TODO".'),
    ("URS110", "The probe shall show 'TBD' and “???”."),
    ("URS110", "The probe shall ask why? It then waits."),
    ("URS112", 'The probe shall offer the choice "as appropriate".'),
    ("URS112", "The probe shall show the easy axis of the magnet."),
    ("URS118", 'The probe shall offer the choice "as appropriate".'),
    ("URS112", "The probe shall show the easting of a place and the fastener."),
    ("URS112", "The probe shall answer fast, within 2 s."),
    ("URS112", "The probe shall greet where appropriate."),  # a way out: URS118
    ("URS112", "The probe shall release some of the 12 lots."),
    ("URS114", "The probe shall answer twenty questions at once, a throughput the site needs."),
    ("URS114", "The probe shall keep its response time below the limit of the method."),
    ("URS115", "The probe shall end a session after 15 min."),
    ("URS115", "The probe shall lock an account after 3 failed attempts."),
    ("URS115", "The probe shall answer within 30 s of the question."),
    ("URS115", "The probe shall round within 0.5 % of the limit."),
    ("URS115", "The probe shall agree with 21 CFR 211.194."),
    ("URS116", "When somebody asks, the probe shall greet."),
    ("URS116", "Where a heater is fitted, while it is cold, if it rains, then the probe shall heat."),
    ("URS116", "Whenever it rings the probe shall greet."),
    ("URS116", "The probe, when asked, shall greet."),
    ("URS116", "Accounts shall be locked."),
    ("URS117", "The probe shall give an id to one person only and never again to another."),
    ("URS118", "The probe shall keep records as required by 21 CFR 211.180."),
    ("URS119", "The probe shall show lots that will be released and must be reviewed before."),
    ("URS119", "The probe shall greet. It then waits."),
    ("URS120", "The probe shall greet whoever can hear."),
    ("URS120", "The probe greets."),  # no shall: URS106
]


@pytest.mark.parametrize(("code", "statement"), BAD)
def test_found(code: str, statement: str) -> None:
    found = hits(code, statement)
    assert len(found) == 1
    assert found[0].hint
    assert found[0].at == ("statement",)


@pytest.mark.parametrize(("code", "statement"), GOOD)
def test_left_alone(code: str, statement: str) -> None:
    assert hits(code, statement) == []


def test_a_placeholder_is_found_in_any_text_and_data_of_a_test_are_no_text() -> None:
    criterion = {"id": "ac-1", "title": "TBD", "given": ["the probe is on"], "parameters": {"words": "???", "more": ["TODO"]}}
    found = hits("URS110", "The probe shall greet.", rationale="TBD", criteria=[criterion])
    assert [h.at for h in found] == [("rationale",), ("criteria", 0, "title"), ("criteria", 0, "parameters", "more", 0)]


def test_what_another_tool_said_beside_the_fields_is_not_judged() -> None:
    assert hits("URS110", "The probe shall greet.", attributes={"Owner": "TBD"}, origin="TBD.docx") == []


def test_all_vague_words_are_one_finding_with_every_hint() -> None:
    found = hits("URS112", "The probe shall quickly give appropriate and, again, appropriate answers.")
    assert len(found) == 1
    assert '"quickly", "appropriate"' in found[0].message
    assert "time" in found[0].hint
    assert '"appropriate": say which ones' in found[0].hint


def test_where_the_words_have_one_hint_it_stands_alone() -> None:
    assert hits("URS112", "The probe shall quickly give fast answers.")[0].hint.startswith("give the longest")


def test_a_wish_is_one_finding() -> None:
    assert hits("URS106", "The probe can greet.") == []
    assert hits("URS106", "The probe greets.")
    assert hits("URS106", "The probe should greet.", priority="should")


def test_nothing_is_an_answer_to_some_questions_only() -> None:
    values = {"id": "FS-P-01", "title": "T", "implements": ["URS-P-001"], "behaviour": "B.", "on_error": "E.", "design": "D."}
    for configuration, reason, number in (("none", "none", 0), ("n/a", "x", 0), ("-", "x", 1)):
        item = noun.FunctionalItem.model_validate({**values, "configuration": configuration})
        assert len(list(RULES["URS110"].check(item, CONTEXT))) == number, (configuration, reason)
    quiet = {"id": "ac-1", "title": "A", "parameters": {"text": "-"}}
    assert hits("URS110", "The probe shall greet.", criteria=[quiet]) == []
    assert [h.at for h in hits("URS110", "The probe shall greet.", rationale="n/a")] == [("rationale",)]


def test_a_wish_may_be_worded_as_one() -> None:
    assert hits("URS120", "The probe should greet.", priority="could") == []


def test_impact_contradicts_no_gxp() -> None:
    assert hits("URS122", "x", gxp="no", impact=["patient-safety"])
    assert not hits("URS122", "x", impact=["patient-safety"])
    assert not hits("URS122", "x", gxp="no")


@pytest.mark.parametrize("text", ["The prоbe shall greet.", "Tοtal is kept.", "\u0421ell of the probe."])
def test_two_scripts_in_a_word(text: str) -> None:
    found = hits("TXT905", text)
    assert len(found) == 1
    assert "U+0" in found[0].message


@pytest.mark.parametrize(
    "text", ["Größe in μm at λmax and Δt.", "Проба приветствует.", "naïve café, 5 µg", "Α-Ω in Greek: Ωμέγα"]
)
def test_letters_that_belong_together(text: str) -> None:
    assert hits("TXT905", text) == []


@pytest.mark.parametrize("text", ["GrÃ¶ÃŸe", "the probeâ€™s", "20 Â°C", "a \ufffd b"])
def test_damaged_text(text: str) -> None:
    assert len(hits("TXT906", text)) == 1


@pytest.mark.parametrize("text", ["São Paulo: Ãngstrom", "â is a letter", "20 °C ± 2", "Â is one too"])  # fmt: skip
def test_sound_text(text: str) -> None:
    assert hits("TXT906", text) == []


def test_hard_blanks_count_where_programs_compare() -> None:
    assert hits("TXT907", "The probe shall greet within 5\u00a0s.") == []
    assert len(hits("TXT907", "The probe shall\u2003greet.")) == 1
    step = {"id": "ac-1", "title": "a\u00a0b", "then": ["5\u00a0s pass"]}
    assert [h.at for h in hits("TXT907", "The probe shall greet.", criteria=[step])] == [("criteria", 0, "then", 0)]


@pytest.mark.parametrize("word", ["\u0441\u043e\u0440\u0443", "\u0421\u041e\u0420", "\u0391\u03a4\u039f\u039c"])
def test_a_latin_word_in_disguise(word: str) -> None:
    found = hits("TXT905", f"The probe shall {word} it.")
    assert len(found) == 1
    assert found[0].hint


@pytest.mark.parametrize(
    "text",
    ["\u0441\u043e\u0440", "The word \u0441\u043e\u0440 \u0437\u043d\u0430\u0447\u0438\u0442 litter.", "The \u039c is a letter."],
)
def test_words_of_their_own_script(text: str) -> None:
    assert hits("TXT905", text) == []


UNSEEN = ["\u034f", "\u3164", "\u115f", "\u1160", "\u2800", "\u180e"]


@pytest.mark.parametrize("char", UNSEEN)
def test_a_character_drawn_as_nothing(char: str) -> None:
    with pytest.raises(ValueError, match=f"U\\+{ord(char):04X}"):
        requirement(f"The pr{char}obe shall greet.")
    with pytest.raises(ValueError, match=f"U\\+{ord(char):04X}"):
        requirement("The probe shall greet.", title=f"A{char}title")


@pytest.mark.parametrize("text", [*UNSEEN, "\u200d", "\u200c \u200d", "\u00a0", " \n\u3164\n"])
def test_what_nobody_sees_is_blank(text: str) -> None:
    with pytest.raises(ValueError, match="may not be blank"):
        requirement(text)


def test_joiners_stay_where_they_belong() -> None:
    assert requirement("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 shall be kept.").statement
    assert len(hits("URS110", "The limit is T\u200dBD.")) == 1


def test_what_an_import_assumed_is_to_be_confirmed() -> None:
    found = hits("URS136", "x", attributes={"Assumed on import": "gxp: yes", "Owner": "QC"})
    assert [h.at for h in found] == [("attributes", "Assumed on import")]
    assert "gxp: yes" in found[0].message
    assert hits("URS136", "x", attributes={"Owner": "assumed on import"}) == []
