"""What a worker may say, checked before it is acted on. Pure.

The other end of the socket is the project's code too: env.py inherits it. A message that is none, or that no
worker of ours would send at that point, ends the conversation; what became of the target is then looked up, as
after a death. What a sound message claims is never proof either: the database is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from orchestrator.core.step_record import Progress

Message = dict[str, Any]
Shape = Mapping[str, Callable[[Any], bool]]

LONGEST = 64 * 1024 * 1024
"""Bytes of one message; the list of statements that a revision left behind can be long."""
_TWO, _THREE = 2, 3
CANCELLED = "cancelled"
"""The code of what a second signal ended."""
GARBLED = "garbled"
"""The code of a conversation that was ended because of what was said in it."""


def garbled(why: str) -> Message:
    """The last word of a conversation that cannot be believed."""
    message = f"the worker's messages cannot be understood ({why}): does env.py or a revision write to its socket?"
    return {"say": "failed", "code": GARBLED, "message": message}


def heard(line: bytes) -> Message | None:
    """One line of a worker as its message, `garbled` where it is none; None for a line cut off by its death."""
    if len(line) > LONGEST:
        return garbled("one is too long")
    if not line.endswith(b"\n"):
        return None
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return garbled("one is not JSON")
    if not isinstance(message, dict) or not isinstance(message.get("say"), str):
        return garbled("one says nothing")
    said = {name: value for name, value in message.items() if value is not None}
    wrong = [name for name, sound in _SHAPES.get(said["say"], {}).items() if not sound(said.get(name))]
    return garbled(f"{said['say']} has no sound {wrong[0]}") if wrong else said


class Order:
    """The order in which a worker may speak of the revisions that it was given."""

    def __init__(self, revisions: Iterable[str]) -> None:
        self._waiting = list(revisions)
        self._begun: set[str] = set()
        self._admitted = False
        self._untouched = True

    @property
    def untouched(self) -> bool:
        """Whether no revision was begun."""
        return self._untouched

    def fault(self, message: Message) -> Message | None:
        """`garbled` for a message out of order; None for one that may stand here."""
        match message["say"], message.get("revision"):
            case "admitted", _:
                self._admitted = True
            case "intent", revision:
                if not self._admitted or self._waiting[:1] != [revision]:
                    return garbled("a revision was begun out of order")
                self._begun.add(self._waiting.pop(0))
                self._untouched = False
            case "committed", revision:
                if revision not in self._begun:
                    return garbled("a revision ended that had not begun")
                self._begun.remove(revision)
            case (("statements" | "executed"), revision):
                if revision not in self._begun:
                    return garbled("statements of a revision that is not in hand")
        return None

    def end(self, message: Message) -> Message:
        """The last word of a worker that was not held back: `garbled` where it never began some revisions."""
        return garbled("it ended before every revision was begun") if self._waiting else message


def _told(value: Any) -> bool:
    return isinstance(value, str)


def _maybe(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(map(_told, value)))


def _pairs(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(map(_pair, value)))


def _pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _TWO and _texts(value)


def _numbered(value: Any) -> bool:
    pairs = isinstance(value, list) and all(isinstance(pair, list) and len(pair) == _TWO for pair in value)
    return pairs and all(type(number) is int and _told(text) for number, text in value)


def _executed(value: Any) -> bool:
    whole = isinstance(value, list) and all(isinstance(one, list) and len(one) == _THREE for one in value)
    return whole and all(_told(text) and _count(times) and _flag(all_of_it) for text, times, all_of_it in value)


def _rendered(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and (_told(one.get("revision")) and _count(one.get("more")) and _maybe(one.get("why")))
        and _executed(one.get("statements"))
        for one in value
    )


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _named(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_told, value.values()))


def _nested(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())


def _failure(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and _told(value.get("code")) and _told(value.get("message")))


def _clues(value: Any) -> bool:
    known = {"variables", "x_arguments", "options", "attributes"}
    return isinstance(value, dict) and known.issuperset(value) and all(map(_texts, value.values()))


def _attempts(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == _TWO and _told(one[1]) for one in value
    )


_LEFT: Shape = {"kept": _pairs, "wrote": _texts, "elsewhere": _texts}
_SHAPES: Mapping[str, Shape] = {
    "admitted": {"deferred": _flag, "versions": _named},
    "intent": {"revision": _told, "autocommit": _flag},
    "committed": {"revision": _told},
    "executed": {"revision": _told, "statements": _executed, "more": _count},
    "statements": {"revision": _told, "progress": tuple(Progress).__contains__, "statements": _numbered},
    "finished": _LEFT,
    "failed": {
        "code": _told,
        "message": _told,
        "revision": _maybe,
        "where": _maybe,
        "write": _maybe,
        "statement": _maybe,
        "traceback": _maybe,
        "error_code": _maybe,
        **_LEFT,
    },
    "ready": {"trace": _maybe},
    "loaded": {"scripts": _nested},
    "rendered": {"scripts": _rendered},
    "tried": {
        "connections": _attempts,
        "configured": _flag,
        "failure": _failure,
        "ran_on": _named,
        "version_table": _maybe,
        "version_table_schema": _maybe,
        "place": _maybe,
        "read": _clues,
    },
}
"""The fields that are relied on, by the message that has them; what else is said is nobody's concern."""
