"""URLs from files, variables and programs: read or refused, and never into a keyword that was not meant."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.core import urls
from orchestrator.core.libpq import keywords
from orchestrator.project.environments_file import url_rules
from tests.fuzz.values import QUICK, TEXT

PIECES = [
    *(
        "postgresql",
        "mysql",
        "sqlite",
        "+psycopg",
        "://",
        ":///",
        "u",
        ":",
        "pw",
        "@",
        "h",
        ":5432",
        "/",
        "d",
        "?",
        "&",
    ),
    *(
        "=",
        "host=",
        "port=",
        "sslmode=",
        "ssl=",
        "options=-c%20x",
        "%00",
        "%ff",
        "%",
        "[::1]",
        "[",
        ",",
        "a:1,b:2",
    ),
    *(
        "\n",
        "\x00",
        "\ud800",
        "application_name=",
        "\uff19",
        "²",
        "-1",
        "99999999",
        "service=x",
        "passfile=/etc/passwd",
    ),
]
URLS = TEXT | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
KNOWN = {"host", "port", "sslmode", "options", "service", "passfile", "user", "password", "dbname", "keepalives"}


@QUICK
@given(URLS)
@example("postgresql://u:pw@h:99999999/d")
@example("postgresql://h:²/d")
@example("sqlite:///%00")
def test_any_text_is_an_address_or_none(text: str) -> None:
    """No text makes reading a URL fail; what is shown of an address holds no password."""
    address = urls.parse(text)
    url_rules.fault_of(text)
    url_rules.secrets_of(text)
    urls.anchored(text, PurePosixPath("/root"))
    if address is not None:
        found = keywords(address, KNOWN)
        assert all(isinstance(value, str) and value for value in found.values())
        assert set(found) <= {
            *KNOWN,
            "keepalives_idle",
            "keepalives_interval",
            "keepalives_count",
            "tcp_user_timeout",
        }
        assert isinstance(address.shown, str)
        assert address.place == address.place
