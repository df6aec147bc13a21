"""How the checks of environments ended last, as the journal has it, against where these stand now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from orchestrator.core.checks import Standing
from orchestrator.core.events import EventKind
from orchestrator.core.gates.evidence import Checked
from orchestrator.core.observations import Observation
from orchestrator.core.status import Unverified
from orchestrator.core.world import World
from orchestrator.journal.journal import Journal


def checked(journal: Journal, environments: Collection[str], seen: Iterable[Observation]) -> dict[str, Checked]:
    """The last end of each of these environments' checks, by name; raises JournalError.

    They stand where their targets were `seen`.
    """
    here: dict[str, list[Observation]] = {name: [] for name in environments}
    for one in seen:
        if one.target.environment in here:
            here[one.target.environment].append(one)
    found: dict[str, Checked] = {}
    for event in journal.latest(EventKind.ENVIRONMENT_VERIFIED, "environment", here):
        body, name = event.body, str(event.body["environment"])
        reason = str(body["reason"]) if body.get("reason") else None
        then, now = Standing.parse(body), Standing.of(here[name])
        found[name] = Checked(name, bool(body["passed"]), event.at, then, now, reason, event.sequence or 0)
    return found


def failed_checks(journal: Journal, world: World) -> Iterator[Unverified]:
    """The environments looked at that have not moved since their checks failed; raises JournalError."""
    asking = {one.name for one in world.pipeline.environments if one.around.verify and one.targets}
    for name, one in checked(journal, asking, world.observations.values()).items():
        if not one.passed and (one.stands or not one.then.state):
            yield Unverified(name, one.at, one.reason or "")
