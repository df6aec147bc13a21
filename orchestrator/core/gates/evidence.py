"""All that is recorded and that gates look at, for one plan. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.arrivals import Arrival
    from orchestrator.core.checks import Standing
    from orchestrator.core.edited import Edited
    from orchestrator.core.gates.decisions import Approval, Veto
    from orchestrator.core.observations import Observation
    from orchestrator.core.preview import Measurements
    from orchestrator.core.run import Run
    from orchestrator.core.targets import Target


@dataclass(frozen=True, slots=True)
class Checked:
    """How an environment's checks ended last, where it stood `then`, and where it stands `now`.

    `sequence` is the journal's of what recorded it, by which it is before or after what runs recorded.
    """

    environment: str
    passed: bool
    at: datetime
    then: Standing
    now: Standing
    reason: str | None = None
    sequence: int = 0

    @property
    def stands(self) -> bool:
        """Whether all of it was asked, and it stands where it stood."""
        return self.then.state == self.now.state and not self.then.replaced(self.now)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What gates look at, for one plan.

    `arrivals` say since when a target has a revision, `seconds` what a script took in an environment, by the
    environment's name and the script's digest. `unrecorded` are those whose arrivals are wanted and that were not
    recorded to stand there. `unfamiliar` is where approvals were counted, if that journal knows no run. `stopped`
    are the runs that can be taken up again and came to a part of the plan's source alone.
    """

    approvals: tuple[Approval, ...] = ()
    unfamiliar: str | None = None
    vetoes: Mapping[str, Veto] = field(default_factory=dict)
    arrivals: Mapping[Target, Mapping[str, Arrival]] = field(default_factory=dict)
    checked: Mapping[str, Checked] = field(default_factory=dict)
    edited: tuple[Edited, ...] = ()
    seconds: Measurements = field(default_factory=dict)
    unrecorded: Sequence[Observation] = ()
    stopped: tuple[Run, ...] = ()

    @property
    def once_recorded(self) -> Evidence:
        """The same when what was unrecorded has been recorded: it counts from then."""
        arrivals = {
            target: {name: replace(one, recorded=True) for name, one in known.items()}
            for target, known in self.arrivals.items()
        }
        return replace(self, arrivals=arrivals, unrecorded=()) if self.unrecorded else self


NO_EVIDENCE = Evidence()
"""Where nothing is recorded, or nothing of it was asked for."""
