"""Answers the parent's requests, one at a time, until it closes the channel."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from .channel import Channel, ParentGone
from .failure import describe
from .halt import Cancelled, Halt
from .output import outlive_the_reader


def main(descriptor: int) -> int:
    """Serve on the inherited socket; returns the process's exit code."""
    outlive_the_reader()
    channel = Channel(descriptor)
    signal.signal(signal.SIGTERM, _cancelled)
    try:
        while True:
            request = channel.hear()
            if request is None:
                return 0
            if "mark" in request:
                _answer_again(channel, request)
            else:
                _answer(channel, request)
    except ParentGone:
        return 0
    except Halt as halt:
        return _halted(channel, halt)


def _halted(channel: Channel, halt: Halt) -> int:
    """Between two requests: cancelled, or told what cannot be understood; returns the exit code."""
    with suppress(ParentGone):
        channel.say("failed", **halt.reason)
    return 0 if isinstance(halt, Cancelled) else 1


def _cancelled(_number: int, _frame: FrameType | None) -> None:
    """Unwind, so that the driver can cancel at the server and roll back; a second signal does not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Cancelled


def _do(channel: Channel, request: dict[str, Any]) -> None:
    """What is asked for; Halt for what is not known here."""
    wanted = request.get("do")
    if wanted == "variables":
        os.environ.update(request["variables"])
    elif wanted == "upgrade":
        from .seam import upgrade

        upgrade(channel, request)
    elif wanted == "try":
        from .trial import try_env

        try_env(channel, request)
    elif wanted == "render":
        from .render import render

        render(channel, request)
    elif wanted == "scripts":
        from .scripts import load

        channel.say("loaded", scripts=load(request["files"]))
    else:
        raise Halt("garbled", "the parent asks for what is not known here")


def _answer(channel: Channel, request: dict[str, Any]) -> None:
    """Do one request; whatever goes wrong becomes one `failed` message, so that the parent always hears an end."""
    try:
        _do(channel, request)
    except ParentGone:
        raise
    except Halt as halt:
        channel.say("failed", **halt.reason)
    except BaseException as error:  # noqa: BLE001 - a project's code may raise anything, SystemExit too
        channel.say("failed", **_reason(error))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _answer_again(channel: Channel, request: dict[str, Any]) -> None:
    """As `_answer`, in a process that is to serve others; it cannot where SQLAlchemy is missing, and says so."""
    try:
        from .again import answered
    except ModuleNotFoundError:
        _answer(channel, request)
    else:
        answered(channel, request, _answer)


def _reason(error: BaseException) -> dict[str, Any]:
    """What kept the project from starting; a Python without Alembic is not env.py's fault."""
    if isinstance(error, ModuleNotFoundError) and error.name in ("alembic", "sqlalchemy"):
        return {"code": "no_alembic", "message": f"{sys.executable} has no module {error.name}"}
    return {"code": "env_failed", **describe(error)}
