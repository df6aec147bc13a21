"""The key `gates`: what an environment demands, as it is written, and what is said where it is written wrong."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from orchestrator.core.gates.policy import NO_GATES, ApprovalPolicy, GatePolicy
from orchestrator.core.lint import Severity
from orchestrator.core.windows import Freeze, Span, Window
from orchestrator.errors import ConfigurationError
from tests.project.configurations import HEAD, loaded, told

WHOLE = """
version: 1
defaults:
  gates: {soak: 1h, lint: warning, window: {timezone: UTC, allow: [sat]}, waivable: [soak]}
environments:
  dev: {url: "sqlite:///dev.db", gates: {soak: none, lint: none, window: none, waivable: }}
  staging: {url: "sqlite:///staging.db"}
  prod:
    url: "sqlite:///prod.db"
    gates:
      soak: 7d
      verified: true
      window:
        timezone: Europe/Berlin
        allow: ["mon-thu 08:00-16:00", "22:00-02:00"]
        deny: [sat-mon, "tue,FRI  12:00-24:00"]
        freezes: [{from: 2026-12-18, to: 2027-01-04, reason: Christmas}, {from: "2026-11-27 18:00", to: 2026-11-27T20:30}]
      approval: {required: 2, of: [alice, bob, 007], expires: 24h}
      age: 90m
      lint: error
"""  # noqa: E501 - one freeze beside the other, as people write them


def test_what_an_environment_demands_is_read_over_the_defaults(tmp_path: Path) -> None:
    """Each demand replaces that of `defaults` by itself, and `none` takes one back."""
    dev, staging, prod = (one.gates for one in loaded(tmp_path, WHOLE).pipeline.environments)
    saturday = Window("UTC", (Span(frozenset({5})),))
    assert dev == NO_GATES
    assert staging == GatePolicy(3600.0, saturday, lint=Severity.WARNING, waivable=("soak",))
    assert prod == GatePolicy(
        soak=7 * 86400.0,
        window=Window(
            "Europe/Berlin",
            (Span(frozenset({0, 1, 2, 3}), 480, 960), Span(frozenset(range(7)), 1320, 120)),
            (Span(frozenset({5, 6, 0})), Span(frozenset({1, 4}), 720, 1440)),
            (
                Freeze(datetime(2026, 12, 18), datetime(2027, 1, 5), "Christmas"),  # noqa: DTZ001 - local times
                Freeze(datetime(2026, 11, 27, 18), datetime(2026, 11, 27, 20, 30)),  # noqa: DTZ001
            ),
        ),
        verified=True,
        approval=ApprovalPolicy(2, ("alice", "bob", "007"), 86400.0),
        age=5400.0,
        lint=Severity.ERROR,
        waivable=("soak",),
    )


DATE = 'write for example 2026-12-18 or "2026-12-18 18:00"'
DAYS = "write days as mon, tue, wed, thu, fri, sat, sun"
PART = 'write for example "mon-thu 08:00-16:00", "sat,sun" or "22:00-02:00"'
BAD = [
    ("{sok: 1h}", ": unknown key 'sok'", "did you mean 'soak'?"),
    ("{soak: }", ".soak: is empty", "write a value, or none, or remove the key"),
    ("{soak: 0}", ".soak: is shorter than a second", "write none for no demand"),
    ("{age: 2 weeks}", ".age: is not a duration", 'write for example "30m", "24h" or "7d"'),
    ("{age: 4000d}", ".age: is longer than ten years", "write a shorter time"),
    ("{verified: maybe}", ".verified: is neither true nor false", "write true or false"),
    ("{lint: fatal}", ".lint: is not a severity", "write note, warning, error or none"),
    ("{lint: '${LINT}'}", ".lint: the variable LINT is not set, or empty", "export LINT=…"),
    ("{waivable: [tls]}", ".waivable[0]: is not a gate that may be waived",
     "one of: scripts, veto, window, soak, verified, approval, age, lint"),
    ("{approval: {required: 0}}", ".approval.required: is not a number of people",
     "write a whole number from 1 to 99"),
    ("{approval: {required: 3, of: [a, b]}}", ".approval: requires 3 approvals of 2 people",
     "name more people, or require fewer"),
    ("{approval: {of: [a, a]}}", ".approval: names somebody twice", "name each once"),
    ("{approval: {off: [a]}}", ".approval: unknown key 'off'", "did you mean 'of'?"),
    ("{window: always}", ".window: must be a mapping of keys, not text",
     "write a key before it, for example url:"),
    ("{window: {allow: [fri]}}", ".window.timezone: is missing", "add it"),
    ("{window: {timezone: Europe/Berln}}", ".window.timezone: is not a time zone",
     "did you mean 'Europe/Berlin'?"),
    ("{window: {timezone: ../../etc/passwd}}", ".window.timezone: is not a time zone",
     "write for example Europe/Berlin"),
    ("{window: {timezone: UTC, allow: [fry]}}", ".window.allow[0]: has a day that is none", DAYS),
    ("{window: {timezone: UTC, allow: ['']}}", ".window.allow[0]: is not a part of the week", PART),
    ("{window: {timezone: UTC, deny: ['08:00-16:00 fri']}}", ".window.deny[0]: is not a part of the week", PART),
    ("{window: {timezone: UTC, deny: ['fri 08:00-24:01']}}", ".window.deny[0]: has a time of day that is none",
     "write times from 00:00 to 24:00"),
    ("{window: {timezone: UTC, deny: ['08:00-08:00']}}", ".window.deny[0]: ends where it begins",
     "leave the hours out for the whole day"),
    ("{window: {timezone: UTC, freezes: [{fro: 2026-12-18, from: 2026-12-18, to: 2026-12-18}]}}",
     ".window.freezes[0]: unknown key 'fro'", "did you mean 'from'?"),
    ("{window: {timezone: UTC, freezes: [{from: 2026-12-19, to: 2026-12-18}]}}",
     ".window.freezes[0]: ends before it begins", "write from: the earlier and to: the later"),
    ("{window: {timezone: UTC, freezes: [{from: 2026-02-30, to: 2026-12-18}]}}",
     ".window.freezes[0].from: is a date or a time that does not exist", DATE),
    ("{window: {timezone: UTC, freezes: [{from: 2026-02-01, to: 9999-12-31}]}}",
     ".window.freezes[0].to: is not in this millennium", DATE),
    ("{window: {timezone: UTC, freezes: [{from: soon, to: 2026-12-18}]}}",
     ".window.freezes[0].from: is neither a date nor a local time", DATE),
]  # fmt: skip


@pytest.mark.parametrize(("gates", "message", "mend"), BAD)
def test_a_bad_demand_is_one_problem(tmp_path: Path, gates: str, message: str, mend: str) -> None:
    """What is wrong with a demand is said once, with its place and what to write."""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, f"{HEAD}  a: {{url: 'sqlite:///x', gates: {gates}}}\n")
    assert told(refused.value, tmp_path) == [(f"environments.yaml:3: a.gates{message}", mend)]


def test_a_variable_that_is_not_set_keeps_the_environment_shut(tmp_path: Path) -> None:
    """A demand that is not known is no demand that may be passed by: the environment cannot be reached."""
    found = loaded(tmp_path, f"{HEAD}  a: {{url: 'sqlite:///x', gates: {{soak: '${{SOAK}}'}}}}\n")
    with pytest.raises(ConfigurationError, match="SOAK is not set"):
        found.endpoints()
