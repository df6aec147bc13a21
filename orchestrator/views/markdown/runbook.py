"""A release's runbook as Markdown: what is there, what will happen, and every command in its order.

Whoever follows it may be tired. Each part says what to expect, and what to do where it comes out otherwise.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from orchestrator.core.estimates import Estimate
from orchestrator.core.gates.policy import ApprovalPolicy
from orchestrator.core.pipeline import Environment
from orchestrator.core.plan import at
from orchestrator.core.runbook import Runbook
from orchestrator.core.sealed import USUAL_FILE
from orchestrator.views.markdown.findings import findings
from orchestrator.views.markdown.gates import gates
from orchestrator.views.markdown.marks import Pen, table
from orchestrator.views.markdown.plan import amount, targets
from orchestrator.views.text import downgrades, many, waves, words


def runbook(pen: Pen, book: Runbook) -> str:
    """The whole page."""
    parts = [_head, _before, _gates, _seal, _approve, _apply, _verify, _stop, _resume, _back]
    if not book.report.plan.steps:
        parts = [_nothing]
    return "\n\n".join(block for part in parts for block in part(pen, book)) + "\n"


def _head(pen: Pen, book: Runbook) -> Iterator[str]:
    plan = book.report.plan
    yield f"# Runbook: {pen.code(plan.command)}"
    yield f"Made {book.at:%Y-%m-%d %H:%M} UTC by {pen.code(book.actor)}, from what the databases said then."
    yield (
        f"It is about {amount(pen, plan)}, and about one plan alone, of the fingerprint"
        f" {pen.code(plan.fingerprint)}. Where step 1 shows another, something changed since: make this page anew"
        f" with {pen.code(pen.finish(book.again))}."
    )


def _nothing(pen: Pen, book: Runbook) -> Iterator[str]:
    yield f"# Runbook: {pen.code(book.report.plan.command)}"
    yield f"{words.nothing(book.report.plan.kind).capitalize()}, at {book.at:%Y-%m-%d %H:%M} UTC."
    yield from _notes(pen, words.lagging(book.report.lagging))


def _before(pen: Pen, book: Runbook) -> Iterator[str]:
    plan = book.report.plan
    yield "## What is there, and what each target gets"
    source = [(str(target), at(heads)) for target, heads in plan.seen if target.environment == plan.source]
    standing = many.grouped(source, lambda one: one[1])
    rows = [(pen.code(many.few([name for name, _ in alike])), pen.code(it)) for it, alike in standing.items()]
    yield f"{pen.code(plan.source or '')}, whose revisions are promoted:"
    yield table(("target", "is at"), rows[: many.MANY])
    if (more := len(rows) - many.MANY) > 0:
        yield f"… and {more:,} more group{'s' if more > 1 else ''} of targets."
    yield targets(pen, plan.targets)
    yield from _estimated(pen, book)
    yield from findings(pen, book.report.findings)
    yield from _notes(pen, (*waves.left_out(plan.left_out), *words.begun_anew(book.report), *book.report.notes))


def _notes(pen: Pen, notes: Iterable[object]) -> Iterator[str]:
    yield from (f"Note: {pen.text(str(note))}" for note in notes)


def _estimated(pen: Pen, book: Runbook) -> Iterator[str]:
    if known := [one for one in book.report.estimates if one.known]:
        yield "How long, as it took upstream; connecting, locks, checks and programs come on top:"
        yield table(("environment", "mostly", "at the longest", ""), (_span(pen, one) for one in known))


def _span(pen: Pen, one: Estimate) -> tuple[str, ...]:
    note = f"without {pen.codes(one.unmeasured)}, never measured" if one.unmeasured else ""
    return pen.code(one.environment), _lasting(one.whole.typical), _lasting(one.whole.longest), note


def _lasting(seconds: float) -> str:
    return words.lasting(seconds) if seconds >= 1 else "less than a second"


def _gates(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## Gates, as they stand now"
    yield "They are asked again when the plan is applied; what can only be given then is in the commands below."
    yield from gates(pen, book.report.verdicts)
    for one in (one for one in book.environments if one.gates.waivable):
        waive = pen.code("--waive GATE --reason '…'")
        yield f"{pen.code(one.name)} lets a person waive {pen.codes(one.gates.waivable)}: add {waive} in step 3."


def _seal(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## 1. Seal the plan"
    yield pen.typed(book.plan)
    yield f"Have {pen.code(USUAL_FILE)} reviewed, as in a pull request. It holds no secret. What it executes:"
    yield pen.typed(book.review)


def _approve(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## 2. Approve it"
    if not book.approvals:
        yield "No environment demands it."
        return
    for name, policy in book.approvals:
        yield f"{pen.code(name)} wants {_people(pen, policy)}. The author does not count. Each types on their own:"
    yield pen.typed(*book.approve)


def _people(pen: Pen, policy: ApprovalPolicy) -> str:
    named = f" of {pen.codes(policy.of)}" if policy.of else ""
    until = f", which hold for {words.lasting(policy.expires)}" if policy.expires is not None else ""
    return f"{words.count(policy.required, 'approval')}{named}{until}"


def _apply(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## 3. Apply it"
    yield "First see that it still holds, and that no gate is shut but what the next command confirms:"
    yield pen.typed(book.look)
    yield from (line for one in book.environments for line in _around(pen, one))
    yield pen.typed(book.apply)
    yield (
        "It ends with `done` and exit code 0. Exit 5: nothing was changed, and it says why. Exit 6, 8, 9, 130 or"
        " 143: [resume](#to-resume). Exit 7: [in doubt](#to-resume). Any other: stop, and call for help."
    )
    yield (
        f"The commands below name {pen.code(USUAL_FILE)}: they act on the run that applied exactly this plan, and"
        " where there is none they say so and change nothing."
    )


def _around(pen: Pen, one: Environment) -> Iterator[str]:
    programs = [shlex.join(hook.command) for hook in one.around.before]
    if programs:
        yield f"Before {pen.code(one.name)} changes it runs {pen.codes(programs)}, and stops where one fails."
    if one.around.verify:
        yield f"After it this must hold: {pen.codes(map(str, one.around.verify))}."
    if one.around.after:
        yield f"Then it runs {pen.codes(shlex.join(hook.command) for hook in one.around.after)}."


def _verify(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## 4. Verify it"
    ends = {pen.code(at(target.end)) for target in book.report.plan.targets}
    where = f" at {next(iter(ends))}" if len(ends) == 1 else " at the heads in the table above"
    yield f"Each ends with 0: nothing is left to do, every target is{where}, and the record is whole."
    yield pen.typed(*book.verify)
    yield "Keep the report:"
    yield pen.typed(book.keep)


def _stop(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## To stop"
    yield (
        "Ctrl-C once: the revision in hand is finished, and no other is begun. From elsewhere this names the"
        " process; `kill -TERM` does the same."
    )
    yield pen.typed(book.find)


def _resume(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## To resume"
    yield "After a stop, a failure whose cause is gone, or a crash. What was applied stays applied."
    yield pen.typed(book.resume)
    if any(one.gates.waivable for one in book.environments):
        yield "Its gates are asked again: what was waived in step 3 is waived here too, with the same options."
    yield (
        "Where it says that a revision is in doubt, it also says what was seen, and the two commands to choose"
        " from; look at the database before you type one."
    )


def _back(pen: Pen, book: Runbook) -> Iterator[str]:
    yield "## To go back"
    if found := book.irreversible:
        told = "; ".join(f"{pen.code(many.few(names))} ({pen.text(why)})" for why, names in found.items())
        yield f"**This release cannot be taken back**: {told}."
        yield "Take a backup before step 3, or be ready to write a revision that undoes them."
        return
    first, then = book.back
    counted = downgrades.counted(book.downgrades.values())
    losing = f" ({counted})" if counted else ""
    yield f"The scripts' downgrades, the last first{losing}. This tells what each does:"
    yield pen.typed(first)
    yield "Only then:"
    yield pen.typed(then)
