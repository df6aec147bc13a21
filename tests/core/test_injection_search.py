"""The search for a way to env.py, against an env.py that is a function: what it is given → what a trial shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.core.injection import Injection
from orchestrator.core.injection_search import (
    MOST_TRIALS,
    Candidate,
    Found,
    Names,
    asked_of_alembic,
    search,
    wanted_by,
)
from orchestrator.core.trial import Attempt, Clues, Trial, TrialFailure

PLAIN = Candidate()
REACHED, ELSEWHERE = Attempt(True, "the target"), Attempt(False, "elsewhere")


class Env:
    """An env.py that is reached where `reaches` says so of what it is given, and asks for the names in `asks`."""

    def __init__(
        self, reaches: Callable[[Candidate], bool], connects: bool = True, **asks: tuple[str, ...]
    ) -> None:
        self._reaches = reaches
        self._connects = connects
        self._clues = Clues(**asks)
        self.tried: list[Candidate] = []

    def __call__(self, candidate: Candidate) -> Trial:
        self.tried.append(candidate)
        reached = self._reaches(candidate)
        attempts = (REACHED,) if reached else (ELSEWHERE,) if self._connects else ()
        return Trial(connections=attempts, read=self._clues)


def given(candidate: Candidate) -> dict[str, str]:
    """The variables of a candidate."""
    return dict(candidate.injection.variables)


def found(env: Env, **names: tuple[str, ...]) -> Candidate | None:
    return search(PLAIN, Names(**names), env).way  # type: ignore[arg-type]


def test_what_reaches_already_is_kept_after_one_trial() -> None:
    """Where the way of environments.yaml reaches env.py, nothing else is tried."""
    way = Candidate(Injection(x_arguments=("tenant=acme",)))
    env = Env(lambda candidate: True, variables=("DATABASE_URL",))
    ended = search(way, Names(), env)
    assert (ended.way, env.tried, ended.trial.reached) == (way, [way], True)


def test_a_variable_that_env_py_asked_for() -> None:
    """The variable that a trial saw asked for is the way, and the only one."""
    env = Env(lambda c: "SHOP_DATABASE_URL" in given(c), variables=("HOME", "SHOP_DATABASE_URL", "REDIS_URL"))
    assert found(env) == Candidate(Injection(variables=(("SHOP_DATABASE_URL", "{url}"),)))


def test_a_variable_that_only_the_sources_name() -> None:
    """What a library reads without asking by name is found by the application's sources."""
    env = Env(lambda c: "SHOP_DATABASE_DSN" in given(c), connects=False)
    assert found(env, variables=("SHOP_DATABASE_DSN",)) == Candidate(
        Injection(variables=(("SHOP_DATABASE_DSN", "{url}"),))
    )


def test_a_name_that_sounds_like_no_database_is_tried_after_the_others() -> None:
    """`STORE_URL` may be anything, and is the way where nothing better is."""
    env = Env(lambda c: "STORE_URL" in given(c), variables=("STORE_URL", "OTHER_DATABASE_URL"))
    assert found(env) == Candidate(Injection(variables=(("STORE_URL", "{url}"),)))


def test_the_parts_of_an_address_stay_together() -> None:
    """A trial proves no password, so host, user, password and the rest are kept or left as a whole."""
    names = ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME", "CACHE_DB_HOST")
    env = Env(lambda c: "DB_NAME" in given(c), variables=names)
    way = found(env)
    assert way is not None
    assert given(way) == {
        "DB_HOST": "{host}",
        "DB_PORT": "{port}",
        "DB_USER": "{user}",
        "DB_PASSWORD": "{password}",
        "DB_NAME": "{database}",
    }


def test_a_port_that_the_url_does_not_have_is_left_out() -> None:
    """An application that stumbles over an empty port is given the other parts alone."""
    names = ("DB_HOST", "DB_PORT", "DB_NAME")
    way = found(Env(lambda c: "DB_NAME" in given(c) and "DB_PORT" not in given(c), variables=names))
    assert way is not None
    assert given(way) == {"DB_HOST": "{host}", "DB_NAME": "{database}"}


@pytest.mark.parametrize("needed", [{0}, {7}, {19}, {2, 11}, {0, 5, 19}])
def test_of_many_the_fewest_are_kept_in_few_trials(needed: set[int]) -> None:
    """Of twenty variables set together those that are needed are found within the trials there are."""
    names = tuple(f"V{number}_DATABASE_URL" for number in range(20))
    wanted = {names[number] for number in needed}
    env = Env(lambda c: wanted <= given(c).keys(), variables=names)
    way = found(env)
    assert way is not None
    assert wanted <= given(way).keys()
    assert len(env.tried) <= MOST_TRIALS
    if len(needed) < 3:
        assert given(way).keys() == wanted


@pytest.mark.parametrize(
    ("asks", "way"),
    [
        ({"attributes": ("connection",)}, Injection(attributes=(("connection", "{connection}"),))),
        ({"attributes": ("engine",)}, Injection(attributes=(("engine", "{engine}"),))),
        ({"attributes": ("db_url",)}, Injection(attributes=(("db_url", "{url}"),))),
        ({"x_arguments": ("tenant", "dburl")}, Injection(x_arguments=("dburl={url}",))),
        ({"options": ("sqlalchemy.url", "shop.db_url")}, Injection(options=(("shop.db_url", "{url}"),))),
    ],
)
def test_attributes_arguments_and_options(asks: dict[str, tuple[str, ...]], way: Injection) -> None:
    """What env.py asks of its configuration is given there."""
    assert found(Env(lambda c: c.injection == way, **asks)) == Candidate(way)


def test_what_env_py_only_asks_for_later_is_found_too() -> None:
    """A trial that comes further asks for more, and what it asks for is tried as well."""

    def env(candidate: Candidate) -> Trial:
        variables = given(candidate)
        asked = ("DB_NAME",) if "DB_HOST" not in variables else ("DB_HOST", "DB_NAME")
        asked = ("DB_HOST",) if not variables else asked
        return Trial((REACHED if len(variables) == 2 else ELSEWHERE,), read=Clues(variables=asked))

    way = search(PLAIN, Names(), env).way
    assert way is not None
    assert given(way) == {"DB_HOST": "{host}", "DB_NAME": "{database}"}


def test_each_engine_of_a_multidb_configuration_is_one_target() -> None:
    """Where alembic.ini lists databases, each is named for its target and given the target's URL."""
    options = (("databases", "{name}"), ("{name}/sqlalchemy.url", "{url}"))
    env = Env(lambda c: c.injection.options == options)
    assert found(env, engines=("engine1", "engine2")) == Candidate(Injection(options=options))


def test_a_flask_app_with_the_variable_that_it_reads() -> None:
    """An env.py inside a Flask app is reached through the app's own setting."""
    env = Env(lambda c: c.flask_app == "shop:create_app" and "DATABASE_URL" in given(c), connects=False)
    way = found(env, flask_apps=("shop:app", "shop:create_app"), variables=("DATABASE_URL", "LOG_DB_URL"))
    assert way == Candidate(Injection(variables=(("DATABASE_URL", "{url}"),)), "shop:create_app")


def test_a_redirect_comes_last_and_only_where_there_is_a_connection() -> None:
    """Connections are led elsewhere where nothing else reaches; where env.py makes none, that is not tried."""
    redirected = Env(lambda c: c.injection.redirect, variables=("DATABASE_URL",))
    assert found(redirected) == Candidate(Injection(redirect=True))
    silent = Env(lambda c: c.injection.redirect, connects=False, variables=("DATABASE_URL",))
    assert found(silent) is None
    assert not any(candidate.injection.redirect for candidate in silent.tried)


def test_where_nothing_reaches_the_trial_that_came_furthest_is_told() -> None:
    """What stopped env.py last is what is left to mend; of trials that came equally far the first is told."""
    first = Trial(failure=TrialFailure("env_failed", "KeyError: 'DB_URL'"), read=Clues(variables=("DB_URL",)))
    further = replace(
        first, failure=TrialFailure("env_failed", "KeyError: 'KEY'"), read=Clues(variables=("DB_URL", "KEY"))
    )
    assert search(PLAIN, Names(), lambda c: further if given(c) else first) == Found(None, further)
    alike = replace(first, output=("once more",))
    assert search(PLAIN, Names(), lambda c: alike if given(c) else first) == Found(None, first)


def test_nothing_is_tried_twice_nor_without_end() -> None:
    """However many names there are, the trials are few and differ."""
    names = tuple(f"V{number}_DATABASE_URL" for number in range(50))
    env = Env(lambda c: False, variables=names, x_arguments=("url",), attributes=("engine",), options=("db_url",))
    assert found(env, flask_apps=("a:b", "c:d")) is None
    assert len(env.tried) <= MOST_TRIALS
    assert len(set(env.tried)) == len(env.tried)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("DATABASE_URL", "{url}"),
        ("SQLALCHEMY_DATABASE_URI", "{url}"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "{url}"),
        ("ASYNC_DATABASE_URL", "{url}"),
        ("DATABASE_URL_SYNC", "{url}"),
        ("POSTGRES_DSN", "{url}"),
        ("dburl", "{url}"),
        ("url", "{url}"),
        ("databaseUrl", "{url}"),
        ("PGHOST", "{host}"),
        ("PGPASSWORD", "{password}"),
        ("PGDATABASE", "{database}"),
        ("POSTGRES_SERVER", "{host}"),
        ("DB_DRIVER", "{driver}"),
        ("MYSQL_ROOT_PASSWORD", "{password}"),
        ("POSTGRES_DB", "{database}"),
        ("db_name", "{database}"),
        ("DB_USERNAME", "{user}"),
        ("SQLITE_PATH", "{database}"),
        ("HOST", None),
        ("USER", None),
        ("PATH", None),
        ("SMTP_PORT", None),
        ("REDIS_URL", None),
        ("APP_NAME", None),
        ("DB_POOL_SIZE", None),
        ("", None),
        ("___", None),
    ],
)
def test_what_a_name_asks_for(name: str, wanted: str | None) -> None:
    """Of names that speak of a database, the last word says which part of its address they want."""
    assert wanted_by(name) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("connection", "{connection}"),
        ("db_engine", "{engine}"),
        ("sqlalchemy.url", "{url}"),
        ("shop.dsn", "{url}"),
        ("stage", "{environment}"),
        ("configure_logger", None),
        ("tenant", None),
    ],
)
def test_what_is_asked_of_the_configuration(name: str, wanted: str | None) -> None:
    """Live objects, any address and the environment's name are meant where only migrations ask."""
    assert asked_of_alembic(name) == wanted


@pytest.mark.parametrize(
    ("candidate", "shown"),
    [
        (PLAIN, "sqlalchemy.url"),
        (Candidate(Injection(variables=(("A", "{url}"),))), "variable A"),
        (
            Candidate(Injection(variables=(("A", ""), ("B", "")), redirect=True)),
            "variables A, B and a redirect of its connections",
        ),
        (
            Candidate(Injection(x_arguments=("url={url}",)), "shop:app"),
            "argument -x url inside the Flask app shop:app",
        ),
        (
            Candidate(Injection(options=(("db", ""),), attributes=(("engine", ""),))),
            "option db and attribute engine",
        ),
    ],
)
def test_a_way_in_words(candidate: Candidate, shown: str) -> None:
    """A way to env.py is named by what is given and not by its value."""
    assert str(candidate) == shown
