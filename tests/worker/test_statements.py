"""Which of a revision's statements the database has kept, on each family."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from orchestrator.worker.statements import Statements, in_autocommit


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine of each family, with a table of one column."""
    made = sa.create_engine(database_url, poolclass=sa.NullPool)
    with made.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id integer)"))
    yield made
    made.dispose()


def kept(watched: Statements) -> list[str]:
    """The statements without their revision."""
    return [statement for _, statement in watched.kept]


def ids(engine: sa.Engine) -> list[int]:
    """What is really in the table."""
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(sa.text("SELECT id FROM t ORDER BY id"))]


def test_what_was_rolled_back_is_not_kept(engine: sa.Engine) -> None:
    """A change of rows that was rolled back is gone, and is not called kept."""
    watched = Statements(engine)
    watched.begin("r1")
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        connection.rollback()
    assert ids(engine) == []
    assert watched.kept == []


def test_what_was_committed_is_kept_with_its_revision(engine: sa.Engine) -> None:
    """Each statement that was committed is kept, under the revision that ran it."""
    watched = Statements(engine)
    with engine.begin() as connection:
        for number in (1, 2):
            watched.begin(f"r{number}")
            connection.execute(sa.text(f"INSERT INTO t VALUES ({number})"))
    assert ids(engine) == [1, 2]
    assert watched.kept == [["r1", "INSERT INTO t VALUES (1)"], ["r2", "INSERT INTO t VALUES (2)"]]


def test_ddl_and_what_it_commits(engine: sa.Engine) -> None:
    """What is left after DDL and a rollback is what is said to be left: on MySQL all before it, too."""
    watched = Statements(engine)
    watched.begin("r1")
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        connection.execute(sa.text("CREATE TABLE u (id integer)"))
        connection.execute(sa.text("INSERT INTO t VALUES (2)"))
        connection.rollback()
    left = ["INSERT INTO t VALUES (1)"] if ids(engine) == [1] else []
    left += ["CREATE TABLE u (id integer)"] if sa.inspect(engine).has_table("u") else []
    assert kept(watched) == left
    assert bool(left) is (engine.dialect.name in {"mysql", "mariadb"})


def test_ddl_that_fails(engine: sa.Engine) -> None:
    """DDL that fails commits what was before it on MySQL, and nothing elsewhere."""
    watched = Statements(engine)
    watched.begin("r1")
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text("CREATE TABLE t (id integer)"))
        connection.rollback()
    assert kept(watched) == ["INSERT INTO t VALUES (1)"] * len(ids(engine))


def test_what_commits_by_itself_is_kept_at_once(engine: sa.Engine) -> None:
    """Where every statement commits by itself each is kept, whatever is rolled back afterwards."""
    alone = engine.execution_options(isolation_level="AUTOCOMMIT")
    watched = Statements(alone)
    watched.begin("r1")
    with alone.connect() as connection:
        assert in_autocommit(connection)
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        connection.rollback()
    assert ids(engine) == [1]
    assert kept(watched) == ["INSERT INTO t VALUES (1)"]


def test_an_ordinary_connection_does_not_commit_by_itself(engine: sa.Engine) -> None:
    """An engine as env.py makes it is not taken for one that commits each statement."""
    with engine.connect() as connection:
        assert not in_autocommit(connection)


@pytest.mark.postgresql
def test_a_refused_commit_keeps_nothing(new_database: object, request: pytest.FixtureRequest) -> None:
    """When PostgreSQL refuses the commit itself, nothing is called kept."""
    engine = sa.create_engine(request.getfixturevalue("new_database")("postgresql"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    watched = Statements(engine)
    watched.begin("r1")
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1), (1)"))
    assert ids(engine) == []
    assert watched.kept == []
