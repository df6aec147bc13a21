"""Our reading of URLs, held against SQLAlchemy's."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from orchestrator.core.urls import anchored, parse, relocated, with_search_path

NAMES = st.sampled_from(["postgresql", "postgresql+psycopg2", "mysql+aiomysql", "mariadb", "sqlite", "oracle+x"])
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=8)
HOSTS = st.sampled_from(["localhost", "db.example.org", "127.0.0.1", "::1", "fe80::1"])
KEYS = st.text("abc_", min_size=1, max_size=3)
QUERIES = st.dictionaries(KEYS, WORDS | st.lists(WORDS, min_size=2, max_size=3).map(tuple), max_size=3)
SPECIAL = st.text("ab1:/@?&=%[]+.-_ é", max_size=24)


def agrees(text: str) -> bool:
    """Whether both read the text alike, or both refuse it."""
    ours = parse(text)
    try:
        theirs = make_url(text)
    except (ArgumentError, ValueError):
        return ours is None
    if ours is None:
        return False
    assert (ours.backend, ours.driver) == (
        theirs.get_backend_name(),
        (theirs.drivername.split("+", 1)[1:] or [None])[0],
    )
    password = None if theirs.password is None else str(theirs.password)
    assert (ours.user, ours.password, ours.host) == (theirs.username, password, theirs.host)
    assert (ours.port, ours.database) == (theirs.port, theirs.database)
    grouped: dict[str, list[str]] = {}
    for key, value in ours.query:
        grouped.setdefault(key, []).append(value)
    assert {key: tuple(values) for key, values in grouped.items()} == theirs.normalized_query
    return True


@given(
    drivername=NAMES,
    username=st.none() | WORDS,
    password=st.none() | WORDS,
    host=st.none() | HOSTS,
    port=st.none() | st.integers(1, 65535),
    database=st.none() | WORDS,
    query=QUERIES,
)
def test_what_sqlalchemy_writes_is_read_alike(**parts: object) -> None:
    """Every URL that SQLAlchemy writes is read with the same parts that SQLAlchemy reads."""
    url = URL.create(**parts)  # type: ignore[arg-type]
    assert agrees(url.render_as_string(hide_password=False))


@given(name=NAMES, rest=SPECIAL)
def test_what_people_write_is_read_alike(name: str, rest: str) -> None:
    """Whatever stands behind the scheme, we read it as SQLAlchemy does, or both refuse it."""
    assert agrees(f"{name}://{rest}")


@given(SPECIAL)
def test_what_is_no_url_is_refused_alike(text: str) -> None:
    """A text is a URL for us exactly where it is one for SQLAlchemy."""
    assert agrees(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a.db", "sqlite:////root/a.db"),
        ("sqlite:////abs/a.db", "sqlite:////abs/a.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///file:a.db?uri=true", "sqlite:///file:a.db?uri=true"),
        ("postgresql://h/db", "postgresql://h/db"),
        ("no url", "no url"),
    ],
)
def test_relative_sqlite_paths_are_anchored(url: str, expected: str) -> None:
    """Only a relative path of SQLite is made absolute, from the root given."""
    assert anchored(url, PurePosixPath("/root")) == expected


def test_nothing_secret_remains() -> None:
    """What an address shows of itself is its place, with neither user, password nor query."""
    address = parse("postgresql+asyncpg://u:hunter22@h:5433/db?password=hunter22&sslpassword=hunter22")
    assert address is not None
    assert "hunter22" not in address.shown
    assert address.shown == "h:5433/db"


def test_two_spellings_of_one_place_are_one() -> None:
    """Loopback names, default ports and other drivers do not make another place; another database does."""
    spellings = [
        "postgresql://localhost/db",
        "postgresql+asyncpg://u:p@127.0.0.1:5432/db",
        "postgresql://[::1]/db",
    ]
    places = {parsed.place for url in spellings if (parsed := parse(url))}
    assert len(places) == 1
    other = parse("postgresql://localhost/other")
    assert other is not None
    assert other.place not in places


@given(WORDS, HOSTS, WORDS, QUERIES, WORDS)
def test_another_database_leaves_the_rest_of_a_url_as_it_was(
    user: str, host: str, password: str, query: dict[str, str | tuple[str, ...]], database: str
) -> None:
    """SQLAlchemy reads the changed URL as the first one with that database, and nothing else changed."""
    url = URL.create("postgresql+psycopg", user, password, host, 5433, "shop", query)
    text = url.render_as_string(hide_password=False)
    moved = make_url(relocated(text, database))
    assert moved == make_url(text).set(database=database)
    assert make_url(relocated(text, None, "::2", 1)) == make_url(text).set(host="::2", port=1)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", '-csearch_path="a\\ ""b\\\\"'),
        ("?options=-cwork_mem%3D1MB&sslmode=disable", '-cwork_mem=1MB -csearch_path="a\\ ""b\\\\"'),
    ],
)
def test_a_search_path_is_added_to_what_the_options_say(query: str, options: str) -> None:
    """The schema is quoted for SQL, then for libpq, then for the URL; other options and keys stay."""
    found = make_url(with_search_path(f"postgresql://u@h/shop{query}", 'a "b\\'))
    assert found.query["options"] == options
    assert (found.query.get("sslmode") == "disable") is ("sslmode" in query)


def test_a_host_that_is_told_is_not_contradicted_by_the_query() -> None:
    """A socket or a host in the query would win over the host of the URL: it goes when another one is told."""
    found = make_url(relocated("postgresql://u@/shop?host=/run/a&port=1&sslmode=disable", None, "db", 5))
    assert (found.host, found.port, dict(found.query)) == ("db", 5, {"sslmode": "disable"})
