"""What an application is here: what is installed, how its env.py is reached, its own upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SQLITE = {"sqlite": "sqlite"}
POSTGRESQL = {"postgresql": "postgresql+psycopg2"}
MYSQL = {"mysql": "mysql+pymysql"}


@dataclass(frozen=True, slots=True)
class Application:
    """One application as its users have it.

    `packages` are what pip installs into its own virtual environment; the versions are those that were tried.
    `drivers` names for each database family the driver in the URL. `project` are the keys of `projects.app`,
    `environment` those of each environment. `files` are written beside environments.yaml. `own` is its own
    upgrade to the newest revision: a program of the virtual environment with its arguments, run with
    `own_variables`; both may hold `{url}`.
    """

    name: str
    packages: tuple[str, ...]
    drivers: Mapping[str, str]
    own: tuple[str, ...]
    own_variables: Mapping[str, str] = field(default_factory=dict)
    project: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
