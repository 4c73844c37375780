"""installation.yaml, pq/*.yaml and oracles/*.yaml: what is compared, what is rehearsed, and what was worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from csvgen.model.base import Grown, Id, Line, Name, Text, Value, later
from csvgen.model.urs import Drafted

# ------------------------------------------------------------------ installation.yaml


class BaselineItem(Value):
    """One thing the installation qualification compares: what it is and what the release says it must be."""

    id: Name = Field(description="Name of the item, unique within its section.", examples=["application", "idle-seconds"])
    title: Line = Field(
        description="What is compared, as the protocol prints it.", examples=["Release of the application", "Idle time"]
    )
    kind: Literal["component", "package", "configuration", "time-source", "storage", "account", "platform"] = Field(
        description="What sort of thing is compared.", examples=["component", "configuration"]
    )
    subject: Line = Field(
        description="Name by which the installation knows it: component, package, configuration key and so on.",
        examples=["idle_seconds", "cryptography"],
    )
    expected: Line = Field(description="What the release says it must be: version, digest or value.", examples=["1.0.0", "900"])
    source: Line = Field(
        description="Where the expected value comes from. Never the installed system: that would compare it with itself.",
        examples=["Release notes 1.0.0", "URS-QC-026"],
    )


class BaselineSection(Value):
    id: Id = Field(description="Permanent id, beginning with IQ-.", examples=["IQ-QC-01", "IQ-QC-02"])
    title: Line = Field(description="The section in a few words.", examples=["Installed release", "Configuration"])
    requirement: Id = Field(
        description="Id of the requirement, of phase IQ, that this section shows.", examples=["URS-QC-033", "URS-QC-034"]
    )
    items: tuple[BaselineItem, ...] = Field(min_length=1, description="What is compared.")


class Installation(Value):
    """installation.yaml: the approved installation baseline."""

    format: Literal["csvgen.installation/1"] = Field(
        description="Says that this file is installation.yaml, and which edition of its form.", examples=["csvgen.installation/1"]
    )
    release: Line = Field(
        description="The release this baseline describes.", examples=["QC Release Pipeline 1.0.0", "LIMS 2024.1 with hotfix 3"]
    )
    sections: tuple[BaselineSection, ...] = Field(
        min_length=1, description="The approved baseline: what the installation qualification compares with what is installed."
    )


# ------------------------------------------------------------------ pq/*.yaml


class Scenario(Grown):
    """A business scenario of the performance qualification: end to end, by the roles that do the work."""

    id: Id = Field(description="Permanent id, beginning with PQ-.", examples=["PQ-QC-01", "PQ-QC-02"])
    title: Line = Field(
        description="The scenario in a few words.",
        examples=["A lot in specification is tested, reviewed and released", "A failing lot is rejected"],
    )
    process: Text = Field(
        description="The business process this repeats, end to end.",
        examples=[
            "Release testing of a lot, from the instrument file to the signed decision.",
            "Investigation of a result out of specification.",
        ],
    )
    end_users: tuple[Line, ...] = Field(
        min_length=1,
        description="Business roles of the people who do this work every day.",
        examples=[["QC analyst", "QC reviewer"]],
    )
    covers: tuple[Id, ...] = Field(
        min_length=1, description="Ids of the requirements the scenario shows in use.", examples=[["URS-QC-004", "URS-QC-012"]]
    )
    given: tuple[Line, ...] = Field(
        default=(),
        description="State before the work begins, one step a line.",
        examples=[['the "reviewer" is logged in', 'lot "LOT-A" is processed']],
    )
    when: tuple[Line, ...] = Field(
        default=(), description="What the people do.", examples=[['the "analyst" processes lot "LOT-A"']]
    )
    then: tuple[Line, ...] = Field(
        default=(), description="What must come out.", examples=[['lot "LOT-A" is in the state "released"']]
    )
    steps: tuple[Line, ...] = Field(
        default=(),
        description="Instead of given, when and then: a story, each line beginning with Given, When, Then, And or But.",
        examples=[
            [
                'Given the "analyst" is logged in',
                'When the "analyst" processes lot "LOT-A"',
                'Then the verdict of lot "LOT-A" is "in specification"',
            ]
        ],
    )
    named_users: Mapping[Line, Line] = later(
        {},
        "Business role of end_users -> the person of that role who takes part, by name.",
        examples=[{"QC analyst": "A. Kessler (fictitious)"}],
    )
    attended: tuple[Line, ...] = later(
        (),
        "What a person decides in this scenario, one decision a line. The script is then marked @attended, and no unattended run passes it.",
        examples=[["The quality unit judges whether the printed label can be read."]],
    )
    drafted: Drafted | None = later(None, "Set when a machine wrote this scenario. A named person has to sign it as its author.")

    @property
    def users(self) -> tuple[str, ...]:
        """Business roles, with the people who take part."""
        return tuple(f"{role}: {self.named_users[role]}" if role in self.named_users else role for role in self.end_users)


class Scenarios(Value):
    """pq/*.yaml: business scenarios."""

    format: Literal["csvgen.scenarios/1"] = Field(
        description="Says that this file holds scenarios of the performance qualification, and which edition of the form.",
        examples=["csvgen.scenarios/1"],
    )
    environment: Text = Field(
        description="Where the scenarios run, and how that place is like production.",
        examples=[
            "The validation instance: release and configuration as qualified in the IQ, test accounts only.",
            "Production, before it is opened to users.",
        ],
    )
    scenarios: tuple[Scenario, ...] = Field(
        min_length=1, description="The business scenarios, done by the roles that do the work."
    )


# ------------------------------------------------------------------ oracles/*.yaml


class Oracle(Grown):
    """An expected value worked out independently of the system, with who worked and who checked it."""

    id: Id = Field(
        description="Permanent id, beginning with ORA-; parameters of patterns refer to it.",
        examples=["ORA-POTENCY-1", "ORA-IMPURITY-1"],
    )
    title: Line = Field(
        description="What was worked out.", examples=["Potency of a sample by a linear calibration", "Impurities by area percent"]
    )
    method: Text = Field(
        description="The formula and where it comes from.",
        examples=[
            "Least squares line through five standards; potency = 100 x mean concentration / label claim.",
            "Each peak area in percent of the sum of all areas (pharmacopoeia).",
        ],
    )
    author: Line = Field(
        description="Who worked it out.", examples=["A. Kessler (fictitious, validation)", "J. Okafor (fictitious, statistics)"]
    )
    checker: Line = Field(
        description="Who checked it: another person, who repeated the working.",
        examples=["M. Duarte (fictitious, quality control)", "L. Brandt (fictitious, validation)"],
    )
    inputs: tuple[Mapping[Line, Line], ...] = Field(
        min_length=1,
        description="The values it starts from, one row a line of the table.",
        examples=[[{"standard": "250", "signal": "0.24"}, {"sample": "S1", "signal": "0.97"}]],
    )
    working: tuple[Line, ...] = Field(
        min_length=1,
        description="The working, line by line, so that a reader can repeat it by hand.",
        examples=[["sum = 1450 + 950 = 2400", "share = 100 x 1450 / 2400 = 60.4 %"]],
    )
    expected: Mapping[Line, Line] = Field(
        min_length=1,
        description="Name of each result and its value, as text.",
        examples=[{"potency unrounded": "98.780487804878", "potency reported": "98.8"}],
    )
    units: Mapping[Line, Line] = later(
        {},
        "Unit of a result or an input, by its name. Left out for what is a pure number.",
        examples=[{"potency reported": "%", "standard": "ug/mL"}],
    )


class Oracles(Value):
    """oracles/*.yaml: hand-worked expected values."""

    format: Literal["csvgen.oracles/1"] = Field(
        description="Says that this file holds expected values worked out by hand, and which edition of the form.",
        examples=["csvgen.oracles/1"],
    )
    oracles: tuple[Oracle, ...] = Field(min_length=1, description="Expected values worked out independently of the system.")
