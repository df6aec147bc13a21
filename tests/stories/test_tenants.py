"""One definition, many tenants: schemas and databases of their own, moved through an unmodified env.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest

from tests.servers.postgresql import PostgreSQL
from tests.stories import databases
from tests.stories.pipeline import Pipeline, told

COOKBOOK = """
    from sqlalchemy import create_engine, pool, text
    from alembic import context

    tenant = context.get_x_argument(as_dictionary=True)["tenant"]
    connectable = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    with connectable.connect() as connection:
        connection.execute(text('SET search_path TO "%s"' % tenant))
        connection.commit()
        connection.dialect.default_schema_name = tenant
        context.configure(connection=connection, target_metadata=None{place})
        with context.begin_transaction():
            context.run_migrations()
"""
"""The recipe for many tenants of Alembic's cookbook."""
OF_A_VARIABLE = """
    import os
    from sqlalchemy import create_engine, pool
    from alembic import context

    with create_engine(os.environ["SHOP_URL"], poolclass=pool.NullPool).connect() as connection:
        connection.exec_driver_sql('SET search_path TO "%s"' % os.environ["SHOP_TENANT"])
        connection.commit()
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()
"""
ASYNC = """
    import asyncio
    from sqlalchemy import pool
    from sqlalchemy.ext.asyncio import create_async_engine
    from alembic import context

    def migrate(connection):
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()

    async def main():
        url = context.config.get_main_option("sqlalchemy.url").replace("+psycopg:", "+asyncpg:")
        async with create_async_engine(url, poolclass=pool.NullPool).connect() as connection:
            await connection.run_sync(migrate)

    asyncio.run(main())
"""


@pytest.fixture
def schemas(make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL) -> Pipeline:
    """prod, a database with the schemas of three tenants and one that lists them, and two revisions."""
    pipeline = make_pipeline("postgresql", "prod")
    pipeline.project.tables("a1", "b2")
    pipeline.execute(
        "prod",
        'CREATE SCHEMA acme; CREATE SCHEMA "Glo Bex@x"; CREATE SCHEMA t_3; CREATE SCHEMA old;',
        "CREATE TABLE customers (key text, schema text, plan text)",
        """INSERT INTO customers VALUES ('acme', 'acme', 'gold'), ('globex 100%', 'Glo Bex@x', NULL),
           ('three', 't_3', 'free'), ('gone_old', 'old', 'free')""",
    )
    return pipeline


ASKED: Mapping[str, Any] = {
    "schemas": {"query": "SELECT key, schema, plan FROM customers WHERE key LIKE '%' -- all of them"},
    "exclude": ["*_old"],
}


def in_schemas(pipeline: Pipeline) -> dict[str, set[str]]:
    """The tables of each schema that has any, but for the tenants' list."""
    found: dict[str, set[str]] = {}
    for schema, table in pipeline.rows("prod", "SELECT schemaname, tablename FROM pg_tables"):
        if table != "customers" and schema not in ("pg_catalog", "information_schema"):
            found.setdefault(schema, set()).add(table)
    return found


EVERY = {schema: {"alembic_version", "t_a1", "t_b2"} for schema in ("acme", "Glo Bex@x", "t_3")}


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("env", "project"),
    [
        pytest.param(None, {}, id="search_path"),
        pytest.param(ASYNC, {}, id="asyncpg"),
        pytest.param(COOKBOOK.format(place=""), {"x_arguments": ["tenant={schema}"]}, id="cookbook"),
        pytest.param(
            COOKBOOK.format(place=", version_table_schema=tenant"),
            {"x_arguments": ["tenant={schema}"]},
            id="named",
        ),
        pytest.param(
            OF_A_VARIABLE, {"variables": {"SHOP_URL": "{url}", "SHOP_TENANT": "{schema}"}}, id="variable"
        ),
    ],
)
def test_every_schema_of_a_query_is_a_target(
    schemas: Pipeline, env: str | None, project: Mapping[str, Any]
) -> None:
    """However env.py is told its tenant, each schema gets the revisions and a version table, no other does."""
    if env is not None:
        schemas.project.env_py.write_text(dedent(env))
    schemas.write(each={"tenants": ASKED}, projects={"app": {"inject": project}})
    schemas("rollout", "--yes", check=True)
    assert in_schemas(schemas) == EVERY
    states = schemas("status", "--format", "json", check=True).json["targets"]
    assert {row["tenant"]: row["state"] for row in states} == dict.fromkeys(
        ["acme", "globex 100%", "three"], "at_head"
    )


@pytest.mark.postgresql
def test_a_schema_that_is_not_there_is_named_before_anything_runs(schemas: Pipeline) -> None:
    """A tenant whose schema does not exist is a row of its own, and no run begins until it is mended."""
    schemas.write(each={"tenants": {"schemas": ["acme", "gone"]}})
    seen = schemas("status", "--format", "json").json["targets"]
    assert {row["tenant"]: row["state"] for row in seen} == {"acme": "empty", "gone": "unreachable"}
    told(schemas("rollout", "--yes"), 9, "prod/app@gone: there is no schema gone", 'CREATE SCHEMA "gone"')
    assert in_schemas(schemas) == {}


@pytest.mark.postgresql
def test_an_env_py_that_is_not_told_its_tenant_is_stopped(schemas: Pipeline) -> None:
    """Where env.py works in another schema than the tenant's, nothing is made, not even a version table."""
    schemas.write(each={"tenants": {"schemas": ["acme", "t_3"], "search_path": False}})
    said = told(
        schemas("rollout", "--yes"), 2, "prod/app@acme: env.py works in schema 'public'", "search_path: true"
    )
    assert "version_table_schema" not in said
    told(schemas("doctor"), 0, "env.py works in schema public, not in the tenant's, acme", "search_path: true")
    schemas.write(each={"tenants": {"schemas": ["acme"]}})
    away = COOKBOOK.format(place="").replace('context.get_x_argument(as_dictionary=True)["tenant"]', '"public"')
    schemas.project.env_py.write_text(dedent(away))
    said = told(schemas("rollout", "--yes"), 2, "orchestrate doctor prod/app@acme", "redirect: true")
    assert "search_path: true" not in said
    assert in_schemas(schemas) == {}


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgresql", "mysql")]
)
def test_every_database_of_a_server_is_a_target(
    make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str], family: str
) -> None:
    """A query on one database names the others, each of which gets the revisions through an env.py as it came."""
    pipeline = make_pipeline(family, "prod")
    pipeline.project.tables("a1")
    urls = {f"tenant {number}": new_database(family) for number in range(2)}
    rows = ", ".join(f"('{name}', '{_database(url)}')" for name, url in urls.items())
    pipeline.execute(
        "prod", "CREATE TABLE t (name varchar(50), x varchar(80))", f"INSERT INTO t (name, x) VALUES {rows}"
    )
    pipeline.write(
        each={
            "tenants": {
                "databases": {
                    "query": 'SELECT x AS "database", name FROM t'
                    if family == "postgresql"
                    else "SELECT x AS `database`, name FROM t"
                }
            }
        }
    )
    pipeline("rollout", "--yes", check=True)
    assert [databases.heads(url) for url in urls.values()] == [{"a1"}] * 2
    assert pipeline.tables("prod") == {"t"}


def test_every_file_of_a_list_is_a_target(make_pipeline: Callable[..., Pipeline]) -> None:
    """A tenant's name is filled into the path; the file that the definition would name by itself is not made."""
    pipeline = make_pipeline("sqlite", "prod")
    pipeline.project.tables("a1")
    folder = pipeline.project.root / "tenants"
    folder.mkdir()
    pipeline.environ["PROD_DATABASE_URL"] = "sqlite:///tenants/{tenant}.db"
    pipeline.write(each={"tenants": {"databases": {"command": ["echo", '{"name": "b c"}\nacme']}}})
    pipeline("rollout", "--yes", check=True)
    assert {file.name for file in folder.glob("*.db")} == {"acme.db", "b c.db"}
    assert databases.heads(f"sqlite:///{folder}/b c.db") == {"a1"}


def _database(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
