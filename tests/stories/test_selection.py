"""A few of many targets: the same command narrowed to tenants, patterns and labels, from looking to resuming."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command import Command, Completed
from tests.projects_builder import AlembicProject
from tests.stories import databases
from tests.stories.pipeline import told

TAKEN = "CREATE TABLE t_a2 (id INTEGER)"
"""What a revision of this project then fails at."""


class Fleet:
    """dev is one file, staging and a protected prod have a file for each tenant; prod's are told by a program."""

    def __init__(self, project: AlembicProject, command: Command) -> None:
        self.project = project
        self.command = command
        for name in ("staging", "prod"):
            (project.root / name).mkdir()
        self.tenants("acme", "globex", "initech")
        project.tables("a1", "a2")
        project.environments(
            {
                "dev": "sqlite:///dev.db",
                "staging": {"url": "sqlite:///staging/{tenant}.db", "tenants": {"databases": ["acme", "globex"]}},
                "prod": {
                    "url": "sqlite:///prod/{tenant}.db",
                    "labels": {"tier": "live"},
                    "tenants": {"databases": {"command": ["cat", "tenants"]}},
                },
            },
            protected=["prod"],
        )

    def tenants(self, *names: str) -> None:
        """What prod's program tells from now on; the first one is labelled."""
        first, *others = names
        self.listed.write_text("\n".join([f'{{"name": "{first}", "region": "eu"}}', *others]))

    @property
    def listed(self) -> Path:
        return self.project.root / "tenants"

    def __call__(self, *args: object) -> Completed:
        return self.command(*args, cwd=self.project.root)

    def url(self, name: str) -> str:
        return f"sqlite:///{self.project.root}/{name}.db"

    def heads(self) -> dict[str, str]:
        """The head of each database that there is and has one."""
        files = [f"{path.parent.name}/{path.stem}" for path in self.project.root.glob("*/*.db")]
        found = {name: databases.heads(self.url(name)) for name in sorted(files) if not name.startswith(".")}
        return {name: " ".join(heads) for name, heads in found.items() if heads}

    def stamp(self, revision: str, *names: str) -> None:
        for name in names:
            databases.stamp(self.url(name), revision)

    def last_run(self) -> dict[str, Any]:
        run: dict[str, Any] = self("runs", "--limit", "1", "--format", "json").json["runs"][0]
        return run


@pytest.fixture
def fleet(alembic_project: Callable[..., AlembicProject], orchestrate: Command) -> Fleet:
    return Fleet(alembic_project("shop"), orchestrate)


def rows(done: Completed) -> list[str]:
    return [target["target"] for target in done.json["targets"]]


def test_one_tenant_goes_all_the_way_alone(fleet: Fleet) -> None:
    """A narrowed rollout changes the tenant selected, is recorded as typed, and the others are seen behind."""
    told(fleet("rollout", "--only", "acme", "--confirm", "prod"), 0, "prod/app@acme")
    assert fleet.heads() == {"prod/acme": "a2", "staging/acme": "a2"}
    assert databases.heads(fleet.url("dev")) == {"a2"}
    assert fleet.last_run()["command"] == "orchestrate rollout --through prod --only acme"
    behind = fleet("status", "--behind", "--format", "json")
    assert rows(behind) == ["staging/app@globex", "prod/app@globex", "prod/app@initech"]
    pairs = {pair["downstream"]: (pair["upstream"], pair["relation"]) for pair in behind.json["pairs"]}
    assert pairs == {
        "staging/app@globex": ("dev", "behind"),
        "prod/app@globex": ("staging/app@globex", "in_sync"),
        "prod/app@initech": ("staging", "in_sync"),
    }
    labelled = fleet("status", "prod", "--label", "region=eu", "--label", "tier=live", "--format", "json")
    assert rows(labelled) == ["prod/app@acme"]


def test_no_other_environment_is_asked_for_its_tenants(fleet: Fleet) -> None:
    """Where prod's list is out of reach, everything that is not about prod goes on as ever."""
    fleet.listed.unlink()
    assert rows(fleet("status", "dev", "staging@acme", "--format", "json")) == ["dev", "staging/app@acme"]
    told(fleet("locks", "staging@globex"), 0, "staging/app@globex")
    told(fleet("rollout", "--through", "staging", "--exclude", "acme", "--yes"), 0, "staging/app@globex")
    assert fleet.heads() == {"staging/globex": "a2"}
    assert fleet("status", "prod").returncode != 0


def test_a_narrowed_run_is_taken_up_for_exactly_its_targets(fleet: Fleet) -> None:
    """What failed of a selection is finished by resume, whoever has come or gone since."""
    fleet.stamp("a2", "staging/acme", "staging/globex")
    fleet.stamp("a1", "prod/globex")
    databases.execute(fleet.url("prod/globex"), TAKEN)
    unconfirmed = fleet("promote", "staging", "prod", "--exclude", "initech")
    told(unconfirmed, 5, "prod is protected and not confirmed", "add --confirm prod")
    failed = fleet("promote", "staging", "prod", "--exclude", "initech", "--confirm", "prod")
    told(failed, 6, "t_a2", "orchestrate resume")
    run = fleet.last_run()
    assert run["command"] == "orchestrate promote staging prod --exclude initech"
    settled = fleet("resolve", run["run_id"], "prod@globex", "--not-applied", "--reason", "x", "--confirm", "prod")
    told(settled, 2, "no revision is in doubt on prod/app@globex")

    fleet.tenants("hooli", "globex", "initech")
    databases.execute(fleet.url("prod/globex"), "DROP TABLE t_a2")
    told(fleet("promote", "staging", "prod@acme", "--confirm", "prod"), 2, "there is no target 'prod@acme'")
    resumed = fleet("resume", "--confirm", "prod", "--format", "json")
    assert resumed.returncode == 0, str(resumed)
    assert {t["target"]: t["result"] for t in resumed.json["targets"]}["prod/app@globex"] == "applied"
    assert fleet.heads() == {"staging/acme": "a2", "staging/globex": "a2", "prod/acme": "a2", "prod/globex": "a2"}


def test_a_tenant_that_is_gone_before_its_run_ended_is_told(fleet: Fleet) -> None:
    """A run is not taken up without its unfinished tenant, and the command for a new plan has the selection."""
    fleet.stamp("a2", "staging/acme", "staging/globex")
    fleet.stamp("a1", "prod/acme")
    databases.execute(fleet.url("prod/acme"), TAKEN)
    assert fleet("promote", "staging", "prod", "--label", "region=eu", "--confirm", "prod").returncode == 6
    fleet.tenants("globex", "initech")
    gone = fleet("resume", "--confirm", "prod")
    told(gone, 5, "prod/app@acme", "orchestrate promote staging prod --label region=eu")


def test_one_tenant_goes_back_while_no_other_environment_has_more(fleet: Fleet) -> None:
    """A rollback takes tenants by pattern, and is held up by the same tenant downstream alone."""
    assert fleet("rollout", "--only", "*e*", "--exclude", "initech", "--confirm", "prod").returncode == 0
    run = fleet.last_run()["run_id"]
    held = told(fleet("rollback", run, "--target", "staging@acme", "--yes"), 5, "prod/app@acme still has")
    assert "globex" not in held
    back = fleet("rollback", run, "--target", "*@acme", "--confirm", "prod")
    told(back, 0, "prod/app@acme", "staging/app@acme")
    assert fleet.heads() == {"prod/globex": "a2", "staging/globex": "a2"}
    assert fleet.last_run()["command"] == f"orchestrate rollback {run} --target '*@acme'"


def test_an_adoption_is_of_one_tenant(fleet: Fleet) -> None:
    """A command that takes one target understands a tenant, and refuses what means several."""
    databases.execute(fleet.url("prod/acme"), "CREATE TABLE t_a1 (id INTEGER NOT NULL PRIMARY KEY)")
    why = ("--reason", "made by hand")
    told(fleet("adopt", "prod@*", "a1", *why), 2, "'prod@*' is 3 targets", "prod/app@globex")
    told(fleet("adopt", "prod@acme", "a1", *why, "--confirm", "prod", "--yes"), 0, "prod/app@acme")
    assert fleet.heads() == {"prod/acme": "a1"}


@pytest.mark.postgresql
def test_schemas_of_one_database_are_selected_alike(
    new_database: Callable[[str], str], alembic_project: Callable[..., AlembicProject], orchestrate: Command
) -> None:
    """Of tenants that a query tells with their columns, one is looked at, changed, and driven alone."""
    url, project = new_database("postgresql"), alembic_project("shop")
    query = "SELECT name, region FROM public.customers"
    project.tables("a1", "a2")
    project.environments(
        {
            "staging": {"url": url, "tenants": {"schemas": ["trial"]}},
            "prod": {"url": url, "tenants": {"schemas": {"query": query}}},
        }
    )
    names = ("acme", "globex")
    databases.execute(
        url,
        "CREATE TABLE customers (name text, region text)",
        "INSERT INTO customers VALUES ('acme', 'eu'), ('globex', 'us')",
        *(f"CREATE SCHEMA {name}" for name in ("trial", *names)),
    )

    def ask(*args: object) -> Completed:
        return orchestrate(*args, cwd=project.root)

    told(ask("rollout", "--through", "staging", "--yes"), 0, "staging/app@trial")
    told(ask("promote", "staging", "prod", "--label", "region=us", "--yes"), 0, "prod/app@globex")
    tables = "SELECT schemaname FROM pg_tables WHERE tablename = 't_a2' ORDER BY 1"
    assert databases.rows(url, tables) == [("globex",), ("trial",)]
    status = ask("status", "prod", "--format", "json").json
    assert {t["target"]: t["state"] for t in status["targets"]} == {
        "prod/app@acme": "empty",
        "prod/app@globex": "at_head",
    }
    assert {pair["upstream"] for pair in status["pairs"]} == set()
    told(ask("doctor", "prod@acme"), 0, "prod/app@acme")
    told(ask("promote", "staging", "prod@acme", "--yes", "--behind"), 0, "prod/app@acme")
    assert databases.rows(url, tables) == [("acme",), ("globex",), ("trial",)]
    (shown,) = [ask("show", ask("runs", "--format", "json").json["runs"][0]["run_id"])]
    told(shown, 0, "orchestrate promote staging prod@acme --behind", "prod/app@acme")
