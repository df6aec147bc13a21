"""Facts about a project and how its env.py was tried → findings, each with its mend. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.findings import Finding, Topic, ok, problem
from orchestrator.core.injection_search import Candidate, Found
from orchestrator.core.trial import Trial

_OLDEST = {"python": ("Python", (3, 9)), "alembic": ("Alembic", (1, 8)), "sqlalchemy": ("SQLAlchemy", (1, 4))}
_NO_ALEMBIC = "no_alembic"
_LACKING = re.compile(r"KeyError: '(\w+)'")
_LONGEST = 200
"""Characters of what env.py raised or printed that are told."""


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """One project. `given` is the way to env.py that environments.yaml says; `found` what a search came to.

    `found` is None where the project cannot be run at all; `faults` then say why. `config` and `python` are
    as a person would write them, `engines` the databases that a multidb configuration lists.
    """

    name: str
    config: str
    python: str
    given: Candidate
    revisions: int = 0
    heads: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    found: Found | None = None
    faults: tuple[Finding, ...] = ()


def of_project(facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about a project that is the same for all its targets."""
    yield from facts.faults
    told = {fault.topic for fault in facts.faults}
    if Topic.CONFIG not in told:
        yield ok(Topic.CONFIG, facts.config)
        if Topic.SCRIPTS not in told:
            yield ok(Topic.SCRIPTS, _scripts(facts))
    if facts.found is not None:
        yield from _interpreter(facts, facts.found.trial)
        if not _cannot_run(facts.found.trial):
            yield from _injection(facts, facts.found)


def _scripts(facts: ProjectFacts) -> str:
    if not facts.revisions:
        return "no revisions yet"
    heads = f"head{'s' if len(facts.heads) > 1 else ''} {', '.join(facts.heads)}"
    return f"{facts.revisions} revision{'s' if facts.revisions > 1 else ''}, {heads}"


def of_engine(facts: ProjectFacts, database: str) -> Iterator[Finding]:
    """That a multidb configuration does not list a target's database, so that env.py would do nothing for it."""
    if facts.engines and database not in facts.engines:
        listed = ", ".join(facts.engines)
        mend = f"name the databases of each environment so: databases: {{{facts.engines[0]}: {{url: …}}, …}}"
        yield problem(Topic.INJECTION, f"{facts.config} lists the databases {listed}, and not {database}", mend)


def why(trial: Trial) -> str:
    """Why a trial did not reach the target, in a sentence."""
    elsewhere = [attempt.where for attempt in trial.connections if not attempt.reached]
    if elsewhere:
        return f"env.py connects to {elsewhere[-1]}"
    if trial.failure is None:
        return "env.py ends without connecting to a database"
    message = _line(trial.failure.message)
    place = f" ({trial.failure.where})" if trial.failure.where else ""
    if place or not trial.output:
        return f"{message}{place}"
    return f"{message}; the last it printed: {_line(trial.output[-1])}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _cannot_run(trial: Trial) -> bool:
    return trial.failure is not None and trial.failure.code == _NO_ALEMBIC


def _interpreter(facts: ProjectFacts, trial: Trial) -> Iterator[Finding]:
    if trial.failure is not None and _cannot_run(trial):
        mend = f"install it there, or name the project's Python: projects.{facts.name}.python"
        yield problem(Topic.INTERPRETER, trial.failure.message, mend)
        return
    ran = [(name, least, trial.ran_on[key]) for key, (name, least) in _OLDEST.items() if key in trial.ran_on]
    for name, least, version in ran:
        if _numbers(version) < least:
            what = f"{name} {version} of {facts.python} is too old: {'.'.join(map(str, least))} is needed"
            yield problem(Topic.INTERPRETER, what, f"update it, or name another: projects.{facts.name}.python")
    if ran:
        yield ok(Topic.INTERPRETER, ", ".join(f"{name} {version}" for name, _, version in ran))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _injection(facts: ProjectFacts, found: Found) -> Iterator[Finding]:
    if found.way is None:
        fails = found.trial.failure is not None and not found.trial.connections
        what = f"env.py {'fails' if fails else 'is not reached'}, whatever it is given: {why(found.trial)}"
        yield problem(Topic.INJECTION, what, _mend(facts, found.trial))
    elif found.way != facts.given:
        what = f"env.py is not reached by {facts.given}, but by {found.way}"
        yield problem(Topic.INJECTION, what, "add the suggested lines to environments.yaml")
    else:
        yield ok(Topic.INJECTION, f"env.py is reached by {found.way}")


def _mend(facts: ProjectFacts, trial: Trial) -> str:
    message = trial.failure.message if trial.failure is not None else ""
    inject = f"projects.{facts.name}.inject"
    if "async driver" in message:
        return "name an asynchronous driver in the url: postgresql+asyncpg, mysql+aiomysql, sqlite+aiosqlite"
    if "application context" in message:
        return f'name the Flask app: projects.{facts.name}.flask_app: "MODULE:create_app" in environments.yaml'
    if "No module named" in message:
        return f"install it for {facts.python}, or name the project's Python: projects.{facts.name}.python"
    lacking = match[1] if (match := _LACKING.search(message)) else ""
    if lacking in trial.read.x_arguments:
        return f"give it one: x_arguments: [{lacking}=…], of each environment or of defaults in environments.yaml"
    if lacking in trial.read.attributes:
        return f"give it one: attributes: {{{lacking}: …}}, of {inject} in environments.yaml; or write a hook"
    if lacking in trial.read.variables:
        return f"give it one: variables: {{{lacking}: …}}, of each environment or of defaults in environments.yaml"
    asked = ", ".join([f"-x {name}" for name in trial.read.x_arguments] + [*trial.read.attributes])
    asked = f" (it asks for {asked})" if asked else ""
    return (
        f"give env.py what it asks for{asked} with {inject}, with `variables`, or with projects.{facts.name}.hook"
    )
