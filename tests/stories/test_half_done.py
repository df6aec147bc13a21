"""A revision torn apart where the database cannot undo it: what is said, and how a person settles it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import acquire
from tests.crash.scene import wait_until
from tests.stories.pipeline import Pipeline, told
from tests.stories.terminal import type_in

FAMILIES = [pytest.param("sqlite", marks=pytest.mark.sqlite), pytest.param("mysql", marks=pytest.mark.mysql)]


@pytest.fixture(params=FAMILIES)
def torn(request: pytest.FixtureRequest, make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging has two revisions; on prod the second makes a table and then fails."""
    torn = make_pipeline(request.param)
    torn.project.revision("a1", None, 'op.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")')
    lines = (
        'op.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY)")',
        'op.execute("INSERT INTO orders (id) VALUES (1)")',
    )
    torn.project.revision("a2", "a1", "\n".join(lines), message="add the prices")
    torn("rollout", "--through", "staging", "--yes", check=True)
    torn("rollout", "--to", "a1", "--yes", check=True)
    torn.execute("prod", "INSERT INTO orders (id) VALUES (1)")
    return torn


def test_half_done_is_named_and_settled_by_a_person(torn: Pipeline) -> None:
    """Exit 7 names what is left; nothing else runs there until resolve, and then resume finishes the run."""
    promoted = torn("promote", "staging", "prod", "--yes")
    run = torn.latest_run()
    resolve = f"orchestrate resolve {run} prod --not-applied --reason"
    told(promoted, 7, "revision a2 stopped half-way", "prices", resolve)
    assert torn.heads("prod") == {"a1"}
    assert "prices" in torn.tables("prod")

    told(torn("status"), 0, "in doubt", "revision a2 may be half applied", run)
    document = torn("status", "--format", "json", "--exit-code").json
    assert (document["exit_code"], document["targets"][1]["state"]) == (7, "in_doubt")
    told(torn("promote", "staging", "prod", "--yes"), 7, "revision a2 may be half applied", run)
    told(torn("resume", run), 7, "revision a2", "prices", resolve)
    assert torn.rows("prod", "SELECT COUNT(*) FROM orders") == [(1,)]

    torn.execute("prod", "DROP TABLE prices", "DELETE FROM orders")
    told(
        torn("resolve", run, "prod", "--not-applied", "--reason", "dropped prices"), 0, f"orchestrate resume {run}"
    )
    told(torn("resume"), 0, ": done")
    assert torn.heads("prod") == {"a2"}
    assert torn.rows("prod", "SELECT id FROM orders") == [(1,)]
    told(torn("show", run), 0, "step resolved", "dropped prices")
    told(torn("status"), 0, "at head in sync with staging")


def test_half_done_that_was_completed_by_hand(torn: Pipeline) -> None:
    """A person who finishes the revision and stamps it needs no resolve: the fact wins over the record."""
    told(torn("promote", "staging", "prod", "--yes"), 7)
    torn.stamp(prod="a2")
    told(torn("resume"), 0, ": done")
    told(torn("status"), 0, "at head in sync with staging")


def test_half_done_and_completed_by_hand_is_written(torn: Pipeline) -> None:
    """resolve --applied shows and asks, writes the version table, runs nothing of the revision; resume goes on."""
    promoted = torn("promote", "staging", "prod", "--yes", "--format", "json")
    told(promoted, 7)
    run, doubt = promoted.json["run_id"], promoted.json["targets"][0]["revisions"][0]["doubt"]
    assert [one["statement"] for one in doubt["statements"]] == ["CREATE TABLE prices (id INTEGER PRIMARY KEY)"]
    assert (doubt["changes"], doubt["invalid_indexes"]) == (["table prices appeared"], [])
    told(torn("status"), 0, "begun", "done 1. CREATE TABLE prices", f"resolve {run} prod --applied --reason")

    word = ("resolve", run, "prod", "--applied", "--reason", "order 1 was there already")
    told(torn(*word), 5, "from a1 to a2", "a2 (add the prices)", "nothing of it is run", "add --yes")
    assert torn.heads("prod") == {"a1"}
    written = torn(*word, "--yes", "--format", "json")
    told(written, 0)
    assert {name: written.json[name] for name in ("resolved", "verdict", "from", "to")} == {
        "resolved": "a2",
        "verdict": "applied",
        "from": ["a1"],
        "to": ["a2"],
    }
    assert torn.heads("prod") == {"a2"}
    assert torn.rows("prod", "SELECT id FROM orders") == [(1,)]
    told(torn(*word, "--yes"), 2, "no revision is in doubt on prod")
    told(torn("resume"), 0, ": done")
    told(torn("show", run), 0, "completed by hand: order 1 was there already")


@pytest.fixture
def doubtful(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """SQLite, a protected prod alone, where a2 made the table prices and then failed."""
    shop = make_pipeline("sqlite", "prod")
    shop.project.tables("a1")
    lines = ('op.execute("CREATE TABLE prices (id INTEGER)")', 'raise ValueError("half-way")')
    shop.project.revision("a2", "a1", "\n".join(lines))
    shop.write({"protected": True})
    told(shop("rollout", "--confirm", "prod"), 7)
    return shop


def test_a_wrong_word_is_contradicted_and_can_be_taken_back(doubtful: Pipeline) -> None:
    """What the schema shows against a word wants consent, prod its name; a second word is told of the first."""
    run = doubtful.latest_run()
    undone = ("resolve", run, "prod", "--not-applied", "--reason", "looked")
    done = ("resolve", run, "prod", "--applied", "--reason", "all there", "--confirm", "prod")
    elsewhere = doubtful.project.root.parent / "elsewhere.db"
    away = doubtful(*undone, "--yes", "--confirm", "prod", env={"PROD_DATABASE_URL": f"sqlite:///{elsewhere}"})
    told(away, 5, "the URL leads to another database", "--moved")
    assert not elsewhere.exists()

    told(doubtful("status"), 0, f"resolve {run} prod --confirm prod --applied --reason")
    told(doubtful(*undone, "--confirm", "prod"), 5, "table prices appeared", "add --yes", "--applied")
    told(doubtful(*undone, "--yes"), 5, "prod is protected and not confirmed", "add --confirm prod")
    assert doubtful("show", run, "--format", "json").json["doubts"], "nothing was recorded"
    told(doubtful(*undone, "--yes", "--confirm", "prod"), 0, "nothing of a2 is left")
    told(doubtful(*undone, "--yes", "--confirm", "prod"), 2, " said at ", "that it was undone by hand: looked")
    told(doubtful("show", run), 0, "done 1: CREATE TABLE prices", "undone by hand: looked table prices appeared")

    told(doubtful(*done), 0, "at a2")
    assert doubtful.heads("prod") == {"a2"}
    told(doubtful(*done), 2, "no revision is in doubt on prod", "that it was completed by hand: all there")
    told(doubtful("show", run), 0, "done 1: CREATE TABLE prices", "undone by hand: looked")


def test_a_person_at_a_terminal_is_shown_what_differs(doubtful: Pipeline) -> None:
    """resolve --not-applied queues for whoever drives the target; then it lists what differs, and asks."""
    run = doubtful.latest_run()
    log = doubtful.project.root / ".orchestrator" / "logs" / f"{run}.jsonl"
    word = ("resolve", run, "prod", "--not-applied", "--reason", "looked")
    told(doubtful(*word), 5)
    with ThreadPoolExecutor() as pool:
        with acquire(Endpoint(Target("prod"), Secret(doubtful.urls["prod"]), "shop"), "another"):
            told(doubtful(*word), 8, "driven by run another")
            answers = {"Is none of that of the revision?": "y\n", "Type its name": "prod\n"}
            typed = pool.submit(
                type_in,
                *word,
                "--wait",
                "60",
                cwd=doubtful.project.root,
                env=doubtful.environ,
                answers=answers,
            )
            wait_until(lambda: "lock_waiting" in log.read_text(), "resolve to queue")
        code, screen, _ = typed.result()
    assert code == 0, screen
    assert "differs  table prices appeared" in screen
    assert "nothing of a2 is left" in screen


@pytest.mark.postgresql
@pytest.mark.fault(15, 17)
def test_an_invalid_index_is_named_with_what_removes_it(
    make_pipeline: Callable[..., Pipeline], happened: Callable[[str], None]
) -> None:
    """What an autocommit block kept is listed, its invalid index with the command; prod wants to be confirmed."""
    shop = make_pipeline("postgresql")
    shop.write({"protected": True})
    confirm = ("--confirm", "staging", "--confirm", "prod")
    shop.project.revision("a1", None, 'op.execute("CREATE TABLE orders (id INTEGER)")')
    lines = (
        "with op.get_context().autocommit_block():",
        '    op.execute("ALTER TABLE orders ADD COLUMN total INTEGER")',
        "    op.execute(\"SET statement_timeout = '300ms'\")",
        '    op.execute("CREATE INDEX CONCURRENTLY by_total ON orders (total)")',
    )
    shop.project.revision("a2", "a1", "\n".join(lines))
    shop("rollout", "--through", "staging", *confirm, check=True)
    shop("rollout", "--to", "a1", *confirm, check=True)
    with sa.create_engine(shop.urls["prod"], poolclass=sa.NullPool).connect() as other:
        # An open transaction with a snapshot, for which CREATE INDEX CONCURRENTLY waits once the index is there.
        other.execution_options(isolation_level="REPEATABLE READ").execute(sa.text("SELECT 1"))
        promoted = shop("promote", "staging", "prod", *confirm)
    run, drop = shop.latest_run(), "DROP INDEX CONCURRENTLY by_total;"
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_total'::regclass"
    assert shop.rows("prod", valid) == [(False,)]
    happened("pg_index has by_total with indisvalid false, and the column before it is there")
    said = told(promoted, 7, "statement timeout", "done 1. ALTER TABLE orders ADD COLUMN total INTEGER", drop)
    assert "failed 2. CREATE INDEX CONCURRENTLY by_total ON orders (total)" in said
    told(shop("resume", run, "--confirm", "prod"), 7, "index by_total is INVALID", drop)

    shop.execute("prod", drop, "CREATE INDEX by_total ON orders (total)")
    word = ("resolve", run, "prod", "--applied", "--reason", "made the index", "--yes")
    told(shop(*word), 5, "add --confirm prod")
    told(shop(*word, "--confirm", "prod"), 0, "at a2", "a2 (Revision a2) was completed by hand")
    assert shop.heads("prod") == {"a2"}
    told(shop("resume", run, "--confirm", "prod"), 0, ": done")


@pytest.mark.sqlite
def test_a_merge_completed_by_hand_moves_the_heads_as_a_merge_does(
    make_pipeline: Callable[..., Pipeline],
) -> None:
    """The version table holds what the revision's own step would have left: of two branches one row."""
    shop = make_pipeline("sqlite", "prod")
    shop.project.tables("a1")
    for branch in ("b1", "c1"):
        shop.project.revision(branch, "a1", f'op.execute("CREATE TABLE {branch} (id INTEGER)")')
    lines = ('op.execute("CREATE TABLE d1 (id INTEGER)")', 'raise ValueError("half-way")')
    shop.project.revision("d1", ("b1", "c1"), "\n".join(lines))
    told(shop("rollout", "--yes"), 7)
    assert shop.heads("prod") == {"b1", "c1"}
    told(shop("resolve", shop.latest_run(), "prod", "--applied", "--reason", "all there", "--yes"), 0, "at d1")
    assert shop.heads("prod") == {"d1"}


def test_resolve_wants_to_be_told_what_and_why(sqlite: Pipeline) -> None:
    """resolve without a verdict, a reason, a doubt or a known run is refused as a wrong use."""
    sqlite.project.tables("a1")
    sqlite("rollout", "--yes", check=True)
    run = sqlite.latest_run()
    told(sqlite("resolve", run, "prod", "--not-applied"), 2, "--reason")
    told(sqlite("resolve", run, "prod", "--reason", "looked"), 2, "--not-applied")
    told(sqlite("resolve", run, "prod", "--applied", "--not-applied", "--reason", "looked"), 2, "--applied")
    told(sqlite("resolve", run, "prod", "--not-applied", "--reason", "x"), 2, "no revision is in doubt on prod")
    told(sqlite("resolve", run, "prod", "--not-applied", "--reason", " … "), 2, "the reason says nothing")
    told(sqlite("resolve", "nope", "prod", "--not-applied", "--reason", "x"), 2, "there is no run 'nope'")


COMMITTING = [
    ("mysql", ('op.execute("INSERT INTO orders (id) VALUES (1)")', 'op.execute("COMMIT")')),
    (
        "mysql",
        ('op.execute("INSERT INTO orders (id) VALUES (1)")', "op.get_bind().connection.connection.commit()"),
    ),
    ("postgresql", ('op.execute("INSERT INTO orders (id) VALUES (1); COMMIT")',)),
    (
        "postgresql",
        (
            "raw = op.get_bind().connection",
            'raw.cursor().execute("INSERT INTO orders (id) VALUES (1)")',
            "raw.commit()",
        ),
    ),
    (
        "sqlite",
        (
            "raw = op.get_bind().connection",
            'raw.cursor().execute("INSERT INTO orders (id) VALUES (1)")',
            "raw.commit()",
        ),
    ),
]


@pytest.mark.parametrize(
    ("family", "lines"), [pytest.param(*one, marks=getattr(pytest.mark, one[0])) for one in COMMITTING]
)
def test_a_revision_that_commits_and_then_fails_is_not_run_twice(
    family: str, lines: tuple[str, ...], make_pipeline: Callable[..., Pipeline]
) -> None:
    """Rows that a failed revision committed, however it did, are a person's to settle; then each is there once."""
    shop = make_pipeline(family)
    tables = ("CREATE TABLE orders (id INTEGER)", "CREATE TABLE people (id INTEGER PRIMARY KEY)")
    shop.project.revision("a1", None, "\n".join(f'op.execute("{table}")' for table in tables))
    shop.project.revision("a2", "a1", "\n".join((*lines, 'op.execute("INSERT INTO people (id) VALUES (7)")')))
    shop("rollout", "--through", "staging", "--yes", check=True)
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop.execute("prod", "INSERT INTO people (id) VALUES (7)")

    told(shop("promote", "staging", "prod", "--yes"), 7, "revision a2 stopped half-way")
    run = shop.latest_run()
    told(shop("resume", run), 7, "revision a2")
    assert shop.rows("prod", "SELECT id FROM orders") == [(1,)]

    shop.execute("prod", "DELETE FROM orders", "DELETE FROM people")
    told(shop("resolve", run, "prod", "--not-applied", "--reason", "removed the order"), 0)
    told(shop("resume"), 0, ": done")
    assert shop.rows("prod", "SELECT id FROM orders") == [(1,)]
    assert shop.rows("prod", "SELECT id FROM people") == [(7,)]


@pytest.mark.postgresql
def test_a_revision_that_failed_before_it_wrote_is_simply_failed(make_pipeline: Callable[..., Pipeline]) -> None:
    """A script that leaves its transaction, but whose first statement is refused, can be resumed."""
    shop = make_pipeline("postgresql")
    shop.project.revision("a1", None, 'op.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")')
    lines = ('op.execute("INSERT INTO people (id) VALUES (7)")', 'op.execute("COMMIT")')
    shop.project.revision("a2", "a1", "\n".join(lines))
    shop("rollout", "--through", "staging", "--yes", check=True)
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop.execute("prod", "INSERT INTO people (id) VALUES (7)")
    told(shop("promote", "staging", "prod", "--yes"), 6, "revision a2 failed")
    shop.execute("prod", "DELETE FROM people")
    told(shop("resume"), 0, ": done")
    assert shop.rows("prod", "SELECT id FROM people") == [(7,)]
