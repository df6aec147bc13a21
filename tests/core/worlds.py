"""Graphs, observations and worlds in a line each, for tests of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.revisions import Graph
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target
from orchestrator.core.world import World

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

Seen = str | None | Reading
"""Heads with spaces between; None or "" for base; a Reading for a database whose heads cannot be told."""


def script(line: str) -> Script:
    """A script from `id parent parent ~dependency #label`."""
    revision, *rest = line.split()
    return Script(
        revision=revision,
        down_revisions=tuple(word for word in rest if word[0] not in "~#"),
        depends_on=tuple(word[1:] for word in rest if word[0] == "~"),
        branch_labels=tuple(word[1:] for word in rest if word[0] == "#"),
        path=f"versions/{revision}.py",
        message=f"Make {revision}",
        digest=f"digest of {revision}",
    )


def scripts(text: str) -> tuple[Script, ...]:
    """Scripts from lines, or from parts between semicolons."""
    return tuple(script(line) for line in text.replace(";", "\n").splitlines() if line.strip())


def graph(text: str) -> Graph:
    """The graph of `scripts(text)`."""
    return Graph(scripts(text))


def observation(target: Target | str, seen: Seen = None, *, family: str = "postgresql") -> Observation:
    """What a probe saw of a target."""
    at = Target.parse(target) if isinstance(target, str) else target
    reading = seen if isinstance(seen, Reading) else Reading.VERSIONED
    heads = tuple(sorted((seen or "").split())) if not isinstance(seen, Reading) else ()
    of_it = {"identity": f"identity of {at}", "instance": f"instance of {at}"}
    return Observation(at, reading, NOW, heads, family, **of_it, version_table='"a"."alembic_version"')


def world(
    revisions: Graph,
    seen: Mapping[str, Seen],
    *,
    protected: Sequence[str] = (),
    doubts: Mapping[str, str] | None = None,
    twins: Mapping[str, str] | None = None,
) -> World:
    """A world in which each target, as it is written, was seen as said; environments in order of appearance."""
    observations = {Target.parse(name): observation(name, heads) for name, heads in seen.items()}
    for name, other in (twins or {}).items():
        one = observations[Target.parse(name)]
        observations[one.target] = Observation(
            one.target, one.reading, NOW, one.heads, one.family, instance=f"instance of {other}"
        )
    names = dict.fromkeys(target.environment for target in observations)
    return World(
        pipeline=Pipeline(
            tuple(
                Environment(name, tuple(t for t in observations if t.environment == name), name in protected)
                for name in names
            )
        ),
        graphs=dict.fromkeys(observations, revisions),
        observations=observations,
        doubts={Target.parse(name): doubt for name, doubt in (doubts or {}).items()},
        modes={"app": "per_revision"},
    )
