"""Findings in revisions as JSON values. Programs rely on every name in them: add, never rename or remove."""

from __future__ import annotations

from collections import Counter
from typing import Any

from orchestrator.core.lint import LintFinding, LintReport, Severity


def lint(report: LintReport) -> dict[str, Any]:
    """The fields of `lint`; an allowed finding is counted as that alone."""
    counted = Counter("allowed" if one.allowed is not None else str(one.severity) for one in report.findings)
    return {
        "revisions": list(report.revisions),
        "findings": [finding(one) for one in report.findings],
        "summary": {name: counted[name] for name in (*map(str, Severity), "allowed")},
        "least": str(report.least),
        "unlinted": list(report.unlinted),
    }


def finding(found: LintFinding) -> dict[str, Any]:
    """One finding; `allowed` is the script's own reason, None where it gives none."""
    return {
        "rule": found.rule,
        "severity": str(found.severity),
        "revision": found.revision,
        "where": found.where,
        "what": found.what,
        "why": found.why,
        "rewrite": found.rewrite,
        "allowed": found.allowed,
    }
