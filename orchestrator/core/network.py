"""How soon a network that is cut is noticed: one length of time, as each end and each driver wants it told.

A connection with nothing to say asks after half of it whether the other end is still there; what was sent and not
acknowledged for the whole of it ends the connection. Pure; on Linux TCP_USER_TIMEOUT decides over the count.
"""

from __future__ import annotations

import json
from typing import Any

DEFAULT_SECONDS = 10.0
_COUNT = 3


def socket_options(seconds: float) -> dict[str, int]:
    """Options of a TCP socket, by their names in Python's `socket`."""
    return {
        "TCP_KEEPIDLE": max(1, round(seconds / 2)),
        "TCP_KEEPINTVL": max(1, round(seconds / 5)),
        "TCP_KEEPCNT": _COUNT,
        "TCP_USER_TIMEOUT": max(1, round(seconds * 1000)),
    }


def libpq_keywords(seconds: float) -> dict[str, str]:
    """The same for libpq's end of a connection."""
    idle, interval, count, unacknowledged = map(str, socket_options(seconds).values())
    return {
        "keepalives": "1",
        "keepalives_idle": idle,
        "keepalives_interval": interval,
        "keepalives_count": count,
        "tcp_user_timeout": unacknowledged,
    }


def postgresql_settings(seconds: float) -> dict[str, str]:
    """The same for the server's end of a PostgreSQL session: a vanished host's locks are let go of.

    Not `client_connection_check_interval`: it would end a statement whose client is gone, and leave a half-built
    CREATE INDEX CONCURRENTLY as an INVALID index where without it the index is finished.
    """
    idle, interval, count, unacknowledged = map(str, socket_options(seconds).values())
    return {
        "tcp_keepalives_idle": idle,
        "tcp_keepalives_interval": interval,
        "tcp_keepalives_count": count,
        "tcp_user_timeout": unacknowledged,
    }


def postgresql_session(seconds: float) -> tuple[bytes, tuple[str]]:
    """A statement and its parameters for a session that lies idle and must be let go of when its host vanishes.

    A server too old for a setting is not asked for it.
    """
    settings = {"idle_session_timeout": "0", **postgresql_settings(seconds)}
    return _SETTINGS, (json.dumps(settings),)


_SETTINGS = b"""
SELECT set_config(name, wanted.value, false)
FROM json_each_text(%s::json) AS wanted (name, value) WHERE current_setting(name, true) IS NOT NULL
"""


def both_ends(seconds: float) -> dict[str, Any]:
    """What a worker needs to set both ends of the connections it makes, ready for JSON."""
    return {"socket": socket_options(seconds), "session": postgresql_settings(seconds)}


def tls_mend(family: str, environment: str) -> str:
    """What to do about a connection in clear to a database of this family."""
    option = "sslmode=verify-full&sslrootcert=FILE" if family == "postgresql" else "ssl_ca=FILE"
    return f"add ?{option} to the url of {environment}; if nobody can listen there: require_tls: false"
