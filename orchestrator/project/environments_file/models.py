"""What the models of environments.yaml have in common: how strict they are, and the errors of their checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def _title(model: type[Any]) -> str:
    return model.__name__.removesuffix("Shape").lower()


class Shape(BaseModel):
    """A mapping of known keys, immutable.

    What checks it is built with the whole file's, once, and not for each part (`defer_build`): a default is
    therefore made with `model_construct`.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True, model_title_generator=_title
    )


def fault(what: str, mend: str) -> PydanticCustomError:
    """The error a validator raises: our words, not pydantic's."""
    return PydanticCustomError("fault", "{what}", {"what": what, "mend": mend})


def exactly_one(*keys: str) -> dict[str, Any]:
    """The JSON Schema that says that one of these keys must be there, and no second one."""
    return {"oneOf": [{"required": [key]} for key in keys]}


@dataclass(frozen=True, slots=True)
class OrEmpty:
    """Lets a key with nothing below it stand for an empty mapping or list: its entries may be commented out."""

    make: Callable[[], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._filled, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"type": "null"}]}

    def _filled(self, value: Any) -> Any:
        return self.make() if value is None else value


@dataclass(frozen=True, slots=True)
class OrNone:
    """Lets the word `none` take back a key that `defaults` has; a key with nothing below it is refused."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"const": "none"}]}

    def _read(self, value: Any, read: Callable[[Any], Any]) -> Any:
        if value is None or value == "":
            raise fault("is empty", "write a value, or none, or remove the key")
        return None if isinstance(value, str) and value.strip() == "none" else read(value)
