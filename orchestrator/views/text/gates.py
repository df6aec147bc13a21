"""What the gates say of a plan, in words: which are shut and what opens them, which were waived and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.gates.veto import lifting, told
from orchestrator.core.status import Vetoed, Waived
from orchestrator.views.text import many, words

_UNSAID = ("order", "source_run", "scripts", "veto", "schema", "tls", "protected")
"""Gates that nobody has to demand: they are told of only where they are not simply open."""


def verdicts(given: Iterable[Verdict]) -> Iterator[Text]:
    """Each gate that is shut or waived, with what opens it; and those that an environment demands and are open."""
    for verdict in given:
        if verdict.answer is not Answer.PASS:
            yield _shut(verdict)
        elif verdict.gate not in _UNSAID:
            yield Text.assemble(("gate ", "dim"), (verdict.gate, "green"), (f": {verdict.reason}", "dim"))


def _shut(verdict: Verdict) -> Text:
    text = Text.assemble(("gate ", "yellow"), (verdict.gate, "bold yellow"), f": {verdict.reason}")
    if verdict.waiver is not None:
        text.append(f"\n  waived by {by(verdict.waiver)}", "bold yellow")
    elif verdict.mend:
        text.append("\n").append_text(words.mended(verdict.mend))
    return text


def vetoed(found: Iterable[Vetoed]) -> Iterator[Text]:
    """The revisions that go nowhere any more, with the targets that have them, and how that is taken back."""
    for one in found:
        text = Text(told(one.veto), "yellow")
        if one.targets:
            verb = "has" if len(one.targets) == 1 else "have"
            text.append(f"; {many.few(list(map(str, one.targets)))} {verb} it", "bold yellow")
        yield text
        yield words.mended(f"once it is harmless: {lifting(one.veto.revision)}")


def waived(found: Iterable[Waived]) -> Iterator[Text]:
    """What the latest runs were let pass, and why; gates that were waived in one breath together."""
    for alike in many.grouped(found, lambda one: (one.run, one.environments, by(one.waiver))).values():
        one, *names, last = alike[0], *dict.fromkeys(waived.waiver.gate for waived in alike)
        gates = f"the gates {', '.join(names)} and {last}" if names else f"the gate {last}"
        passed = f"run {one.run} passed {gates} to {' and '.join(one.environments)}"
        yield Text(f"{passed}, waived by {by(one.waiver)}", "yellow")


def by(waiver: Waiver) -> str:
    """Who waived a gate, when and why."""
    return f"{waiver.by}, {waiver.at:%Y-%m-%d %H:%M} UTC: {waiver.reason}"
