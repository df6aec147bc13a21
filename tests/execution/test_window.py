"""A run that takes longer than a window: the clock is given, the databases and the worker are real."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.run import Outcome
from orchestrator.errors import Exit
from orchestrator.execution.stop import Stop
from orchestrator.execution.workers import Workers
from orchestrator.faults import FaultPoint
from orchestrator.operations import release
from orchestrator.operations.acting import Actor
from orchestrator.operations.performing import perform, resume
from orchestrator.operations.runs import find
from orchestrator.project.configuration import load
from orchestrator.project.settings import Settings
from tests.projects_builder import AlembicProject

WINDOW = {"timezone": "UTC", "allow": ["mon-fri 08:00-12:00"]}


def test_an_environment_whose_window_has_closed_meanwhile_is_not_begun(
    alembic_project: Callable[..., AlembicProject], workers: Workers, tmp_path: Path
) -> None:
    """What was begun before is finished, the rest waits; resumed in the window, the run ends well."""
    project = alembic_project()
    project.tables("a1")
    project.environments(
        {
            "dev": f"sqlite:///{tmp_path}/dev.db",
            "prod": {"url": f"sqlite:///{tmp_path}/prod.db", "gates": {"window": WINDOW}},
        }
    )
    configuration = load(project.root / "environments.yaml", Settings(), os.environ)
    clock = [datetime(2026, 11, 20, 11, 59, tzinfo=UTC)]

    def hear(event: Event) -> None:
        if event.kind is EventKind.STEP_APPLIED:
            clock[0] += timedelta(minutes=2)

    actor = Actor("me@here", hear, Stop(lambda _: None), lambda: clock[0], workers=workers)
    prepared = release.prepare(configuration, release.Wish("prod"), actor.now)
    report = perform(configuration, prepared, actor, look_again=False)
    assert (report.outcome, report.exit, [one.end for one in report.targets]) == (
        Outcome.FAILED,
        Exit.FAILED,
        [("a1",), ()],
    )
    assert report.told is not None
    assert report.told.code == "window_closed"
    assert "Fri 2026-11-20 12:01 UTC: only mon-fri 08:00-12:00 is allowed" in report.told.message
    again = f"orchestrate resume {report.run_id}"
    assert report.told.mend == f"wait until Mon 2026-11-23 08:00 UTC, then: {again}"
    run = find(configuration, report.run_id)
    assert resume(configuration, run, actor).exit is Exit.REFUSED
    clock[0] = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert resume(configuration, run, actor).outcome is Outcome.SUCCEEDED


def test_each_environment_has_a_window_of_its_own_to_be_waived(
    alembic_project: Callable[..., AlembicProject], workers: Workers, tmp_path: Path
) -> None:
    """Waived for one that is closed, the window of another that closes meanwhile, here while its lock is waited
    for, still keeps that one from being begun.
    """
    project = alembic_project()
    project.tables("a1")
    project.environments(
        {
            "dev": {
                "url": f"sqlite:///{tmp_path}/dev.db",
                "gates": {"window": {"timezone": "UTC", "allow": ["sun 08:00-09:00"]}, "waivable": ["window"]},
            },
            "prod": {"url": f"sqlite:///{tmp_path}/prod.db", "gates": {"window": WINDOW}},
        }
    )
    configuration = load(project.root / "environments.yaml", Settings(), os.environ)
    clock = [datetime(2026, 11, 20, 11, 59, tzinfo=UTC)]
    waivers = (Waiver("window", "an outage", "me@here", clock[0]),)
    actor = Actor("me@here", lambda _: None, Stop(lambda _: None), lambda: clock[0], workers=workers)
    prepared = replace(release.prepare(configuration, release.Wish("prod"), actor.now), waivers=waivers)

    locked: list[str] = []

    def passing(name: str, _arguments: object) -> None:
        if name == FaultPoint.RUN_LOCK_TAKEN and len(locked) < 2:  # a hook stays, and this run takes two
            locked.append(name)
            clock[0] += timedelta(minutes=2 * (len(locked) - 1))

    sys.addaudithook(passing)
    report = perform(configuration, prepared, actor, look_again=False)
    assert [one.end for one in report.targets] == [("a1",), ()]
    assert report.told is not None
    assert report.told.code == "window_closed"
    assert len(locked) == 2
