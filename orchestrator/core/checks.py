"""What an environment must stand after it changed, and what is run before and after: as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """Exactly one of an SQL text, whose first value must be true on every target, or a program with arguments.

    It must end within `timeout` seconds.
    """

    sql: str | None = None
    command: tuple[str, ...] = ()
    timeout: float = 60.0

    def __str__(self) -> str:
        return self.sql if self.sql is not None else self.command[0]


@dataclass(frozen=True, slots=True)
class Hook:
    """A program with its arguments that is run before or after an environment changes, within `timeout` seconds."""

    command: tuple[str, ...]
    timeout: float = 600.0


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the change of an environment: what runs before, what must be true after, what runs last."""

    before: tuple[Hook, ...] = ()
    verify: tuple[Check, ...] = ()
    after: tuple[Hook, ...] = ()


NOTHING_AROUND = Around()
"""What holds where nothing is said of them."""
