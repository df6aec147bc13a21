"""Which of a revision's statements the database has kept, on each family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

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


def failing(engine: sa.Engine, *statements: str) -> Statements:
    """What was watched of a revision that ran these on one connection and then failed."""
    watched = Statements(engine)
    watched.begin("r1")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.rollback()
    return watched


@pytest.mark.parametrize("commit", ["COMMIT", "  commit ;", "-- done\ncommit", "/* done */ COMMIT"])
def test_a_commit_as_text_keeps_what_was_before_it(engine: sa.Engine, commit: str) -> None:
    """COMMIT given as a statement keeps what ran before it on every family, and nothing that ran after it."""
    watched = failing(engine, "INSERT INTO t VALUES (1)", commit, "UPDATE t SET id = 1")
    assert ids(engine) == [1]
    assert kept(watched) == ["INSERT INTO t VALUES (1)"]
    assert watched.wrote == {"r1"}


@pytest.fixture
def engine_of(new_database: Callable[[str], str]) -> Iterator[Callable[[str], sa.Engine]]:
    """Makes an engine of one family, with a table of one column."""
    made: list[sa.Engine] = []

    def make(family: str) -> sa.Engine:
        made.append(sa.create_engine(new_database(family), poolclass=sa.NullPool))
        with made[-1].begin() as connection:
            connection.execute(sa.text("CREATE TABLE t (id integer)"))
        return made[-1]

    yield make
    for one in made:
        one.dispose()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES (1); COMMIT",
        "INSERT INTO t VALUES (1);\nEND;",
        "SELECT 1; INSERT INTO t VALUES (1); COMMIT",
    ],
)
def test_a_commit_within_a_text(engine_of: Callable[[str], sa.Engine], text: str) -> None:
    """A text of several statements that commits is kept, whatever it begins with."""
    engine = engine_of("postgresql")
    assert kept(failing(engine, text)) == [" ".join(text.split())]
    assert ids(engine) == [1]


@pytest.mark.postgresql
def test_a_text_that_fails_after_its_commit(engine_of: Callable[[str], sa.Engine]) -> None:
    """A text that commits and then fails is said to have kept what it committed."""
    engine = engine_of("postgresql")
    watched = Statements(engine)
    watched.begin("r1")
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql("INSERT INTO t VALUES (1); COMMIT; SELECT 1/0")
    assert ids(engine) == [1]
    assert [said.startswith("INSERT INTO t") for said in kept(watched)] == [True]


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t SELECT length('a; COMMIT')",
        "INSERT INTO t VALUES (1) /* ; COMMIT */ -- ; COMMIT",
        "DO $x$ BEGIN INSERT INTO t VALUES (1); END; $x$",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
        "INSERT INTO t SELECT CASE WHEN true THEN 1 END",
    ],
)
def test_the_word_alone_commits_nothing(engine_of: Callable[[str], sa.Engine], text: str) -> None:
    """COMMIT and END within literals, comments and bodies of functions are not taken for a commit."""
    engine = engine_of("postgresql")
    watched = failing(engine, text)
    assert (ids(engine), watched.kept, watched.wrote) == ([], [], {"r1"})


@pytest.mark.mysql
@pytest.mark.parametrize(
    "implicit",
    [
        "START TRANSACTION",
        "BEGIN",
        "SET autocommit=1",
        "SET @@session.autocommit = ON",
        "LOCK TABLES t WRITE",
        "/*!40000 ALTER TABLE t DISABLE KEYS */",
    ],
)
def test_what_commits_implicitly_on_mysql(engine_of: Callable[[str], sa.Engine], implicit: str) -> None:
    """MySQL's statements that commit implicitly keep what was before them."""
    engine = engine_of("mysql")
    watched = failing(engine, "INSERT INTO t VALUES (1)", implicit)
    assert ids(engine) == [1]
    assert kept(watched)[0] == "INSERT INTO t VALUES (1)"


@pytest.mark.mysql
def test_autocommit_that_the_script_switches_on(engine_of: Callable[[str], sa.Engine]) -> None:
    """After SET autocommit=1 each statement is kept, until it is switched off again."""
    engine = engine_of("mysql")
    watched = failing(
        engine,
        "SET autocommit=1",
        "INSERT INTO t VALUES (1)",
        "SET autocommit=0",
        "INSERT INTO t VALUES (2)",
    )
    assert ids(engine) == [1]
    assert kept(watched) == ["INSERT INTO t VALUES (1)"]


@pytest.mark.mysql
def test_a_procedure_may_have_committed(engine_of: Callable[[str], sa.Engine]) -> None:
    """What a procedure committed cannot be seen, so that it and all before it count as kept."""
    engine = engine_of("mysql")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE PROCEDURE p() BEGIN COMMIT; INSERT INTO t VALUES (2); END")
    watched = failing(engine, "INSERT INTO t VALUES (1)", "CALL p()")
    assert ids(engine) == [1]
    assert kept(watched) == ["INSERT INTO t VALUES (1)", "CALL p()"]


def test_reading_and_failing_is_not_writing(engine: sa.Engine) -> None:
    """A revision that only read, and one whose first statement was refused, wrote nothing."""
    watched = failing(engine, "SELECT id FROM t")
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")
    assert watched.wrote == set()


@pytest.mark.parametrize(
    ("line", "unseen"),
    [
        ("op.get_bind().connection.connection.commit()", True),
        ("raw.cursor().execute(sql)", True),
        ("op.execute('COMMIT')", False),
    ],
)
def test_a_script_that_writes_unseen(tmp_path: Path, line: str, unseen: bool) -> None:
    """A script that asks for the driver's connection may have written, though no statement was seen."""
    script = tmp_path / "a1.py"
    script.write_text(line)
    watched = Statements(sa.create_engine("sqlite://"))
    watched.begin("r1", script)
    assert watched.wrote == ({"r1"} if unseen else set())
