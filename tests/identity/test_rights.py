"""The role x function matrix: each cell allowed and denied, administration apart from work, a project's own roles (RR-G01, RR-G03, RR-E11)."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import yaml

from csvgen.cli import cli
from csvgen.errors import BadInput
from csvgen.identity.directory import Directory
from csvgen.identity.rights import FILE, Matrix, own_matrix, project_matrix
from csvgen.model.people import Policy
from csvgen.model.signature import MEANINGS

from .house import ADMIN, person, refused, technical

DATA = Path(__file__).parents[2] / "csvgen" / "identity" / "data" / "functions.yaml"
RAW = yaml.safe_load(DATA.read_text(encoding="utf-8"))
CELLS = [(role, function) for role in RAW["roles"] for function in RAW["functions"]]


@pytest.mark.parametrize(("role", "function"), CELLS)
def test_each_cell_is_enforced(role: str, function: str) -> None:
    """Read from the file by another reader than ours, asked of a person who holds this role alone."""
    account = person("anna", roles=(role,), state="active")
    allowed = function in RAW["roles"][role]["functions"]
    said = own_matrix().may(account, function, Policy())
    assert (said == "") is allowed, said
    if not allowed:
        assert said == f"the role {role} may not {RAW['functions'][function]['words']}"


@pytest.mark.parametrize("function", list(RAW["functions"]))
def test_without_an_active_account_no_cell_counts(function: str) -> None:
    for state in ("pending", "locked", "retired"):
        account = person("anna", roles=tuple(RAW["roles"]), state=state)
        assert own_matrix().may(account, function, Policy(administrators="flagged")) == f"the account anna is {state}"


@pytest.mark.parametrize("function", list(RAW["functions"]))
def test_a_role_nobody_defined_holds_nothing(function: str) -> None:
    assert own_matrix().may(person("anna", roles=("emperor",), state="active"), function, Policy())


def test_a_function_that_is_not_listed_is_no_function() -> None:
    with pytest.raises(KeyError):
        own_matrix().may(person("anna", state="active"), "fly", Policy())


def test_both_sides_of_the_matrix_are_there_for_every_meaning_of_a_signature() -> None:
    for meaning in MEANINGS:
        holders = [r for r in RAW["roles"] if own_matrix().holds(r, f"sign {meaning}")]
        assert 0 < len(holders) < len(RAW["roles"])


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> list[str]:
    if isinstance(command, click.Group):
        return [leaf for name, inner in command.commands.items() for leaf in leaves(inner, (*path, name))]
    return [" ".join(path)]


def test_every_command_is_a_function_or_open_and_none_is_both() -> None:
    """A command nobody placed would be refused; this says so before a user finds it out (RR-D01)."""
    matrix = own_matrix()
    flagged = {name.partition(" --")[0] for name in matrix.commands if " --" in name}
    placed = {*matrix.open, *matrix.commands} - {name for name in matrix.commands if " --" in name}
    assert set(leaves(cli)) - placed == set()
    assert not set(matrix.open) & set(matrix.commands)
    assert flagged <= set(matrix.open), "without its flag the command is open"


# ------------------------------------------------------------------ administration apart from work


def test_nobody_joins_administration_with_execution_review_or_approval(people: Directory) -> None:
    for work in ("tester", "quality", "reviewer", "validation-lead"):
        refused(lambda w=work: people.add(ADMIN, person("cleo", roles=("administrator", w))), "RR-G03")
        refused(lambda w=work: people.set_roles(ADMIN, "anna", ("administrator", w), "busy times"), "RR-G03")
    people.add(ADMIN, person("cleo", roles=("administrator",)))
    assert people.account("anna").roles == ("tester",)


@pytest.mark.parametrize("function", [n for n, f in RAW["functions"].items() if f.get("duty") == "work"])
def test_administrator_rights_however_they_came_about_bar_every_work(function: str) -> None:
    """The database was written to, or the roles changed their meaning: the act is refused all the same, or flagged by policy."""
    both = person("anna", roles=tuple(RAW["roles"]), state="active")
    assert "has administrator rights and may not" in own_matrix().may(both, function, Policy())
    assert own_matrix().may(both, function, Policy(administrators="flagged")) == ""
    assert own_matrix().two_duties(both, function), "the flag a report prints"


def test_a_policy_that_flags_lets_both_be_held(house) -> None:
    house.policy = Policy(administrators="flagged")
    people = house.directory()
    people.add(ADMIN, person("cleo", roles=("administrator", "tester")))
    assert people.account("cleo").roles == ("administrator", "tester")


def test_the_last_administrator_stays(people: Directory) -> None:
    for name in ("cleo", "dora"):
        people.add(ADMIN, person(name, roles=("administrator",)))
        people.set_password(ADMIN, name, f"tall-Ship-in-{len(name)}-Bottles-{'x' if name == 'cleo' else 'y'}")
    people.put_into(ADMIN, "cleo", "retired", "left")
    for act in (
        lambda: people.put_into(ADMIN, "dora", "retired", "left"),
        lambda: people.put_into(ADMIN, "dora", "locked", "left"),
        lambda: people.give_roles(ADMIN, "dora", ("tester",), "moved"),
    ):
        refused(act, "RR-D01", "last active administrator")
    assert [a.id for a in people.administrators()] == ["dora"]


def test_a_role_that_does_not_exist_is_not_given(people: Directory) -> None:
    refused(lambda: people.give_roles(ADMIN, "anna", ("emperor",), "x"), "RR-G01", "there is no role 'emperor'")
    people.give_roles(ADMIN, "anna", ("reviewer",), "moved to the second floor")
    assert people.account("anna").roles == ("reviewer",)


# ------------------------------------------------------------------ a project's own roles


def roles_file(folder: Path, **roles: list[str]) -> Path:
    path = folder / FILE
    entries = {name: {"words": "as it says", "functions": held} for name, held in roles.items()}
    path.write_text(yaml.safe_dump({"format": "csvgen.roles/1", "roles": entries}), encoding="utf-8")
    return path


def test_a_project_brings_its_own_roles_and_only_roles(tmp_path: Path) -> None:
    assert project_matrix(tmp_path) == own_matrix()
    roles_file(tmp_path, chemist=["use", "run", "sign performed"])
    matrix = project_matrix(tmp_path)
    chemist = person("anna", roles=("chemist",), state="active")
    assert matrix.may(chemist, "run", Policy()) == ""
    assert matrix.may(chemist, "sign approved", Policy())
    assert matrix.may(person("bert", roles=("quality",), state="active"), "sign approved", Policy()), (
        "the roles of csvgen are gone"
    )
    assert (matrix.functions, matrix.commands) == (own_matrix().functions, own_matrix().commands)


@pytest.mark.parametrize(
    "text",
    [
        "format: csvgen.roles/1\n",
        "format: csvgen.roles/2\nroles: {}\n",
        "format: csvgen.roles/1\nroles: {a: {words: x, functions: [fly]}}\n",
        "format: csvgen.roles/1\nroles: {a: {words: x, functions: [use], more: x}}\n",
        "format: csvgen.roles/1\nroles: {a: {words: x, functions: [use]}}\ncommands: {}\n",
        "- a\n",
        "{",
        "",
    ],
)
def test_a_file_of_roles_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        project_matrix(tmp_path)
    assert FILE in caught.value.where


def test_a_matrix_that_names_an_unknown_function_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="no function 'fly'"):
        Matrix.model_validate({**RAW, "commands": {"report": "fly"}})


def test_a_technical_account_holds_what_its_role_holds(people: Directory) -> None:
    people.add(ADMIN, technical())
    people.make_token(ADMIN, "ci-runner", "for the builds")
    account = people.account("ci-runner")
    assert people.may(account, "run") == ""
    assert people.may(account, "administer people") == "the role automation may not administer people"
