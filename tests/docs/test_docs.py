"""The documentation says what is there: names are compared with the code, and what a reader would type is run."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer

from orchestrator import errors
from orchestrator.cli.main import application
from orchestrator.core.divergence import Relation, State
from orchestrator.core.events import EventKind
from orchestrator.core.findings import Level, Topic
from orchestrator.core.gates.decide import GATES
from orchestrator.core.gates.verdict import Answer
from orchestrator.core.reports import Result
from orchestrator.core.run import Outcome
from orchestrator.errors import Exit, OrchestrateError
from orchestrator.project import configuration
from orchestrator.project.settings import PREFIX, Settings
from tests.command import Command
from tests.docs.document import ROOT, Page, alike, live, pages
from tests.projects_builder import AlembicProject

COMMANDS, CONFIGURATION, EXIT_CODES, GLOSSARY, HOW, JSON = (
    Page(ROOT / "docs" / f"{name}.md")
    for name in ("commands", "configuration", "exit-codes", "glossary", "how-it-works", "json")
)
DESIGN_WORDS = re.findall(
    "[^,]+",
    "environment,project,database,tenant,target,revision,head,base,stamp,branch,observation,divergence,drift,plan,wave,"
    "step,fingerprint,stale,gate,verdict,waiver,run,event,checkpoint,journal,guard,run lock,work lock,in doubt",
)
AVOIDED = {"manager", "handler", "helper", "helpers", "utils", "util", "data", "info", "sync", "job"}


def _commands() -> Iterator[tuple[str, Any]]:
    """Each command by its name; what stands under a group by the group's."""
    whole: Any = typer.main.get_command(application())
    for name, command in whole.commands.items():
        yield name, command
        yield from ((name, below) for below in getattr(command, "commands", {}).values())


def _section(page: Page, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page.text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page.path.name} has no section {heading}"
    return found[1]


def _assert_named(names: Iterator[str] | list[str], page: Page) -> None:
    missing = [name for name in names if f"`{name}`" not in page.text]
    assert not missing, f"{page.path.name} does not name {missing}"


def test_every_command_and_option_is_documented() -> None:
    """Each command has its section, and each of its options stands there or among the common ones."""
    common = _section(COMMANDS, "Options that most commands have")
    missing = []
    for name, command in _commands():
        section = _section(COMMANDS, name)
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
        missing += [f"{name} {option}" for option in options if f"{option}" not in section + common]
    assert not missing


def test_no_option_is_documented_that_is_not_there() -> None:
    """An option in the section of a command is one of that command's, or of one that the section points to."""
    known = {option for _, command in _commands() for parameter in command.params for option in parameter.opts}
    known |= {"--help", "-h", "--version", "--install-completion", "--show-completion"}
    written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", COMMANDS.text))
    assert written <= known


def test_every_command_has_a_help_with_examples() -> None:
    """Each command's help ends with examples that begin with the command's own name."""
    for name, command in _commands():
        assert re.search(rf"Examples?:\n +orchestrate {name}\b", command.help or ""), name


def test_every_exit_code_is_documented() -> None:
    """Each member of Exit has its row, with its number and its name."""
    for code in Exit:
        assert f"| {int(code)} | `{code.name}` |" in EXIT_CODES.text, code


def _keys(schema: Any, definitions: Any) -> Iterator[str]:
    yield from schema.get("properties", {})
    for definition in definitions.values():
        yield from definition.get("properties", {})


def test_every_key_of_the_file_is_documented() -> None:
    """Each key of the JSON Schema of environments.yaml stands in configuration.md."""
    schema = configuration.json_schema()
    headings = set(re.findall(r"^#+ (.+)$", CONFIGURATION.text, re.MULTILINE))
    missing = {
        key
        for key in _keys(schema, schema["$defs"])
        if key not in headings and f"`{key}`" not in CONFIGURATION.text
    }
    assert not missing


def test_every_setting_is_documented() -> None:
    """Each process-wide variable stands in configuration.md."""
    for field in Settings.model_fields:
        assert PREFIX + field.upper() in CONFIGURATION.text


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.path.name)
def test_every_file_shown_is_a_good_one(page: Page, tmp_path: Path) -> None:
    """Each environments.yaml that the documentation shows is accepted as it stands."""
    for number, block in enumerate(page.blocks):
        if block.kind == "yaml" and block.text.startswith("version:"):
            path = tmp_path / f"{number}.yaml"
            path.write_text(block.text)
            assert configuration.load(path, Settings(), {}).pipeline.names


def test_every_word_of_the_design_is_in_the_glossary() -> None:
    """The glossary explains each word that the design fixed, in bold at the beginning of a row."""
    missing = [word for word in DESIGN_WORDS if f"**{word}**" not in GLOSSARY.text]
    assert not missing


def _names() -> Iterator[str]:
    for path in (ROOT / "orchestrator").rglob("*.py"):
        yield path.stem
        yield path.parent.name
        yield from (node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef))


def test_nothing_has_a_name_that_says_nothing() -> None:
    """No module and no class has a word in its name that says nothing of what it is, as manager or info."""
    words = {name: {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)} for name in set(_names())}
    assert not {name for name, found in words.items() if found & AVOIDED}


@pytest.mark.parametrize(
    "words", [State, Relation, Outcome, Result, Answer, Level, Topic], ids=lambda words: words.__name__
)
def test_every_word_of_the_json_is_documented(words: type[StrEnum]) -> None:
    """Each value that a field of a JSON document may have stands in json.md."""
    _assert_named([str(word) for word in words], JSON)


def test_every_error_code_is_documented() -> None:
    """The code of each kind of error stands in json.md, and so does each code that is given where it is raised."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OrchestrateError)
    ]
    source = "\n".join(path.read_text() for path in (ROOT / "orchestrator").rglob("*.py"))
    given = re.findall(r"""\bcode="(\w+)"|Failure\("(\w+)"|Halt\(\s*"(\w+)\"""", source)
    _assert_named([*(kind.code for kind in kinds), *{code for found in given for code in found if code}], JSON)


def test_every_kind_of_event_is_documented() -> None:
    """Each kind of event stands in how-it-works.md, with whether the journal keeps it."""
    for kind in EventKind:
        assert f"| `{kind}` | {'yes' if kind.durable else 'no'} |" in HOW.text, kind


def test_every_gate_is_documented() -> None:
    """Each gate stands in commands.md."""
    _assert_named([gate.__name__ for gate in GATES], COMMANDS)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.path.name)
def test_links_lead_somewhere(page: Page) -> None:
    """Each relative link leads to a file of the project, and to a heading in it if it names one."""
    for target, anchor in page.links:
        found = page.path.parent / target
        assert found.exists(), target
        if anchor is not None:
            assert anchor in Page(found).anchors, f"{target}#{anchor}"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example in an empty folder."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in ("alembic.ini", "environments.yaml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_output_that_differs_is_noticed() -> None:
    """Run ids, times and lines left out may differ, and nothing else."""
    shown = ["run 20261122-142250-fd68: done", "…", "dev  at head"]
    assert alike(shown, ["run 20270101-000000-0000: done", "one", "two", "dev at head"])
    assert not alike(shown, ["run 20270101-000000-0000: failed", "dev at head"])
    assert not alike(shown, ["run 20270101-000000-0000: done", "dev at head", "prod at head"])


def _assert_lived(page: Page, folder: Path) -> None:
    for command, shown, had in live(page, folder):
        assert alike(shown, had), f"$ {command}\n" + "\n".join([*had, "--- the page shows", *shown])


@pytest.mark.slow
def test_the_readme_does_what_it_shows(shop: Path) -> None:
    """Every terminal of README, typed in a copy of the example, succeeds with the output shown."""
    _assert_lived(Page(ROOT / "README.md"), shop)


@pytest.mark.slow
def test_getting_started_does_what_it_shows(tmp_path: Path) -> None:
    """Every terminal of getting-started, typed outside the repository, succeeds with the output shown."""
    _assert_lived(Page(ROOT / "docs" / "getting-started.md"), tmp_path)


@pytest.mark.slow
def test_the_page_of_fleets_does_what_it_shows(shop: Path) -> None:
    """Every terminal of fleets, typed in a copy of the example, succeeds with the output shown."""
    _assert_lived(Page(ROOT / "docs" / "fleets.md"), shop)


@pytest.mark.slow
def test_the_page_of_releases_does_what_it_shows(shop: Path) -> None:
    """Every terminal of releases, typed in a copy of the example, succeeds with the output shown."""
    _assert_lived(Page(ROOT / "docs" / "releases.md"), shop)


_OPTIONAL = {
    *(f".error.problems[].{name}" for name in ("message", "where", "mend")),
    *(f".approvals[].{name}" for name in ("by", "actor", "at")),
    *(f".scripts[].timings[].{n}" for n in ("environment", "targets", "shortest", "median", "longest", "slowest")),
    *(f".scripts[].executed[].{n}" for n in ("target", "statements", "more")),
    *(f".scripts[].executed[].statements[].{n}" for n in ("sql", "times")),
    *(f".edited[].{n}" for n in ("revision", "path", "digest", "ran", "targets", "former", "unfound", "mend")),
    *(f".edited[].ran.{n}" for n in ("digest", "run_id", "at")),
    *(f".edited[].former.{n}" for n in ("commit", "path", "difference", "layout_only")),
    *(f".unverified[].{n}" for n in ("environment", "at", "reason", "mend")),
    *(f".vetoes[].{n}" for n in ("revision", "reason", "by", "at", "targets")),
    *(f".waivers[].{n}" for n in ("gate", "reason", "by", "at", "run_id", "environments")),
    *(f".graphs[].elsewhere[].{n}" for n in ("why", "environment", "database", "before", "targets", "of")),
}
"""Fields of a list that may be empty."""


def _shape(value: Any, place: str = "") -> set[str]:
    """The paths of all fields; what an event holds, and what is named by the user, is left open."""
    match value:
        case dict():
            parts = value.items() if place != ".scripts" else [("*", item) for item in value.values()]
            deeper = (_shape(item, f"{place}.{key}") for key, item in parts if key != "body")
            return {f"{place}.{key}" for key, _ in parts}.union(*deeper)
        case list():
            return set[str]().union(*(_shape(item, f"{place}[]") for item in value))
        case _:
            return set()


def _documents(project: AlembicProject, orchestrate: Command) -> Iterator[Any]:
    """What each command writes about a release that fails in prod, where two users have the same address."""
    users = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))'
    project.revision("aaa1", None, users)
    project.revision("aaa2", "aaa1", 'op.create_index("ux_users_email", "users", ["email"], unique=True)')
    project.environments({name: f"sqlite:///{name}.db" for name in ("staging", "prod")}, protected=["prod"])
    orchestrate("rollout", "--to", "aaa1", "--confirm", "prod", check=True)
    with sqlite3.connect(project.root / "prod.db") as database:
        database.execute("INSERT INTO users (email) VALUES ('a@example.org'), ('a@example.org')")
    orchestrate("rollout", "--through", "staging", "--yes", check=True)
    promoted = orchestrate("promote", "staging", "prod", "--confirm", "prod", "--format", "json").json
    yield promoted
    for arguments in (
        ("status",),
        ("plan", "staging", "prod"),
        ("runs",),
        ("show", promoted["run_id"]),
        ("report", promoted["run_id"]),
        ("graph",),
        ("doctor", "prod"),
        ("init", "--output", "first.yaml"),
        ("status", "--config", "nowhere.yaml"),
    ):
        yield orchestrate(*arguments, "--format", "json").json


def test_every_field_of_the_json_is_documented(
    alembic_project: Callable[..., AlembicProject], orchestrate: Command
) -> None:
    """Each document has exactly the fields of an example of its command in json.md."""
    examples = [json.loads(block.text) for block in JSON.blocks if block.kind == "json"]
    for document in _documents(alembic_project(), orchestrate):
        shapes = [_shape(example) for example in examples if example["command"] == document["command"]]
        assert any(_shape(document) - _OPTIONAL == shape - _OPTIONAL for shape in shapes), json.dumps(document)
