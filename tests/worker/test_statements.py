"""Which of a revision's statements the database has kept, on each family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.worker.sql import shown
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


def told_of(engine: sa.Engine, *statements: str) -> list[tuple[str, list[int]]]:
    """What is told while a revision runs these in one transaction and then fails."""
    told: list[tuple[str, list[int]]] = []

    def tell(revision: str, progress: str, statements: list[list[object]]) -> None:
        assert revision == "r1"
        told.append((progress, [int(str(number)) for number, _ in statements]))

    watched = Statements(engine, tell)
    watched.begin("r1")
    with engine.connect() as connection:
        with suppress(sa.exc.DBAPIError):
            for statement in statements:
                connection.exec_driver_sql(statement)
        connection.rollback()
    watched.over()
    return told


def test_what_is_kept_is_told_as_it_happens_and_nothing_else(engine: sa.Engine) -> None:
    """On MySQL DDL keeps what was before it; on SQLite DDL outside a transaction is; PostgreSQL tells nothing."""
    told = told_of(
        engine,
        "CREATE TABLE u (id integer)",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE v (id integer)",
        "DROP TABLE x",
    )
    first = [("started", [1]), ("done", [1])]
    after = [("started", [2, 3]), ("done", [2, 3]), ("started", [4]), ("failed", [4])]
    assert told == {"postgresql": [], "sqlite": first}.get(engine.dialect.name, first + after)


def test_what_a_commit_keeps_is_told_once_anything_follows_it(engine: sa.Engine) -> None:
    """A commit may be refused, so what it was to keep is only begun before it."""
    told: list[str] = []
    watched = Statements(engine, lambda _revision, progress, _statements: told.append(progress))
    watched.begin("r1")
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        connection.commit()
        assert told == ["started"]
        connection.execute(sa.text("SELECT id FROM t"))
        assert told == ["started", "done"]
    watched.over()
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (2)"))
    assert told == ["started", "done"]


def test_of_very_many_statements_the_first_are_told(new_database: Callable[[str], str]) -> None:
    """A record costs as much as a commit: a loop of thousands is not made slow."""
    engine = sa.create_engine(new_database("sqlite"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    told = told_of(engine, "CREATE TABLE t (id integer)", *["INSERT INTO t VALUES (1)"] * 250)
    assert len(told) == 2 * 200


@pytest.mark.parametrize(
    ("mysql", "statement", "expected"),
    [
        (False, "CREATE ROLE app PASSWORD 'hunter2'", "CREATE ROLE app PASSWORD '…'"),
        (False, "CREATE ROLE \"it's\"\n  PASSWORD 'hunter2'", "CREATE ROLE \"it's\" PASSWORD '…'"),
        (False, "-- it's\nALTER ROLE a PASSWORD 'hunter2' -- 'x", "ALTER ROLE a PASSWORD '…'"),
        (False, "/* it's /* nested */ */ ALTER ROLE a PASSWORD 'hunter2'", ""),
        (False, "DO $do$ ALTER ROLE a PASSWORD 'hunter2' $do$", "DO '…'"),
        (False, "SELECT $$hunter2", "SELECT '…'"),
        (False, r"SELECT E'it\'s', 'hunter2'", "SELECT E'…'…"),
        (False, "ALTER ROLE a PASSWORD 'hun''ter2'", "ALTER ROLE a PASSWORD '…''…'"),
        (True, "CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '…'"),
        (True, 'SET PASSWORD = "hunter2"', "SET PASSWORD = '…'"),
        (True, "ALTER TABLE `it's` COMMENT 'hunter2' # it's", "ALTER TABLE `it's` COMMENT '…'"),
        (True, r"CREATE USER a IDENTIFIED BY 'hun\'ter2'", "CREATE USER a IDENTIFIED BY '…'…"),
        (True, "CREATE USER a IDENTIFIED BY 'hunter2", "CREATE USER a IDENTIFIED BY '…'"),
    ],
)
def test_a_statement_is_shown_without_its_literals(mysql: bool, statement: str, expected: str) -> None:
    """It goes into the journal, and any literal may be a password; where its end is unclear no more is shown."""
    assert shown(statement, mysql) == expected


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
