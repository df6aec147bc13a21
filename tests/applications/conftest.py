"""The applications, installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.applications.application import Application
from tests.applications.installation import Installation

_FOLDER = os.environ.get("ORCHESTRATE_APPLICATIONS")


@pytest.fixture
def install(request: pytest.FixtureRequest) -> Callable[[Application], Installation]:
    """Installs an application; it is kept in ORCHESTRATE_APPLICATIONS, or with pytest's cache."""

    def ensure(application: Application) -> Installation:
        installation = Installation(application, Path(_FOLDER or request.config.cache.mkdir("applications")))
        installation.ensure()
        return installation

    return ensure
