"""Reads a YAML file into plain values, and remembers the line of each.

Every scalar stays the text that was written (`001`, `no`, `1.10`), a plain null becomes None; what a text means is
the schema's to say. Written against hostile and unlucky files alike: size, depth and the expansion of aliases
are bounded, tags and duplicate keys are refused. It works on PyYAML's events, because PyYAML's own composer
recurses without bound, accepts recursive aliases and lets the last of two equal keys win silently.
It must not know what the file is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from orchestrator.errors import ConfigurationError, Problem
from orchestrator.project.environments_file.wording import Place, shown
from orchestrator.project.environments_file.yaml_syntax import syntax_error

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 200_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null", "Null", "NULL"}
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))}
_FORBIDDEN: re.Pattern[str] = yaml.reader.Reader.NON_PRINTABLE
"""What YAML 1.1 does not allow in a stream (section 5.1); checked here to name line and code point."""
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
"""What an escape like "\\0" can smuggle in, and no path, variable or URL can hold."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values, where each stands, and what was wrong without making the rest unreadable.

    `name` is the file as the user wrote it; `origins` are places whose value came from somewhere else.
    """

    name: str
    value: Any
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()
    origins: dict[Place, str] = field(default_factory=dict)

    def where(self, place: Place) -> str:
        """`environments.yaml:12` for the place, or for the nearest thing around it that has a line."""
        while place and place not in self.lines and place not in self.origins:
            place = place[:-1]
        return self.origins.get(place) or f"{self.name}:{self.lines.get(place, 1)}"


@dataclass(slots=True)
class _Node:
    line: int
    column: int
    value: str | list[_Node] | list[tuple[_Node, _Node]] | None
    mapping: bool = False
    merge: bool = False


def read(path: Path) -> Document:
    """The file's document; ConfigurationError where it cannot be read at all."""
    return parse(_content(path), str(path))


def parse(content: bytes, name: str) -> Document:
    """The document in `content`; `name` is what messages call it. ConfigurationError where it is not YAML."""
    text = _text(content, name)
    composer = _Composer(text, name)
    try:
        root = composer.document()
    except yaml.YAMLError as error:
        raise syntax_error(error, text, name) from None
    expansion = _Expansion(name)
    value = None if root is None else expansion.value(root, ())
    problems = dict.fromkeys((*composer.problems, *expansion.problems))
    return Document(name, value, expansion.lines, tuple(problems))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        mend = "write one with: orchestrate init"
        raise ConfigurationError("there is no such file", where=str(path), mend=mend) from None
    except IsADirectoryError:
        mend = f"name the file in it: {path / 'environments.yaml'}"
        raise ConfigurationError("is a directory, not a file", where=str(path), mend=mend) from None
    except OSError as error:
        mend = "check the path and its permissions"
        what = f"cannot be read: {error.strerror}"
        raise ConfigurationError(what, where=str(path), mend=mend) from None


def _text(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise ConfigurationError("is larger than 1 MiB", where=name, mend="is it the right file?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what, mend = "is not UTF-8 text", "save the file as UTF-8"
        raise ConfigurationError(what, where=f"{name}:{line}", mend=mend) from None
    if (odd := _FORBIDDEN.search(text)) is not None:
        line, column = text.count("\n", 0, odd.start()) + 1, odd.start() - text.rfind("\n", 0, odd.start())
        what = f"the character U+{ord(odd[0]):04X} is not allowed in YAML"
        raise ConfigurationError(what, where=f"{name}:{line}:{column}", mend="remove it")
    return text


class _Composer:
    """Events → nodes that share what aliases share. Depth is bounded before PyYAML can recurse."""

    def __init__(self, text: str, name: str) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, _Node | None] = {}

    def document(self) -> _Node | None:
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        root = self._node(next(self._events), 0)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse("a second document begins here", after, "remove the line that is ---")
        return root

    def _node(self, event: Any, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            self._refuse(f"is nested deeper than {MAX_DEPTH} levels", event, "is it the right file?")
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        if event.tag not in _TAGS:
            mend = "remove the tag; quote the value if it begins with !"
            self.problems.append(Problem("tags are not understood here", self._at(event), mend))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._composed(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _composed(self, event: Any, depth: int) -> _Node:
        place = event.start_mark.line + 1, event.start_mark.column + 1
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, place)
            case yaml.SequenceStartEvent():
                return _Node(*place, list(self._items(depth)))
            case _:
                return _Node(*place, list(self._pairs(depth)), mapping=True)

    def _items(self, depth: int) -> Iterator[_Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _pairs(self, depth: int) -> Iterator[tuple[_Node, _Node]]:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            yield self._node(event, depth + 1), self._node(next(self._events), depth + 1)

    def _scalar(self, event: Any, place: tuple[int, int]) -> _Node:
        if (odd := _UNUSABLE.search(event.value)) is not None:
            what = f"the character U+{ord(odd[0]):04X} cannot be used here"
            self.problems.append(Problem(what, self._at(event), "remove it"))
        plain = not event.style and event.implicit[0]
        if plain and event.value in _NULLS:
            return _Node(*place, None)
        return _Node(*place, event.value, merge=plain and event.value == "<<")

    def _aliased(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            known = event.anchor in self._anchors
            what = "an alias stands inside what it repeats" if known else "an alias has no anchor above it"
            self._refuse(what, event, "remove it; quote the value if it begins with *")
        return node

    def _refuse(self, what: str, event: Any, mend: str) -> NoReturn:
        raise ConfigurationError(what, where=self._at(event), mend=mend)

    def _at(self, event: Any) -> str:
        return f"{self._name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"


class _Expansion:
    """Nodes → plain values and lines; aliases and merges are written out, up to a bound."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._name = name
        self._visited = 0

    def value(self, node: _Node, place: Place) -> Any:
        self._visit(node, len(place))
        self.lines.setdefault(place, node.line)
        if node.mapping:
            return {key: self._entry(key, pair, place) for key, pair in self._pairs(node, len(place)).items()}
        if isinstance(node.value, list):
            items: Any = node.value
            return [self.value(item, (*place, index)) for index, item in enumerate(items)]
        return node.value

    def _entry(self, key: str, pair: tuple[_Node, _Node], place: Place) -> Any:
        self.lines[*place, key] = pair[0].line
        return self.value(pair[1], (*place, key))

    def _pairs(self, node: _Node, depth: int) -> dict[str, tuple[_Node, _Node]]:
        """The mapping's pairs by key: its own first, then those it merges, the earlier before the later."""
        self._visit(node, depth)
        own: dict[str, tuple[_Node, _Node]] = {}
        merged: list[_Node] = []
        pairs: Any = node.value
        for key, value in pairs:
            if key.merge:
                merged.extend(self._merged(value))
            elif self._is_new(key, own):
                own[_key(key)] = (key, value)
        for source in merged:
            own = {**self._pairs(source, depth + 1), **own}
        return own

    def _merged(self, value: _Node) -> list[_Node]:
        sources: Any = value.value if isinstance(value.value, list) and not value.mapping else [value]
        for source in (wrong for wrong in sources if not wrong.mapping):
            self._problem("<< takes a mapping, or a list of mappings", source, "write <<: *anchor")
        return [source for source in sources if source.mapping]

    def _is_new(self, key: _Node, seen: Mapping[str, tuple[_Node, _Node]]) -> bool:
        if isinstance(key.value, list):
            self._problem("a key must be text", key, 'quote a value that begins with { or [: "${NAME}"')
            return False
        name = _key(key)
        if (first := seen.get(name)) is not None:
            what = f"the key {shown(name)} stands here and in line {first[0].line}"
            self._problem(what, key, "keep one of them")
            return False
        return True

    def _visit(self, node: _Node, depth: int) -> None:
        self._visited += 1
        if self._visited > MAX_NODES or depth > MAX_DEPTH:
            what = "aliases make the file too large" if depth <= MAX_DEPTH else "aliases nest it too deep"
            raise ConfigurationError(what, where=self._at(node), mend="write it out without aliases")

    def _problem(self, what: str, node: _Node, mend: str) -> None:
        self.problems.append(Problem(what, self._at(node), mend))

    def _at(self, node: _Node) -> str:
        return f"{self._name}:{node.line}:{node.column}"


def _key(node: _Node) -> str:
    return "null" if node.value is None else str(node.value)
