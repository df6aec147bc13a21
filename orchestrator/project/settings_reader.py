"""Reads the process-wide settings, and says what is wrong with a variable: its name, never its value."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from orchestrator.errors import ConfigurationError, Problem
from orchestrator.project.environments_file.wording import near
from orchestrator.project.settings import PREFIX, EnvironmentOverride, Override, Settings

_OVERRIDES = f"{PREFIX}ENVIRONMENTS"
_OVERRIDE = f"{_OVERRIDES}__NAME__URL"
OF_A_PROGRAM = "ORCHESTRATE_ENVIRONMENT"
"""What a program that a run begins finds the environment's name in; it may call this command in turn."""


def read_settings() -> Settings:
    """The settings of this process; ConfigurationError naming each variable that is wrong."""
    problems = list(_misspelt())
    try:
        settings = _read()
    except ValidationError as error:
        problems.extend(_problem(fault) for fault in error.errors(include_url=False))
    except ValueError:  # pydantic-settings' SettingsError: JSON was expected
        problems.append(Problem("cannot be read", _OVERRIDES, f"set one URL at a time: {_OVERRIDE}"))
    if problems:
        raise ConfigurationError.collect(problems, "{n} variables are wrong")
    return settings


def _read() -> Settings:
    if not any(name.upper().startswith(PREFIX) for name in os.environ):
        return Settings.model_construct()
    from orchestrator.project.settings_source import SettingsOfVariables

    return SettingsOfVariables()


def _misspelt() -> Iterator[Problem]:
    """An override that nobody reads would let a command go to the database that the file names."""
    for name in os.environ:
        read = name == OF_A_PROGRAM or name.upper().startswith(f"{_OVERRIDES}__")
        if name.upper().startswith(_OVERRIDES.removesuffix("S")) and not read:
            yield Problem("is not a variable that is read", name, f"write {_OVERRIDE}")


def _problem(fault: Any) -> Problem:
    place = [str(part) for part in fault["loc"]]
    name = PREFIX + "__".join(place).upper()
    match fault["type"]:
        case "fault":
            return Problem(fault["ctx"]["what"], name, fault["ctx"]["mend"])
        case "enum":
            return Problem("is not a known format", name, f"one of: {fault['ctx']['expected']}")
        case "extra_forbidden":
            known = Override.model_fields if "databases" in place[2:-1] else EnvironmentOverride.model_fields
            return Problem("is not a variable that is read", name, near(place[-1], known))
        case _ if place[0] == "environments":
            return Problem("is not a variable that is read", name, f"write {_OVERRIDE}")
        case _:
            return Problem("has a value that cannot be used", name, f"unset {name}")
