"""Text as it reaches a terminal, from anything that is drawn."""

from __future__ import annotations

from io import StringIO

from rich.console import RenderableType

from orchestrator.cli.output import console


class _Stream(StringIO):
    """Where it is written; a terminal if it is said to be one."""

    terminal = False

    def isatty(self) -> bool:
        """As it was told."""
        return self.terminal


def text(drawn: RenderableType, *, width: int = 120, terminal: bool = False) -> str:
    """What the command's own console writes."""
    out = _Stream()
    out.terminal = terminal
    ours = console(out, str)
    ours.width = width
    ours.print(drawn)
    return out.getvalue()
