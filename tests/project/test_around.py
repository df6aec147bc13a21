"""`verify`, `before` and `after` of an environment: what may stand there, and what is said of what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.checks import NOTHING_AROUND, Around, Check, Hook
from orchestrator.errors import ConfigurationError
from tests.project.configurations import loaded, told

_FILE = """
version: 1
environments:
  dev: {url: "sqlite:///d.db"}
  prod:
    url: "sqlite:///p.db"
    before: [{command: [bin/backup, prod], timeout: 10m}]
    verify:
      - {sql: "SELECT count(*) = 0 FROM orders", timeout: 5}
      - command: [bin/smoke-test, "${WHERE:-here}"]
    after:
"""


def test_they_are_read_as_values(tmp_path: Path) -> None:
    """Durations are seconds, what is left out has its default, and a key with nothing below it is nothing."""
    dev, prod = loaded(tmp_path, _FILE).pipeline.environments
    assert dev.around == NOTHING_AROUND
    assert prod.around == Around(
        before=(Hook(("bin/backup", "prod"), 600.0),),
        verify=(
            Check(sql="SELECT count(*) = 0 FROM orders", timeout=5.0),
            Check(command=("bin/smoke-test", "here"), timeout=60.0),
        ),
    )


def test_every_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    """Each entry that is no check or no program is named, with what to write."""
    wrong = """
version: 1
environments:
  prod:
    url: "sqlite:///p.db"
    verify:
      - {sql: "SELECT 1", command: [x]}
      - {timeout: 5}
      - {sq: "SELECT 1"}
      - {sql: "SELECT 1", timeout: soon}
    before: [{command: []}, {timeout: 5}]
    after: {command: [x]}
"""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, wrong)
    assert [what for what, _ in told(refused.value, tmp_path)] == [
        "environments.yaml:7: prod.verify[0]: has sql and command",
        "environments.yaml:8: prod.verify[1]: has no sql, no command",
        "environments.yaml:9: prod.verify[2]: unknown key 'sq'",
        "environments.yaml:10: prod.verify[3].timeout: is not a duration",
        "environments.yaml:11: prod.before[0].command: is empty",
        "environments.yaml:11: prod.before[1].command: is missing",
        "environments.yaml:12: prod.after: must be a list, not a mapping",
    ]


def test_a_variable_that_is_not_set_keeps_the_environment_alone(tmp_path: Path) -> None:
    """Whoever wants to change that environment is told which variable is missing; the others are not held up."""
    configuration = loaded(tmp_path, _FILE.replace("${WHERE:-here}", "${TOKEN}"))
    assert list(map(str, configuration.endpoints(["dev"]))) == ["dev"]
    with pytest.raises(ConfigurationError, match="TOKEN"):
        configuration.endpoints(["prod"])
