"""The verb `init`: a first environments.yaml that works, made from what the project itself says.

Its env.py is run, with a marker in place of a database, to find out how a URL reaches it; nothing is connected to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.injection_search import Found
from orchestrator.core.project_diagnosis import why
from orchestrator.core.secrets import Secret
from orchestrator.core.suggestion import of_way, to_yaml
from orchestrator.core.targets import DEFAULT_DATABASE, Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import ConfigurationError, RefusedError
from orchestrator.operations.examination import examine
from orchestrator.project import application, beginning
from orchestrator.project.configuration import AlembicProject, Transactions
from orchestrator.project.revision_scripts.alembic_config import read_config

_HEAD = """\
# The databases of this application, in the order of promotion.
# orchestrate status shows where they stand; orchestrate schema prints the JSON Schema of this file for editors.
# {how}.
version: 1
"""
_PROTECTED = "    protected: true          # changed only with --confirm prod, or its name typed at the prompt\n"
ENVIRONMENTS = ("dev", "test", "staging", "prod")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the configuration it is for, how env.py is reached, None for not, and in a sentence."""

    config: Path
    way: str | None
    how: str
    others: tuple[str, ...] = ()


def init(config: Path | None, output: Path) -> Written:
    """Write `output` for the Alembic project at `config`, or for the one that is found below this directory.

    An existing file is never replaced: RefusedError. Raises ConfigurationError where the project is not usable.
    """
    if output.exists():
        raise RefusedError(f"{output} exists already", mend="look at it, or name another: --output FILE")
    start = beginning.find(config, Path.cwd())
    root = output.absolute().parent
    project = _project(start, root)
    read = read_config(project)
    found, engines = _found(project, root, beginning.markers(start, read.script_location, project.python))
    how = _how(found)
    top = {**_projects(start, found, root), **_defaults(read.script_location)}
    text = _HEAD.format(how=how) + to_yaml(top) + "environments:\n"
    try:
        output.write_text(text + "".join(_environments(start, engines)))
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror}", where=str(output)) from error
    way = found.way if found is not None else None
    if found is not None and way is None:
        how = f"{how}: {why(found.trial)}"  # not in the file: env.py may say anything, a password too
    return Written(start.config, str(way) if way else None, how, start.others)


def _project(start: beginning.Beginning, root: Path) -> AlembicProject:
    config = start.config.absolute()
    python = beginning.python(root)
    return AlembicProject(
        name=DEFAULT_DATABASE,
        config=config,
        section=start.section,
        python=str(root / python) if python else sys.executable,
        working_directory=config.parent,
        transactions=Transactions.PER_REVISION,
    )


def _found(project: AlembicProject, root: Path, markers: Iterator[str]) -> tuple[Found | None, tuple[str, ...]]:
    """The way to env.py, looked for with one kind of database after the other, and the engines that it lists."""
    first: Found | None = None
    engines: tuple[str, ...] = ()
    for url in markers:
        target = Target("dev", engines[0] if engines else DEFAULT_DATABASE)
        facts = examine(project, root, Endpoint(target, Secret(url), project.name)).facts
        engines = facts.engines
        if facts.found is not None and facts.found.way is not None:
            return facts.found, engines
        first = first or facts.found
    return first, engines


def _how(found: Found | None) -> str:
    if found is None:
        return "How env.py is reached could not be tried; orchestrate doctor says why"
    if found.way is None:
        return "env.py is not reached, whatever it is given; orchestrate doctor says why"
    return f"env.py is reached by {found.way}, as a trial of it showed; orchestrate doctor looks again"


def _defaults(script_location: Path) -> Mapping[str, Any]:
    keys = application.version_table(script_location)
    return {"defaults": keys} if keys else {}


def _projects(start: beginning.Beginning, found: Found | None, root: Path) -> Mapping[str, Any]:
    """`projects`, with what differs from what goes without saying."""
    config = start.config.absolute()
    shown = str(config.relative_to(root)) if config.is_relative_to(root) else str(config)
    keys: dict[str, Any] = {
        "config": shown if shown != "alembic.ini" else None,
        "section": start.section if start.section != "alembic" else None,
        "python": beginning.python(root),
        **(of_way(found.way) if found is not None and found.way is not None else {}),
    }
    own = {key: value for key, value in keys.items() if value}
    return {"projects": {DEFAULT_DATABASE: own}} if own else {}


def _environments(start: beginning.Beginning, engines: tuple[str, ...]) -> Iterator[str]:
    for name in ENVIRONMENTS:
        yield f"  {name}:\n"
        if engines:
            yield "    databases:\n"
        for engine in engines:
            variable = f"{name}_{engine}_DATABASE_URL".upper().replace("-", "_")
            yield f'      {engine}: {{url: "${{{variable}}}"}}\n'
        if not engines:
            url = start.url if name == "dev" and start.url else f"${{{name.upper()}_DATABASE_URL}}"
            yield f'    url: "{url}"\n'
        if name == "prod":
            yield _PROTECTED
