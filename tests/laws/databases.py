"""Random states of databases on a random graph: what a database can be at, and worlds of several of them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.core.world import World

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ENVIRONMENTS = ("dev", "test", "prod")


@st.composite
def heads(draw: st.DrawFn, graph: Graph, within: frozenset[str] | None = None) -> tuple[str, ...]:
    """The rows that Alembic would leave in a database with some of the graph's revisions, or of `within`."""
    among = sorted(graph.scripts if within is None else within)
    chosen = draw(st.sets(st.sampled_from(among))) if among else set()
    return graph.top(graph.ancestors(chosen))


def seen(target: Target, rows: tuple[str, ...], identity: str | None = None) -> Observation:
    """The observation of a database with these rows."""
    return Observation(
        target, Reading.VERSIONED, NOW, rows, "postgresql", identity=identity or str(target), instance=str(target)
    )


def world(graph: Graph, rows: dict[Target, tuple[str, ...]]) -> World:
    """A world of these targets, in environments in order of appearance."""
    names = dict.fromkeys(target.environment for target in rows)
    environments = tuple(Environment(name, tuple(t for t in rows if t.environment == name)) for name in names)
    return World(
        Pipeline(environments),
        dict.fromkeys(rows, graph),
        {target: seen(target, at) for target, at in rows.items()},
        modes={"app": "per_revision"},
    )


@st.composite
def promotable(draw: st.DrawFn, graph: Graph) -> World:
    """Two environments with two databases and two tenants each, where nothing downstream is ahead of upstream."""
    rows: dict[Target, tuple[str, ...]] = {}
    for database in ("app", "billing"):
        tenants = ("one", "two") if database == "billing" else (None,)
        upstream = {Target("dev", database, tenant): draw(heads(graph)) for tenant in tenants}
        common = frozenset.intersection(*(graph.ancestors(at) for at in upstream.values()))
        rows |= upstream
        rows |= {Target("test", database, tenant): draw(heads(graph, common)) for tenant in tenants}
    return world(graph, dict(sorted(rows.items(), key=lambda item: item[0].environment)))


@st.composite
def pipelines(draw: st.DrawFn, graph: Graph) -> World:
    """Three environments at random places, none with what the scripts lack: a rollout takes all of them along."""
    return world(graph, {Target(name): draw(heads(graph)) for name in ENVIRONMENTS})
