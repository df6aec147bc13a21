"""A plan in the making: who takes part in it, and what is the same for many targets, worked out once. Pure.

Ten thousand targets are at a few distinct places on a few graphs: those that are at one place share what they get.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from orchestrator.core.pipeline import Environment
from orchestrator.core.plan import LeftOut, Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.core.waves import slices
from orchestrator.core.world import Refusal, World, refuse, twice, unplaced
from orchestrator.errors import Problem, UsageError

_LEAVE_OUT = "leave out what cannot take part: add --skip-unfit"


_Way = tuple[tuple[Step, ...], tuple[str, ...]]
"""The steps from some heads to others, and those others."""


class Draft:
    """A plan in the making: who takes part, and what is the same for many, worked out once.

    `environments` are those looked at, in order, `changing` the targets that are to change where they can. `to` is
    as far as they go, `skip` whether those that cannot take part are left out.
    """

    def __init__(
        self,
        world: World,
        environments: Sequence[Environment],
        changing: Sequence[Target],
        *,
        to: str | None,
        skip: bool,
    ) -> None:
        self.world = world
        self.to = to
        self._environments = environments
        self._changing = changing
        self._skip = skip
        self._out: dict[Target, LeftOut] = {}
        self._wanted: dict[tuple[Graph, frozenset[str] | None], frozenset[str]] = {}
        self._beyond: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}
        self._ways: dict[tuple[Graph, tuple[str, ...], frozenset[str]], _Way] = {}

    def admit(self) -> None:
        """Leave out, or refuse, whoever cannot take part in any plan, and refuse what cannot be left out."""
        looked_at = self._looked_at
        self.without(unplaced(self.world, looked_at), tuple(twice(self.world, looked_at)))
        refuse(self._off_branch())

    def without(self, refusals: Mapping[Target, Refusal], others: Sequence[Refusal] = ()) -> None:
        """Leave these targets out where that was asked for and something is left, and refuse them elsewhere.

        `others` is what is refused in any case.
        """
        way_out = None if others or not refusals else self._way_out(refusals)
        if others or not (self._skip and way_out):
            refuse((*refusals.values(), *others), way_out=None if self._skip else way_out)
        for target, (_, problem) in refusals.items():
            self._out[target] = LeftOut(target, problem.what, problem.mend)
        self._out |= self._cut_off(self._out)

    @property
    def _looked_at(self) -> tuple[Target, ...]:
        return tuple(target for environment in self._environments for target in environment.targets)

    def taking_part(self, environment: Environment) -> list[Target]:
        """The environment's targets that are not left out."""
        return [target for target in environment.targets if target not in self._out]

    def _way_out(self, refusals: Iterable[Target]) -> str | None:
        """How to go on without these targets; None where nothing would be left of an environment."""
        out = {*self._out, *refusals}
        out |= self._cut_off(out).keys()
        emptied = (one for one in self._environments if one.targets and out.issuperset(one.targets))
        return None if any(emptied) else _LEAVE_OUT

    def _cut_off(self, out: Iterable[Target]) -> dict[Target, LeftOut]:
        """Those to which nothing can come, since of their database nothing is left in an earlier environment."""
        gone = set(out)
        ended: dict[str, str] = {}
        cut: dict[Target, LeftOut] = {}
        for environment in self._environments:
            for target in environment.targets:
                if target.database in ended and target not in gone:
                    at = Target(ended[target.database], target.database)
                    cut[target] = LeftOut(target, f"of {at}, where its revisions come from, nothing takes part")
            left = {t.database for t in environment.targets if t not in gone and t not in cut}
            for database in {target.database for target in environment.targets} - left:
                ended.setdefault(database, environment.name)
        return cut

    def _off_branch(self) -> Iterator[Refusal]:
        """Every target, where none of them follows the branch that `to` is on: nothing would ever come of it."""
        known = [target for target in self._changing if target not in self._out]
        if self.to is None or any(self._resolved(target) for target in known):
            return
        what, mend = (
            f"does not follow the branch of {self.to}",
            "add the branch to its branches in environments.yaml",
        )
        for target in known:
            yield UsageError, Problem(what, str(target), mend)

    # --- what is the same for many ---

    def wanted(self, target: Target, held: frozenset[str] | None = None) -> frozenset[str]:
        """The revisions asked for; of these only what is `held` upstream, where that is given."""
        graph = self.world.graphs[target]
        if (graph, held) not in self._wanted:
            found = graph.ancestors(self._resolved(target) if self.to is not None else graph.heads)
            self._wanted[graph, held] = found if held is None else found & held
        return self._wanted[graph, held]

    def beyond(self, revisions: frozenset[str], held: frozenset[str]) -> frozenset[str]:
        """Those of the revisions that upstream does not hold."""
        if (revisions, held) not in self._beyond:
            self._beyond[revisions, held] = revisions - held
        return self._beyond[revisions, held]

    def planned(self, target: Target, held: frozenset[str] | None) -> TargetPlan:
        """What a target gets: all that is wanted and held upstream, and that it lacks."""
        seen = self.world.observations[target]
        key = self.world.graphs[target], seen.heads, self.wanted(target, held)
        if key not in self._ways:
            self._ways[key] = self._way(*key)
        steps, end = self._ways[key]
        return TargetPlan(target, seen.heads, end, steps, seen.identity)

    def _way(self, graph: Graph, heads: tuple[str, ...], wanted: frozenset[str]) -> _Way:
        has = graph.ancestors(heads)
        scripts = [graph.scripts[revision] for revision in graph.order(wanted - has, heads)]
        return tuple(Step(s.revision, s.digest, s.message, s.atomic) for s in scripts), graph.top(has | wanted)

    def _resolved(self, target: Target) -> tuple[str, ...]:
        return self._named[self.world.graphs[target]]

    @cached_property
    def _named(self) -> dict[Graph, tuple[str, ...]]:
        """What `to` means in each graph; the error names a target, since databases may have different scripts."""
        to = self.to if self.to is not None else "heads"
        first = {self.world.graphs[target]: target for target in reversed(self._changing)}
        return {graph: _meant(graph, target, to) for graph, target in first.items()}

    def held_by_all(self, environment: Environment) -> dict[str, frozenset[str]]:
        """What each database of an environment has in all of its targets that take part."""
        return self._common((t.database, self.world.applied(t)) for t in self.taking_part(environment))

    def reached(self, planned: Iterable[TargetPlan]) -> dict[str, frozenset[str]]:
        """What every target of each database will have afterwards."""
        return self._common((p.target.database, self.world.graphs[p.target].ancestors(p.end)) for p in planned)

    def _common(self, sets: Iterable[tuple[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
        common: dict[str, frozenset[str]] = {}
        for database, has in dict.fromkeys(sets):
            common[database] = common.get(database, has) & has
        return common

    @cached_property
    def alone(self) -> bool:
        """Whether all targets follow one graph, so that a revision means the same everywhere."""
        return len(set(self.world.graphs.values())) == 1

    # --- the plan ---

    def plan(self, kind: PlanKind, planned: Sequence[Sequence[TargetPlan]]) -> Plan:
        """The plan of these targets, in the waves that each environment asks for."""
        waves = [wave for targets in planned for wave in self._waves(targets)]
        last: Sequence[TargetPlan] = next((targets for targets in reversed(planned) if targets), ())
        wanted = {self._resolved(plan.target) if self.to else plan.end for plan in last}
        seen = (target for target in self._looked_at if target not in self._out)
        return Plan(
            kind=kind,
            source=self._environments[0].name if kind is PlanKind.PROMOTE else None,
            through=self._environments[-1].name,
            wanted=tuple(sorted({head for heads in wanted for head in heads})),
            waves=tuple(waves),
            seen=tuple((target, self.world.observations[target].heads) for target in seen),
            modes=tuple(sorted(self.world.modes.items())),
            to=self.to,
            left_out=tuple(self._out[target] for target in self._looked_at if target in self._out),
        )

    def _waves(self, planned: Sequence[TargetPlan]) -> Iterator[Wave]:
        if planned:
            by_target = {plan.target: plan for plan in planned}
            policy = self.world.pipeline.environment(planned[0].target.environment).policy
            moving = {plan.target for plan in planned if plan.steps}
            for targets in slices(tuple(by_target), policy, moving):
                yield Wave(tuple(by_target[target] for target in targets))


def _meant(graph: Graph, target: Target, name: str) -> tuple[str, ...]:
    try:
        return graph.resolve(name)
    except UsageError as error:
        raise UsageError(error.what, where=str(target), mend=error.mend) from error
