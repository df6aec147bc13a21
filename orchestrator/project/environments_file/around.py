"""The shapes of `verify`, `before` and `after`: what stands around the change of an environment. Models only."""

# Annotations are not postponed here: pydantic would compile each again, for every model that inherits it.

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from orchestrator.core.checks import Around, Check, Hook
from orchestrator.project.environments_file.models import OrEmpty, Shape, exactly_one, fault
from orchestrator.project.environments_file.types import Command, Duration, OptionalText

_CHECK = Check()
_HOOK = Hook(())


class CheckShape(Shape):
    """What must hold after the environment changed: an SQL text, or a program."""

    model_config = ConfigDict(json_schema_extra=exactly_one("sql", "command"))

    sql: OptionalText = Field(
        default=None,
        description="A query, asked read-only on each target; the first value of its first row must be true.",
    )
    command: Command = Field(default=None, description="A program and its arguments; it must end with 0.")
    timeout: Duration = Field(default=_CHECK.timeout, description="For it to end. Default 60.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [key for key in ("sql", "command") if key in self.model_fields_set]
        if len(given) != 1:
            raise fault(f"has {' and '.join(given) or 'no sql, no command'}", "keep exactly one: sql or command")
        return self


class HookShape(Shape):
    """A program that is run before or after the environment changes."""

    command: Command = Field(description="A program and its arguments; it must end with 0.")
    timeout: Duration = Field(default=_HOOK.timeout, description="For it to end. Default 600.")


class AroundShape(Shape):
    """The three keys of an environment."""

    verify: Annotated[list[CheckShape], OrEmpty(list)] = Field(
        default=[], description="What must hold after it changed; else a run stops there."
    )
    before: Annotated[list[HookShape], OrEmpty(list)] = Field(
        default=[], description="What is run before it changes; where one fails it is not begun."
    )
    after: Annotated[list[HookShape], OrEmpty(list)] = Field(
        default=[], description="What is run after it changed, however that ended."
    )


def around_of(shape: AroundShape) -> Around:
    """What the shapes say, as values."""
    return Around(
        before=tuple(map(_hook, shape.before)),
        verify=tuple(Check(one.sql, tuple(one.command or ()), one.timeout) for one in shape.verify),
        after=tuple(map(_hook, shape.after)),
    )


def _hook(shape: HookShape) -> Hook:
    return Hook(tuple(shape.command or ()), shape.timeout)
