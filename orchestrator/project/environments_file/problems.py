"""Checks the shape of environments.yaml and says everything that is wrong with it, in our words.

pydantic finds the faults; here each becomes what, where, and what to type. The faulty parts are then left out and
the rest is checked once more, so that what only shows in a sound file is reported in the same go. It must never
show a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from orchestrator.errors import Problem
from orchestrator.project.environments_file import variables
from orchestrator.project.environments_file.schema import FileShape
from orchestrator.project.environments_file.variables import Expansion, Unresolved
from orchestrator.project.environments_file.wording import Place, dotted, near, shown
from orchestrator.project.environments_file.yaml_file import Document

_EXPECTED = {
    "string_type": "one text",
    "list_type": "a list",
    "dict_type": "a mapping of names",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
}
_EXAMPLE = 'add one: environments: {dev: {url: "sqlite:///dev.db"}}'


def checked(
    value: Any, document: Document, expansions: Mapping[Place, Expansion]
) -> tuple[FileShape | None, tuple[Problem, ...]]:
    """The file's shape and its problems; beside problems, the shape lacks the faulty parts, or is None."""
    try:
        return FileShape.model_validate(value), ()
    except ValidationError as error:
        faults = error.errors(include_url=False)
    problems = tuple(problem for fault in faults for problem in _problems(fault, document, expansions))
    return _remaining(value, [fault["loc"] for fault in faults]), problems


def _problems(fault: Any, document: Document, expansions: Mapping[Place, Expansion]) -> Iterable[Problem]:
    place: Place = tuple(part for part in fault["loc"] if part != "[key]")
    if isinstance(fault["input"], Unresolved):
        # A reference that is none has no expansion; it was reported when the values were filled in.
        return variables.unset(document, place, expansions[place]) if place in expansions else ()
    what, mend = _words(place, fault)
    return (Problem(what, document.where(place), mend),)


def _words(place: Place, fault: Any) -> tuple[str, str]:
    kind, given = fault["type"], fault["input"]
    if place == ():
        return _not_a_mapping(given)
    if place == ("environments",) and (kind == "missing" or not given):
        return "there are no environments", _EXAMPLE
    if kind == "extra_forbidden":
        return _unknown_key(place)
    what, mend = _about(kind, fault, given)
    return f"{dotted(place)}: {what}", mend


def _about(kind: str, fault: Any, given: Any) -> tuple[str, str]:
    match kind:
        case "fault":
            return fault["ctx"]["what"], fault["ctx"]["mend"]
        case "missing":
            return "is missing", "begin the file with: version: 1" if fault["loc"] == ("version",) else "add it"
        case "too_short":
            return "is empty", "write at least one, or remove the key"
        case "model_type" | "model_attributes_type" if isinstance(given, str):
            return "must be a mapping of keys, not text", "write a key before it, for example url:"
        case _ if given is None:
            return "is empty", "write what belongs below it, for example url: …"
        case _:
            return _wrong_kind(_EXPECTED.get(kind, "something else"), given)


def _not_a_mapping(given: Any) -> tuple[str, str]:
    if given is None:
        return "the file is empty", "write one with: orchestrate init"
    return f"the file holds {_kind(given)}, not a mapping of keys", "begin it with: version: 1"


def _wrong_kind(expected: str, given: Any) -> tuple[str, str]:
    mend = {
        "one text": "write one value",
        "a list": "write [one, two]",
        "a mapping of names": "write name: below it",
    }.get(expected, "write key: value below it")
    return f"must be {expected}, not {_kind(given)}", mend


def _kind(given: Any) -> str:
    return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(given), "text")


def _unknown_key(place: Place) -> tuple[str, str]:
    around = f"{dotted(place[:-1])}: " if len(place) > 1 else ""
    key = str(place[-1])
    return f"{around}unknown key {shown(key)}", near(key, _keys(_shape_at(place[:-1])))


def _keys(shape: type[BaseModel]) -> Iterable[str]:
    """As they are written: `from` is no name in Python."""
    return (field.alias or name for name, field in shape.model_fields.items())


def _shape_at(place: Place) -> type[BaseModel]:
    """The shape of the mapping there: FileShape's own fields lead to it."""
    shape: type[BaseModel] = FileShape
    parts = iter(place)
    for part in parts:
        fields = (field for name, field in shape.model_fields.items() if part == (field.alias or name))
        annotation = next((field.annotation for field in fields), None)
        shape = next(_shapes_in(annotation), shape)
        if get_origin(annotation) in (dict, list):
            next(parts, None)  # the name or the number of one of them
    return shape


def _shapes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _shapes_in(part)


def _remaining(value: Any, faulty: Iterable[tuple[str | int, ...]]) -> FileShape | None:
    """The file without the faulty environments, and with faulty projects empty; None if nothing can be judged."""
    if not isinstance(value, dict):
        return None
    rest = {key: dict(item) if isinstance(item, dict) else item for key, item in value.items()}
    for place in faulty:
        match place:
            case ("projects", name) if isinstance(rest.get("projects"), dict):
                rest["projects"][name] = {}
            case ("projects", name, key, *_) if key != "[key]" and name in rest.get("projects", ()):
                rest["projects"][name] = {}
            case ("projects" | "environments" as top, name, *_) if isinstance(rest.get(top), dict):
                rest[top].pop(name, None)
            case (top, *_):
                rest.pop(top, None)
    try:
        return FileShape.model_validate({**rest, "version": "1"})
    except ValidationError:
        return None
