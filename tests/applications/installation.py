"""An application in its own virtual environment, made once and kept for later runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.applications.application import Application

_SECONDS = 900


class Installation:
    """The virtual environment of `application` in `folder`; its directory's name follows the packages."""

    def __init__(self, application: Application, folder: Path) -> None:
        wanted = " ".join((sys.version, *application.packages))
        digest = hashlib.sha256(wanted.encode()).hexdigest()[:8]
        self.application = application
        self.place = folder.absolute() / f"{application.name}-{digest}"

    @property
    def python(self) -> Path:
        """The interpreter that has the application."""
        return self.place / "bin" / "python"

    def ensure(self) -> None:
        """Install the application unless it is there.

        Where that is not possible the test fails in CI, so that none is left out, and is skipped elsewhere.
        """
        complete = self.place / "complete"
        if complete.exists():
            return
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", self.place], check=True, capture_output=True)
        install = [str(self.python), "-m", "pip", "install", "--quiet", *self.application.packages]
        done = subprocess.run(install, check=False, capture_output=True, text=True, timeout=_SECONDS)
        if done.returncode:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(
                f"{self.application.name} cannot be installed here: {done.stderr.strip()[-500:]}"
            )
        complete.touch()

    def upgrade(self, url: str, directory: Path) -> None:
        """Bring a database to the newest revision as the application itself does, run in `directory`."""

        def filled(text: str) -> str:
            return text.replace("{url}", url).replace("{directory}", str(directory))

        program, *arguments = map(filled, self.application.own)
        variables = {name: filled(text) for name, text in self.application.own_variables.items()}
        done = subprocess.run(
            [self.place / "bin" / program, *arguments],
            cwd=directory,
            env={**os.environ, **variables},
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{self.application.name}'s own upgrade\n{done.stdout}\n{done.stderr}"
