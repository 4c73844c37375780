"""Markdown and delimited text in the forms people write them; nothing of a file is passed over."""

from __future__ import annotations

import pytest

from csvgen.exchange.accounting import account
from csvgen.exchange.readers import read_file
from csvgen.exchange.readers.base import Aside, Options, Unreadable

NONE = Options()


def markdown(text: str, options: Options = NONE):
    found = read_file(text.encode(), "x.md", options)
    assert not [x for x in account(text, found.entries, found.leftovers) if x.kind == "lost"]
    return found


def table(data: bytes | str, options: Options = NONE, name: str = "x.csv"):
    return read_file(data.encode() if isinstance(data, str) else data, name, options)


def asides(found) -> dict[str, str]:
    return {x.text: x.why for x in found.leftovers if isinstance(x, Aside)}


def lost(found) -> dict[str, str]:
    return {x.text: x.why for x in found.leftovers if not isinstance(x, Aside)}


# ------------------------------------------------------------ Markdown


@pytest.mark.parametrize(
    "line",
    ["- **URS-AB-001**: The system shall run.", "- URS-AB-001: The system shall run.", "* [URS-AB-001] The system shall run.",
     "1. **URS-AB-001** The system shall run.", "**URS-AB-001** - The system shall run.", "URS-AB-001 – The system shall run.",
     "- `URS-AB-001`: The *system* shall **run**.", "- __URS-AB-001.__ The system shall run.", "**[URS-AB-001]:** The system shall run."],
)  # fmt: skip
def test_ids_at_the_head_of_a_line(line):
    (entry,) = markdown(f"# T\n\n## Requirements\n\n{line}\n").entries
    assert (entry.fields["id"], entry.fields["statement"]) == ("URS-AB-001", "The system shall run.")
    assert entry.fields["attributes"] == {"Section": "Requirements"}
    assert entry.place.line == 5


def test_what_stands_below_an_id_belongs_to_it():
    text = (
        "## Access\n- **AC-1**: The system shall:\n  - lock,\n    1. after three\n    2. or four\n  - tell [us](http://x.y/z)\n\n"
        "  Rationale: because *guessing* is easy\n  Priority: SHOULD\n- **AC-2**: Second.\n"
    )
    first, second = markdown(text).entries
    assert first.fields["statement"] == "The system shall:\n- lock,\n  1. after three\n  2. or four\n- tell us (http://x.y/z)"
    assert (first.fields["rationale"], first.fields["priority"]) == ("because guessing is easy", "SHOULD")
    assert second.fields["statement"] == "Second."


def test_requirements_as_headings_and_in_tables():
    text = (
        "# URS-9: Document\n\n### URS-AB-001: Lock\n\nThe system shall lock.\n\n- at once\n\n### 2 Other\n\n"
        "| ID | Requirement | Owner |\n|----|----|----|\n| AB-2 | The system shall a \\| b. | QC |\n| AB-3 | It shall c. | |\n\nThe end.\n"
    )
    found = markdown(text)
    assert [dict(e.fields) for e in found.entries] == [
        {
            "id": "URS-AB-001",
            "title": "Lock",
            "statement": "The system shall lock.\n- at once",
            "attributes": {"Section": "URS-9: Document"},
        },
        {"id": "AB-2", "statement": "The system shall a | b.", "attributes": {"Owner": "QC", "Section": "2 Other"}},
        {"id": "AB-3", "statement": "It shall c.", "attributes": {"Section": "2 Other"}},
    ]
    assert asides(found)["URS-9: Document"] == "the title"
    assert asides(found)["The end."] == "prose"


def test_what_is_no_requirement_is_listed_and_what_may_be_one_is_an_entry_without_id():
    text = (
        "# T\n**Domain**: Lab\n\n## 1. Introduction\nThis is about A.\n\n- scope a\n\n## 2. Requirements\n- no id here\n\n"
        "The system shall have none either.\n\n```\nshall in code\n```\n\n<!-- a comment -->\n\n[ref]: http://nobody.example\n\n---\n"
    )
    found = markdown(text)
    assert [(e.id, e.fields["statement"], e.place.line) for e in found.entries] == [
        ("", "no id here", 10), ("", "The system shall have none either.", 12),
    ]  # fmt: skip
    assert lost(found) == {
        "shall in code": "fence: not read as a requirement",
        "[ref]: http://nobody.example": "this line became part of nothing",
    }
    assert set(asides(found)) >= {"T", "Domain: Lab", "1. Introduction", "This is about A.", "scope a", "<!-- a comment -->"}


def test_ids_deep_in_lists_are_found():
    found = markdown("## Requirements\n- Group\n  - **AB-1**: The system shall a.\n  - **AB-2**: The system shall b.\n")
    assert [e.id for e in found.entries] == ["AB-1", "AB-2"]
    assert asides(found)["Group"] == "the lead-in of a list"


def test_nesting_beyond_the_parser_is_not_lost():
    deep = "".join("  " * n + f"- level {n} word{n}\n" for n in range(40))
    found = markdown(
        "## Requirements\n- **AB-1**: The system shall:\n" + "".join("  " + line + "\n" for line in deep.splitlines())
    )
    text = " ".join(str(e.fields) for e in found.entries) + " ".join(x.text for x in found.leftovers)
    assert all(f"word{n}" in text for n in range(40))


def test_ids_on_lines_of_one_paragraph_and_footnotes():
    text = (
        "## Requirements\n\nAs follows\n**AB-1**: The system shall a,\nand more.\n**AB-2**: It shall b.[^1]\n[^1]: only in the lab\n\n"
        "- **AB-3**: It shall c.\n  **AB-4**: It shall d.\n  - at once\n\n[^2]: A footnote that shall be seen.\n\nEnd.\n"
    )
    found = markdown(text)
    assert [(e.id, e.fields["statement"], e.place.line) for e in found.entries] == [
        ("AB-1", "The system shall a,\nand more.", 4), ("AB-2", "It shall b.[^1]", 6), ("AB-3", "It shall c.", 9),
        ("AB-4", "It shall d.\n- at once", 10),
    ]  # fmt: skip
    assert lost(found) == dict.fromkeys(
        ["[^1]: only in the lab", "[^2]: A footnote that shall be seen."], "a footnote is not imported"
    )
    assert asides(found)["As follows"] == "prose"


@pytest.mark.parametrize(
    "text",
    ["Sharing is not allowed.", "Users may not share.", "It has to lock.", "They have to lock.", "It is to be locked.",
     "Doors are to be locked.", "It needs to lock.", "Staff are required to lock.", "Only QA may open it.", "It must lock."],
)  # fmt: skip
def test_words_that_oblige(text):
    assert [e.fields["statement"] for e in markdown(f"# T\n\n## About\n\n{text}\n").entries] == [text]
    assert asides(markdown("# T\n\n## About\n\nIt may be only a thing, and was allowed.\n"))


# ------------------------------------------------------------ delimited text


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_and_encodings(mark, encoding):
    text = mark.join(["ID", "Requirement", "Größe"]) + "\r\n" + mark.join(["A-1", '"two\r\nlines, ; | ""q"""', "Ä"]) + "\r\n"
    (entry,) = table(text.encode(encoding)).entries
    assert dict(entry.fields) == {"id": "A-1", "statement": 'two\nlines, ; | "q"', "attributes": {"Größe": "Ä"}}
    assert entry.place.line == 2


def test_windows_1252_is_said():
    found = table("ID;Requirement\nA-1;Größe\n".encode("cp1252"))
    assert found.entries[0].fields["statement"] == "Größe"
    assert "cp1252" in asides(found)["cp1252"]


def test_header_is_found_below_titles_and_places_count_lines():
    text = 'URS of the lab,,\n,,\nID,Requirement,Comment\nA-1,"x\ny",c\n2 Security,,\nA-2,z,\n,,\nID,Requirement,Comment\n,,only a comment\nA-3,w,,extra\n'
    found = table(text)
    assert [(e.id, e.place.line) for e in found.entries] == [("A-1", 4), ("A-2", 7), ("A-3", 11)]
    assert found.entries[1].fields["attributes"] == {"Section": "2 Security"}
    assert found.entries[2].fields["attributes"]["Column 4"] == "extra"
    assert asides(found)["URS of the lab"] == "a line above the header of the table"
    assert "the header of the table again" in asides(found).values()
    assert "without an id" in lost(found)["only a comment"]


def test_rows_without_an_id_are_no_headings():
    rows = [
        "The rest shall be read,,",
        ",,lock at once",
        "All of this must work,,",
        "2 Security,,",
        "A-1,It shall.,",
        ",it shall go on,",
        ",,after 5 min",
    ]
    found = table("\n".join(["ID,Requirement,Limit", *rows]) + "\n")
    assert [(e.id, e.fields["statement"]) for e in found.entries] == [("A-1", "It shall."), ("", "it shall go on")]
    assert found.entries[0].fields["attributes"] == {"Section": "2 Security"}
    assert set(lost(found)) == {"The rest shall be read", "lock at once", "All of this must work", "after 5 min"}
    assert asides(found)["2 Security"] == "a heading inside the table"
    found = table("All of it shall work,,\nID,Requirement,Limit\nA-1,It shall.,\n")
    assert set(lost(found)) == {"All of it shall work"}


def test_the_excel_line_that_names_the_delimiter():
    found = table("sep=;\nID;Requirement\nA-1;a, b\n")
    assert found.entries[0].fields["statement"] == "a, b"
    assert found.entries[0].place.line == 3


def test_columns_are_guessed_by_words_and_mapped_by_hand():
    header = "Summary,Custom field (Requirement ID),Description,Custom field (Requirement Rationale),Owner,Owner,\n"
    found = table(header + "s,A-1,d,r,o1,o2,x\n")
    assert dict(found.entries[0].fields) == {
        "id": "A-1", "title": "s", "statement": "d", "rationale": "r", "attributes": {"Owner": "o1", "Owner (2)": "o2", "Column 7": "x"},
    }  # fmt: skip
    found = table(header + "s,A-1,d,r,o1,o2,x\n", Options(columns={"Summary": "statement", "Owner": "rationale"}))
    assert dict(found.entries[0].fields) == {
        "id": "A-1", "statement": "s", "rationale": "o1",
        "attributes": {"Description": "d", "Custom field (Requirement Rationale)": "r", "Owner (2)": "o2", "Column 7": "x"},
    }  # fmt: skip


def test_a_table_without_such_columns_is_all_left_over():
    found = table("Alpha,Beta\n1,The system shall x\n")
    assert found.entries == ()
    assert list(lost(found)) == ["Alpha | Beta", "1 | The system shall x"]
    assert all("--map" in why for why in lost(found).values())


@pytest.mark.parametrize(
    ("data", "words"),
    [(b'ID,Requirement\nA-1,"open\nA-2,never closed\n', "x.csv:2"), (b"ID,Requirement\nA-1," + b"x" * 1_000_000, "limit"),
     (b"\x00\x01\x02" * 50, "not text"), (b"   \n", "nothing in this file"), (b"ID,Requirement\nA-1,\x81\x8d\n", "not text")],
)  # fmt: skip
def test_damaged_files_are_refused_with_their_place(data, words):
    with pytest.raises(Unreadable) as refusal:
        table(data)
    assert words in str(refusal.value)
