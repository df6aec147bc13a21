"""Builds Alembic's Config for one request, as Alembic's own command would for the same project.

Everything of the ini file that the request overrides is set here, and nothing else: no revision is read, no file
of the project is run.
"""

from __future__ import annotations

import inspect
from argparse import Namespace
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def build(request: dict[str, Any]) -> Config:
    """The project's configuration as `alembic -c FILE -n SECTION -x … upgrade heads` would make it.

    A `%` is doubled in every value: Alembic interpolates what it reads, in what was set here too.
    """
    path = Path(request["config"])
    options = Namespace(
        config=str(path),
        name=request["section"],
        x=list(request["x_arguments"]) or None,
        raiseerr=False,
        quiet=False,
        revision="heads",
        sql=False,
        tag=None,
        cmd=(command.upgrade, ["revision"], ["sql", "tag"]),
    )
    arguments: dict[str, Any] = {"ini_section": request["section"], "cmd_opts": options}
    # The file that was not named is the one in the working directory, as for Alembic's own command.
    ini = Path("alembic.ini").absolute() if path.name == "pyproject.toml" else path
    pyproject = path if path.name == "pyproject.toml" else Path("pyproject.toml").absolute()
    if "toml_file" in inspect.signature(Config.__init__).parameters and pyproject.exists():
        arguments["toml_file"] = str(pyproject)
    config = Config(str(ini) if ini.exists() else None, **arguments)
    if (location := request["script_location"] or _beside(config, path)) is not None:
        config.set_main_option("script_location", location.replace("%", "%%"))
    for section, name, value in [(None, "sqlalchemy.url", request["url"]), *request["inject"]["options"]]:
        config.set_section_option(section or request["section"], name, value.replace("%", "%%"))
    config.attributes.update(request["inject"]["attributes"])
    return config


def script_directory(config: Config, request: dict[str, Any]) -> ScriptDirectory:
    """The project's scripts, from the request's version locations where it names some.

    They are set as an attribute: an option would be split, by separators that differ between Alembic's versions.
    """
    scripts = ScriptDirectory.from_config(config)
    if request["version_locations"]:
        scripts.version_locations = list(request["version_locations"])
    return scripts


def _beside(config: Config, path: Path) -> str | None:
    """The directory of the file, where it names no script_location and env.py stands beside it (Flask-Migrate)."""
    option = getattr(config, "get_alembic_option", config.get_main_option)("script_location")
    return str(path.parent) if option is None and (path.parent / "env.py").is_file() else None
