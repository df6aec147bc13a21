"""Which tenants there are now: a query is asked, a program is run, and the configuration has them as targets."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from orchestrator.core.targets import Target
from orchestrator.core.tenants import Tenant
from orchestrator.errors import ConfigurationError, OrchestrateError, Problem, UnavailableError
from orchestrator.project.configuration import Configuration
from orchestrator.project.environments_file.tenants import (
    Entry,
    Tenancy,
    entries_of_lines,
    entries_of_rows,
    read,
)

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Answer:
    """The tenants that one source told of, and what is wrong with it. `silent`: it could not be asked."""

    tenants: tuple[Tenant, ...] = ()
    problems: tuple[Problem, ...] = ()
    silent: bool = False


def expanded(configuration: Configuration, environments: Iterable[str] | None = None) -> Configuration:
    """The configuration with every tenant of the named environments, or of all, as a target of its own.

    Only what is not known yet is asked for, all of it at once. Raises UsageError for an unknown environment,
    UnavailableError with every problem where a source could not be asked, else ConfigurationError where what one
    told is no list of tenants.
    """
    pending = configuration.tenancies(environments)
    if not pending:
        return configuration
    with ThreadPoolExecutor(min(_AT_ONCE, len(pending))) as pool:
        answers = list(pool.map(lambda one: _answer(configuration, *one), pending.items()))
    problems = dict.fromkeys(problem for answer in answers for problem in answer.problems)
    if problems:
        kind = UnavailableError if any(answer.silent for answer in answers) else ConfigurationError
        raise kind.collect(problems, "{n} problems with the tenants")
    found = zip(pending, (answer.tenants for answer in answers), strict=True)
    return configuration.with_tenants(dict(found))


def _answer(configuration: Configuration, target: Target, tenancy: Tenancy) -> _Answer:
    try:
        entries = _entries(configuration, target, tenancy)
    except (ConfigurationError, UnavailableError) as error:
        return _Answer(problems=_named(error, target, tenancy), silent=isinstance(error, UnavailableError))
    word = "row" if tenancy.query is not None else "line"
    tenants, faults = read(entries, tenancy.kind, lambda at: (f"{tenancy.name}: {word} {at + 1}", tenancy.where))
    if faults:
        return _Answer(problems=faults)
    chosen, faults = tenancy.chosen(tenants)
    return _Answer(chosen, faults)


def _entries(configuration: Configuration, target: Target, tenancy: Tenancy) -> Iterable[Entry]:
    if tenancy.query is None:
        return entries_of_lines(configuration.told(target).split("\n"))
    from orchestrator.databases.rows import ask  # a driver is loaded for it

    found = ask(configuration.source(target), tenancy.query)
    return entries_of_rows(found.columns, found.rows)


def _named(error: OrchestrateError, target: Target, tenancy: Tenancy) -> tuple[Problem, ...]:
    """The error's problems, each with what it keeps from being known, and where the file says so."""
    problems = error.problems or (Problem(error.what, error.where, error.mend),)
    return tuple(
        Problem(f"{tenancy.name}: {problem.what}", tenancy.where, problem.mend)
        if problem.where in (None, str(target))
        else problem
        for problem in problems
    )
