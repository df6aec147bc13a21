"""Read by every Python process whose PYTHONPATH names this folder; acts at fault points as FAULT_POINTS tells.

FAULT_POINTS is JSON, see `arming.py`. Each passage of any point is noted as a line of the file `passed`, before
anything is done there; and where the fault strikes, a line of the file `fired` says so first.
"""

import json
import os
import pathlib
import signal
import socket
import sys
import time
from itertools import count

PREFIX = "orchestrate."
TOLD = json.loads(os.environ["FAULT_POINTS"])
FAULT = TOLD["fault"]
PASSAGES = count(1)
SEEN = set()


class StruckError(Exception):
    """What a fault raises: nothing that any code expects."""


def passing(event, arguments):
    """The audit hook: sees every audit event of this process."""
    if not event.startswith(PREFIX):
        return
    note("passed", [event, *arguments])
    SEEN.update((event, None))
    if FAULT is None or FAULT["point"] != event or FAULT["since"] not in SEEN or next(PASSAGES) != FAULT["nth"]:
        return
    note("fired", [event, FAULT["act"], os.getpid(), "orchestrator" in sys.orig_argv])
    ACTS[FAULT["act"]]()


def note(file, line):
    """Append a line as one write, which a kill cannot cut in two."""
    descriptor = os.open(TOLD[file], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps(line) + "\n").encode())
    os.close(descriptor)


def cut():
    """End every connection of this process to one of the servers, as the loss of its network would."""
    for path in pathlib.Path("/proc/self/fd").iterdir():
        try:
            with socket.socket(fileno=os.dup(int(path.name))) as found:
                if found.family == socket.AF_INET and found.getpeername()[1] in TOLD["ports"]:
                    found.shutdown(socket.SHUT_RDWR)
                    note("cut", [found.getsockname()[1]])
        except OSError:
            continue  # no socket, or not connected, or closed meanwhile


def strike():
    """Raise what nobody expects."""
    raise StruckError(FAULT["point"])


ACTS = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda: os._exit(0),
    "raise": strike,
    "sleep": lambda: time.sleep(600),
    "cut": cut,
}
sys.addaudithook(passing)
