"""The verb `doctor`: everything that could stand in the way of a promotion, found out without changing anything.

env.py is run: with a marker in place of a database, and on each target that answers, with sessions that only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from orchestrator.core.diagnosis import TargetFacts, of_target
from orchestrator.core.divergence import stand
from orchestrator.core.findings import Finding, Topic, faults
from orchestrator.core.observations import Observation, Reading
from orchestrator.core.project_diagnosis import of_engine, of_project
from orchestrator.core.reports import DoctorReport, Examined
from orchestrator.core.selection import Selection
from orchestrator.core.suggestion import suggestion
from orchestrator.core.targets import Target
from orchestrator.core.trial import Trial
from orchestrator.core.world import refusal
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.inspection import inspect
from orchestrator.databases.locks import proof
from orchestrator.databases.probe import probe_all
from orchestrator.errors import OrchestrateError
from orchestrator.operations.examination import Examination, examine, tried
from orchestrator.operations.selected import selected_now
from orchestrator.operations.survey import Clock
from orchestrator.project.configuration import Configuration

NOTICE = "env.py is run, with sessions that only read, and stopped before any migration"
_AT_ONCE = 4
"""Trials that run at a time; each is a Python that loads an application."""


def doctor(configuration: Configuration, selection: Selection, now: Clock) -> DoctorReport:
    """Examine the targets selected. Changes nothing and creates no file; raises UsageError and ConfigurationError.

    A database that does not answer, a project that cannot be run, an env.py that is not reached: all are findings.
    """
    configuration = selected_now(configuration, selection, now)
    endpoints = configuration.endpoints()
    observations = probe_all(endpoints.values(), now)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        projects = _examined(configuration, endpoints, pool)

        def look(target: Target) -> TargetFacts:
            examination = projects[configuration.project_of(target).name]
            return _looked_at(configuration, endpoints[target], observations[target], examination)

        seen = list(pool.map(look, endpoints))
    own = {name: tuple(of_project(examination.facts)) for name, examination in projects.items()}
    targets = tuple(
        _told(endpoints[facts.target], facts, own, projects[configuration.project_of(facts.target).name])
        for facts in seen
    )
    return DoctorReport(targets, suggestion([one.facts for one in projects.values()], seen))


def _examined(
    configuration: Configuration, endpoints: Mapping[Target, Endpoint], pool: ThreadPoolExecutor
) -> dict[str, Examination]:
    """Each project examined once, with the first of its targets to stand for all."""
    first = {configuration.project_of(target).name: target for target in reversed(list(endpoints))}
    named = {name: (configuration.projects[name], configuration.root, endpoints[first[name]]) for name in first}
    return dict(zip(named, pool.map(lambda given: examine(*given), named.values()), strict=True))


def _looked_at(
    configuration: Configuration, endpoint: Endpoint, observation: Observation, examination: Examination
) -> TargetFacts:
    target = endpoint.target
    facts = TargetFacts(
        target,
        observation,
        endpoint.version_table,
        endpoint.version_table_schema,
        require_tls=endpoint.require_tls,
        schema=endpoint.schema,
        search_path=endpoint.search_path,
    )
    if observation.reading in (Reading.UNREACHABLE, Reading.DENIED):
        return facts
    if examination.graph is not None:
        labels = configuration.branches_of(target).labels
        standing = stand(examination.graph.only(labels) if labels else examination.graph, observation)
        facts = replace(facts, state=standing.state, unplaced=refusal(observation, standing))
    try:
        facts = replace(facts, inspection=inspect(endpoint, observation.schema))
        return replace(facts, trial=_proved(endpoint, examination, facts))
    except OrchestrateError as error:
        return replace(facts, faults=faults(Topic.SERVER, error))


def _proved(endpoint: Endpoint, examination: Examination, facts: TargetFacts) -> Trial | None:
    """env.py tried on the target itself; None where no way to it is known, or no lock would prove anything."""
    found = examination.facts.found
    if found is None or found.way is None or (facts.inspection and facts.inspection.pooler):
        return None
    with proof(endpoint) as guard:
        return tried(examination.project, endpoint, guard)


def _told(
    endpoint: Endpoint, facts: TargetFacts, own: Mapping[str, tuple[Finding, ...]], examination: Examination
) -> Examined:
    project = examination.facts
    way = project.found.way if project.found is not None else None
    findings = (*own[project.name], *of_engine(project, facts.target.database), *of_target(facts))
    also = " or variables" if endpoint.variables else ""  # which of the two, no trial of the whole can tell
    named = None if way is None else f"{way}{also if way == project.given else ''}"
    return Examined(facts.target, findings, facts.observation.server, named)
