"""Tenants that are asked for: by a query on the environment's own database, or of a program."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import ConfigurationError, Exit, OrchestrateError, UsageError
from orchestrator.operations.tenants import expanded
from orchestrator.project.configuration import Configuration
from tests.project.configurations import HEAD, loaded, told

ENVIRON = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A database that lists three tenants."""
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        connection.execute("CREATE TABLE t (key, database, size, region)")
        rows = [("b", "b.db", 9, "eu"), ("a", "a.db", 10, None), ("c", None, 8, "us")]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    return tmp_path


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def asking(root: Path, source: str, rest: str = "", url: str = "sqlite:///registry.db") -> Configuration:
    """A configuration whose prod asks for its tenants."""
    dev = "  dev: {url: 'sqlite:///dev.db'}\n"
    text = f"{HEAD}{dev}  prod:\n    url: {url}\n    tenants: {{databases: {source}{rest}}}\n"
    return loaded(root, text, ENVIRON)


def program(root: Path, body: str) -> str:
    """A source that runs a program with this body."""
    path = root / "list tenants"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return "{command: ['./list tenants']}"


def refused(configuration: Configuration, root: Path) -> tuple[list[tuple[str, str | None]], Exit]:
    with pytest.raises(OrchestrateError) as error:
        expanded(configuration)
    return told(error.value, root), error.value.exit


def test_before_they_are_asked_for_there_is_no_target_that_could_be_taken_for_one(registry: Path) -> None:
    """The database where the query is asked is none of the targets, before and after."""
    whole = asking(registry, "{query: 'SELECT * FROM t'}", ", order: -size")
    assert [str(target) for target in whole.pipeline.targets] == ["dev"]
    found = expanded(whole)
    assert [str(target) for target in found.pipeline.targets] == ["dev", "prod/app@a", "prod/app@b", "prod/app@c"]
    a, _, c = found.pipeline.environment("prod").targets
    assert (found.labels_of(a), found.labels_of(c)) == ({"size": "10"}, {"size": "8", "region": "us"})
    urls = [endpoint.url.reveal() for endpoint in found.endpoints(["prod"]).values()]
    assert urls == [f"sqlite:///{registry}/{name}" for name in ("a.db", "b.db", "c")]


def test_a_program_tells_names_and_objects_line_by_line(registry: Path) -> None:
    """A line is a name or a JSON object; empty lines and an end of line from Windows say nothing."""
    line = '{"name": "b", "database": "x.db", "seats": 3, "paid": true, "note": null}'
    body = f"printf 'plain one\\r\\n\\n{line}\\n'"
    found = expanded(asking(registry, program(registry, body), ", order: source"))
    first, second = found.pipeline.environment("prod").targets
    assert (first.tenant, found.labels_of(first)) == ("plain one", {})
    assert (second.tenant, found.labels_of(second)) == ("b", {"seats": "3", "paid": "true"})


def test_only_those_asked_for_are_asked_and_only_once(registry: Path) -> None:
    """Whoever is about dev alone waits for no program of prod; what is known is not asked for again."""
    whole = asking(registry, program(registry, "echo run >> ran; echo a"))
    assert expanded(whole, ["dev"]) is whole
    assert not (registry / "ran").exists()
    found = expanded(whole)
    assert expanded(found) is found
    assert (registry / "ran").read_text() == "run\n"
    with pytest.raises(UsageError, match="there is no environment 'prd'"):
        expanded(whole, ["prd"])


@pytest.mark.parametrize(
    ("body", "problem", "mend", "code"),
    [
        ("exit 3", "list tenants failed with exit code 3", "run it by hand and read what it says", 9),
        ("printf 'a\\n\\377'", "gives what is no UTF-8 in line 2", "have it write UTF-8", 2),
        (":", "there are no tenants", "is it the right list? run it by hand and read what it gives", 2),
        ("echo a; echo b; echo a", "line 3: the tenant 'a' is there twice", "remove one of them", 2),
        ("echo '{nam'", "line 1: begins with { and is no JSON object", 'write a name, or {"name": "acme"}', 2),
        ("echo '[1,2]'", "line 1: begins with [ and is no JSON object", 'write a name, or {"name": "acme"}', 2),
        ("echo '{\"name\": \"\"}'", "line 1: has an empty name", "give it a name", 2),
        ("echo a/b", "the tenant 'a/b' would be a file in another directory",
         "write database: with the path of its file", 2),
    ],
)  # fmt: skip
def test_what_a_program_does_wrong_is_told_with_its_line(
    registry: Path, body: str, problem: str, mend: str, code: int
) -> None:
    """The environment, the program or the line of its output, and what to do."""
    configuration = asking(registry, program(registry, body))
    with pytest.raises(OrchestrateError) as error:
        expanded(configuration).endpoints()
    assert told(error.value, registry) == [(f"environments.yaml:6: prod.tenants.databases: {problem}", mend)]
    assert error.value.exit == code


def test_a_query_that_fails_is_told_with_its_environment_and_the_databases_words(registry: Path) -> None:
    """A query that the database does not understand is corrected in the file."""
    problems, code = refused(asking(registry, "{query: 'SELECT * FROM customer'}"), registry)
    assert code == Exit.UNAVAILABLE
    ((what, mend),) = problems
    assert what.startswith("environments.yaml:6: prod.tenants.databases: ")
    assert "no such table: customer" in what
    assert mend == "correct the query"


def test_every_source_that_cannot_be_asked_is_named(tmp_path: Path, nowhere: int) -> None:
    """Two databases that do not answer and one list that is wrong are three problems, with one exit code."""
    url = f"postgresql://u:hunter2@127.0.0.1:{nowhere}"
    text = "".join(
        f"  {name}:\n    url: {url}/{name}\n    tenants: {{schemas: {source}}}\n"
        for name, source in (
            ("test", "{query: SELECT 1}"),
            ("prod", "{query: SELECT 2}"),
            ("eu", "{command: [echo]}"),
        )
    )
    problems, code = refused(loaded(tmp_path, HEAD + text, ENVIRON), tmp_path)
    assert code == Exit.UNAVAILABLE
    assert [what.partition(": ")[2].partition(":")[0] for what, _ in problems] == [
        f"{name}.tenants.schemas" for name in ("test", "prod", "eu")
    ]
    assert "no server listens there" in problems[0][0]
    assert "hunter2" not in str(problems)


def test_two_tenants_of_a_query_in_one_place_are_named(registry: Path) -> None:
    """What a list would be refused for, a query is refused for too."""
    found = expanded(asking(registry, "{query: \"SELECT key, 'x.db' AS database FROM t WHERE key < 'c'\"}"))
    with pytest.raises(ConfigurationError) as error:
        found.endpoints()
    assert told(error.value, registry) == [
        ("environments.yaml:6: prod/app@b and prod/app@a are the same database (environments.yaml:6)",
         "give each its own database")
    ]  # fmt: skip
