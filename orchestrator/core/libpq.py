"""A PostgreSQL URL as the connection keywords of libpq, whatever driver the URL names.

Handing the URL itself to libpq would refuse what other drivers understand and a password with a raw `%`.
Pure: an address in, keywords out; which keywords this libpq knows is told by whoever has loaded it.
"""

from __future__ import annotations

from collections.abc import Container

from orchestrator.core.network import DEFAULT_SECONDS, libpq_keywords
from orchestrator.core.urls import Address

_TLS_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
_OURS = {"application_name", "fallback_application_name", "connect_timeout", "replication", "host", "port"}


def keywords(address: Address, known: Container[str], network: float = DEFAULT_SECONDS) -> dict[str, str]:
    """Where to connect, as whom and how to notice that the network is gone; without timeout and name of ours.

    `known` are the keywords of the libpq that is used; what else the URL's query has is left out. `network` is
    after how many seconds a cut is noticed, where the URL itself does not say it.
    """
    found = {
        **libpq_keywords(network),
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
        # What other drivers understand (asyncpg's prepared_statement_cache_size, …) libpq would refuse.
        **{key: value for key, value in address.query if key in known and key not in _OURS},
        **_place(address),
        **_tls(address),
    }
    return {key: value for key, value in found.items() if value}


def _place(address: Address) -> dict[str, str]:
    # Several hosts are `?host=a:5432&host=b:5432`, as SQLAlchemy's dialects for libpq drivers write them.
    hosts = [value for key, value in address.query if key == "host"]
    ports = [value for key, value in address.query if key == "port"]
    if not hosts:
        port = ports[-1] if ports else str(address.port or "")
        return {"host": address.host or "", "port": port}
    pairs = [
        (host, "") if host.startswith("/") else host.partition(":")[::2] for host in ",".join(hosts).split(",")
    ]
    own = [port for _, port in pairs]
    given = ",".join(own) if any(own) else ",".join(ports) or str(address.port or "")
    return {"host": ",".join(host for host, _ in pairs), "port": given}


def _tls(address: Address) -> dict[str, str]:
    # asyncpg calls libpq's sslmode `ssl`; leaving it out would quietly allow a connection in the clear.
    mode = dict(address.query).get("ssl", "").lower()
    if "sslmode" in dict(address.query) or not mode:
        return {}
    return {"sslmode": mode if mode in _TLS_MODES else "disable" if mode in ("false", "0", "off") else "require"}
