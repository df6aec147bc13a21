"""The keys `tenants`, `labels` and `waves`: what they become, and every way to get them wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.targets import Target
from orchestrator.core.waves import OnFailure, Share, WavePolicy
from orchestrator.errors import ConfigurationError
from tests.project.configurations import HEAD, loaded, told

PG = "postgresql+psycopg://u:hunter%402@db:5433/app?sslmode=disable"
LISTED = """
  prod:
    url: %s
    labels: {region: eu, tier: gold}
    tenants:
      schemas:
        - zeta
        - {name: "we ird@x", schema: foo, size: 10, tier: free}
        - {name: b, size: 9}
      exclude: [z*]
      order: -size
"""


def prod(keys: str, url: str = PG, top: str = "") -> str:
    return f"version: 1\n{top}environments:\n  prod:\n    url: {url}\n    {keys}\n"


def test_a_list_becomes_targets_in_the_order_asked_for(tmp_path: Path) -> None:
    """A tenant of a list is a target at once, with the labels of its definition and its own, which win."""
    configuration = loaded(tmp_path, HEAD + LISTED % PG)
    targets = configuration.pipeline.targets
    assert [target.tenant for target in targets] == ["we ird@x", "b"]
    assert configuration.labels_of(targets[0]) == {"region": "eu", "tier": "free", "size": "10"}
    assert configuration.labels_of(targets[1]) == {"region": "eu", "tier": "gold", "size": "9"}
    assert configuration.project_of(targets[0]).name == "app"


def test_a_schema_is_told_by_the_url_of_env_py_alone(tmp_path: Path) -> None:
    """Each schema keeps its own version table; only env.py's URL looks names up there, not that of a probe."""
    configuration = loaded(tmp_path, HEAD + LISTED % PG)
    odd, plain = configuration.endpoints().values()
    assert (odd.url.reveal(), odd.version_table_schema, plain.version_table_schema) == (PG, "foo", "b")
    assert odd.given_url.reveal() == f"{PG}&options=-csearch_path%3D%22foo%22"


@pytest.mark.parametrize(
    ("url", "tenant", "expected"),
    [
        (PG, "acme", "postgresql+psycopg://u:hunter%402@db:5433/acme?sslmode=disable"),
        (PG, "{name: acme, database: 'a?b', port: 1}",
         "postgresql+psycopg://u:hunter%402@db:1/a%3Fb?sslmode=disable"),
        ("postgresql://u@db/shop_{tenant}?host=/run", "{name: x y, host: '::1'}", "postgresql://u@[::1]/shop_x y"),
        ("mysql://u:p@db/shop_{tenant}", "{name: acme, database: other}", "mysql://u:p@db/other"),
        ("sqlite:///t/{tenant}.db", "acme", "sqlite:///ROOT/t/acme.db"),
        ("sqlite:////data/x.db", "{name: acme, database: a/b.db}", "sqlite:///ROOT/a/b.db"),
    ],
)  # fmt: skip
def test_a_database_takes_the_place_of_the_urls(tmp_path: Path, url: str, tenant: str, expected: str) -> None:
    """Only where the database is changes: user, password and the rest of the URL stay as they are written."""
    configuration = loaded(tmp_path, prod(f"tenants: {{databases: [{tenant}]}}", f"'{url}'"))
    (endpoint,) = configuration.endpoints().values()
    assert endpoint.url.reveal() == expected.replace("ROOT", str(tmp_path))
    assert endpoint.given_url == endpoint.url


def test_what_env_py_is_given_may_have_the_tenant_in_it(tmp_path: Path) -> None:
    """{tenant} and {schema} are filled in, once; then search_path is left alone unless it is asked for."""
    keys = "variables: {T: 'x{tenant}'}, x_arguments: ['s={schema}'], version_table_schema: 'v_{schema}'"
    text = HEAD + "  prod: {url: 'postgresql://h/a', " + keys + ", tenants: {%s}}\n"
    configuration = loaded(tmp_path, text % "schemas: [{name: '{schema}', schema: s1}]")
    (endpoint,) = configuration.endpoints().values()
    assert [(name, value.reveal()) for name, value in endpoint.variables] == [("T", "x{schema}")]
    assert (endpoint.x_arguments, endpoint.version_table_schema) == (("s=s1",), "v_s1")
    assert not endpoint.search_path
    asked = loaded(tmp_path, text % "schemas: [a], search_path: true").endpoints()
    assert next(iter(asked.values())).search_path


def test_a_command_gives_a_url_once_for_all_its_tenants(tmp_path: Path) -> None:
    """A program that prints the URL is run once for a definition, however many tenants it has."""
    (tmp_path / "url").write_text("#!/bin/sh\necho run >> ran\necho postgresql://h/reg\n")
    (tmp_path / "url").chmod(0o700)
    text = HEAD + "  prod: {url_command: [./url], tenants: {databases: [a, b, c]}}\n"
    endpoints = loaded(tmp_path, text, {"PATH": "/usr/bin:/bin"}).endpoints()
    assert [one.url.reveal() for one in endpoints.values()] == [f"postgresql://h/{name}" for name in "abc"]
    assert (tmp_path / "ran").read_text() == "run\n"


def test_narrowing_keeps_what_is_known_of_a_tenant(tmp_path: Path) -> None:
    """A configuration of one tenant reaches that one, and still knows its labels."""
    narrowed = loaded(tmp_path, HEAD + LISTED % PG).narrowed([Target("prod", tenant="b")])
    assert list(narrowed.endpoints()) == [Target("prod", tenant="b")]


def test_waves_take_from_defaults_key_by_key(tmp_path: Path) -> None:
    """An environment's waves are those of defaults with its own in their place."""
    top = "defaults: {waves: {canary: 1, parallel: 3, pause: 2m}}\n"
    keys = (
        "waves: {canary: [a, b], size: 10%, max_failures: 2, on_failure: stop, verify: [x, y], verify_timeout: 5}"
    )
    (environment,) = loaded(tmp_path, prod(keys, top=top)).pipeline.environments
    assert environment.policy == WavePolicy(
        canary=("a", "b"),
        size=Share(percent=10),
        parallel=3,
        max_failures=Share(count=2),
        on_failure=OnFailure.STOP,
        pause=120.0,
        verify=("x", "y"),
        verify_timeout=5.0,
    )


FAULTS = [
    ("tenants:", "prod.tenants: is empty", "write what belongs below it, for example url: …"),
    ("tenants: {}", "prod.tenants: has no schemas, no databases", "add schemas: or databases:"),
    ("tenants: {schemas: [a], databases: [b]}", "prod.tenants: has schemas and databases",
     "keep exactly one of them"),
    ("tenants: {schemas: []}", "prod.tenants.schemas: is empty",
     "list the tenants, or write query: or command: below it"),
    ("tenants: {schemas: acme}", "prod.tenants.schemas: must be a list, or a mapping with query or command",
     "write [one, two]"),
    ("tenants: {schemas: {qurey: x}}", "prod.tenants.schemas: unknown key 'qurey'", "did you mean 'query'?"),
    ("tenants: {schemas: {query: a, command: [b]}}", "prod.tenants.schemas: has query and command",
     "keep exactly one: query or command"),
    ("tenants: {schema: [a]}", "prod.tenants: unknown key 'schema'", "did you mean 'schemas'?"),
    ("tenants: {schemas: [a, b, a]}", "prod.tenants.schemas[2]: the tenant 'a' is there twice",
     "remove one of them"),
    ("tenants: {schemas: [{nam: a}]}", "prod.tenants.schemas[0]: has no name", "write name: acme"),
    ("tenants: {schemas: [[a]]}", "prod.tenants.schemas[0]: is neither a name nor a mapping",
     "write acme, or {name: acme, …}"),
    ("tenants: {schemas: [{name: a, b: [c]}]}",
     "prod.tenants.schemas[0]: 'b' must be one value", "write one text"),
    ('tenants: {schemas: ["a\\u200b"]}', "prod.tenants.schemas[0]: its name holds U+200B",
     "write it with characters that can be seen"),
    (f"tenants: {{databases: [{'x' * 201}]}}", "prod.tenants.databases[0]: its name is longer than 200 characters",
     "give it a shorter name"),
    (f"tenants: {{schemas: [{'x' * 64}]}}",
     "prod.tenants.schemas[0]: its schema is longer than 63 bytes, and PostgreSQL would cut it",
     "write schema: with its name in the database"),
    ("tenants: {databases: [{name: a, schema: b}]}",
     "prod.tenants.databases[0]: has a schema, and is one of databases",
     "write it under schemas, or call it otherwise"),
    ("tenants: {databases: [{name: a, port: 99999}]}",
     "prod.tenants.databases[0]: its port is not a number from 1 to 65535", "write port: 5432"),
    ("tenants: {databases: [{name: a, host: 'x@y'}]}",
     "prod.tenants.databases[0]: its host is not the name of a host",
     "write host: db.example.org, and port: apart"),
    ("tenants: {schemas: [a], exclude: ['*']}",
     "prod.tenants.schemas: include and exclude leave none of 1 tenants", "there are for example 'a'"),
    ("tenants: {schemas: [{name: a, size: 1}], order: sise}", "prod.tenants.schemas: order: no tenant has 'sise'",
     "did you mean 'size'?"),
    ("tenants: {schemas: ['${T}']}", "prod.tenants.schemas[0]: the variable T is not set, or empty", "export T=…"),
    ("tenants: {schemas: [a, {name: b, schema: a}]}",
     "prod/app@b and prod/app@a are the same schema (environments.yaml:5)", "give each its own schema"),
    ("tenants: {databases: [a, {name: b, database: a}]}",
     "prod/app@b and prod/app@a are the same database (environments.yaml:5)", "give each its own database"),
    ("tenants: {databases: [a], search_path: true}", "prod.tenants: search_path is for tenants under schemas",
     "remove search_path"),
    ("{version_table_schema: v, tenants: {schemas: [a]}}",
     "prod.tenants: all tenants would keep their revisions in one schema, v",
     "remove version_table_schema, or write {schema} in it"),
    ("{tenants: {schemas: [acme]}, waves: {canary: [acne]}}",
     "prod.tenants.schemas: the canary 'acne' is none of its tenants", "did you mean 'acme'?"),
    ("waves: {paralel: 3}", "prod.waves: unknown key 'paralel'", "did you mean 'parallel'?"),
    ("waves: {parallel: 0}",
     "prod.waves.parallel: is not a number of targets", "write a whole number, at least 1"),
    ("waves: {size: 101%}", "prod.waves.size: is more than all of them", "write at most 100%"),
    ("waves: {size: 0}", "prod.waves.size: is nothing", "write at least 1, or remove the key"),
    ("waves: {max_failures: some}", "prod.waves.max_failures: is neither a number nor a percentage",
     'write for example 10 or "5%"'),
    ("waves: {on_failure: halt}", "prod.waves.on_failure: is not a known choice", "one of: stop, drain, continue"),
    ("waves: {canary: []}", "prod.waves.canary: names no tenant", 'write tenants: [acme], a number, or "5%"'),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "message", "mend"), FAULTS)
def test_each_mistake_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, keys: str, message: str, mend: str
) -> None:
    """What is wrong with tenants or waves is one problem, where it stands, and never a traceback."""
    text = prod(keys)
    if keys.startswith("{"):
        text = HEAD + f"  prod: {{url: '{PG}', {keys[1:]}\n"
        message = message.replace(":5", ":3")
    line = 3 if keys.startswith("{") else 5
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, text)
    assert told(refused.value, tmp_path) == [(f"environments.yaml:{line}: {message}", mend)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u@h/d", "prod.tenants: schemas of one database are PostgreSQL's, and the url is for mysql"),
        ("postgresql+pg8000://u@h/d", "prod.tenants.schemas: the driver pg8000 cannot be given a search_path"),
    ],
)
def test_schemas_need_a_server_and_a_driver_that_have_them(tmp_path: Path, url: str, message: str) -> None:
    """A database without schemas of its own, or a driver that cannot be told one, is refused by its line."""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, prod("tenants: {schemas: [a]}", url))
    assert [problem for problem, _ in told(refused.value, tmp_path)] == [f"environments.yaml:5: {message}"]


def test_the_problems_of_many_tenants_are_counted_and_the_lines_are_theirs(tmp_path: Path) -> None:
    """Twenty problems are told one by one, each with its line, and the others by their number."""
    tenants = "".join(f"        - {{nam: t{number}}}\n" for number in range(500))
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, HEAD + f"  prod:\n    url: {PG}\n    tenants:\n      schemas:\n{tenants}")
    problems = [problem for problem, _ in told(refused.value, tmp_path)]
    assert problems[1] == "environments.yaml:8: prod.tenants.schemas[1]: has no name"
    assert problems[20:] == [
        "environments.yaml:27: prod.tenants.schemas[20] and others: 480 more problems like these"
    ]
