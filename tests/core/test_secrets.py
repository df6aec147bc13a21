"""Secrets do not show."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
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
    ],
)
def test_every_form_in_which_libraries_print_a_secret_is_masked(form: str) -> None:
    """Plain, quoted for a URL in three ways, and as Python shows it."""
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
