"""Secrets do not show."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from orchestrator.core.secrets import MASK, Redactor, Secret

PASSWORD = "s3cr+t /ö'%"


@dataclass(frozen=True)
class Holder:
    url: Secret


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(PASSWORD)),
        repr(Secret(PASSWORD)),
        f"{Secret(PASSWORD)}",
        f"{Secret(PASSWORD)!r:>40}",
        "{}".format(Secret(PASSWORD)),  # noqa: UP032 - the form is the point
        "%s %r" % (Secret(PASSWORD), Secret(PASSWORD)),  # noqa: UP031
        str([Secret(PASSWORD)]),
        repr({"url": Secret(PASSWORD)}),
        repr(Holder(Secret(PASSWORD))),
        str(Secret.__dict__),
    ],
)
def test_no_way_of_printing_shows_a_secret(shown: str) -> None:
    """Formatting, containers and dataclasses show the mask, never the text."""
    assert PASSWORD not in shown


def test_a_secret_does_not_leave_the_process() -> None:
    """It is neither pickled, copied into JSON nor copied deeply."""
    for leave in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as refused:
            leave(Secret(PASSWORD))
        assert PASSWORD not in "".join(traceback.format_exception(refused.value))


def test_equal_secrets_are_equal_and_are_no_text() -> None:
    """They compare by what they hold, and never equal the plain text."""
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") != "a"
    assert Secret("a").reveal() == "a"


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        "s3cr%2Bt%20%2F%C3%B6%27%25",  # quote(safe="")
        "s3cr%2Bt+%2F%C3%B6%27%25",  # quote_plus
        "s3cr%2Bt%20/%C3%B6%27%25",  # quote
        repr(PASSWORD)[1:-1],
        "s3cr%2bt%20%2f%c3%b6%27%25",  # in lower case
        "s3cr+t %2F%C3%B6%27%25",  # SQLAlchemy's str(url)
        "s3cr+t %2Fö'%",  # that of SQLAlchemy 1.4
        "s3cr%%2Bt%%20%%2F%%C3%%B6%%27%%25",  # in alembic.ini
        "s3cr+t /\\u00f6'%",  # JSON
        "s3cr+t /\\xc3\\xb6'%",  # the repr of bytes
        "s3cr+t /ö''%",  # SQL
        "s3cr+t /ö\\'%",  # libpq
    ],
)
def test_every_form_in_which_libraries_print_a_secret_is_masked(form: str) -> None:
    """Plain, and as URLs, Python, JSON, SQL, libpq and Alembic's configuration have it."""
    assert Redactor([PASSWORD]).text(f"at {form}@host") == f"at {MASK}@host"


def test_the_longest_secret_is_masked_first() -> None:
    """A URL that holds the password is masked whole."""
    assert (
        Redactor(["hunter2", "postgresql://me:hunter2@h/d"]).text("<postgresql://me:hunter2@h/d>") == f"<{MASK}>"
    )


def test_values_are_masked_all_the_way_down() -> None:
    """Lists, tuples, keys and texts; numbers and None stay as they are."""
    told = {"a hunter2": ["hunter2", ("x hunter2",), {"n": 1, "none": None}]}
    assert Redactor(["hunter2"]).value(told) == {f"a {MASK}": [MASK, [f"x {MASK}"], {"n": 1, "none": None}]}


def test_very_short_texts_are_not_masked() -> None:
    """A password of two letters would garble every word that holds them."""
    assert Redactor(["ab", ""]).text("a table") == "a table"


def test_secrets_learned_later_are_masked_too() -> None:
    """A URL that a program gave is known only once it was asked for."""
    redactor = Redactor()
    redactor.add("hunter2")
    assert redactor.text("hunter2") == MASK


@pytest.mark.parametrize("before", ["", "u", "u:", "me:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_hides_no_secret(before: str, encode: Callable[[bytes], bytes]) -> None:
    """Whatever was encoded along with it, as in the header `Authorization`, of its middle nothing is left."""
    text = encode(f"{before}{PASSWORD}@h".encode()).decode()
    masked = Redactor([PASSWORD]).text(f"Basic {text}")
    assert MASK in masked
    assert len(masked) <= len("Basic ***") + 6 + 2 * len(before)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("redis://:some-pw@cache/1", "redis://:***@cache/1"),
        ("amqp://me:some%20pw@h, then", "amqp://me:***@h, then"),
        ("host=h password=some-pw dbname=d", "host=h password=*** dbname=d"),
        ("host=h password='some pw' dbname=d", "host=h password=*** dbname=d"),
        ("mysql://u@h/d?passwd=pw&ssl=1", "mysql://u@h/d?passwd=***&ssl=1"),
        ("CREATE ROLE r PASSWORD 'it''s' LOGIN", "CREATE ROLE r PASSWORD '***' LOGIN"),
        ("CREATE USER u IDENTIFIED BY 'pw'", "CREATE USER u IDENTIFIED BY '***'"),
        ("http://host:8080/path", "http://host:8080/path"),
        ("write postgresql://u:${PW}@h or dialect://user:password@host", None),
        ("SET password=%s, password=:new, password=%(new)s, password=?", None),
    ],
)
def test_a_password_that_nobody_told_of_is_masked_where_it_stands_as_one(text: str, masked: str | None) -> None:
    """In any URL, any connection string, any statement that sets one; placeholders stay."""
    once = Redactor().text(text)
    assert once == (text if masked is None else masked)
    assert Redactor().text(once) == once


@pytest.mark.parametrize("cut", range(4, len(PASSWORD)))
def test_a_secret_that_was_cut_off_is_masked(cut: int) -> None:
    """Where a text ends with …, the beginning of a secret is as good as the whole."""
    told = f"ALTER ROLE r PASSWORD {PASSWORD[:cut]}…; then"
    assert PASSWORD[:4] not in Redactor([PASSWORD]).text(told)


@pytest.mark.parametrize("word", ["app", "test", "users1"])
def test_a_secret_like_a_word_is_masked_only_as_a_word(word: str) -> None:
    """Else the password `app` would turn applied into ***lied."""
    redactor = Redactor([word])
    assert redactor.text(f"{word}lied un{word} t_{word}") == f"{word}lied un{word} t_{word}"
    assert redactor.text(f"pg://u:{word}@h {word} %3A{word}%40") == f"pg://u:{MASK}@h {MASK} %3A{MASK}%40"


def test_a_name_that_is_shown_anyway_is_no_secret() -> None:
    """What is recorded of a run names its environments, also where one of them is somebody's password."""
    redactor = Redactor(["prod", "True"], names=["prod"])
    assert redactor.value({"target": "prod/app", "on": "True"}) == {"target": "prod/app", "on": "True"}
    assert redactor.text("pg://u:prod@h password=prod") == f"pg://u:{MASK}@h password={MASK}"


def test_each_line_of_a_secret_is_masked() -> None:
    """Output comes line by line, and a private key has many."""
    redactor = Redactor(["BEGIN KEY\nabc+def/\nEND KEY"])
    assert [redactor.text(line) for line in ("BEGIN KEY", "x abc+def/")] == [MASK, f"x {MASK}"]


def test_a_thousand_secrets_are_masked_as_one() -> None:
    """Each is found among all others, and added while others are looked for."""
    redactor = Redactor(f"pass word {number:04}" for number in range(1000))
    assert redactor.text("a pass word 0000, pass%20word%200999") == f"a {MASK}, {MASK}"


def test_secrets_that_several_threads_add_at_once_are_all_masked() -> None:
    """Of secrets with the same beginning, learnt by many threads at the same time, none is lost."""
    given = [[f"host.example:5432/?token={thread}-{number}" for number in range(60)] for thread in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        redactor = Redactor()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda secrets: [redactor.add(secret) for secret in secrets], given))
    finally:
        sys.setswitchinterval(interval)
    told = [redactor.text(secret) for secrets in given for secret in secrets]
    assert set(told) == {MASK}
