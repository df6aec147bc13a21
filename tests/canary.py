"""Passwords whose every trace can be found, and where to look for them.

Each ends and begins with letters and digits, which no encoding changes: whatever form a password was written in,
also cut off at either end, one of these is in it. Base64 is looked for by what every such text would have in it.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

ROLE = "canary"
PLAIN = "Xq7canary+Zk9tail"
"""It may stand in a URL as it is, so that alembic.ini and env.py can hold it unescaped."""
NASTY = "Xq7canary @:/?#%+\"'\\&=;$(x) Zk9tail"
"""Each library writes it in another way."""
_ENDS = ("Xq7canary", "Zk9tail")


def _base64(text: str) -> Iterable[str]:
    content = text.encode()
    for before in range(3):
        whole = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        yield whole[before + 1 if before else 0 : -1]


_TRACES = re.compile("|".join(re.escape(t) for end in _ENDS for t in (end, *_base64(end))).encode())


def traces(content: bytes | str) -> list[str]:
    """What of a canary is in the content, each with a little of what stands around it."""
    raw = content.encode(errors="replace") if isinstance(content, str) else content
    return [
        raw[max(0, found.start() - 60) : found.end() + 30].decode(errors="replace")
        for found in _TRACES.finditer(raw)
    ]


def superuser(server: PostgreSQL | MariaDB, password: str = PLAIN) -> None:
    """Let the role `canary` do everything on the server, with the password."""
    server.create_role(ROLE, password)
    if isinstance(server, PostgreSQL):
        server.execute(f"ALTER ROLE {ROLE} SUPERUSER")
    else:
        server.execute(f"GRANT ALL ON *.* TO {ROLE}@'%' WITH GRANT OPTION")


def with_canary(url: str, password: str = PLAIN) -> str:
    """The URL for the role `canary`."""
    changed = sa.engine.make_url(url).set(username=ROLE, password=password)
    return changed.render_as_string(hide_password=False)


def assert_unseen(sources: dict[str, bytes | str]) -> None:
    """None of the sources, by name, has a trace of a canary."""
    found = {name: seen for name, content in sources.items() if (seen := traces(content))}
    assert not found, f"a password can be read: {found}"


def left_behind(folder: Path, own: Callable[[Path], bool] = lambda _: False) -> dict[str, bytes | str]:
    """Every file below the folder that is not the project's `own`."""
    found: dict[str, bytes | str] = {}
    for path in folder.rglob("*"):
        with suppress(OSError):  # a side file of a process that is about to end
            if path.is_file() and not own(path):
                found[str(path)] = path.read_bytes()
    return found


def process_list(process: subprocess.Popen[str], children: Iterable[int]) -> dict[str, bytes | str]:
    """What everybody may read of the process and its children, and its own environment."""
    places = [f"/proc/{pid}/cmdline" for pid in (process.pid, *children)]
    found: dict[str, bytes | str] = {}
    for place in (*places, f"/proc/{process.pid}/environ"):
        with suppress(OSError):  # it ended meanwhile
            found[place] = Path(place).read_bytes()
    return found
