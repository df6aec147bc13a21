"""The command itself, with a clock around the journal's commits; what it read is written to $BENCHMARK_CLOCK.

Only one thread commits at a time, so the sum of the commits is the time during which any was under way.
"""

import atexit
import json
import os
import sys
import time
from pathlib import Path

from orchestrator.journal import group

read = {"commits": 0, "events": 0, "committing": 0.0, "waiting": 0.0}
began = time.perf_counter()
plain_init, plain_record = group.Group.__init__, group.Group.record


def clocked_init(self, commit) -> None:
    """The same, with a clock around each commit."""

    def clocked(rows):
        started = time.perf_counter()
        try:
            return commit(rows)
        finally:
            read["committing"] += time.perf_counter() - started
            read["commits"] += 1
            read["events"] += len(rows)

    plain_init(self, clocked)


def clocked_record(self, given):
    """The same, with a clock around what the caller waits."""
    started = time.perf_counter()
    try:
        return plain_record(self, given)
    finally:
        read["waiting"] += time.perf_counter() - started


group.Group.__init__, group.Group.record = clocked_init, clocked_record


def write() -> None:
    """What the clocks say."""
    told = {**read, "all": time.perf_counter() - began}
    Path(os.environ["BENCHMARK_CLOCK"]).write_text(json.dumps(told))


atexit.register(write)
sys.argv[0] = "orchestrate"
from orchestrator.__main__ import main  # noqa: E402

main()
