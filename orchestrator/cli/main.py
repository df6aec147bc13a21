"""The command `orchestrate`: its commands, and what to do when the command line itself is wrong."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestrator import __version__
from orchestrator.cli import history, init, plan, release, schema, status

app = typer.Typer(
    name="orchestrate",
    help="Move every database of an application through the same Alembic revisions, from dev to prod.",
    epilog="Start with: orchestrate init, then orchestrate status.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"orchestrate {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version_option: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command("status")(status.status)
app.command("plan")(plan.plan)
app.command("promote")(release.promote)
app.command("rollout")(release.rollout)
app.command("resume")(release.resume)
app.command("resolve")(history.resolve)
app.command("runs")(history.runs)
app.command("show")(history.show)
app.command("init")(init.init)
app.command("schema")(schema.schema)


def main() -> None:
    """Run the command line of this process and exit with its code."""
    try:
        app()
    except BrokenPipeError:
        # Whoever read our output has gone (`orchestrate runs | head`); flushing at exit would complain again.
        sys.stderr.close()
        sys.exit(141)
