"""From what was typed to a configuration of exactly these targets, with the tenants that there are now.

Only of the environments that are asked for are the tenants asked for; the operations need not know of a selection.
"""

from __future__ import annotations

from orchestrator.core.divergence import State, stand
from orchestrator.core.plan import Plan
from orchestrator.core.selection import Selection, choose, environments, one
from orchestrator.core.targets import Target
from orchestrator.operations import tenants
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project.configuration import Configuration


def asked(configuration: Configuration, selection: Selection) -> Configuration:
    """Every target of the environments that the selection names, and none of others.

    Raises UsageError for an environment that there is not, and what asking for the tenants raises.
    """
    names = environments(selection, configuration.pipeline.names, str(configuration.path))
    whole = tenants.expanded(configuration, names)
    return whole.narrowed([target for name in names for target in whole.environment(name).targets])


def selected(configuration: Configuration, selection: Selection) -> Configuration:
    """The targets chosen and no others, whether or not they lack something; raises as `asked`, and UsageError."""
    whole = asked(configuration, selection)
    return whole.narrowed(choose(selection, whole.pipeline, whole.labels_of))


def selected_now(configuration: Configuration, selection: Selection, now: Clock) -> Configuration:
    """As `selected`; with `behind` the databases are looked at first. Raises what the survey raises too."""
    chosen = selected(configuration, selection)
    return chosen.narrowed(lacking(survey(chosen, None, now))) if selection.behind else chosen


def lacking(seen: Survey) -> list[Target]:
    """The targets that are not known to have every revision of the scripts."""
    world = seen.world
    states = ((target, stand(world.graphs[target], found).state) for target, found in world.observations.items())
    return [target for target, state in states if state is not State.AT_HEAD or target in seen.doubts]


def one_target(configuration: Configuration, name: str) -> tuple[Configuration, Target]:
    """The target that a name means, and the configuration that has it and no other.

    Raises UsageError where the name means none or several, and what asking for the tenants raises.
    """
    whole = asked(configuration, Selection((name,)))
    target = one(name, whole.pipeline.targets)
    return whole.narrowed([target]), target


def of_plan(configuration: Configuration, plan: Plan) -> Configuration:
    """The targets of a plan and no others, as far as they are still there: what a resumed run is about.

    Environments of the plan that are not in the file any more are passed over: who needs them finds them missing.
    """
    wanted = {planned.target for planned in plan.targets}
    asked = {target.environment for target in wanted}.intersection(configuration.pipeline.names)
    return (tenants.expanded(configuration, asked) if asked else configuration).narrowed(wanted)
