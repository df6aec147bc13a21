"""Keeps the application from migrating by itself while it is loaded: what runs is what was planned, and no more.

Applications that upgrade their database when they start (`flask_migrate.upgrade` in a `create_app`, Alembic's
`command.upgrade` in a module) would do so here before the plan was compared with anything, and in the middle of
env.py. All of Alembic's commands that reach a database end in `ScriptDirectory.run_env` within an
`EnvironmentContext` (Alembic 1.8 to 1.20); for any but ours both do nothing.
"""

from __future__ import annotations

from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

_RUN_ENV, _ENTER, _LEAVE = ScriptDirectory.run_env, EnvironmentContext.__enter__, EnvironmentContext.__exit__
"""Alembic's own, from before the first of its environments was ours."""


def alone(script: ScriptDirectory, environment: EnvironmentContext) -> None:
    """From here on only this script directory runs its env.py, and only this environment is Alembic's own."""

    def run(self: ScriptDirectory) -> None:
        if self is script:
            _RUN_ENV(self)
        else:
            print("the application runs Alembic by itself: left out, since it is not in the plan")  # noqa: T201

    def entered(self: EnvironmentContext) -> EnvironmentContext:
        return _ENTER(self) if self is environment else self

    def left(self: EnvironmentContext, *error: Any) -> None:
        if self is environment:
            _LEAVE(self, *error)

    _let(run, entered, left)


def over() -> None:
    """From here on any does again as Alembic has it, and nothing of the last one is held."""
    _let(_RUN_ENV, _ENTER, _LEAVE)


def _let(run: Any, entered: Any, left: Any) -> None:
    ScriptDirectory.run_env = run  # type: ignore[method-assign]
    EnvironmentContext.__enter__ = entered  # type: ignore[method-assign]
    EnvironmentContext.__exit__ = left  # type: ignore[method-assign]
