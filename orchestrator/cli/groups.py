"""Options that several commands have in common, as one parameter of each: a frozen dataclass, an option a field.

Typer reads options from a command's signature alone. So it is given a signature in which the fields stand in the
place of the group; `--help` and completion show no difference. Which there are, `options` says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

Command = Callable[..., None]


def flat(command: Command) -> Command:
    """The command as Typer wants it: each option a parameter by itself, put together again when it is called."""
    taken = inspect.signature(command, eval_str=True).parameters
    groups: dict[str, Any] = {name: one.annotation for name, one in taken.items() if is_dataclass(one.annotation)}
    fields = {name: inspect.signature(group, eval_str=True).parameters for name, group in groups.items()}

    def called(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field: given.pop(field) for field in fields[name]})
        command(**given)

    options = [option for name, one in taken.items() for option in fields.get(name, {name: one}).values()]
    by_name = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in options]
    called.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
    return called
