"""Which scripts are not what ran any more, and what is said of them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from orchestrator.core.edited import Edited, Former, Ran, alike, difference, edited, same_code, suspects
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target
from tests.core.worlds import NOW, script

DEV, PROD = Target("dev"), Target("prod")
A, B = script("a"), script("b a")


def ran(target: str, of: Script = A, digest: str | None = None, *, run: str = "r1", at: datetime = NOW) -> Ran:
    return Ran(Target.parse(target), of.revision, digest or of.digest, run, at)


@pytest.mark.parametrize(
    ("recorded", "suspected"),
    [
        ({}, set()),
        ({(DEV, "a"): {A.digest}}, set()),
        ({(DEV, "a"): {"other"}}, {(DEV, "a")}),
        ({(DEV, "a"): {A.digest, "other"}}, {(DEV, "a")}),
        ({(PROD, "a"): {"other"}}, set()),
    ],
)
def test_only_what_ran_with_other_bytes_is_looked_at(
    recorded: dict[tuple[Target, str], set[str]], suspected: set[tuple[Target, str]]
) -> None:
    """Whatever ran with today's bytes alone, or never where it is asked of, costs no further look."""
    given = {key: frozenset(each) for key, each in recorded.items()}
    assert set(suspects(given, {(DEV, "a"): A})) == suspected


def test_a_script_is_told_once_for_all_that_ran_the_same_bytes() -> None:
    """Each script and the bytes that ran are one, with the latest run; who ran today's is none of them."""
    later = NOW + timedelta(hours=1)
    told = [
        ran("dev", digest="old", run="r2", at=later),
        ran("prod@x", digest="old"),
        ran("prod@y", digest="older"),
        ran("prod@z"),
        ran("dev", B),
    ]
    now = {(DEV, "a"): A, (PROD, "a"): A, (DEV, "b"): B}
    first, second = edited(told, now)
    assert (first.ran.run, list(map(str, first.targets)), first.ran.digest) == ("r2", ["dev", "prod/app@x"], "old")
    assert (second.ran.digest, list(map(str, second.targets)), second.script) == ("older", ["prod/app@y"], A)
    assert first.databases == {DEV, PROD}


FOUND = Edited(A, ran("dev", digest="old"), (DEV,))
FORMER = Former("0123456789abcdef", "versions/a.py", "", layout=False)


@pytest.mark.parametrize(
    ("path", "former", "mend"),
    [
        ("versions/a.py", None, "put versions/a.py back as it ran"),
        ("versions/a.py", FORMER, "git checkout 0123456789ab -- versions/a.py"),
        ("versions/b.py", FORMER, "git show 0123456789ab:./versions/a.py > versions/b.py"),
        ("v/a b.py", FORMER, "git show 0123456789ab:./versions/a.py > 'v/a b.py'"),
    ],
)
def test_the_mend_brings_the_bytes_back_that_ran(path: str, former: Former | None, mend: str) -> None:
    """Where git has them it is the command, also for a script that had another name, typed safely."""
    assert replace(FOUND, script=replace(A, path=path), former=former).mend == mend


def test_what_the_same_run_did_is_said_in_one_sentence() -> None:
    """Scripts are told together only where the same targets ran them in the same run."""
    other = Edited(B, ran("dev", B, "old"), (DEV,))
    elsewhere = Edited(B, ran("prod", B, "old", run="r9"), (PROD,))
    said = alike([FOUND, other, elsewhere])
    assert said == {
        "since dev ran them (run r1, 2026-07-01 12:00 UTC)": [FOUND, other],
        "since prod ran it (run r9, 2026-07-01 12:00 UTC)": [elsewhere],
    }


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (b"a = 1\n", b"a = 1  # one\n\n", True),
        (b"a = 1\n", b"a = (\n    1\n)\n", True),
        (b"a = '\\d'\n", b"a = '\\d'  # digits\n", True),
        (b"a = 1\n", b"a = 2\n", False),
        (b'"""Make a."""\n', b'"""Make b."""\n', False),
        (b"a = 1\n", b"a = = 1\n", False),
        (b"\0", b"\0", False),
    ],
)
def test_layout_alone_is_told_from_code(old: bytes, new: bytes, same: bool) -> None:
    """Comments and blanks are no code, a docstring is, what is no Python is not called the same; and what Python
    warns of in it changes nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same_code(old, new) is same


def test_the_difference_is_of_lines_and_bounded() -> None:
    """Line endings are no difference, and of a script with rows by the thousand the beginning is compared."""
    assert difference(b"a\r\nb\r\n", b"a\nb\n", "x.py") == ""
    told = difference(b"a\nb\n", b"a\nc\n", "x.py").splitlines()
    assert (told[:2], told[-2:]) == (["--- x.py as it ran", "+++ x.py now"], ["-b", "+c"])
    assert difference(b"x\n" * 3000, b"y\n" + b"x\n" * 2999, "x.py").endswith("the first 2000 lines were compared")
