"""A gate that a person lets a plan pass: where the environments allow it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.policy import WAIVABLE
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict


def waived(verdict: Verdict, circumstances: Circumstances) -> Verdict:
    """The verdict as it stands with what a person waived: opened by it, or with what is to be said of it.

    A gate that is open stays as it is, and so does one that not each of the environments that keep it shut lets
    be waived.
    """
    if verdict.answer in (Answer.PASS, Answer.WAIVED):
        return verdict
    given = next((waiver for waiver in circumstances.waivers if waiver.gate == verdict.gate), None)
    if against := _against(verdict, circumstances):
        told = f"{verdict.reason}; it cannot be waived: {against}"
        return replace(verdict, reason=told) if given else verdict
    if given is None:
        return replace(verdict, mend=_or_waive(verdict))
    opened = replace(given, environments=verdict.environments)
    return replace(verdict, answer=Answer.WAIVED, mend=None, waiver=opened)


def used(verdicts: Iterable[Verdict]) -> tuple[Waiver, ...]:
    """The waivers that opened a gate; one that was not needed is not recorded."""
    return tuple(verdict.waiver for verdict in verdicts if verdict.waiver is not None)


def unneeded(verdicts: Iterable[Verdict], waivers: Iterable[Waiver]) -> Iterator[str]:
    """What is to be said of those that open nothing: whoever typed them took a gate for shut."""
    shut = {verdict.gate for verdict in verdicts if verdict.answer is not Answer.PASS}
    for waiver in waivers:
        if waiver.gate not in shut:
            yield f"the gate {waiver.gate} is not shut: its waiver is not needed and not recorded"


def _against(verdict: Verdict, circumstances: Circumstances) -> str | None:
    """Why nobody may waive it, in a clause; None where a person may."""
    if verdict.gate not in WAIVABLE:
        return "no environment can allow that"
    demanding = [circumstances.pipeline.environment(name) for name in verdict.environments]
    forbidding = [one.name for one in demanding if verdict.gate not in one.gates.waivable]
    if forbidding or not demanding:
        names = " and ".join(forbidding) or "no environment"
        return f"gates.waivable of {names} in environments.yaml does not have {verdict.gate}"
    return None


def _or_waive(verdict: Verdict) -> str:
    waive = f"add --waive {verdict.gate} --reason '…'"
    return f"{verdict.mend}\nor let it pass all the same: {waive}" if verdict.mend else waive
