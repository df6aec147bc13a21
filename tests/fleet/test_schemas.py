"""A schema for each tenant, FLEET_SCHEMAS of them (2000), all in one database; some are not as the others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fleet.scene import VERSION_TABLE, WAVES, Scene, results
from tests.projects_builder import AlembicProject, make_template
from tests.servers.postgresql import PostgreSQL

pytestmark = [pytest.mark.fleet, pytest.mark.postgresql]
SIZE = int(os.environ.get("FLEET_SCHEMAS") or 2000)
DATABASE = "fleet"
_TABLE = "CREATE TABLE {schema}.items (id INTEGER PRIMARY KEY{more})"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """All schemas at `r2`; the exceptions are the test's own."""
    folder = tmp_path_factory.mktemp("fleet")
    server = PostgreSQL()
    server.start()
    server.create_database(DATABASE)
    names = [f"tenant_{number:05}" for number in range(SIZE)]
    with server.connect(DATABASE) as connection:
        for name in names:
            table = _TABLE.format(schema=name, more=", note TEXT")
            row = f"INSERT INTO {name}.alembic_version VALUES ('r2')"
            connection.execute(
                f"CREATE SCHEMA {name}; CREATE TABLE {name}.{VERSION_TABLE}; {row}; {table}".encode()
            )
    project = AlembicProject(folder / "app", make_template(folder / "template"))
    project.revision("r1", None, 'op.create_table("items", sa.Column("id", sa.Integer, primary_key=True))')
    project.revision("r2", "r1", 'op.add_column("items", sa.Column("note", sa.Text))')
    project.revision("r3", "r2", 'op.add_column("items", sa.Column("size", sa.Integer))')
    scene = Scene(server, project, names)
    prod = {
        "url": server.url(DATABASE),
        "tenants": {"schemas": names},
        "waves": {**WAVES, "max_failures": 1},
        "timeouts": {"table_lock": 1, "table_lock_retries": 0},
    }
    project.environments({"prod": prod})
    yield scene
    scene.command.close()
    server.remove()


def _heads(scene: Scene) -> dict[str, tuple[str, ...]]:
    """The rows of each schema's version table, read past the tool; a schema without one is not there."""
    where = "SELECT table_schema FROM information_schema.tables WHERE table_name = 'alembic_version'"
    with scene.server.connect(DATABASE) as connection:
        names = [name for (name,) in connection.execute(where.encode()).fetchall()]
        query = "SELECT version_num FROM {}.alembic_version"
        return {
            name: tuple(row for (row,) in connection.execute(query.format(name).encode()).fetchall())
            for name in names
        }


def _columns(scene: Scene) -> Counter[str]:
    """How many schemas' table has each column."""
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'items'"
    return Counter(name for (name,) in scene.server.execute(query, database=DATABASE))


def test_each_exception_is_named(scene: Scene) -> None:
    """Five at odd revisions, one locked, one without the version table: each is named, and all others are done."""
    older, unknown = scene.names[3:5], scene.names[10:13]
    unversioned, locked = scene.names[-2], scene.names[7]
    with scene.server.connect(DATABASE) as connection:
        for name in older:
            connection.execute(f"UPDATE {name}.alembic_version SET version_num = 'r1'".encode())
            connection.execute(f"ALTER TABLE {name}.items DROP COLUMN note".encode())
        for name in unknown:
            connection.execute(f"UPDATE {name}.alembic_version SET version_num = 'elsewhere'".encode())
        connection.execute(f"DROP TABLE {unversioned}.alembic_version".encode())
    unfit = {*unknown, unversioned}

    states = {target["tenant"]: target["state"] for target in scene.json("status", code=0)["targets"]}
    assert {name for name, state in states.items() if state == "unknown_revision"} == set(unknown)
    assert {name for name, state in states.items() if state == "unversioned"} == {unversioned}
    assert Counter(states.values())["behind"] == SIZE - 4
    told = scene.run("status", code=0).stdout
    assert all(name in told for name in unfit), told

    refused = scene.command("rollout", "--yes")
    said = refused.stdout + refused.stderr
    assert refused.returncode not in (0, 1), str(refused)
    assert all(name in said for name in ("--skip-unfit", *unfit)), said
    assert all(heads != ("r3",) for heads in _heads(scene).values())

    with scene.server.connect(DATABASE) as connection, connection.transaction():
        connection.execute(f"SELECT count(*) FROM {locked}.items".encode())
        document = scene.json("rollout", "--yes", "--skip-unfit", code=6)
    assert {one["target"].rpartition("@")[2] for one in document["left_out"]} == unfit
    found = results(document)
    assert [name for name, result in found.items() if result == "failed"] == [locked]
    assert Counter(found.values())["applied"] == SIZE - 5
    heads = _heads(scene)
    assert {name for name, rows in heads.items() if rows != ("r3",)} == {*unknown, locked}
    assert all(heads[name] == ("r3",) for name in older)

    scene.json("resume", code=0)
    assert _heads(scene)[locked] == ("r3",)
    assert _columns(scene) == {"id": SIZE, "note": SIZE, "size": SIZE - 4}
