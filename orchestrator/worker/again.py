"""One request in a process that is to serve another target after it: answered, cleaned up after, and marked.

The mark is a line of the parent's own choosing, printed when all is over: what comes before it in the output is
this target's, what comes after it the next one's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from . import drivers, guard
from .alone import over
from .channel import Channel
from .reset import Baseline

_STDOUT = 1
_baseline: list[Baseline] = []
"""The process as it was before its first target, once that has come."""


def answered(channel: Channel, request: dict[str, Any], answer: Callable[[Channel, dict[str, Any]], None]) -> None:
    """Answer the request; then say `ready`, with what cannot be undone of it, if anything."""
    if not _baseline:
        _baseline.append(Baseline())
    answer(channel, request)
    drivers.unwatch()
    guard.let_go()
    over()
    trace = _baseline[0].restore()
    sys.stdout.flush()
    os.write(_STDOUT, b"\n" + request["mark"].encode() + b"\n")
    channel.say("ready", trace=trace)
