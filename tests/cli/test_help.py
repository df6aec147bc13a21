"""Every command's help: there, with an example to copy, and with the options it shares with the others."""

from __future__ import annotations

import pytest

from tests.command import Command

SHARED = {"--format"}
REPORTING = SHARED | {"--config", "--log-format"}
RELEASING = REPORTING | {"--confirm", "--wait"}
OPTIONS = {
    "status": REPORTING | {"--exit-code"},
    "plan": REPORTING | {"--exit-code", "--to", "--through"},
    "promote": RELEASING | {"--to", "--dry-run", "--yes"},
    "rollout": RELEASING | {"--to", "--dry-run", "--yes", "--through"},
    "resume": RELEASING,
    "resolve": REPORTING | {"--not-applied", "--reason"},
    "runs": REPORTING | {"--limit"},
    "show": REPORTING,
    "init": SHARED | {"--alembic", "--output"},
    "schema": set(),
}


@pytest.mark.parametrize("command", OPTIONS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_of_a_command(orchestrate: Command, command: str, option: str) -> None:
    """--help exits with 0 on stdout, names the command's options, and has an example on a line of its own."""
    completed = orchestrate(command, option)
    assert (completed.returncode, completed.stderr) == (0, "")
    words = completed.stdout.replace(",", " ").split()
    assert OPTIONS[command] <= set(words)
    examples = [line for line in completed.stdout.splitlines() if line.startswith(f"    orchestrate {command}")]
    assert examples, completed.stdout


def test_help_of_the_whole(orchestrate: Command) -> None:
    """orchestrate --help lists every command, and says where to begin."""
    completed = orchestrate("--help")
    assert completed.returncode == 0
    listed = {line.split()[0] for line in completed.stdout.splitlines() if line.startswith("  ") and line.split()}
    assert OPTIONS.keys() <= listed
    assert "orchestrate init" in completed.stdout


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_help_at_any_width(orchestrate: Command, width: str) -> None:
    """Examples stay as they are to be typed, however narrow the terminal is."""
    said = orchestrate("promote", "--help", env={"COLUMNS": width}).stdout
    assert "    orchestrate promote staging prod --confirm prod\n" in said
