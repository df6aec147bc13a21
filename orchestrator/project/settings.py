"""The process-wide settings: what they are. `settings_reader` reads them from variables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from orchestrator.core.secrets import Secret
from orchestrator.project.environments_file import url_rules

PREFIX = "ORCHESTRATE_"
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


class Override(BaseModel):
    """What variables say of one database, in place of the file."""

    model_config = ConfigDict(**_STRICT, extra="forbid")

    url: SecretUrl | None = None


class EnvironmentOverride(Override):
    """What variables say of one environment, in place of the file."""

    databases: dict[str, Override] = {}


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
