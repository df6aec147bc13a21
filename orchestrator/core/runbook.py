"""The runbook of a release: its commands in their order, for a person to follow. Pure; the prose is the view's.

Each command is typed as it stands. Where one is about the run, it names the plan's file: of no other release.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.downgrade import Downgrade
from orchestrator.core.gates.policy import ApprovalPolicy
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.plan import Step
from orchestrator.core.reports import PlanReport
from orchestrator.core.sealed import USUAL_FILE, same_person, sealing


@dataclass(frozen=True, slots=True)
class Runbook:
    """A release with the environments that it changes, made `at` that time by `actor`, user@host.

    The report has the downgrades of the scripts too.
    """

    report: PlanReport
    environments: tuple[Environment, ...]
    actor: str
    at: datetime

    @property
    def again(self) -> str:
        """The command that makes it anew."""
        return f"orchestrate runbook {self._release}"

    @property
    def plan(self) -> str:
        """Makes the plan and seals it."""
        return sealing(self.report.plan)

    @property
    def look(self) -> str:
        """Tells whether the plan still holds and which gates are shut."""
        return f"orchestrate apply {USUAL_FILE} --dry-run"

    @property
    def review(self) -> str:
        """Shows the plan of the file with what each revision executes."""
        return f"{self.look} --sql"

    @property
    def approvals(self) -> tuple[tuple[str, ApprovalPolicy], ...]:
        """What each environment demands of people, by its name."""
        return tuple((one.name, one.gates.approval) for one in self.environments if one.gates.approval is not None)

    @property
    def approve(self) -> tuple[str, ...]:
        """A command for each person who is needed at least; where nobody is named, for anybody."""
        names = dict.fromkeys(name for _, policy in self.approvals for name in self._enough(policy))
        return tuple(f"orchestrate approve {USUAL_FILE} --as {shlex.quote(name)}" for name in names)

    @property
    def apply(self) -> str:
        """Runs exactly the plan that was approved."""
        return f"orchestrate apply {USUAL_FILE} {self._confirmed or '--yes'}"

    @property
    def verify(self) -> tuple[str, ...]:
        """Prove what the run did: nothing is left, the checks hold, the record is whole."""
        named = [one.name for one in self.environments if one.around.verify]
        return (
            f"orchestrate plan {self._release} --exit-code",
            f"orchestrate status {shlex.quote(self.report.plan.source or '')} {self._names}".replace("  ", " "),
            *(f"orchestrate verify {shlex.quote(name)}" for name in named),
            "orchestrate journal verify",
        )

    @property
    def keep(self) -> str:
        """Writes what is shown to whoever asks later."""
        return f"orchestrate report {USUAL_FILE} --out release-report.html"

    @property
    def find(self) -> str:
        """Names the process that is at work, for whoever wants to stop it from elsewhere."""
        return f"orchestrate locks {self._names}"

    @property
    def resume(self) -> str:
        """Takes the run up again."""
        return f"orchestrate resume {USUAL_FILE} {self._confirmed}".rstrip()

    @property
    def downgrades(self) -> dict[Step, Downgrade]:
        """What reverting each of its steps would do, as their scripts read."""
        steps = (step for target in self.report.plan.targets for step in target.steps)
        return {step: self.report.downgrades[step.digest] for step in steps}

    @property
    def irreversible(self) -> dict[str, list[str]]:
        """Its revisions that cannot be reverted, by why: with one of them the run is not taken back."""
        found: dict[str, list[str]] = {}
        for step, one in self.downgrades.items():
            if one.impossible is not None:
                found.setdefault(one.impossible, []).append(step.revision)
        return found

    @property
    def back(self) -> tuple[str, str]:
        """Tell what taking the run back would do, and do it."""
        reason = "--reason 'the release is taken back'"
        return (
            f"orchestrate rollback {USUAL_FILE} --dry-run",
            f"orchestrate rollback {USUAL_FILE} {self._confirmed or '--yes'} {reason}",
        )

    def _enough(self, policy: ApprovalPolicy) -> Iterable[str]:
        author = self.actor.partition("@")[0]
        may = [name for name in policy.of if not same_person(name, author)]
        return may[: policy.required] or [f"NAME_{number + 1}" for number in range(policy.required)]

    @property
    def _release(self) -> str:
        return f"{self.report.plan.source} {self.report.plan.destination}"

    @property
    def _names(self) -> str:
        return shlex.join(one.name for one in self.environments)

    @property
    def _confirmed(self) -> str:
        return " ".join(f"--confirm {shlex.quote(one.name)}" for one in self.environments if one.protected)


def runbook(report: PlanReport, pipeline: Pipeline, actor: str, at: datetime) -> Runbook:
    """That of a promotion's plan."""
    return Runbook(report, tuple(map(pipeline.environment, report.plan.environments)), actor, at)
