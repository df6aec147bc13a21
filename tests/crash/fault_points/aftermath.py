"""After a fault: what the tool says of every revision held against the databases, and going on as it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa

from orchestrator.core.divergence import State
from orchestrator.core.selection import Selection
from orchestrator.core.status import TargetStatus
from orchestrator.operations.status import status
from orchestrator.project import configuration as files
from orchestrator.project.settings import Settings
from tests.crash.scene import Scene, Watched

Step = tuple[str, str]
"""An environment and a revision."""
APPLIED, NOT_APPLIED, IN_DOUBT = "applied", "not applied", "in doubt"
_TRIES = 4


def named(scene: Scene) -> dict[Step, str]:
    """What `status` says of each revision, where the databases themselves say that it is true.

    AssertionError where a revision has no name or a wrong one. In doubt may only be what the database could have
    kept parts of, and what it does have parts of must be.
    """
    configuration = files.load(scene.root / "environments.yaml", Settings(), {})
    said = {str(one.target): one for one in status(configuration, Selection(), lambda: datetime.now(UTC)).targets}
    names: dict[Step, str] = {}
    for environment, database in scene.databases.items():
        tables = set(sa.inspect(sa.create_engine(database.url, poolclass=sa.NullPool)).get_table_names())
        applied = _applied(database, scene.revisions) if "alembic_version" in tables else set()
        for revision, name in _of(said[environment], scene.revisions):
            seen = _seen(database.family, revision in applied, f"t_{revision}" in tables, name)
            assert name == seen, (environment, revision, name, seen)
            names[environment, revision] = name
    return names


def _of(said: TargetStatus, revisions: list[str]) -> list[tuple[str, str]]:
    """Each revision's name in one target's status."""
    assert said.state in (State.AT_HEAD, State.BEHIND, State.EMPTY, State.IN_DOUBT), said
    missing = [revision for revision in revisions if revision in said.missing]
    first = IN_DOUBT if said.state is State.IN_DOUBT else NOT_APPLIED
    names = dict.fromkeys(revisions, APPLIED) | dict.fromkeys(missing, NOT_APPLIED)
    return list((names | dict.fromkeys(missing[:1], first)).items())


def _applied(database: Watched, revisions: list[str]) -> set[str]:
    """The revisions up to what stands in the version table."""
    heads = database.rows("SELECT version_num FROM alembic_version")
    return set(revisions[: 1 + max((revisions.index(head) for (head,) in heads), default=-1)])


def _seen(family: str, recorded: bool, there: bool, name: str) -> str:
    """What a revision is to eyes that are not the tool's: by its row, and by whether its table is there."""
    if recorded:
        return APPLIED if there else "recorded and not there"
    if family == "postgresql":
        return "there and not recorded" if there else NOT_APPLIED
    return IN_DOUBT if there or name == IN_DOUBT else NOT_APPLIED


def carried_on(scene: Scene) -> set[Step]:
    """Go on as the tool says until it is done; returns what a person had to look at.

    AssertionError where a command ends with anything but done or in doubt, or it takes too many.
    """
    settled: set[Step] = set()
    for _ in range(_TRIES):
        done = scene.resume() if scene.events("run_started") else scene.run("rollout", "--yes")
        if done.returncode == 0:
            return settled
        assert done.returncode == 7, str(done)
        settled |= settle(scene, done.stdout)
    raise AssertionError(f"not done after {_TRIES} resumes: {done}")


def settle(scene: Scene, told: str) -> set[Step]:
    """What the tool asks of a person: undo what is left of a revision in doubt, and say so as it was told."""
    commands = set(re.findall(r"orchestrate (resolve \S+ (\S+) --not-applied)", told))
    assert commands, told
    return {_settled(scene, command.split(), environment) for command, environment in commands}


def _settled(scene: Scene, command: list[str], environment: str) -> Step:
    (revision,) = (r for (e, r), name in named(scene).items() if name == IN_DOUBT and e == environment)
    scene.databases[environment].do(f"DROP TABLE IF EXISTS t_{revision}")
    resolved = scene.run(*command, "--reason", "looked, and dropped its table")
    assert resolved.returncode == 0, str(resolved)
    return environment, revision


def assert_as_undisturbed(scene: Scene, settled: set[Step]) -> None:
    """Every database is as an undisturbed run leaves it, and every revision took effect once."""
    scene.assert_complete(again=settled)
    assert set(named(scene).values()) == {APPLIED}
