"""What `status` found, as values: each target against the scripts and against the environment before it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.core.divergence import Divergence, Relation, State
from orchestrator.core.edited import Edited
from orchestrator.core.failure import Failure
from orchestrator.core.gates.decisions import Veto, Waiver
from orchestrator.core.plan import PlanKind
from orchestrator.core.run import Lost, Run
from orchestrator.core.selection import NOTHING_TYPED, Selection
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, most_severe

if TYPE_CHECKING:  # what `status` seldom finds
    from orchestrator.core.doubt import Doubt
    from orchestrator.core.locks import Leftover
    from orchestrator.core.sealed import Sealed


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """One target against the scripts. `holder` drives it now; `last_run` is the latest that touched it.

    `doubt` is what is known of the step in doubt there, `lost` what a run did there and is gone.
    `encrypted` is as it was reached. `leftover` works there without a driver. `last_failure` is why the latest run
    failed there, `transactional` whether the database undoes a failed revision; None where it was not read.
    `elsewhere` says that the latest run knew the target as another database.
    """

    target: Target
    state: State
    heads: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    failure: Failure | None = None
    holder: str | None = None
    last_run: Run | None = None
    doubt: Doubt | None = None
    lost: Lost | None = None
    encrypted: bool | None = None
    leftover: Leftover | None = None
    last_failure: str | None = None
    transactional: bool | None = None
    elsewhere: bool = False

    @property
    def unproven(self) -> bool:
        """Whether a revision may be half applied of which nothing is known: the journal was begun anew."""
        baseline = self.last_run is not None and self.last_run.plan.kind is PlanKind.BASELINE
        return baseline and self.transactional is False


@dataclass(frozen=True, slots=True)
class Pair:
    """A downstream target against its upstream; without tenants each environment has one per database."""

    upstream: Target
    downstream: Target
    divergence: Divergence


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that can be taken up again, and the targets of its plan that still lack something of it.

    None does where it was cut off after them: in `verify` or `after`.
    """

    run: Run
    left: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sealed plan that lies in its file and is not over: who approved it, what began it, what is typed next."""

    sealed: Sealed
    mend: str
    approvals: tuple[str, ...] = ()
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class Vetoed:
    """A revision that goes nowhere any more, and the targets that have it all the same."""

    veto: Veto
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Waived:
    """A gate that the run was let pass, and the environments whose latest run that is."""

    waiver: Waiver
    run: str
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unverified:
    """An environment whose checks failed, and that stands where it stood then."""

    environment: str
    at: datetime
    reason: str

    @property
    def mend(self) -> str:
        """What to type once that is mended."""
        return f"orchestrate verify {self.environment}"


@dataclass(frozen=True, slots=True)
class StatusReport:
    """Where every target stands that was selected. `messages` and `heads` are the scripts'."""

    targets: tuple[TargetStatus, ...]
    pairs: tuple[Pair, ...]
    messages: Mapping[str, str]
    heads: Mapping[str, tuple[str, ...]]
    journal: Failure | None = None
    """Why the journal could not be read: then no run, no holder and no doubt is known."""
    selection: Selection = NOTHING_TYPED
    edited: tuple[Edited, ...] = ()
    """The scripts that were changed after some of the targets ran them."""
    unfinished: Unfinished | None = None
    """The latest run that left one of these targets short of where it was to take it, and that can be resumed."""
    vetoes: tuple[Vetoed, ...] = ()
    unverified: tuple[Unverified, ...] = ()
    sealed: frozenset[str] = frozenset()
    """The environments that demand approval, so that they take a sealed plan alone."""
    waiting: Waiting | None = None
    """The sealed plan in the usual file, where it can be applied or approved, and all of it was looked at."""
    recorded: int | None = None
    """How many targets were recorded to stand elsewhere than was known; None where that was not asked for."""

    @property
    def waivers(self) -> tuple[Waived, ...]:
        """What the latest runs on these targets were let pass; another run on them ends that."""
        latest: dict[str, tuple[Run, dict[str, None]]] = {}
        for target in self.targets:
            if (run := target.last_run) is not None and run.waivers:
                latest.setdefault(run.id, (run, {}))[1][target.target.environment] = None
        told = ((waiver, run, names) for run, names in latest.values() for waiver in run.waivers)
        opened = ((w, run, [n for n in names if n in (w.environments or names)]) for w, run, names in told)
        return tuple(Waived(waiver, run.id, tuple(names)) for waiver, run, names in opened if names)

    @property
    def exit_when_asked(self) -> Exit:
        """The exit code under `--exit-code`: the most severe of what is wrong or pending anywhere."""
        codes = [_STATE_EXITS.get(target.state, Exit.DONE) for target in self.targets]
        codes += [target.failure.exit for target in self.targets if target.failure]
        codes += [_RELATION_EXITS.get(pair.divergence.relation, Exit.DONE) for pair in self.pairs]
        return most_severe(codes)


_STATE_EXITS = {
    State.BEHIND: Exit.PENDING,
    State.EMPTY: Exit.PENDING,
    State.UNKNOWN_REVISION: Exit.DIVERGENCE,
    State.OVERLAPPING: Exit.DIVERGENCE,
    State.UNVERSIONED: Exit.DIVERGENCE,
    State.DENIED: Exit.UNAVAILABLE,
    State.UNREACHABLE: Exit.UNAVAILABLE,
    State.IN_DOUBT: Exit.IN_DOUBT,
}
_RELATION_EXITS = {
    Relation.BEHIND: Exit.PENDING,
    Relation.AHEAD: Exit.DIVERGENCE,
    Relation.DIVERGED: Exit.DIVERGENCE,
}
