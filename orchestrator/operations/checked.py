"""How the checks of environments ended last, as the journal has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from orchestrator.core.checks import state_of
from orchestrator.core.events import EventKind
from orchestrator.core.gates.evidence import Checked
from orchestrator.core.status import Unverified
from orchestrator.core.world import World
from orchestrator.journal.journal import Journal


def checked(journal: Journal, environments: Collection[str]) -> dict[str, Checked]:
    """The last end of each of these environments' checks, by name; raises JournalError."""
    if not environments:
        return {}
    found: dict[str, Checked] = {}
    for event in journal.of_kinds(EventKind.ENVIRONMENT_VERIFIED):
        body = event.body
        if (name := str(body["environment"])) in environments:
            reason = str(body["reason"]) if body.get("reason") else None
            found[name] = Checked(name, bool(body["passed"]), event.at, str(body["state"]), reason)
    return found


def failed_checks(journal: Journal, world: World) -> Iterator[Unverified]:
    """The environments looked at that have not moved since their checks failed; raises JournalError."""
    asking = {one.name for one in world.pipeline.environments if one.around.verify and one.targets}
    if not asking:
        return
    for name, one in checked(journal, asking).items():
        here = [(target, seen.heads) for target, seen in world.observations.items() if target.environment == name]
        if not one.passed and one.state in ("", state_of(here)):
            yield Unverified(name, one.at, one.reason or "")
