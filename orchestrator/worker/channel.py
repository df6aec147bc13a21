"""JSON lines over the socket that the parent left open. When the parent is gone, nothing more is started."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from .halt import Halt

_GARBLED = "garbled"


class ParentGone(BaseException):
    """The other end closed, so no further step may start. Not an Exception, so that no env.py swallows it."""


class Channel:
    """One conversation with the parent, a line at a time."""

    def __init__(self, descriptor: int) -> None:
        # A program that env.py starts must not keep the conversation open beyond this process's end.
        os.set_inheritable(descriptor, False)
        self._socket = socket.socket(fileno=descriptor)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")

    def say(self, what: str, **fields: Any) -> None:
        """Tell the parent; raises ParentGone where nobody listens."""
        line = json.dumps({"say": what, **fields}) + "\n"
        try:
            self._socket.sendall(line.encode())
        except OSError:
            raise ParentGone from None

    def hear(self) -> dict[str, Any] | None:
        """The parent's next message, or None once it has closed its end; raises Halt for what is none."""
        try:
            line = self._lines.readline()
            message = json.loads(line) if line.endswith("\n") else None
        except OSError:
            return None
        except (ValueError, RecursionError):
            raise Halt(_GARBLED, "the parent's message is not JSON") from None
        if message is not None and not isinstance(message, dict):
            raise Halt(_GARBLED, "the parent's message is not an object")
        return message

    def ask(self, what: str, **fields: Any) -> dict[str, Any]:
        """Tell the parent and wait for its answer; raises ParentGone where none comes."""
        self.say(what, **fields)
        answer = self.hear()
        if answer is None:
            raise ParentGone
        return answer
