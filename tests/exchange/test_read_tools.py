"""Files of requirements tools: ReqIF, StrictDoc, Doorstop, sphinx-needs, OSCAL, test suites. Where a tool can write the file, it does."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from csvgen.exchange.readers import read_file
from csvgen.exchange.readers.base import Aside, Options, Unreadable

NONE = Options()


def read(data: bytes | str | dict, name: str, options: Options = NONE):
    if isinstance(data, dict):
        data = json.dumps(data)
    return read_file(data.encode() if isinstance(data, str) else data, name, options)


def reasons(found, *, lost: bool) -> dict[str, str]:
    return {x.text: x.why for x in found.leftovers if isinstance(x, Aside) is not lost}


# ------------------------------------------------------------ StrictDoc, and ReqIF as StrictDoc writes it

SDOC = """[DOCUMENT]
TITLE: Lab

[TEXT]
STATEMENT: >>>
What this is about.
<<<

[[SECTION]]
TITLE: Access

[REQUIREMENT]
UID: LAB-1
STATUS: Draft
TITLE: Lock
STATEMENT: >>>
The system shall:

- lock <at once> & "tell"
<<<
RATIONALE: >>>
Guessing.
<<<
COMMENT: ask QA

[REQUIREMENT]
UID: LAB-2
STATEMENT: The system shall tell.
RELATIONS:
- TYPE: Parent
  VALUE: LAB-1

[[/SECTION]]
"""


def line(text: str, time: int) -> int:
    """Number of the line that says `text` for the nth time."""
    return [n for n, said in enumerate(SDOC.split("\n"), 1) if said == text][time - 1]


def test_strictdoc():
    found = read(SDOC, "x.sdoc")
    assert [(dict(e.fields), e.place.line) for e in found.entries] == [
        (
            {"id": "LAB-1", "title": "Lock", "statement": 'The system shall:\n\n- lock <at once> & "tell"', "rationale": "Guessing.",
             "attributes": {"STATUS": "Draft", "COMMENT": "ask QA", "Section": "Access"}}, line("[REQUIREMENT]", 1),
        ),
        ({"id": "LAB-2", "statement": "The system shall tell.", "attributes": {"Parent": "LAB-1", "Section": "Access"}}, line("[REQUIREMENT]", 2)),
    ]  # fmt: skip
    assert reasons(found, lost=False) == {"Lab": "the title", "What this is about.": "prose", "Access": "a heading"}
    assert reasons(found, lost=True) == {}


def test_strictdoc_says_what_stands_in_the_head_and_keeps_files():
    head = "TITLE: Lab\nVERSION: 3\nCLASSIFICATION: Secret\n"
    source = "RELATIONS:\n- TYPE: File\n  VALUE: src/a.c\n"
    found = read(SDOC.replace("TITLE: Lab\n", head).replace("COMMENT: ask QA\n", f"COMMENT: ask QA\n{source}"), "x.sdoc")
    assert reasons(found, lost=False)["VERSION: 3"] == reasons(found, lost=False)["CLASSIFICATION: Secret"]
    assert found.entries[0].fields["attributes"]["File"] == "src/a.c"


def test_strictdoc_stops_with_its_line():
    with pytest.raises(Unreadable) as refusal:
        read(SDOC.replace("UID: LAB-2", "UID LAB-2"), "x.sdoc")
    assert refusal.value.where == f"x.sdoc:{line('UID: LAB-2', 1)}"


def test_reqif_as_strictdoc_writes_it(tmp_path):
    (tmp_path / "lab.sdoc").write_text(SDOC, encoding="utf-8")
    program = Path(sys.executable).with_name("strictdoc")
    subprocess.run(
        [program, "export", tmp_path, "--formats", "reqif-sdoc", "--output-dir", tmp_path / "out"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    found = read((tmp_path / "out/reqif/output.reqif").read_bytes(), "lab.reqif")
    assert [(e.id, e.fields["statement"]) for e in found.entries] == [
        ("LAB-1", 'The system shall:\n\n- lock <at once> & "tell"'), ("LAB-2", "The system shall tell."),
    ]  # fmt: skip
    assert found.entries[0].fields["title"] == "Lock"
    assert found.entries[0].fields["attributes"]["STATUS"] == "Draft"
    assert found.entries[1].fields["attributes"]["Link Parent"] == "LAB-1"
    assert all(e.fields["attributes"]["Section"] == "Access" and e.place.line > 0 for e in found.entries)
    assert reasons(found, lost=False)["What this is about."] == "an object without an id: prose"


# ------------------------------------------------------------ ReqIF of the library's own making


def reqif(xhtml: str = "", *, orphan: bool = False) -> str:
    """A ReqIF file with an enumeration, rich text and a link, written by the reqif library."""
    from reqif.models.reqif_core_content import ReqIFCoreContent
    from reqif.models.reqif_data_type import ReqIFDataTypeDefinitionEnumeration, ReqIFDataTypeDefinitionString, ReqIFEnumValue
    from reqif.models.reqif_namespace_info import ReqIFNamespaceInfo
    from reqif.models.reqif_req_if_content import ReqIFReqIFContent
    from reqif.models.reqif_spec_hierarchy import ReqIFSpecHierarchy
    from reqif.models.reqif_spec_object import ReqIFSpecObject, SpecObjectAttribute
    from reqif.models.reqif_spec_object_type import ReqIFSpecObjectType, SpecAttributeDefinition
    from reqif.models.reqif_specification import ReqIFSpecification
    from reqif.models.reqif_types import SpecObjectAttributeType as Kind
    from reqif.object_lookup import ReqIFObjectLookup
    from reqif.reqif_bundle import ReqIFBundle
    from reqif.unparser import ReqIFUnparser

    names = {"a1": ("ReqIF.ForeignID", Kind.STRING, "t"), "a2": ("ReqIF.Text", Kind.XHTML, "x"), "a3": ("Priority", Kind.ENUMERATION, "e"),
             "a4": ("Owner", Kind.STRING, "t"), "a5": ("ReqIF.ChapterName", Kind.STRING, "t")}  # fmt: skip
    definitions = [
        SpecAttributeDefinition.create(
            attribute_type=kind,
            identifier=key,
            datatype_definition=data,
            long_name=name,
            multi_valued=False if kind is Kind.ENUMERATION else None,
        )
        for key, (name, kind, data) in names.items()
    ]

    def thing(identity: str, **values: object) -> ReqIFSpecObject:
        return ReqIFSpecObject.create(identity, "type", [SpecObjectAttribute(names[k][1], k, v) for k, v in values.items()])

    objects = [
        thing("o0", a5="2 Access"),
        thing("o1", a1="LAB-1", a2=xhtml or "<xhtml:div>The system shall lock.</xhtml:div>", a3=["v1"], a4="QC & QA"),
        *([thing("o2", a1="LAB-2", a2="<xhtml:div>It shall tell.</xhtml:div>")] if orphan else []),
    ]
    content = ReqIFReqIFContent(
        data_types=[
            ReqIFDataTypeDefinitionString.create("t"),
            ReqIFDataTypeDefinitionEnumeration("e", values=[ReqIFEnumValue("v1", "1", long_name="SHALL")]),
        ],
        spec_types=[ReqIFSpecObjectType.create("type", long_name="Requirement", attribute_definitions=definitions)],
        spec_objects=objects,
        specifications=[
            ReqIFSpecification("s", long_name="Lab", children=[
                ReqIFSpecHierarchy(identifier="h0", spec_object="o0", level=1, children=[ReqIFSpecHierarchy(identifier="h1", spec_object="o1", level=2)])
            ])
        ],
    )  # fmt: skip
    bundle = ReqIFBundle(
        ReqIFNamespaceInfo.create_default(), None, ReqIFCoreContent(content), False, ReqIFObjectLookup.empty(), []
    )
    return ReqIFUnparser.unparse(bundle)


def test_reqif_with_rich_text_and_enumerations():
    rich = (
        "<xhtml:div>The system\n     shall <xhtml:b>lock</xhtml:b>:<xhtml:ul><xhtml:li>at &lt;once&gt;</xhtml:li><xhtml:li>for<xhtml:br/>all</xhtml:li></xhtml:ul>"
        '<xhtml:p>See <xhtml:object data="plan.png" type="image/png"/></xhtml:p></xhtml:div>'
    )
    found = read(reqif(rich, orphan=True), "x.reqif")
    assert [e.id for e in found.entries] == ["LAB-1", "LAB-2"]
    assert found.entries[0].fields["statement"] == "The system shall lock:\n- at <once>\n- for\nall\n\nSee [picture: plan.png]"
    assert found.entries[0].fields["priority"] == "SHALL"
    assert found.entries[0].fields["attributes"] == {"Owner": "QC & QA", "Kind of object": "Requirement", "Section": "2 Access"}
    assert reasons(found, lost=True) == {"plan.png": "a picture or attachment in a text is not imported"}
    assert "no specification shows" in reasons(found, lost=False)["o2"]
    assert reasons(found, lost=False)["2 Access"] == "a heading"


@pytest.mark.parametrize(
    ("rich", "text", "lost"),
    [
        ("It shall <xhtml:del>never </xhtml:del>lock.", "It shall lock.", {"never": "struck-out"}),
        ('It shall <xhtml:span style="text-decoration: line-through">never </xhtml:span>lock.', "It shall lock.", {"never": "struck-out"}),
        ('It shall <xhtml:span style="display:none">never </xhtml:span>lock.', "It shall lock.", {"never": "hidden"}),
        ('It shall <xhtml:span style="color: #FFFFFF">never </xhtml:span>lock.', "It shall lock.", {"never": "white"}),
        ("It shall hold 10<xhtml:sup>3</xhtml:sup> of H<xhtml:sub>2</xhtml:sub>O.", "It shall hold 10^3 of H_2O.", {}),
        ('As in <xhtml:a href="https://example.org/sop">the SOP</xhtml:a>.', "As in the SOP (https://example.org/sop).", {}),
    ],
)  # fmt: skip
def test_reqif_rich_text_that_is_not_plain(rich, text, lost):
    found = read(reqif(f"<xhtml:div>{rich}</xhtml:div>"), "x.reqif")
    assert [e.fields["statement"] for e in found.entries] == [text]
    assert reasons(found, lost=True) == {k: f"holds {v} text; it is not imported" for k, v in lost.items()}


def test_reqif_names_given_twice_defaults_and_parents():
    """Two attributes of one name, an attribute only its definition gives a value, and a requirement below another one."""
    made = reqif(orphan=True)
    made = made.replace('LONG-NAME="Priority"', 'LONG-NAME="Owner"')
    owner = re.search(r'<ATTRIBUTE-DEFINITION-STRING IDENTIFIER="a4".*?>', made)[0]
    default = '<DEFAULT-VALUE><ATTRIBUTE-VALUE-STRING THE-VALUE="nobody"><DEFINITION><ATTRIBUTE-DEFINITION-STRING-REF>a4</ATTRIBUTE-DEFINITION-STRING-REF></DEFINITION></ATTRIBUTE-VALUE-STRING></DEFAULT-VALUE>'
    made = made.replace(owner, owner + default)
    below = '<CHILDREN><SPEC-HIERARCHY IDENTIFIER="h2"><OBJECT><SPEC-OBJECT-REF>o2</SPEC-OBJECT-REF></OBJECT></SPEC-HIERARCHY></CHILDREN>'
    made = re.sub(r'(IDENTIFIER="h1"[^>]*>\s*<OBJECT>.*?</OBJECT>)', rf"\1{below}", made, flags=re.DOTALL)
    found = read(made, "x.reqif")
    first, second = (e.fields["attributes"] for e in found.entries)
    assert (first["Owner"], first["Owner (2)"]) == ("SHALL", "QC & QA")
    assert (second["Owner (2)"], second["Parent in the file"]) == ("nobody", "LAB-1")
    assert "Parent in the file" not in first


def test_reqifz():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("lab.reqif", reqif())
        archive.writestr("pictures/plan.png", b"\x89PNG")
    found = read(out.getvalue(), "x.reqifz")
    assert [e.fields["statement"] for e in found.entries] == ["The system shall lock."]
    assert found.entries[0].place.file == "x.reqifz lab.reqif"
    assert reasons(found, lost=True) == {"pictures/plan.png": "an attached file is not imported"}


# ------------------------------------------------------------ Doorstop


def item(**more: str) -> str:
    fields = {"active": "true", "derived": "false", "header": "|\n  Lock", "level": "1.10", "links": "\n- SYS001: abc=", "normative": "true",
              "ref": "''", "reviewed": "Xy12=", "text": "|\n  The system shall lock:\n  - at once\n", **more}  # fmt: skip
    return "".join(f"{k}: {v}\n" if not v.startswith("\n") else f"{k}:{v}\n" for k, v in fields.items())


def test_doorstop():
    (entry,) = read(item(), "REQ001.yml").entries
    assert dict(entry.fields) == {
        "id": "REQ001", "title": "Lock", "statement": "The system shall lock:\n- at once",
        "attributes": {"Level": "1.10", "Links": "- SYS001: abc=", "Reviewed": "Xy12="},
    }  # fmt: skip
    assert reasons(read(item(active="false"), "REQ002.yml"), lost=False)["REQ002 The system shall lock:\n- at once"].startswith(
        "an inactive item"
    )
    heading = read(item(normative="false", text="''"), "REQ003.yml")
    assert heading.entries == ()
    assert "heading" in reasons(heading, lost=False)["REQ003 1.10 Lock"]
    assert read("settings:\n  digits: 3\n", ".doorstop.yml").entries == ()


@pytest.mark.parametrize(
    "text", ["level: 1.0\n", "- a\n", "text: x\nlevel: *a\n", "text: !!python/object:os.system x\nlevel: 1\n", "a: b: c\n"]
)
def test_doorstop_refuses_other_yaml_with_its_place(text):
    with pytest.raises(Unreadable) as refusal:
        read(text, "REQ001.yml")
    assert refusal.value.where.startswith("REQ001.yml")


# ------------------------------------------------------------ sphinx-needs


def needs(**versions: dict) -> dict:
    return {
        "created": "2024",
        "current_version": "2.0",
        "project": "Lab",
        "versions": {v.replace("_", "."): {"needs": n} for v, n in versions.items()},
    }


def test_needs_of_the_current_version():
    current = {
        "LAB_1": {"id": "LAB_1", "type": "req", "title": "Lock", "content": "The system shall lock.", "status": "open", "links": ["LAB_2", "LAB_3"],
                  "docname": "index", "lineno": 7, "sections": ["Access", "Lab"], "priority": "SHOULD", "is_external": False, "tags": []},
        "TC_1": {"id": "TC_1", "type": "test", "title": "A test", "description": "do it"},
        "LAB_2": {"id": "LAB_2", "type": "req", "title": "It shall tell.", "description": ""},
    }  # fmt: skip
    found = read(
        needs(v1_0={"LAB_9": {"id": "LAB_9", "title": "old"}})
        | {"versions": {"1.0": {"needs": {"LAB_9": {"id": "LAB_9", "title": "old"}}}, "2.0": {"needs": current}}},
        "needs.json",
    )
    assert [e.id for e in found.entries] == ["LAB_1", "LAB_2"]
    assert dict(found.entries[0].fields) == {
        "id": "LAB_1", "title": "Lock", "statement": "The system shall lock.", "priority": "SHOULD",
        "attributes": {"type": "req", "status": "open", "links": "- LAB_2\n- LAB_3", "docname": "index:7", "Section": "Lab > Access"},
    }  # fmt: skip
    assert found.entries[1].fields["statement"] == "It shall tell."
    assert reasons(found, lost=True) == {"TC_1 A test": "a need of the type 'test' is no user requirement"}
    assert "another version" in reasons(found, lost=False)["LAB_9"]


def test_needs_with_content_and_description():
    need = {"id": "LAB_1", "type": "req", "title": "Lock", "content": "It shall lock.", "description": "After 5 min."}
    (entry,) = read(needs(v2_0={"LAB_1": need}), "needs.json").entries
    assert entry.fields["statement"] == "It shall lock." and entry.fields["attributes"]["description"] == "After 5 min."


# ------------------------------------------------------------ OSCAL

CATALOG = {
    "catalog": {
        "uuid": "u", "metadata": {"title": "Controls", "version": "5"},
        "groups": [{
            "id": "ac", "title": "Access Control", "controls": [
                {"id": "ac-2.1", "title": "Lock", "params": [
                    {"id": "ac-2_prm_1", "label": "number"}, {"id": "ac-2_prm_2", "select": {"how-many": "one-or-more", "choice": ["lock", "wait {{ insert: param, ac-2_prm_1 }}"]}},
                    {"id": "ac-2_prm_3", "values": ["15 min"]}],
                 "props": [{"name": "label", "value": "AC-2(1)"}],
                 "parts": [
                    {"id": "s", "name": "statement", "prose": "Enforce:", "parts": [
                        {"name": "item", "props": [{"name": "label", "value": "a."}], "prose": "a limit of {{ insert: param, ac-2_prm_1 }};"},
                        {"name": "item", "props": [{"name": "label", "value": "b."}], "prose": "{{ insert: param, ac-2_prm_2 }} after {{ insert: param, ac-2_prm_3 }}.",
                         "parts": [{"name": "item", "prose": "deep"}]}]},
                    {"name": "guidance", "prose": "Read this."}],
                 "links": [{"href": "#x", "rel": "related"}]},
                {"id": "ac-3", "title": "Gone", "props": [{"name": "status", "value": "withdrawn"}]},
            ],
        }],
    }
}  # fmt: skip


def test_oscal_catalog():
    found = read(CATALOG, "c.json")
    (entry,) = found.entries
    assert entry.fields["id"] == "ac-2.1"
    assert entry.fields["statement"] == (
        "Enforce:\n  a. a limit of [Assignment: number];\n  b. [Selection (one-or-more): lock; wait [Assignment: number]] after [15 min].\n    deep"
    )
    attributes = entry.fields["attributes"]
    assert (attributes["Section"], attributes["Guidance"], attributes["Label"]) == ("Access Control", "Read this.", "AC-2(1)")
    assert "ac-2_prm_3: [15 min]" in attributes["Parameters"]
    assert "#x" in attributes["Links"]
    assert entry.place.file == "c.json /catalog/groups/0/controls/0"
    said = reasons(found, lost=False)
    assert said["ac-3 Gone"] == "a withdrawn control is not imported"
    assert said["Controls"] == "the title" and said["Access Control"] == "a group"


def test_oscal_says_everything_of_a_control():
    """Every text of it stands somewhere in the entry."""
    control = {
        "id": "x-1", "title": "t00", "class": "t01",
        "params": [{"id": "p-1", "label": "t02", "values": ["t03"], "guidelines": [{"prose": "t04"}], "constraints": [{"description": "t05"}],
                    "remarks": "t06", "class": "t07"}],
        "props": [{"name": "kind", "value": "t08"}, {"name": "kind", "value": "t09", "class": "t10"}],
        "parts": [{"id": "s", "name": "statement", "title": "t11", "prose": "t12", "parts": [
            {"id": "s.a", "name": "item", "title": "t13", "props": [{"name": "label", "value": "t14"}, {"name": "label", "value": "t15"}],
             "links": [{"href": "t16"}], "remarks": "t17", "unknown": "t18"}]}],
        "remarks": "t19", "links": [{"href": "t20"}],
    }  # fmt: skip
    found = read({"catalog": {"metadata": {}, "controls": [control], "more": "t21"}, "beside": "t22"}, "c.json")
    (entry,) = found.entries
    said = json.dumps(dict(entry.fields)) + " ".join(reasons(found, lost=False))
    assert [n for n in range(23) if f"t{n:02}" not in said] == []
    assert entry.fields["attributes"]["Kind"] == "t08\nt09 (class: t10)"


# ------------------------------------------------------------ test suites


def suite(**more) -> dict:
    case = {"test_id": "OQ-1", "test_name": "Lock", "prerequisites": ["ready"], "urs_requirements": ["URS-A-1", "URS-A-1", "URS-A-2"],
            "test_steps": [{"step_number": 1, "action": "| type <name>", "expected_result": "# locked", "note": "n1"}],
            "acceptance_criteria": ["it\nis"], "risk_level": "high", **more}  # fmt: skip
    return {"suite_id": "S", "generator": "model", "generator_version": "7", "test_cases": [case]}


def test_suite_with_hostile_steps():
    found = read(suite(), "s.json")
    assert [e.id for e in found.entries] == ["URS-A-1", "URS-A-2"]
    (criterion,) = found.entries[0].fields["criteria"]
    assert criterion == {
        "id": "oq-1",
        "title": "Lock",
        "given": ["ready"],
        "when": ["text: | type ‹name›"],
        "then": ["text: # locked", "it is"],
    }
    assert found.entries[0].fields["drafted"] == {"generator": "model", "version": "7"}
    assert found.entries[0].fields["attributes"]["Test OQ-1"] == "risk_level: high\nstep 1:\n  note: n1"
    assert all("Gherkin would misread" in reasons(found, lost=False)[t] for t in ("| type <name>", "# locked"))


def test_suite_with_one_id_twice_and_steps_of_plain_text():
    twice = suite(test_steps=["press the button", {"action": "look"}])
    twice["test_cases"].append({**twice["test_cases"][0], "test_name": "Other", "test_steps": "wait", "risk_level": "low"})
    entry = read(twice, "s.json").entries[0]
    assert [(c["id"], c["title"], c["when"]) for c in entry.fields["criteria"]] == [
        ("oq-1", "Lock", ["press the button", "look"]),
        ("oq-1-2", "Other", ["wait"]),
    ]
    assert entry.fields["attributes"] == {"Test OQ-1": "risk_level: high", "Test OQ-1 (2)": "risk_level: low"}


def test_suite_with_a_case_for_nothing_and_a_step_too_long():
    found = read(suite(urs_requirements=[]), "s.json")
    assert list(reasons(found, lost=True).values()) == ["this test case names no requirement"]
    found = read(suite(prerequisites=["x" * 500]), "s.json")
    assert len(found.entries[0].fields["criteria"][0]["given"][0]) == 400
    assert reasons(found, lost=True)["x" * 500] == "a step longer than 400 characters was cut"


# ------------------------------------------------------------ recognition


@pytest.mark.parametrize(
    ("data", "name"), [('{"a": 1}', "x.json"), ("text", "x.unknown"), ("[]", "x.json"), ("{", "needs.json")]
)  # fmt: skip
def test_what_cannot_be_told_is_refused(data, name):
    with pytest.raises(Unreadable, match="cannot be told"):
        read(data, name)


def test_library_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "reqif.parser", None)
    with pytest.raises(Unreadable) as refusal:
        read(reqif(), "x.reqif")
    assert "csvgen[exchange]" in refusal.value.hint
