"""The reports as text that no release shows; apart, so that a release does not load what draws them."""

from __future__ import annotations

from rich.console import RenderableType

from orchestrator.core.account import Account
from orchestrator.core.doubt import Completion
from orchestrator.core.lint import LintReport
from orchestrator.core.picture import GraphReport
from orchestrator.views import account
from orchestrator.views.text import doubt, graph, lint
from orchestrator.views.text import report as page


def rare(report: LintReport | GraphReport | Account | Completion, *, details: bool) -> RenderableType:
    """As `draw`."""
    match report:
        case LintReport():
            return lint.lint(report)
        case GraphReport():
            return graph.graph(report)
        case Account():
            return page.report(account.page(report), details=details)
        case Completion():
            return doubt.completion(report)
