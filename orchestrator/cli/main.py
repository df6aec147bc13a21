"""The command `orchestrate`: its commands, and what to do when the command line itself is wrong."""

from __future__ import annotations

import gc
import inspect
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer

from orchestrator import __version__
from orchestrator.cli.groups import Command, flat
from orchestrator.cli.options import Common
from orchestrator.cli.running import fail
from orchestrator.cli.session import Session, now
from orchestrator.core.failure import Failure
from orchestrator.core.secrets import Redactor
from orchestrator.errors import Exit

_NAME = "orchestrate"
_Misuse: Any = typer.BadParameter.__base__
"""What is raised for a wrong command line: Click's UsageError, of which newer versions of Typer carry a copy."""

_MODULES = {
    "status": "status",
    "locks": "locks",
    "plan": "plan",
    "lint": "lint",
    "runbook": "runbook",
    "approve": "approve",
    "apply": "apply",
    "promote": "release",
    "rollout": "release",
    "resume": "release",
    "rollback": "rollback",
    "adopt": "adopt",
    "resolve": "resolve",
    "verify": "verify",
    "veto": "veto",
    "runs": "history",
    "show": "history",
    "report": "report",
    "graph": "graph",
    "doctor": "doctor",
    "init": "init",
    "schema": "schema",
    "journal": "journal",
}
"""Each command, or group of them, and the module beside this one that has it: loaded when it is typed."""


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line: the command that these arguments begin with, or all of them where they begin with none."""
    app = typer.Typer(
        name=_NAME,
        help="Move every database of an application through the same Alembic revisions, from dev to prod.",
        epilog="Start with: orchestrate init, then orchestrate status.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in set(arguments[:1]) & _MODULES.keys() or _MODULES:
        module = import_module(f"orchestrator.cli.{_MODULES[name]}")
        if name != "journal":
            _add(app, name, getattr(module, name))
            continue
        app.add_typer(module.app, name=name)
        for below, command in module.COMMANDS.items():
            _add(module.app, below, command)
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"{_NAME} {__version__}")
        raise typer.Exit


def _root(
    _version_option: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def _add(group: typer.Typer, name: str, command: Command) -> None:
    """A command whose help is its docstring, with the lines of the examples kept as they are."""
    told = inspect.getdoc(command) or ""
    group.command(name, help=told.replace("\n\nExample", "\n\n\b\nExample"))(flat(command))


def main() -> None:
    """Run the command line of this process and exit with its code."""
    try:
        code = application(sys.argv[1:])(prog_name=_NAME, standalone_mode=False)
    except _Misuse as error:
        code = _misused(error, sys.argv[1:])
    gc.freeze()  # or all modules are looked through for garbage at exit, and there is none
    sys.exit(code)


def _misused(error: Any, arguments: Sequence[str]) -> int:
    """Tell that the command line itself is wrong, also to a program that asked for JSON; returns the exit code."""
    error.message = Redactor().text(error.message)  # it may repeat a URL that stands in the wrong place
    format = _format_asked(arguments)  # noqa: A001 - the option's name
    if format not in ("json", "jsonl"):
        error.show()
        return int(error.exit_code)
    command = next((word for word in arguments if word in _MODULES), "")
    mend = f"{_NAME} {command} --help".replace("  ", " ")
    session = Session(command, Common(format=format))
    try:
        fail(session, now(), Failure("usage", error.format_message(), mend, Exit.USAGE))
    except typer.Exit as left:
        return left.exit_code


def _format_asked(arguments: Sequence[str]) -> str:
    """The format that was asked for, on a command line that could not be read to its end."""
    given = [value for option, value in pairwise([*arguments, ""]) if option in ("-f", "--format")]
    given += [word.partition("=")[2] for word in arguments if word.startswith("--format=")]
    return (given or [os.environ.get("ORCHESTRATE_FORMAT", "")])[-1]
