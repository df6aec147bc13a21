"""What a selection leaves of a promotion's destination and of a rollout's environments. Nothing is looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.selection import NOTHING_TYPED, Selection, choose, environments
from orchestrator.core.targets import Target
from orchestrator.errors import Problem, UsageError
from orchestrator.project.configuration import Configuration


def refuse_part(source: str, typed: str) -> None:
    """Raise UsageError for a promotion's source that is a part of an environment; `typed` is its destination."""
    environment = source.partition("@")[0].partition("/")[0]
    if environment != source:
        what = f"a promotion's source is a whole environment, {environment}: what all of it has is promoted"
        raise UsageError(what, mend=f"orchestrate promote {environment} {typed}")


def destination(configuration: Configuration, typed: str) -> str:
    """The one environment that a promotion's destination lies in; UsageError for none, or for several."""
    found = environments(Selection((typed,)), configuration.pipeline.names, str(configuration.path))
    if len(found) > 1:
        what = f"a promotion has one destination, and {typed} is {' and '.join(found)}"
        raise UsageError(what, mend="orchestrate promote SOURCE DESTINATION")
    return found[0]


def of_promotion(configuration: Configuration, through: str, selection: Selection) -> Configuration:
    """With the targets selected of the destination; what is promoted is always what all of the source have."""
    pipeline = configuration.pipeline
    chosen = choose(selection, Pipeline((pipeline.environment(through),)), configuration.labels_of)
    others = (target for target in pipeline.targets if target.environment != through)
    return configuration.narrowed([*others, *chosen])


def of_rollout(configuration: Configuration, names: Sequence[str], selection: Selection) -> Configuration:
    """With the targets selected of the environments that have tenants; the others stay whole.

    Raises UsageError where there is no tenant to select, and where an environment would be passed by: none of its
    tenants is selected, and some of the same database in a later one are.
    """
    if selection.of_targets == NOTHING_TYPED:
        return configuration
    asked = [environment for environment in configuration.pipeline.environments if environment.name in names]
    tenanted = [environment for environment in asked if any(target.tenant for target in environment.targets)]
    if not tenanted:
        what = f"a rollout is narrowed to tenants, and no environment up to {names[-1]} has any"
        raise UsageError(what, mend=f"orchestrate promote SOURCE DESTINATION{selection.options}")
    chosen = set(choose(selection, Pipeline(tuple(tenanted)), configuration.labels_of))
    if problems := list(_passed_by(tenanted, chosen, selection)):
        raise UsageError.collect(problems, "{n} environments would be passed by")
    whole = (target for environment in asked if environment not in tenanted for target in environment.targets)
    return configuration.narrowed([*whole, *chosen])


def _passed_by(
    tenanted: Sequence[Environment], chosen: Collection[Target], selection: Selection
) -> Iterator[Problem]:
    """Each environment with nothing of a database selected that a later one has something of."""
    of_later: dict[str, str] = {}
    for environment in reversed(tenanted):
        here = {target.database for target in environment.targets if target in chosen}
        for database in {target.database for target in environment.targets} - here:
            if (later := of_later.get(database)) is not None:
                what = f"nothing of {environment.name} is selected, and {later} would get what was never there"
                mend = f"orchestrate promote {environment.name} {later}{selection.options}"
                yield Problem(what, f"{environment.name}/{database}", mend)
        of_later |= dict.fromkeys(here, environment.name)
