"""`status` on real databases: facts alone, and nothing is touched."""

from __future__ import annotations

import pytest

from orchestrator.core.divergence import Relation, State
from orchestrator.core.events import EventKind
from orchestrator.core.selection import Selection
from orchestrator.core.status import StatusReport
from orchestrator.databases.catalog import catalog
from orchestrator.errors import ConfigurationError, Exit, ScriptsError, UsageError
from orchestrator.operations import status as verb
from orchestrator.operations.locks import locks
from orchestrator.views.text.draw import draw
from tests.operations.conftest import Shop, now
from tests.views.drawing import text


def test_status_creates_nothing(shop: Shop) -> None:
    """Three databases that do not exist are empty, and stay missing; so does the journal."""
    before = sorted(path.name for path in shop.project.root.iterdir())
    report = shop.status()
    assert [target.state for target in report.targets] == [State.EMPTY] * 3
    assert [target.missing for target in report.targets] == [("a", "b")] * 3
    assert [pair.divergence.relation for pair in report.pairs] == [Relation.IN_SYNC] * 2
    assert sorted(path.name for path in shop.project.root.iterdir()) == before


def test_status_tells_each_target_from_the_one_before(shop: Shop) -> None:
    """dev at b, test at a, prod empty."""
    shop.rollout("dev")
    shop.rollout("test", to="a")
    report = shop.status()
    assert [target.heads for target in report.targets] == [("b",), ("a",), ()]
    assert [(pair.divergence.relation, pair.divergence.missing) for pair in report.pairs] == [
        (Relation.BEHIND, ("b",)),
        (Relation.BEHIND, ("a",)),
    ]
    assert report.messages == {"a": "Revision a", "b": "Revision b"}
    assert report.heads == {"app": ("b",)}
    assert report.targets[0].last_run is not None
    assert report.targets[2].last_run is None


def test_status_of_some_environments_compares_those(shop: Shop) -> None:
    """Neighbours in the list that is shown."""
    report = shop.status("prod", "dev")
    assert [str(target.target) for target in report.targets] == ["dev", "prod"]
    assert [(str(pair.upstream), str(pair.downstream)) for pair in report.pairs] == [("dev", "prod")]


def test_status_of_an_unknown_environment_is_a_usage_error(shop: Shop) -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match="there is no environment 'prd'"):
        shop.status("prd")


def test_one_bad_database_is_a_row(shop: Shop) -> None:
    """A file that is no database, tables without a version table, an unknown revision: each has its state."""
    shop.file("dev").write_text("no database at all, and this text is long enough to be looked at" * 20)
    shop.execute("test", "CREATE TABLE customers (id INTEGER)")
    shop.execute(
        "prod",
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('zzz')",
    )
    report = shop.status()
    assert [target.state for target in report.targets] == [
        State.UNREACHABLE,
        State.UNVERSIONED,
        State.UNKNOWN_REVISION,
    ]
    assert [target.failure.exit for target in report.targets if target.failure] == [
        Exit.UNAVAILABLE,
        Exit.DIVERGENCE,
        Exit.DIVERGENCE,
    ]
    assert all(target.failure and target.failure.message for target in report.targets)
    assert [pair.divergence.relation for pair in report.pairs] == [Relation.UNKNOWN] * 2


def test_a_database_that_is_gone_while_its_run_is_open_is_a_row(shop: Shop) -> None:
    """Asking who drives it would need a connection: what was not readable is not asked."""
    shop.rollout("test", to="a")
    run = shop.runs()[0].id
    shop.record(EventKind.RUN_RESUMED, run)
    shop.file("dev").write_text("no database any more, and this text is long enough to be looked at" * 20)
    assert shop.states() == {"dev": "unreachable", "test": "behind", "prod": "empty"}


def test_a_step_that_was_cut_off_is_in_doubt_only_where_something_changed(shop: Shop) -> None:
    """SQLite does not undo DDL: an unchanged schema proves that nothing is left, a changed one is asked about."""
    shop.rollout("dev", to="a")
    run = shop.runs()[0].id
    shop.record(EventKind.RUN_RESUMED, run)
    (endpoint,) = shop.configuration.endpoints(["dev"]).values()
    # The plan of this run ends at a; its step is what a cut-off attempt would have left open.
    shop.execute("dev", "DROP TABLE t_a", "DELETE FROM alembic_version")
    shop.record(EventKind.STEP_INTENT, run, "dev", "a", catalog=catalog(endpoint))
    assert shop.states()["dev"] == "empty"
    shop.execute("dev", "CREATE TABLE t_a (id INTEGER)")
    report = shop.status("dev")
    assert report.targets[0].state is State.IN_DOUBT
    assert report.exit_when_asked is Exit.IN_DOUBT
    failure = report.targets[0].failure
    assert failure is not None
    assert failure.message.startswith(f"revision a may be half applied, by run {run} of ann@work, begun ")
    assert failure.mend is not None
    assert f"orchestrate resolve {run} dev --not-applied" in failure.mend


def test_a_database_that_is_another_under_a_second_name_is_refused(shop: Shop) -> None:
    """A hard link is no database of its own: nothing is compared with itself."""
    shop.rollout("dev")
    shop.file("test").hardlink_to(shop.file("dev"))
    with pytest.raises(ConfigurationError, match="test and dev are the same database"):
        shop.status()


def test_tenants_and_databases_are_compared_with_their_counterparts(shop: Shop) -> None:
    """A database that only one of two environments has is compared with nothing."""
    shop.project.environments(
        {
            "dev": {"databases": {"app": {"url": "sqlite:///dev.db"}, "billing": {"url": "sqlite:///dev_b.db"}}},
            "test": {"databases": {"app": {"url": "sqlite:///test.db"}, "search": {"url": "sqlite:///test_s.db"}}},
        }
    )
    pairs = [(str(pair.upstream), str(pair.downstream)) for pair in shop.status().pairs]
    assert pairs == [("dev", "test")]


def fleet(shop: Shop) -> None:
    """dev is whole; test has the tenants x and y, prod x and z."""
    tenants = {"test": ["x", "y"], "prod": ["x", "z"]}
    environments = {
        n: {"url": f"sqlite:///{n}_{{tenant}}.db", "tenants": {"databases": t}} for n, t in tenants.items()
    }
    shop.project.environments({"dev": "sqlite:///dev.db", **environments})


def pairs_of(report: StatusReport) -> dict[str, tuple[str, str]]:
    return {str(pair.downstream): (str(pair.upstream), str(pair.divergence.relation)) for pair in report.pairs}


def test_a_tenant_is_compared_with_its_namesake_or_with_all_of_the_database(shop: Shop) -> None:
    """Upstream as a whole has what all of it have; where one of it cannot be read, nothing is known of that."""
    fleet(shop)
    shop.stamp("a", "test_x", "test_y", "prod_z")
    shop.stamp("b", "test_x", "prod_x")
    expected = {
        "test/app@x": ("dev", "ahead"),
        "test/app@y": ("dev", "ahead"),
        "prod/app@x": ("test/app@x", "in_sync"),
        "prod/app@z": ("test", "in_sync"),
    }
    assert pairs_of(shop.status()) == expected
    assert pairs_of(shop.status("test@x", "prod")) == {"prod/app@x": ("test/app@x", "in_sync")}
    shop.file("test_y").write_text("no database at all, and this text is long enough to be looked at" * 20)
    broken = {"test/app@y": ("dev", "unknown"), "prod/app@z": ("test", "unknown")}
    assert pairs_of(shop.status()) == {**expected, **broken}


def test_only_what_is_known_to_have_everything_is_not_behind(shop: Shop) -> None:
    """What cannot be read may lack something, and is shown with what does."""
    fleet(shop)
    shop.stamp("b", "dev", "test_x", "prod_x")
    shop.stamp("a", "test_y")
    shop.file("prod_z").write_text("no database at all, and this text is long enough to be looked at" * 20)
    report = verb.status(shop.configuration, Selection(behind=True), now)
    assert [str(target.target) for target in report.targets] == ["test/app@y", "prod/app@z"]
    assert set(pairs_of(report)) == {"test/app@y", "prod/app@z"}
    locked = locks(shop.configuration, Selection(exclude=("z",), behind=True), now)
    assert [str(target.target) for target in locked.targets] == ["test/app@y"]


def test_scripts_that_are_no_graph_are_refused(shop: Shop) -> None:
    """Nothing could be compared."""
    shop.project.revision("c", "gone")
    with pytest.raises(ScriptsError, match="'gone' of revision 'c' is in no script"):
        shop.status()


def test_a_run_of_another_database_is_told_as_that(shop: Shop) -> None:
    """Where the URL leads elsewhere since, the latest run is not taken for one of this database."""
    shop.rollout("test")
    shop.stamp("a", "another")
    shop.project.environments({"dev": "sqlite:///dev.db", "test": "sqlite:///another.db"})
    report = shop.status("dev", "test")
    assert [target.elsewhere for target in report.targets] == [False, True]
    said = text(draw(report, now()))
    assert said.count("just now, in another database") == 1
    assert "took test through b, and that is gone: the URL leads to another database now" in said
