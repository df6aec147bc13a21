"""Text as it reaches a terminal, from anything that is drawn."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType


def text(drawn: RenderableType, *, width: int = 120, terminal: bool = False) -> str:
    """What the command's own console would write."""
    out = StringIO()
    Console(file=out, width=width, force_terminal=terminal, highlight=False, emoji=False, markup=False).print(
        drawn
    )
    return out.getvalue()
