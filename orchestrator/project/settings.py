"""The process-wide settings: what they are, and what is said where a variable is wrong.

`settings_source` reads them from the variables that begin with ORCHESTRATE_. Messages name the variable, never its
value.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from orchestrator.core.secrets import Secret
from orchestrator.errors import ConfigurationError, Problem
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.wording import near

PREFIX = "ORCHESTRATE_"
_OVERRIDES = f"{PREFIX}ENVIRONMENTS"
_OVERRIDE = f"{_OVERRIDES}__NAME__URL"
OF_A_PROGRAM = "ORCHESTRATE_ENVIRONMENT"
"""What a program that a run begins finds the environment's name in; it may call this command in turn."""
_STRICT = ConfigDict(frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True, defer_build=True)
"""What checks the models is built when a variable is read, which mostly there is none of."""


class OutputFormat(StrEnum):
    """What a command writes to stdout."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    """Each event on a line of its own as it happens, and the document of `json` as the last line."""
    MARKDOWN = "markdown"
    """A page to post as a comment."""


class LogFormat(StrEnum):
    """What log lines look like on stderr; auto is human on a terminal and JSON elsewhere."""

    AUTO = "auto"
    HUMAN = "human"
    JSON = "json"


def _secret(value: Any) -> Any:
    return Secret(value) if isinstance(value, str) else value


def _journal(value: Any) -> Any:
    found = None
    if isinstance(value, str):
        found = url_rules.fault_of(value) or url_rules.journal_fault_of(value)
    if found is not None:
        raise PydanticCustomError("fault", "{what}", {"what": found[0], "mend": found[1]})
    return _secret(value)


SecretUrl = Annotated[Secret, BeforeValidator(_secret)]
JournalUrl = Annotated[Secret, BeforeValidator(_journal)]


class _Override(BaseModel):
    model_config = ConfigDict(**_STRICT, extra="forbid")

    url: SecretUrl | None = None


class EnvironmentOverride(_Override):
    """What variables say of one environment, in place of the file."""

    databases: dict[str, _Override] = {}


class Settings(BaseModel):
    """ORCHESTRATE_CONFIG, ORCHESTRATE_JOURNAL, ORCHESTRATE_FORMAT, ORCHESTRATE_LOG_FORMAT, and
    ORCHESTRATE_ENVIRONMENTS__PROD__URL (or __PROD__DATABASES__BILLING__URL) with `-` written as `_`.
    """

    model_config = ConfigDict(**_STRICT, extra="ignore")

    config: Path = Path("environments.yaml")
    journal: JournalUrl | None = None
    format: OutputFormat = OutputFormat.TEXT
    log_format: LogFormat = LogFormat.AUTO
    environments: dict[str, EnvironmentOverride] = {}


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
            known = _Override.model_fields if "databases" in place[2:-1] else EnvironmentOverride.model_fields
            return Problem("is not a variable that is read", name, near(place[-1], known))
        case _ if place[0] == "environments":
            return Problem("is not a variable that is read", name, f"write {_OVERRIDE}")
        case _:
            return Problem("has a value that cannot be used", name, f"unset {name}")
