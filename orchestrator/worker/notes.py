"""Notes the names that env.py and the application ask for: variables, options, -x arguments, attributes.

Every lookup gets the answer that it would get without this. Names that Python's own library asks for are left out.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext

_Environ: Any = type(os.environ)
_PASSING_ON = ("os", "collections.abc", "_collections_abc", "posixpath", "string")
"""Modules that look a variable up for whoever called them."""
_LIBRARY = sysconfig.get_path("stdlib") + os.sep
_SETTINGS = (("pydantic_settings", "BaseSettings"), ("pydantic.v1", "BaseSettings"), ("pydantic", "BaseSettings"))


class Notes:
    """The names so far, each once, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {
            kind: {} for kind in ("variables", "x_arguments", "options", "attributes")
        }

    def take(self, config: Config, environment: EnvironmentContext) -> None:
        """Note from here on what is asked of the process's environment, of the config, and of `-x`."""
        note = self._note

        class Environ(_Environ):  # type: ignore[misc]
            """The process's variables, which note what is looked up in them."""

            def __getitem__(self, key: Any) -> Any:
                if not _asked_by_python():
                    note("variables", key)
                return super().__getitem__(key)

        os.environ.__class__ = Environ
        config.__dict__["attributes"] = _Noted("attributes", config.attributes, self)
        self._note_options(config)
        x_arguments = environment.get_x_argument

        def get_x_argument(as_dictionary: bool = False) -> Any:
            found = x_arguments(as_dictionary=as_dictionary)
            return _Noted("x_arguments", found, self) if isinstance(found, dict) else found

        environment.get_x_argument = get_x_argument  # type: ignore[method-assign]

    def found(self) -> dict[str, list[str]]:
        """All names; settings classes of pydantic read everything at once and are asked for theirs."""
        for name in _settings_variables():
            self._note("variables", name)
        return {kind: list(names) for kind, names in self._names.items()}

    def _note(self, kind: str, name: Any, section: str = "") -> None:
        if isinstance(name, str):
            self._names[kind].setdefault(f"{section}{name}")

    def _note_options(self, config: Config) -> None:
        one, whole = config.get_section_option, config.get_section

        def prefix(section: str) -> str:
            return "" if section == config.config_ini_section else f"{section}/"

        def get_section_option(section: str, name: str, default: Any = None) -> Any:
            self._note("options", name, prefix(section))
            return one(section, name, default)

        def get_section(name: str, *default: Any, **named: Any) -> Any:
            found = whole(name, *default, **named)
            return _Noted("options", found, self, prefix(name)) if isinstance(found, dict) else found

        config.get_section_option = get_section_option  # type: ignore[method-assign]
        config.get_section = get_section  # type: ignore[method-assign]


class _Noted(dict):  # type: ignore[type-arg]
    """A dictionary that notes what is looked up in it."""

    def __init__(self, kind: str, entries: Any, notes: Notes, section: str = "") -> None:
        super().__init__(entries)
        self._told: Callable[[Any], None] = lambda name: notes._note(kind, name, section)

    def __getitem__(self, name: Any) -> Any:
        self._told(name)
        return super().__getitem__(name)

    def __contains__(self, name: Any) -> bool:
        self._told(name)
        return super().__contains__(name)

    def get(self, name: Any, default: Any = None) -> Any:
        self._told(name)
        return super().get(name, default)

    def pop(self, name: Any, *default: Any) -> Any:
        self._told(name)
        return super().pop(name, *default)

    def setdefault(self, name: Any, default: Any = None) -> Any:
        self._told(name)
        return super().setdefault(name, default)


def _asked_by_python() -> bool:
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") in _PASSING_ON:
        frame = frame.f_back
    path = "" if frame is None else frame.f_code.co_filename
    return path.startswith("<frozen") or (path.startswith(_LIBRARY) and "-packages" not in path)


def _settings_variables() -> Iterator[str]:
    for module, name in _SETTINGS:
        base = vars(sys.modules[module]).get(name) if module in sys.modules else None
        for settings in _below(base) if isinstance(base, type) else ():
            yield from _of_settings(settings)


def _below(kind: type) -> Iterator[Any]:
    subclasses: list[type] = kind.__subclasses__()
    for each in subclasses:
        yield each
        yield from _below(each)


def _of_settings(settings: Any) -> Iterator[str]:
    """The variables of one settings class: pydantic 1 lists them, pydantic 2 has fields and a prefix."""
    if not hasattr(settings, "model_fields"):
        for field in settings.__fields__.values():
            yield from (name.upper() for name in field.field_info.extra.get("env_names", ()))
        return
    options = settings.model_config
    yield from _of_model(settings, options.get("env_prefix") or "", options)


def _of_model(model: Any, prefix: str, options: Any) -> Iterator[str]:
    between = options.get("env_nested_delimiter")
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        names = [alias] if isinstance(alias, str) else [*getattr(alias, "choices", ())]
        for one in [text for text in names if isinstance(text, str)] or [prefix + name]:
            yield one if options.get("case_sensitive") else one.upper()
        if between and hasattr(field.annotation, "model_fields"):
            yield from _of_model(field.annotation, f"{prefix}{name}{between}", options)
