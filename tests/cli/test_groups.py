"""Options that go together are one parameter of a command, and each one's own on the command line."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from orchestrator.cli.groups import flat


@dataclass(frozen=True, slots=True)
class Size:
    """A group."""

    width: int = 1
    height: int = 2


def test_a_group_stands_for_its_options() -> None:
    """The fields stand in the group's place, in their order with their defaults, and come as one value."""
    came: list[object] = []

    def command(name: str, *, size: Size, loud: bool = False) -> None:
        came.append((name, size, loud))

    made = flat(command)
    parameters = inspect.signature(made).parameters.values()
    assert [(one.name, one.annotation, one.default) for one in parameters] == [
        ("name", str, inspect.Parameter.empty),
        ("width", int, 1),
        ("height", int, 2),
        ("loud", bool, False),
    ]
    made(name="a", width=3, height=4, loud=True)
    assert came == [("a", Size(3, 4), True)]
