"""A fault at every named point of a run: the end of a process, an exception, the loss of its connections.

Here each point once, and of the rest what differs; tests/chaos/test_every_passage.py does every combination.

After each the command's exit code is one of the design's, `status` gives every revision a name that the database
bears out, and going on as the tool says ends where an undisturbed run does, with every revision in effect once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.core.events import EventKind
from orchestrator.core.secrets import Secret
from orchestrator.faults import FaultPoint as At
from orchestrator.journal.journal import Journal
from tests.crash.conftest import MakeScene
from tests.crash.fault_points.aftermath import (
    APPLIED,
    IN_DOUBT,
    NOT_APPLIED,
    assert_as_undisturbed,
    carried_on,
    named,
)
from tests.crash.fault_points.arming import Act, Armed, Fault
from tests.crash.scene import Scene, gone, kill, wait_until, workers

Happened = Callable[[str], None]
KILLED = -9
BY_KILL, BY_ERROR, BY_CUT, BY_EXIT = Act.KILL, Act.RAISE, Act.CUT, Act.EXIT


def case(point: At, nth: int, *expected: Any, row: int | None = None, since: At | None = None) -> Any:
    """A case of a test below, named for its point; `row` is the fault table's."""
    name = f"{point.name.lower()}-{nth}"
    marks = (pytest.mark.fault(row),) if row else ()
    return pytest.param((point, nth, since), *expected, id=name, marks=marks)


def struck(scene: Scene, fault: Fault, happened: Happened) -> int:
    """The exit code of a rollout that met the fault, which is proved."""
    urls = tuple(found.url for found in scene.databases.values())
    armed = Armed(scene.root / "armed", fault, urls)
    done = scene.run("rollout", "--yes", env=armed.environment)
    happened(armed.proof())
    if done.returncode != KILLED:
        assert done.json["exit_code"] == done.returncode
    return done.returncode


def two_revisions(make_scene: MakeScene, family: str) -> Scene:
    """One environment and two revisions: the faults mostly meet the second."""
    scene = make_scene(family, "dev")
    scene.line("r1", "r2")
    return scene


def names(scene: Scene) -> list[str]:
    """What every revision is called now, of the only environment."""
    return list(named(scene).values())


# --- the points themselves ---


@pytest.mark.sqlite
def test_an_ordinary_run_reaches_every_point(make_scene: MakeScene) -> None:
    """A run of two revisions passes every point, and is not changed by being watched."""
    scene = two_revisions(make_scene, "sqlite")
    armed = Armed(scene.root / "armed")
    done = scene.run("rollout", "--yes", env=armed.environment)
    assert done.returncode == 0, str(done)
    assert {point for point, _ in armed.passed} == set(At)
    assert armed.passed[0][0] is At.BEFORE_RUN_STARTED
    assert armed.passed[-1][0] is At.AFTER_RUN_FINISHED
    acknowledged = [found for point, found in armed.passed if point is At.JOURNAL_COMMITTED]
    assert acknowledged[-1][0] == scene.verify()
    assert_as_undisturbed(scene, set())


# --- kill -9 ---


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("where", "exit_code", "then"),
    [
        case(At.BEFORE_RUN_STARTED, 1, KILLED, [NOT_APPLIED, NOT_APPLIED]),
        case(At.JOURNAL_WRITTEN, 1, KILLED, [APPLIED, NOT_APPLIED], since=At.BEFORE_OUTCOME, row=5),
        case(At.JOURNAL_COMMITTED, 1, KILLED, [APPLIED, NOT_APPLIED], since=At.BEFORE_OUTCOME),
        case(At.AFTER_RUN_STARTED, 1, KILLED, [NOT_APPLIED, NOT_APPLIED]),
        case(At.RUN_LOCK_TAKEN, 1, KILLED, [NOT_APPLIED, NOT_APPLIED]),
        case(At.WORKER_ADMITTED, 1, KILLED, [NOT_APPLIED, NOT_APPLIED]),
        case(At.BEFORE_INTENT, 2, KILLED, [APPLIED, NOT_APPLIED], row=1),
        case(At.AFTER_INTENT, 2, KILLED, [APPLIED, NOT_APPLIED], row=2),
        case(At.IN_REVISION, 3, 6, [APPLIED, NOT_APPLIED]),
        case(At.BEFORE_COMMIT, 2, 6, [APPLIED, NOT_APPLIED], row=4),
        case(At.AFTER_COMMIT, 2, 6, [APPLIED, APPLIED], row=5),
        case(At.BEFORE_OUTCOME, 2, KILLED, [APPLIED, APPLIED], row=5),
        case(At.AFTER_OUTCOME, 2, KILLED, [APPLIED, APPLIED]),
        case(At.BETWEEN_TARGETS, 1, KILLED, [APPLIED, APPLIED]),
        case(At.BEFORE_RUN_FINISHED, 1, KILLED, [APPLIED, APPLIED]),
        case(At.AFTER_RUN_FINISHED, 1, KILLED, [APPLIED, APPLIED]),
    ],
)
def test_killed_where_the_database_undoes_what_fails(
    make_scene: MakeScene, happened: Happened, where: Any, exit_code: int, then: list[str]
) -> None:
    """Whoever is killed at any point, every revision is applied or not, and one command ends the run as ever."""
    scene = two_revisions(make_scene, "postgresql")
    assert struck(scene, _fault(where, BY_KILL), happened) == exit_code
    assert names(scene) == then
    assert carried_on(scene) == set()
    assert_as_undisturbed(scene, set())


@pytest.mark.parametrize("family", [pytest.param(f, marks=getattr(pytest.mark, f)) for f in ("mysql", "sqlite")])
@pytest.mark.parametrize(
    ("where", "exit_code", "then"),
    [
        case(At.BEFORE_INTENT, 2, KILLED, [APPLIED, NOT_APPLIED], row=1),
        case(At.AFTER_INTENT, 2, KILLED, {"mysql": IN_DOUBT, "sqlite": NOT_APPLIED}, row=2),
        case(At.IN_REVISION, 3, 7, [APPLIED, IN_DOUBT]),
        case(At.BEFORE_COMMIT, 2, 7, [APPLIED, IN_DOUBT], row=4),
        case(At.AFTER_COMMIT, 2, 6, [APPLIED, APPLIED], row=5),
        case(At.BEFORE_OUTCOME, 2, KILLED, [APPLIED, APPLIED], row=5),
    ],
)
def test_killed_where_the_database_keeps_parts(
    make_scene: MakeScene, happened: Happened, *, family: str, where: Any, exit_code: int, then: Any
) -> None:
    """What a killed process may have left half-done is in doubt until a person looked, and never run unasked."""
    scene = two_revisions(make_scene, family)
    expected = [APPLIED, then[family]] if isinstance(then, dict) else then
    assert struck(scene, _fault(where, BY_KILL), happened) == exit_code
    before = scene.starts()["dev", "r2"]
    assert names(scene) == expected
    settled = carried_on(scene)
    assert settled == ({("dev", "r2")} if IN_DOUBT in expected else set())
    ran_before_the_doubt = before if settled else 0
    assert scene.starts()["dev", "r2"] == 1 + ran_before_the_doubt
    assert_as_undisturbed(scene, settled if ran_before_the_doubt else set())


@pytest.mark.control(4)
@pytest.mark.sqlite
def test_without_its_intent_a_half_done_revision_is_run_again(make_scene: MakeScene, happened: Happened) -> None:
    """The negative control: once the recorded intent is gone, what was left half-done is run again unasked."""
    scene = two_revisions(make_scene, "sqlite")
    assert struck(scene, Fault(At.BEFORE_COMMIT, BY_KILL, 2), happened) == 7
    scene.journal.unlink()
    assert scene.run("rollout", "--yes").returncode == 6
    assert scene.starts()["dev", "r2"] == 2


def _fault(where: tuple[At, int, At | None], act: Act) -> Fault:
    point, nth, since = where
    return Fault(point, act, nth, since)


# --- between targets and environments ---


@pytest.mark.fault(6)
@pytest.mark.sqlite
def test_killed_between_two_targets(make_scene: MakeScene, happened: Happened) -> None:
    """The databases of an environment that were finished are left alone; the others get what they lack."""
    scene = make_scene("sqlite", "shop", "billing")
    scene.line("r1", "r2")
    urls = {name: {"url": found.url} for name, found in scene.databases.items()}
    scene.project.environments({"dev": {"databases": urls}})
    scene.databases = {f"dev/{name}": found for name, found in scene.databases.items()}
    assert struck(scene, Fault(At.BETWEEN_TARGETS, BY_KILL), happened) == KILLED
    finished = {target for _, target, _, _ in scene.events("target_finished")}
    assert finished <= scene.databases.keys()
    assert finished
    starts = scene.starts()
    settled = carried_on(scene)
    assert not {target for target, _ in settled} & finished
    assert {(t, r): n for (t, r), n in scene.starts().items() if t in finished} == {
        (t, r): n for (t, r), n in starts.items() if t in finished
    }
    assert_as_undisturbed(scene, settled)


@pytest.mark.fault(7)
@pytest.mark.postgresql
def test_killed_between_two_environments(make_scene: MakeScene, happened: Happened) -> None:
    """The next environment was not touched, and gets nothing while the one before it is not where it was left."""
    scene = make_scene("postgresql", "dev", "test")
    scene.line("r1", "r2")
    assert struck(scene, Fault(At.BETWEEN_ENVIRONMENTS, BY_KILL), happened) == KILLED
    assert named(scene) == {
        **{("dev", revision): APPLIED for revision in scene.revisions},
        **{("test", revision): NOT_APPLIED for revision in scene.revisions},
    }
    scene.databases["dev"].do("UPDATE alembic_version SET version_num = 'r1'")
    assert scene.resume().returncode == 5
    assert scene.databases["test"].tables() == {}
    scene.databases["dev"].do("UPDATE alembic_version SET version_num = 'r2'")
    assert carried_on(scene) == set()
    assert_as_undisturbed(scene, set())
    assert set(scene.starts().values()) == {1}


# --- an exception that nobody expects, and an end that looks like a good one ---


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("where", "exit_code", "then"),
    [
        case(At.JOURNAL_WRITTEN, 1, 1, [APPLIED, NOT_APPLIED], since=At.BEFORE_OUTCOME),
        case(At.AFTER_INTENT, 2, 1, [APPLIED, NOT_APPLIED]),
        case(At.IN_REVISION, 3, 6, [APPLIED, NOT_APPLIED]),
        case(At.BEFORE_OUTCOME, 2, 1, [APPLIED, APPLIED]),
    ],
)
def test_an_exception_that_nobody_expects(
    make_scene: MakeScene, happened: Happened, where: Any, exit_code: int, then: list[str]
) -> None:
    """A bug of ours ends with 1 and one of the project's with 6; either leaves a state that has a name."""
    scene = two_revisions(make_scene, "postgresql")
    assert struck(scene, _fault(where, BY_ERROR), happened) == exit_code
    assert names(scene) == then
    assert carried_on(scene) == set()
    assert_as_undisturbed(scene, set())


@pytest.mark.postgresql
def test_a_worker_that_ends_as_if_all_were_well(make_scene: MakeScene, happened: Happened) -> None:
    """An exit code of 0 in the middle of a revision is believed no more than any other."""
    scene = two_revisions(make_scene, "postgresql")
    assert struck(scene, Fault(At.IN_REVISION, BY_EXIT, 3), happened) == 6
    assert names(scene) == [APPLIED, NOT_APPLIED]
    assert carried_on(scene) == set()
    assert_as_undisturbed(scene, set())


# --- connections ---


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("where", "exit_code", "then"),
    [
        case(At.AFTER_INTENT, 1, 9, [APPLIED, NOT_APPLIED]),
        case(At.BEFORE_COMMIT, 2, 6, [APPLIED, NOT_APPLIED]),
        case(At.AFTER_COMMIT, 1, 6, [APPLIED, NOT_APPLIED]),
    ],
)
def test_the_connections_of_a_process_are_cut(
    make_scene: MakeScene, happened: Happened, where: Any, exit_code: int, then: list[str]
) -> None:
    """A process that loses its databases starts nothing more, and what it had begun is read back, not guessed."""
    scene = two_revisions(make_scene, "postgresql")
    assert struck(scene, _fault(where, BY_CUT), happened) == exit_code
    assert names(scene) == then
    assert carried_on(scene) == set()
    assert_as_undisturbed(scene, set())


@pytest.mark.mysql
def test_the_connection_of_a_worker_is_cut_in_mid_revision(make_scene: MakeScene, happened: Happened) -> None:
    """On MariaDB a revision whose connection was lost is in doubt, with what it left, until a person looked."""
    scene = two_revisions(make_scene, "mysql")
    assert struck(scene, Fault(At.IN_REVISION, BY_CUT, 3), happened) == 7
    assert names(scene) == [APPLIED, IN_DOUBT]
    assert carried_on(scene) == {("dev", "r2")}
    assert_as_undisturbed(scene, {("dev", "r2")})


@pytest.mark.postgresql
@pytest.mark.parametrize("point", [At.JOURNAL_WRITTEN, At.JOURNAL_COMMITTED])
def test_the_journals_connection_is_cut_in_its_own_write(
    make_scene: MakeScene, happened: Happened, new_database: Callable[[str], str], point: At
) -> None:
    """An event whose connection is lost before or after its commit is in the journal once, and the run goes on."""
    scene = two_revisions(make_scene, "sqlite")
    url = new_database("postgresql").replace("+psycopg", "")
    armed = Armed(scene.root / "armed", Fault(point, BY_CUT, since=At.BEFORE_OUTCOME), (url,))
    done = scene.run("rollout", "--yes", env={**armed.environment, "ORCHESTRATE_JOURNAL": url})
    assert done.returncode == 0, str(done)
    happened(armed.proof())
    with Journal(Secret(url)) as journal:
        journal.verify()
        kinds = Counter(event.kind for event in journal.events(done.json["run_id"]))
    assert (kinds[EventKind.STEP_INTENT], kinds[EventKind.STEP_APPLIED]) == (2, 2)
    assert kinds[EventKind.TARGET_FINISHED] == kinds[EventKind.RUN_FINISHED] == 1


# --- both processes at once ---


@pytest.mark.fault(4)
@pytest.mark.postgresql
def test_both_are_killed_before_the_commit(make_scene: MakeScene, happened: Happened) -> None:
    """Parent and worker killed with a revision done but not committed: it is undone, and resume runs it again."""
    scene = two_revisions(make_scene, "postgresql")
    armed = Armed(scene.root / "armed", Fault(At.BEFORE_COMMIT, Act.SLEEP, 2))
    process = scene.start("rollout", "--yes", env=armed.environment)
    wait_until(lambda: armed.fired, "the revision to come before its commit", process)
    found = workers(process)
    kill(process, also=found)
    assert process.returncode == KILLED
    assert all(map(gone, found))
    happened(f"{armed.proof()}; then it and its parent {process.pid} were killed")
    assert names(scene) == [APPLIED, NOT_APPLIED]
    assert carried_on(scene) == set()
    assert scene.starts()["dev", "r2"] == 2
    assert_as_undisturbed(scene, set())
