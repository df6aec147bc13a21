"""Clocks and addresses, judged without a server."""

from __future__ import annotations

import pytest

from orchestrator.core.inspection import Inspection, Lack, ahead, is_near


@pytest.mark.parametrize(
    ("clock", "off"), [(100.5, 0.0), (90.0, -10.0), (130.0, 29.0), (100.0, 0.0), (101.0, 0.0)]
)
def test_only_what_the_round_trip_does_not_explain_is_a_difference(clock: float, off: float) -> None:
    """A clock is off by what lies outside of the moments between the question and the answer."""
    assert ahead(clock, 100.0, 101.0) == off


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("", True),
        ("localhost", True),
        ("/var/run/postgresql", True),
        ("@abstract", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("10.0.0.7", False),
        ("db.example.org", False),
    ],
)
def test_what_stays_on_this_machine_needs_no_encryption(host: str, near: bool) -> None:
    """Sockets and loopback addresses are near, everything else is not."""
    assert is_near(host) is near


@pytest.mark.parametrize(
    ("server", "version"), [("PostgreSQL 15.4", (15, 4)), ("MariaDB 10.11.6", (10, 11, 6)), ("", ())]
)
def test_the_version_is_the_numbers_in_the_server_s_name(server: str, version: tuple[int, ...]) -> None:
    """Versions are compared as numbers, the most significant first."""
    assert Inspection(server).version == version


@pytest.mark.parametrize(
    ("rights", "versioned", "barred"),
    [
        (("CREATE",), True, False),
        (("CREATE",), False, True),
        (("CREATE", "INSERT"), True, True),
        (("UPDATE", "DELETE"), True, True),
        (("DELETE",), True, False),
        (("DROP", "DELETE"), False, False),
        (("ALTER", "DROP"), True, False),
        ((), True, True),
    ],
)
def test_only_what_keeps_every_revision_out_is_a_barrier(
    rights: tuple[str, ...], versioned: bool, barred: bool
) -> None:
    """A right on the version table is, one that only some revisions need is not; with a barrier all is told."""
    lack = Lack("may not", "GRANT", rights)
    also = Lack("may not ALTER", "GRANT ALTER", ("ALTER",))
    seen = Inspection("PostgreSQL 15.4", role="app", lacks=(lack, also) if rights else (lack,))
    found = seen.barriers("prod", versioned=versioned)
    assert [one.what for one in found] == ([f"app {one.what}" for one in seen.lacks] if barred else [])


def test_a_standby_is_a_barrier_whatever_the_role_may() -> None:
    """Nobody may write there; a session that begins read-only is none, since env.py may change its own."""
    assert Inspection("PostgreSQL 15.4", role="app", read_only=True).barriers("prod", versioned=True) == ()
    (found,) = Inspection("PostgreSQL 15.4", role="app", standby=True).barriers("prod", versioned=True)
    assert "primary" in found.mend
