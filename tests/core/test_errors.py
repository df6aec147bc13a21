"""The tree of errors and its exit codes."""

from __future__ import annotations

from itertools import combinations

import pytest

from orchestrator import errors
from orchestrator.errors import Exit, OrchestrateError, Problem, RefusedError, StalePlanError, most_severe

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OrchestrateError)]


@pytest.mark.parametrize(
    ("kind", "code", "number"),
    [
        (errors.OrchestrateError, "bug", 1),
        (errors.UsageError, "usage", 2),
        (errors.ConfigurationError, "configuration", 2),
        (errors.ScriptsError, "scripts", 2),
        (errors.DivergenceError, "divergence", 4),
        (errors.RefusedError, "refused", 5),
        (errors.StalePlanError, "stale_plan", 5),
        (errors.FailedError, "failed", 6),
        (errors.InDoubtError, "in_doubt", 7),
        (errors.LockedError, "locked", 8),
        (errors.UnavailableError, "unavailable", 9),
        (errors.JournalError, "journal", 10),
        (errors.BrokenJournalError, "journal", 10),
        (errors.WrongDatabaseError, "wrong_database", 11),
    ],
)
def test_each_error_has_its_word_and_its_exit_code(kind: type[OrchestrateError], code: str, number: int) -> None:
    """Programs rely on both."""
    error = kind("what", where="here", mend="do this")
    assert (error.code, int(error.exit), str(error), error.mend) == (code, number, "here: what", "do this")


def test_every_error_has_a_test_of_its_word() -> None:
    """The table above is whole."""
    assert len(KINDS) == 14


def test_the_most_severe_code_wins_in_any_order() -> None:
    """Of two, the same one wins whichever was found first; a bug beats everything and done nothing."""
    for one, two in combinations(Exit, 2):
        assert most_severe([one, two]) is most_severe([two, one])
        assert most_severe([one, two]) in (one, two)
    assert most_severe(Exit) is Exit.BUG
    assert most_severe([]) is Exit.DONE
    assert most_severe([Exit.DONE, Exit.PENDING]) is Exit.PENDING


def test_what_a_person_must_look_at_beats_what_a_retry_mends() -> None:
    """The order of severity, as it is documented."""
    order = [
        Exit.BUG,
        Exit.WRONG_DATABASE,
        Exit.IN_DOUBT,
        Exit.JOURNAL,
        Exit.FAILED,
        Exit.LOCKED,
        Exit.UNAVAILABLE,
        Exit.DIVERGENCE,
        Exit.REFUSED,
        Exit.USAGE,
        Exit.TERMINATED,
        Exit.INTERRUPTED,
        Exit.PENDING,
        Exit.DONE,
    ]
    assert set(order) == set(Exit)
    for worse, better in combinations(order, 2):
        assert most_severe([better, worse]) is worse


def test_one_problem_is_told_as_itself() -> None:
    """A list of one would hide what is wrong behind a summary."""
    error = RefusedError.collect([Problem("is wrong", "prod", "mend it")], "{n} problems")
    assert (str(error), error.mend, error.problems) == ("prod: is wrong", "mend it", ())


def test_several_problems_are_told_together() -> None:
    """The summary counts them, the first mend leads, and none is lost."""
    problems = [Problem("one"), Problem("two", "here", "do this"), Problem("three", mend="or that")]
    error = StalePlanError.collect(problems, "{n} problems")
    assert (str(error), error.mend, error.problems) == ("3 problems", "do this", tuple(problems))
    assert isinstance(error, StalePlanError)
    assert [str(problem) for problem in problems] == ["one", "here: two", "three"]
