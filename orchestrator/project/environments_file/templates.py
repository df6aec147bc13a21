"""The kinds of value in environments.yaml that are templates: text with placeholders, checked before use.

What a placeholder comes to is `core.injection`'s; here are only the words for one that is none. A value that came
from a variable is never shown.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from orchestrator.core.injection import PLACEHOLDERS, Live, live_of, unknown
from orchestrator.project.environments_file.models import fault
from orchestrator.project.environments_file.types import given
from orchestrator.project.environments_file.variables import FromVariables, Unresolved
from orchestrator.project.environments_file.wording import near, shown

_BRACES = "write {{ and }} for the braces themselves"


def _template(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Unresolved) and (names := unknown(value)):
        raise fault(*_fault_of(names, from_variables=isinstance(value, FromVariables)))
    return value


def _fault_of(names: tuple[str, ...], *, from_variables: bool) -> tuple[str, str]:
    """The words for all that is wrong in one template, and how the first is mended."""
    if from_variables:
        return "holds a brace that begins or ends no placeholder", _BRACES
    if braces := [name for name in names if name in ("{", "}")]:
        return f"holds a {braces[0]} without its partner", _BRACES
    if live := [name for name in names if name in set(Live)]:
        return f"{{{live[0]}}} stands alone or not at all, and only in attributes", f'write "{{{live[0]}}}"'
    plural = "s" if len(names) > 1 else ""
    return f"unknown placeholder{plural} {', '.join(map(shown, names))}", near(names[0], PLACEHOLDERS)


def _some(value: Any) -> Any:
    return _template(given(value))


def _attribute(value: Any) -> Any:
    return value if isinstance(value, str) and live_of(value) else _template("" if value is None else value)


def _option_name(value: Any) -> Any:
    if isinstance(value, str) and not value.rpartition("/")[2]:
        raise fault("names no option", "write NAME, or SECTION/NAME")
    return _template(value)


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
Template = Annotated[str, BeforeValidator(_some), WithJsonSchema(_SCALAR)]
Attribute = Annotated[
    str, BeforeValidator(_attribute), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})
]
OptionName = Annotated[
    str, BeforeValidator(_option_name), WithJsonSchema({"type": "string", "pattern": "^(.+/)?[^/]+$"})
]
